"""A run beside the one before it: what is new, healed, still wrong, and since when."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from kit.damages import DAMAGES
from migrate.check.causes import caused
from migrate.check.history import compared
from migrate.check.model import Reconciliation, ReportRow
from migrate.report.render import CHECKSUMS
from migrate.run.folder import read_run
from migrate.words import LANDED, OUTCOMES, VERDICTS


def row(number, outcome="created", **changes):
    made = {"target": "group", "type": "workbook", "source_id": f"s{number}", "source_name": f"Margin {number}"}
    made |= {"outcome": outcome, "verdict": "match" if outcome in LANDED else None, "source_version": 1}
    return ReportRow(**made | changes)


def blocked(number, table="ORDERS"):
    reason = f"table {table} is not in the catalog"
    return row(number, "blocked", reason_code="table_not_found", reason=reason, next_action="sync it", thing=table)


def run(number, *rows):
    record = {
        "id": f"run-{number}",
        "kind": "apply",
        "finished_at": f"2026-11-{number:02d}T01:00:00Z",
        "status": "complete",
    }
    numbered, causes = caused(rows, record)
    total = {"in_scope": len(rows)}
    total |= {name: sum(one.outcome == name for one in rows) for name in OUTCOMES}
    total |= {name: sum(one.verdict == name for one in rows) for name in VERDICTS}
    return Reconciliation(
        run=record, orgs=(), totals={"group": total}, rows=numbered, residuals=(), consistent=True, causes=causes
    )


def nights(*runs):
    """The runs one after the other, each compared with the one before."""
    before = None
    for each in runs:
        before = compared(each, before)
    return before


def test_the_first_run_has_nothing_to_be_compared_with():
    found = nights(run(1, row(1), blocked(2)))
    assert found.previous is None
    assert [past.run for past in found.trend] == ["run-1"]
    assert [(cause.first_seen, cause.runs) for cause in found.causes] == [("2026-11-01T01:00:00Z", 1)]


def test_documents_are_new_healed_or_as_before():
    found = nights(run(1, row(1), blocked(2), blocked(3)), run(2, blocked(1), row(2), blocked(3), blocked(4)))
    before = found.previous
    assert (before.run, before.at) == ("run-1", "2026-11-01T01:00:00Z")
    assert before.new == (("group", "s1"), ("group", "s4"))
    assert before.healed == (("group", "s2"),)
    assert before.still == (("group", "s3"),)
    assert before.not_looked_at == 0


def test_what_a_narrowed_run_did_not_look_at_is_not_healed():
    before = nights(run(1, blocked(1), blocked(2)), run(2, row(1))).previous
    assert (before.healed, before.not_looked_at) == ((("group", "s1"),), 1)


def test_one_document_in_two_targets_is_two():
    there = replace(blocked(1), target="emea")
    before = nights(run(1, row(1), there), run(2, blocked(1), there)).previous
    assert (before.new, before.still) == ((("group", "s1"),), (("emea", "s1"),))


def test_a_newer_version_of_the_source_is_told():
    before = nights(run(1, row(1), row(2)), run(2, row(1, source_version=2), row(2), row(3))).previous
    assert before.changed == (("group", "s1"),)


def test_a_cause_is_known_by_its_thing_and_counts_its_nights():
    orders = run(1, blocked(1)), run(2, blocked(2)), run(3, blocked(1), blocked(2, "RETURNS"))
    found = nights(*orders)
    seen = {cause.thing: (cause.first_seen, cause.runs) for cause in found.causes}
    assert seen == {
        "ORDERS": ("2026-11-01T01:00:00Z", 3),
        "RETURNS": ("2026-11-03T01:00:00Z", 1),
    }
    assert [found.causes[n - 1].thing for n in found.previous.new_causes] == ["RETURNS"]
    assert found.previous.healed_causes == ()


def test_a_cause_that_was_away_for_a_night_is_new_again():
    found = nights(run(1, blocked(1)), run(2, row(1)), run(3, blocked(1)))
    assert [(cause.first_seen, cause.runs) for cause in found.causes] == [("2026-11-03T01:00:00Z", 1)]
    (healed,) = nights(run(1, blocked(1)), run(2, row(1))).previous.healed_causes
    assert healed == "A table that the document reads is not in the target's catalog: ORDERS"


@pytest.mark.parametrize(("many", "kept"), [(2, 2), (30, 30), (31, 30), (40, 30)])
def test_thirty_runs_are_remembered(many, kept):
    found = nights(*(run(n % 28 + 1, row(1)) for n in range(many)))
    assert len(found.trend) == kept
    assert found.trend[-1].run == f"run-{(many - 1) % 28 + 1}"


def test_a_run_of_an_older_program_is_the_first_of_the_trend():
    old = run(1, blocked(1), row(2))
    found = compared(run(2, row(1), row(2)), old)
    assert [(past.run, past.not_right, past.documents, past.landed) for past in found.trend] == [
        ("run-1", 1, 2, 1),
        ("run-2", 0, 2, 2),
    ]


def test_runs_on_disk_are_compared_one_with_the_next(copied):
    damage = next(one for one in DAMAGES if one.document == "Market Day" and one.name == "a text says something else")
    copied.checked()
    copied.damage(damage)
    hurt = copied.checked().reconciliation
    assert [place[1] for place in hurt.previous.new] == [row.source_id for row in hurt.rows if not row.good]
    assert [cause.runs for cause in hurt.causes] == [1]
    again = copied.checked().reconciliation
    assert (again.previous.still, again.previous.new) == (hurt.previous.new, ())
    assert again.previous.run == hurt.run["id"]
    assert [(cause.runs, cause.first_seen) for cause in again.causes] == [(2, hurt.causes[0].first_seen)]
    copied.mend()
    mended = copied.checked()
    assert mended.reconciliation.previous.healed == hurt.previous.new
    assert [past.not_right for past in mended.reconciliation.trend][-4:] == [0, 1, 1, 0]
    _, read = read_run(mended.folder)
    assert (read.previous, read.trend) == (mended.reconciliation.previous, mended.reconciliation.trend)


def test_the_folder_of_a_run_has_the_sums_of_all_that_is_in_it(copied):
    folder = copied.checked().folder
    lines = (folder / CHECKSUMS).read_text().splitlines()
    told = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert {"run.json", "changes.json"} <= told.keys()
    assert told == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name != CHECKSUMS
    }
