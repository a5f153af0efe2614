"""From a request to what is stored: every check in the recorded order, the first failure ends it (sigma-specs 10)."""

from __future__ import annotations

from migrate.sandbox.org import Inode, Json, Org
from migrate.sandbox.specs.dependencies import (
    check_dependencies,
    check_features,
    check_formulas,
    check_rebinding,
    check_uploads,
)
from migrate.sandbox.specs.document import Document, document_of, latest
from migrate.sandbox.specs.duplicates import check_duplicates
from migrate.sandbox.specs.envelope import Opened, opened
from migrate.sandbox.specs.layout import check_layout, overlaps_of
from migrate.sandbox.specs.normalise import normalised
from migrate.sandbox.specs.outcome import Accepted, Mode, Refusal, Stop
from migrate.sandbox.specs.references import check_references
from migrate.sandbox.specs.scope import Scope
from migrate.sandbox.specs.shape import check_shape
from migrate.sandbox.specs.trees import depth, walk

DEEPEST = 100


def accept(
    org: Org,
    kind: str,
    envelope: Json,
    *,
    mode: Mode,
    generation: str,
    member_id: str,
    current: Inode | None = None,
) -> Accepted | Refusal:
    """What is to be stored, or the refusal of the first thing wrong. Nothing is changed; never raises on any JSON.

    ``kind`` is ``workbook``, ``report`` or ``data-model``; ``generation`` the wire form of the request (``flat``,
    ``document``, ``contents``; data models are flat); ``current`` the document a replace or its dry run is about.
    A refused ``verify`` has status 400 for its envelope or shape and 200 for the rest, which the server answers as
    ``{valid: false, errors: [{summary}]}`` (sigma-specs 8.3). Code ``waf`` is the edge's 403, answered as HTML.
    """
    try:
        _check_edge(envelope)
        request = opened(org, kind, envelope, mode=mode, generation=generation, member_id=member_id, current=current)
        check_shape(request.body, kind, generation, org.switches.spec_date)
    except Stop as stop:
        return stop.refusal
    document = document_of(kind, request.body)
    try:
        if mode == "verify":
            _verify(org, document)
        else:
            _check(org, document, modern=generation != "flat", creating=current is None, current=current)
    except Stop as stop:
        return _softened(stop.refusal) if mode == "verify" else stop.refusal
    return _stored(org, kind, request, generation=generation, mode=mode, current=current)


def _check_edge(envelope: Json) -> None:
    """A firewall in front of Sigma refuses ``rgb(…)`` colours (sigma-specs 7). How deep a body may be is unknown."""
    if depth(envelope) > DEEPEST:
        raise Stop("Invalid request: the body is nested too deeply")
    for item in walk(envelope):
        for value in item.values():
            if isinstance(value, str) and value.lstrip().lower().startswith(("rgb(", "rgba(")):
                raise Stop("Forbidden", status=403, code="waf")


def _verify(org: Org, document: Document) -> None:
    check_references(document, dangling=False)
    check_formulas(Scope(org=org, document=document))


def _check(org: Org, document: Document, *, modern: bool, creating: bool, current: Inode | None) -> None:
    check_duplicates(document, shared_controls=org.switches.shared_control_ids == "accept")
    check_references(document)
    if document.kind != "data-model":
        placed = document.layout is not None or (creating and org.switches.layout_required)
        check_layout(document, modern=modern, complete=modern and placed, overlaps=overlaps_of(org, document))
    check_dependencies(org, document)
    if current is not None:
        check_rebinding(document, document_of(current.type, latest(current)))
    check_uploads(org, document, current)
    check_features(org, document)


def _softened(refusal: Refusal) -> Refusal:
    return Refusal(status=200, code=refusal.code, message=refusal.message, errors=refusal.errors)


def _stored(
    org: Org, kind: str, request: Opened, *, generation: str, mode: Mode, current: Inode | None
) -> Accepted | Refusal:
    salt = current.id if current is not None else f"{request.folder_id}/{request.name}/{len(org.inodes)}"
    before = latest(current) if current is not None else None
    body = request.body if mode == "verify" else normalised(org, kind, request.body, salt=salt, current=before)
    return Accepted(
        name=request.name,
        folder_id=request.folder_id,
        description=request.description,
        body=body,
        generation=generation,
    )
