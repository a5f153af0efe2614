"""Scheduled exports made on copies without mailing anybody: on record before they leave, settled where they were lost.

Sigma knows no create that is paused (sigma-api 5.4). A new schedule therefore first goes to the account that makes it,
on one day half a year away; it is paused, read back as paused, and only then gets its times and its recipients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from migrate.change.execution import Execution, unanswered
from migrate.change.known import document_kind
from migrate.change.surroundings.records import changed_meanwhile, is_ours, land, land_settled, standing_copy
from migrate.change.surroundings.rounds import place_of, schedule_thing
from migrate.change.surroundings.schedules import MADE, Timetable, as_read, shows, title_of
from migrate.errors import MigrateError, OutcomeUnknown, Refused
from migrate.ledger.model import Copy, Entry
from migrate.reasons import REASONS
from migrate.sigma import api
from migrate.tree import Json, digest

if TYPE_CHECKING:
    from migrate.change.actions import Schedule

Thing = tuple[str, str]


async def bring_schedules(work: Execution, action: Schedule) -> Entry | None:
    """Brings the schedules of a copy to the plan, paused; the entry of a write whose outcome is not known."""
    copy = standing_copy(work, action.key)
    there = await _with_those_just_made(work, copy, action)
    for one in action.timetables:
        thing = schedule_thing(place_of(action.key), one.id)
        if thing in work.writing.stuck:
            raise work.writing.stuck[thing]
        known = work.writing.book.copy(work.writing.home, *thing)
        if known is None or known.target_id not in there:
            if one.there and thing not in work.writing.attempts:
                raise changed_meanwhile(f"the schedule {one.title!r} was taken away")
            unknown = await _make(work, thing, copy, one, action.address)
            if unknown is not None:
                return unknown
            known = work.writing.book.copy(work.writing.home, *thing)
        if known is not None and known.name != digest(one.form):
            unknown = await _fill(work, thing, copy, one.form, known)
            if unknown is not None:
                return unknown
    return None


async def _with_those_just_made(work: Execution, copy: Copy, action: Schedule) -> dict[str, Json]:
    """The schedules of a copy, patiently: one of which only the create is on record may not be listed yet.

    What was filled has been listed before, so whatever is missing of these was taken away.
    """
    things = (schedule_thing(place_of(action.key), one.id) for one in action.timetables)
    known = (work.writing.book.copy(work.writing.home, *thing) for thing in things)
    wanted = {one.target_id for one in known if one is not None and one.name == MADE}
    return await _listed(work, copy, lambda there: there.keys() >= wanted)


async def _listed(work: Execution, copy: Copy, shown: Callable[[Mapping[str, Json]], bool]) -> dict[str, Json]:
    """The schedules of a copy, looked at again while what is to be seen is not ``shown`` (sigma-api 5.6)."""
    there: dict[str, Json] = {}
    for wait in (0.0, *work.run.patience.waits):
        if wait and work.run.stop():
            break
        if wait:
            await work.run.sleep(wait)
        there = await schedules_on(work, copy.kind, copy.target_id)
        if shown(there):
            break
    return there


async def schedules_on(work: Execution, kind: str, inode: str) -> dict[str, Json]:
    """The schedules of a copy as they are read, by their ids."""
    rows = await api.beside(work.client, document_kind(kind), inode, "schedules")
    return {str(row["scheduledNotificationId"]): row for row in rows}


async def _make(work: Execution, thing: Thing, copy: Copy, one: Timetable, address: str) -> Entry | None:
    """A new schedule that goes to nobody but us, and not for months."""
    first = {
        "schedule": {"cronSpec": _far_away(work.client.time()), "timezone": "UTC"},
        "configV2": one.form["configV2"],
        "target": [{"email": address}],
    }
    planned = work.writing.planned(*thing, MADE, copy.target_id)
    entry = work.writing.intend(replace(planned, verb="schedule"), sent=first, replaced={"before": "", "ours": False})
    try:
        made = await api.create_schedule(work.client, document_kind(copy.kind), copy.target_id, first)
    except OutcomeUnknown:
        return entry
    except MigrateError as error:
        work.writing.failed(entry, error)
        raise
    land(work, work.writing.sent(entry, made))
    return None


def _far_away(seconds: float) -> str:
    """A cron line whose next day is five to six months away from a moment, in seconds since 1970."""
    month = datetime.fromtimestamp(seconds, UTC).month
    return f"0 0 1 {(month + 5) % 12 + 1} *"


async def _fill(work: Execution, thing: Thing, copy: Copy, form: Json, known: Copy, *, undoes: int = 0) -> Entry | None:
    """Gives a schedule of ours its times and recipients, once it is seen to be paused."""
    replaced = {
        "before": known.name,
        "ours": is_ours(work, thing),
        "form": work.writing.book.body(known.digest_sent) if known.digest_sent else None,
    }
    planned = replace(work.writing.planned(*thing, digest(form), copy.target_id), undoes=undoes)
    entry = replace(planned, verb="schedule", target_id=known.target_id)
    entry = work.writing.intend(entry, sent=form, replaced=replaced)
    if await unanswered(work, entry, _filled(work, copy, known.target_id, form)):
        return entry
    # one odd or late answer is no sign that the server writes it another way, which is what is remembered
    there = await _listed(work, copy, lambda there: shows(there.get(known.target_id, {}), form))
    land(work, entry, digest_read=as_read(there.get(known.target_id, {})))
    return None


async def _filled(work: Execution, copy: Copy, schedule: str, form: Json) -> None:
    """Pauses a schedule, and changes it where it is seen to be paused. Raises Refused where it is not."""
    kind, inode = document_kind(copy.kind), copy.target_id
    await api.patch_schedule(work.client, kind, inode, schedule, {"suspensionAction": "pause"})
    row = (await _listed(work, copy, lambda there: schedule in there)).get(schedule, {})
    if row.get("isSuspended") is not True:
        raise Refused(
            f"The schedule {title_of(row)!r} could not be paused, so that it was given neither times nor recipients.",
            code="schedule_not_paused",
            next_action=REASONS["schedule_not_paused"].fix,
        )
    await api.patch_schedule(work.client, kind, inode, schedule, form)


async def settled_schedule(work: Execution, entry: Entry) -> bool | None:
    """Whether an open write of a schedule was done; None while nothing shows that. Raises Refused for several."""
    there = await schedules_on(work, entry.source_id.partition(":")[0], entry.folder_id)
    if entry.verb == "unschedule":
        return land_settled(work, entry) if entry.target_id not in there else None
    if entry.state == "sent":  # the create was answered: it stands under the id that the answer named, not yet paused
        return land_settled(work, entry) if entry.target_id in there else None
    sent = work.writing.book.body(entry.digest_sent)
    if entry.target_id:
        row = there.get(entry.target_id, {})
        return land_settled(work, entry, digest_read=as_read(row)) if sent and shows(row, sent) else None
    claimed = set(work.writing.book.owned(work.writing.home.target_org))
    found = [one for one, row in there.items() if one not in claimed and _may_be(row, sent, entry)]
    if len(found) > 1:
        raise Refused(
            f"A lost create of a schedule may have made any of these, so none was taken: {', '.join(found[:10])}.",
            code="ambiguous_outcome",
            next_action="look at them in the target, remove those that are not wanted, then run apply again.",
        )
    return land_settled(work, work.writing.sent(entry, found[0])) if found else None


def _may_be(row: Json, sent: Json, entry: Entry) -> bool:
    """Whether a schedule is one that a lost create made: its title, times and author."""
    if not sent or row.get("schedule") != sent["schedule"] or title_of(row) != (sent["configV2"].get("title") or ""):
        return False
    return row.get("createdBy", "") in ("", entry.author)


async def restore_schedule(work: Execution, entry: Entry, before: str) -> Entry | None:
    """Takes a schedule away that a run made, or gives it back what it was, paused."""
    thing, inode = (entry.kind, entry.source_id), entry.folder_id
    known = work.writing.book.copy(work.writing.home, *thing)
    form = (work.writing.book.body(entry.pre_image) or {}).get("form")
    kind = entry.source_id.partition(":")[0]
    if known is not None and before and form:
        return await _fill(work, thing, replace(known, kind=kind, target_id=inode), form, known, undoes=entry.sequence)
    planned = replace(work.writing.planned(*thing, before, inode), undoes=entry.sequence, verb="unschedule")
    target_id = known.target_id if known is not None else entry.target_id
    recorded = work.writing.intend(replace(planned, target_id=target_id), replaced={"before": before, "ours": True})
    call = api.delete_schedule(work.client, document_kind(kind), inode, target_id)
    if await unanswered(work, recorded, call):
        return recorded
    land(work, recorded)
    return None


def stands_now(row: Json | None, known: Copy | None) -> str:
    """What the ledger calls a schedule as it stands; ``changed`` where people changed or resumed it."""
    if row is None:
        return ""
    if known is None or row.get("isSuspended") is not True:
        return "changed"
    return known.name if known.name == MADE or known.digest_read == as_read(row) else "changed"
