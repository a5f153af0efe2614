"""Grants and owners carried: mapped, exactly once, never wider by accident, compared three ways, taken back."""

from __future__ import annotations

import pytest

from migrate.change.actions import Block, HandOver, Share
from migrate.errors import Refused
from migrate.kinds import called
from migrate.sandbox.faults import Fault
from migrate.sandbox.person_around import act_around
from migrate.sandbox.world import builtin
from migrate.terminal.plan import change_set

pytestmark = pytest.mark.anyio

MAPS = {
    "folders": [{"from": "Finance", "to": "From AU/Finance"}],
    "connections": [
        {
            "from": "AU Snowflake",
            "to": "Group Snowflake",
            "paths": [{"from": "ACME_AU_DW.SALES.*", "to": "GROUP_DW.AU_SALES.*"}],
        }
    ],
    "teams": [{"from": "Finance AU", "to": "Finance"}, {"from": "Sales AU", "to": "Sales"}],
}
WHOLE = {"grants": "mapped", "owners": "mapped", "fallback_owner": "admin@group.example", "widening": "allow"}


class Told:
    """A stage with the packaged world of surroundings, and short ways to look at it."""

    def __init__(self, stage):
        self.setting = stage(builtin("surroundings"))
        self.here, self.there = (self.setting.world.orgs[alias] for alias in ("acme_au", "group"))

    def plan(self, carry=None, **policy):
        return self.setting.plan(
            "acme_au",
            "group",
            select={"include": [{"folder": "Finance"}]},
            map=MAPS,
            carry=WHOLE if carry is None else carry,
            policy={"unsupported": "report", **policy},
            verify=["exists"],
        )

    def tagged(self):
        orgs = (self.here, self.there)
        return [one.id for org in orgs for one in org.inodes.values() if "tagged_from" in one.facts]

    def inode(self, name, org=None):
        org = org or self.there
        return next(i for i in org.inodes.values() if i.name == name and not i.archived and i.id not in self.tagged())

    def grants(self, name):
        """Who was granted what on something of the target: name of the team or member -> right."""
        inode, org = self.inode(name), self.there
        return {
            (org.teams[g["teamId"]].name if g["teamId"] else org.members[g["memberId"]].email): g["permission"]
            for g in org.grants.values()
            if g["inodeId"] == inode.id
        }

    def tags(self, name):
        marks = self.inode(name).facts.get("tags", [])
        return {
            one.get("name") or one["tagName"]: one.get("sourceWorkbookVersion") or one["sourceVersion"] for one in marks
        }

    def owner(self, name):
        return self.there.members[self.inode(name).owner_id].email

    def person(self, what, name, /, **facts):
        act_around(self.there, what, {"inode": self.inode(name).id, **facts}, now=0.0)

    async def run(self, plan):
        self.setting.sandbox.evidence.clear()
        return await self.setting.run(plan)

    async def planned(self, plan):
        async with self.setting.migration(plan) as migration:
            return (await migration.plan()).changes

    @property
    def writes(self):
        return [f"{one.method} {one.path}" for one in self.setting.sandbox.evidence.writes()]


@pytest.fixture
def told(stage):
    return Told(stage)


async def test_grants_and_owners_come_along_by_name_and_a_second_run_writes_nothing(told):
    plan = told.plan()
    changes = await told.planned(plan)
    text = change_set(changes)
    assert "& share folder From AU/Finance: organize to team Finance" in text
    assert "hand-over workbook Orders Overview to finance@acme.example" in text
    result = await told.run(plan)
    assert result.exit_code == 0, [(row.reason_code, row.reason, row.detail) for row in result.reconciliation.rows]
    assert told.grants("Finance") == {"Finance": "organize"}
    assert told.grants("Month End") == {"Sales": "view"}
    assert told.grants("Orders Overview") == {"Sales": "explore"}
    assert told.grants("Orders Model") == {"Sales": "view"}
    assert told.grants("Orders Letter") == {"sales@acme.example": "edit"}
    assert (told.owner("Orders Overview"), told.owner("Orders Letter")) == (
        "finance@acme.example",
        "sales@acme.example",
    )
    assert {row.levels["access"] for row in result.reconciliation.rows} == {"pass"}
    lost = [one for one in result.reconciliation.residuals if one["code"] == "access_lost"]
    assert [
        one["source_name"]
        for one in lost
        if "leaver@acme.example (edit here, nobody there is mapped)" in one["message"]
    ]

    wider = [one["message"] for one in result.reconciliation.residuals if one["code"] == "access_widened"]
    assert len(wider) == 3
    assert all("auditor@group.example (organize by team Finance on the folder From AU/Finance)" in one for one in wider)

    again = await told.run(plan)
    assert told.writes == []
    assert {row.outcome for row in again.reconciliation.rows} == {"unchanged"}
    assert {row.verdict for row in again.reconciliation.rows} == {"unchanged_by_version"}
    async with told.setting.migration(plan) as migration:
        looked_at = await migration.verify()
    assert {row.levels["access"] for row in looked_at.reconciliation.rows} == {"pass"}


