"""Answers against Sigma's own description of its API, read in place where it is there; skipped where it is not.

The description is held closed: a field that it does not name is an error, but for ``SEEN_ELSEWHERE``. Its unions are
read as "any of", for many of their branches overlap.
"""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from kit.places import beside
from migrate.sandbox import world

OPENAPI = beside("openapi") / "sigma-rest-api.openapi.json"

SEEN_ELSEWHERE = {
    "/v2/whoami": {"accountType"},  # named by the vendor's own guidance
    "/v2/workbooks/{}/columns": {"label"},  # live readers find the display name there
    "/v2/dataModels/{}/columns": {"label"},
    "/v2/reports/{}/columns": {"label"},
}


@pytest.fixture(scope="module")
def described() -> Any:
    if not OPENAPI.is_file():
        pytest.skip(f"Sigma's OpenAPI document is not at {OPENAPI}")
    return json.loads(OPENAPI.read_text("utf-8"), object_hook=closed)


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema object that takes no unnamed fields, and any branch of a union."""
    if "oneOf" in schema:
        schema["anyOf"] = schema.pop("oneOf")
    if schema.get("type") == "object" and schema.get("properties"):
        schema.setdefault("additionalProperties", False)
    return schema


def schema_of(described: Any, method: str, template: str) -> Any:
    """The schema of the 200 answer of an operation, with everything it refers to."""
    for path, operations in described["paths"].items():
        if re.sub(r"\{\w+\}", "{}", path) == template and method in operations:
            content = operations[method]["responses"]["200"]["content"]["application/json"]["schema"]
            return {**content, "components": described["components"]}
    return None


def without(answer: Any, extra: set[str]) -> Any:
    """The answer, and the entries in it, without these fields."""
    if not extra:
        return answer
    shown = {key: value for key, value in answer.items() if key not in extra}
    if "entries" in shown:
        shown["entries"] = [without(entry, extra) for entry in shown["entries"]]
    return shown


def check(described: Any, method: str, template: str, answer: Any) -> None:
    schema = schema_of(described, method, template)
    assert schema is not None, f"{method} {template} is not described"
    jsonschema.Draft202012Validator(schema).validate(without(answer, SEEN_ELSEWHERE.get(template, set())))


READS = (
    ("/v2/whoami", ()),
    ("/v2/workbooks", ()),
    ("/v2/workbooks/{}", ("book",)),
    ("/v2/workbooks/{}/sources", ("book",)),
    ("/v2/workbooks/{}/version-history", ("book",)),
    ("/v2/workbooks/{}/pages", ("book",)),
    ("/v2/workbooks/{}/pages/{}/elements", ("book", "page")),
    ("/v2/workbooks/{}/elements", ("book",)),
    ("/v2/workbooks/{}/columns", ("book",)),
    ("/v2/workbooks/{}/elements/{}/columns", ("book", "element")),
    ("/v2/workbooks/{}/elements/{}/query", ("book", "element")),
    ("/v2/workbooks/{}/queries", ("book",)),
    ("/v2/workbooks/{}/controls", ("book",)),
    ("/v2/workbooks/{}/lineage", ("book",)),
    ("/v2/workbooks/{}/lineage/elements/{}", ("book", "element")),
    ("/v2/workbooks/{}/bookmarks", ("book",)),
    ("/v2/workbooks/{}/embeds", ("book",)),
    ("/v2/workbooks/{}/schedules", ("book",)),
    ("/v2/workbooks/{}/materialization-schedules", ("book",)),
    ("/v2/workbooks/{}/tags", ("book",)),
    ("/v2/dataModels", ()),
    ("/v2/dataModels/{}", ("model",)),
    ("/v2/dataModels/{}/sources", ("model",)),
    ("/v2/dataModels/{}/elements", ("model",)),
    ("/v2/dataModels/{}/columns", ("model",)),
    ("/v2/dataModels/{}/lineage", ("model",)),
    ("/v2/dataModels/{}/tags", ("model",)),
    ("/v2/files", ()),
    ("/v2/files/{}", ("book",)),
    ("/v2/files/{}", ("space",)),
    ("/v2/workspaces", ()),
    ("/v2.1/workspaces", ()),
    ("/v2/workspaces/{}", ("space",)),
    ("/v2/members", ()),
    ("/v2.1/members", ()),
    ("/v2/members/{}", ("admin",)),
    ("/v2/members/{}/teams", ("admin",)),
    ("/v2/members/{}/files", ("admin",)),
    ("/v2/teams", ()),
    ("/v2.1/teams", ()),
    ("/v2/teams/{}", ("team",)),
    ("/v2/teams/{}/members", ("team",)),
    ("/v2/user-attributes", ()),
    ("/v2/api-connectors", ()),
    ("/v2/accountTypes", ()),
    ("/v2/tags", ()),
    ("/v2/tenants", ()),
    ("/v2/grants", ()),
    ("/v2/connections", ()),
    ("/v2/connections/{}/test", ("lake",)),
    ("/v2/connections/{}/grants", ("lake",)),
    ("/v2/connections/paths", ()),
    ("/v2/connections/paths/{}", ("orders",)),
    ("/v2/connections/tables/{}/columns", ("orders",)),
    ("/v2/grants/{}", ("grant",)),
    ("/v2/workspaces/{}/grants", ("space",)),
    ("/v2/workbooks/{}/schedules", ("other",)),
    ("/v2.1/workbooks/{}/schedules", ("other",)),
    ("/v2/workbooks/{}/embeds", ("other",)),
    ("/v2/workbooks/{}/materialization-schedules", ("other",)),
    ("/v2/workbooks/{}/materializations/{}", ("other", "run")),
    ("/v2/dataModels/{}/materializationSchedules", ("model",)),
    ("/v2/reports/{}/schedules", ("report",)),
    ("/v2/members/{}/schedules", ("admin",)),
    ("/v2/members/{}/files/favorites", ("admin",)),
    ("/v2/favorites/member/{}", ("admin",)),
    ("/v2/user-attributes/{}", ("attribute",)),
    ("/v2/user-attributes/{}/users", ("attribute",)),
    ("/v2/user-attributes/{}/teams", ("attribute",)),
    ("/v2/teams/{}/user-attributes", ("team",)),
    ("/v2/tenants/{}", ("tenant",)),
    ("/v2/translations/organization", ()),
    ("/v2/translations/organization/{}", ("locale",)),
    ("/v2/tenants/{}/workbooks?parentWorkbookId=p", ("tenant",)),
    ("/v2/reports", ()),
    *(
        (f"/v2/reports/{{}}{tail}", ("report",))
        for tail in (
            *("", "/pages", "/elements", "/columns", "/queries", "/controls", "/lineage", "/sources", "/tags"),
            "/version-history",
        )
    ),
    ("/v2/reports/{}/lineage/elements/{}", ("report", "element")),
    ("/v2/reports/{}/elements/{}/query", ("report", "element")),
    ("/v2/files/{}", ("orders",)),
    ("/v2/files/{}", ("report",)),
    ("/v2/datasets", ()),
    ("/v2/templates", ()),
)


def report(talk, ids):
    """The id of a new report with the contents of the workbook."""
    body = {**talk.org.inodes[ids["book"]].versions[0].body, "kind": "report"}
    return talk("POST", "/v2/reports", {"name": "x", "folderId": ids["folder"], "contents": body}).json()["reportId"]


@pytest.mark.parametrize(("template", "names"), READS, ids=[template for template, _ in READS])
def test_reads_are_as_described(described, talk, ids, template, names):
    known = {**ids, "page": "p1", "element": "orders1", "report": report(talk, ids), **surroundings(talk, ids)}
    talk("POST", "/v2/tags", {"name": "Ready", "color": "grass"})
    talk("POST", "/v2/workbooks/tag", {"workbookId": ids["book"], "tag": "Ready"})
    path, _, query = template.partition("?")
    asked = dict(pair.split("=") for pair in query.split("&") if pair)
    answer = talk.get(path.format(*(known[name] for name in names)), **asked)
    check(described, "get", path, answer)
    if set(names) & {"other", "run", "attribute", "report"} and "entries" in answer and "queries" not in path:
        assert answer["entries"] or "/tags" in path or "/controls" in path


def surroundings(talk, ids):
    """Something of everything that stands round documents, made through the API; its ids by name."""
    copied = {"name": "y", "destinationFolderId": ids["folder"]}
    book = talk("POST", f"/v2/workbooks/{ids['book']}/copy", copied).json()["workbookId"]
    talk.org.connections[ids["lake"]].write_access = True
    cron = {"schedule": {"cronSpec": "0 7 * * *", "timezone": "UTC"}}
    export = {"formatOptions": {"type": "PDF"}, "workbookExportSource": {"type": "all"}}
    config = {"title": "x", "messageBody": "", "exportAttachments": [export]}
    schedule = {**cron, "target": [{"email": "a@b.example"}], "configV2": config}
    talk("POST", f"/v2/workbooks/{book}/schedules", schedule)
    for entry in talk.get("/v2/reports")["entries"]:
        talk("POST", f"/v2/reports/{entry['reportId']}/schedules", schedule)
    talk("POST", f"/v2/workbooks/{book}/embeds", {"embedType": "public", "sourceType": "workbook"})
    talk("POST", f"/v2/workbooks/{book}/elements/orders1/materializationSchedules", cron)
    talk("POST", f"/v2/dataModels/{ids['model']}/elements/orders/materializationSchedules", cron)
    attribute = talk("POST", "/v2/user-attributes", {"name": "region"}).json()["userAttributeId"]
    value = {"type": "string", "val": "x"}
    for kind, key, name in (("users", "userId", "admin"), ("teams", "teamId", "team")):
        tree = {"assignments": [{key: ids[name], "value": value}]}
        talk("POST", f"/v2/user-attributes/{attribute}/{kind}", tree)
    talk("POST", "/v2/favorites", {"memberId": ids["admin"], "inodeId": book})
    tree = {"grantee": {"teamId": ids["team"]}, "permission": "view", "inodeId": ids["space"]}
    talk("POST", "/v2/translations/organization", {"lng": "de-de", "translations": {"Orders": "Bestellungen"}})
    south = talk.sandbox.world.orgs["south"]
    south.inodes[ids["book"]].facts["deployed_from"] = "p"
    return {
        "other": book,
        "run": next(iter(talk.org.inodes[book].facts["runs"])),
        "attribute": attribute,
        "grant": talk("POST", "/v2/grants", tree).json()["grantId"],
        "tenant": south.id,
        "locale": "de-de",
    }


WRITES = (
    ("post", "/v2/files", (), {"type": "folder", "name": "x"}),
    ("patch", "/v2/files/{}", ("book",), {"name": "x"}),
    ("delete", "/v2/files/{}", ("book",), None),
    ("post", "/v2/workspaces", (), {"name": "x"}),
    ("post", "/v2/workspaces", (), {"name": "Shared", "noDuplicates": True}),
    ("post", "/v2/workbooks", (), {"name": "x", "folderId": "22222222-2222-4222-8222-222222222222"}),
    ("post", "/v2/workbooks/{}/restoreVersion", ("book",), {"version": 1}),
    (
        "post",
        "/v2/workbooks/{}/copy",
        ("book",),
        {"name": "x", "destinationFolderId": "22222222-2222-4222-8222-222222222222"},
    ),
    (
        "post",
        "/v2/grants",
        (),
        {
            "grantee": {"memberId": "ViEwErViEwErViEwErViEwErViEw"},
            "permission": "explore",
            "inodeId": "22222222-2222-4222-8222-222222222222",
        },
    ),
    ("post", "/v2/workbooks/{}/embeds", ("book",), {"embedType": "public", "sourceType": "workbook"}),
    (
        "post",
        "/v2/workbooks/{}/schedules",
        ("book",),
        {"target": [{"email": "a@b.example"}], "schedule": {"cronSpec": "0 7 * * *", "timezone": "UTC"}},
    ),
    ("patch", "/v2/teams/{}/members", ("team",), {"add": ["ViEwErViEwErViEwErViEwErViEw"]}),
    ("post", "/v2/reports", (), {"name": "x", "folderId": "22222222-2222-4222-8222-222222222222"}),
    ("post", "/v2/connection/{}/lookup", ("lake",), {"path": ["DW", "SALES", "ORDERS"]}),
    ("post", "/v2/connections/{}/sync", ("lake",), {"path": ["DW"]}),
    ("post", "/v2/teams", (), {"name": "x"}),
    ("post", "/v2/tags", (), {"name": "x", "color": "plum"}),
    ("post", "/v2/user-attributes", (), {"name": "x"}),
)


@pytest.mark.parametrize(("method", "template", "names", "tree"), WRITES)
def test_writes_are_as_described(described, talk, ids, method, template, names, tree):
    answer = talk(method.upper(), template.format(*(ids[name] for name in names)), tree)
    assert answer.status_code == 200, answer.text
    check(described, method, template, answer.json())


def test_the_token_endpoint_is_as_described(described, talk):
    check(described, "post", "/v2/auth/token", talk.mint().json())


def test_the_check_can_fail(described, talk):
    answer = talk.get("/v2/workbooks")
    del answer["entries"][0]["workbookId"]
    with pytest.raises(jsonschema.ValidationError):
        check(described, "get", "/v2/workbooks", answer)


PARTS = {
    "workbooks": ("sources", "pages", "elements", "columns", "queries", "controls", "lineage", "version-history"),
    "dataModels": ("sources", "elements", "columns", "lineage"),
}


@pytest.mark.parametrize("name", world.packaged())
def test_every_document_of_the_packaged_worlds_is_as_described(described, talk_in, name):
    for talk in talk_in(world.builtin(name)):
        for kind, parts in PARTS.items():
            listed = talk.get(f"/v2/{kind}", limit=1000)
            check(described, "get", f"/v2/{kind}", listed)
            for entry in listed["entries"]:
                inode_id = entry.get("workbookId") or entry["dataModelId"]
                for part in parts:
                    answer = talk("GET", f"/v2/{kind}/{inode_id}/{part}")
                    assert answer.status_code in (200, 400, 403, 500), answer.text
                    assert answer.status_code == 200 or "sandbox_bug" not in answer.text
                    if answer.status_code == 200:
                        check(described, "get", f"/v2/{kind}/{{}}/{part}", answer.json())
