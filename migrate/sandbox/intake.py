"""Spec answers as they were exported or authored, opened: envelope and body apart, every id in Sigma's shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from migrate.sandbox.ids import is_uuid
from migrate.sandbox.name_ids import named_uuid
from migrate.sandbox.org import Json
from migrate.sandbox.specs.trees import text

SERVER_KEYS = frozenset(
    {
        "workbookId",
        "reportId",
        "dataModelId",
        "url",
        "documentVersion",
        "latestDocumentVersion",
        "ownerId",
        "folderId",
        "createdBy",
        "updatedBy",
        "createdAt",
        "updatedAt",
        "path",
        "name",
        "description",
        "latestVersion",
        "tags",
    }
)
UUID_KEYS = frozenset(
    {"connectionId", "dataModelId", "documentId", "pluginId", "connectorId", "teamId", "userAttributeId", "inodeId"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One document of the set, ready to stand in an organization."""

    id: str
    kind: str
    name: str
    label: str
    folder_id: str
    generation: str
    description: str | None
    owner_id: str
    version: int
    body: Json


def generation_of(kind: str, answer: Json) -> str:
    """The generation of a spec answer: ``contents``, ``document`` or ``flat``; empty where it is no document."""
    if not isinstance(answer, dict):
        return ""
    for wrapper in ("contents", "document") if kind != "data-model" else ():
        if isinstance(answer.get(wrapper), dict):
            return wrapper
    return "flat" if isinstance(answer.get("pages"), list) else ""


def opened(kind: str, answer: Json, label: str, *, seed: str) -> Intake | None:
    """The document of a spec answer, None where there is none in it. A workbook that says it is a report is one."""
    generation = generation_of(kind, answer)
    if not generation:
        return None
    raw = answer if generation == "flat" else answer[generation]
    kind = "report" if kind == "workbook" and raw.get("kind") == "report" else kind
    body = {key: value for key, value in raw.items() if generation != "flat" or key not in SERVER_KEYS}
    if kind == "data-model":  # a create takes nothing else into the document (specs 2.1)
        body = {key: value for key, value in body.items() if key in ("schemaVersion", "pages")}
    own_id = text(answer, {"data-model": "dataModelId", "report": "reportId"}.get(kind, "workbookId"))
    version = answer.get("documentVersion")
    description = answer.get("description")
    return Intake(
        id=own_id if is_uuid(own_id) else named_uuid(seed, kind, own_id or label),
        kind=kind,
        name=text(answer, "name") or label,
        label=label,
        folder_id=uuid_for(text(answer, "folderId") or "no folder", seed),
        generation=generation,
        description=description if isinstance(description, str) else None,
        owner_id=text(answer, "ownerId"),
        version=version if isinstance(version, int) else 1,
        body=settled(body, seed),
    )


def uuid_for(name: str, seed: str) -> str:
    """The id itself if it is a UUID; otherwise the one that stands for this placeholder everywhere."""
    return name if is_uuid(name) else named_uuid(seed, "placeholder", name)


def settled(tree: Json, seed: str) -> Json:
    """A tree whose organization ids are all UUIDs: placeholders of authored documents are exchanged."""
    if isinstance(tree, list):
        return [settled(item, seed) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        key: uuid_for(value, seed) if key in UUID_KEYS and isinstance(value, str) and value else settled(value, seed)
        for key, value in _connected(tree)
    }


def _connected(item: dict[str, Json]) -> Iterable[tuple[str, Json]]:
    """The pairs of an object; a source that names no connection, as converters leave it, names a placeholder."""
    if item.get("kind") in {"warehouse-table", "sql"} and not isinstance(item.get("connectionId"), str):
        return {**item, "connectionId": "no connection"}.items()
    return item.items()


def readdressed(tree: Json, ids: dict[str, str]) -> Json:
    """A tree with these document ids exchanged under the keys that hold such ids; untouched parts are shared."""
    if isinstance(tree, list):
        items = [readdressed(item, ids) for item in tree]
        return items if any(new is not old for new, old in zip(items, tree, strict=True)) else tree
    if not isinstance(tree, dict):
        return tree
    pairs = {
        key: ids.get(value, value)
        if key in {"dataModelId", "documentId"} and isinstance(value, str)
        else readdressed(value, ids)
        for key, value in tree.items()
    }
    return pairs if any(pairs[key] is not value for key, value in tree.items()) else tree
