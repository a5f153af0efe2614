"""Metrics in the text format: what stands in them, and that no name breaks a line."""

from __future__ import annotations

import re

from migrate.run.prometheus import METRICS, textfile
from migrate.run.status import Live, RunState, TargetState

RUN = RunState(
    id="r", plan="p", kind="apply", status="complete", started_at="2026-11-28T01:00:00Z", finished_at="", outcomes={}
)
GOOD = TargetState(
    alias="one",
    organization_id="o-1",
    copies={"workbook": 3},
    written_at="2026-11-28T01:00:00Z",
    open=0,
    good="r",
    good_at="2026-11-28T02:00:00Z",
    live=Live(behind=2, versions=5, hours=1.5),
)
BAD = TargetState(
    alias='quo"te\\ and\nline\u2028',
    organization_id="o-2",
    copies={},
    written_at="",
    open=1,
    locked_by="run x",
    wrong=4,
    causes=("held_back", "drifted"),
    live=Live(trouble="no answer"),
)
SAMPLE = re.compile(r'(?P<name>[a-z_]+)\{(?P<labels>([a-z]+="(\\\\|\\"|\\n|[^"\\\n])*",?)*)\} (?P<value>[0-9.e+]+)\Z')


def samples(text):
    """(metric, target) -> value of every line that is no comment; all of them have to be of the format."""
    found = {}
    for line in text.split("\n"):
        if line.startswith("# "):
            assert line.split(" ")[2] in METRICS
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        target = re.search(r'target="((?:\\.|[^"\\])*)"', match["labels"])
        found[match["name"].removeprefix("sigma_migrate_"), target[1] if target else ""] = float(match["value"])
    return found


def test_every_target_is_told_in_lines_of_the_format():
    found = samples(textfile("pa\\ck", [GOOD, BAD], [RUN]))
    bad = 'quo\\"te\\\\ and\\nline'
    assert found["last_good_run_timestamp_seconds", "one"] - found["last_written_timestamp_seconds", "one"] == 3600
    assert (found["copies", "one"], found["behind_versions", "one"], found["behind_seconds", "one"]) == (3, 5, 5400)
    assert (found["held_back", bad], found["drifted", bad], found["locked", bad], found["open_writes", bad]) == (
        1,
        1,
        1,
        1,
    )
    assert (found["held_back", "one"], found["locked", "one"], found["reachable", "one"]) == (0, 0, 1)
    assert (found["last_good_run_timestamp_seconds", bad], found["wrong_documents", bad]) == (0, 4)
    assert found["reachable", bad] == 0
    assert ("behind_documents", bad) not in found
    assert found["last_run_timestamp_seconds", ""] > 1.7e9


def test_a_metric_is_introduced_once_and_only_where_it_has_a_value():
    text = textfile("p", [], [])
    assert text.count("# TYPE ") == 1
    both = textfile("p", [GOOD, GOOD], [RUN])
    assert both.count("# HELP sigma_migrate_copies ") == 1
