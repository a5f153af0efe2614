"""A plan within one organization: copies must not come to stand where the plan takes documents from. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.errors import Refused
from migrate.inventory.model import Inventory, Key
from migrate.rewrite.model import Drafted
from migrate.text import join_path

Path = tuple[str, ...]


def refuse_overlap(source: Inventory, dest: Inventory, drafts: Mapping[Key, Drafted]) -> None:
    """Raises Refused where source and target are one organization and a folder of the copies is, holds, or lies in one
    that documents are taken from.

    Such copies would be copied in turn, night by night, or replace what they were made from.
    """
    if source.identity.organization_id != dest.identity.organization_id:
        return
    taken = {source.items[key].path for key in drafts if key in source.items}
    for draft in drafts.values():
        folder = dest.folders.get(draft.folder_id or "")
        goes = folder.path if folder else draft.folder
        clash = next((path for path in sorted(taken) if _one_line(path, goes)), None)
        if clash is not None:
            raise Refused(
                f"{draft.name!r} would be copied to {_shown(goes)}, and documents are taken from {_shown(clash)} of the"
                " same organization.",
                code="folders_overlap",
                next_action="map its folder to one that neither holds nor lies in it (map.folders), or narrow"
                " select.include; nothing was written",
            )


def _one_line(one: Path, other: Path) -> bool:
    """Whether two folders are one, or one of them lies in the other."""
    return all(here == there for here, there in zip(one, other, strict=False))


def _shown(path: Path) -> str:
    return repr(join_path(path)) if path else "a folder that is not shown"
