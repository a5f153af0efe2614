"""What stands round documents: grants, owners, schedules, embeds, favourites, teams, attributes, materializations."""

from __future__ import annotations

from typing import get_args

import httpx
import pytest

from migrate.sandbox.faults import Around, fault_from
from migrate.sandbox.org import World
from migrate.sandbox.person_around import DEEDS
from migrate.sandbox.world import dump, load

CRON = {"cronSpec": "0 7 * * 1", "timezone": "UTC"}
MAIL = [{"email": "someone@example.com"}]


def grant(talk, ids, level, **more):
    tree = {"grantee": {"teamId": ids["team"]}, "permission": level, "inodeId": ids["book"], **more}
    return talk("POST", "/v2/grants", tree)


def test_grants_can_only_be_raised(talk, ids):
    made = grant(talk, ids, "explore").json()
    assert (made["permission"], made["inodeType"]) == ("explore", "workbook")
    for level in ("view", "explore"):
        assert grant(talk, ids, level).json() == made
        assert not talk.sandbox.evidence.entries[-1].wrote
    raised = grant(talk, ids, "edit").json()
    assert (raised["grantId"], raised["permission"]) == (made["grantId"], "edit")
    assert talk.get("/v2/grants")["entries"] == [raised]
    assert talk("DELETE", f"/v2/grants/{made['grantId']}").json() == {}
    assert grant(talk, ids, "view").json()["permission"] == "view"


@pytest.mark.parametrize(
    ("inode", "good", "bad"),
    [
        ("book", ("view", "annotate", "explore", "create", "organize", "edit", "apply"), ("admin", "none", None)),
        ("lake", ("usage", "annotate", "writeback", "update", "admin"), ("view", "edit")),
    ],
)
def test_grants_have_the_levels_of_their_object(talk, ids, inode, good, bad):
    for level in good:
        assert grant(talk, ids, level, inodeId=ids[inode]).status_code == 200, level
    for level in bad:
        assert grant(talk, ids, level, inodeId=ids[inode]).status_code == 400, level


def test_a_page_of_grants_covers_many_documents(talk, ids):
    for inode in ("book", "model", "folder", "space"):
        assert grant(talk, ids, "view", inodeId=ids[inode]).status_code == 200
    grant(talk, ids, "view", grantee={"memberId": ids["viewer"]})
    first = talk.get("/v2/grants", limit=3)
    rest = talk.get("/v2/grants", limit=3, page=first["nextPage"])
    everything = first["entries"] + rest["entries"]
    assert (len(everything), len({one["grantId"] for one in everything}), rest["nextPage"]) == (5, 5, None)
    assert talk.get("/v2/grants", userId=ids["viewer"])["total"] == 1
    assert talk.get("/v2/grants", teamId=ids["team"])["total"] == 4
    assert talk.get("/v2/grants", inodeId=ids["model"])["entries"][0]["inodeType"] == "workbook"
    one = everything[0]
    assert talk.get(f"/v2/grants/{one['grantId']}") == one
    assert talk("GET", "/v2/grants/none").status_code == 404


def test_a_list_of_grants_may_hold_only_the_callers_own(talk, ids):
    talk.org.inodes[ids["model"]].owner_id = ids["viewer"]
    grant(talk, ids, "view")
    grant(talk, ids, "view", inodeId=ids["model"])
    assert talk.get("/v2/grants")["total"] == 2
    talk.org.switches.grants_listed = "own"
    talk.org.teams[ids["team"]].extra["members"] = []
    assert [one["inodeId"] for one in talk.get("/v2/grants")["entries"]] == [ids["book"]]  # the admin owns it


def test_grants_of_folders_above_may_come_too(talk, ids):
    grant(talk, ids, "view", inodeId=ids["folder"])
    assert talk.get("/v2/grants", inodeId=ids["book"])["total"] == 0
    talk.org.switches.grants_inherited = True
    assert talk.get("/v2/grants", inodeId=ids["book"])["total"] == 1
    assert talk.get("/v2/grants", inodeId=ids["book"], directGrantsOnly="true")["total"] == 0


