from __future__ import annotations

import orjson
import pytest
import yaml
from starlette.responses import JSONResponse, Response

from migrate.errors import ApiRefusal, InvalidInput, OutcomeUnknown, SafetyStop, ServiceError
from migrate.sigma import api
from migrate.sigma.specs import NOWHERE

pytestmark = pytest.mark.anyio

W = "/v2/workbooks/w1"
NEW_ID = "7b0e0000-0000-0000-0000-000000000000"


def yaml_answer(tree):
    return Response(yaml.safe_dump(tree), media_type="application/json")


FLAT = {"name": "n", "schemaVersion": 1, "pages": []}
DOCUMENT = {"name": "n", "document": {"schemaVersion": 1}}
CONTENTS = {"name": "n", "contents": {"schemaVersion": 1}}


@pytest.mark.parametrize(
    ("plain", "spec", "known", "found"),
    [
        (CONTENTS, None, None, CONTENTS),
        (CONTENTS, None, "contents", CONTENTS),
        ({"name": "n"}, DOCUMENT, None, DOCUMENT),
        ({"name": "n"}, FLAT, None, FLAT),
        ({"name": "n"}, FLAT, "flat", FLAT),
        ({"name": "n"}, DOCUMENT, "contents", DOCUMENT),
    ],
)
async def test_a_workbook_is_read_in_the_generation_it_has(service, opened, plain, spec, known, found):
    service.on("GET", W, plain)
    if spec is not None:
        service.on("GET", f"{W}/spec", yaml_answer(spec))
    async with opened() as client:
        assert await api.read_spec(client, "workbook", "w1", known) == found
    for entry in service.log:
        if entry[2].endswith("/spec"):
            assert entry[3].query_params["format"] == "json"


async def test_a_model_is_read_as_json_or_yaml(service, opened):
    service.on("GET", "/v2/dataModels/m1/spec", [yaml_answer(FLAT), JSONResponse(FLAT)])
    async with opened() as client:
        assert await api.read_spec(client, "data-model", "m1", None) == FLAT
        assert await api.read_spec(client, "data-model", "m1", "flat") == FLAT


def nested(levels):
    tree = {}
    for _ in range(levels - 1):
        tree = {"in": tree}
    return tree


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        (b"1e999", "too large for a double"),
        (b"7" * 5000, "too large for a double"),
        (b"-9223372036854775809", "the number -9223372036854775809 does not fit into 64 bit"),
        (b'"\\ud83d"', "half of a character"),
        (b'{"\\ud83d": 1}', "half of a character"),
        (orjson.dumps(nested(199)), None),
        (orjson.dumps(nested(200)), "deeper than 200 levels"),
        (b"[" * 400 + b"]" * 400, "deeper than 200 levels"),
    ],
)
@pytest.mark.parametrize("way", ["json", "yaml"])
async def test_what_cannot_be_sent_again_concerns_that_document_only(service, opened, inside, why, way):
    if way == "yaml" and b"ud83d" in inside:
        return  # no YAML holds half of a character
    text = b'{"name": "n", "pages": [' + inside + b"]}"
    answer = Response(text, media_type=f"application/{way}") if way == "json" else yaml_text(text)
    service.on("GET", "/v2/dataModels/m1/spec", answer)
    async with opened() as client:
        if why is None:
            assert await api.read_spec(client, "data-model", "m1", "flat")
            return
        with pytest.raises(ApiRefusal, match=why) as caught:
            await api.read_spec(client, "data-model", "m1", "flat")
    assert caught.value.code == "unusable_spec"


def yaml_text(text):
    """The same answer as block YAML where there is such a text, else in flow style."""
    return Response(text.replace(b'{"name": "n", "pages": [', b"name: n\npages: [").removesuffix(b"}"))


