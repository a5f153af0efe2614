"""Grants and owners written: each on record before it leaves, read first, settled where its answer was lost.

A grant can only raise (sigma-api 5.8), so that less is taken away first and given anew. What people changed since the
plan was made stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migrate.change.execution import Execution, unanswered
from migrate.change.read_back import file_entry
from migrate.change.surroundings.records import changed_meanwhile, is_ours, land, land_settled, standing_copy
from migrate.change.surroundings.rights import Right
from migrate.change.surroundings.rounds import OWNER, folder_place, grant_thing, place_of
from migrate.change.surroundings.schedule_writes import settled_schedule
from migrate.change.surroundings.schedules import SCHEDULE
from migrate.change.surroundings.tag_writes import settled_tag
from migrate.change.surroundings.tags import TAG
from migrate.errors import MigrateError, OutcomeUnknown, Refused
from migrate.inventory.access import Grant, Grantee, rank
from migrate.ledger.model import Entry
from migrate.sigma import api
from migrate.survey.access import direct
from migrate.tree import Json
from migrate.words import WriteVerb

if TYPE_CHECKING:
    from migrate.change.actions import HandOver, Share


async def share(work: Execution, action: Share) -> Entry | None:
    """Brings the grants right on a copy or folder to the plan; the entry of a write whose outcome is not known.

    One right that is refused does not keep the others from being given; its error is raised in the end.
    """
    place = folder_place(action.folder) if action.folder else place_of(action.key)
    inode = _inode(work, action)
    there = {grant.grantee: grant for grant in await direct(work.client, inode)}
    first: MigrateError | None = None
    for right in action.rights:
        try:
            unknown = await _bring(work, grant_thing(place, right.grantee), inode, right, there.get(right.grantee))
        except MigrateError as error:
            first = first or error
            continue
        if unknown is not None:
            return unknown
    if first is not None:
        raise first
    return None


async def hand_over(work: Execution, action: HandOver) -> Entry | None:
    """Gives a copy to its owner; the entry of a write whose outcome is not known."""
    inode = standing_copy(work, action.key).target_id
    there = await file_entry(work, inode)
    stands = str((there or {}).get("ownerId") or "")
    thing = (OWNER, place_of(action.key))
    if stands == action.owner.id:
        return None
    if stands != action.owner.before and thing not in work.writing.attempts:
        raise changed_meanwhile(f"it belongs to {stands or 'nobody'} now")
    return await own(work, thing, inode, action.owner.id, {"before": stands, "ours": is_ours(work, thing)})


async def own(
    work: Execution, thing: tuple[str, str], inode: str, owner: str, replaced: Json, *, undoes: int = 0
) -> Entry | None:
    """Sets the owner of something; the entry where nobody knows whether that was done."""
    planned = replace(work.writing.planned(*thing, owner, inode), verb="own", target_id=inode, undoes=undoes)
    entry = work.writing.intend(planned, replaced=replaced)
    if await unanswered(work, entry, api.patch_file(work.client, inode, {"ownerId": owner})):
        return entry
    land(work, entry)
    return None


async def _bring(
    work: Execution, thing: tuple[str, str], inode: str, right: Right, stands: Grant | None
) -> Entry | None:
    """One right brought to the plan, unless somebody changed it since."""
    now = stands.right if stands else ""
    if now == right.right:
        return None
    if now != right.before and thing not in work.writing.attempts:
        what = f"{'team ' if right.kind == 'team' else ''}{right.name or right.id}"
        raise changed_meanwhile(f"{what} has {now or 'nothing'} there now, {right.before or 'nothing'} when planned")
    return await bring(work, thing, inode, right.grantee, right.right, stands)


async def bring(
    work: Execution,
    thing: tuple[str, str],
    inode: str,
    grantee: Grantee,
    right: str,
    stands: Grant | None,
    *,
    undoes: int = 0,
) -> Entry | None:
    """Takes away what is more than it is to be, then gives what is missing; the entry of a write nobody knows about."""
    replaced = {"before": stands.right if stands else "", "ours": is_ours(work, thing)}
    if stands is not None and (not right or rank(right) < rank(stands.right)):
        planned = _planned(work, thing, "revoke", stands.right, inode, undoes)
        entry = work.writing.intend(replace(planned, target_id=stands.id), replaced=replaced)
        if await unanswered(work, entry, api.revoke(work.client, stands.id)):
            return entry
        land(work, entry)
    if not right:
        return None
    entry = work.writing.intend(_planned(work, thing, "grant", right, inode, undoes), replaced=replaced)
    try:
        made = await api.grant(work.client, inode, grantee[0], grantee[1], right)
    except OutcomeUnknown:
        return entry
    except MigrateError as error:
        work.writing.failed(entry, error)
        raise
    land(work, work.writing.sent(entry, str(made["grantId"])))
    return None


def _planned(work: Execution, thing: tuple[str, str], verb: WriteVerb, right: str, inode: str, undoes: int) -> Entry:
    return replace(work.writing.planned(*thing, right, inode), verb=verb, undoes=undoes)


async def settled(work: Execution, entry: Entry) -> bool | None:
    """Whether an open write was done; None while nothing shows that, and it may still be on its way."""
    inode = entry.folder_id
    if entry.kind == TAG:
        return await settled_tag(work, entry)
    if entry.kind == SCHEDULE:
        return await settled_schedule(work, entry)
    if entry.kind == OWNER:
        there = await file_entry(work, inode)
        return None if there is None or str(there.get("ownerId") or "") != entry.name else land_settled(work, entry)
    who = grantee_of(entry)
    stands = next((grant for grant in await direct(work.client, inode) if grant.grantee == who), None)
    if entry.verb == "revoke":
        return land_settled(work, entry) if stands is None or stands.id != entry.target_id else None
    if stands is None or rank(stands.right) < rank(entry.name):
        return None
    return land_settled(work, replace(entry, target_id=stands.id))


def grantee_of(entry: Entry) -> Grantee:
    """Who a grant of the ledger is for."""
    kind, _, grantee_id = entry.source_id.rpartition("/")[2].partition(":")
    return ("team" if kind == "team" else "member"), grantee_id


def _inode(work: Execution, action: Share) -> str:
    """What rights are given on. Raises Refused where it does not stand."""
    if not action.folder:
        return standing_copy(work, action.key).target_id
    found = action.inode_id or work.known.folders.get(action.folder, "")
    if found:
        return found
    raise Refused(
        f"The folder {'/'.join(action.folder)!r} is not in the target.",
        code="folder_missing",
        next_action="run plan again; it plans the missing folders.",
    )
