"""Reports: the third kind of document, by both families of endpoints; and what only they have."""

from __future__ import annotations

import copy

import pytest
import yaml

from migrate.sandbox.evidence import duplicates

REPORT = {
    "schemaVersion": 1,
    "kind": "report",
    "config": {"pageWidth": 816, "pageHeight": 1056, "margin": 48},
    "elements": [
        {"id": "title", "kind": "text", "body": "# Orders"},
        {
            "id": "orders1",
            "kind": "table",
            "name": "All orders",
            "source": {
                "kind": "data-model",
                "dataModelId": "66666666-6666-4666-8666-666666666666",
                "elementId": "orders",
            },
            "columns": [{"id": "a", "formula": "[Orders/Order Id]"}],
        },
        {"id": "foot", "kind": "text", "body": "Confidential"},
    ],
    "pages": [{"id": "p1", "name": "Page 1"}],
    "panels": [{"id": "footer", "type": "footer", "title": "Footer", "pages": ["p1"], "config": {"height": 40}}],
    "layout": (
        '<Page id="p1"><Element elementId="title" x="48" y="48" width="720" height="72"/>'
        '<Element elementId="orders1" x="48" y="120" width="720" height="600"/></Page>'
        '<Panel id="footer" type="footer"><Element elementId="foot" x="48" y="8" width="720" height="24"/></Panel>'
    ),
}


@pytest.fixture
def body():
    return copy.deepcopy(REPORT)


def created(talk, ids, body, **more):
    answer = talk("POST", "/v2/reports", {"name": "Orders", "folderId": ids["folder"], "contents": body, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_report_is_created_read_and_replaced(talk, ids, body):
    made = created(talk, ids, body, description="All of them")
    path = f"/v2/reports/{made['reportId']}"
    assert made["reportUrlId"]
    assert talk.get(path) == made
    shown = talk.get(path, includeContents="true")
    assert shown["contents"] == body
    assert {key: shown[key] for key in ("reportId", "name", "description")} == {
        "reportId": made["reportId"],
        "name": "Orders",
        "description": "All of them",
    }
    body["elements"][0]["body"] = "# Other"
    assert talk("PUT", f"{path}/contents", {"contents": body, "documentVersion": 1}).status_code == 200
    assert talk.get(path, includeContents="true")["contents"] == body
    assert talk("PUT", f"{path}/contents", {"contents": body, "documentVersion": 1}).status_code == 409
    assert [one["version"] for one in talk.get(f"{path}/version-history")["entries"]] == [2, 1]


def test_the_older_family_of_reports(talk, ids, body):
    answer = talk("POST", "/v2/reports/spec", {"name": "Orders", "folderId": ids["folder"], "document": body})
    assert set(answer.json()) == {"success", "reportId"}
    path = f"/v2/reports/{answer.json()['reportId']}/spec"
    assert talk.get(path)["document"] == body
    assert talk.get(path)["reportId"] == answer.json()["reportId"]
    body["elements"][0]["body"] = "# Other"
    assert talk("PUT", path, {"document": body}).json() == answer.json()
    plain = talk("GET", path, headers={"Accept": "*/*"})
    assert yaml.safe_load(plain.text)["document"]["elements"][0]["body"] == "# Other"
    verified = talk("POST", "/v2/reports/spec/verify", {"name": "x", "folderId": ids["folder"], "document": body})
    assert verified.json() == {"valid": True}


def test_a_dry_run_of_a_report_stores_nothing(talk, ids, body):
    before = talk.bodies()
    tree = {"name": "x", "folderId": ids["folder"], "contents": body, "dryRun": True}
    assert talk("POST", "/v2/reports", tree).json() == {"dryRun": True, "warnings": []}
    body["elements"][1]["source"]["elementId"] = "gone"
    refused = talk("POST", "/v2/reports", tree)
    assert (refused.status_code, refused.json()["valid"]) == (400, False)
    assert talk.bodies() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "workbook"}, 'kind: Invalid "report": "workbook"'),
        ({"kind": None}, 'kind: Invalid "report": null'),
        ({"elements": [*REPORT["elements"], {"id": "more", "kind": "text", "body": ""}]}, "is not placed in layout"),
        ({"layout": REPORT["layout"].replace('id="p1"', 'id="p9"')}, "layout references unknown page 'p9'"),
    ],
)
def test_what_is_wrong_with_a_report(talk, ids, body, change, message):
    answer = talk("POST", "/v2/reports", {"name": "x", "folderId": ids["folder"], "contents": {**body, **change}})
    assert answer.status_code == 400
    assert message in answer.json()["message"]


