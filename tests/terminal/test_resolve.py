"""Open decisions: told first and once, asked one by one, written into the plan file with its comments kept."""

from __future__ import annotations

import pytest
import yaml

from migrate.plan.load import load


@pytest.fixture
def undecided(desk):
    """A plan that maps nothing, with comments of a person in it."""
    path = desk.plan(map={})
    text = path.read_text("utf-8").replace("map: {}\n", "map: {}  # to be decided\n")
    path.write_text(f"# ours\n{text}", encoding="utf-8")
    return path


def answered(desk, plan, *lines):
    return desk.call("resolve", plan, given="".join(f"{line}\n" for line in lines))


def test_causes_come_first_and_once(desk, undecided):
    told = desk.call("plan", undecided).stdout
    lines = told.splitlines()
    assert lines[0] == "Target group"
    assert " blocked by " in lines[1]
    assert lines[2].startswith("    1 ! unresolved_connection: no mapping for connection 'Warehouse'")
    assert told.count("unresolved_connection: no mapping for connection 'Warehouse'") == 1
    assert "paste: map: {connections: [{from: Warehouse, to: Group Warehouse}]}" in told
    assert any(line.strip().endswith("cause 1") for line in lines)


def test_an_answer_is_written_and_everything_else_stays(desk, undecided):
    before = undecided.read_text("utf-8")
    done = answered(desk, undecided, "1")
    assert done.returncode == 0, done.stderr
    after = undecided.read_text("utf-8")
    assert after.startswith("# ours\n")
    assert "# to be decided" in after
    assert [line for line in before.splitlines() if not line.startswith("map:")] == [
        line for line in after.splitlines() if not line.startswith("map:")
    ]
    [one] = yaml.safe_load(after)["map"]["connections"]
    assert one == {"from": "Warehouse", "to": "Group Warehouse"}
    assert not desk.running.sandbox.evidence.writes()
    assert load(undecided, environ=desk.environ).map.connections[0].target == "Group Warehouse"
    assert "no mapping for connection" not in desk.call("plan", undecided).stdout


def test_a_persons_own_answer_is_taken_and_nonsense_is_asked_again(desk, undecided):
    done = answered(desk, undecided, "99", "Somewhere Else")
    assert "That is none of them." in done.stderr
    [one] = yaml.safe_load(undecided.read_text("utf-8"))["map"]["connections"]
    assert one == {"from": "Warehouse", "to": "Somewhere Else"}


def test_an_empty_answer_and_the_end_of_input_leave_the_file_alone(desk, undecided):
    before = undecided.read_bytes()
    assert answered(desk, undecided, "").returncode == 0
    assert answered(desk, undecided).returncode == 0
    assert undecided.read_bytes() == before


def test_a_table_of_rows_is_not_edited(desk, tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text("source_org,target_org,kind,source,target\nnorth,group,folder,Shared,\n", encoding="utf-8")
    done = answered(desk, path)
    assert done.returncode == 64
    assert "resolve writes YAML plans" in done.stderr


def test_what_nothing_blocks_has_no_question(desk):
    done = answered(desk, desk.plan())
    assert done.stdout.startswith("0 of 0 open decisions answered.")
