"""Whom an action sends to, and whose rights a formula names."""

from __future__ import annotations

import pytest

from migrate.plan.maps import Maps, Pair
from migrate.plan.policies import Policy


def exporting(recipients):
    effect = {"effect": "export", "recipients": recipients}
    return {"elements": [{"id": "b", "kind": "button", "actions": [{"effects": [effect]}]}]}


def sent_to(draft):
    return draft.body["elements"][0]["actions"][0]["effects"][0]["recipients"]


@pytest.mark.parametrize(
    ("recipients", "after", "said"),
    [
        (["ada@here.example", "x@other.example"], ["Ada@there.example", "x@other.example"], "2 addresses"),
        (
            {"to": ["ada@here.example"], "cc": "ada@here.example"},
            {"to": ["Ada@there.example"], "cc": "Ada@there.example"},
            "2 addresses",
        ),
        ([7, None, "nobody"], [7, None, "nobody"], "0 addresses"),
    ],
)
def test_addresses_follow_the_map_of_members(kit, recipients, after, said):
    maps = Maps(members=(Pair(source="ada@here.example", target="Ada@there.example"),))
    done = kit.World(plan=kit.plan(maps)).draft(exporting(recipients))
    assert sent_to(done) == after
    found = [each for each in done.residuals if each.code == "export_recipients"]
    assert [each.message.startswith(f"an action sends to {said}") for each in found] == [True]


@pytest.mark.parametrize(
    ("formula", "after"),
    [
        ('CurrentUserAttributeText("desk", "region")', 'CurrentUserAttributeText("office", "region")'),
        ('CurrentUserInTeam("Finance", "Sales")', 'CurrentUserInTeam("Finance", "Group Sales")'),
        (
            'CurrentUserInTeam("Sales") or Upper("Sales") = "X"',
            'CurrentUserInTeam("Group Sales") or Upper("Sales") = "X"',
        ),
    ],
)
def test_rights_in_formulas_follow_their_maps(kit, formula, after):
    maps = Maps(
        teams=(Pair(source="Sales", target="Group Sales"),), user_attributes=(Pair(source="desk", target="office"),)
    )
    body = {"elements": [{"id": "t", "columns": [{"id": "c", "formula": formula}]}]}
    done = kit.World(plan=kit.plan(maps, policy=Policy(security="fail"))).draft(body)
    assert done.refusals == ()
    assert done.body["elements"][0]["columns"][0]["formula"] == after
