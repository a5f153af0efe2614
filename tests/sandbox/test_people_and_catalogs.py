"""Members, teams, attributes, plugins, tags, grants, and what a connection's catalog holds (sigma-api 5.7, 5.8)."""

import pytest


def test_members(talk, ids):
    assert talk.get("/v2/members", email="viewer@north.example")["entries"][0]["memberId"] == ids["viewer"]
    assert talk.get(f"/v2/members/{ids['admin']}/teams")["entries"][0]["teamId"] == ids["team"]
    assert talk("GET", "/v2/members/nobody").status_code == 404


def test_a_member_that_exists_is_a_conflict_with_its_id(talk, ids):
    tree = {"email": "viewer@north.example", "firstName": "V", "lastName": "W", "memberType": "Viewer"}
    answer = talk("POST", "/v2/members", tree)
    assert answer.status_code == 409
    assert f"member-id={ids['viewer']}" in answer.json()["message"]
    made = talk("POST", "/v2/members", {**tree, "email": "new@north.example"}).json()
    home = talk.get(f"/v2/members/{made['memberId']}")["homeFolderId"]
    assert talk.org.inodes[home].owner_id == made["memberId"]


def test_teams_and_attributes(talk, ids):
    assert talk.get("/v2/teams", name="fin")["entries"][0]["teamId"] == ids["team"]
    assert talk.get(f"/v2/teams/{ids['team']}")["members"] == [ids["admin"]]
    assert talk.get(f"/v2/teams/{ids['team']}/members")["entries"][0]["userId"] == ids["admin"]
    made = talk("POST", "/v2/teams", {"name": "Ops", "members": [ids["viewer"]]}).json()
    assert talk.get(f"/v2/teams/{made['teamId']}")["name"] == "Ops"
    tree = {"name": "region", "defaultValue": {"type": "string", "val": "EU"}}
    made = talk("POST", "/v2/user-attributes", tree).json()
    assert talk.get(f"/v2/user-attributes/{made['userAttributeId']}")["defaultValue"] == tree["defaultValue"]


def test_a_plugins_url_never_changes(talk):
    made = talk("POST", "/v2/plugins", {"name": "Gantt", "url": "https://plugins.example/a"}).json()
    changes = {"name": "Chart", "url": "https://plugins.example/b"}
    changed = talk("PATCH", f"/v2/plugins/{made['pluginId']}", changes).json()
    assert (changed["name"], changed["url"]) == ("Chart", "https://plugins.example/a")


def test_tags_are_unique_and_hold_a_version(talk, ids, book_body):
    tree = {"name": "Ready", "color": "grass"}
    tag = talk("POST", "/v2/tags", tree).json()
    assert talk("POST", "/v2/tags", tree).status_code == 409
    assert talk("POST", "/v2/tags", {"name": "x", "color": "red"}).status_code == 400
    made = talk("POST", "/v2/workbooks/tag", {"workbookId": ids["book"], "tag": "Ready"}).json()
    assert made["versionTagId"] == tag["versionTagId"]
    changed = {**book_body, "pages": [{"id": "p1", "name": "later"}]}
    assert talk("PUT", f"/v2/workbooks/{ids['book']}/contents", {"contents": changed}).status_code == 200
    tagged = talk.get(f"/v2/workbooks/{made['taggedWorkbookId']}", includeContents="true")
    assert tagged["contents"]["pages"][0]["name"] == "on"
    assert talk.get(f"/v2/workbooks/{ids['book']}/tags")["entries"][0]["taggedWorkbookId"] == tagged["workbookId"]
    assert talk.get("/v2/workbooks")["total"] == 1
    assert talk.get(f"/v2/tags/{tag['versionTagId']}/workbooks")["total"] == 1