@pytest.mark.parametrize(
    ("kind", "name", "level"), [("workbooks", "book", "explore"), ("workspaces", "space", "organize")]
)
def test_grants_by_the_object_are_all_or_none(talk, ids, kind, name, level):
    path = f"/v2/{kind}/{ids[name]}/grants"
    team = {"grantee": {"teamId": ids["team"]}, "permission": level}
    lost = {"grantee": {"teamId": "nobody"}, "permission": level}
    assert talk("POST", path, {"grants": [team, lost]}).status_code == 404
    assert talk.get("/v2/grants")["entries"] == []
    assert talk("POST", path, {"grants": [{**team, "permission": "admin"}]}).status_code == 400
    assert talk("POST", path, {"grants": [team]}).json() == {}
    made = talk.get("/v2/grants", inodeId=ids[name])["entries"][0]
    assert talk("DELETE", f"{path}/{made['grantId']}").json() == {}
    assert talk.get("/v2/grants")["entries"] == []


def test_the_grants_of_a_workspace(talk, ids):
    grant(talk, ids, "view", inodeId=ids["space"])
    entry = talk.get(f"/v2/workspaces/{ids['space']}/grants")["entries"][0]
    assert entry["permission"] == "view"
    assert "inodeType" not in entry


def test_an_owner_is_changed_through_files(talk, ids):
    answer = talk("PATCH", f"/v2/files/{ids['book']}", {"ownerId": ids["viewer"]})
    assert answer.json()["ownerId"] == ids["viewer"]
    assert talk.get(f"/v2/workbooks/{ids['book']}")["ownerId"] == ids["viewer"]
    assert talk("PATCH", f"/v2/files/{ids['book']}", {"ownerId": "nobody"}).status_code == 404


def report(talk, ids):
    return talk("POST", "/v2/reports", {"name": "Orders", "folderId": ids["folder"]}).json()["reportId"]


@pytest.mark.parametrize("kind", ["workbook", "report"])
def test_a_schedule_is_made_read_paused_and_taken_away(talk, ids, kind):
    inode_id = ids["book"] if kind == "workbook" else report(talk, ids)
    path = f"/v2/{kind}s/{inode_id}/schedules"
    config = {"title": "Weekly", "messageBody": "", "exportAttachments": [{"formatOptions": {"type": "XLSX"}}]}
    made = talk("POST", path, {"target": MAIL, "schedule": CRON, "configV2": config}).json()
    assert (made[f"{kind}Id"], made["isSuspended"], made["schedule"]) == (inode_id, False, CRON)
    assert made["configV2"]["notificationAttachments"][0]["formatOptions"] == {"type": "EXCEL"}
    assert talk.get(path)["entries"] == [made]
    one = f"{path}/{made['scheduledNotificationId']}"
    assert talk("PATCH", one, {"suspensionAction": "pause"}).json()["isSuspended"] is True
    later = {"cronSpec": "0 8 * * *", "timezone": "Australia/Sydney"}
    patched = talk("PATCH", one, {"suspensionAction": "resume", "schedule": later}).json()
    assert (patched["isSuspended"], patched["schedule"]) == (False, later)
    assert talk("PATCH", one, {"suspensionAction": "stop"}).status_code == 400
    assert talk.get(f"/v2/members/{ids['admin']}/schedules")["entries"] == [patched]
    assert talk("DELETE", one).json() == {}
    assert talk.get(path)["entries"] == []
    assert talk("DELETE", one).status_code == 404


def test_recipients_are_never_read(talk, ids):
    path = f"/v2/workbooks/{ids['book']}/schedules"
    made = talk("POST", path, {"target": MAIL, "schedule": CRON})
    one = f"{path}/{made.json()['scheduledNotificationId']}"
    patched = talk("PATCH", one, {"target": [{"email": "other@example.com"}]})
    for answer in (made, patched, talk("GET", path), talk("GET", f"/v2/members/{ids['admin']}/schedules")):
        assert "@" not in answer.text
    assert talk.org.inodes[ids["book"]].facts["schedules"][0]["target"] == [{"email": "other@example.com"}]


