"""What needs no organization: help, wrong use, validate, explain, schema; and what it costs to start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import jsonschema
import pytest

from kit.places import REPOSITORY
from migrate import __version__
from migrate.change.seal import SCHEMAS
from migrate.cli import cli, run
from migrate.ledger.book import open_book
from migrate.ledger.model import Copy, Entry, Home
from migrate.ledger.owner import Owner
from migrate.plan.load import load
from migrate.reasons import REASONS
from migrate.run.outputs import OUTPUTS
from migrate.terminal.apply import is_change_set
from migrate.terminal.schema import NAMES

GOOD = Path(__file__).parents[1] / "plan" / "cases" / "good" / "words.yaml"
BAD = Path(__file__).parents[1] / "plan" / "cases" / "bad" / "unknown-key.yaml"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["plan"],
        ["plan", "a", "b"],
        ["validate", "--nope", "x"],
        ["explain"],
        ["schema", "nope"],
        ["--output", "xml", "validate", "x"],
        ["explain", "no_such_code"],
        ["validate", str(GOOD), "--set", "policy"],
        ["sandbox", "--port", "group"],
        ["sandbox", "--port", "group=http", "--", "true"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_64_and_never_2(capsys, arguments):
    assert run(arguments) == 64
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["--version"], *([name, "--help"] for name in cli.commands)], ids=" ".join
)
def test_help_is_on_standard_output(capsys, arguments):
    assert run(arguments) == 0
    said = capsys.readouterr()
    assert said.out
    assert said.err == ""


def test_the_version(capsys):
    assert run(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def loaded_by(*commands, folder=None):
    """What these command lines print, one after the other; then which slow packages they brought in."""
    heavy = "pandas numpy httpx httpcore anyio sqlalchemy openpyxl xlsxwriter lxml jinja2 tqdm tenacity mcp starlette"
    heavy = [*heavy.split(), "email", "html", "importlib.metadata", "migrate.plan.complaints"]
    heavy += ["migrate.rewrite", "migrate.sigma", "pydantic", "yaml"]
    program = (
        "import os, sys\nos.environ['PYDANTIC_DISABLE_PLUGINS'] = '__all__'\nfrom migrate.cli import run\n"
        f"codes = [run(command) for command in {commands!r}]\n"
        f"print('LOADED', *codes, *(name for name in {heavy!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout


def test_help_costs_little_more_than_click():
    assert loaded_by(["--help"], ["apply", "--help"], ["explain", "name_taken"]).endswith("\nLOADED 0 0 0\n")


def test_what_reads_files_alone_brings_in_what_reads_a_plan_and_no_more(tmp_path):
    plan = tmp_path / "words.yaml"
    plan.write_text(GOOD.read_text())
    with open_book(f"sqlite:///{tmp_path / '.sigma-migrate' / 'state.db'}") as book:
        home = Home(plan="words", source_org="a", target_org="b")
        book.intend(Entry(run="r", home=home, kind="workbook", source_id="w", verb="create", state="planned", name="W"))
    run_folder = tmp_path / "reports" / "one"
    run_folder.mkdir(parents=True)
    told = {"orgs": [{"alias": "off", "organization_id": "b"}], "totals": {"off": {"created": 1}}}
    about = {"id": "one", "plan": "words", "status": "complete"}
    head = {"schema": "sigma-migrate.run/1", "run": about}
    (run_folder / "run.json").write_text(json.dumps({**head, "reconciliation": told}))
    commands = ["validate", str(plan)], ["status", str(plan)], ["status", "--dir", str(tmp_path / "reports")]
    said = loaded_by(*commands, folder=tmp_path)
    assert "Target off: no copy\n" in said
    assert "1 write without a known outcome" in said
    assert said.endswith("\nLOADED 0 0 0 pydantic yaml\n")


def test_help_tells_of_every_command_as_click_would():
    there = click.Group(commands=dict(cli.commands.items()))
    context = click.Context(there)
    formatters = context.make_formatter(), context.make_formatter()
    there.format_commands(context, formatters[0])
    cli.format_commands(context, formatters[1])
    assert formatters[1].getvalue() == formatters[0].getvalue()


def test_a_good_plan(capsys):
    assert run(["validate", str(GOOD), "--output", "json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"plan": "words", "valid": True, "targets": ["off"]}
    assert said.err == ""


def test_a_bad_plan_is_3_with_file_and_line(capsys):
    assert run(["validate", str(BAD)]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "unknown-key.yaml:" in said.err


def test_a_bad_plan_as_data(capsys):
    assert run(["--output", "json", "validate", str(BAD)]) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["exit_code"] == 3
    assert all(problem["file"].endswith("unknown-key.yaml") and problem["line"] for problem in error["problems"])


def test_a_plan_that_is_not_there_is_3(capsys):
    assert run(["validate", "nowhere.yaml"]) == 3
    assert "nowhere.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("code", ["wrong_org", "name_taken"])
def test_explain(capsys, code):
    assert run(["explain", code]) == 0
    assert REASONS[code].fix in " ".join(capsys.readouterr().out.split())
    assert run(["explain", code, "--output", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["code"] == code


def test_explain_suggests(capsys):
    assert run(["explain", "name_takn"]) == 64
    assert "name_taken" in capsys.readouterr().err


def test_what_every_command_prints_has_a_schema():
    """All give their data by ``give``; some an outcome, and ``assess`` an assessment."""
    room = REPOSITORY / "migrate" / "terminal"
    says = {path.name for path in room.iterdir() if path.suffix == ".py" and "give(settings" in path.read_text("utf-8")}
    known = {f"{name.replace('report-files', 'report').replace('plan-output', 'plan')}.py" for name in OUTPUTS}
    assert says - known <= {"apply.py", "verify.py", "rehearse.py", "assess.py", "options.py"}
    assert set(OUTPUTS) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_json_schemas(capsys, name):
    assert run(["schema", name]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_reports_that_are_not_there(capsys, tmp_path):
    assert run(["report", "last", "--dir", str(tmp_path)]) == 3
    assert run(["report", "../../etc", "--dir", str(tmp_path)]) == 3
    assert "there is no run" in capsys.readouterr().err


def test_a_broken_run_file(capsys, tmp_path):
    (tmp_path / "r1").mkdir()
    (tmp_path / "r1" / "run.json").write_text("{")
    assert run(["report", "r1", "--dir", str(tmp_path)]) == 3
    assert "run.json" in capsys.readouterr().err


def test_a_log_that_cannot_be_written_is_said_at_once(capsys, tmp_path):
    assert run(["--log", str(tmp_path), "plan", str(GOOD)]) == 74
    assert f"{tmp_path} cannot be written" in capsys.readouterr().err


def test_a_file_that_only_looks_like_a_change_set(capsys, tmp_path):
    (tmp_path / "c.json").write_text('{"schema": "sigma-migrate.changes/1"}')
    assert run(["apply", str(tmp_path / "c.json"), "--yes"]) == 3
    assert "c.json" in capsys.readouterr().err


@pytest.mark.parametrize("span", ["10", "m", "ten minutes", "-1s", "1.5h", "\u0661m", ""])
def test_a_wait_that_is_no_time_span_is_wrong_use(capsys, span):
    assert run(["apply", str(GOOD), "--wait", span]) == 64
    assert "no time span" in capsys.readouterr().err


def test_a_lock_is_broken_without_asking_any_organization(capsys, tmp_path):
    state = f"state=sqlite:///{tmp_path}/state.db"
    with open_book(state.removeprefix("state=")) as book:
        owner = Owner(run="r2", host="another-machine", pid=7, token="t", boot="another boot")
        name = "an-organization"
        book.adopt(copy_in(load(GOOD).name, name))
        unlock = ["unlock", name, "--plan", str(GOOD), "--set", state]
        assert run(unlock) == 0
        assert "is not locked" in capsys.readouterr().out
        book.lock(name, owner, ttl=600)
        assert run(unlock) == 7
        assert "may be at work" in capsys.readouterr().err
        assert run([*unlock, "--yes", "--output", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["broken"]["host"] == "another-machine"
        assert book.holder(name) is None
        assert run(["unlock", "nobody", "--plan", str(GOOD), "--set", state]) == 64


def copy_in(plan, organization):
    """A copy that a plan made in an organization, so that its ledger knows of it."""
    return Copy(
        home=Home(plan=plan, source_org="s", target_org=organization),
        kind="workbook",
        source_id="w",
        target_id="t",
        name="W",
        folder_id="f",
        digest_sent="",
        digest_read="",
        version_read=1,
    )


@pytest.mark.parametrize(
    ("before", "schema", "what"),
    [
        (b'{"schema": "', SCHEMAS[0], True),
        (b'{"x": "' + b"x" * (2**20 - 12), SCHEMAS[0], True),
        (b'{"x": "' + b"x" * 2**21, SCHEMAS[-1], True),
        (b'{"schema": "', "sigma-migrate.report/1", False),
        (b'version: 1\nname: "', SCHEMAS[0], False),
    ],
    ids=["at its beginning", "across two pieces", "far inside", "another file", "a plan that names it"],
)
def test_a_saved_change_set_is_told_from_a_plan(tmp_path, before, schema, what):
    (tmp_path / "file").write_bytes(before + schema.encode() + b'"}')
    assert is_change_set(tmp_path / "file") is what
