"""Exports: asked for with one call, fetched with another once they are ready (sigma-api 4.4, 5.4).

What is exported is worked out when it is asked for, as the caller sees it. No call exports a data model.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import orjson

from migrate.sandbox import specs
from migrate.sandbox.answers import Answer, ApiError, invalid, not_found, page_of_the_edge
from migrate.sandbox.call import Call, text_of
from migrate.sandbox.exports import Export
from migrate.sandbox.org import Json
from migrate.sandbox.router import Route
from migrate.sandbox.routes_documents import living

MOST_ROWS = 1_000_000
KEPT_SECONDS = 3600.0
ROWS = ("csv", "json", "jsonl")
PICTURES: Mapping[str, bytes] = {"xlsx": b"PK\x03\x04", "pdf": b"%PDF-1.7\n", "png": b"\x89PNG\r\n\x1a\n"}


def export_workbook(call: Call) -> Json:
    """``{jobComplete, queryId}``; the file comes with ``download``."""
    _count(call)
    inode, tree = living(call), call.tree()
    kind = _format(tree, (*ROWS, *PICTURES))
    if kind in PICTURES:
        return _begun(call, Answer(body=PICTURES[kind], content_type=b"application/octet-stream"))
    element_id = text_of(tree, "elementId") or ""
    found = specs.rows(call.org, call.member, inode, element_id)
    if found is None:
        raise invalid(f"The element {element_id[:60]} has no data to export")
    limit, offset = _number(tree, "rowLimit", MOST_ROWS), _number(tree, "offset", 0)
    names, rows = found[0], found[1][offset : offset + min(limit, MOST_ROWS)]
    broken = any(one.get("error") and one["elementId"] == element_id for one in specs.elements(call.org, inode))
    if broken:  # the renderer tells it with a page (sigma-api 5.4)
        return _begun(call, page_of_the_edge(200, "Export failed", "The query of the element could not be run."))
    return _begun(call, WRITERS[kind](names, rows))


def export_report(call: Call) -> Json:
    """The same of a report, which has pages and no rows."""
    _count(call)
    living(call)
    kind = _format(call.tree(), ("pdf",))
    return _begun(call, Answer(body=PICTURES[kind], content_type=b"application/pdf"))


def download(call: Call) -> Json | Answer:
    """The file, once it is ready; before that nothing, under the status that the organization's switch says."""
    _count(call)
    found = call.sandbox.exports.made.get(call.params["query"])
    if found is None or found.alias != call.org.alias or call.sandbox.clock() > found.until:
        raise not_found("Query not found")
    found.polls += 1
    if found.polls > call.org.switches.exports_late:
        return found.answer
    waiting = call.org.switches.exports_waiting
    if waiting == "404":
        raise not_found("The query is still running")
    return Answer(status=204 if waiting == "204" else 200)


def _begun(call: Call, answer: Answer) -> Json:
    query = call.new_id()
    until = call.sandbox.clock() + KEPT_SECONDS
    call.sandbox.exports.made[query] = Export(alias=call.org.alias, answer=answer, until=until)
    return {"jobComplete": False, "queryId": query}


def _count(call: Call) -> None:
    """Raises ApiError 429 for more calls in a minute than the organization takes."""
    most, now = call.org.switches.exports_per_minute, call.sandbox.clock()
    asked = call.sandbox.exports.asked.setdefault(call.org.alias, deque())
    while asked and asked[0] <= now - 60.0:
        asked.popleft()
    if most and len(asked) >= most:
        raise ApiError(429, "too_many_requests", "Rate limit exceeded")
    asked.append(now)


def _format(tree: Json, known: Sequence[str]) -> str:
    said = tree.get("format")
    kind = said.get("type") if isinstance(said, dict) else None
    if kind not in known:
        raise invalid(f"format.type: Invalid enum value. Expected {' | '.join(known)}")
    return str(kind)


def _number(tree: Json, key: str, default: int) -> int:
    value = tree.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise invalid(f"{key}: Invalid number")
    return value


def _csv(names: Sequence[str], rows: Sequence[Sequence[Json]]) -> Answer:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([[_plain(value) for value in row] for row in rows])
    return Answer(body=out.getvalue().encode("utf-8", "replace"), content_type=b"text/csv; charset=utf-8")


def _plain(value: Json) -> Json:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _json(names: Sequence[str], rows: Sequence[Sequence[Json]]) -> Answer:
    return Answer(body=orjson.dumps([dict(zip(names, row, strict=True)) for row in rows]))


def _jsonl(names: Sequence[str], rows: Sequence[Sequence[Json]]) -> Answer:
    lines = [orjson.dumps(dict(zip(names, row, strict=True))) for row in rows]
    return Answer(body=b"".join(line + b"\n" for line in lines), content_type=b"application/x-ndjson")


WRITERS: Mapping[str, Callable[[Sequence[str], Sequence[Sequence[Json]]], Answer]] = {
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
}

ROUTES = (
    Route(method="POST", pattern="/v2/workbooks/{id}/export", handler=export_workbook, area="workbooks"),
    Route(method="POST", pattern="/v2/reports/{id}/export", handler=export_report),
    Route(method="GET", pattern="/v2/query/{query}/download", handler=download, area="workbooks"),
)