@pytest.mark.parametrize(
    "wrong", [{"target": []}, {"target": "x"}, {"schedule": {"cronSpec": 1}}, {"ownerId": "nobody"}, {"schedule": None}]
)
def test_what_is_wrong_with_a_schedule(talk, ids, wrong):
    tree = {"target": MAIL, "schedule": CRON, **wrong}
    path = f"/v2/workbooks/{ids['book']}/schedules"
    assert talk("POST", path, tree).status_code in (400, 404)
    assert talk.get(path)["entries"] == []


def test_a_public_embed_gets_an_address_of_its_own(talk, ids):
    path = f"/v2/workbooks/{ids['book']}/embeds"
    made = talk("POST", path, {"embedType": "public", "sourceType": "workbook"}).json()
    again = talk("POST", path, {"embedType": "public", "sourceType": "element", "sourceId": "orders1"}).json()
    assert made["embedUrl"] != again["embedUrl"]
    rows = talk.get(path)["entries"]
    assert [(one["sourceType"], one["sourceName"], one["public"]) for one in rows] == [
        ("workbook", "Orders", True),
        ("element", "All orders", True),
    ]
    assert talk("POST", path, {"embedType": "public", "sourceType": "page", "sourceId": "gone"}).status_code == 404
    assert talk("POST", path, {"embedType": "secure", "sourceType": "workbook"}).status_code == 400
    assert talk("DELETE", f"{path}/{made['embedId']}").json() == {}
    assert [one["embedId"] for one in talk.get(path)["entries"]] == [again["embedId"]]


def test_favourites(talk, ids):
    tree = {"memberId": ids["viewer"], "inodeId": ids["book"]}
    for _ in range(2):
        assert talk("POST", "/v2/favorites", tree).json() == {}
    for path in (f"/v2/favorites/member/{ids['viewer']}", f"/v2/members/{ids['viewer']}/files/favorites"):
        assert [one["id"] for one in talk.get(path)["entries"]] == [ids["book"]]
    gone = f"/v2/favorites/member/{ids['viewer']}/file/{ids['book']}"
    assert talk("DELETE", gone).json() == {}
    assert talk("DELETE", gone).status_code == 404
    assert talk("POST", "/v2/favorites", {**tree, "memberId": "nobody"}).status_code == 404


def test_members_of_a_team_come_and_go(talk, ids):
    path = f"/v2/teams/{ids['team']}/members"
    assert talk("PATCH", path, {"add": [ids["viewer"], ids["viewer"]]}).json() == {}
    assert [one["userId"] for one in talk.get(path)["entries"]] == [ids["admin"], ids["viewer"]]
    assert talk("PATCH", path, {"remove": [ids["admin"]], "add": ["nobody"]}).status_code == 404
    assert talk("PATCH", path, {"remove": [ids["admin"]]}).status_code == 200
    assert [one["userId"] for one in talk.get(path)["entries"]] == [ids["viewer"]]


@pytest.mark.parametrize(("kind", "key", "name"), [("users", "userId", "viewer"), ("teams", "teamId", "team")])
def test_values_of_a_user_attribute(talk, ids, kind, key, name):
    tree = {"name": "region", "defaultValue": {"type": "string", "val": "EMEA"}}
    made = talk("POST", "/v2/user-attributes", tree).json()
    assert made["defaultValue"] == tree["defaultValue"]
    path = f"/v2/user-attributes/{made['userAttributeId']}/{kind}"
    value = {"type": "string", "val": "APAC"}
    assert talk("POST", path, {"assignments": [{key: ids[name], "value": value}, {key: "no"}]}).status_code in (
        400,
        404,
    )
    assert talk.get(path)["entries"] == []
    assert talk("POST", path, {"assignments": [{key: ids[name], "value": value}]}).json() == {}
    assert [(one[key], one["value"]) for one in talk.get(path)["entries"]] == [(ids[name], value)]
    if kind == "teams":
        assert talk.get(f"/v2/teams/{ids['team']}/user-attributes")["entries"][0]["userAttributeName"] == "region"
    other = {"type": "string", "val": "AU"}
    talk("POST", path, {"assignments": [{key: ids[name], "value": other}]})
    assert [one["value"] for one in talk.get(path)["entries"]] == [other]
    assert talk("DELETE", f"{path}/{ids[name]}").json() == {}
    assert talk("PATCH", path, {"delete": [{key: ids[name]}]}).status_code == 404
    assert talk.get(path)["entries"] == []
    assert talk("DELETE", f"/v2/user-attributes/{made['userAttributeId']}").json() == {}
    assert talk("GET", path).status_code == 404