async def test_who_could_see_more_keeps_a_copy_from_being_made_until_the_plan_allows_it(told):
    plan = told.plan({"grants": "mapped"})
    changes = await told.planned(plan)
    blocks = [a for target in changes.targets for wave in target.waves for a in wave if isinstance(a, Block)]
    overview = next(one for one in blocks if one.draft and one.draft.name == "Orders Overview")
    assert overview.reason_code == "access_widened"
    assert "auditor@group.example (organize by team Finance on the folder From AU/Finance)" in overview.why
    text = " ".join(change_set(changes).split())
    for one in blocks:
        if one.reason_code == "access_widened" and one.draft:
            assert f"! block {called(one.key.kind)} {one.draft.name} in " in text
            assert one.why in text, "who could see it is said before the first write"
    assert not [a for target in changes.targets for wave in target.waves for a in wave if isinstance(a, Share)]
    result = await told.run(told.plan({"grants": "mapped", "wider": ["Orders*"]}))
    assert {row.outcome for row in result.reconciliation.rows} == {"created"}


async def test_without_carry_nothing_is_asked_and_nothing_is_given(told):
    await told.run(told.plan({}))
    assert told.grants("Orders Overview") == {}
    assert told.owner("Orders Overview") == "admin@group.example"
    assert not [one for one in told.setting.sandbox.evidence.entries if "/v2/grants" in one.path]


@pytest.mark.parametrize(
    ("drift", "code", "right"), [("fail", "access_drifted", None), ("keep", None, None), ("overwrite", None, "explore")]
)
async def test_what_people_change_is_drift(told, drift, code, right):
    await told.run(told.plan())
    told.person("ungrant", "Orders Overview", to="Sales")
    result = await told.run(told.plan(drift=drift))
    row = next(one for one in result.reconciliation.rows if one.source_name == "Orders Overview")
    assert row.reason_code == code
    assert told.grants("Orders Overview").get("Sales") == right
    async with told.setting.migration(told.plan(drift=drift)) as migration:
        found, _ = await migration.drift()
    said = {one.name: one.told for one in found}["Orders Overview"]
    assert ("explore of team Sales was taken away in the target since" in said) == (drift != "overwrite")


FOLLOWED = {**WHOLE, "revoked": "follow"}


async def test_what_the_source_takes_away_or_lowers_is_taken_away_or_lowered(told):
    await told.run(told.plan(FOLLOWED))
    org = told.here
    overview = told.inode("Orders Overview", org)
    for key, grant in list(org.grants.items()):
        if grant["inodeId"] == overview.id and grant["teamId"]:
            org.grants[key] = {**grant, "permission": "view"}
        if grant["inodeId"] == told.inode("Orders Model", org).id:
            del org.grants[key]
    overview.owner_id = told.here.clients[0].member_id
    result = await told.run(told.plan(FOLLOWED))
    assert told.grants("Orders Overview") == {"Sales": "view"}
    assert told.grants("Orders Model") == {}
    assert told.owner("Orders Overview") == "admin@group.example"
    assert {row.levels["access"] for row in result.reconciliation.rows} == {"pass"}
    assert (await told.run(told.plan(FOLLOWED))).exit_code == 0
    assert told.writes == []


