"""Two workbooks that link to each other, one of which cannot be copied: the other one stands, and stays as it is."""

from __future__ import annotations

import json

import pytest
from test_journeys import loaded

from migrate.sandbox.faults import Fault
from migrate.sandbox.org import Version

pytestmark = pytest.mark.anyio
ONE, OTHER = "Order Detail", "Sales Overview"


def edit(setting, name, change):
    """What somebody does to a workbook of the source."""
    (found,) = [one for one in setting.world.orgs["acme_au"].inodes.values() if one.name == name and one.versions]
    last = found.versions[-1]
    body = json.loads(json.dumps(last.body))
    change(body)
    found.versions.append(Version(number=last.number + 1, body=body, published_at="", published_by=last.published_by))


def forbid(body):
    """Adds a column that asks for a user attribute which no organization has."""
    element = next(each for each in body["elements"] if "columns" in each)
    element["columns"].append({"id": "zz", "name": "Zz", "formula": 'CurrentUserAttributeText("nobody")'})


def allow(body):
    for element in body["elements"]:
        element["columns"] = [each for each in element.get("columns", []) if each["id"] != "zz"]


async def outcomes(setting):
    result = await setting.run(loaded(setting, "demo.yaml"))
    rows = {row.source_name: row for row in result.reconciliation.rows if row.source_name in (ONE, OTHER)}
    return (rows[ONE].outcome, rows[ONE].reason_code), (rows[OTHER].outcome, rows[OTHER].reason_code)


async def test_a_copy_whose_link_is_open_is_not_blocked_by_what_it_links_to(stage, builtin_world):
    setting = stage(builtin_world())
    fault = Fault(action="status", org="group", method="POST", path="/v2/workbooks$", body=OTHER, count=0, status=400)
    setting.sandbox.faults.add(fault)
    assert await outcomes(setting) == (("created", "link_left_open"), ("failed", "api_refused"))
    edit(setting, OTHER, forbid)
    setting.sandbox.evidence.clear()
    one, other = await outcomes(setting)
    assert (one[0], other) == ("unchanged", ("blocked", "security_unmapped"))
    assert not setting.sandbox.evidence.writes("group"), "nothing of it changed"
    setting.sandbox.faults.clear()
    edit(setting, OTHER, allow)
    assert [outcome for outcome, _code in await outcomes(setting)] == ["updated", "created"]