def test_materializations(talk, ids):
    one = f"/v2/workbooks/{ids['book']}"
    tree = {"schedule": {"cronSpec": "0 3 * * *"}}
    path = f"{one}/elements/orders1/materializationSchedules"
    assert talk("POST", path, tree).status_code == 403  # no connection that may be written to
    talk.org.connections[ids["lake"]].write_access = True
    made = talk("POST", path, tree)
    assert made.status_code == 201
    assert talk("POST", path, tree).status_code == 400
    assert talk.get(f"{one}/materialization-schedules")["entries"] == [made.json()]
    assert len(talk.org.inodes[ids["book"]].facts["runs"]) == 1  # the first run starts at once
    run = talk("POST", f"{one}/materializations", {"sheetId": made.json()["sheetId"]}).json()
    assert talk.get(f"{one}/materializations/{run['materializationId']}")["status"] == "ready"
    assert talk("POST", f"{one}/elements/none/materializationSchedules", tree).status_code == 404
    assert talk("DELETE", path).json() == {}
    assert talk.get(f"{one}/materialization-schedules")["entries"] == []
    model = f"/v2/dataModels/{ids['model']}"
    made = talk("POST", f"{model}/elements/orders/materializationSchedules", tree).json()
    assert talk.get(f"{model}/materializationSchedules") == {"entries": [made]}
    assert "materializationId" in talk("POST", f"{model}:materialize", {"sheetId": made["sheetId"]}).json()


def test_what_a_member_can_see_can_be_counted(talk, ids):
    path = f"/v2/members/{ids['viewer']}/files"
    names = [one["id"] for one in talk.get(path)["entries"]]
    assert ids["book"] in names
    assert ids["home"] not in names
    talk.org.inodes[ids["book"]].denied_to.add(ids["viewer"])
    assert ids["book"] not in [one["id"] for one in talk.get(path)["entries"]]
    assert [one["type"] for one in talk.get(path, typeFilters="data-model")["entries"]] == ["data-model"]
    talk.org.switches.member_files = "owned"
    assert [one["id"] for one in talk.get(path)["entries"]] == [ids["other_home"]]


def test_an_older_version_is_read_through_its_tag(talk, ids, book_body):
    talk("POST", "/v2/tags", {"name": "Prod", "color": "grass"})
    path = f"/v2/workbooks/{ids['book']}"
    newer = {**book_body, "pages": [{**book_body["pages"][0], "name": "later"}]}
    talk("PUT", f"{path}/contents", {"contents": newer})
    tree = {"workbookId": ids["book"], "tag": "Prod", "workbookVersion": 1}
    tagged = talk("POST", "/v2/workbooks/tag", tree).json()["taggedWorkbookId"]
    older = talk.get(f"/v2/workbooks/{tagged}", includeContents="true")["contents"]
    assert (older["pages"][0]["name"], talk.get(f"{path}/spec")["document"]["pages"][0]["name"]) == ("on", "later")
    history = talk.get(f"{path}/version-history")["entries"]
    assert [[mark["taggedBy"] for mark in one.get("tags", [])] for one in history] == [[], [ids["admin"]]]
    copied = talk("POST", f"{path}/tag/Prod/copy", {"name": "Old", "destinationFolderId": ids["folder"]}).json()
    shown = talk.get(f"/v2/workbooks/{copied['workbookId']}", includeContents="true")["contents"]
    assert shown["pages"][0]["name"] == "on"
    tag_id = talk.get(f"{path}/tags")["entries"][0]["versionTagId"]
    assert talk("DELETE", f"{path}/tags/{tag_id}").json() == {}
    assert talk.get(f"{path}/tags")["entries"] == []
    assert talk("GET", f"/v2/workbooks/{tagged}", params={"includeContents": "true"}).status_code == 409


