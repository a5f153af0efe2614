"""Fetching an export: what is waited for, what is no table, and how often it is asked for."""

from __future__ import annotations

import pytest
from starlette.responses import Response

from migrate.check.figures import Figures
from migrate.errors import SafetyStop, ServiceError
from migrate.sigma import exports
from migrate.sigma.client import EXPORT_SECONDS, EXPORTS
from migrate.sigma.exports import NotExported, ask_for_rows, rows_of

pytestmark = pytest.mark.anyio
ASK = "/v2/workbooks/w1/export"
FETCH = "/v2/query/q1/download"
TABLE = Response("a,b\n1,2\n", media_type="text/csv")


def figures():
    return Figures(100)


async def test_a_download_is_looked_for_again_and_again_and_then_read(service, opened, time, envelope):
    waiting = [Response(status_code=204), envelope(404, "not_found", "running"), Response(status_code=200)]
    waiting.append(Response('{"status": "204"}', media_type="application/json"))
    service.on("POST", ASK, {"jobComplete": False, "queryId": "q1"})
    service.on("GET", FETCH, [*waiting, TABLE])
    async with opened() as client:
        query = await ask_for_rows(client, "workbook", "w1", "e1", most=7)
        assert (await rows_of(client, query, figures)).rows == 1
    assert service.log[-6][4] == b'{"elementId":"e1","format":{"type":"csv"},"rowLimit":7}'
    assert time.slept == pytest.approx(0.25 + 0.5 + 1 + 2, abs=0.1)


async def test_one_that_is_never_ready_is_given_up_and_after_three_none_is_asked_for(service, opened, time):
    service.on("POST", ASK, {"queryId": "q1"})
    service.on("GET", FETCH, Response(status_code=204))
    async with opened() as client:
        for _ in range(exports.MOST_STALLED):
            started = time.now()
            with pytest.raises(NotExported, match="not ready after 5 minutes"):
                await rows_of(client, await ask_for_rows(client, "workbook", "w1", "e1", most=7), figures)
            assert time.now() - started <= exports.MOST_SECONDS
        with pytest.raises(NotExported, match="none is asked for any more"):
            await ask_for_rows(client, "workbook", "w1", "e1", most=7)
    assert service.sent(ASK) == exports.MOST_STALLED
    assert service.sent(FETCH) < 120


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Response("<!DOCTYPE html><html>no</html>", media_type="text/html"), "cannot be rendered"),
        (Response('{"status": "500", "message": "out of\\nmemory"}'), "it failed: .*out of"),
        (Response('{"a'), "it failed"),
    ],
)
async def test_what_is_no_table_is_told(service, opened, time, answer, told):
    service.on("GET", FETCH, answer)
    async with opened() as client:
        with pytest.raises(NotExported, match=told):
            await rows_of(client, "q1", figures)
    assert time.slept == 0


async def test_a_body_beyond_what_is_read_is_an_error(service, opened):
    service.on("GET", FETCH, Response("a\n" + "1\n" * 5000))
    async with opened(most_bytes=1000) as client:
        with pytest.raises(ServiceError, match="larger"):
            await rows_of(client, "q1", lambda: Figures(1_000_000))


async def test_reading_ends_where_no_more_rows_are_wanted(service, opened):
    service.on("GET", FETCH, Response("a\n" * 5000))
    async with opened() as client:
        found = await rows_of(client, "q1", lambda: Figures(20))
    assert found.beyond


async def test_no_more_leave_in_a_minute_than_are_allowed(service, opened, time):
    service.on("GET", FETCH, TABLE)
    async with opened() as client:
        started = time.now()
        for _ in range(EXPORTS):
            await client.export_turn()
        assert time.now() == started
        await rows_of(client, "q1", figures)
    assert service.times(FETCH)[0] >= started + EXPORT_SECONDS


async def test_an_export_of_an_org_that_is_only_read_may_leave_and_one_of_a_model_may_not(service, opened):
    service.on("POST", ASK, {"queryId": "q1"})
    async with opened(writable=False) as client:
        assert await ask_for_rows(client, "workbook", "w1", "e1", most=1) == "q1"
        with pytest.raises(SafetyStop):
            await ask_for_rows(client, "data-model", "w1", "e1", most=1)
        service.on("POST", ASK, {"jobComplete": True})
        with pytest.raises(NotExported, match="names no query"):
            await ask_for_rows(client, "workbook", "w1", "e1", most=1)