@pytest.mark.parametrize("answer", [None, JSONResponse({"name": "n"}), Response("")])
async def test_what_is_no_spec_concerns_that_document_only(service, opened, answer):
    service.on("GET", W, {"name": "n"})
    if answer is not None:
        service.on("GET", f"{W}/spec", answer)
    async with opened() as client:
        with pytest.raises(ApiRefusal) as caught:
            await api.read_spec(client, "workbook", "w1", None)
    assert caught.value.code == "unknown_shape"


async def test_a_document_that_is_gone_or_closed_says_so(service, opened, envelope):
    service.on("GET", W, envelope(409, "inode_archived", "archived"))
    async with opened() as client:
        with pytest.raises(ApiRefusal) as caught:
            await api.read_spec(client, "workbook", "w1", None)
    assert caught.value.code == "archived"


@pytest.mark.parametrize(
    ("plain", "spec", "generation"),
    [(CONTENTS, None, "contents"), ({"name": "n"}, DOCUMENT, "document"), ({"name": "n"}, FLAT, "flat")],
)
async def test_the_generation_is_seen_in_a_workbook(service, opened, plain, spec, generation):
    service.on("GET", W, plain)
    if spec is not None:
        service.on("GET", f"{W}/spec", JSONResponse(spec))
    async with opened() as client:
        assert (await api.detect_form(client, "workbook", "w1")).generation == generation


@pytest.mark.parametrize(
    ("routes", "writable", "generation"),
    [
        ({("PUT", f"/v2/workbooks/{NOWHERE}/contents"): 404}, True, "contents"),
        ({("PUT", f"/v2/workbooks/{NOWHERE}/contents"): 404}, False, None),
        ({("POST", "/v2/workbooks/spec/verify"): 400}, True, "document"),
        ({("POST", "/v2/workbooks/spec/verify"): 200}, False, "document"),
        ({("POST", "/v2/workbooks/spec/verify"): 403}, False, None),
        ({("GET", f"/v2/workbooks/{NOWHERE}/spec"): 404}, True, "flat"),
        ({}, True, None),
    ],
)
async def test_an_empty_org_is_asked_by_calls_that_make_nothing(
    service, opened, envelope, routes, writable, generation
):
    for (method, path), status in routes.items():
        service.on(method, path, {"valid": False} if status == 200 else envelope(status, "not_found", "No"))
    async with opened(writable=writable) as client:
        assert (await api.detect_form(client, "workbook", None)).generation == generation
    creates = [
        entry for entry in service.log if entry[1] == "POST" and entry[2] in ("/v2/workbooks", "/v2/workbooks/spec")
    ]
    assert creates == []
    assert all(NOWHERE in entry[2] for entry in service.log if entry[1] == "PUT")


@pytest.mark.parametrize(
    ("kind", "generation", "path", "key"),
    [
        ("data-model", "flat", "/v2/dataModels/spec", "dataModelId"),
        ("workbook", "flat", "/v2/workbooks/spec", "workbookId"),
        ("workbook", "document", "/v2/workbooks/spec", "workbookId"),
    ],
)
@pytest.mark.parametrize("as_yaml", [False, True])
async def test_a_create_in_json_and_in_yaml(service, opened, kind, generation, path, key, as_yaml):
    service.on("POST", path, yaml_answer({"success": True, key: NEW_ID}))
    body = {"name": "on", "document": {"pages": [{"on": "1e3", "date": "2026-01-01", "text": "a\nb"}]}, "pages": []}
    async with opened(writable=True) as client:
        assert await api.create_document(client, kind, generation, body, as_yaml=as_yaml) == NEW_ID
    request, sent = service.log[-1][3], service.log[-1][4]
    assert request.headers["content-type"] == ("application/yaml" if as_yaml else "application/json")
    assert (yaml.safe_load(sent) if as_yaml else orjson.loads(sent)) == body