def test_a_tenant_and_what_was_deployed_to_it(talk, ids, sandbox):
    south = sandbox.world.orgs["south"]
    tenant = talk.get(f"/v2/tenants/{south.id}")
    assert (tenant["tenantOrganizationSlug"], tenant["parentOrganizationId"]) == ("south", talk.org.id)
    path = f"/v2/tenants/{south.id}/workbooks"
    assert talk("GET", path, params={"parentWorkbookId": ids["book"]}).status_code == 404
    south.inodes[ids["book"]].facts["deployed_from"] = ids["book"]
    found = talk.get(path, parentWorkbookId=ids["book"])
    assert (found["workbookId"], "/south/workbook/" in found["workbookUrl"]) == (ids["book"], True)
    assert talk("GET", "/v2/tenants/none").status_code == 404


@pytest.mark.parametrize("variant", ["", "formal"])
def test_translations_by_locale_and_variant(talk, variant):
    root = "/v2/translations/organization"
    path = f"{root}/de-de" + (f"/{variant}" if variant else "")
    tree = {"lng": "de-de", "lng_variant": variant or None, "translations": {"Orders": "Bestellungen"}}
    assert talk("POST", root, tree).status_code == 200
    assert talk("POST", root, tree).status_code == 409
    entry = talk.get(root)["entries"][0]
    assert (entry["lng"], entry["lng_variant"], "translations" in entry) == ("de-de", variant or None, False)
    assert talk("PUT", path, {"translations": {"Orders": 3}}).status_code == 400
    assert talk("PUT", path, {"translations": {"Orders": "Aufträge"}}).status_code == 200
    assert talk.get(path) == {"translations": {"Orders": "Aufträge"}}
    assert talk("DELETE", path).status_code == 200
    assert talk("GET", path).status_code == 404
    assert talk.get(root)["entries"] == []


def test_a_model_in_a_personal_space_answers_by_its_url_id_alone(talk, ids):
    model = talk.org.inodes[ids["model"]]
    url_id = talk.get(f"/v2/dataModels/{model.id}")["dataModelUrlId"]
    model.parent_id = ids["other_home"]
    assert talk("GET", f"/v2/dataModels/{model.id}/spec").status_code == 403
    assert talk.get(f"/v2/dataModels/{url_id}/spec")["dataModelId"] == model.id
    assert talk.get("/v2/dataModels")["entries"] == []
    model.denied_to.add(ids["admin"])
    assert talk("GET", f"/v2/dataModels/{url_id}/spec").status_code == 403
    book = talk.org.inodes[ids["book"]]
    book_url = talk.get(f"/v2/workbooks/{book.id}")["workbookUrlId"]
    book.parent_id = ids["other_home"]
    assert talk("GET", f"/v2/workbooks/{book_url}").status_code == 403


@pytest.fixture
def admin(running):
    with httpx.Client(base_url=running.admin_url) as client:
        yield client


