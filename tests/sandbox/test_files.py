"""Files, folders, workspaces, permissions and the bin (sigma-api 5.6)."""

import pytest


def names(answer):
    return [entry["name"] for entry in answer["entries"]]


def test_an_entry(talk, ids):
    entry = talk.get(f"/v2/files/{ids['book']}")
    assert (entry["path"], entry["type"], entry["parentId"]) == ("Shared/Sales/North / East", "workbook", ids["deep"])
    assert (entry["permission"], entry["description"]) == ("edit", "All of them")


def test_listing_by_type_parent_and_name(talk, ids):
    assert names(talk.get("/v2/files", parentId=ids["folder"])) == ["North / East", "Orders model", "Orders"]
    assert names(talk.get("/v2/files", parentId=ids["folder"], directChildFilter="true")) == [
        "North / East",
        "Orders model",
    ]
    assert names(talk.get("/v2/files", typeFilters="workbook")) == ["Orders"]
    assert names(talk.get("/v2/files", name="orders", typeFilters=["workbook", "data-model"])) == [
        "Orders model",
        "Orders",
    ]
    assert talk("GET", "/v2/files", params={"typeFilters": "nonsense"}).status_code == 400


def test_workspaces_are_listed_only_alone(talk):
    assert names(talk.get("/v2/files", typeFilters="workspace")) == ["Shared"]
    assert "Shared" not in names(talk.get("/v2/files"))
    assert "Shared" not in names(talk.get("/v2/files", typeFilters=["workspace", "folder"]))


def test_names_may_repeat(talk, ids):
    made = [
        talk("POST", "/v2/files", {"type": "folder", "name": "Sales", "parentId": ids["space"]}).json()
        for _ in range(2)
    ]
    assert made[0]["id"] != made[1]["id"]
    assert names(talk.get("/v2/files", parentId=ids["space"], directChildFilter="true")).count("Sales") == 3


def test_without_a_parent_it_goes_home(talk, ids):
    home = talk.get(f"/v2/members/{ids['admin']}")["homeFolderId"]
    made = talk("POST", "/v2/files", {"type": "folder", "name": "Mine"}).json()
    assert made["parentId"] == home == ids["home"]
    assert made["path"] == "My Documents"


@pytest.mark.parametrize(
    ("tree", "status"),
    [
        ({"type": "folder", "name": ""}, 400),
        ({"type": "folder"}, 400),
        ({"type": "data-model", "name": "x"}, 400),
        ({"type": "folder", "name": "x", "parentId": "12345678-1234-4234-8234-123456789012"}, 404),
        ({"type": "folder", "name": "x", "parentId": "77777777-7777-4777-8777-777777777777"}, 400),
        ({"type": "folder", "name": "x", "ownerId": "nobody"}, 404),
        ([], 400),
    ],
)
def test_refused_creates_change_nothing(talk, tree, status):
    before = talk.bodies()
    assert talk("POST", "/v2/files", tree).status_code == status
    assert talk.bodies() == before


def test_rename_move_describe_and_give_away(talk, ids):
    changes = {"name": "Renamed", "parentId": ids["space"], "description": "New", "ownerId": ids["viewer"]}
    entry = talk("PATCH", f"/v2/files/{ids['book']}", changes).json()
    assert {key: entry[key] for key in changes} == changes
    assert talk.get(f"/v2/workbooks/{ids['book']}")["name"] == "Renamed"


def test_a_folder_does_not_go_into_itself(talk, ids):
    assert talk("PATCH", f"/v2/files/{ids['folder']}", {"parentId": ids["deep"]}).status_code == 400


def test_soft_delete_and_restore(talk, ids):
    path = f"/v2/files/{ids['book']}"
    assert talk("DELETE", path).json() == {}
    assert talk("DELETE", path).status_code == 404
    assert talk.get(path)["isArchived"] is True
    assert "Orders" not in names(talk.get("/v2/files"))
    assert talk.get("/v2/workbooks")["total"] == 0
    assert talk.get("/v2/workbooks", isArchived="true")["total"] == 1
    answer = talk("GET", f"/v2/workbooks/{ids['book']}/spec")
    assert (answer.status_code, answer.json()["code"]) == (409, "inode_archived")
    assert talk("PATCH", path, {"name": "x"}).status_code == 409
    assert talk("PATCH", path, {"restore": True}).json()["isArchived"] is False
    assert "Orders" in names(talk.get("/v2/files"))


