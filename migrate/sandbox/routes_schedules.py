"""What runs by the clock round a document: scheduled exports and materializations (sigma-api 5.3, 5.4, 5.5).

They live in ``facts`` of the document. A schedule keeps its recipients under ``target``, which no answer ever shows.
"""

from __future__ import annotations

from migrate.sandbox.access import writable
from migrate.sandbox.answers import Answer, as_json, forbidden, invalid, not_found
from migrate.sandbox.call import Call, text_of
from migrate.sandbox.org import Inode, Json
from migrate.sandbox.paging import by_page, by_token
from migrate.sandbox.router import Route
from migrate.sandbox.routes_documents import document_at, kind_of, living
from migrate.sandbox.specs.document import document_of, latest
from migrate.sandbox.specs.names import display_name
from migrate.sandbox.twins import twin_list

HIDDEN = frozenset({"target"})


def shown(schedule: dict[str, Json]) -> dict[str, Json]:
    """A schedule as it is read: never to whom it goes."""
    return {key: value for key, value in schedule.items() if key not in HIDDEN}


def list_schedules(call: Call) -> Json:
    """The schedules of a workbook (once a bare list) or report."""
    rows = document_at(call).facts.get("schedules", [])
    return by_page(rows, call.query, shown) if kind_of(call) == "report" else twin_list(call, rows, shown)


def member_schedules(call: Call) -> Json:
    """The schedules that a member owns."""
    rows = [
        schedule
        for inode in call.org.inodes.values()
        for schedule in inode.facts.get("schedules", ())
        if schedule["ownerId"] == call.params["id"]
    ]
    return by_page(rows, call.query, shown)


def create_schedule(call: Call) -> Json:
    """A new schedule, which runs from now on: the API knows no paused create."""
    inode = writable(call, living(call))
    tree = call.tree()
    target = tree.get("target")
    if not isinstance(target, list) or not target or not all(isinstance(one, dict) for one in target):
        raise invalid("target: Invalid array")
    owner = text_of(tree, "ownerId", required=False) or call.member.id
    if owner not in call.org.members:
        raise not_found()
    by, at = call.member.id, call.stamp
    schedule: dict[str, Json] = {
        "scheduledNotificationId": call.new_id(),
        f"{inode.type}Id": inode.id,
        "schedule": _cron(tree.get("schedule")),
        "configV2": _config(inode, tree.get("configV2")),
        "isSuspended": False,
        "ownerId": owner,
        "lastUpdatedByUser": by,
        "disabledAt": None,
        "disabledBy": None,
        "createdBy": by,
        "updatedBy": by,
        "createdAt": at,
        "updatedAt": at,
        "target": target,
    }
    inode.facts["schedules"] = [*inode.facts.get("schedules", []), schedule]
    call.changed(inode.id)
    return shown(schedule)


def _cron(value: Json) -> Json:
    if not isinstance(value, dict) or not all(isinstance(value.get(key), str) for key in ("cronSpec", "timezone")):
        raise invalid("schedule.cronSpec: Invalid string")
    return {"cronSpec": value["cronSpec"], "timezone": value["timezone"]}


def _config(inode: Inode, value: Json) -> Json:
    """The config as it is read back: attachments have another name, and a report's name no part of it."""
    config = value if isinstance(value, dict) else {}
    attachments = []
    for one in config.get("exportAttachments") or ():
        plain = {"formatOptions": one.get("formatOptions", {"type": "PDF"})} if isinstance(one, dict) else {}
        kind = "EXCEL" if plain.get("formatOptions", {}).get("type") == "XLSX" else None
        plain["formatOptions"] = {**plain.get("formatOptions", {}), **({"type": kind} if kind else {})}
        plain["workbookExportSource"] = {"type": "report"} if inode.type == "report" else _source(one)
        attachments.append(plain)
    rest = {key: config[key] for key in ("includeLink", "runAsRecipient") if isinstance(config.get(key), bool)}
    title, body = config.get("title") or "", config.get("messageBody") or ""
    return {"title": title, "messageBody": body, "notificationAttachments": attachments, **rest}


def _source(attachment: Json) -> Json:
    source = attachment.get("workbookExportSource") if isinstance(attachment, dict) else None
    for kind, key in (("element", "elementIds"), ("page", "pageIds")):
        if isinstance(source, dict) and source.get("type") == kind:
            return {"type": kind, "nodeIds": source.get(key) or []}
    return {"type": "all"}


def _schedule(call: Call, inode: Inode) -> dict[str, Json]:
    for schedule in inode.facts.get("schedules", ()):
        if schedule["scheduledNotificationId"] == call.params["schedule"]:
            found: dict[str, Json] = schedule
            return found
    raise not_found()


def patch_schedule(call: Call) -> Json:
    """Changes a schedule; ``suspensionAction`` pauses or resumes it."""
    inode = writable(call, living(call))
    schedule = _schedule(call, inode)
    tree = call.tree()
    action = text_of(tree, "suspensionAction", required=False)
    if action not in (None, "pause", "resume"):
        raise invalid("suspensionAction: must be pause or resume")
    changes: dict[str, Json] = {"updatedBy": call.member.id, "updatedAt": call.stamp}
    if "schedule" in tree:
        changes["schedule"] = _cron(tree["schedule"])
    if "configV2" in tree:
        changes["configV2"] = _config(inode, tree["configV2"])
    if isinstance(tree.get("target"), list):
        changes["target"] = tree["target"]
    if action is not None:
        changes["isSuspended"] = action == "pause"
    schedule |= {**changes, "lastUpdatedByUser": call.member.id}
    call.changed(inode.id)
    return shown(schedule)


