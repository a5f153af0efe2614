"""What a plan carries beside the contents of documents: both sides read, and what is to be done round each document."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from migrate.change.surroundings.left_behind import (
    OF_DOCUMENTS,
    OF_LISTS,
    left_behind,
    lists_wanted,
    shown_by_lists,
)
from migrate.change.surroundings.rounds import (
    GRANT,
    FolderRound,
    Round,
    Sides,
    by_place,
    inodes_of,
    place_of,
    rounds,
)
from migrate.change.surroundings.schedules import SCHEDULE
from migrate.change.view import TargetView, item_of
from migrate.errors import ApiRefusal, Problem, Refused
from migrate.events import Listener, Stage
from migrate.inventory.access import Access
from migrate.inventory.model import Inventory, Key
from migrate.ledger.model import Copy
from migrate.plan.model import Plan
from migrate.plan.policies import Carry
from migrate.reasons import REASONS
from migrate.rewrite.mapping import counterparts
from migrate.rewrite.model import Drafted, Residual
from migrate.run.clients import Clients
from migrate.run.source import SourceSide
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.survey.access import read_access, read_members
from migrate.survey.beside import Beside, read_beside, read_liked
from migrate.text import join_path
from migrate.tree import Json


async def surrounded(
    clients: Clients, side: SourceSide, plan: Plan, view: TargetView, passed_by: Collection[Key], listener: Listener
) -> TargetView:
    """The view with what is to be done round every document that may be written or stands.

    What no list shows of several documents at once is not asked for of those that are ``passed_by``.

    Reads nothing that the plan does not carry. Raises Refused where grants may not be read, or the fallback owner is
    nobody.
    """
    carry = plan.carry
    if _idle(carry, side.inventory, view):
        return view
    if carries(carry):
        listener(Stage(name="access", org=view.target))
    drafts = {key: draft for key, draft in view.drafts.items() if not draft.refusals}
    looked = [key for key in drafts if key not in passed_by]
    here, there = Access(), Access()
    client = await clients.client(view.target)
    people = counterparts(plan, side.inventory, view.dest)
    if carry.grants == "mapped":
        here = await source_access(clients, side, drafts)
        _not_blind(view, here, side)
        owners = {item.key.id: item.owner_id for item in view.dest.items.values()}
        there = await _read(client, target_inodes(drafts, view), owners)
        granted = {team for source, team in people["team"].items() if source in here.teams}
        more = await read_members(client, granted - there.teams.keys())
        there = replace(there, teams=MappingProxyType({**there.teams, **more}))
    lists = await _beside(clients, side, looked, carry)
    sides = Sides(
        source=side.inventory,
        dest=view.dest,
        here=here,
        there=there,
        members=people["user"],
        teams=people["team"],
        carry=carry,
        policy=plan.policy,
        folders=plan.map.folders,
        ours=clients.identity(view.target).user_id,
        fallback=_fallback(plan, view.dest),
        last=by_place(view.snapshot.around),
        tags=await _tags(client, drafts, side.inventory) if carry.tags == "names" else {},
        schedules=await _schedules(clients, view, lists) if carry.schedules != "none" else {},
        address=_address(clients, view),
    )
    made = {source_id for kind, source_id in view.snapshot.copies if kind == "folder"}
    found, folders = rounds(sides, drafts, _standing(view), made)
    by_id = await _liked(clients, side) if carry.favourites == "report" and looked else {}
    liked = {key: by_id.get(key.id, ()) for key in looked}
    found = _with_folders(_with_left(found, side, lists, liked, carry, view.target), folders, drafts)
    told = {
        key: _told(draft, found[key], view.target, _OF_LISTS if key in passed_by else (*_OF_LISTS, *_OF_DOCUMENTS))
        if key in found
        else draft
        for key, draft in view.drafts.items()
    }
    return replace(view, drafts=told, rounds=found, folder_rounds=folders)


def _idle(carry: Carry, source: Inventory, view: TargetView) -> bool:
    """Whether there is nothing to do or to say: the plan asks for nothing, and no list shows a tag or a badge."""
    asked = carries(carry) or lists_wanted(carry) or carry.owners == "report" or carry.favourites == "report"
    shown = (source.items[key] for key in view.drafts if key in source.items)
    told = (one.code for draft in view.drafts.values() for one in draft.residuals)
    return not asked and not any(item.tagged or item.badge for item in shown) and _CODES.isdisjoint(told)


def carries(carry: Carry) -> bool:
    """Whether a plan carries anything that stands round documents, so that it can be read back."""
    return carry.grants == "mapped" or carry.owners == "mapped" or carry.tags == "names" or carry.schedules == "paused"


def _address(clients: Clients, view: TargetView) -> str:
    """The e-mail address of whoever writes to a target; empty where the target does not show it."""
    us = view.dest.members.get(clients.identity(view.target).user_id)
    return us.name if us is not None and "@" in us.name else ""


async def _schedules(
    clients: Clients, view: TargetView, here: Mapping[Key, Beside]
) -> dict[Key, tuple[tuple[Json, ...], tuple[Json, ...]]]:
    """The schedules of documents of the source, and of those copies of which the ledger knows some.

    Raises Refused where the source is a bundle, which holds none.
    """
    alias = clients.plan.source.org
    if alias is None:
        raise Refused(
            "A bundle holds no schedules, so that none can be carried or reported.",
            code="schedules_unreadable",
            next_action=REASONS["schedules_unreadable"].fix,
        )
    known = {place for kind, place in by_place(view.snapshot.around) if kind == SCHEDULE}
    standing = _standing(view)
    copies = {
        Key(org=view.target, kind=key.kind, id=standing[key.kind, key.id].target_id): key
        for key in here
        if place_of(key) in known and (key.kind, key.id) in standing
    }
    there = await read_beside(await clients.client(view.target), copies, ("schedules",))
    stand = {copies[copy]: found.lists.get("schedules", ()) for copy, found in there.items()}
    return {
        key: (found.lists["schedules"], stand.get(key, ())) for key, found in here.items() if "schedules" in found.lists
    }


async def _beside(clients: Clients, side: SourceSide, keys: Sequence[Key], carry: Carry) -> dict[Key, Beside]:
    """The lists of documents of the source that the plan asks for, each read once for all targets."""
    wanted = lists_wanted(carry)
    if not wanted:
        return {}
    async with side.fetching:
        missing = [key for key in keys if key not in side.beside]
        alias = clients.plan.source.org
        if missing and alias is not None:
            side.beside |= await read_beside(await clients.client(alias), missing, wanted)
    return {key: side.beside[key] for key in keys if key in side.beside}


async def _liked(clients: Clients, side: SourceSide) -> Mapping[str, tuple[str, ...]]:
    """The e-mail addresses of those who have a document of the source as a favourite, by its id; read once."""
    alias = clients.plan.source.org
    async with side.fetching:
        if side.liked is None and alias is not None:
            side.liked = await read_liked(await clients.client(alias), side.inventory.members.values())
    return side.liked or {}


def _with_left(
    found: Mapping[Key, Round],
    side: SourceSide,
    lists: Mapping[Key, Beside],
    liked: Mapping[Key, tuple[str, ...]],
    carry: Carry,
    target: str,
) -> dict[Key, Round]:
    """The rounds with what stays behind, document by document."""
    told = {}
    for key, one in found.items():
        known = lists.get(key, Beside())
        more = (
            *shown_by_lists(side.inventory.items[key], carry, target),
            *left_behind(known.lists, known.unreadable, liked.get(key, ())),
        )
        told[key] = replace(one, left=(*one.left, *more)) if more else one
    return told


async def _tags(client: Client, drafts: Iterable[Key], source: Inventory) -> dict[str, str]:
    """The version tags of the target, id by name; not asked for where no document has one."""
    if not any(source.items[key].tagged for key in drafts if key in source.items):
        return {}
    listed = await api.list_people(client, "tags")
    return {str(tag.get("name") or ""): str(tag["versionTagId"]) for tag in listed if not tag.get("isArchived")}


def _with_folders(
    found: Mapping[Key, Round], folders: Iterable[FolderRound], drafts: Mapping[Key, Drafted]
) -> dict[Key, Round]:
    """The rounds with what is to be said of each folder, at the first document below it: a folder has no row."""
    told = dict(found)
    for one in folders:
        depth = len(one.folder)
        first = next((key for key in sorted(drafts) if drafts[key].folder[:depth] == one.folder), None)
        if first is not None:
            on = f"the folder {join_path(one.folder)}"
            left = [*([_drifted(on, one.drifted)] if one.drifted else []), *([_kept(on, one.kept)] if one.kept else [])]
            told[first] = replace(told[first], left=(*told[first].left, *left))
    return told


_NAMED = 100  # people that one residual names


_OF_DOCUMENTS = ("schedule_stays", "schedule_resumed", "schedule_orphaned", *OF_DOCUMENTS)
_OF_LISTS = (
    *OF_LISTS,
    *("access_widened", "access_lost", "access_drifted", "access_not_taken"),
    *("tags_not_carried", "tag_missing", "tag_older", "tag_theirs", "tag_taken_off"),
)


_CODES = frozenset((*_OF_LISTS, *_OF_DOCUMENTS))


def _told(draft: Drafted, found: Round, target: str, anew: Collection[str]) -> Drafted:
    """The draft with what became of what stands round its source, for whoever hands it over.

    ``anew`` are the codes that were looked at: a remembered residual of these may be out of date.
    """
    more = []
    if found.gained and found.waived:
        message = f"{len(found.gained)} can do more with it in {target} than with its source, as the plan allows: "
        fix = "tell them, or take it from them in the target"
        more.append(
            Residual(
                code="access_widened",
                message=message + _people(found.gained),
                next_action=fix,
                thing=_some(found.gained),
            )
        )
    if found.lost:
        message = f"{len(found.lost)} can do less with it in {target} than with its source: {_people(found.lost)}"
        more.append(
            Residual(
                code="access_lost", message=message, next_action=REASONS["access_lost"].fix, thing=_some(found.lost)
            )
        )
    if found.drifted:
        more.append(_drifted("its copy", found.drifted))
    if found.kept:
        more.append(_kept("its copy", found.kept))
    before = tuple(one for one in draft.residuals if one.code not in anew)
    return replace(draft, residuals=(*before, *more, *found.left))


def _drifted(where: str, found: Sequence[str]) -> Residual:
    message = f"access to {where} was changed: {_people(found)}"
    return Residual(
        code="access_drifted", message=message, next_action=REASONS["access_drifted"].fix, thing=_some(found)
    )


def _kept(where: str, found: Sequence[str]) -> Residual:
    message = f"on {where} stays what was carried and the source does not show any more: {_people(found)}"
    return Residual(
        code="access_not_taken", message=message, next_action=REASONS["access_not_taken"].fix, thing=_some(found)
    )


def _some(found: Sequence[str]) -> str:
    return ", ".join(found[:_NAMED]) + (", …" if len(found) > _NAMED else "")


def _people(found: Sequence[str]) -> str:
    return ", ".join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")


def _not_blind(view: TargetView, here: Access, side: SourceSide) -> None:
    """Raises Refused where the source shows nobody's grants any more, though some were carried from it.

    Whoever may no longer see grants is shown none, and everything that was given would be taken away.
    """
    me = ("member", side.inventory.identity.user_id)
    given = sum(kind == GRANT for kind, _ in view.snapshot.around)
    if given and not any(grant.grantee != me for grants in here.grants.values() for grant in grants):
        raise Refused(
            f"The source shows nobody's grants, though {given} were carried to {view.target}; nothing was taken away.",
            code="grants_unreadable",
            next_action="let the account of the API client list grants again, or set carry.grants: none",
        )


def _standing(view: TargetView) -> dict[tuple[str, str], Copy]:
    """The copies that stand in the target, by (kind, source id)."""
    found = {}
    for thing, copy in view.snapshot.copies.items():
        item = item_of(view.dest, copy.kind, copy.target_id)
        if item is not None and not item.archived:
            found[thing] = copy
    return found


def target_inodes(drafts: Iterable[Key], view: TargetView) -> tuple[str, ...]:
    """The copies that stand, and the folders that there are above them or above what is to be made."""
    by_path = {folder.path: folder.id for folder in view.dest.folders.values()}
    standing = _standing(view)
    found: dict[str, None] = {}
    for key in drafts:
        draft = view.drafts[key]
        copy = standing.get((key.kind, key.id))
        found |= dict.fromkeys([copy.target_id] if copy else [])
        found |= dict.fromkeys(_folders_of(draft, view.dest, by_path))
    return tuple(found)


def _folders_of(draft: Drafted, dest: Inventory, by_path: dict[tuple[str, ...], str]) -> list[str]:
    folder = dest.folders.get(draft.folder_id or "")
    path = folder.path if folder else draft.folder
    paths = (path[:depth] for depth in range(len(path), 0, -1))
    return [by_path[one] for one in paths if one in by_path]


async def source_access(clients: Clients, side: SourceSide, drafts: Iterable[Key]) -> Access:
    """The source's access to these documents and the folders above them, read once for all targets."""
    alias = clients.plan.source.org
    if alias is None:
        raise Refused(
            "A bundle holds no grants, so that none can be carried.",
            code="grants_unreadable",
            next_action="take the organization as the source, or set carry.grants: none; nothing was written",
        )
    async with side.fetching:
        wanted = inodes_of(drafts, side.inventory)
        if not set(wanted) <= side.access_of:
            everything = tuple(dict.fromkeys((*side.access_of, *wanted)))
            side.access = await _read(await clients.client(alias), everything)
            side.access_of.update(everything)
        return side.access