@pytest.mark.parametrize(
    ("kind", "generation", "path"),
    [
        ("data-model", "flat", "/v2/dataModels/d1/spec"),
        ("workbook", "flat", "/v2/workbooks/d1/spec"),
        ("workbook", "document", "/v2/workbooks/d1/spec"),
        ("workbook", "contents", "/v2/workbooks/d1/contents"),
    ],
)
async def test_a_replace_goes_where_its_generation_says(service, opened, kind, generation, path):
    service.on("PUT", path, {"success": True})
    async with opened(writable=True) as client:
        await api.replace_document(client, kind, "d1", generation, {"pages": []})
    assert orjson.loads(service.log[-1][4]) == {"pages": []}


async def test_a_contents_create_without_contents_never_leaves(service, opened):
    async with opened(writable=True) as client:
        for body, as_yaml in (({"name": "n"}, False), (CONTENTS, True)):
            with pytest.raises(ValueError, match="blank workbook"):
                await api.create_document(client, "workbook", "contents", body, as_yaml=as_yaml)
        with pytest.raises(ValueError, match="blank workbook"):
            await api.verify_spec(client, "workbook", "contents", {"name": "n"})
    assert service.log == []


async def test_success_false_is_a_no(service, opened):
    service.on("PUT", f"{W}/spec", {"success": False})
    async with opened(writable=True) as client:
        with pytest.raises(ApiRefusal):
            await api.replace_document(client, "workbook", "w1", "document", DOCUMENT)


@pytest.mark.parametrize(
    ("answer", "errors", "warnings"),
    [
        (JSONResponse({"valid": True, "dryRun": True}), [], []),
        (JSONResponse({"dryRun": True, "warnings": [{"summary": "w"}]}), [], ["w"]),
        (
            JSONResponse({"dryRun": True, "valid": False, "errors": [{"summary": "a"}, {"summary": "b"}]}),
            ["a", "b"],
            [],
        ),
        (JSONResponse({"dryRun": True, "valid": False}), ["the server says invalid and gives no reason"], []),
        (JSONResponse({"valid": False, "errors": [{"summary": "a"}]}, 400), ["a"], []),
        (
            JSONResponse({"code": "invalid_request", "message": "schemaVersion: Invalid 1"}, 400),
            ["schemaVersion: Invalid 1"],
            [],
        ),
        (JSONResponse({"code": "not_found", "message": "No matching record"}, 404), ["No matching record"], []),
    ],
)
@pytest.mark.parametrize(
    ("generation", "path", "body"),
    [("document", "/v2/workbooks/spec/verify", DOCUMENT), ("contents", "/v2/workbooks", CONTENTS)],
)
async def test_the_servers_own_check(service, opened, answer, errors, warnings, generation, path, body):
    service.on("POST", path, answer)
    async with opened(writable=True) as client:
        found = await api.verify_spec(client, "workbook", generation, body)
        assert found == api.SpecCheck(errors=tuple(errors), warnings=tuple(warnings))
        assert await api.verify_spec(client, "workbook", "flat", FLAT) is None
    sent = orjson.loads(service.log[-1][4])
    if generation == "contents":
        assert sent.pop("dryRun") is True
        assert sent.pop("name").startswith("sigma-migrate dry run "), "a name that nothing else has"
    assert sent == {key: value for key, value in body.items() if generation == "document" or key != "name"}


async def test_a_check_that_fails_every_time_is_not_passed(service, opened, envelope):
    service.on("POST", "/v2/workbooks/spec/verify", envelope(500, "service_error", "incident-id=9"))
    async with opened(writable=True) as client:
        found = await api.verify_spec(client, "workbook", "document", DOCUMENT)
    assert len(found.errors) == 1
    assert "incident-id=9" in found.errors[0]


async def test_no_check_where_the_org_has_none(service, opened):
    async with opened(writable=True) as client:
        assert await api.verify_spec(client, "workbook", "document", DOCUMENT) is None