def test_a_person_changes_what_stands_round_a_document(admin, http, running, ids):
    org = running.sandbox.world.orgs["north"]
    http.post("/v2/user-attributes", json={"name": "region"})
    http.post("/v2/tags", json={"name": "Prod", "color": "grass"})
    http.post("/v2/workbooks/tag", json={"workbookId": ids["book"], "tag": "Prod"})
    done = set()

    def act(what, **more):
        done.add(what)
        answer = admin.post("/orgs/north/person", json={"what": what, "inode": ids["book"], **more})
        assert answer.status_code == 200, answer.text

    act("grant", to="viewer@north.example", value="edit")
    act("grant", to="viewer@north.example", value="view")
    entry = http.get("/v2/grants", params={"inodeId": ids["book"]}).json()["entries"]
    assert [(one["memberId"], one["permission"]) for one in entry] == [(ids["viewer"], "view")]
    act("ungrant", to="viewer@north.example")
    assert org.grants == {}
    act("own", to=ids["viewer"])
    assert org.inodes[ids["book"]].owner_id == ids["viewer"]
    act("untag", name="Prod")
    assert http.get(f"/v2/workbooks/{ids['book']}/tags").json()["entries"] == []
    act("schedule", name="Monday")
    act("pause")
    schedules = f"/v2/workbooks/{ids['book']}/schedules"
    assert [one["isSuspended"] for one in http.get(schedules).json()["entries"]] == [True]
    act("resume")
    assert [one["isSuspended"] for one in http.get(schedules).json()["entries"]] == [False]
    act("unschedule")
    assert http.get(schedules).json()["entries"] == []
    act("embed")
    embeds = f"/v2/workbooks/{ids['book']}/embeds"
    assert len(http.get(embeds).json()["entries"]) == 1
    act("unembed")
    assert http.get(embeds).json()["entries"] == []
    act("favorite", to=ids["viewer"])
    assert org.members[ids["viewer"]].favorites == [ids["book"]]
    act("join", name="Finance", to=ids["viewer"])
    act("leave", name="Finance", to=ids["admin"])
    assert org.teams[ids["team"]].extra["members"] == [ids["viewer"]]
    act("assign", name="region", to="Finance", value="APAC")
    assert next(iter(org.user_attributes.values())).extra["teams"][ids["team"]]["value"]["val"] == "APAC"
    assert done == set(DEEDS) == set(get_args(Around))


def test_a_person_changes_access_in_the_middle_of_a_run(talk, ids):
    grant(talk, ids, "edit")
    fault = {"action": "person", "what": "grant", "to": "Finance", "level": "view", "path": f"{ids['book']}$"}
    talk.sandbox.faults.add(fault_from(fault))
    talk.get(f"/v2/workbooks/{ids['book']}")
    assert [one["permission"] for one in talk.get("/v2/grants")["entries"]] == ["view"]


@pytest.mark.parametrize(
    "tree",
    [
        {"what": "grant", "inode": "none", "to": "Finance"},
        {"what": "own", "to": "nobody"},
        {"what": "join", "name": "Nobody", "to": "x"},
    ],
)
def test_a_person_who_finds_nothing(admin, tree, ids):
    assert admin.post("/orgs/north/person", json={"inode": ids["book"], **tree}).status_code == 404


def test_a_world_file_keeps_what_stands_round_documents(talk, ids, tmp_path):
    grant(talk, ids, "view")
    talk("POST", "/v2/favorites", {"memberId": ids["viewer"], "inodeId": ids["book"]})
    talk("POST", f"/v2/workbooks/{ids['book']}/schedules", {"target": MAIL, "schedule": CRON})
    talk("POST", f"/v2/workbooks/{ids['book']}/embeds", {"embedType": "public", "sourceType": "workbook"})
    talk("POST", "/v2/translations/organization", {"lng": "de-de", "translations": {"Orders": "Bestellungen"}})
    file = tmp_path / "world.yaml"
    file.write_text(dump(World(orgs={"north": talk.org})), "utf-8")
    again = load(file).orgs["north"]
    assert again.grants == talk.org.grants
    assert again.members == talk.org.members
    assert again.translations == talk.org.translations != {}
    assert again.inodes[ids["book"]].facts == talk.org.inodes[ids["book"]].facts


def test_a_world_file_names_grants_by_path(tmp_path):
    file = tmp_path / "world.yaml"
    file.write_text(
        """
version: 1
orgs:
  north:
    members: [{key: kim, email: kim@acme.example}]
    teams: [{name: Finance}]
    tree: [{workspace: Shared, items: [{folder: Sales}]}]
    grants:
      - {on: Shared/Sales, team: Finance, permission: explore}
      - {on: Shared, member: kim}
""",
        "utf-8",
    )
    org = load(file).orgs["north"]
    found = {(org.inodes[one["inodeId"]].name, one["permission"]) for one in org.grants.values()}
    assert found == {("Sales", "explore"), ("Shared", "view")}
    assert {one["inodeType"] for one in org.grants.values()} == {"folder"}
