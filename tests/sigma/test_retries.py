from __future__ import annotations

import anyio
import pytest
from starlette.responses import JSONResponse, Response

from migrate.errors import ApiRefusal, OutcomeUnknown, ServiceError
from migrate.plan.running import Limits
from migrate.sigma import api
from migrate.sigma.retry import RetryLimits, backoff

pytestmark = pytest.mark.anyio

DOCUMENT = {"document": {"schemaVersion": 1}}
NEW_ID = "7b0e0000-0000-0000-0000-000000000000"
CREATE = "/v2/workbooks/spec"
FILE = "/v2/files/f1"


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 521, 429])
async def test_a_read_is_sent_again_after_trouble_that_passes(service, opened, envelope, status):
    service.on("GET", FILE, [envelope(status, "oops", "later"), JSONResponse({"id": "f1", "name": "F"})])
    async with opened() as client:
        assert await api.get_file(client, "f1") == {"id": "f1", "name": "F"}
        assert client.stats.retries == 1


@pytest.mark.parametrize(
    ("answer", "code", "tries"),
    [
        (Response("boom", 502), "service", 3),
        (JSONResponse({"code": "service_error", "message": "incident-id=7"}, 500), "permanent_error", 2),
        (Response('{"cut', 200), "odd_answer", 3),
        (Response("<html>slow down</html>", 200), "throttled", 3),
        (Response("{}", 429), "throttled", 3),
    ],
)
async def test_a_read_gives_up_in_the_end(service, opened, short, answer, code, tries):
    service.on("GET", FILE, answer)
    async with opened(retries=short) as client:
        with pytest.raises(ServiceError) as caught:
            await api.get_file(client, "f1")
    assert caught.value.code == code
    assert caught.value.next_action
    assert caught.value.thing == f"GET /v2/files/{{id}} → {answer.status_code}"
    assert service.sent(FILE) == tries


@pytest.mark.parametrize(
    ("status", "api_code", "message", "code"),
    [
        (400, "invalid_request", "Dependency not found: 'ORDERS/Region'", "dependency_not_found"),
        (400, "invalid_request", "panels: page headers are not enabled for this workspace", "feature_off"),
        (400, "invalid_request", "elements[3]: element 'x' is not placed in layout", "layout_refused"),
        (400, "invalid_request", "Element collisions found: 'x'", "elements_overlap"),
        (400, "invalid_request", "Expecting { schemaVersion: 1 } at 0.document", "wrong_generation"),
        (400, "invalid_request", "Image upload does not belong to this organization: 'a/b.png'", "not_of_this_org"),
        (400, "invalid_request", "schemaVersion: Invalid 1: undefined", "api_refused"),
        (403, "forbidden", "no", "forbidden"),
        (404, "not_found", "No matching record", "not_found"),
        (409, "inode_archived", "archived", "archived"),
        (409, "conflict", "version", "conflict"),
        (413, "too_large", "big", "too_large"),
    ],
)
async def test_a_clear_no_is_said_once_with_its_reason(service, opened, envelope, status, api_code, message, code):
    service.on("POST", CREATE, envelope(status, api_code, message))
    async with opened(writable=True) as client:
        with pytest.raises(ApiRefusal) as caught:
            await api.create_document(client, "workbook", "document", DOCUMENT)
    error = caught.value
    assert (error.status, error.api_code, error.request_id, error.code) == (status, api_code, "req-77", code)
    assert message in error.message
    assert error.thing == f"POST {CREATE} → {status}: {message}"
    assert service.sent(CREATE) == 1


async def test_what_a_refusal_is_about_has_no_id_of_its_request(service, opened, envelope):
    path = f"/v2/workbooks/{NEW_ID}/queries"
    service.on("GET", path, envelope(400, "invalid_request", f"workbook {NEW_ID} is odd"))
    async with opened() as client:
        with pytest.raises(ApiRefusal) as caught:
            await client.read("GET", path)
    assert NEW_ID in caught.value.message
    assert caught.value.thing == "GET /v2/workbooks/{id}/queries → 400: workbook {id} is odd"


async def test_a_write_of_unknown_outcome_says_which_endpoint_it_is_about(service, opened):
    service.on("POST", CREATE, JSONResponse({"message": "incident 7"}, 502))
    async with opened(writable=True) as client:
        with pytest.raises(OutcomeUnknown) as caught:
            await api.create_document(client, "workbook", "document", DOCUMENT)
    assert caught.value.thing == f"POST {CREATE} → 502"


async def test_an_unknown_route_is_no_missing_object(service, opened):
    async with opened() as client:
        with pytest.raises(ApiRefusal) as caught:
            await api.get_file(client, "f1")
    assert caught.value.code == "no_such_route"


@pytest.mark.parametrize(
    "answer",
    [
        *(JSONResponse({"requestId": "req-77"}, status) for status in (408, 500, 502, 503, 504, 520)),
        Response("<html>bad gateway</html>", 502),
        Response("<html>busy</html>", 503),
        Response("<html>odd</html>", 200),
        Response('{"success":true,"workbookId":"7b0', 200),
        Response("success: true\nworkbookId: 7b0e0000", 200),
        Response("", 200),
        JSONResponse({"success": True}, 200),
        JSONResponse([], 200),
    ],
    ids=lambda answer: f"{answer.status_code}-{bytes(answer.body)[:20]!r}",
)
async def test_a_create_without_a_clear_answer_is_never_sent_again(service, opened, answer):
    service.on("POST", CREATE, answer)
    async with opened(writable=True) as client:
        with pytest.raises(OutcomeUnknown) as caught:
            await api.create_document(client, "workbook", "document", DOCUMENT)
    assert caught.value.status == answer.status_code
    assert caught.value.request_id == ("req-77" if b"req-77" in answer.body else "")
    assert service.sent(CREATE) == 1


