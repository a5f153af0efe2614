"""Scheduled exports of one document, three ways: what the source sends, what we made, what stands there. Pure.

To whom a schedule goes can never be read (sigma-api 5.4), so that the plan names the recipients. Only what can be
written just as it is read is made; the rest is told. What people resumed is theirs from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from migrate.ledger.model import Copy
from migrate.plan.match import name_matches
from migrate.plan.policies import Recipients
from migrate.reasons import REASONS
from migrate.rewrite.model import Residual
from migrate.tree import Json, digest

SCHEDULE = "schedule"
"""What the ledger calls a scheduled export."""

MADE = "made"
"""What the ledger calls a schedule that was made and has neither its times nor its recipients yet."""

_FORMATS: Mapping[str, str] = {"EXCEL": "XLSX"}
"""How formats that are read are written, where that differs."""

_READ = frozenset({"title", "messageBody", "notificationAttachments", "includeLink", "runAsRecipient"})
"""What a schedule's settings may hold to be written just as they are read."""

_OPTIONS = frozenset({"type", "layout"})
"""What the format of an attachment may say."""

_EMPTY: tuple[Json, ...] = (None, {}, [], "", {"type": "always"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """A scheduled export that is to stand on a copy, paused. ``id`` is that of the source's.

    ``form`` is what is sent: ``schedule``, ``configV2`` and ``target``. ``there`` is the id of the one that we made,
    empty where there is none; ``stands``: it is as it should be.
    """

    id: str
    title: str
    form: Json
    there: str = ""
    stands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSides:
    """``here`` the schedules of the source document and ``there`` those of its copy, as they are read.

    ``last`` is what the ledger knows of them by the source's id, ``name`` being the digest of what was sent.
    """

    here: Sequence[Json]
    there: Sequence[Json] = ()
    last: Mapping[str, Copy] = field(default_factory=dict)
    recipients: Sequence[Recipients] = ()
    drift: Literal["fail", "keep", "overwrite"] = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """What is to be done about the schedules of one copy, and what is to be said."""

    timetables: tuple[Timetable, ...] = ()
    drifted: tuple[str, ...] = ()
    left: tuple[Residual, ...] = ()


class CannotBeWritten(Exception):
    """A schedule holds what cannot be written as it is read; the message says what."""


def schedule_changes(sides: ScheduleSides) -> Schedules:
    """The difference to write to the schedules of a copy."""
    there = {str(row["scheduledNotificationId"]): row for row in sides.there}
    timetables: list[Timetable] = []
    drifted: list[str] = []
    left: list[Residual] = []
    for row in sides.here:
        source_id, title = str(row["scheduledNotificationId"]), title_of(row)
        try:
            form = _form(row, sides.recipients)
        except CannotBeWritten as why:
            left.append(
                _residual("schedule_stays", title, f"the schedule {title!r} ({_times(row)}) is not made: {why}")
            )
            continue
        known = sides.last.get(source_id)
        stands = there.get(known.target_id) if known is not None else None
        one = Timetable(id=source_id, title=title, form=form, there=known.target_id if known and stands else "")
        if known is None:
            timetables.append(one)
            continue
        told = _changed(title, known, stands)
        drifted += [told] if told else []
        if stands is not None and not stands.get("isSuspended") and known.name != MADE:
            left += [] if known.name == digest(form) else [_residual("schedule_resumed", title, _resumed(title))]
        elif not told or sides.drift == "overwrite":
            timetables.append(_as_known(one, known, changed=bool(told)))
    left += [_orphan(one, sides) for one in sides.last.values() if one.target_id in there and _gone(one, sides)]
    return Schedules(timetables=tuple(timetables), drifted=tuple(drifted), left=tuple(left))


def _as_known(one: Timetable, known: Copy, *, changed: bool) -> Timetable:
    stands = known.name == digest(one.form) and not changed and bool(one.there)
    return Timetable(id=one.id, title=one.title, form=one.form, there=one.there, stands=stands)


def _changed(title: str, known: Copy, stands: Json | None) -> str:
    """What people did to a schedule that we made; resuming it is what they are asked to do."""
    if stands is None:
        return f"the schedule {title!r} was taken away in the target since"
    if known.name != MADE and known.digest_read != as_read(stands):
        return f"the schedule {title!r} was changed in the target since"
    return ""


def _resumed(title: str) -> str:
    return f"the schedule {title!r} changed in the source, and people resumed its copy, which sends as before"


def _gone(known: Copy, sides: ScheduleSides) -> bool:
    return known.source_id.rpartition("/")[2] not in {str(row["scheduledNotificationId"]) for row in sides.here}


def _orphan(known: Copy, sides: ScheduleSides) -> Residual:
    row = next(row for row in sides.there if str(row["scheduledNotificationId"]) == known.target_id)
    title = title_of(row)
    message = f"the source does not show the schedule {title!r} any more, which stays on the copy"
    return _residual("schedule_orphaned", title, message)


def not_carried(rows: Sequence[Json]) -> tuple[Residual, ...]:
    """What is said of the schedules of a document where they are only reported."""
    return tuple(
        _residual("schedule_stays", title_of(row), f"the schedule {title_of(row)!r} ({_times(row)}) stays behind")
        for row in rows
    )


def title_of(row: Json) -> str:
    """What people call a schedule."""
    config = row.get("configV2")
    return str(config.get("title") or "") if isinstance(config, dict) else ""


def as_read(row: Json) -> str:
    """The digest of when a schedule runs and what it sends, as it is read."""
    return digest([row.get("schedule"), row.get("configV2")])


def _times(row: Json) -> str:
    found = row.get("schedule")
    when = f"{found.get('cronSpec')} {found.get('timezone')}" if isinstance(found, dict) else "no time is shown"
    return f"{when}{', paused' if row.get('isSuspended') else ''}"


def _form(row: Json, recipients: Sequence[Recipients]) -> Json:
    """What is to be sent of a schedule. Raises CannotBeWritten."""
    form, title = _written(row), title_of(row)
    to = [address for each in recipients if name_matches(each.schedule, title) for address in each.to]
    if not to:
        raise CannotBeWritten("nobody can read to whom it goes; name the recipients in carry.recipients")
    return {**form, "target": [{"email": address} for address in dict.fromkeys(to)]}


def shows(row: Json, form: Json) -> bool:
    """Whether a schedule is paused and has the times and contents that were sent; to whom it goes is never shown."""
    try:
        return row.get("isSuspended") is True and {**_written(row), "target": form["target"]} == form
    except CannotBeWritten:
        return False


def _written(row: Json) -> dict[str, Json]:
    """When a schedule runs and what it sends, as that is written. Raises CannotBeWritten."""
    when, config = row.get("schedule"), row.get("configV2")
    if not isinstance(when, dict) or not isinstance(config, dict):
        raise CannotBeWritten("its times or settings are not shown")
    odd = sorted(key for key, value in config.items() if key not in _READ and value not in _EMPTY)
    if odd:
        raise CannotBeWritten(f"what is read of its {', '.join(odd)} cannot be written")
    attachments = config.get("notificationAttachments") or []
    if not isinstance(attachments, list):
        raise CannotBeWritten("its attachments are no list")
    attached = [_attachment(one) for one in attachments]
    kept = {key: config[key] for key in ("title", "messageBody", "includeLink", "runAsRecipient") if key in config}
    return {
        "schedule": {"cronSpec": when.get("cronSpec"), "timezone": when.get("timezone")},
        "configV2": {**kept, "exportAttachments": attached},
    }


def _attachment(one: Json) -> Json:
    """An attachment as it is written. Raises CannotBeWritten for what has no written form."""
    options = one.get("formatOptions") if isinstance(one, dict) else None
    source = one.get("workbookExportSource") if isinstance(one, dict) else None
    if not isinstance(options, dict) or not isinstance(source, dict):
        raise CannotBeWritten("an attachment shows no format")
    odd = sorted(key for key, value in options.items() if key not in _OPTIONS and value not in _EMPTY)
    if odd:
        raise CannotBeWritten(f"what is read of the {', '.join(odd)} of an attachment cannot be written")
    options = {key: value for key, value in options.items() if key in _OPTIONS}
    kind = str(options.get("type"))
    written: dict[str, Json] = {"formatOptions": {**options, "type": _FORMATS.get(kind, kind)}}
    match source.get("type"):
        case "report":
            return written
        case "all":
            return {**written, "workbookExportSource": {"type": "all"}}
        case "element" | "page" as part if isinstance(source.get("nodeIds"), list):
            return {**written, "workbookExportSource": {"type": part, f"{part}Ids": source["nodeIds"]}}
        case other:
            raise CannotBeWritten(f"an attachment is of {other!r}")


def _residual(code: str, thing: str, message: str) -> Residual:
    return Residual(code=code, message=message, next_action=REASONS[code].fix, thing=thing)
