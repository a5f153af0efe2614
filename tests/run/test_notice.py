"""Who is told of which night: new trouble once, the same never again, and once more when it is gone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from migrate.check.model import Cause, Reconciliation, ReportRow
from migrate.report.outcome import outcome_tree
from migrate.run.notice import body, due

HOSTILE = "<!channel> *bold* [x](https://evil.example) @here"


def cause(thing, targets=("group",)):
    return Cause(
        n=1,
        code="table_not_found",
        kind="blocked",
        thing=thing,
        place="",
        sentence="",
        fix="sync it",
        command="",
        root_rows=1,
        dependent_rows=2,
        targets=targets,
    )


def night(*things, written=0, exit_code=None, status="complete"):
    """A run with these things wrong, that wrote so many documents."""
    rows = tuple(
        ReportRow(
            target="group",
            type="workbook",
            source_id=str(n),
            source_name=f"W{n}",
            source_path="",
            source_version=1,
            outcome="created",
            verdict="match",
        )
        for n in range(written)
    )
    return Reconciliation(
        run={"plan": "nightly", "status": status},
        orgs=(),
        totals={},
        rows=rows,
        residuals=(),
        causes=tuple(cause(thing) for thing in things),
        coverage=(),
        warnings=(),
        left_out={},
        consistent=True,
        exit_code=int(bool(things)) if exit_code is None else exit_code,
    )


NIGHTS = {
    "the first is bad": ("failures", None, night("a"), "trouble"),
    "it stays bad": ("failures", night("a"), night("a"), None),
    "something else breaks too": ("failures", night("a"), night("a", "b"), "trouble"),
    "one of two is mended": ("failures", night("a", "b"), night("a"), None),
    "all is mended": ("failures", night("a"), night(), "healed"),
    "a good night after a good one": ("failures", night(), night(), None),
    "it wrote, and nobody asked": ("failures", night(), night(written=2), None),
    "it wrote": ("changes", night(), night(written=2), "changes"),
    "it wrote nothing": ("changes", night(), night(), None),
    "always": ("always", night(), night(), "finished"),
    "a run that died": ("failures", night(), night(exit_code=6, status="failed"), "trouble"),
    "a run that died twice": ("failures", night(exit_code=6), night(exit_code=6), None),
    "a run that died otherwise": ("failures", night(exit_code=6), night(exit_code=5), "trouble"),
}


@pytest.mark.parametrize("name", NIGHTS, ids=str)
def test_what_is_told(name):
    alert, before, now, expected = NIGHTS[name]
    notice = due(alert, now, before)
    assert (notice.why if notice else None) == expected


def test_messages_hold_the_causes_and_call_nobody():
    found = night(HOSTILE)
    notice = due("failures", found, None)
    tree = outcome_tree("run-1", found, "reports/run-1/report.html")
    plain = body("plain", notice, tree)
    assert plain["why"] == "trouble"
    assert plain["causes"][0]["says"].endswith(HOSTILE[1:])
    slack = body("slack", notice, tree)["text"]
    assert "<!channel>" not in slack
    assert "&lt;!channel&gt;" in slack
    assert "@here" not in slack
    assert "3 documents" in slack
    teams = json.dumps(body("teams", notice, tree))
    assert "](https" not in teams
    assert "nightly needs somebody" in slack.replace("\u2060", "")


@pytest.mark.parametrize(
    ("targets", "told"),
    [((), "3 documents: "), (("canary",), "3 documents, canary: "), (("a", "b", "c", "d"), "3 documents, 4 targets: ")],
)
def test_a_message_names_the_targets_of_a_cause_while_they_are_few(targets, told):
    found = replace(night(), causes=(cause("ORDERS", targets),), exit_code=1)
    text = body("teams", due("failures", found, None), outcome_tree("r", found, ""))
    lines = [block["text"] for block in text["attachments"][0]["content"]["body"]]
    assert any(line.startswith(told) for line in lines), lines


def test_a_long_list_is_counted():
    found = night(*(f"thing {n}" for n in range(25)))
    text = body("slack", due("failures", found, None), outcome_tree("r", found, ""))["text"]
    assert "and 15 more causes in the report" in text
    assert len(text) < 4000