async def test_undo_takes_back_grants_and_owners_of_what_stays(told):
    first = await told.run(told.plan({}))
    assert first.exit_code == 0
    told.person("grant", "Orders Overview", to="Sales", value="view")
    second = await told.run(told.plan())
    assert told.grants("Orders Overview") == {"Sales": "explore"}
    told.person("grant", "Orders Model", to="Sales", value="edit")
    async with told.setting.migration(told.plan()) as migration:
        (taken,) = await migration.undo(second.run_id)
    assert told.grants("Orders Overview") == {"Sales": "view"}
    assert told.owner("Orders Overview") == "admin@group.example"
    assert told.grants("Orders Model") == {"Sales": "edit"}
    kept = [one for one in taken.undone if one.result == "kept"]
    assert [(one.reason_code, one.reversal.entry.name) for one in kept] == [("edited_since", "view")]
    assert {one.result for one in taken.undone} == {"access_restored", "kept"}
    async with told.setting.migration(told.plan()) as migration:
        (again,) = await migration.undo(second.run_id)
    assert {one.result for one in again.undone} == {"kept"}


async def test_a_fallback_owner_who_is_nobody_is_refused(told):
    with pytest.raises(Refused) as caught:
        await told.run(told.plan({"owners": "mapped", "fallback_owner": "nobody@group.example"}))
    assert [one.path for one in caught.value.problems] == ["carry.fallback_owner"]
    assert told.writes == []


async def test_owners_alone_need_no_grants(told):
    result = await told.run(told.plan({"owners": "mapped"}))
    assert result.exit_code == 0
    assert told.owner("Orders Overview") == "finance@acme.example"
    assert [a for a in told.writes if "grants" in a] == []
    changes = await told.planned(told.plan({"owners": "mapped"}))
    assert not [a for t in changes.targets for wave in t.waves for a in wave if isinstance(a, HandOver)]


async def test_where_no_listing_shows_all_each_thing_is_asked_for(told):
    for _ in range(2):
        fault = Fault(action="status", status=400, method="GET", path="^/v2/grants$", nth=1)
        told.setting.sandbox.faults.add(fault)
    changes = await told.planned(told.plan())
    shares = [a for target in changes.targets for wave in target.waves for a in wave if isinstance(a, Share)]
    assert len(shares) == 5
    assert [fault["struck"] for fault in told.setting.sandbox.faults.dump()] == [1, 1]


async def test_where_only_own_grants_are_shown_copies_of_others_are_no_mismatch_and_no_drift(told):
    """What was handed over to another owner shows nothing any more: that is neither wrong nor taken away by anybody."""
    told.there.switches.grants_listed = "own"
    first = await told.run(told.plan())
    levels = {row.source_name: row.levels["access"] for row in first.reconciliation.rows}
    assert levels["Orders Overview"] == "not_verifiable"
    assert set(levels.values()) <= {"pass", "not_verifiable"}
    assert not [row for row in first.reconciliation.rows if row.verdict == "mismatch"]
    again = await told.run(told.plan())
    assert told.writes == []
    assert not [row for row in again.reconciliation.rows if row.reason_code == "access_drifted"]
    assert told.grants("Orders Overview") == {"Sales": "explore"}


async def test_what_was_taken_from_a_copy_of_others_is_found_where_their_grants_are_shown(told):
    await told.run(told.plan())
    told.person("ungrant", "Orders Overview", to="Sales")
    async with told.setting.migration(told.plan(drift="overwrite")) as migration:
        result = await migration.verify()
    levels = {row.source_name: row.levels["access"] for row in result.reconciliation.rows}
    assert levels["Orders Overview"] == "fail"


async def test_grants_that_may_not_be_seen_any_more_are_not_taken_away(told):
    await told.run(told.plan())
    told.here.grants.clear()
    with pytest.raises(Refused) as caught:
        await told.run(told.plan())
    assert caught.value.code == "grants_unreadable"
    assert told.writes == []
    assert told.grants("Orders Overview") == {"Sales": "explore"}


async def test_a_source_that_shows_only_some_grants_takes_nothing_away_and_is_told(told):
    await told.run(told.plan())
    overview = told.inode("Orders Overview", told.here)
    hidden = [key for key, one in told.here.grants.items() if one["inodeId"] == overview.id and one["teamId"]]
    folder = told.inode("Month End", told.here)
    hidden += [key for key, one in told.here.grants.items() if one["inodeId"] == folder.id]
    for key in hidden:
        del told.here.grants[key]
    result = await told.run(told.plan())
    assert told.writes == []
    assert (told.grants("Orders Overview"), told.grants("Month End")) == ({"Sales": "explore"}, {"Sales": "view"})
    said = [one["message"] for one in result.reconciliation.residuals if one["code"] == "access_not_taken"]
    assert len(said) == 2
    assert [text for text in said if "explore of team Sales" in text]
    assert [text for text in said if "the folder From AU/Finance/Month End" in text and "view of team Sales" in text]
    blocked = await told.run(told.plan({"grants": "mapped"}))
    row = next(one for one in blocked.reconciliation.rows if one.source_name == "Orders Overview")
    assert (row.reason_code, told.writes) == ("access_widened", [])
    assert "carry.revoked: follow" in row.next_action


