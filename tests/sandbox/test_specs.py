"""Spec endpoints of every generation: shapes, YAML, versions, conflicts (sigma-api 2, 5.2, 5.5; sigma-specs 1, 3.1)."""

import pytest
import yaml

from migrate.sandbox.ids import url_id


def create(talk, folder, generation, body, name="Made"):
    envelope = {"name": name, "folderId": folder}
    if generation == "contents":
        return talk("POST", "/v2/workbooks", {**envelope, "contents": body})
    wrapped = {**envelope, "document": body} if generation == "document" else {**envelope, **body}
    return talk("POST", "/v2/workbooks/spec", wrapped)


def read(talk, workbook_id, generation):
    if generation == "contents":
        return talk.get(f"/v2/workbooks/{workbook_id}", includeContents="true")
    return talk.get(f"/v2/workbooks/{workbook_id}/spec")


@pytest.fixture
def body_of(book_body, flat_body):
    return lambda generation: flat_body if generation == "flat" else book_body


@pytest.mark.parametrize("generation", ["flat", "document", "contents"])
def test_create_read_replace(talk, ids, body_of, generation):
    talk.org.switches.generation = generation
    body = body_of(generation)
    made = create(talk, ids["folder"], generation, body)
    assert made.status_code == 200, made.text
    if generation != "contents":
        assert set(made.json()) == {"success", "workbookId"}
    workbook_id = made.json()["workbookId"]
    shown = read(talk, workbook_id, generation)
    assert (shown["documentVersion"], shown["latestDocumentVersion"], shown["folderId"]) == (1, 1, ids["folder"])
    inner = shown if generation == "flat" else shown[generation]
    assert inner["layout"] == body["layout"]
    assert inner["pages"][0]["name"] == "on"
    changed = {**body, "pages": [{**body["pages"][0], "name": "off"}]}
    if generation == "contents":
        answer = talk("PUT", f"/v2/workbooks/{workbook_id}/contents", {"contents": changed})
    else:
        tree = {"document": changed} if generation == "document" else changed
        answer = talk("PUT", f"/v2/workbooks/{workbook_id}/spec", tree)
    assert answer.status_code == 200, answer.text
    assert read(talk, workbook_id, generation)["documentVersion"] == 2
    assert talk.get(f"/v2/workbooks/{workbook_id}")["latestVersion"] == 2


def test_creating_twice_makes_two(talk, ids, book_body):
    made = [create(talk, ids["folder"], "contents", book_body).json()["workbookId"] for _ in range(2)]
    assert made[0] != made[1]
    assert {talk.org.inodes[one].name for one in made} == {"Made"}


def test_an_older_organization_knows_no_newer_routes(talk, ids, book_body, flat_body):
    talk.org.switches.generation = "flat"
    assert talk("POST", "/v2/workbooks/spec/verify", {"document": book_body}).content == b""
    assert talk("PUT", f"/v2/workbooks/{ids['book']}/contents", {"contents": book_body}).content == b""
    assert "contents" not in talk.get(f"/v2/workbooks/{ids['book']}", includeContents="true")
    assert create(talk, ids["folder"], "document", book_body).status_code == 400
    talk.org.switches.generation = "document"
    answer = create(talk, ids["folder"], "flat", flat_body)
    assert answer.status_code == 400
    assert "0.document" in answer.json()["message"]


def test_a_transition_accepts_two_generations(talk, ids, book_body, flat_body):
    talk.org.switches.generation, talk.org.switches.accepts = "document", ("flat",)
    assert create(talk, ids["folder"], "flat", flat_body).status_code == 200
    assert create(talk, ids["folder"], "document", book_body).status_code == 200


def test_contents_in_an_older_organization_make_a_blank_workbook(talk, ids, book_body):
    talk.org.switches.generation = "document"
    made = create(talk, ids["folder"], "contents", book_body).json()
    assert talk.get(f"/v2/workbooks/{made['workbookId']}/spec")["document"]["elements"] == []


def test_without_contents_a_workbook_is_blank(talk, ids):
    made = talk("POST", "/v2/workbooks", {"name": "Blank", "folderId": ids["folder"]}).json()
    assert talk.get(f"/v2/workbooks/{made['workbookId']}", includeContents="true")["contents"]["elements"] == []