@pytest.mark.parametrize("answer", [{}, {"valid": True}, {"workbookId": "w1"}, {"dryRun": False}])
async def test_a_dry_run_that_was_not_honoured_and_left_nothing_to_be_found_stops(service, opened, envelope, answer):
    service.on("POST", "/v2/workbooks", answer)
    service.on("GET", W, JSONResponse({"workbookId": "w1", "name": "Somebody's own"}))
    service.on("GET", "/v2/workbooks", {"entries": [{"workbookId": "w1", "name": "Somebody's own"}]})
    async with opened(writable=True) as client:
        with pytest.raises(SafetyStop) as caught:
            await api.verify_spec(client, "workbook", "contents", CONTENTS)
    assert caught.value.code == "dry_run_wrote"
    assert "sigma-migrate dry run " in caught.value.message, "the name to look for"
    assert not [entry for entry in service.log if entry[1] == "DELETE"], "what has another name is somebody else's"


async def test_single_objects_are_none_where_they_are_not(service, opened, envelope):
    gone = envelope(404, "not_found", "No matching record")
    for method, path in (
        ("GET", W),
        ("GET", "/v2/files/f"),
        ("POST", "/v2/connection/c/lookup"),
        ("GET", f"{W}/elements/e/query"),
        ("GET", "/v2/connections/paths/i"),
        ("DELETE", "/v2/files/f"),
    ):
        service.on(method, path, gone)
    async with opened(writable=True) as client:
        assert await api.get_document(client, "workbook", "w1") is None
        assert await api.document_version(client, "workbook", "w1") is None
        assert await api.get_file(client, "f") is None
        assert await api.lookup(client, "c", ["A"]) is None
        assert await api.element_query(client, "workbook", "w1", "e") is None
        assert await api.table_path(client, "i") is None
        assert await api.delete_file(client, "f") is False


async def test_what_a_document_and_its_making_answer(service, opened):
    service.on("GET", W, {"latestVersion": 12})
    service.on("GET", "/v2/dataModels/m", {"latestVersion": "12"})
    service.on("POST", "/v2/files", [JSONResponse({"id": "f1"}), JSONResponse({})])
    service.on("POST", "/v2/workspaces", {"workspaceIds": ["a"]})
    service.on("PATCH", "/v2/files/f1", {"id": "f1", "name": "x"})
    service.on("DELETE", "/v2/files/f1", Response(status_code=204))
    service.on("GET", f"{W}/lineage", JSONResponse({"code": "invalid_request", "message": "incident"}, 400))
    async with opened(writable=True) as client:
        assert await api.document_version(client, "workbook", "w1") == 12
        with pytest.raises(ServiceError):
            await api.document_version(client, "data-model", "m")
        assert await api.create_folder(client, "n", "p") == {"id": "f1"}
        with pytest.raises(OutcomeUnknown):
            await api.create_folder(client, "n", "p")
        with pytest.raises(OutcomeUnknown):
            await api.create_workspace(client, "n")
        assert await api.patch_file(client, "f1", {"name": "x"}) == {"id": "f1", "name": "x"}
        assert await api.delete_file(client, "f1") is True
        assert await api.lineage(client, "workbook", "w1") is None


@pytest.mark.parametrize("hostile", ["../../v2/files", "a/b", "x?y=1", "#", "ü\n"])
async def test_an_id_is_one_segment_whatever_is_in_it(service, opened, hostile):
    async with opened() as client:
        with pytest.raises(ApiRefusal):
            await api.get_file(client, hostile)
    raw = service.log[-1][3].scope["raw_path"].decode()
    assert raw.startswith("/v2/files/")
    assert raw.count("/") == 3


@pytest.mark.parametrize("nothing", ["", ".", ".."])
async def test_an_id_that_is_none_never_leaves(service, opened, nothing):
    async with opened() as client:
        with pytest.raises(InvalidInput):
            await api.get_document(client, "workbook", nothing)
    assert service.log == []
