"""A redacted report leaves the house: no name, text, address or SQL in any format, and the same digests everywhere."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

import orjson
import pytest
from jsonschema import Draft202012Validator

from migrate.change.model import NotCopied, ScopeChange
from migrate.check.model import Comparison, Past, RowsCompared
from migrate.report.redact import digests_of, redacted
from migrate.report.render import WRITERS
from migrate.report.schema import schema_of
from migrate.report.tables import to_json

KEPT = {
    *("id", "kind", "type", "outcome", "verdict", "code", "reason_code", "resolution", "level", "status", "points_to"),
    *("started_at", "finished_at", "change_set", "source_id", "target_id", "depends_on", "blocked_by", "request_id"),
    *("place", "why", "change", "since", "first_seen", "run", "at", "row", "result"),
}
"""Fields whose texts are no names."""

MARK = "Ziegelmann"

ROWS_LOOKED_AT = {
    "looked_at": {"workbook": 2},
    "not_exported": {"data-model": 1},
    "not_called": {},
    "sample": 5,
    "tolerance_percent": 0.5,
}


def marked(tree, key=""):
    """The tree with a name in every text that may hold one."""
    if isinstance(tree, str):
        return tree if key in KEPT else f"{tree} {MARK} mara.ziegelmann@maker.example"
    if isinstance(tree, Mapping):
        return {name: marked(value, name) for name, value in tree.items()}
    if isinstance(tree, list | tuple):
        return tuple(marked(value, key) for value in tree)
    if is_dataclass(tree):
        return replace(tree, **{one.name: marked(getattr(tree, one.name), one.name) for one in fields(tree)})
    return tree


@pytest.fixture
def told(make):
    """A run in which everything that is somebody's own says so."""
    found = make.mixed(targets=("group", "emea"))
    bad = tuple((row.target, row.source_id) for row in found.rows if not row.good)
    found = replace(found, previous=Comparison(run="r", at="", new=bad[:3], still=bad[3:], healed_causes=("Stock",)))
    past = Past(
        run="r",
        kind="apply",
        at="",
        status="complete",
        exit_code=0,
        documents=1,
        landed=1,
        not_right=0,
        causes=0,
        written=1,
    )
    whole = replace(found, totals={}, trend=(past, past), orgs=(), coverage=(), left_out={})
    left = ScopeChange(target="group", change="left_scope", kind="workbook", source_id="s", name="Stock", why="moved")
    data = NotCopied(kind="dataset", source_id="d", name="Old", source_path="Shared/Old", reason_code="not_run")
    rows = RowsCompared(target="group", called=("Sales*",), **ROWS_LOOKED_AT)
    whole = replace(whole, scope_changes=(left,), not_copied=(data,), rows_compared=(rows,))
    levels = [row.levels for row in found.rows]
    named = marked(whole)
    names = {row.target: f"{row.target} {MARK} mara.ziegelmann@maker.example" for row in found.rows}
    return replace(
        named,
        rows=tuple(replace(row, levels=level) for row, level in zip(named.rows, levels, strict=True)),
        totals={names[target]: total for target, total in found.totals.items()},
        orgs=tuple({**org, "alias": names.get(org["alias"], MARK), "slug": MARK} for org in found.orgs),
        previous=replace(
            named.previous,
            new=tuple((names[target], at) for target, at in bad[:3]),
            still=tuple((names[target], at) for target, at in bad[3:]),
        ),
    )


def text_of(name, content):
    if name != "xlsx":
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return "".join(parts.read(part).decode() for part in parts.namelist() if part.endswith(".xml"))


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_nothing_of_ones_own_is_in_any_format(told, name):
    assert MARK in text_of(name, WRITERS[name](told))
    text = text_of(name, WRITERS[name](redacted(told)))
    assert not re.search(rf"{MARK}|maker\.example|mara", text, re.IGNORECASE)
    assert "AU_DW" not in text
    assert "Sum([" not in text


def test_a_name_has_one_digest_in_every_format_and_run(told):
    done = redacted(told)
    name = done.rows[0].source_name
    assert re.fullmatch("document-[0-9a-f]{10}", name)
    for form in ("html", "xlsx", "csv", "json"):
        assert name in text_of(form, WRITERS[form](done))
    later = redacted(replace(told, run={**told.run, "id": "another", "started_at": "2026-11-23T10:15:00.000Z"}))
    assert later.rows == done.rows
    assert len({row.source_name for row in done.rows}) == len({row.source_name for row in told.rows})
    assert {row.target for row in done.rows} == set(done.totals)


def test_another_organization_gives_other_digests(told):
    other = tuple({**org, "organization_id": "another"} for org in told.orgs)
    assert redacted(replace(told, orgs=other)).rows[0].source_name != redacted(told).rows[0].source_name


def test_counts_codes_and_ids_stay(told):
    done = redacted(told)
    for before, after in zip(told.rows, done.rows, strict=True):
        for name in ("source_id", "target_id", "outcome", "verdict", "levels", "reason_code", "cause", "wave"):
            assert getattr(after, name) == getattr(before, name)
        assert len(after.detail) == len(before.detail)
    assert [cause.code for cause in done.causes] == [cause.code for cause in told.causes]
    assert list(done.totals.values()) == list(told.totals.values())
    assert done.consistent
    Draft202012Validator(schema_of("report")).validate(orjson.loads(to_json(done)))


def test_what_the_level_data_looked_at_is_told_to_readers_outside_too(told):
    done = redacted(told)
    (before,), (after,) = told.rows_compared, done.rows_compared
    assert MARK in before.target
    assert after.target == digests_of(told).name(before.target, "target")
    assert after.called == tuple(digests_of(told).name(name, "element") for name in before.called)
    assert {name: getattr(after, name) for name in ROWS_LOOKED_AT} == ROWS_LOOKED_AT
    for form in ("html", "md", "xlsx", "json"):
        assert after.called[0] in text_of(form, WRITERS[form](done))


def test_hostile_texts_are_redacted_like_all_others(make):
    for name, write in WRITERS.items():
        text = text_of(name, write(redacted(make.hostile())))
        assert "evil.example" not in text, name
        assert "owned" not in text, name