async def test_a_share_that_nobody_planned_is_found_by_verify(told):
    """A right that people gave stays theirs; that more people see the copy than its source is told all the same."""
    finance = next(team for team in told.there.teams.values() if team.name == "Finance")
    finance.extra["members"] = [one for one in finance.extra["members"] if "Auditor" not in one]
    plan = told.plan({"grants": "mapped"})
    await told.run(plan)
    told.person("grant", "Orders Overview", to="auditor@group.example", value="view")
    async with told.setting.migration(plan) as migration:
        result = await migration.verify()
    row = next(one for one in result.reconciliation.rows if one.source_name == "Orders Overview")
    assert (row.verdict, row.levels["access"]) == ("mismatch", "fail")
    found = [one.found for one in row.detail if one.level == "access"]
    assert found == ["auditor@group.example (view on the document)"]
    others = {one.levels["access"] for one in result.reconciliation.rows if one is not row}
    assert others == {"pass"}


async def test_tags_come_along_where_their_version_does_and_a_second_run_writes_nothing(told):
    plan = told.plan({"tags": "names"})
    text = change_set(await told.planned(plan))
    assert "& tag workbook Orders Overview: Review" in text
    assert "1 to tag" in text
    first = await told.run(plan)
    assert first.exit_code == 0
    assert told.tags("Orders Overview") == {"Review": told.inode("Orders Overview").versions[-1].number}
    assert told.tags("Orders Model") == {}
    left = {(one["source_name"], one["code"]) for one in first.reconciliation.residuals if one["code"][:3] == "tag"}
    assert left == {("Orders Overview", "tag_older"), ("Orders Model", "tag_older")}
    assert {row.levels["access"] for row in first.reconciliation.rows} == {"pass"}
    await told.run(plan)
    assert told.writes == []
    told.person("untag", "Orders Overview", name="Review")
    drifted = await told.run(plan)
    row = next(one for one in drifted.reconciliation.rows if one.source_name == "Orders Overview")
    assert (row.reason_code, told.writes) == ("access_drifted", [])
    await told.run(told.plan({"tags": "names"}, drift="overwrite"))
    assert list(told.tags("Orders Overview")) == ["Review"]


async def test_tags_that_are_not_carried_are_named_document_by_document(told):
    result = await told.run(told.plan({}))
    said = {one["source_name"]: one["message"] for one in result.reconciliation.residuals if one["code"][:3] == "tag"}
    assert said == {
        "Orders Overview": "its source has version tags that stay behind: Prod on version 1, Review on version 2 (the"
        " newest)",
        "Orders Model": "its source has a version tag that stays behind: Prod on version 1",
    }
    assert not [one for one in told.setting.sandbox.evidence.entries if one.path.endswith(("/v2/tags", "/tag"))]


SENT = {"schedules": "paused", "recipients": [{"schedule": "Orders*", "to": ["board@group.example"]}]}


async def test_schedules_are_made_paused_with_the_recipients_of_the_plan(told):
    plan = told.plan(SENT)
    assert "& schedule workbook Orders Overview: 'Orders of the week' (paused)" in change_set(await told.planned(plan))
    first = await told.run(plan)
    assert first.exit_code == 0
    (made,) = told.inode("Orders Overview").facts["schedules"]
    assert (made["isSuspended"], made["target"]) == (True, [{"email": "board@group.example"}])
    assert made["schedule"] == {"cronSpec": "0 7 * * 1", "timezone": "Australia/Sydney"}
    said = [one for one in first.reconciliation.residuals if one["code"] == "schedule_stays"]
    assert [(one["source_name"], "carry.recipients" in one["message"]) for one in said] == [("Orders Letter", True)]
    assert {row.levels["access"] for row in first.reconciliation.rows} == {"pass"}
    again = await told.run(plan)
    asked = [one.path for one in told.setting.sandbox.evidence.entries if "schedules" in one.path]
    assert (told.writes, asked) == ([], [])
    assert [one["code"] for one in again.reconciliation.residuals if one["code"] == "schedule_stays"]
    told.person("resume", "Orders Overview")
    async with told.setting.migration(plan) as migration:
        looked_at = await migration.verify()
    assert {row.levels["access"] for row in looked_at.reconciliation.rows} == {"pass"}
    told.person("unschedule", "Orders Overview")
    async with told.setting.migration(plan) as migration:
        found, _ = await migration.drift()
    said = {one.name: one.told for one in found}
    assert said["Orders Overview"] == "the schedule 'Orders of the week' was taken away in the target since"