@pytest.mark.parametrize("status", [429, 403])
async def test_a_create_that_was_only_throttled_is_sent_again(service, opened, html, status):
    service.on("POST", CREATE, [html(status), JSONResponse({"success": True, "workbookId": NEW_ID})])
    async with opened(writable=True) as client:
        assert await api.create_document(client, "workbook", "document", DOCUMENT) == NEW_ID
        assert client.stats.throttled == 1
    assert service.sent(CREATE) == 2


async def test_a_firewall_that_dislikes_one_body_refuses_one_document(service, opened, html, short):
    service.on("POST", CREATE, html(403))
    async with opened(writable=True, retries=short) as client:
        with pytest.raises(ApiRefusal) as caught:
            await api.create_document(client, "workbook", "document", DOCUMENT)
    assert caught.value.code == "edge_blocked"
    assert service.sent(CREATE) == 2


async def test_retry_after_is_obeyed_by_everybody(service, opened):
    service.on("GET", FILE, [Response("{}", 429, {"retry-after": "33"}), JSONResponse({"id": "f1", "name": "F"})])
    async with opened() as client:
        await api.get_file(client, "f1")
        assert client.stats.paused_seconds == pytest.approx(33)
    first, second = service.times(FILE)
    assert second - first >= 33


async def test_retry_after_of_a_503_holds_only_that_request(service, opened):
    service.on("GET", FILE, [Response("{}", 503, {"retry-after": "33"}), JSONResponse({"id": "f1", "name": "F"})])
    async with opened() as client:
        await api.get_file(client, "f1")
        assert client.stats.paused_seconds == 0
    first, second = service.times(FILE)
    assert second - first == pytest.approx(33, abs=0.1)


async def test_a_wait_beyond_the_budget_is_not_begun(service, opened, time):
    service.on("GET", FILE, Response("{}", 429, {"retry-after": "86400"}))
    async with opened(retries=RetryLimits(budget=100.0)) as client:
        with pytest.raises(ServiceError, match="after all retries"):
            await api.get_file(client, "f1")
    assert service.sent(FILE) == 1
    assert time.now() < 1010


@pytest.mark.parametrize("location", ["https://evil.example.com/?a=b", "https://[::1", "http://x:port/", ""])
async def test_a_redirect_is_not_followed_wherever_it_leads(service, opened, location):
    service.on("GET", FILE, Response("", 302, {"location": location}))
    async with opened() as client:
        with pytest.raises(ServiceError) as caught:
            await api.get_file(client, "f1")
    assert caught.value.code == "redirected"
    assert service.sent(FILE) == 1


@pytest.mark.parametrize("number", range(1, 12))
def test_backoff_grows_within_bounds(number):
    retries = RetryLimits()
    assert 0.5 <= backoff(number, retries, 0.0) <= backoff(number, retries, 0.999) <= retries.most


@pytest.mark.parametrize("cut", [0, 10, 40])
async def test_a_create_whose_answer_is_cut_off_is_unknown(loopback, raw_answer, cut):
    seen = []

    def talk(request):
        seen.append(request)
        whole = raw_answer(b'{"success":true,"workbookId":"7b0e0000-0000-0000-0000-000000000000"}')
        return whole[:-cut] if cut else b"", False

    async with loopback(talk) as client:
        with pytest.raises(OutcomeUnknown) as caught:
            await api.create_document(client, "workbook", "document", DOCUMENT)
    assert len(seen) == 1
    assert caught.value.status == 0


async def test_a_read_whose_answer_is_cut_off_is_sent_again(loopback, raw_answer):
    seen = []

    def talk(request):
        seen.append(request)
        whole = raw_answer(b'{"id":"f1","name":"F"}')
        return (whole[:-4], False) if len(seen) == 1 else (whole, True)

    async with loopback(talk) as client:
        assert await api.get_file(client, "f1") == {"id": "f1", "name": "F"}
    assert len(seen) == 2


async def test_a_host_that_is_not_there_is_tried_again_and_named(opened, short):
    async with opened(transport=None, base_url="http://127.0.0.1:1", writable=True, retries=short) as client:
        with pytest.raises(ServiceError) as caught:
            await api.create_workspace(client, "x")
    assert type(caught.value) is ServiceError
    assert caught.value.code == "unreachable"


async def test_a_request_that_is_cancelled_gives_its_place_back(loopback, raw_answer):
    seen = []

    def talk(request):
        seen.append(request)
        return (b"" if len(seen) == 1 else raw_answer(b'{"id":"f1","name":"F"}')), True

    narrow = Limits(concurrency=1, requests_per_second=1000.0, timeout=5.0)
    async with loopback(talk, limits=narrow) as client:
        with anyio.move_on_after(0.2) as scope:
            await api.get_file(client, "f1")
        assert scope.cancelled_caught
        assert await api.get_file(client, "f1") == {"id": "f1", "name": "F"}
    assert len(seen) == 2


async def test_the_program_says_who_it_is(service, opened):
    async with opened() as client:
        await api.whoami(client)
    assert service.log[-1][3].headers["user-agent"].startswith("sigma-migrate/")
    assert service.log[-1][3].headers["accept"] == "application/json"
