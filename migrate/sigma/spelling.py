"""Which spelling an organization takes, asked of its verify call, which writes nothing (sigma-specs 8.3).

Each date of the calendar is asked for with one small document in two spellings. Only where exactly one of the two is
refused for its shape is anything learned: an answer to both alike may have any reason.
"""

from __future__ import annotations

from migrate.errors import ApiRefusal, ServiceError
from migrate.kinds import KINDS
from migrate.sigma.client import Client
from migrate.sigma.contract import ACTIONS_RENAMED, DATES, NEWEST, ContractDate, respell
from migrate.sigma.specs import NOWHERE
from migrate.tree import Json

_PAGE: Json = {"id": "p", "name": "Page", "backgroundImage": {"url": "https://example.com/background.png"}}
_BUTTON: Json = {
    "id": "b",
    "kind": "button",
    "text": "Probe",
    "actions": [
        {
            "id": "a",
            "trigger": "on-click",
            "effects": [{"effect": "select-tab", "tabbedContainer": "t", "selectedTab": {"type": "tab", "index": 0}}],
        }
    ],
}
_PROBES: dict[ContractDate, Json] = {
    ACTIONS_RENAMED: {"elements": [_BUTTON], "pages": [{"id": "p", "name": "Page"}]},
    NEWEST: {"elements": [], "pages": [_PAGE]},
}
"""A document in the oldest spelling for each date that brought another one."""


async def taken_dates(client: Client, low: ContractDate, high: ContractDate) -> tuple[ContractDate, ContractDate]:
    """The earliest and the latest date between these two whose spelling the organization's verify call takes.

    At most two calls a date; where the organization has no verify call the first answer ends it.
    """
    for date in DATES[1:]:
        if not low < date <= high:
            continue
        before = DATES[DATES.index(date) - 1]
        old = await _takes(client, date, before)
        new = None if old is None else await _takes(client, date, date)
        if new is None:
            break
        if new and not old:
            low = date
        elif old and not new:
            return low, before
    return low, high


async def _takes(client: Client, probe: ContractDate, date: ContractDate) -> bool | None:
    """Whether the shape of a probe passes in the spelling of a date; None where there is no verify call to ask."""
    inner = {"schemaVersion": 1, "kind": "workbook", **respell(_PROBES[probe], date).body}
    body = {"name": "spelling probe", "folderId": NOWHERE, "document": inner}
    try:
        await client.read("POST", KINDS["workbook"].verify, json=body)
    except ApiRefusal as error:
        return False if error.status == 400 and error.code != "no_such_route" else None
    except ServiceError:
        return None
    return True
