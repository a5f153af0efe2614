"""Reading, checking and writing specs, in every generation of the format (sigma-specs section 1).

=========== ============================== =============================== ==========================
generation  read                           create                          replace
=========== ============================== =============================== ==========================
data model  GET /v2/dataModels/{id}/spec   POST /v2/dataModels/spec        PUT /v2/dataModels/{id}/spec
flat        GET /v2/workbooks/{id}/spec    POST /v2/workbooks/spec         PUT /v2/workbooks/{id}/spec
document    the same                       the same                        the same
contents    GET /v2/workbooks/{id}         POST /v2/workbooks              PUT /v2/workbooks/{id}/contents
            ?includeContents=true
=========== ============================== =============================== ==========================
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from migrate.errors import ApiRefusal, OutcomeUnknown
from migrate.kinds import KINDS, DocumentKind
from migrate.reasons import REASONS
from migrate.sigma.client import Client
from migrate.sigma.contract import NEWEST, OLDEST, ContractDate, shown
from migrate.sigma.entries import is_id
from migrate.sigma.model import Answer
from migrate.sigma.paths import segment
from migrate.tree import Json, unportable
from migrate.words import ENVELOPES, Generation, Kind

NOWHERE = "00000000-0000-0000-0000-000000000000"
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


async def read_spec(client: Client, kind: Kind, document_id: str, generation: Generation | None) -> Json:
    """The spec answer of one document, as JSON whatever the server sent.

    ``generation`` is what the org is known to serve; None asks the newest way first and falls back. Raises
    ApiRefusal where the document cannot be read (403, 404, ``archived`` …), also with ``unknown_shape`` where
    what came is no spec of any known shape, and with ``unusable_spec`` where it could not be sent again as it stands;
    ServiceError ``permanent_error`` where it stays a 500.
    """
    tree = await _read_spec(client, kind, document_id, generation)
    why = unportable(tree)
    if why is not None:
        raise ApiRefusal(
            f"org {client.org}: the spec of {kind} {document_id[:80]} cannot be carried: {why}.",
            status=200,
            code="unusable_spec",
            next_action=REASONS["unusable_spec"].fix,
        )
    return tree


async def _read_spec(client: Client, kind: Kind, document_id: str, generation: Generation | None) -> Json:
    """The answer of the newest way the org knows."""
    if not KINDS[kind].enveloped or generation in ("flat", "document"):
        return await _spec_way(client, kind, document_id)
    tree = await _contents_way(client, kind, document_id)
    if tree is not None:
        return tree
    try:
        return await _spec_way(client, kind, document_id)
    except ApiRefusal as error:
        if error.code != "no_such_route":
            raise
    raise _no_spec(client, kind, document_id)


async def _contents_way(client: Client, kind: Kind, document_id: str) -> Json | None:
    """The metadata with ``contents``; None where the org does not know that way and answers without."""
    path = f"{KINDS[kind].root}/{segment(document_id)}"
    tree = (await client.read("GET", path, params={"includeContents": True})).tree
    return tree if isinstance(tree, dict) and isinstance(tree.get("contents"), dict) else None


async def _spec_way(client: Client, kind: Kind, document_id: str) -> Json:
    path = f"{KINDS[kind].root}/{segment(document_id)}/spec"
    tree = (await client.read("GET", path, params={"format": "json"})).tree
    if not isinstance(tree, dict) or not ("pages" in tree or "document" in tree or "contents" in tree):
        raise _no_spec(client, kind, document_id)
    return tree


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentForm:
    """What an organization accepts for one kind of document: the shape, and the dates that its spelling allows.

    ``generation`` is None where nothing shows it.
    """

    generation: Generation | None
    dates: tuple[ContractDate, ContractDate] = (OLDEST, NEWEST)


async def detect_form(client: Client, kind: Kind, document_id: str | None) -> DocumentForm:
    """What the org accepts for an enveloped kind, by reading one of it or by a verify probe that writes nothing.

    Looks for ``contents``, then ``document``, then ``pages`` in a document that can be read, and at how it is spelled.
    Without one the routes tell: a replace of the document that never is (contents, asked only of orgs that may be
    written to), the verify call (document), the spec route without verify (flat). A create is never used as a probe:
    an org that ignores ``contents`` or ``dryRun`` would make a blank one.
    """
    if document_id is not None:
        try:
            tree = await read_spec(client, kind, document_id, None)
        except ApiRefusal:
            pass
        else:
            generation: Generation = next((g for g in ENVELOPES if isinstance(tree.get(g), dict)), "flat")
            return DocumentForm(
                generation=generation, dates=shown(tree[generation]) if generation in tree else (OLDEST, NEWEST)
            )
    return DocumentForm(generation=await _probed(client, KINDS[kind]))


async def _probed(client: Client, row: DocumentKind) -> Generation | None:
    """Asks the routes themselves, newest first, with calls that have nothing to write to."""
    inner: Json = {"schemaVersion": 1, "kind": row.kind, "elements": [], "pages": []}
    if client.writable and await _knows(client, "PUT", f"{row.root}/{NOWHERE}/contents", {"contents": inner}):
        return "contents"
    body = {"name": "generation probe", "folderId": NOWHERE, "document": inner}
    verify = await _knows(client, "POST", row.verify, body)
    if verify:
        return "document"
    spec = await _knows(client, "GET", f"{row.root}/{NOWHERE}/spec", None)
    return "flat" if spec and verify is False else None


async def _knows(client: Client, method: str, path: str, body: Json) -> bool | None:
    """Whether the host knows a route; None where the credential may not even ask."""
    try:
        if method == "PUT":
            await client.write(method, path, json=body, repeatable=True)
        else:
            await client.read(method, path, json=body)
    except ApiRefusal as error:
        if error.code in ("forbidden", "feature_off", "edge_blocked"):
            return None
        return error.code != "no_such_route"
    return True


async def replace_nothing(client: Client, kind: Kind | None, generation: Generation) -> None:
    """Asks to replace the document of a kind that never is, or to rename the folder (None); nothing is written.

    Raises ApiRefusal, which says whether a write would be let through at all, or nothing where the answer is a success.
    """
    if kind is None:
        await client.write("PATCH", f"/v2/files/{NOWHERE}", json={"name": "nowhere"}, repeatable=True)
        return
    row = KINDS[kind]
    body: Json = {"schemaVersion": 1, "pages": []}
    if row.enveloped:
        body = {"schemaVersion": 1, "kind": row.kind, "elements": [], "pages": []}
    wire = body if generation == "flat" else {generation: body}
    path = f"{row.root}/{NOWHERE}/{'contents' if generation == 'contents' else 'spec'}"
    await client.write("PUT", path, json=wire, repeatable=True)


async def create_document(
    client: Client, kind: Kind, generation: Generation, body: Json, *, as_yaml: bool = False
) -> str:
    """The id of the new document; ``body`` as ``bundle.spec.create_body`` makes it. Not idempotent.

    ``as_yaml`` sends YAML, which ``contents`` does not know. Raises OutcomeUnknown also where a success names
    no whole id, and ValueError for a ``contents`` body without contents, which would make a blank one.
    """
    contents = KINDS[kind].enveloped and generation == "contents"
    if contents and (as_yaml or not isinstance(body.get("contents"), dict)):
        raise ValueError(f"a contents body is JSON and holds contents; without them a blank {kind} would be made")
    root = KINDS[kind].root
    path = root if contents else f"{root}/spec"
    answer = await _write(client, "POST", path, body, as_yaml=as_yaml)
    found = answer.tree.get(KINDS[kind].id_field) if isinstance(answer.tree, dict) else None
    whole = is_id(found) and (answer.shape == "json" or _UUID.fullmatch(found))
    if not whole:  # a YAML answer that was cut off still parses, so only a whole UUID counts there
        raise OutcomeUnknown(
            f"org {client.org}: POST {path} answered {answer.status} without a whole id of the new document.",
            next_action=REASONS["outcome_unknown"].fix,
            status=answer.status,
            request_id=answer.request_id,
        )
    return str(found)


async def replace_document(
    client: Client, kind: Kind, document_id: str, generation: Generation, body: Json, *, as_yaml: bool = False
) -> None:
    """Replaces the contents; ``body`` as ``bundle.spec.replace_body`` makes it.

    Raises ApiRefusal ``conflict`` where the document moved on past ``documentVersion``.
    """
    contents = KINDS[kind].enveloped and generation == "contents"
    if contents and as_yaml:
        raise ValueError("the contents form knows JSON only")
    path = f"{KINDS[kind].root}/{segment(document_id)}/{'contents' if contents else 'spec'}"
    await _write(client, "PUT", path, body, as_yaml=as_yaml)


async def _write(client: Client, method: str, path: str, body: Json, *, as_yaml: bool) -> Answer:
    answer = await client.write(method, path, json=None if as_yaml else body, yaml_body=body if as_yaml else None)
    if isinstance(answer.tree, dict) and answer.tree.get("success") is False:
        raise ApiRefusal(
            f"org {client.org}: {method} {path} answered {answer.status} with success: false.",
            status=answer.status,
            request_id=answer.request_id,
            next_action=REASONS["api_refused"].fix,
        )
    return answer


def _no_spec(client: Client, kind: Kind, document_id: str) -> ApiRefusal:
    """Concerns one document, so that the others of a run go on."""
    return ApiRefusal(
        f"org {client.org}: {kind} {document_id[:80]} came without pages, document or contents.",
        status=200,
        code="unknown_shape",
        next_action=REASONS["unknown_shape"].fix,
    )
