"""What the server itself calls broken in a document: column types, element errors, markers inside SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.tree import Json
from migrate.words import Kind

_MARKER = re.compile(r'Unknown column "\[[^"]*|Circular column reference[^"\']*')


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


async def broken_elements(client: Client, kind: Kind, document_id: str) -> frozenset[Broken]:
    """The elements with an error, or whose SQL carries an error marker as text (sigma-api section 5.3)."""
    entries = await api.elements(client, kind, document_id)
    messages = {str(entry.get("elementId", "")): str(entry.get("error") or "") for entry in entries}
    for element_id, query in (await _queries(client, kind, document_id, tuple(messages))).items():
        marker = _MARKER.search(str(query.get("sql") or ""))
        found = str(query.get("error") or "") or (marker[0] if marker else "")
        messages[element_id] = messages.get(element_id) or found
    return frozenset(Broken(element=element_id, message=text) for element_id, text in messages.items() if text)


async def _queries(client: Client, kind: Kind, document_id: str, elements: tuple[str, ...]) -> dict[str, Json]:
    """The query of each element that has one: one listing where there is one, else one request an element."""
    listed = await api.queries(client, kind, document_id)
    if listed is not None:
        return {str(entry.get("elementId", "")): entry for entry in listed}
    asked = {element: await api.element_query(client, kind, document_id, element) for element in elements}
    return {element: query for element, query in asked.items() if query is not None}