def test_verify(talk, ids, book_body):
    path = "/v2/workbooks/spec/verify"
    tree = {"name": "x", "folderId": ids["folder"], "document": book_body}
    before = talk.bodies()
    assert talk("POST", path, tree).json() == {"valid": True}
    shapeless = {key: value for key, value in book_body.items() if key != "pages"}
    assert talk("POST", path, {**tree, "document": shapeless}).status_code == 400
    sorted_wrong = {**book_body["elements"][0], "sort": [{"columnId": "gone", "direction": "ascending"}]}
    answer = talk("POST", path, {**tree, "document": {**book_body, "elements": [sorted_wrong]}})
    assert answer.status_code == 200
    assert answer.json()["valid"] is False
    assert isinstance(answer.json()["errors"][0]["summary"], str)
    assert talk.bodies() == before


def test_dry_run(talk, ids, book_body):
    tree = {"name": "x", "folderId": ids["folder"], "contents": book_body, "dryRun": True}
    before = talk.bodies()
    good = talk("POST", "/v2/workbooks", tree)
    assert (good.status_code, good.json()) == (200, {"dryRun": True, "warnings": []})
    path = f"/v2/workbooks/{ids['book']}/contents"
    assert talk("PUT", path, {"contents": book_body, "dryRun": True}).json() == good.json()
    source = {**book_body["elements"][0]["source"], "elementId": "gone"}
    broken = {**book_body, "elements": [{**book_body["elements"][0], "source": source}]}
    bad = talk("POST", "/v2/workbooks", {**tree, "contents": broken})
    assert (bad.status_code, bad.json()["valid"]) == (400, False)
    assert bad.json()["errors"]
    assert bad.json()["warnings"] == []
    lost = talk("POST", "/v2/workbooks", {**tree, "folderId": "00000000-0000-4000-8000-000000000000"})
    assert (lost.status_code, lost.json()["message"]) == (404, "No matching record")
    assert talk.bodies() == before


def test_a_dry_run_warns_of_what_does_not_resolve(talk, ids, book_body):
    columns = [*book_body["elements"][0]["columns"], {"id": "c", "formula": "[Nobody/Knows]"}]
    body = {**book_body, "elements": [{**book_body["elements"][0], "columns": columns}]}
    tree = {"name": "x", "folderId": ids["folder"], "contents": body, "dryRun": True}
    warnings = talk("POST", "/v2/workbooks", tree).json()["warnings"]
    assert len(warnings) == 1
    assert "Nobody/Knows" in warnings[0]["summary"]


def test_a_server_may_ignore_the_dry_run_and_write(talk, ids, book_body):
    talk.org.switches.dry_run = "ignored"
    tree = {"name": "x", "folderId": ids["folder"], "contents": book_body, "dryRun": True}
    answer = talk("POST", "/v2/workbooks", tree).json()
    assert "dryRun" not in answer
    assert talk.org.inodes[answer["workbookId"]].name == "x"
    path = f"/v2/workbooks/{answer['workbookId']}/contents"
    assert talk("PUT", path, {"contents": book_body, "dryRun": True}).json()["latestVersion"] == 2


def test_verify_may_be_gone(talk, ids, book_body):
    tree = {"name": "x", "folderId": ids["folder"], "document": book_body}
    assert talk("POST", "/v2/workbooks/spec/verify", tree).status_code == 200
    talk.org.switches.verify = False
    for kind in ("workbooks", "reports"):
        assert talk("POST", f"/v2/{kind}/spec/verify", tree).status_code == 404


def test_data_models_are_flat(talk, ids, model_body):
    tree = {"name": "Copy", "folderId": ids["folder"], **model_body}
    made = talk("POST", "/v2/dataModels/spec", tree).json()
    assert set(made) == {"success", "dataModelId"}
    shown = talk.get(f"/v2/dataModels/{made['dataModelId']}/spec")
    assert shown["pages"][0]["elements"][0]["id"] == "orders"
    assert shown["kind"] == "data-model"
    assert talk("POST", "/v2/dataModels/spec", {**tree, "document": {}}).status_code == 400