def test_a_report_has_a_date_too(talk, ids, body):
    body["elements"][0]["verticalAlign"] = "middle"
    talk.org.switches.spec_date = "2026-09-08"
    tree = {"name": "x", "folderId": ids["folder"], "contents": body}
    assert talk("POST", "/v2/reports", tree).json()["message"] == 'verticalAlign: Invalid value: "middle"'
    body["elements"][0]["verticalAlign"] = "center"
    assert talk("POST", "/v2/reports", tree).status_code == 200


def test_parts_of_a_report_come_by_token(talk, ids, body):
    path = f"/v2/reports/{created(talk, ids, body)['reportId']}"
    first = talk.get(f"{path}/elements", pageSize=2)
    assert [one["elementId"] for one in first["entries"]] == ["title", "orders1"]
    rest = talk.get(f"{path}/elements", pageSize=2, pageToken=first["nextPageToken"])
    assert [one["elementId"] for one in rest["entries"]] == ["foot"]
    assert "nextPageToken" not in rest
    assert talk.get(f"{path}/pages")["entries"] == [{"pageId": "p1", "name": "Page 1"}]
    assert talk.get(f"{path}/columns")["entries"][0]["columnId"] == "a"
    assert talk.get(f"{path}/sources")[0]["dataModelId"] == ids["model"]
    assert talk.get(f"{path}/elements/orders1/query")["sql"].startswith("select")
    assert len(talk.get(f"{path}/queries")["entries"]) == 1
    assert talk.get(f"{path}/lineage")["entries"][0]["type"] == "element"


def test_reports_stand_in_lists_and_among_files(talk, ids, body):
    made = created(talk, ids, body)
    assert [one["reportId"] for one in talk.get("/v2/reports")["entries"]] == [made["reportId"]]
    entries = talk.get("/v2/files", typeFilters="report")["entries"]
    assert [(one["id"], one["urlId"]) for one in entries] == [(made["reportId"], made["reportUrlId"])]
    assert made["reportId"] in [one["id"] for one in talk.get("/v2/files")["entries"]]
    assert talk("DELETE", f"/v2/reports/{made['reportId']}").status_code == 404
    assert talk("DELETE", f"/v2/files/{made['reportId']}").status_code == 200
    assert talk("GET", f"/v2/reports/{made['reportId']}/spec").status_code == 409
    assert talk.get("/v2/reports", isArchived="true")["total"] == 1


def test_a_blank_report_is_a_report(talk, ids):
    made = talk("POST", "/v2/reports", {"name": "Blank", "folderId": ids["folder"]}).json()
    shown = talk.get(f"/v2/reports/{made['reportId']}", includeContents="true")["contents"]
    assert (shown["kind"], shown["elements"], len(shown["pages"])) == ("report", [], 1)
    answer = talk("PUT", f"/v2/reports/{made['reportId']}/contents", {"contents": shown})
    assert answer.status_code == 200


def test_a_layout_that_is_missing_on_replace_is_made_anew(talk, ids, body):
    path = f"/v2/reports/{created(talk, ids, body)['reportId']}"
    del body["layout"]
    assert talk("PUT", f"{path}/contents", {"contents": body}).status_code == 200
    layout = talk.get(path, includeContents="true")["contents"]["layout"]
    assert layout.count("elementId=") == 3
    assert "grid" not in layout


