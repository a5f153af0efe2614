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
    assert "          map: {connections: [{from: Warehouse, to: Group Warehouse}]}\n" in told
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
    done = answered(desk, undecided, "99", "?", "Somewhere Else")
    assert done.stderr.count("That is none of them.") == 2
    assert f"In group ({desk.group.slug}, {desk.group.id})" in " ".join(done.stderr.split())
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


@pytest.fixture
def unnamed(desk):
    """A plan that says nowhere what the tables are called in the target, as a person wrote it."""
    path = desk.plan(map={})
    block = "map:\n  connections:\n    - from: Warehouse  # the old one\n      to: Group Warehouse\n"
    path.write_text(path.read_text("utf-8").replace("map: {}\n", block), encoding="utf-8")
    return path


def test_a_table_that_is_called_otherwise_is_written_below_its_connection(desk, unnamed):
    before = unnamed.read_text("utf-8")
    lines = desk.call("plan", unnamed).stdout.splitlines()
    [at] = [at for at, line in enumerate(lines) if line == "        paste:  # 2 of 2 columns"]
    below = [line for line in lines[at + 1 : at + 4] if line.startswith(" " * 10)]
    assert max(map(len, below)) <= 80
    pair = {"from": "DW.SALES.ORDERS", "to": "GW.AU.ORDERS"}
    entry = {"from": "Warehouse", "to": "Group Warehouse", "paths": [pair]}
    assert yaml.safe_load("\n".join(below)) == {"map": {"connections": [entry]}}, "broken lines say the same"
    assert answered(desk, unnamed, "1").stdout.startswith("1 of 1 open decision answered")
    block = "      paths:\n        - {from: DW.SALES.ORDERS, to: GW.AU.ORDERS}\n"
    to = "      to: Group Warehouse\n"
    assert unnamed.read_text("utf-8") == before.replace(to, to + block)
    assert " blocked by " not in desk.call("plan", unnamed).stdout


@pytest.mark.parametrize("said", ["1", "GW.AU.ORDERS"])
def test_an_entry_that_leads_nowhere_gets_another_end(desk, unnamed, said):
    to = "      to: Group Warehouse\n"
    wrong = f"{to}      paths: [{{from: [DW, SALES, ORDERS], to: GW.AU.GONE}}]  # to be seen\n"
    unnamed.write_text(unnamed.read_text("utf-8").replace(to, wrong), encoding="utf-8")
    assert answered(desk, unnamed, said).returncode == 0
    assert "paths: [{from: [DW, SALES, ORDERS], to: GW.AU.ORDERS}]  # to be seen" in unnamed.read_text("utf-8")