def test_deleting_a_folder_takes_what_is_in_it(talk, ids):
    talk("DELETE", f"/v2/files/{ids['folder']}")
    assert talk.get(f"/v2/files/{ids['book']}")["isArchived"] is True
    talk("PATCH", f"/v2/files/{ids['folder']}", {"restore": True})
    assert talk.get(f"/v2/files/{ids['book']}")["isArchived"] is False


def test_new_files_are_listed_later_in_seconds(talk, ids, clock):
    talk.org.switches.lag_seconds = 30
    made = talk("POST", "/v2/files", {"type": "folder", "name": "Late", "parentId": ids["space"]}).json()
    assert talk.get(f"/v2/files/{made['id']}")["name"] == "Late"
    assert "Late" not in names(talk.get("/v2/files"))
    clock.now += 30
    assert "Late" in names(talk.get("/v2/files"))


def test_new_files_are_listed_later_in_listings(talk, ids):
    talk.org.switches.lag_listings = 2
    talk("POST", "/v2/files", {"type": "folder", "name": "Late", "parentId": ids["space"]})
    seen = ["Late" in names(talk.get("/v2/files")) for _ in range(4)]
    assert seen == [False, False, True, True]


def test_changes_are_listed_at_once(talk, ids):
    talk.org.switches.lag_seconds = 30
    talk("PATCH", f"/v2/files/{ids['book']}", {"name": "Now"})
    assert "Now" in names(talk.get("/v2/files"))


def test_document_lists_lag_only_where_told(talk, ids, clock):
    talk.org.switches.lag_seconds = 30
    tree = {"type": "workbook", "name": "New", "parentId": ids["folder"]}
    talk("POST", "/v2/files", tree)
    assert "New" in names(talk.get("/v2/workbooks"))
    talk.org.switches.lag_documents = True
    assert "New" not in names(talk.get("/v2/workbooks"))
    clock.now += 30
    assert "New" in names(talk.get("/v2/workbooks"))


