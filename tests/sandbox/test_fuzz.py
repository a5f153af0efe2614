"""Requests of any shape: the sandbox never answers 500 of its own accord, and never forgets an answer."""

from __future__ import annotations

import copy
import os
from typing import Any
from urllib.parse import quote

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.sandbox.app import OrgApp
from migrate.sandbox.routes import ROUTER
from migrate.sandbox.service import Sandbox

EXAMPLES = int(os.environ.get("SANDBOX_FUZZ_EXAMPLES", "80"))

TEMPLATES = sorted({route.pattern for route in ROUTER.routes} | {"/v2/auth/token", "/v2/nothing", "/"})
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
PARAMETERS = (
    "page",
    "limit",
    "pageToken",
    "pageSize",
    "typeFilters",
    "parentId",
    "directChildFilter",
    "name",
    "email",
    "search",
    "skipPermissionCheck",
    "isArchived",
    "includeContents",
    "documentVersion",
    "format",
    "exactName",
    "inodeId",
)
KEYS = (
    "name",
    "type",
    "folderId",
    "parentId",
    "ownerId",
    "description",
    "restore",
    "path",
    "document",
    "contents",
    "pages",
    "elements",
    "layout",
    "schemaVersion",
    "kind",
    "columns",
    "source",
    "id",
    "documentVersion",
    "dryRun",
    "version",
    "workbookId",
    "tag",
    "grantee",
    "memberId",
    "teamId",
    "permission",
    "destinationFolderId",
    "email",
    "color",
    "url",
    "connectionId",
    "dataModelId",
    "elementId",
    "formula",
    "noDuplicates",
    "defaultValue",
    "members",
    "overlays",
)


def speakable(text: str) -> bool:
    """Whether UTF-8 can say it; what it cannot never leaves a client."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


texts = st.text(max_size=12).filter(speakable) | st.sampled_from(
    ["1", "true", "0", "-1", "2024-01-01", "workbook", "flat", "[a/b]", "%00"]
)
scalars = (
    st.none() | st.booleans() | st.integers(-3, 1 << 70) | st.floats(allow_nan=False, allow_infinity=False) | texts
)


def trees(known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    leaves = scalars | known
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | texts, inner, max_size=6),
        max_leaves=12,
    )


@st.composite
def requests(draw: st.DrawFn, ids: list[str], bodies: list[Any]) -> dict[str, Any]:
    known = st.sampled_from(ids)
    template = draw(st.sampled_from(TEMPLATES))
    parts = [quote(draw(known | texts), safe="") or "x" if "{" in part else part for part in template.split("/")]
    request: dict[str, Any] = {"method": draw(st.sampled_from(METHODS)), "path": "/".join(parts) or "/"}
    query = st.lists(st.tuples(st.sampled_from(PARAMETERS) | texts, known | texts), max_size=4)
    request["params"] = draw(query)
    shape = draw(st.sampled_from(["tree", "spec", "bytes", "none"]))
    if shape == "tree":
        request["json"] = draw(trees(known))
    elif shape == "spec":
        request["json"] = mangled(draw, copy.deepcopy(draw(st.sampled_from(bodies))), draw(trees(known)))
    elif shape == "bytes":
        request["content"] = draw(st.binary(max_size=60))
    kind = draw(st.sampled_from(["", "application/json", "application/yaml", "application/x-www-form-urlencoded"]))
    request["headers"] = {"Content-Type": kind} if kind else {}
    return request


def mangled(draw: st.DrawFn, tree: Any, value: Any) -> Any:
    """The tree with one of its parts exchanged for something else, or taken out."""
    holders = [part for part in walk(tree) if part]
    holder = draw(st.sampled_from(holders))
    key = draw(st.sampled_from(sorted(holder))) if isinstance(holder, dict) else 0
    if draw(st.booleans()):
        holder[key] = value
    else:
        del holder[key]
    return tree


def walk(tree: Any) -> list[Any]:
    found = [tree] if isinstance(tree, dict | list) else []
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return found + [part for value in inner for part in walk(value)]


async def sent(sandbox: Sandbox, token: str, batch: list[dict[str, Any]]) -> list[httpx.Response]:
    transport = httpx.ASGITransport(app=OrgApp(sandbox, "north"))
    async with httpx.AsyncClient(transport=transport, base_url="http://north.sandbox") as client:
        answers = []
        for request in batch:
            headers = {"Authorization": f"Bearer {token}", **request["headers"]}
            rest = {key: request[key] for key in ("json", "content", "params") if key in request}
            answers.append(await client.request(request["method"], request["path"], headers=headers, **rest))
        return answers


@pytest.mark.fuzz
@pytest.mark.parametrize("generation", ["flat", "document", "contents"])
def test_no_request_is_a_500(talk, ids, model_body, book_body, flat_body, generation):
    switches = talk.org.switches
    switches.generation, switches.accepts = generation, ("flat", "document", "contents")
    token = talk.sign_in().token
    envelope = {"name": "Fuzz", "folderId": ids["folder"]}
    bodies = [
        {**envelope, **model_body},
        {**envelope, "document": book_body},
        {**envelope, "contents": book_body},
        {**envelope, **flat_body},
    ]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(st.lists(requests([*ids.values(), "p1", "orders1", "orders"], bodies), min_size=1, max_size=4))
    def run(batch: list[dict[str, Any]]) -> None:
        for request, answer in zip(batch, anyio.run(sent, talk.sandbox, token, batch), strict=True):
            trouble = talk.sandbox.evidence.entries[-1].trouble
            assert answer.status_code < 500, (request, answer.text, trouble)
            if answer.status_code >= 400 and answer.content:
                assert {"requestId", "code", "message"} <= answer.json().keys()

    run()


@pytest.mark.fuzz
def test_deep_bodies_are_refused(talk, ids):
    for opening, closing in ((b"[", b"]"), (b'{"pages":', b"}")):
        for depth in (200, 900, 5000):
            body = opening * depth + b"1" + closing * depth
            for path in ("/v2/dataModels/spec", "/v2/workbooks", "/v2/files"):
                answer = talk("POST", path, content=body)
                assert answer.status_code == 400, answer.text[:300]
    yaml = b"a: &a [" + b"[" * 300 + b"]" * 300 + b"]"
    answer = talk("POST", "/v2/dataModels/spec", content=yaml, headers={"Content-Type": "application/yaml"})
    assert answer.status_code == 400
    loop = b"pages: &a [*a]"
    answer = talk("POST", "/v2/dataModels/spec", content=loop, headers={"Content-Type": "application/yaml"})
    assert answer.status_code == 400


@pytest.mark.fuzz
def test_deep_documents_are_no_500(talk, ids, book_body):
    deep: Any = "x"
    for _ in range(240):
        deep = {"inner": [deep]}
    tree = {"name": "Deep", "folderId": ids["folder"], "contents": {**book_body, "settings": deep}}
    answer = talk("POST", "/v2/workbooks", tree)
    assert answer.status_code < 500
