"""What documents are made of: kinds of elements and sources, SQL statements and the tables they name. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from migrate.assess.model import Statement
from migrate.bundle.document import document_of
from migrate.bundle.spec import Spec
from migrate.inventory.model import Inventory, Key
from migrate.rewrite.catalogue.walk import find
from migrate.rewrite.resolvers.statements import raw_in
from migrate.rewrite.text.sql.exchange import rewrite_sql
from migrate.tree import Json, json_path, walk

_SECURITY = frozenset({"user", "team", "user-attribute", "page-users", "page-teams", "attribute-name", "team-name"})
"""The catalogue rows with which a document says who may see what."""


def elements(specs: Mapping[Key, Spec]) -> Mapping[str, int]:
    """How many elements of each kind there are, most first."""
    found = Counter(element.kind for spec in specs.values() for element in document_of(spec.body).elements)
    return dict(found.most_common())


def sources(specs: Mapping[Key, Spec]) -> Mapping[str, int]:
    """How many sources of each kind elements read, most first."""
    found = Counter(kind for spec in specs.values() for kind in _sources(spec.body))
    return dict(found.most_common())


def _sources(body: Json) -> Iterator[str]:
    for path, value in walk(body):
        if path and path[-1] == "source" and isinstance(value, dict) and isinstance(value.get("kind"), str):
            yield value["kind"]


def secured(rows: frozenset[str]) -> bool:
    """Whether references of these catalogue rows say who may see what."""
    return not rows.isdisjoint(_SECURITY)


def statements(inventory: Inventory, specs: Mapping[Key, Spec]) -> tuple[Statement, ...]:
    """Every SQL statement with the tables it names, as the warehouse reads them, and what is wrong with it."""
    types = {each.id: each.type for each in inventory.connections.values()}
    found = []
    for key, spec in sorted(specs.items()):
        raw = {json_path(path): sentence for path, sentence in raw_in(spec.body, types)}
        for site in find(spec.body):
            if site.row.code != "statement":
                continue
            connection = str(site.node.get("connectionId") or "")
            read = rewrite_sql(site.value, dialect=types.get(connection, ""))
            known = inventory.connections.get(connection)
            tables = dict.fromkeys(".".join(name.before) for name in read.names if name.kind == "table")
            found.append(
                Statement(
                    key=key,
                    path=json_path(site.path),
                    connection=known.name if known else connection,
                    tables=tuple(tables),
                    raw=raw.get(json_path(site.path), ""),
                    unread=read.problem,
                )
            )
    return tuple(found)