async def _read(client: Client, inodes: tuple[str, ...], owners: Mapping[str, str] = MappingProxyType({})) -> Access:
    """The access to these things. Raises Refused where it may not be read."""
    try:
        return await read_access(client, inodes, owners)
    except ApiRefusal as refusal:
        raise Refused(
            f"The grants of {client.org} cannot be read: {refusal.message}",
            code="grants_unreadable",
            next_action="let the account of the API client list grants and teams, or set carry.grants: none",
        ) from None


def _fallback(plan: Plan, dest: Inventory) -> str:
    """The id of the member who owns what nobody is mapped to. Raises Refused where the plan names nobody there."""
    address = plan.carry.fallback_owner
    if address is None or plan.carry.owners == "none":
        return ""
    found = [member.id for member in dest.members.values() if member.name.lower() == address.lower()]
    if len(found) == 1:
        return found[0]
    file, line, column = plan.lines.get("carry.fallback_owner", ("", 0, 0))
    problem = Problem(
        code="unresolved_name",
        message=f"no single member of {dest.org} has the e-mail address {address!r}",
        fix="write the address of a member of the target",
        file=file,
        line=line,
        column=column,
        path="carry.fallback_owner",
        value=address,
    )
    raise Refused(
        f"The fallback owner for target {dest.org} cannot be resolved.",
        code="unresolved_mapping",
        next_action="correct the plan as listed; nothing was written",
        problems=[problem],
    )
