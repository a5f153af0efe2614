"""The report as data: every sum adds up, or it says that it does not."""

from __future__ import annotations

import json
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.change.actions import Create
from migrate.change.model import ChangeSet, Outcome, TargetChanges
from migrate.check.model import COLUMNS, Difference, Finding, most_telling
from migrate.check.packed import unpacked
from migrate.check.tally import adds_up, tally
from migrate.inventory.model import Item, Key
from migrate.rewrite.model import Change, DocumentId, Draft, Hole, Reference, Residual, UrlId
from migrate.rewrite.stowed import drafted
from migrate.words import LANDED, OUTCOMES, VERDICTS

ROW_KEYS = [
    "target",
    "type",
    "source_id",
    "source_name",
    "source_path",
    "source_version",
    "target_id",
    "target_name",
    "target_path",
    "target_url",
    "outcome",
    "verdict",
    "levels",
    "reason_code",
    "reason",
    "next_action",
    "detail",
    "references",
    "changes",
    "residuals",
    "depends_on",
    "attempts",
    "request_id",
    "duration_ms",
]


def key(number, kind="workbook"):
    return Key(org="north", kind=kind, id=f"d{number}")


def action(number, target="group", **more):
    draft = Draft(
        key=key(number),
        target=target,
        generation="contents",
        name=f"D{number}",
        folder=("Shared", "a/b"),
        body={},
        **more,
    )
    return Create(id=f"create:{number}", target=target, key=key(number), draft=drafted(draft, ""))


def outcome(number, name, target="group", **more):
    return Outcome(
        target=target, key=key(number), outcome=name, draft=action(number, target).draft, target_id=f"t{number}", **more
    )


def finding(number, verdict, target="group", **more):
    return Finding(target=target, key=key(number), verdict=verdict, levels={"exists": "pass"}, **more)


def changes(*numbers, targets=("group",)):
    return ChangeSet(
        plan="p",
        plan_sha256="s",
        created_at="",
        source_organization_id="o",
        warnings=("careful",),
        targets=tuple(
            TargetChanges(target=t, organization_id=t, waves=(tuple(action(n, t) for n in numbers),)) for t in targets
        ),
    )


def count(change_set, outcomes, findings=(), source=()):
    return tally(
        run={"id": "r"},
        changes=change_set,
        outcomes=outcomes,
        findings=findings,
        source={item.key: item for item in source},
        orgs=[{"alias": "group"}],
    )


@given(
    st.lists(st.tuples(st.sampled_from(OUTCOMES), st.sampled_from([*VERDICTS, None])), max_size=12),
    st.sampled_from([1, 2]),
)
def test_whatever_happened_the_sums_add_up(rows, targets):
    names = ("group", "other")[:targets]
    outcomes = [outcome(n, row[0], t) for t in names for n, row in enumerate(rows)]
    findings = [finding(n, row[1], t) for t in names for n, row in enumerate(rows) if row[1]]
    found = count(changes(*range(len(rows)), targets=names), outcomes, findings)
    assert found.consistent
    for total in found.totals.values():
        assert sum(total[name] for name in OUTCOMES) == total["in_scope"] == len(rows)
        assert sum(total[name] for name in VERDICTS) == sum(total[name] for name in LANDED)
    for row in found.rows:
        assert (row.verdict is None) == (row.outcome not in LANDED)
    bad = [row for row in found.rows if not row.good]
    assert (found.exit_code == 0) <= all(row.verdict in ("not_verifiable", "not_run") for row in bad)
    orjson.dumps(found.rows)


def test_a_document_without_an_outcome_is_noticed():
    found = count(changes(1, 2), [outcome(1, "created")])
    assert not found.consistent
    assert found.exit_code == 70
    assert found.totals["group"]["in_scope"] == 2


def test_a_document_with_two_outcomes_is_noticed():
    assert not count(changes(1), [outcome(1, "created"), outcome(1, "created")]).consistent


def test_two_errors_that_cancel_out_in_the_sum_are_noticed():
    found = count(changes(1, 2), [outcome(1, "created"), outcome(1, "created")])
    assert all(adds_up(total) for total in found.totals.values())
    assert not found.consistent


def test_an_outcome_of_a_document_nobody_planned_is_noticed():
    assert not count(changes(1), [outcome(1, "created"), outcome(2, "created")]).consistent


def test_an_outcome_in_another_target_does_not_count_here():
    assert not count(changes(1, targets=("group", "other")), [outcome(1, "created"), outcome(1, "created")]).consistent


