"""The packaged world of what stands round documents holds what is promised, and every document of it is taken."""

from __future__ import annotations

import pytest

from migrate.sandbox.specs import Refusal, accept
from migrate.sandbox.world import builtin


@pytest.fixture
def world():
    return builtin("surroundings")


def test_there_are_all_three_kinds_and_each_version_of_them_is_taken(world):
    org = world.orgs["acme_au"]
    seen = {}
    for inode in org.inodes.values():
        for version in inode.versions:
            wire = inode.generation
            body = version.body if wire == "flat" else {wire: version.body}
            envelope = {"name": inode.name, "folderId": inode.parent_id, **body}
            member_id = org.members[inode.owner_id].id
            outcome = accept(org, inode.type, envelope, mode="create", generation=wire, member_id=member_id)
            assert not isinstance(outcome, Refusal), (inode.name, outcome)
            assert outcome.body == version.body
            seen[inode.type] = seen.get(inode.type, 0) + 1
    assert seen == {"data-model": 2, "workbook": 6, "report": 1}


def test_tags_hold_older_contents(talk_in, world):
    talk = talk_in(world)[0]
    book = talk.get("/v2/workbooks", limit=100)["entries"]
    overview = next(one for one in book if one["name"] == "Orders Overview")
    assert [one["name"] for one in book].count("Orders Overview") == 1
    texts = {}
    for tag in overview["tags"]:
        shown = talk.get(f"/v2/workbooks/{tag['taggedWorkbookId']}", includeContents="true")["contents"]
        texts[tag["name"]] = shown["elements"][1]["body"]
    assert texts == {"Prod": "Gross.", "Review": "Net of returns."}
    model = talk.get("/v2/dataModels")["entries"][0]
    older = talk.get(f"/v2/dataModels/{model['dataModelId']}/spec", documentVersion=model["tags"][0]["sourceVersion"])
    assert len(older["pages"][0]["elements"][0]["columns"]) == 2


def test_everything_round_a_document_is_served(talk_in, world):
    talk = talk_in(world)[0]
    book = "/v2/workbooks/a1d0c000-0000-4000-8000-000000000001"
    for part in ("schedules", "embeds", "bookmarks", "materialization-schedules", "tags"):
        answer = talk("GET", f"{book}/{part}")
        assert answer.json()["entries"], part
        assert "board@" not in answer.text
    report = talk.get("/v2/reports")["entries"][0]["reportId"]
    assert talk.get(f"/v2/reports/{report}/schedules")["entries"][0]["isSuspended"] is True
    assert talk.get("/v2/grants", limit=100)["total"] == 8
    attribute = talk.get("/v2/user-attributes")["entries"][0]["userAttributeId"]
    assert talk.get(f"/v2/user-attributes/{attribute}/users")["entries"][0]["value"]["val"] == "NSW"
    assert len(talk.get("/v2/favorites/member/AuSalesAuSalesAuSalesAuSales")["entries"]) == 2


def test_a_team_is_larger_in_the_target_and_a_member_is_missing(world):
    source, target = world.orgs["acme_au"], world.orgs["group"]
    sizes = {team.name: len(team.extra["members"]) for org in (source, target) for team in org.teams.values()}
    assert sizes == {"Finance AU": 1, "Sales AU": 2, "Finance": 2, "Sales": 1}
    there = {member.email for member in target.members.values()}
    owners = {source.members[inode.owner_id].email for inode in source.inodes.values() if inode.type == "workbook"}
    assert owners - there == {"leaver@acme.example"}