def test_model_ids_can_be_remapped(talk, ids, model_body):
    talk.org.switches.model_ids = "remap"
    made = talk("POST", "/v2/dataModels/spec", {"name": "Copy", "folderId": ids["folder"], **model_body}).json()
    shown = talk.get(f"/v2/dataModels/{made['dataModelId']}/spec")
    assert shown["pages"][0]["elements"][0]["id"] != "orders"


def test_document_version_guards_models_and_contents(talk, ids, model_body, book_body):
    path = f"/v2/dataModels/{ids['model']}/spec"
    assert talk("PUT", path, {**model_body, "documentVersion": 1}).status_code == 200
    answer = talk("PUT", path, {**model_body, "documentVersion": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    talk.org.switches.conflict_status = 400
    assert talk("PUT", path, {**model_body, "documentVersion": 1}).status_code == 400
    assert talk("PUT", path, model_body).status_code == 200
    assert talk.get(path)["documentVersion"] == 3
    path = f"/v2/workbooks/{ids['book']}/contents"
    assert talk("PUT", path, {"contents": book_body, "documentVersion": 7}).status_code == 400
    assert talk("PUT", path, {"contents": book_body, "documentVersion": 1}).status_code == 200


def test_versions_can_be_read_and_restored(talk, ids, model_body, book_body):
    changed = {**model_body, "pages": [{**model_body["pages"][0], "name": "Changed"}]}
    path = f"/v2/dataModels/{ids['model']}/spec"
    talk("PUT", path, changed)
    assert talk.get(path, documentVersion=1)["pages"][0]["name"] == "Orders"
    assert talk.get(path, documentVersion=1)["latestDocumentVersion"] == 2
    assert talk("GET", path, params={"documentVersion": 9}).status_code == 404
    book = f"/v2/workbooks/{ids['book']}"
    talk("PUT", f"{book}/contents", {"contents": {**book_body, "pages": [{"id": "p1", "name": "Changed"}]}})
    assert talk("POST", f"{book}/restoreVersion", {"version": 1}).json()["latestVersion"] == 3
    assert talk.get(book, includeContents="true")["contents"]["pages"][0]["name"] == "on"
    assert [one["version"] for one in talk.get(f"{book}/version-history")["entries"]] == [3, 2, 1]


def test_the_first_version_can_be_higher(talk, ids, book_body):
    talk.org.switches.first_version = 4
    made = create(talk, ids["folder"], "contents", book_body).json()
    assert made["latestVersion"] == 4


@pytest.mark.parametrize(
    ("switch", "accept", "query", "is_yaml"),
    [
        ("unless_json", "*/*", "", True),
        ("unless_json", "application/json", "", False),
        ("unless_json", "*/*", "?format=json", False),
        ("unless_json", "application/json", "?format=yaml", True),
        ("always", "application/json", "?format=json", True),
        ("never", "*/*", "", False),
        ("never", "application/yaml", "", True),
    ],
)
def test_yaml_answers(talk, ids, switch, accept, query, is_yaml):
    talk.org.switches.yaml = talk.org.switches.model_yaml = switch
    for kind, key in (("dataModels", "model"), ("workbooks", "book")):
        answer = talk("GET", f"/v2/{kind}/{ids[key]}/spec{query}", headers={"Accept": accept})
        assert answer.headers["content-type"].startswith("application/yaml" if is_yaml else "application/json")
        read = yaml.safe_load(answer.text) if is_yaml else answer.json()
        assert read["documentVersion"] == 1
        assert not is_yaml or not answer.text.startswith("{")


def test_yaml_answers_on_writes_but_not_on_errors(talk, ids, model_body):
    talk.org.switches.model_yaml = "always"
    tree = {"name": "x", "folderId": ids["folder"], **model_body}
    answer = talk("POST", "/v2/dataModels/spec", tree)
    assert answer.text.startswith("success: true\ndataModelId: ")
    assert talk("POST", "/v2/dataModels/spec", {}).json()["code"] == "invalid_request"
    assert talk("GET", "/v2/workbooks").json()["total"] == 1


def test_models_come_as_json_and_workbooks_as_yaml_where_nothing_is_asked_for(talk, ids):
    for kind, key, is_yaml in (("dataModels", "model", False), ("workbooks", "book", True)):
        answer = talk("GET", f"/v2/{kind}/{ids[key]}/spec", headers={"Accept": "*/*"})
        assert ("yaml" in answer.headers["content-type"]) is is_yaml


def test_yaml_of_both_ages(talk, ids):
    talk.org.switches.yaml = "always"
    quoted = talk("GET", f"/v2/workbooks/{ids['book']}/spec").text
    assert "name: 'on'" in quoted
    talk.org.switches.yaml_core = True
    bare = talk("GET", f"/v2/workbooks/{ids['book']}/spec").text
    assert "name: on\n" in bare


def test_yaml_requests_are_read_as_yaml_1_2(talk, ids, model_body):
    talk.org.switches.yaml = "never"
    text = yaml.safe_dump({"name": "From YAML", "folderId": ids["folder"], **model_body})
    text = text.replace("name: From YAML", "name: on")
    answer = talk("POST", "/v2/dataModels/spec", content=text, headers={"Content-Type": "application/yaml"})
    assert answer.status_code == 200, answer.text
    assert talk.get(f"/v2/dataModels/{answer.json()['dataModelId']}")["name"] == "on"
    two = f"---\nname: Two\nfolderId: {ids['folder']}\n---\n" + yaml.safe_dump(model_body)
    answer = talk("POST", "/v2/dataModels/spec", content=two, headers={"Content-Type": "application/yaml"})
    assert answer.status_code == 200, answer.text
    answer = talk("POST", "/v2/dataModels/spec", content="a: [", headers={"Content-Type": "application/yaml"})
    assert answer.status_code == 400


def test_refused_writes_change_nothing(talk, ids, book_body, model_body):
    before = talk.bodies()
    for method, path, tree in (
        ("POST", "/v2/dataModels/spec", {**model_body, "name": "x"}),
        ("POST", "/v2/dataModels/spec", {**model_body, "name": "x", "folderId": ids["book"]}),
        ("PUT", f"/v2/dataModels/{ids['model']}/spec", {"schemaVersion": 1}),
        ("PUT", f"/v2/workbooks/{ids['book']}/spec", {"document": {**book_body, "kind": "x"}}),
        ("POST", "/v2/workbooks", {"name": "x", "folderId": ids["folder"], "contents": {}}),
    ):
        assert talk(method, path, tree).status_code == 400, path
    assert talk.bodies() == before
    assert not talk.sandbox.evidence.writes()


def test_patch_on_a_workbook_does_nothing(talk, ids):
    before = talk.bodies()
    assert talk("PATCH", f"/v2/workbooks/{ids['book']}", {"name": "x"}).status_code == 200
    assert talk.bodies() == before


def test_lineage_is_refused_for_some_workbooks_for_ever(talk, add_books):
    add_books(60)
    talk.org.switches.lineage_refuses = 1 / 3
    refused = []
    for _ in range(2):
        workbooks = talk.get("/v2/workbooks", limit=1000)["entries"]
        answers = {one["workbookId"]: talk("GET", f"/v2/workbooks/{one['workbookId']}/lineage") for one in workbooks}
        refused.append({key for key, answer in answers.items() if answer.status_code == 400})
    assert refused[0] == refused[1]
    assert 8 <= len(refused[0]) <= 32
    assert talk.get(f"/v2/dataModels/{talk.get('/v2/dataModels')['entries'][0]['dataModelId']}/lineage")["entries"]


def test_documents_that_cannot_be_read(talk, ids):
    for status in (500, 403, 400):
        talk.org.inodes[ids["book"]].facts["unreadable"] = status
        assert talk("GET", f"/v2/workbooks/{ids['book']}/spec").status_code == status
        assert talk.get(f"/v2/workbooks/{ids['book']}")["name"] == "Orders"


def test_the_beta_can_be_off(talk, ids, book_body):
    talk.org.switches.spec_beta = False
    assert talk("GET", f"/v2/workbooks/{ids['book']}/spec").status_code == 403
    assert create(talk, ids["folder"], "contents", book_body).status_code == 403
    assert talk("GET", f"/v2/dataModels/{ids['model']}/spec").status_code == 200


def test_reports_are_no_workbooks(talk, ids):
    made = talk("POST", "/v2/files", {"type": "report", "name": "Report", "parentId": ids["folder"]}).json()
    answer = talk("GET", f"/v2/workbooks/{made['id']}")
    assert answer.status_code == 400
    assert "does not belong to a workbook" in answer.json()["message"]
    assert talk.get("/v2/reports")["entries"][0]["reportId"] == made["id"]


def test_parts_of_a_workbook(talk, ids):
    book = f"/v2/workbooks/{ids['book']}"
    assert talk.get(f"{book}/pages")["entries"][0]["pageId"] == "p1"
    assert talk.get(f"{book}/pages/p1/elements")["entries"] == talk.get(f"{book}/elements")["entries"]
    assert talk("GET", f"{book}/pages/none/elements").status_code == 404
    columns = talk.get(f"{book}/columns")["entries"]
    assert {column["type"]["type"] for column in columns}.isdisjoint({"error"})
    assert "label" in talk.get(f"{book}/elements/orders1/columns")["entries"][0]
    assert talk.get(f"{book}/elements/orders1/query")["sql"]
    assert talk("GET", f"{book}/elements/none/query").status_code == 404
    assert len(talk.get(f"{book}/queries")["entries"]) == 1


def test_a_copy_inside_the_organization(talk, ids):
    made = talk("POST", f"/v2/workbooks/{ids['book']}/copy", {"destinationFolderId": ids["folder"], "name": "Two"})
    assert made.json()["name"] == "Two"
    assert made.json()["workbookId"] != ids["book"]


def test_url_ids_stand_for_ids_in_reads(talk, ids):
    url_id = talk.get(f"/v2/workbooks/{ids['book']}")["workbookUrlId"]
    assert talk.get(f"/v2/workbooks/{url_id}")["workbookId"] == ids["book"]


def test_only_admins_replace_models(talk, ids, model_body):
    viewer = type(talk)(talk.sandbox, "north").sign_in("north-viewer", "viewer-secret")
    path = f"/v2/dataModels/{ids['model']}/spec"
    assert viewer("PUT", path, model_body).status_code == 403
    assert viewer.get(path)["documentVersion"] == 1
    assert talk("PUT", path, model_body).status_code == 200


def test_the_lineage_of_an_element(talk, ids):
    made = talk.get(f"/v2/workbooks/{ids['book']}/lineage/elements/orders1")
    model = f"{url_id(ids['model'])}/orders"
    assert made["dependencies"][model]["type"] == "data-model"
    sheet = next(node for node in made["dependencies"].values() if node["type"] == "sheet")
    assert sheet["elementId"] == "orders1" != sheet["nodeId"]
    assert made["edges"] == [{"source": model, "target": sheet["nodeId"], "type": "source"}]
    assert talk("GET", f"/v2/workbooks/{ids['book']}/lineage/elements/none").status_code == 404
    source = {"kind": "warehouse-table", "connectionId": ids["lake"], "path": ["DW", "SALES", "ORDERS"]}
    body = talk.org.inodes[ids["book"]].versions[0].body
    talk.org.inodes[ids["book"]].versions[0].body = {
        **body,
        "elements": [{"id": "t", "kind": "table", "source": source, "columns": []}],
    }
    made = talk.get(f"/v2/workbooks/{ids['book']}/lineage/elements/t")
    assert made["edges"][0]["source"].startswith("inode-")


def test_a_dataset_that_cannot_be_resolved_any_more(talk, ids):
    talk.org.inodes[ids["book"]].hidden_sources = [{"type": "dataset", "inodeId": "d-5"}]
    gone = talk("GET", "/v2/datasets/d-5")
    assert (gone.status_code, gone.json()["code"]) == (409, "inode_archived")
    assert talk("GET", "/v2/datasets/d-6").status_code == 404


def test_routes_are_found_in_any_case(talk, ids):
    whole = talk.get("/v2/dataModels")
    assert talk.get("/v2/datamodels") == whole
    assert talk.get(f"/V2/DATAMODELS/{ids['model']}/spec") == talk.get(f"/v2/dataModels/{ids['model']}/spec")
    assert "hasMore" in talk.get("/v2.1/Teams")