EXITS = [
    ([], 0),
    ([("created", "match")], 0),
    ([("unchanged", "match_declared"), ("skipped", None), ("mapped", "broken_in_source_too")], 0),
    ([("created", "mismatch"), ("failed", None)], 8),
    ([("created", "match"), ("failed", None)], 1),
    ([("created", "match"), ("blocked", None)], 1),
    ([("created", "match"), ("not_attempted", None)], 1),
    ([("blocked", None), ("blocked", None)], 4),
    ([("failed", None)], 1),
]


@pytest.mark.parametrize(("rows", "code"), EXITS)
def test_exit_codes(rows, code):
    outcomes = [outcome(n, row[0]) for n, row in enumerate(rows)]
    findings = [finding(n, row[1]) for n, row in enumerate(rows) if row[1]]
    assert count(changes(*range(len(rows))), outcomes, findings).exit_code == code


@pytest.mark.parametrize("verdict", ["not_verifiable", "not_run"])
def test_what_was_not_checked_is_never_good(verdict):
    found = count(changes(1), [outcome(1, "created")], [finding(1, verdict)])
    assert not found.rows[0].good
    assert found.totals["group"]["match"] == 0


def test_a_landed_document_nobody_looked_at_is_not_run():
    assert count(changes(1), [outcome(1, "created")]).rows[0].verdict == "not_run"


def test_a_finding_about_what_did_not_land_is_no_verdict():
    assert count(changes(1), [outcome(1, "failed")], [finding(1, "match")]).rows[0].verdict is None


def test_a_row_has_the_keys_of_the_contract_in_their_order():
    item = Item(key=key(1), name="Sales", folder_id="f", path=("Shared", "a/b\\"), version=12)
    full = action(
        1,
        holes=(
            Hole(path=("a",), key=key(7, "data-model"), wants=DocumentId()),
            Hole(path=("b",), key=key(1), wants=UrlId()),
        ),
        references=tuple(
            Reference(path=(), row="x", before="b", resolution=r)
            for r in ("mapped", "by_name", "local", "opaque", "not_portable", "unknown")
        ),
        changes=(Change(code="rule:x", path=("a", 0), before="1", after="2"),),
        residuals=(Residual(code="text_normalized", message="m", path=("odd key",)),),
    )
    landed = replace(outcome(1, "created", target_url="u", attempts=2, request_id="q", duration_ms=5), draft=full.draft)
    harmless = Difference(level="hash", path="$", expected="1", found="1.0", kind="normalised")
    different = replace(harmless, found="2", kind="changed")
    found = count(
        changes(1),
        [landed],
        [
            finding(
                1,
                "mismatch",
                reason_code="verification_mismatch",
                reason="why",
                differences=most_telling((harmless,) * 60 + (different,) * 20),
            )
        ],
        [item],
    )
    (row,) = found.rows
    assert list(COLUMNS)[: len(ROW_KEYS)] == ROW_KEYS
    assert (row.source_name, row.source_path, row.source_version) == ("Sales", "Shared/a\\/b\\\\", 12)
    assert (row.target_name, row.target_path) == ("D1", "Shared/a\\/b")
    assert row.references == {"mapped": 2, "kept": 3, "unknown": 1}
    assert row.depends_on == ("d7",)
    assert row.changes[0]["path"] == "$.a[0]"
    assert row.residuals[0]["path"] == "$['odd key']"
    assert len(row.detail) == 50
    assert [one.kind for one in row.detail[:21]] == ["changed"] * 20 + ["normalised"]
    assert row.wave == 1
    assert (row.reason_code, row.reason, row.attempts) == ("verification_mismatch", "why", 2)
    assert row.next_action
    assert found.residuals[0]["source_id"] == "d1"
    assert found.warnings == ("careful",)
    json.loads(orjson.dumps(row, unpacked))


def test_coverage_counts_every_reference_of_the_run():
    reference = Reference(path=(), row="connection", before="b", resolution="mapped")
    one = replace(outcome(1, "created"), draft=action(1, references=(reference, reference)).draft)
    two = replace(
        outcome(2, "failed"), draft=action(2, references=(reference, replace(reference, resolution="unknown"))).draft
    )
    assert count(changes(1, 2), [one, two]).coverage == (
        {"row": "connection", "resolution": "mapped", "count": 3},
        {"row": "connection", "resolution": "unknown", "count": 1},
    )
