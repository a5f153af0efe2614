"""The date of the spec contract as the verify call shows it: two spellings, exactly one of them refused."""

from __future__ import annotations

import pytest
from starlette.responses import JSONResponse

from migrate.sigma.contract import DATES
from migrate.sigma.spelling import taken_dates

VERIFY = "/v2/workbooks/spec/verify"

pytestmark = pytest.mark.anyio


OLD_ACTION, NEW_ACTION = b'"tabbedContainer":', b'"tabbedContainerElementId":'
OLD_PICTURE, NEW_PICTURE = b'"backgroundImage":{"url"', b'"backgroundImage":{"source"'
INVALID = {"code": "invalid_request", "message": "Invalid"}


def refusing(*wrong):
    """Answers a verify call with a refusal of the shape where the document is spelled so, else with a reference."""

    async def answer(_request, body):
        if any(spelled in body for spelled in wrong):
            return JSONResponse(INVALID, 400)
        return JSONResponse({"valid": False, "errors": [{"summary": "a reference"}]})

    return answer


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ((NEW_ACTION, NEW_PICTURE), (DATES[0], DATES[0])),
        ((OLD_ACTION, NEW_PICTURE), (DATES[1], DATES[1])),
        ((OLD_ACTION, OLD_PICTURE), (DATES[2], DATES[2])),
        ((), (DATES[0], DATES[2])),
        ((b"schemaVersion",), (DATES[0], DATES[2])),
    ],
)
async def test_only_an_answer_that_tells_two_spellings_apart_counts(service, opened, wrong, found):
    service.on("POST", VERIFY, refusing(*wrong))
    async with opened() as client:
        assert await taken_dates(client, DATES[0], DATES[2]) == found
    assert {entry[2] for entry in service.log} == {VERIFY, "/v2/auth/token"}, "nothing that could write was asked"


async def test_without_a_verify_call_one_question_ends_it(service, opened):
    async with opened() as client:
        assert await taken_dates(client, DATES[0], DATES[2]) == (DATES[0], DATES[2])
    assert service.sent(VERIFY) == 1
