"""What a document depends on: out of its spec, and of ``/sources`` where the spec leaves a doubt (sigma-specs 3.5)."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.inventory.model import Inventory, Key
from migrate.tree import Json


def in_doubt(reads: Iterable[str], inventory: Inventory) -> bool:
    """Whether a document that reads these data models may depend on something that its spec does not show.

    A dataset shows nowhere, so that one in the organization makes every document doubtful. A pin to a version tag
    needs a model that has one, or that is not listed.
    """
    if any(other.kind == "dataset" for other in inventory.others):
        return True
    models = (inventory.items.get(Key(org=inventory.org, kind="data-model", id=model)) for model in reads)
    return any(model is None or model.tagged for model in models)


def told_sources(entries: Iterable[Json]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the answer of ``/sources``: ids of data models read, and sentences for dependencies no spec shows."""
    reads: list[str] = []
    hidden: list[str] = []
    for entry in entries:
        if entry.get("type") == "data-model":
            reads.append(str(entry.get("dataModelId")))
            if entry.get("versionTagId"):
                hidden.append(f"pinned to version tag {entry['versionTagId']} of data model {entry.get('dataModelId')}")
        elif entry.get("type") == "dataset":
            hidden.append(f"reads the legacy dataset {entry.get('inodeId')}")
    return tuple(dict.fromkeys(reads)), tuple(hidden)
