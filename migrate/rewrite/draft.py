"""Station 5: a document of the source becomes a draft for a target, every reference accounted for."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.bundle.spec import Spec
from migrate.plan.match import map_folder, split_path
from migrate.rewrite.atlas import Atlas
from migrate.rewrite.audit import Suspect, audit
from migrate.rewrite.desk import Desk, Settle
from migrate.rewrite.edits import Edits, applied
from migrate.rewrite.find import Site, find
from migrate.rewrite.model import Draft, Hole
from migrate.rewrite.row import Row
from migrate.rewrite.settle_assets import SETTLE as ASSETS
from migrate.rewrite.settle_links import SETTLE as LINKS
from migrate.rewrite.settle_models import SETTLE as MODELS
from migrate.rewrite.settle_people import SETTLE as PEOPLE
from migrate.rewrite.settle_people import close_empty_rules
from migrate.rewrite.settle_sources import SETTLE as SOURCES
from migrate.tree import Json, Path

SETTLERS: Mapping[str, Settle] = {**SOURCES, **MODELS, **PEOPLE, **LINKS, **ASSETS}
"""How the sites of each row of the catalogue are settled."""

_UNKNOWN = Row(
    code="unknown",
    number="",
    points_to="something nobody knows",
    shape="text",
    resolve="reported with its place",
    dangling="unknown",
)


def draft(spec: Spec, atlas: Atlas, target: str) -> Draft:
    """The draft of one document for one target, with its holes, changes, residuals and refusals.

    All sites are resolved against the original and exchanged at once. The generation stays that of the spec.
    """
    desk = Desk(spec=spec, atlas=atlas, body=spec.body)
    for site in find(desk.body):
        SETTLERS[site.row.code](site, desk)
    close_empty_rules(desk)
    body, holes = applied(desk.body, desk.edits)
    _look_again(desk, body)
    description, description_holes = _description(desk)
    folder, folder_id = _folder(spec, atlas)
    return Draft(
        key=spec.key,
        target=target,
        generation=spec.generation,
        name=spec.name,
        folder=folder,
        folder_id=folder_id,
        description=description,
        description_holes=description_holes,
        body=body,
        holes=holes,
        references=tuple(desk.references),
        changes=tuple(desk.changes),
        residuals=tuple(desk.residuals),
        refusals=tuple(desk.refusals),
    )


def _look_again(desk: Desk, body: Json) -> None:
    """Report whatever still looks like the source organization's and is not accounted for."""
    suspects = audit(body, desk.atlas.known)
    if not suspects:
        return
    accounted = {reference.path for reference in desk.references}
    for suspect in suspects:
        if suspect.classified == "unknown" and not _covered(suspect, accounted):
            _unknown(desk, suspect)


def _covered(suspect: Suspect, accounted: set[Path]) -> bool:
    return any(suspect.path[:size] in accounted for size in range(len(suspect.path), 0, -1))


def _unknown(desk: Desk, suspect: Suspect) -> None:
    site = Site(_UNKNOWN, suspect.path, suspect.value[:200], {})
    looks = (
        suspect.what
        or {
            "uuid": "something with a UUID",
            "url-id": "something with a url id",
            "inode": "a warehouse object of the source",
            "sigma-host": "a page of Sigma",
            "known-id": "something of the source",
        }[suspect.suspicion]
    )
    message = f"{suspect.value[:120]!r} points at {looks}, in a place this version does not know"
    fix = "exchange it by a replace rule at this path, or set unsupported: report"
    desk.unsupported(site, "unknown_reference", message, fix)


def _description(desk: Desk) -> tuple[str | None, tuple[Hole, ...]]:
    """The description with its addresses rewritten, and the holes in it."""
    text = desk.spec.description
    if text is None:
        return None, ()
    outer = desk.edits
    desk.edits = Edits()
    for site in find({"description": text}):
        SETTLERS[site.row.code](site, desk)
    done, holes = applied({"description": text}, desk.edits)
    desk.edits = outer
    return done["description"], holes


def _folder(spec: Spec, atlas: Atlas) -> tuple[tuple[str, ...], str | None]:
    """Where the document goes: a path of names, or the id of a folder that a mapping names."""
    item = atlas.source.items.get(spec.key)
    folder = atlas.source.folders.get(spec.folder_id)
    path = item.path if item else folder.path if folder else ()
    moved, by = map_folder(atlas.folders, path)
    if by is None or by.target not in atlas.folder_ids:
        return moved, None
    below = path[len(split_path(by.source)) :]
    there = atlas.dest.folders[by.target].path
    return (*there, *below), (by.target if not below else None)
