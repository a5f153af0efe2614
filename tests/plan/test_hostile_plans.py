"""Whatever the bytes, a plan is loaded or its problems are told; cells are safe and read back."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.cli import run
from migrate.errors import MOST_TOLD, InvalidInput
from migrate.plan.csv_text import MAX_COLUMNS, MAX_ROWS, plain_cell, read_table, safe_cell, write_table
from migrate.plan.dump import dump_csv
from migrate.plan.literal_secret import looks_secret
from migrate.plan.load import load
from migrate.text import join_path
from migrate.yaml.places import MAX_TEXT

CASES = Path(__file__).parent / "cases"
SEEDS = [path.read_bytes() for path in sorted(CASES.glob("*/*.*")) if path.suffix in (".yaml", ".csv")]
ENVIRON = {
    f"SIGMA_{alias}_{name}": value
    for alias in ("A", "GROUP", "ACME_AU")
    for name, value in {
        "BASE_URL": f"http://127.0.0.1:{len(alias)}",
        "CLIENT_ID": "x",
        "CLIENT_SECRET": "y",
        "SLUG": "slug",
    }.items()
}
QUIET = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
MARKS = ("- ", "[", "]", "{", "}", ": ", "&a ", "*a ", "<<: *a\n", "!!x ", "\n", "  ", "\t", "'", '"', "|\n", "? ", "~")
WORDS = ("orgs", "source", "targets", "select", "include", "map", "connections", "paths", "from", "to", "---\n", "#")
CELLS = ("source_org,target_org,kind,source,target\n", "a,group,", "folder,", ",", ";", "\r", "\ufeff", "${target.x}")
PIECES = st.sampled_from((*MARKS, *WORDS, *CELLS))

SIGNS = tuple("=+-@＝＋－＠")


def loads(raw: bytes, path: Path) -> None:
    path.write_bytes(raw)
    try:
        load(path, environ=ENVIRON)
    except InvalidInput as error:
        told = [str(problem) for problem in error.problems]
    else:
        told = ["none"]
    assert told
    assert all(len(line.splitlines()) == 1 for line in told)


@pytest.mark.parametrize("suffix", [".yaml", ".csv", ""])
@QUIET
@given(
    raw=st.one_of(
        st.binary(max_size=200), TEXTS.map(str.encode), st.lists(PIECES, max_size=30).map("".join).map(str.encode)
    )
)
def test_any_bytes_are_a_plan_or_problems(tmp_path, suffix, raw):
    loads(raw, tmp_path / f"plan{suffix}")


@pytest.mark.parametrize("suffix", [".yaml", ".csv"])
@QUIET
@given(seed=st.sampled_from(SEEDS), cut=st.tuples(st.integers(0, 2000), st.integers(0, 30)), put=st.binary(max_size=6))
def test_a_damaged_plan_is_a_plan_or_problems(tmp_path, suffix, seed, cut, put):
    start = cut[0] % (len(seed) + 1)
    loads(seed[:start] + put + seed[start + cut[1] :], tmp_path / f"plan{suffix}")


@pytest.mark.parametrize(
    "text", ["[" * 5000, "{a: " * 5000, "- " * 5000, "? " * 3000, "a: &a\n" * 3000, '"' + "x" * 10**6]
)
def test_depth_and_size_are_bounded(tmp_path, text):
    path = tmp_path / "deep.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput):
        load(path, environ=ENVIRON)


def told(path: Path) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        load(path, environ=ENVIRON)
    return [str(problem) for problem in caught.value.problems]


def test_a_key_repeated_for_ever_is_one_problem(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("source: a\n" * 30_000, encoding="utf-8")
    doubled = [line for line in told(path) if "stands" in line]
    assert doubled == [f"{path}:2:1: the key source stands 30000 times (it stands in line 1 already; keep one of them)"]
    path.write_text('{"source": "a", "policy": {"drift": "keep", "drift": "fail", "drift": "keep"}}', encoding="utf-8")
    assert any("the key drift stands 3 times" in line for line in told(path))


BOUNDED = {
    "name: " + "x" * (MAX_TEXT + 1): "a text of more than",
    "x" * 900 + ": 1\n? " + "x" * (MAX_TEXT + 1) + "\n: 1": "a key of more than",
    "a: &a " + "x" * MAX_TEXT + "\nb: [" + "*a, " * 900 + "]": "values once aliases are expanded",
}


@pytest.mark.parametrize(("text", "expected"), BOUNDED.items(), ids=BOUNDED.values())
def test_texts_are_bounded(tmp_path, text, expected):
    plan = tmp_path / "plan.yaml"
    plan.write_text(text, encoding="utf-8")
    (problem,) = told(plan)
    assert expected in problem
    plan.write_text("name: " + "x" * MAX_TEXT, encoding="utf-8")
    assert not [each for each in told(plan) if "a text of more than" in each]


def test_tables_are_bounded(tmp_path):
    plan, head = tmp_path / "plan.csv", "source_org,target_org,kind,source,target"
    plan.write_text(head + ",x" * MAX_COLUMNS + "\n", encoding="utf-8")
    assert told(plan) == [
        f"{plan}:1: the header has more than {MAX_COLUMNS} columns (remove those that nothing stands in)"
    ]
    plan.write_text(head + "\n" + "a,group,folder,x,y\n" * (MAX_ROWS + 1), encoding="utf-8")
    assert f"{plan}:{MAX_ROWS + 2}: the table has more than {MAX_ROWS} rows (split it)" in told(plan)


def test_of_many_problems_the_first_are_told_and_how_many_there_are(tmp_path, capsys):
    plan = tmp_path / "plan.yaml"
    plan.write_text("".join(f"k{number}: 1\n" for number in range(MOST_TOLD + 7)), encoding="utf-8")
    count = len(told(plan))
    assert run(["validate", str(plan)]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == MOST_TOLD + 1
    assert lines[-1] == f"and {count - MOST_TOLD} more: mend these first"
    assert run(["validate", str(plan), "--output", "json"]) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert (len(error["problems"]), error["message"]) == (MOST_TOLD, f"{count} problems found")


@pytest.mark.parametrize("to", ["${target.", "x${target.a{b}", "${target.${target.folder}"])
def test_a_variable_that_is_not_closed_is_told(tmp_path, to):
    text = (CASES / "bad" / "template.yaml").read_text("utf-8").replace("${target.folder}", to)
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    assert [each for each in told(tmp_path / "plan.yaml") if "${target. stands here without a name and a }" in each]


def test_what_is_no_file_is_not_waited_for(tmp_path):
    pipe, plan = tmp_path / "pipe", tmp_path / "plan.yaml"
    os.mkfifo(pipe)
    assert told(pipe) == [f"{pipe}: this file cannot be read: it is no regular file (check the path)"]
    plan.write_text("source: a\ntargets: {csv: pipe}\nselect: {include: [{}]}\n", encoding="utf-8")
    assert any(line.startswith(f"{pipe}: this file cannot be read: it is no regular file") for line in told(plan))
    assert "no regular file" in told(Path("/dev/zero"))[0]


def test_a_file_beyond_the_limit_is_told(tmp_path):
    path = tmp_path / "plan.yaml"
    with path.open("wb") as stream:
        stream.truncate(16 * 1024 * 1024 + 1)
    assert told(path) == [f"{path}: this file has more than 16 MB, which no plan needs (check the path)"]


@given(TEXTS)
def test_a_cell_is_no_formula_and_reads_back(text):
    assert plain_cell(safe_cell(text)) == text
    assert not safe_cell(text).lstrip().startswith(SIGNS)


@given(st.lists(st.lists(TEXTS.map(str.strip).filter(bool), min_size=2, max_size=2), min_size=1, max_size=5))
def test_a_written_table_reads_back(rows):
    rows = [row for row in rows if not row[0].startswith("#")]
    text = write_table(("source", "target"), rows)
    assert not [
        cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row if cell.lstrip().startswith(SIGNS)
    ]
    problems = []
    table = read_table(text, "t.csv", known=("source", "target"), required=("source",), problems=problems)
    assert not problems
    assert [[row.cells["source"], row.cells["target"]] for row in table.rows] == rows


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and "*" not in text and "[" not in text and not looks_secret(text)
)
FOLDERS = st.lists(NAMES, min_size=1, max_size=3).map(join_path).filter(lambda text: "//" not in text)


@QUIET
@given(
    folders=st.dictionaries(FOLDERS, FOLDERS, min_size=1, max_size=3),
    teams=st.dictionaries(NAMES, NAMES, max_size=3),
    paths=st.dictionaries(st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES), max_size=3),
)
def test_a_written_plan_reads_back_equal(tmp_path, folders, teams, paths):
    path = tmp_path / "plan.yaml"
    orgs = {
        "a": {"base_url": "http://127.0.0.1:1", "credentials": "env:SIGMA_A"},
        "group": {
            "base_url": "http://127.0.0.1:5",
            "credentials": "env:SIGMA_GROUP",
            "expect": {"slug": "slug"},
            "access": "write",
        },
    }
    pairs = [{"from": list(one), "to": list(other)} for one, other in paths.items()]
    data = {
        "orgs": orgs,
        "source": "a",
        "targets": ["group"],
        "select": {"include": [{"folder": each} for each in folders]},
        "map": {
            "folders": [{"from": one, "to": other} for one, other in folders.items()],
            "connections": [{"from": "c: d", "to": "e", "paths": pairs}],
            "teams": [{"from": one, "to": other} for one, other in teams.items()],
        },
    }
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    expected = load(path, environ={})
    written = path.with_suffix(".csv")
    written.write_text(dump_csv(expected), encoding="utf-8")
    env = {key: value for key, value in ENVIRON.items() if key != "SIGMA_A_SLUG"}
    assert load(written, environ=env) == expected
