"""What real organizations suffer from, planted into generated ones by seeded chance and listed for those who check."""

from __future__ import annotations

import random
from dataclasses import dataclass

from migrate.sandbox.org import Column, Inode, Json, Org
from migrate.sandbox.specs.document import document_of
from migrate.sandbox.specs.trees import objects

HOSTILE = (
    "a/b",
    "../../etc/passwd",
    "..",
    ".",
    " leading and trailing ",
    "two\nlines",
    "tab\there",
    "<script>alert(1)</script>",
    '=HYPERLINK("https://acme.example","x")',
    "@SUM(A1)",
    "-1+1|cmd",
    "CON",
    "aux.json",
    "Ünïcödé – 概要 🛒",
    "e\u0301 é",
    "\u202egnp.exe",
    "\u200bzero width",
    "'quoted' \"twice\"",
    "back\\slash",
    "{name} ${target.x} %s {{7*7}}",
    "x" * 10_000,
)
RETYPED = {
    "text": "number",
    "number": "text",
    "integer": "text",
    "datetime": "text",
    "boolean": "text",
    "variant": "text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """Shares between 0 and 1: of the target's tables or columns, and of the source's documents."""

    missing_tables: float = 0.0
    unsynced_tables: float = 0.0
    missing_columns: float = 0.0
    retyped_columns: float = 0.0
    duplicate_names: float = 0.0
    hostile_names: float = 0.0
    broken_formulas: float = 0.0
    personal: float = 0.0
    unreadable: float = 0.0


def befall_documents(org: Org, placed: list[Inode], knobs: Knobs, chance: random.Random) -> dict[str, list[str]]:
    """Spoil documents of the source in place. Returns the ids that each knob has hit."""
    planted: dict[str, list[str]] = {}
    reader = org.clients[0].member_id
    home = org.members[reader].home_folder_id
    for inode in _some(placed, knobs.duplicate_names, chance, planted, "duplicate_names"):
        inode.name = "Weekly Report"
    for number, inode in enumerate(_some(placed, knobs.hostile_names, chance, planted, "hostile_names")):
        inode.name = HOSTILE[number % len(HOSTILE)]
    for inode in _some(placed, knobs.personal, chance, planted, "personal"):
        inode.parent_id = home
    for inode in _some(placed, knobs.unreadable, chance, planted, "unreadable"):
        inode.denied_to.add(reader)
    breakable = [inode for inode in placed if _victim(inode) is not None]
    for inode in _some(breakable, knobs.broken_formulas, chance, planted, "broken_formulas"):
        _break(inode)
    return planted


def befall_target(org: Org, knobs: Knobs, chance: random.Random) -> dict[str, list[str]]:
    """Spoil the catalogs of a target in place. Returns the dotted paths that each knob has hit."""
    planted: dict[str, list[str]] = {}
    for connection in org.connections.values():
        for path, table in list(connection.tables.items()):
            name = ".".join((org.alias, *path))
            if chance.random() < knobs.missing_tables:
                del connection.tables[path]
                planted.setdefault("missing_tables", []).append(name)
                continue
            if chance.random() < knobs.unsynced_tables:
                table.synced = False
                planted.setdefault("unsynced_tables", []).append(name)
            table.columns = [kept for one in table.columns for kept in _column(one, name, knobs, chance, planted)]
    return planted


def _some(
    inodes: list[Inode], share: float, chance: random.Random, planted: dict[str, list[str]], knob: str
) -> list[Inode]:
    chosen = [inode for inode in inodes if chance.random() < share]
    if chosen:
        planted[knob] = [inode.id for inode in chosen]
    return chosen


def _column(
    column: Column, table: str, knobs: Knobs, chance: random.Random, planted: dict[str, list[str]]
) -> list[Column]:
    """The column, another in its place, or none."""
    name = f"{table}.{column.name}"
    if chance.random() < knobs.missing_columns:
        planted.setdefault("missing_columns", []).append(name)
        return []
    if chance.random() < knobs.retyped_columns:
        planted.setdefault("retyped_columns", []).append(name)
        return [Column(name=column.name, type=RETYPED[column.type])]
    return [column]


def _victim(inode: Inode) -> Json:
    """The first table of a document, or None."""
    tables = (e for e in document_of(inode.type, inode.versions[-1].body).elements if e.get("kind") == "table")
    return next((table for table in tables if list(objects(table.get("columns")))), None)


def _break(inode: Inode) -> None:
    """Give the first table a column whose formula refers to a node that is gone, as exports show it (sigma-specs 4)."""
    version = inode.versions[-1]
    victim = _victim(inode)
    column = {"id": "broken-column", "formula": "[Missing node/aBcDeFgHiJ]", "name": "Broken"}
    changed = {**victim, "columns": [*victim["columns"], column]}
    if isinstance(victim.get("order"), list):
        changed["order"] = [*victim["order"], "broken-column"]
    version.body = _exchanged(version.body, victim, changed)


def _exchanged(tree: Json, old: Json, new: Json) -> Json:
    """A tree with one of its objects, found by identity, exchanged."""
    if tree is old:
        return new
    if isinstance(tree, list):
        return [_exchanged(item, old, new) for item in tree]
    if isinstance(tree, dict):
        return {key: _exchanged(value, old, new) for key, value in tree.items()}
    return tree
