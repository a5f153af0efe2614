"""Names Sigma makes up: friendly column names and the automatic names of elements and columns."""

from __future__ import annotations

import re

from migrate.sandbox.org import Connection, Json, Org
from migrate.sandbox.specs.formulas import Reference, references
from migrate.sandbox.specs.trees import objects, text, thing

SMALL = frozenset({"of", "or", "to"})  # seen so in real exports, where At, By and With are not small


def friendly(raw: str) -> str:
    """The friendly form of a raw warehouse name: ``DAYS_TO_SHIP`` is ``Days to Ship`` (sigma-specs 2.4).

    Names of one case are re-cased and their ``_`` become spaces; ``/`` and ``-`` become spaces in any name.
    """
    if raw not in {raw.upper(), raw.lower()}:
        return re.sub(r"[/\-]", " ", raw)
    words = [word.lower() for word in re.split(r"[_/\-\s]+", raw) if word]
    return " ".join(word if place and word in SMALL else word.capitalize() for place, word in enumerate(words))


def uses_friendly(org: Org, connection_id: str) -> bool:
    """Whether friendly names are on for this connection of this organization."""
    connection: Connection | None = org.connections.get(connection_id)
    return org.switches.friendly_names and (connection is None or connection.friendly_name)


def display_name(element: Json) -> str:
    """The name an element was given, or an empty text. A hidden title has lost its text (sigma-specs 7)."""
    for key in ("name", "title"):
        value = element.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return text(value, "text")
    return ""


def column_name(column: Json) -> str:
    """The name of a column: its own, else the automatic one of its formula."""
    own = column.get("name")
    return own if isinstance(own, str) else automatic_column_name(text(column, "formula"))


def automatic_column_name(formula: str) -> str:
    """The name Sigma gives an unnamed column: the last part of a plain reference, else a made-up one."""
    found = references(formula)
    plain = plain_reference(formula)
    if plain is not None:
        return plain.parts[-1]
    last = found[0].parts[-1] if found else ""
    head = re.match(r"\s*([A-Za-z]+)\s*\(", formula)
    unit = re.match(r'\s*DateTrunc\s*\(\s*"([a-z]+)"', formula)
    if unit and last:
        return f"{unit.group(1).capitalize()} of {last}"
    if head and last:
        return f"{head.group(1)} of {last}"
    return formula.strip()[:120]


def plain_reference(formula: str) -> Reference | None:
    """The one reference a formula is made of, or None where it is more or less than that."""
    found = references(formula)
    if len(found) == 1 and formula[: found[0].start].strip() == "" and formula[found[0].end :].strip() == "":
        return found[0]
    return None


def automatic_element_name(org: Org, element: Json) -> str:
    """The name Sigma shows for an element that has none, where its source tells it; else an empty text."""
    source = thing(element, "source")
    kind = text(source, "kind")
    if kind == "warehouse-table":
        tail = path_tail(source)
        return friendly(tail) if uses_friendly(org, text(source, "connectionId")) else tail
    if kind == "sql":
        return "Custom SQL"
    if kind == "union":
        return f"Union of {len(list(objects(source.get('sources'))))} Sources"
    return ""


def path_tail(source: Json) -> str:
    """The last segment of a warehouse path, which prefixes its columns in formulas."""
    path = source.get("path")
    return path[-1] if isinstance(path, list) and path and isinstance(path[-1], str) else ""
