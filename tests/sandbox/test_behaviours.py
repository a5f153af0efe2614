"""The behaviour table in docs/contributing and the code are in step; the sandbox stays a witness of its own."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from migrate.sandbox.behaviours import behaviours

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([^`]+)` \| (.+) \| (.+?) \| (\w+) \| `([^`]+)` \|$")
SECTION = re.compile(r"(api|specs|news)( \d+(\.\d+)?(, (api |specs |news )?\d+(\.\d+)?)*)")


def rows():
    table = (ROOT / "docs" / "contributing" / "sandbox-behaviours.md").read_text("utf-8")
    found = [line for line in table.splitlines() if line.startswith("| `")]
    matched = [ROW.match(line) for line in found]
    assert all(matched), [line for line, match in zip(found, matched, strict=True) if not match]
    return [match.groups() for match in matched]


@cache
def functions_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_behaviour_has_one_row():
    ids = [row[0] for row in rows()]
    assert sorted(ids) == sorted(set(ids))
    assert set(ids) == behaviours()


def test_every_row_says_where_it_is_recorded_and_how_certain_it_is():
    for name, text, section, certainty, _ in rows():
        assert len(text) > 5, name
        assert SECTION.fullmatch(section), (name, section)
        assert certainty in {"live", "doc", "code", "guess"}, (name, certainty)


def test_every_named_test_exists():
    for name, _, _, _, test in rows():
        path, _, function = test.partition("::")
        assert (ROOT / path).is_file(), (name, path)
        assert function in functions_in(path), (name, test)


def test_the_table_of_documents_names_tests_that_exist():
    text = (ROOT / "docs" / "contributing" / "sandbox-documents.md").read_text("utf-8")
    files = sorted((ROOT / "tests" / "sandbox" / "specs").glob("test_*.py"))
    known = {name for file in files for name in functions_in(str(file.relative_to(ROOT)))}
    named = set(re.findall(r"\btest_\w+", text)) - {file.stem for file in files}
    assert named
    assert named <= known, named - known


def test_the_sandbox_imports_nothing_of_the_client_side():
    allowed = {"migrate.errors", "migrate.events"}
    for file in sorted((ROOT / "migrate" / "sandbox").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                ours = name.startswith("migrate") and not name.startswith("migrate.sandbox")
                assert not ours or name in allowed, f"{file}: {name}"