def delete_schedule(call: Call) -> Json:
    """Takes a schedule away."""
    inode = writable(call, living(call))
    gone = _schedule(call, inode)
    inode.facts["schedules"] = [one for one in inode.facts["schedules"] if one is not gone]
    call.changed(inode.id)
    return {}


def list_materializations(call: Call) -> Json:
    """The materialization schedules of a workbook (once a bare list) or, by token, of a data model."""
    rows = document_at(call).facts.get("materializations", [])
    if kind_of(call) == "data-model":
        return by_token(rows, call.query, lambda one: one)
    return twin_list(call, rows, lambda one: one)


def create_materialization(call: Call) -> Answer:
    """A materialization schedule of an element: 201, and its first run starts at once (sigma-api 5.4).

    The connection must be writable; an element has one.
    """
    inode = writable(call, living(call))
    element = document_of(inode.type, latest(inode)).by_id.get(call.params["element"])
    if element is None:
        raise not_found()
    if not any(connection.write_access for connection in call.org.connections.values()):
        raise forbidden("Write access on the connection is required")
    kept = [one for one in inode.facts.get("materializations", []) if one["elementId"] != element["id"]]
    if len(kept) < len(inode.facts.get("materializations", [])):
        raise invalid("The element has a materialization schedule already")
    asked = call.tree().get("schedule")
    if not isinstance(asked, dict) or not isinstance(asked.get("cronSpec"), str):
        raise invalid("schedule.cronSpec: Invalid string")
    row: dict[str, Json] = {
        "sheetId": call.new_id(),
        "elementId": element["id"],
        "elementName": display_name(element),
        "schedule": {"cronSpec": asked["cronSpec"], "timezone": asked.get("timezone") or "UTC"},
        "configuredAt": call.stamp,
        "paused": False,
    }
    inode.facts["materializations"] = [*kept, row]
    _run(call, inode, row["sheetId"])
    return as_json(row, 201)


def delete_materialization(call: Call) -> Json:
    """Takes the materialization schedule of an element away."""
    inode = writable(call, living(call))
    rows = inode.facts.get("materializations", [])
    kept = [one for one in rows if one["elementId"] != call.params["element"]]
    if len(kept) == len(rows):
        raise not_found()
    inode.facts["materializations"] = kept
    call.changed(inode.id)
    return {}


def run_materialization(call: Call) -> Json:
    """Runs a materialization now."""
    inode = writable(call, living(call))
    sheet = text_of(call.tree(), "sheetId")
    if all(one["sheetId"] != sheet for one in inode.facts.get("materializations", ())):
        raise not_found()
    return {"materializationId": _run(call, inode, str(sheet))}


def _run(call: Call, inode: Inode, sheet: str) -> str:
    name = call.new_id()
    run = {"materializationId": name, "status": "ready", "startedAt": call.stamp, "readyAt": call.stamp}
    inode.facts["runs"] = {**inode.facts.get("runs", {}), name: {**run, "sheetId": sheet}}
    call.changed(inode.id)
    return name


def get_run(call: Call) -> Json:
    """One run of a materialization: ready at once here."""
    run = document_at(call).facts.get("runs", {}).get(call.params["run"])
    if run is None:
        raise not_found()
    return {key: value for key, value in run.items() if key != "sheetId"}


def _schedules(one: str) -> tuple[Route, ...]:
    by_id = f"{one}/schedules/{{schedule}}"
    return (
        Route(method="GET", pattern=f"{one}/schedules", handler=list_schedules, area="workbooks"),
        Route(method="POST", pattern=f"{one}/schedules", handler=create_schedule, area="workbooks", writes=True),
        Route(method="PATCH", pattern=by_id, handler=patch_schedule, area="workbooks", writes=True),
        Route(method="DELETE", pattern=by_id, handler=delete_schedule, area="workbooks", writes=True),
    )


_WB, _DM = "/v2/workbooks/{id}", "/v2/dataModels/{id}"
_LISTS = (
    (f"{_WB}/materialization-schedules", "workbooks"),
    (f"/v2.1{_WB[3:]}/materialization-schedules", "workbooks"),
    (f"{_DM}/materializationSchedules", "data-models"),
)


def _elements(one: str) -> tuple[Route, ...]:
    path = f"{one}/elements/{{element}}/materializationSchedules"
    return (
        Route(method="POST", pattern=path, handler=create_materialization, area="workbooks", writes=True),
        Route(method="DELETE", pattern=path, handler=delete_materialization, area="workbooks", writes=True),
        Route(method="GET", pattern=f"{one}/materializations/{{run}}", handler=get_run, area="workbooks"),
    )


ROUTES = (
    *_schedules(_WB),
    *_schedules("/v2/reports/{id}"),
    Route(method="GET", pattern="/v2.1/workbooks/{id}/schedules", handler=list_schedules, area="workbooks"),
    Route(method="GET", pattern="/v2/members/{id}/schedules", handler=member_schedules, area="people"),
    Route(method="GET", pattern=_LISTS[0][0], handler=list_materializations, area="workbooks"),
    Route(method="GET", pattern=_LISTS[1][0], handler=list_materializations, area="workbooks"),
    Route(method="GET", pattern=_LISTS[2][0], handler=list_materializations, area="data-models"),
    *_elements(_WB),
    *_elements(_DM),
    Route(method="POST", pattern=f"{_WB}/materializations", handler=run_materialization, area="workbooks", writes=True),
    Route(method="POST", pattern="/v2/dataModels/{id}:materialize", handler=run_materialization, area="data-models"),
)