def test_denied_objects_and_folders(talk, ids):
    talk.org.inodes[ids["deep"]].denied_to.add(ids["admin"])
    for path in (f"/v2/files/{ids['book']}", f"/v2/workbooks/{ids['book']}", f"/v2/workbooks/{ids['book']}/spec"):
        answer = talk("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert talk.get("/v2/workbooks")["total"] == 0
    assert talk.get("/v2/workbooks", skipPermissionCheck="true")["total"] == 1
    tree = {"type": "folder", "name": "x", "parentId": ids["deep"]}
    assert talk("POST", "/v2/files", tree).status_code == 403


def test_read_only_folders(talk, ids, book_body):
    talk.org.inodes[ids["folder"]].read_only_to.add(ids["admin"])
    assert talk.get(f"/v2/files/{ids['book']}")["permission"] == "view"
    before = talk.bodies()
    for method, path, tree in (
        ("PATCH", f"/v2/files/{ids['book']}", {"name": "x"}),
        ("DELETE", f"/v2/files/{ids['book']}", None),
        ("PUT", f"/v2/workbooks/{ids['book']}/contents", {"contents": book_body}),
        ("POST", "/v2/workbooks", {"name": "x", "folderId": ids["folder"], "contents": book_body}),
        ("POST", "/v2/files", {"type": "folder", "name": "x", "parentId": ids["deep"]}),
    ):
        assert talk(method, path, tree).status_code == 403
    assert talk.bodies() == before


def test_a_feature_can_be_denied(talk, ids, book_body):
    talk.org.members[ids["admin"]].denied = {"workbooks.write", "people.read"}
    assert talk.get(f"/v2/workbooks/{ids['book']}")["name"] == "Orders"
    tree = {"name": "x", "folderId": ids["folder"], "contents": book_body}
    assert talk("POST", "/v2/workbooks", tree).status_code == 403
    assert talk("GET", "/v2/members").status_code == 403


def test_other_peoples_documents_stay_theirs(talk, ids):
    viewer = type(talk)(talk.sandbox, "north").sign_in("north-viewer", "viewer-secret")
    tree = {"type": "workbook", "name": "Private"}
    made = viewer("POST", "/v2/files", tree).json()
    assert made["parentId"] == ids["other_home"]
    assert "Private" not in names(talk.get("/v2/files"))
    assert talk("GET", f"/v2/files/{made['id']}").status_code == 403
    assert "Private" in names(talk.get("/v2/workbooks", skipPermissionCheck="true"))
    assert viewer("GET", "/v2/workbooks", params={"skipPermissionCheck": "true"}).status_code == 403


def test_workspaces(talk):
    made = talk("POST", "/v2/workspaces", {"name": "Ops"}).json()
    again = talk("POST", "/v2/workspaces", {"name": "Ops", "noDuplicates": True}).json()
    assert again == {"workspaceIds": [made["workspaceId"]], "workspaceUrlIds": [made["workspaceUrlId"]]}
    assert talk("POST", "/v2/workspaces", {"name": "Ops"}).json()["workspaceId"] != made["workspaceId"]
    assert len(talk.get("/v2/workspaces", exactName="Ops")["entries"]) == 2
    path = f"/v2/workspaces/{made['workspaceId']}"
    assert talk("PATCH", path, {"name": "Operations"}).json()["name"] == "Operations"
    assert talk("DELETE", path).json() == {}
    assert talk("GET", path).status_code == 404


@pytest.mark.parametrize(
    "name", ["a/b", "..", "line\nbreak", "<script>alert(1)</script>", "=cmd()", "x" * 10_000, "ü\u202e"]
)
def test_hostile_names_are_kept_as_they_are(talk, ids, name):
    made = talk("POST", "/v2/files", {"type": "folder", "name": name, "parentId": ids["space"]}).json()
    assert talk.get(f"/v2/files/{made['id']}")["name"] == name


def test_tables_are_files(talk, ids):
    entry = talk.get(f"/v2/files/{ids['orders']}")
    assert {key: entry[key] for key in ("id", "name", "type", "path")} == {
        "id": ids["orders"],
        "name": "ORDERS",
        "type": "table",
        "path": "Connection Root/DW/SALES",
    }
    assert talk.get(f"/v2/files/{entry['urlId']}") == entry
    listed = talk.get("/v2/files", typeFilters="table")["entries"]
    assert listed == [entry]  # what is not synced is in no catalog
    assert entry not in talk.get("/v2/files")["entries"]
    assert talk.get("/v2/files", typeFilters="table", name="nothing")["entries"] == []
    assert talk.get("/v2/files", typeFilters="table", parentId=entry["parentId"])["entries"] == [entry]
    assert talk.get("/v2/files", typeFilters="table", parentId=ids["folder"])["entries"] == []
    talk("POST", f"/v2/connections/{ids['lake']}/sync", {"path": ["DW"]})
    assert talk.get("/v2/files", typeFilters="table")["total"] == 2


@pytest.mark.parametrize(
    ("uuid", "url"),
    [
        ("005cff7c-c5da-49e3-a842-65f9886b4550", "0Gv0MxZH1k13nlbfE8XUQ"),  # a stored live answer
        ("0000ff7c-c5da-49e3-a842-65f9886b4550", None),
        ("3f1b6a52-0c7e-4b8e-8f7d-5f6a3f0f8a11", None),
        ("00000000-0000-4000-8000-000000000000", None),
    ],
)
def test_a_url_id_has_a_zero_for_each_leading_byte_that_is_zero(talk, ids, uuid, url):
    inode = talk.org.inodes.pop(ids["book"])
    inode.id = uuid
    talk.org.inodes[uuid] = inode
    found = talk.get(f"/v2/files/{uuid}")["urlId"]
    assert found == (url or found)
    zeros = len(found) - len(found.lstrip("0"))
    assert zeros == len(bytes.fromhex(uuid.replace("-", ""))) - len(bytes.fromhex(uuid.replace("-", "")).lstrip(b"\0"))
    assert talk.get(f"/v2/workbooks/{found}")["workbookId"] == uuid
    assert talk.get(f"/v2/workbooks/{found.lstrip('0')}")["workbookUrlId"] == found
