"""What sets the kinds of documents apart stands in one table; no other file decides by kind where the table could."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from migrate.kinds import KINDS, called, counted, counts, in_words, known_kind

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "migrate" / "kinds.py"
SOURCES = [path for path in sorted((ROOT / "migrate").rglob("*.py")) if "sandbox" not in path.parts and path != TABLE]

NAMES = {
    name
    for row in KINDS.values()
    for name in (row.kind, row.root, row.id_field, row.url_id_field, row.folder, row.row, row.plural, row.singular)
}

TOLD = NAMES - {"report", "reports"}
"""Those that mean a kind wherever they stand: ``report`` is also what a policy does and what a run writes."""

ELSEWHERE = {
    ("migrate/words.py", "('data-model', 'workbook', 'report')"),
    ("migrate/assess/needs.py", "'data_model'"),  # a thing that documents need, as a plan maps it
    ("migrate/inventory/sources.py", "entry.get('type') == 'data-model'"),  # a source of that type, not a document
    ("migrate/rewrite/resolvers/prefixes.py", "reference.row == 'data-model'"),  # a row of the catalogue
}
"""What names kinds, or things called like them, and decides nothing about a document."""


def text_of(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def decisions(tree):
    """Comparisons with the name of a kind, patterns of one, and displays of several."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            equal = all(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops)
            if equal and any(text_of(part) in TOLD for part in (node.left, *node.comparators)):
                yield node
        elif isinstance(node, ast.MatchValue):
            if text_of(node.value) in TOLD:
                yield node
        elif isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts
            if len({text_of(part) for part in parts} & NAMES) > 1:
                yield node


def found_in(path):
    tree = ast.parse(path.read_text("utf-8"))
    return {(path.relative_to(ROOT).as_posix(), ast.unparse(node)) for node in decisions(tree)}


def test_no_other_file_decides_by_kind():
    assert set().union(*map(found_in, SOURCES)) - ELSEWHERE == set()


@pytest.mark.parametrize(
    "decides",
    [
        "kind == 'workbook'",
        "'data-model' != key.kind",
        "kind in ('workbook', 'data-model')",
        "{'workbook': 1, 'data-model': 2}[kind]",
        "['workbookId', 'dataModelId']",
        "match kind:\n    case 'workbook':\n        pass",
    ],
)
def test_a_decision_by_kind_is_seen(decides):
    assert list(decisions(ast.parse(decides)))


def test_every_row_of_the_table_is_told_apart():
    for name in ("kind", "root", "id_field", "url_id_field", "singular", "plural", "folder", "row"):
        assert len({getattr(row, name) for row in KINDS.values()}) == len(KINDS)
    assert all(kind == row.kind for kind, row in KINDS.items())


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "no documents"),
        ({"workbook": 0}, "no documents"),
        ({"data-model": 2}, "2 data models"),
        ({"data-model": 1, "workbook": 0, "report": 2}, "1 data model and 2 reports"),
        ({"data-model": 1, "workbook": 3, "report": 1}, "1 data model, 3 workbooks and 1 report"),
    ],
)
def test_counts_in_words(found, said):
    assert in_words(found) == said


def test_kinds_in_words():
    assert (called("data-model"), called("folder")) == ("data model", "folder")
    assert (counted("data-model", 2), counted("folder", 1), counted("folder", 0)) == (
        "2 data models",
        "1 folder",
        "0 folders",
    )
    assert counts(["report", "report", "folder"]) == {"data-model": 0, "workbook": 0, "report": 2}
    assert (known_kind("report"), known_kind("folder"), known_kind(None)) == ("report", None, None)