TOLD = {
    "owners": "report",
    **dict.fromkeys(("schedules", "embeds", "materializations", "saved_views", "favourites"), "report"),
    **dict.fromkeys(("teams", "user_attributes", "translations", "account_types", "connection_grants"), "report"),
}


async def test_what_stays_behind_is_named_document_by_document_and_read_once(told):
    told.inode("Orders Letter", told.here).badge = "Endorsed"
    result = await told.run(told.plan(TOLD))
    assert result.exit_code == 0
    left = result.reconciliation.residuals
    assert {(one["source_name"], one["code"]) for one in left if one["code"].endswith(("_stays", "_stay"))} == {
        *((name, "owner_stays") for name in ("Orders Overview", "Orders Letter", "Orders Model")),
        *(("Orders Overview", f"{what}_stays") for what in ("embed", "materialization", "schedule")),
        *(("Orders Overview", f"{what}_stay") for what in ("saved_views", "favourites")),
        *(("Orders Letter", code) for code in ("badge_stays", "schedule_stays", "favourites_stay")),
    }
    embed = next(one for one in left if one["code"] == "embed_stays")
    assert "https://app.sigmacomputing.com/embed/1-6WuzM8f3sHf8Gy3kPYd0n1" in embed["message"]
    assert (embed["owner"], bool(embed["source_url"]), bool(embed["target_url"])) == (
        "finance@acme.example",
        True,
        True,
    )
    assert all(one["next_action"] for one in left)
    said = " ".join(result.reconciliation.warnings)
    assert "1 of 1 user attributes of the source have no counterpart in group: region_au" in said
    assert "grants on connection 'AU Snowflake' of the source are not carried: usage of team Finance AU" in said
    assert "teams" not in said
    again = await told.run(told.plan(TOLD))
    lists = ("/schedules", "/embeds", "/materialization-schedules", "/bookmarks", "/favorites/")
    assert not [one.path for one in told.setting.sandbox.evidence.entries if any(name in one.path for name in lists)]
    assert {one["code"] for one in again.reconciliation.residuals} == {one["code"] for one in left}


async def test_a_list_that_may_not_be_read_is_told_and_stops_nothing(told):
    told.setting.sandbox.faults.add(Fault(action="status", status=403, method="GET", path="/embeds$", count=0))
    result = await told.run(told.plan({"embeds": "report", "saved_views": "report"}))
    assert result.exit_code == 0
    (unread,) = [one for one in result.reconciliation.residuals if one["code"] == "beside_unreadable"]
    assert unread["message"].startswith("its embeds could not be read: ")
    assert [one for one in result.reconciliation.residuals if one["code"] == "saved_views_stay"]


async def test_what_the_account_cannot_see_is_counted_where_the_plan_asks(told):
    def plan(**select):
        include = {"include": [{"folder": "Finance"}, {"folder": "Sales/Closed", "allow_empty": True}]}
        return told.setting.plan(
            "acme_au", "group", select={**include, **select}, map=MAPS, policy={"unsupported": "report"}
        )

    async def warned(**select):
        async with told.setting.migration(plan(**select)) as migration:
            return [text for text in (await migration.plan()).changes.warnings if "see" in text]

    assert await warned() == []
    (counted,) = await warned(unseen="count")
    assert counted.startswith("group: 1 workbook of acme_au cannot be seen by its account, 1 of them in folders")
    assert counted.endswith(": Sales/Closed/Not For Admins")
    told.here.members[told.here.clients[0].member_id].account_type = "Creator"
    (refused,) = await warned(unseen="count")
    assert refused.startswith("group: what the account of acme_au cannot see could not be counted: ")
