"""The rules of the house, as tests: tools are clean, files and functions are short, layers hold, nothing is patched."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.reasons import REASONS

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SOURCES = sorted((ROOT / "migrate").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TREES = {path: ast.parse(path.read_text("utf-8")) for path in SOURCES}

NAMES_OF_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "lib", "tools"}


def of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"], ["lint-imports", "--no-logo"]],
    ids="-".join,
)
def test_tools_are_clean(command):
    tool = BIN / command[0]
    if not tool.exists():
        pytest.skip(f"{command[0]} is not installed here")
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def functions():
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node, (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_fit_on_a_screen():
    lengths = {f"{of(path)}:{node.lineno} {node.name}": length for path, node, length in functions()}
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert statistics.median(lengths.values()) <= 10


def test_public_functions_and_classes_say_what_they_are():
    silent = [
        f"{of(path)}:{node.lineno} {node.name}"
        for path, tree in TREES.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_every_file_says_what_it_is():
    assert [of(path) for path, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_files_are_named_for_what_they_hold():
    assert [of(path) for path in (*SOURCES, *TESTS) if path.stem in NAMES_OF_NOTHING] == []


def test_tests_are_no_package():
    assert not list((ROOT / "tests").rglob("__init__.py"))


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or "", node


def typing_only(tree):
    """The nodes below ``if TYPE_CHECKING:``."""
    blocks = [n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    return {inner for block in blocks for statement in block.body for inner in ast.walk(statement)}


def importers(package):
    """The files that import a package when they run."""
    found = set()
    for path, tree in TREES.items():
        passed_over = typing_only(tree)
        if any(name.split(".")[0] == package and node not in passed_over for name, node in imports(tree)):
            found.add(of(path))
    return found


def test_the_street_imports_httpx_in_one_file():
    """The sandbox raises httpx's own errors where it is served in process; over a socket it needs none of it.

    A webhook is no part of Sigma, and gets nothing that the client knows.
    """
    assert importers("httpx") == {"migrate/sigma/connections.py", "migrate/sandbox/wire.py", "migrate/run/on_finish.py"}


def test_the_ledger_alone_knows_its_database():
    assert {name for name in importers("sqlalchemy") if not name.startswith("migrate/ledger/")} == set()


HEAVY = ("pandas", "sqlalchemy", "pydantic", "jinja2", "xlsxwriter", "httpx", "lxml")


def test_heavy_packages_are_imported_where_they_are_used():
    """At the top of a file only where the file is about them, so that a command loads what it needs."""
    about = {
        "pandas": set(),
        "pydantic": set(),
        "jinja2": set(),
        "xlsxwriter": set(),
        "lxml": set(),
        "httpx": {"migrate/sigma/connections.py"},
        "sqlalchemy": {name for name in importers("sqlalchemy") if name.startswith("migrate/ledger/")},
    }
    for path, tree in TREES.items():
        for statement in tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for name, _ in imports(ast.Module(body=[statement], type_ignores=[])):
                    package = name.split(".")[0]
                    assert package not in HEAVY or of(path) in about[package], f"{of(path)} imports {name} at its top"


def sleeps(tree):
    """Whether a tree calls the clock's own ``sleep``; a test's clock may have one of its own."""
    real = any(isinstance(node, ast.Import) and name == "time" for name, node in imports(tree))
    calls = (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))
    return real and "time.sleep" in calls


def test_tests_patch_nothing_and_wait_for_nothing():
    words = re.compile(r"\b(unittest\.mock|from unittest import mock|monkeypatch|mocker|MagicMock)\b")
    others = [path for path in TESTS if path != Path(__file__)]
    assert [of(path) for path in others if words.search(path.read_text("utf-8"))] == []
    assert [of(path) for path in others if sleeps(ast.parse(path.read_text("utf-8")))] == []


def test_no_error_is_passed_over_in_silence():
    found = [
        f"{of(path)}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and all(isinstance(s, ast.Pass | ast.Continue) for s in node.body)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    ]
    assert found == []


def test_nothing_is_left_to_do_in_the_code():
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    this = Path(__file__)
    assert [of(path) for path in (*SOURCES, *TESTS) if path != this and words.search(path.read_text("utf-8"))] == []


CODED = {
    "Problem",
    "Residual",
    "Action",
    "Outcome",
    "Step",
    "Halt",
    "Refused",
    "AccessError",
    "ServiceError",
    "SafetyStop",
}
CODED |= {
    "ApiRefusal",
    "OutcomeUnknown",
    "MigrateError",
    "LockHeld",
    "Usage",
    "Interrupted",
    "Finding",
    "replace",
    "Refusal",
}


def reported():
    """(reason code, where) of every code that is written out where it is reported."""
    for path, tree in TREES.items():
        if of(path).startswith("migrate/sandbox/"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in CODED:
                for keyword in node.keywords:
                    if keyword.arg in ("code", "reason_code"):
                        yield from ((code, f"{of(path)}:{node.lineno}") for code in texts(keyword.value))
            if isinstance(node, ast.AnnAssign | ast.Assign):
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                if ast.unparse(target) == "default_code" and node.value is not None:
                    yield from ((code, f"{of(path)}:{node.lineno}") for code in texts(node.value))


def texts(value):
    """The texts an expression may come to, as far as they are written in it."""
    if isinstance(value, ast.IfExp):
        return [*texts(value.body), *texts(value.orelse)]
    return [value.value] if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value else []


def test_every_reported_reason_code_is_explained():
    found = list(reported())
    assert len(found) > 100
    assert {(code, where) for code, where in found if code not in REASONS} == set()


def test_reason_codes_stand_once_and_say_everything():
    for code, reason in REASONS.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
        for text in (reason.sentence, reason.cause, reason.fix):
            is_command = text[0].islower()
            assert is_command or text.endswith((".", "?", "`")), f"{code}: {text}"
            assert "\n" not in text


def test_every_explained_reason_code_is_used():
    """A code that nothing reports any more is taken out of the table."""
    code = "\n".join(path.read_text("utf-8") for path in SOURCES)
    assert sorted(name for name in REASONS if f'"{name}"' not in code) == []
