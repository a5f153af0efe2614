"""What stands round a document in a request: the wrapper, the folder, the name (sigma-specs 3.1, 5.1 row 12, 10)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from migrate.sandbox.org import Generation, Inode, Json, Org
from migrate.sandbox.specs.outcome import Mode, Stop, shown_at
from migrate.sandbox.specs.remap import short_id

UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\Z")
WRAPPERS = ("document", "contents")
OUTER = frozenset({"name", "folderId", "description"})
READ_ONLY = frozenset(
    {"workbookId", "reportId", "dataModelId", "url", "documentVersion", "latestDocumentVersion", "ownerId"}
    | {"createdBy", "updatedBy", "createdAt", "updatedAt"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A request without its envelope. The body shares its parts with the request and is not yet checked."""

    name: str | None
    folder_id: str | None
    description: str | None
    body: dict[str, Json]
    blank: bool = False


def generations(org: Org, kind: str) -> frozenset[str]:
    """What an organization takes of a kind on write; ``document`` still answers beside ``contents`` (sigma-specs 1)."""
    main = generation_of(org, kind)
    extra = {"document"} if main == "contents" else set()
    more = set(org.switches.accepts) - ({"contents"} if _older(org, kind) else set())
    return frozenset({main, *more} | extra)


def generation_of(org: Org, kind: str = "workbook") -> Generation:
    """The form an organization answers in; ``contents`` came in September 2026, after two dates of the calendar.

    Reports may know the older family alone: the published interface makes an empty report of a create (switch).
    """
    main = org.switches.generation
    early = org.switches.spec_date.startswith("2026-08") or _older(org, kind)
    return "document" if main == "contents" and early else main


def _older(org: Org, kind: str) -> bool:
    return kind == "report" and org.switches.reports == "older"


def opened(
    org: Org, kind: str, envelope: Json, *, mode: Mode, generation: str, member_id: str, current: Inode | None
) -> Opened:
    """The document of a request with what its envelope says. Raises Stop at the first thing wrong with it."""
    if not isinstance(envelope, dict):
        raise Stop("Expecting object at 0")
    creating = current is None and mode != "replace"
    if kind == "data-model":
        _no_wrapper(envelope)
    if creating and mode != "verify":
        _addressed(envelope, kind, generation)
    body, blank = _body(org, kind, envelope, mode=mode, generation=generation, creating=creating)
    if creating and mode != "verify":
        _parent(org, envelope["folderId"], member_id)
    if current is not None:
        _unmoved(current, envelope, member_id)
    if not creating or mode == "verify":
        return Opened(name=None, folder_id=None, description=None, body=body)
    description = envelope.get("description")
    return Opened(
        name=envelope["name"],
        folder_id=envelope["folderId"].lower(),
        description=description if isinstance(description, str) else None,
        body=body,
        blank=blank,
    )


def _no_wrapper(envelope: dict[str, Json]) -> None:
    if any(key in envelope for key in WRAPPERS):
        raise Stop("Syntax error in data model spec")


def _addressed(envelope: dict[str, Json], kind: str, generation: str) -> None:
    folder_id = envelope.get("folderId")
    if not isinstance(folder_id, str) or not UUID.match(folder_id):
        raise Stop(f"Expecting UUID at 0.folderId but instead got: {shown_at(envelope, 'folderId')}")
    if not isinstance(envelope.get("name"), str):
        expected = f"name: Invalid string: {shown_at(envelope, 'name')}"
        modern = f"Expecting string at 0.name but instead got: {shown_at(envelope, 'name')}"
        raise Stop(expected if kind == "data-model" or generation == "flat" else modern)
    if "description" in envelope and not isinstance(envelope["description"], (str, type(None))):
        raise Stop(f"description: Invalid string: {shown_at(envelope, 'description')}")


def _body(
    org: Org, kind: str, envelope: dict[str, Json], *, mode: Mode, generation: str, creating: bool
) -> tuple[dict[str, Json], bool]:
    if kind == "data-model":
        return {key: envelope[key] for key in ("schemaVersion", "pages") if key in envelope}, False
    taken = generations(org, kind)
    if (
        generation == "contents"
        and creating
        and mode != "verify"
        and not ("contents" in envelope and "contents" in taken)
    ):
        return blank_body(org, envelope, kind), True
    if generation not in taken or (generation == "flat" and any(key in envelope for key in WRAPPERS)):
        raise _wrong_generation(taken)
    if generation == "flat":
        return _flat(envelope), False
    if not isinstance(envelope.get(generation), dict):
        raise Stop(
            f"Expecting {{ schemaVersion: 1 }} at 0.{generation} but instead got: {shown_at(envelope, generation)}"
        )
    if creating and READ_ONLY & envelope.keys():
        raise Stop("Invalid request")
    return envelope[generation], False


def _wrong_generation(taken: frozenset[str]) -> Stop:
    if taken == {"flat"}:
        return Stop("schemaVersion: Invalid 1: undefined")
    wrapper = "document" if "document" in taken else "contents"
    return Stop(f"Expecting {{ schemaVersion: 1 }} at 0.{wrapper} but instead got: undefined")


def _flat(envelope: dict[str, Json]) -> dict[str, Json]:
    if READ_ONLY & envelope.keys():
        raise Stop("Invalid request")
    return {key: value for key, value in envelope.items() if key not in OUTER}


def blank_body(org: Org, envelope: Json, kind: str = "workbook") -> dict[str, Json]:
    """A new workbook or report with one empty page: what a create without contents silently makes (sigma-specs 3.1)."""
    page = short_id(org, "page", str(envelope.get("name")), str(envelope.get("folderId")))
    grid = 'type="grid" gridTemplateColumns="repeat(24, 1fr)" gridTemplateRows="auto"'
    layout = f'<?xml version="1.0" encoding="utf-8"?>\n<Page {grid} id="{page}"></Page>\n'
    pages = [{"id": page, "name": "Page 1"}]
    if generation_of(org, kind) == "flat":
        return {"schemaVersion": 1, "pages": [{**pages[0], "elements": []}], "layout": layout}
    if kind == "report":
        layout = f'<?xml version="1.0" encoding="utf-8"?>\n<Page id="{page}"></Page>\n'
    return {"schemaVersion": 1, "kind": kind, "elements": [], "pages": pages, "layout": layout}


def _parent(org: Org, folder_id: str, member_id: str) -> None:
    parent = org.inodes.get(folder_id.lower())
    if parent is None or parent.archived:
        raise Stop("No matching record", status=404, code="not_found")
    if parent.type not in {"folder", "workspace"}:
        raise Stop("document parent must be a folder")
    if member_id in parent.denied_to:
        raise Stop("You do not have permission to create a document in this folder", status=403, code="forbidden")


def _unmoved(current: Inode, envelope: dict[str, Json], member_id: str) -> None:
    if member_id in current.denied_to:
        raise Stop("You do not have permission to edit this document", status=403, code="forbidden")
    expected = envelope.get("documentVersion")
    stands = current.versions[-1].number if current.versions else 0
    if "documentVersion" in envelope and expected != stands:
        raise Stop(f"documentVersion {expected} is not the latest version {stands}", status=409, code="conflict")
