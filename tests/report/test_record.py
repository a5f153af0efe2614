"""What a run's record must say before a report is made of it: anybody may have changed the file since."""

from __future__ import annotations

import copy

import orjson
import pytest

from migrate.check.packed import Packed
from migrate.errors import InvalidInput
from migrate.report.scrub import scrubbed
from migrate.run.folder import read_run, reconciliation_of, reconciliation_tree, write_run
from migrate.run.head import read_head

GONE = object()
WHOSE = {"target": "group", "type": "workbook", "source_name": "Decision Log"}


def as_read(found):
    """The reconciliation as the file holds it."""
    return orjson.loads(orjson.dumps(reconciliation_tree(found), default=str))


def changed(tree, *place, to):
    tree = copy.deepcopy(tree)
    inner = tree
    for part in place[:-1]:
        inner = inner[part]
    if to is GONE:
        del inner[place[-1]]
    else:
        inner[place[-1]] = to
    return tree


def first(tree, name):
    """The number of the first row that has something under a name."""
    return next(at for at, row in enumerate(tree["rows"]) if row.get(name))


def test_what_was_written_is_read(make):
    found = make.mixed()
    read = reconciliation_of(as_read(found), found.run)
    assert (read.rows, read.causes, read.things) == (found.rows, found.causes, found.things)


@pytest.mark.parametrize(
    ("name", "place", "to"),
    [
        ("verdict", (), None),
        ("references", ("kept",), GONE),
        ("changes", (0, "code"), GONE),
        ("changes", (0, "path"), GONE),
        ("residuals", (0, "message"), GONE),
        ("problems", (), [{"code": "x", "message": "y"}]),
        ("cause", (), 99),
        ("cause", (), -1),
        ("also", (), [99]),
        ("replaced", (0, "thing"), 99),
    ],
)
def test_a_row_that_lacks_what_a_report_needs_is_refused(make, name, place, to):
    found = make.mixed()
    tree = as_read(found)
    at = first(tree, name) if name not in ("also", "problems") else 0
    with pytest.raises(ValueError, match="row"):
        reconciliation_of(changed(tree, "rows", at, name, *place, to=to), found.run)


@pytest.mark.parametrize("key", ["code", "next_action", "source_name", "target"])
def test_a_residual_that_lacks_what_a_report_needs_is_refused(make, key):
    found = make.reconciliation([make.row()], residuals=({**WHOSE, **make.residual()},))
    with pytest.raises(ValueError, match=key):
        reconciliation_of(changed(as_read(found), "residuals", 0, key, to=GONE), found.run)


def test_a_total_below_nothing_is_refused(make):
    found = make.reconciliation()
    tree = as_read(found)
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        reconciliation_of(changed(tree, "totals", next(iter(tree["totals"])), "match", to=-1), found.run)


@pytest.fixture
def written(make, tmp_path):
    """A run's folder as it was written, and what it came to."""
    found = make.mixed()
    write_run(tmp_path, {"id": "r", "status": "complete", **found.run}, found)
    return tmp_path, found


def test_rows_are_read_one_after_the_other_and_packed(written):
    folder, found = written
    _, read = read_run(folder)
    assert (read.rows, read.causes, read.residuals) == (scrubbed(found).rows, found.causes, found.residuals)
    at = next(at for at, row in enumerate(found.rows) if row.detail)
    assert isinstance(read.rows[at].detail, Packed)
    assert read_head(folder).totals == found.totals


def test_a_file_that_was_laid_out_anew_says_the_same(written):
    folder, _ = written
    file = folder / "run.json"
    _, before = read_run(folder)
    for option in (None, orjson.OPT_SORT_KEYS):
        file.write_bytes(orjson.dumps(orjson.loads(file.read_bytes()), option=option))
        assert read_run(folder)[1].rows == before.rows
    told = orjson.loads(file.read_bytes())
    told["run"]["rows"] = [{"no": "row of a report"}]
    file.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    assert read_run(folder)[1].rows == before.rows


@pytest.mark.parametrize("cut", [b'        "outcome"', b"      },\n", b"    ]"])
def test_rows_that_do_not_end_are_no_report(written, cut):
    file = written[0] / "run.json"
    start = file.read_bytes().index(b'    "rows": [')
    text = file.read_bytes()
    file.write_bytes(text[:start] + text[start:].replace(cut, b"", 1))
    for read in (read_run, read_head):
        with pytest.raises(InvalidInput, match="cannot be read"):
            read(written[0])
