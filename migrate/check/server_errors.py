"""What the server itself calls broken in a document: column types, element errors, markers inside SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from migrate.bundle.document import document_of
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.tree import Json
from migrate.words import Kind

_MARKER = re.compile(r'Unknown column "\[[^"]*|Circular column reference[^"\']*')
_LATE = re.compile(r"\{\{\s*#|\bsigma_element\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Broken:
    """One thing that does not work: an element, or one column of it."""

    element: str
    column: str = ""
    message: str = ""


async def broken_columns(client: Client, kind: Kind, document_id: str) -> frozenset[Broken]:
    """The columns whose type is ``error``: formulas that did not resolve (sigma-api section 0, fact 10)."""
    found = set()
    for entry in await api.columns(client, kind, document_id):
        type_ = entry.get("type")
        name = type_.get("type") if isinstance(type_, dict) else type_
        if name == "error":
            label = str(entry.get("label") or entry.get("name") or "")
            found.add(
                Broken(
                    element=str(entry.get("elementId", "")),
                    column=str(entry.get("columnId", "")),
                    message=f"column {label!r} is an error: {entry.get('formula', '')}",
                )
            )
    return frozenset(found)


async def broken_elements(client: Client, kind: Kind, document_id: str, doubtful: Iterable[str]) -> frozenset[Broken]:
    """The elements with an error, or whose SQL carries an error marker as text (sigma-api section 5.3).

    One request, where the queries of all elements come in one listing. A data model has no such listing: its elements
    are listed with their errors, and the query of each that is ``doubtful`` is asked for.
    """
    listed = await api.queries(client, kind, document_id)
    if listed is None:
        entries = await api.elements(client, kind, document_id)
        messages = {str(entry.get("elementId", "")): str(entry.get("error") or "") for entry in entries}
        listed = [
            query
            for element in messages.keys() & set(doubtful)
            if (query := await api.element_query(client, kind, document_id, element)) is not None
        ]
    else:
        messages = {}
    for query in listed:
        marker = _MARKER.search(str(query.get("sql") or ""))
        found = str(query.get("error") or "") or (marker[0] if marker else "")
        element_id = str(query.get("elementId", ""))
        messages[element_id] = messages.get(element_id) or found
    return frozenset(Broken(element=element_id, message=text) for element_id, text in messages.items() if text)


def resolved_late(body: Json) -> frozenset[str]:
    """The elements whose source is a statement with a directive or with another element's name in it.

    Sigma resolves those when the statement is run, and neither columns nor elements say whether it can (sigma-news 3
    and 5). Any other statement is sent to the warehouse as it is: its query says no more than the element does.
    """
    return frozenset(
        element.id
        for element in document_of(body).named
        if isinstance(source := element.node.get("source"), dict)
        and source.get("kind") == "sql"
        and _LATE.search(str(source.get("statement") or ""))
    )
