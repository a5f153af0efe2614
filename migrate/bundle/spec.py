"""A document's code representation as a value, split from what the server manages.

``Spec.body`` is the inner document in its own generation:

* data model: ``{"schemaVersion", "pages", "kind"?}``
* workbook ``flat``: the same with ``layout``, ``themeName`` … and elements inside pages
* workbook ``document`` and ``contents``: ``{"schemaVersion", "kind", "elements", "pages", "layout" …}``

The envelope (``name``, ``folderId``, ``description``) and the server-managed fields stand apart,
so that a digest of the body changes only when the document does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from migrate.inventory.model import Key
from migrate.kinds import KINDS
from migrate.sigma.contract import settled_digest
from migrate.tree import Json, digest
from migrate.words import ENVELOPES, Generation, Kind

SERVER_FIELDS = frozenset(
    {
        *(name for row in KINDS.values() for name in (row.id_field, row.url_id_field)),
        "url",
        "documentVersion",
        "latestDocumentVersion",
        "ownerId",
        "createdBy",
        "updatedBy",
        "createdAt",
        "updatedAt",
        "path",
        "urlId",
        "latestVersion",
        "isArchived",
        "tags",
        "badge",
        "permission",
        "reportId",
    }
)
"""Fields the server manages; kept aside for the report, never sent (sigma-specs section 7)."""

ENVELOPE = frozenset({"name", "folderId", "description"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One document as read. ``sources`` is the answer of ``/sources`` where it was read, else None."""

    key: Key
    generation: Generation
    name: str
    folder_id: str
    body: Json
    description: str | None = None
    server: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    sources: tuple[Json, ...] | None = None

    @property
    def digest(self) -> str:
        """The sha256 of what the body says: the same at every date of the spec contract, see ``settled_digest``."""
        return settled_digest(self.body) if self.key.about.enveloped else digest(self.body)

    @property
    def digests(self) -> frozenset[str]:
        """The digest, and that of the very bytes, which ledgers and manifests of before the calendar hold."""
        return frozenset({self.digest, digest(self.body)})

    @property
    def version(self) -> int:
        """The document version served, or 0 where the answer held none."""
        value = self.server.get("documentVersion", 0)
        return value if isinstance(value, int) else 0


def generation_of(answer: Json, kind: Kind) -> Generation:
    """The generation of a spec answer, found by looking at it (sigma-specs section 1).

    Raises ValueError where the tree is no spec of any known generation.
    """
    if not isinstance(answer, dict):
        raise ValueError("the answer is not an object")
    if KINDS[kind].enveloped:
        for envelope in ENVELOPES:
            if isinstance(answer.get(envelope), dict):
                return envelope
    if isinstance(answer.get("pages"), list):
        return "flat"
    raise ValueError("no pages, document or contents in it; the API shape may be newer than this version")


def parse_spec(answer: Json, key: Key, *, sources: tuple[Json, ...] | None = None) -> Spec:
    """A ``Spec`` from a spec answer of any generation. Raises ValueError as ``generation_of``."""
    generation = generation_of(answer, key.kind)
    if generation == "flat":
        body = {k: v for k, v in answer.items() if k not in SERVER_FIELDS and k not in ENVELOPE}
    else:
        body = answer[generation]
    description = answer.get("description")
    return Spec(
        key=key,
        generation=generation,
        name=str(answer.get("name", "")),
        folder_id=str(answer.get("folderId", "")),
        description=description if isinstance(description, str) else None,
        body=body,
        server={k: v for k, v in answer.items() if k in SERVER_FIELDS},
        sources=sources,
    )


def create_body(spec_name: str, folder_id: str, description: str | None, generation: Generation, body: Json) -> Json:
    """The request body that creates a document in this generation."""
    envelope: dict[str, Json] = {"name": spec_name, "folderId": folder_id}
    if description is not None:
        envelope["description"] = description
    return {**envelope, **body} if generation == "flat" else {**envelope, generation: body}


def replace_body(kind: Kind, generation: Generation, body: Json, version: int | None) -> Json:
    """The request body that replaces a document's contents.

    ``documentVersion`` guards data models and the ``contents`` form; the other two forms know no guard
    (sigma-specs section 3.1), so the caller compares versions right before.
    """
    if generation == "flat":
        guard = {"documentVersion": version} if KINDS[kind].feeds and version is not None else {}
        return {**body, **guard}
    if generation == "document":
        return {"document": body}
    return {"contents": body} if version is None else {"contents": body, "documentVersion": version}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The fetched specs, and what could not be read: key -> sentence with reason code."""

    specs: Mapping[Key, Spec]
    unreadable: Mapping[Key, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))
