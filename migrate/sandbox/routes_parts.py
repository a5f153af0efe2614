"""What a document is made of: sources, pages, elements, columns, queries, lineage, controls (sigma-api 5.3, 5.5)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from migrate.sandbox import specs
from migrate.sandbox.answers import ApiError, invalid, not_found
from migrate.sandbox.call import Call
from migrate.sandbox.org import Inode, Json
from migrate.sandbox.paging import by_token
from migrate.sandbox.router import Handler, Route
from migrate.sandbox.routes_documents import listed, living


def workbook_sources(call: Call) -> Json:
    """A bare array; any query parameter is a 400 (sigma-api 3.3)."""
    if call.pairs:
        raise invalid("Unexpected query parameters")
    return specs.sources(call.org, living(call))


def model_sources(call: Call) -> Json:
    """The same of a data model, in dialect B."""
    return by_token(specs.sources(call.org, living(call)), call.query, _same)


def _same(row: Json) -> Json:
    return row


def pages(call: Call) -> Json:
    """The pages of a workbook."""
    return listed(call, specs.pages(call.org, living(call)))


def elements(call: Call) -> Json:
    """The elements as the server sees them, with ``vizualizationType`` and perhaps ``error``."""
    return listed(call, specs.elements(call.org, living(call)))


def page_elements(call: Call) -> Json:
    """The elements of one page."""
    inode = living(call)
    held = elements_by_page(inode).get(call.params["page"])
    if held is None:
        raise not_found()
    return listed(call, [row for row in specs.elements(call.org, inode) if row["elementId"] in held])


def elements_by_page(inode: Inode) -> Mapping[str, frozenset[str]]:
    """Page id to the ids of its elements: as nested in the pages, or as the layout places them."""
    body = inode.versions[-1].body if inode.versions else {}
    pages_of = [page for page in body.get("pages", []) if isinstance(page, dict)]
    held = {
        str(page.get("id")): {str(one.get("id")) for one in page.get("elements", []) if isinstance(one, dict)}
        for page in pages_of
    }
    for part in re.split(r"<Page\b", str(body.get("layout") or ""))[1:]:
        name = re.search(r'\bid="([^"]*)"', part[: part.find(">") + 1])
        if name is not None and name[1] in held:
            held[name[1]] |= set(re.findall(r'\belementId="([^"]*)"', part))
    return {key: frozenset(value) for key, value in held.items()}


def columns(call: Call) -> Json:
    """Every column of every element; ``type.type`` is ``error`` where a formula does not resolve."""
    return listed(call, specs.columns(call.org, living(call)))


def element_columns(call: Call) -> Json:
    """The columns of one element, with ``label`` for the name."""
    return listed(call, specs.element_columns(call.org, living(call), call.params["element"]))


def element_query(call: Call) -> Json:
    """The query of one element; 404 where it has none."""
    found = _query(call, living(call), call.params["element"])
    if found is None:
        raise not_found()
    return found


def _query(call: Call, inode: Inode, element_id: str) -> Json | None:
    """An element's query as it would be run now, by the caller."""
    about = {"request_id": call.entry.request_id, "email": call.member.email}
    return specs.element_query(call.org, inode, element_id, now=call.now, **about)


def queries(call: Call) -> Json:
    """The queries of all elements that have one."""
    inode = living(call)
    rows = [_query(call, inode, row["elementId"]) for row in specs.elements(call.org, inode)]
    return listed(call, [row for row in rows if row is not None])


def controls(call: Call) -> Json:
    """Names and value types of the controls."""
    return listed(call, specs.controls(call.org, living(call)))


def lineage(call: Call) -> Json:
    """What the elements read; a permanent 400 for a share of the workbooks (sigma-api 4.2)."""
    inode = living(call)
    if inode.type == "workbook" and refuses_lineage(inode.id, call.org.switches.lineage_refuses):
        text = f"An error has occurred. Please try again later (incident-id={inode.id})"
        raise ApiError(400, "invalid_request", text)
    return listed(call, specs.lineage(call.org, inode))


def refuses_lineage(inode_id: str, share: float) -> bool:
    """Whether this workbook is among the share whose ``/lineage`` is refused: always the same ones."""
    return int.from_bytes(hashlib.sha256(inode_id.encode()).digest()[:4]) < share * (1 << 32)


def _model(method: str, tail: str, handler: Handler) -> Route:
    return Route(method=method, pattern=f"/v2/dataModels/{{id}}/{tail}", handler=handler, area="data-models")


def _parts(root: str) -> tuple[Route, ...]:
    """The reads that workbooks and reports have alike."""
    reads = {
        "sources": workbook_sources,
        "pages": pages,
        "pages/{page}/elements": page_elements,
        "elements": elements,
        "columns": columns,
        "elements/{element}/columns": element_columns,
        "elements/{element}/query": element_query,
        "queries": queries,
        "controls": controls,
        "lineage": lineage,
    }
    return tuple(
        Route(method="GET", pattern=f"{root}/{{id}}/{tail}", handler=handler, area="workbooks")
        for tail, handler in reads.items()
    )


ROUTES = (
    *_parts("/v2/workbooks"),
    *_parts("/v2/reports"),
    _model("GET", "sources", model_sources),
    _model("GET", "elements", elements),
    _model("GET", "columns", columns),
    _model("GET", "elements/{element}/query", element_query),
    _model("GET", "lineage", lineage),
)