def test_workbooks_and_reports_are_told_apart(talk, ids, body):
    made = created(talk, ids, body)
    wrong = talk("GET", f"/v2/workbooks/{made['reportId']}")
    assert (wrong.status_code, "does not belong to a workbook" in wrong.json()["message"]) == (400, True)
    assert talk("GET", f"/v2/reports/{ids['book']}").status_code == 400
    assert talk("GET", f"/v2/reports/{ids['model']}").status_code == 404


def test_a_tagged_report_is_one_of_its_own(talk, ids, body):
    made = created(talk, ids, body)
    talk("POST", "/v2/tags", {"name": "Prod", "color": "grass"})
    path = f"/v2/reports/{made['reportId']}"
    newer = {**body, "elements": [{**body["elements"][0], "body": "# Newer"}, *body["elements"][1:]]}
    talk("PUT", f"{path}/contents", {"contents": newer})
    tagged = talk(
        "POST", "/v2/reports/tag", {"reportId": made["reportId"], "tagName": "Prod", "reportVersion": 1}
    ).json()
    older = talk.get(f"/v2/reports/{tagged['taggedReportId']}", includeContents="true")
    assert older["contents"]["elements"][0]["body"] == "# Orders"
    assert [one["tagName"] for one in talk.get(f"{path}/tags")["entries"]] == ["Prod"]
    assert talk.get(path)["tags"][0]["sourceVersion"] == 1
    assert [one["reportId"] for one in talk.get("/v2/reports")["entries"]] == [made["reportId"]]


def test_an_organization_may_have_no_reports(talk, ids, body):
    made = created(talk, ids, body)
    talk.org.switches.reports = "off"
    refused = talk("GET", "/v2/reports")
    assert (refused.status_code, refused.json()["message"]) == (403, "Reports are not enabled for your organization")
    talk.org.switches.reports = "absent"
    for method, path in (("GET", "/v2/reports"), ("GET", f"/v2/reports/{made['reportId']}/spec")):
        unknown = talk(method, path)
        assert (unknown.status_code, unknown.content, unknown.headers["errorcause"]) == (404, b"", "UnmatchedHandler")
    assert [one["id"] for one in talk.get("/v2/files", typeFilters="report")["entries"]] == [made["reportId"]]


def test_an_organization_may_know_only_the_older_family(talk, ids, body):
    talk.org.switches.reports = "older"
    blank = created(talk, ids, body)
    path = f"/v2/reports/{blank['reportId']}"
    assert "contents" not in talk.get(path, includeContents="true")
    assert talk.get(f"{path}/spec")["document"]["elements"] == [], "the contents were not read"
    assert talk("PUT", f"{path}/contents", {"contents": body}).headers["errorcause"] == "UnmatchedHandler"
    assert talk("PUT", f"{path}/spec", {"document": body}).status_code == 200
    assert talk.get(f"{path}/spec")["document"] == body


def test_reports_are_a_right_of_their_own(talk, ids, body):
    created(talk, ids, body)
    member = talk.org.members[talk.org.clients[0].member_id]
    member.denied.add("reports.write")
    assert talk("GET", "/v2/reports").status_code == 200
    refused = talk("POST", "/v2/reports", {"name": "Orders", "folderId": ids["folder"], "contents": body})
    assert (refused.status_code, "reports.write" in refused.json()["message"]) == (403, True)
    member.denied.add("reports.read")
    assert talk("GET", "/v2/reports").status_code == 403
    assert talk("GET", "/v2/workbooks").status_code == 200


def test_two_reports_of_a_name_are_seen(talk, ids, body):
    created(talk, ids, body)
    assert duplicates(talk.org) == []
    created(talk, ids, body)
    assert duplicates(talk.org) == [("report", ids["folder"], "Orders", 2)]