def test_tagged_versions_of_a_model(talk, ids, model_body):
    talk("POST", "/v2/tags", {"name": "Ready", "color": "grass"})
    made = talk("POST", "/v2/dataModels/tag", {"dataModelId": ids["model"], "tag": "Ready"}).json()
    assert made["taggedDataModelVersion"] == 1
    changed = {**model_body, "pages": [{**model_body["pages"][0], "name": "later"}]}
    talk("PUT", f"/v2/dataModels/{ids['model']}/spec", changed)
    tag = talk.get(f"/v2/dataModels/{ids['model']}/tags")["entries"][0]
    assert (tag["tagName"], tag["sourceVersion"]) == ("Ready", 1)
    shown = talk.get(f"/v2/dataModels/{ids['model']}/spec", documentVersion=tag["sourceVersion"])
    assert shown["pages"][0]["name"] == "Orders"


def test_grants(talk, ids):
    tree = {"grantee": {"teamId": ids["team"]}, "permission": "view", "inodeId": ids["folder"]}
    made = talk("POST", "/v2/grants", tree).json()
    assert talk.get("/v2/grants", inodeId=ids["folder"])["entries"] == [made]
    assert talk("POST", "/v2/grants", {**tree, "grantee": {"teamId": "x"}}).status_code == 404
    assert talk("DELETE", f"/v2/grants/{made['grantId']}").json() == {}
    assert talk.get("/v2/grants")["entries"] == []


def test_lookup_of_tables_scopes_and_the_connection(talk, ids):
    path = f"/v2/connection/{ids['lake']}/lookup"
    table = talk("POST", path, {"path": ["DW", "SALES", "ORDERS"]}).json()
    assert (table["kind"], table["inodeId"]) == ("table", ids["orders"])
    assert talk("POST", path, {"path": ["DW", "SALES"]}).json()["kind"] == "scope"
    assert talk("POST", path, {"path": []}).json()["inodeId"] == ids["lake"]
    assert talk("POST", path, {"path": ["DW", "SALES", "orders"]}).status_code == 404
    assert talk("POST", path, {"path": "DW"}).status_code == 400
    url_id = table["url"].rsplit("/", 1)[1]
    assert talk.get(f"/v2/connections/paths/{url_id}")["path"] == ["DW", "SALES", "ORDERS"]
    assert talk("GET", f"/v2/connections/paths/{ids['book']}").status_code == 400


def test_what_is_not_synced_is_not_found(talk, ids):
    lookup, tree = f"/v2/connection/{ids['lake']}/lookup", {"path": ["DW", "SALES", "LATE"]}
    assert talk("POST", lookup, tree).status_code == 404
    assert len(talk.get("/v2/connections/paths", connectionId=ids["lake"])["entries"]) == 3
    assert talk("POST", f"/v2/connections/{ids['lake']}/sync", {"path": ["DW", "NOPE"]}).status_code == 404
    assert talk("POST", f"/v2/connections/{ids['lake']}/sync", {"path": ["DW"]}).json() == {}
    assert talk("POST", lookup, tree).json()["kind"] == "table"


def test_table_columns(talk, ids):
    entries = talk.get(f"/v2/connections/tables/{ids['orders']}/columns")["entries"]
    assert entries[0] == {"name": "ORDER_ID", "type": {"type": "integer"}, "visibility": "included"}


def test_connections(talk, ids):
    assert talk.get("/v2/connections", search="lak")["entries"][0]["connectionId"] == ids["lake"]
    assert talk.get(f"/v2/connections/{ids['lake']}")["friendlyName"] is True
    assert talk.get(f"/v2/connections/{ids['lake']}/test") == {"read": "SUCCESS", "write": "DISABLED"}
    talk.org.connections[ids["lake"]].broken = True
    answer = talk("GET", f"/v2/connections/{ids['lake']}/test")
    assert answer.status_code == 500
    assert "incident-id=" in answer.json()["message"]


@pytest.mark.parametrize("path", ["accountTypes", "api-connectors", "datasets", "templates", "reports", "tags"])
def test_other_lists(talk, path):
    assert "entries" in talk.get(f"/v2/{path}")
