"""What is to be done round each document: grants, its owner, and who could see more than before. Pure.

Grants are compared right on a document and on the folders that this plan made. Whoever could see a copy, or do more
with it, than its source is found by person: through teams, through the folders above, as they stand and as planned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrate.change.surroundings.rights import Right, Standing, compared
from migrate.change.surroundings.schedules import SCHEDULE, ScheduleSides, Timetable, schedule_changes
from migrate.change.surroundings.schedules import not_carried as schedules_left
from migrate.change.surroundings.tags import TAG, Tagging, TagSides, not_carried, on_versions, tag_changes
from migrate.inventory.access import Access, Grantee, Reach, line, rank, reached
from migrate.inventory.model import Inventory, Item, Key
from migrate.ledger.model import Copy
from migrate.plan.maps import Pair
from migrate.plan.match import map_folder, name_matches
from migrate.plan.policies import Carry, Policy
from migrate.rewrite.model import Drafted, Residual
from migrate.text import join_path
from migrate.tree import Json

FolderPath = tuple[str, ...]
GRANT, OWNER = "grant", "owner"
"""What the ledger calls what stands round documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Both organizations with their access, and what the plan says of it.

    ``here`` is the source's, ``there`` the target's; ``members`` and ``teams`` are those of the source with the id of
    their counterpart in the target; ``ours`` the member of the target who writes, ``fallback`` who
    owns what nobody is mapped to; ``last`` what the ledger knows of what stands round copies, see ``by_place``;
    ``tags`` the version tags of the target, id by name. ``schedules`` are those of documents of the source and of their
    copies, as far as they were asked for, and ``address`` is the e-mail address of whoever writes.
    """

    source: Inventory
    dest: Inventory
    here: Access
    there: Access
    members: Mapping[str, str]
    teams: Mapping[str, str]
    carry: Carry
    policy: Policy
    folders: tuple[Pair, ...] = ()
    ours: str = ""
    fallback: str = ""
    last: Mapping[tuple[str, str], Mapping[str, Copy]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    schedules: Mapping[Key, tuple[Sequence[Json], Sequence[Json]]] = field(default_factory=dict)
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOwner:
    """Whose a copy is to become, by id and e-mail address, and whose it is."""

    id: str
    name: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What is to be done round one document.

    ``grants`` are those right on it afterwards, None where they are not carried, ``owner`` whose it is then, empty
    where that is not; ``gained`` and ``lost`` say who could do more, or less, with the copy than with its source,
    ``waived`` that the plan allows the former, ``drifted`` what people changed of what we gave. ``tags_after`` are the
    versions of the copy on which its tags stand then, by the tag's id, 0 for the newest; None where they are not
    carried. ``kept`` are rights that we gave on it and that its source does not show any more, ``left`` is what stays
    behind. ``address`` is where a new schedule goes until it is paused.
    """

    rights: tuple[Right, ...] = ()
    hand_over: NewOwner | None = None
    grants: Mapping[Grantee, str] | None = None
    owner: str = ""
    gained: tuple[str, ...] = ()
    waived: bool = False
    lost: tuple[str, ...] = ()
    drifted: tuple[str, ...] = ()
    tags: tuple[Tagging, ...] = ()
    tags_after: Mapping[str, int] | None = None
    kept: tuple[str, ...] = ()
    timetables: tuple[Timetable, ...] = ()
    address: str = ""
    left: tuple[Residual, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRound:
    """What is to be granted on a folder of the target that this plan made, or is to make; ``kept`` as in a round."""

    folder: FolderPath
    kept: tuple[str, ...] = ()
    rights: tuple[Right, ...] = ()
    drifted: tuple[str, ...] = ()


def place_of(key: Key) -> str:
    """How the ledger calls a document that something stands round."""
    return f"{key.kind}:{key.id}"


def folder_place(path: FolderPath) -> str:
    """How it calls a folder."""
    return f"folder:{join_path(path)}"


def by_place(around: Mapping[tuple[str, str], Copy]) -> dict[tuple[str, str], dict[str, Copy]]:
    """What the ledger knows of what stands round copies, by kind and place, then by the rest of its name."""
    found: dict[tuple[str, str], dict[str, Copy]] = {}
    for (kind, source_id), one in around.items():
        place, _, rest = (source_id, "", "") if kind == OWNER else source_id.rpartition("/")
        found.setdefault((kind, place), {})[rest] = one
    return found


def grant_thing(place: str, grantee: Grantee) -> tuple[str, str]:
    """What the ledger calls a grant: (kind, source id)."""
    return GRANT, f"{place}/{grantee[0]}:{grantee[1]}"


def schedule_thing(place: str, schedule: str) -> tuple[str, str]:
    """What it calls the schedule on a copy that takes the place of one of the source."""
    return SCHEDULE, f"{place}/{schedule}"


def tag_thing(place: str, tag_id: str) -> tuple[str, str]:
    """What it calls a version tag on a document: (kind, source id)."""
    return TAG, f"{place}/{tag_id}"


def rounds(
    sides: Sides, drafts: Mapping[Key, Drafted], copies: Mapping[tuple[str, str], Copy], made: Collection[str]
) -> tuple[dict[Key, Round], tuple[FolderRound, ...]]:
    """The round of every draft, and of every folder above them that is ours.

    ``copies`` are the copies that stand, by (kind, source id); ``made`` the paths of the folders that this plan made,
    as text.
    """
    there = {folder.path: folder.id for folder in sides.dest.folders.values()}
    folders = _folders(sides, drafts, there, made)
    after = {path: standing.after for path, standing in folders.items()}
    found = {
        key: _scheduled(
            sides,
            key,
            copy,
            _tagged(sides, copy, _round(sides, key, draft, copy, there, after), sides.source.items[key]),
        )
        for key, draft in drafts.items()
        for copy in (copies.get((key.kind, key.id)),)
    }
    told = tuple(
        FolderRound(folder=path, rights=standing.rights, drifted=standing.drifted, kept=standing.kept)
        for path, standing in sorted(folders.items())
        if standing.rights or standing.drifted or standing.kept
    )
    return found, told


def _tagged(sides: Sides, copy: Copy | None, found: Round, item: Item) -> Round:
    """The round of a document with what becomes of its version tags."""
    if sides.carry.tags != "names":
        return replace(found, left=not_carried(item) if sides.carry.tags == "report" else ())
    there = _copy_item(sides, item.key, copy)
    tags = tag_changes(
        TagSides(
            item=item,
            there=sides.tags,
            on_copy=on_versions(there.tagged) if there is not None else {},
            newest=copy.version_read if copy else 0,
            last=_known(sides, TAG, place_of(item.key), copy.target_id if copy else ""),
            removable=item.key.about.untags,
            drift=sides.policy.drift,
            follow=sides.carry.revoked == "follow",
        )
    )
    drifted = (*found.drifted, *tags.drifted)
    return replace(found, tags=tags.tags, tags_after=tags.after, drifted=drifted, left=tags.left)


def _scheduled(sides: Sides, key: Key, copy: Copy | None, found: Round) -> Round:
    """The round of a document with what becomes of its schedules, where they were asked for."""
    here, there = sides.schedules.get(key, ((), ()))
    if sides.carry.schedules != "paused" or not sides.address:
        return replace(found, left=(*found.left, *schedules_left(here)))
    schedules = schedule_changes(
        ScheduleSides(
            here=here,
            there=there,
            last=_known(sides, SCHEDULE, place_of(key), copy.target_id if copy else "")
            if key in sides.schedules
            else {},
            recipients=sides.carry.recipients,
            drift=sides.policy.drift,
        )
    )
    return replace(
        found,
        timetables=schedules.timetables,
        address=sides.address,
        drifted=(*found.drifted, *schedules.drifted),
        left=(*found.left, *schedules.left),
    )


def _known(sides: Sides, kind: str, place: str, target_inode: str) -> dict[str, Copy]:
    """What the ledger knows of a kind of things round something that still stands, by the last part of their names."""
    found = sides.last.get((kind, place), {})
    return {rest: one for rest, one in found.items() if target_inode and one.folder_id == target_inode}


def _folders(
    sides: Sides, drafts: Mapping[Key, Drafted], there: Mapping[FolderPath, str], made: Collection[str]
) -> dict[FolderPath, Standing]:
    """What becomes of the grants on each folder of ours that takes the place of exactly one folder of the source."""
    if sides.carry.grants != "mapped":
        return {}
    needed = {draft.folder[:depth] for draft in drafts.values() for depth in range(1, len(draft.folder) + 1)}
    ours = {path for path in needed if path not in there or join_path(path) in made}
    twins: dict[FolderPath, set[str]] = {}
    for key in drafts:
        item = sides.source.items.get(key)
        for folder_id in line(sides.source, item.folder_id if item else ""):
            folder = sides.source.folders.get(folder_id)
            if folder is not None:
                twins.setdefault(map_folder(sides.folders, folder.path)[0], set()).add(folder_id)
    return {
        path: _standing(sides, folder_place(path), next(iter(ids)), there.get(path, ""))
        for path, ids in twins.items()
        if path in ours and len(ids) == 1
    }


def _standing(sides: Sides, place: str, source_inode: str, target_inode: str) -> Standing:
    """The grants right on something of the target against those on what it is the copy of.

    Of what this account is shown no grants those are taken to stand that were given last: nobody could say otherwise.
    """
    wanted: dict[Grantee, str] = {}
    for grantee, grant in sides.here.direct(source_inode).items():
        kind, source_id = grantee
        found = (sides.members if kind == "member" else sides.teams).get(source_id)
        mapped: Grantee | None = (kind, found) if found else None
        if mapped is not None and rank(grant.right) > rank(wanted.get(mapped, "")):
            wanted[mapped] = grant.right
    stands = {grantee: grant.right for grantee, grant in sides.there.direct(target_inode).items()}
    last, follow = _last(sides, place, target_inode), sides.carry.revoked == "follow"
    stands = {**last, **stands} if target_inode in sides.there.hidden else stands
    return compared(wanted, stands, last, _names(sides.dest), sides.policy.drift, follow=follow)


def _last(sides: Sides, place: str, target_inode: str) -> dict[Grantee, str]:
    """What we granted last on something that still stands, by grantee."""
    found: dict[Grantee, str] = {}
    for grantee, copy in _known(sides, GRANT, place, target_inode).items():
        who, _, grantee_id = grantee.partition(":")
        found[("team" if who == "team" else "member"), grantee_id] = copy.name
    return found


def _names(inventory: Inventory) -> dict[Grantee, str]:
    named: dict[Grantee, str] = {("team", one.id): one.name for one in inventory.teams.values()}
    return named | {("member", one.id): one.name for one in inventory.members.values()}


def _round(
    sides: Sides,
    key: Key,
    draft: Drafted,
    copy: Copy | None,
    there: Mapping[FolderPath, str],
    after: Mapping[FolderPath, Mapping[Grantee, str]],
) -> Round:
    item = sides.source.items[key]
    owner, hand_over, moved = _owner(sides, key, item, copy)
    told = owner if sides.carry.owners == "mapped" else ""
    if sides.carry.grants != "mapped":
        return Round(hand_over=hand_over, owner=told, drifted=moved)
    standing = _standing(sides, place_of(key), key.id, copy.target_id if copy else "")
    above = _above(sides, draft, there, after)
    could = reached(_granted(sides, item), sides.here.teams, _team_names(sides.source), item.owner_id)
    can = reached([("the document", standing.after), *above], sides.there.teams, _team_names(sides.dest), owner)
    return Round(
        rights=standing.rights,
        hand_over=hand_over,
        grants=standing.after,
        owner=told,
        gained=_gained(sides, could, can, owner),
        waived=_waived(sides, key, item, draft),
        lost=_lost(sides, could, can),
        drifted=(*standing.drifted, *moved),
        kept=standing.kept,
    )


def _granted(sides: Sides, item: Item) -> list[tuple[str, Mapping[Grantee, str]]]:
    """What was granted on a document of the source and on the folders above it."""
    inodes = [item.key.id, *line(sides.source, item.folder_id)]
    return [("", {grantee: one.right for grantee, one in sides.here.direct(inode).items()}) for inode in inodes]


def _above(
    sides: Sides,
    draft: Drafted,
    there: Mapping[FolderPath, str],
    after: Mapping[FolderPath, Mapping[Grantee, str]],
) -> list[tuple[str, Mapping[Grantee, str]]]:
    """What will be granted on the folders above a copy: as planned where they are ours, else as it stands."""
    if draft.folder_id:
        paths = [sides.dest.folders[one].path for one in line(sides.dest, draft.folder_id) if one in sides.dest.folders]
    else:
        paths = [draft.folder[:depth] for depth in range(len(draft.folder), 0, -1)]
    standing = {
        path: {grantee: one.right for grantee, one in sides.there.direct(there.get(path, "")).items()} for path in paths
    }
    return [(f"the folder {join_path(path)}", after.get(path, standing[path])) for path in paths]


def _team_names(inventory: Inventory) -> dict[str, str]:
    return {one.id: one.name for one in inventory.teams.values()}


def _owner(sides: Sides, key: Key, item: Item, copy: Copy | None) -> tuple[str, NewOwner | None, tuple[str, ...]]:
    """Whose a copy is afterwards, the change where there is one, and what people changed of it."""
    stands = _stands(sides, key, copy)
    if sides.carry.owners != "mapped":
        return stands, None, ()
    want = sides.members.get(item.owner_id) or sides.fallback
    if not want or want == stands:
        return stands, None, ()
    member = sides.dest.members.get(want)
    change = NewOwner(id=want, name=member.name if member else want, before=stands)
    last = sides.last.get((OWNER, place_of(key)), {}).get("")
    ours = last.name if last is not None and copy is not None and last.target_id == copy.target_id else sides.ours
    if stands == ours or sides.policy.drift == "overwrite":
        return want, change, ()
    told = (f"it was given to {_member(sides, stands)} in the target since",) if last is not None else ()
    return stands, None, told


def _stands(sides: Sides, key: Key, copy: Copy | None) -> str:
    """Whose the copy is now; ours where it is still to be made."""
    if copy is None:
        return sides.ours
    item = _copy_item(sides, key, copy)
    return item.owner_id if item is not None else sides.ours


def _copy_item(sides: Sides, key: Key, copy: Copy | None) -> Item | None:
    """The copy as the target lists it; None where it stands no more, or is still to be made."""
    return sides.dest.items.get(Key(org=sides.dest.org, kind=key.kind, id=copy.target_id)) if copy else None


def _waived(sides: Sides, key: Key, item: Item, draft: Drafted) -> bool:
    """Whether a person said that a document may be seen by more people than its source."""
    if sides.carry.widening == "allow":
        return True
    return any(key.id == one or any(name_matches(one, n) for n in (item.name, draft.name)) for one in sides.carry.wider)


def _gained(sides: Sides, could: Mapping[str, Reach], can: Mapping[str, Reach], owner: str) -> tuple[str, ...]:
    """Who could do more with the copy than with its source; never who copies it, nor its planned owner."""
    before = {sides.members[member]: reach for member, reach in could.items() if member in sides.members}
    return tuple(
        f"{_member(sides, member)} ({reach.right} {reach.by})"
        for member, reach in sorted(can.items())
        if member not in (sides.ours, owner)
        and rank(reach.right) > rank(before[member].right if member in before else "")
    )


def _lost(sides: Sides, could: Mapping[str, Reach], can: Mapping[str, Reach]) -> tuple[str, ...]:
    """Who could do something with the source and can do less, or nothing, with the copy."""
    found = []
    for member, reach in sorted(could.items()):
        mapped = sides.members.get(member, "")
        if rank(can[mapped].right if mapped in can else "") < rank(reach.right):
            one = sides.source.members.get(member)
            less = f", {can[mapped].right} there" if mapped in can else "" if mapped else ", nobody there is mapped"
            found.append(f"{one.name if one else member} ({reach.right} here{less})")
    return tuple(found)


def _member(sides: Sides, member: str) -> str:
    one = sides.dest.members.get(member)
    return one.name if one else member or "nobody"


def inodes_of(drafts: Iterable[Key], source: Inventory) -> tuple[str, ...]:
    """The documents and the folders above them, each once: what grants are read for in the source."""
    found: dict[str, None] = {}
    for key in drafts:
        item = source.items.get(key)
        found |= dict.fromkeys([key.id, *line(source, item.folder_id if item else "")])
    return tuple(found)
