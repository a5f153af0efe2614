"""Whatever goes wrong, and whatever the server says back: no secret and no token in any text a person may see."""

from __future__ import annotations

import base64
import traceback

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.errors import MigrateError
from migrate.plan.running import Limits
from migrate.sigma import api
from migrate.sigma.client import connect
from migrate.sigma.model import Ask, Clock, Hidden
from migrate.sigma.retry import RetryLimits
from migrate.sigma.tokens import Token

pytestmark = pytest.mark.anyio

SECRET = "s3cr3t-of-client-one"
TOKEN = "token-nobody-may-see"
PAIR = base64.b64encode(f"client-one:{SECRET}".encode()).decode()

ECHOES = st.sampled_from(
    [
        '{{"code":"{0}","message":"bad {0}","requestId":"{0}","errors":[{{"summary":"{0}"}}]}}',
        "<html>{0}</html>",
        "message: {0}\ncode: x\n",
        "{0}",
        '{{"message": "{0}',
        "",
    ]
)
STATUSES = st.sampled_from([200, 204, 302, 400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504])
BROKEN = st.sampled_from(["connect", "read", "timeout"])
FAULTS = st.tuples(STATUSES, ECHOES, st.sampled_from([SECRET, TOKEN, PAIR])) | BROKEN
TOKEN_FAULTS = st.tuples(STATUSES, ECHOES, st.sampled_from([SECRET, PAIR])) | BROKEN  # no token exists yet


class Wire(httpx.AsyncBaseTransport):
    """A transport that fails as told, and whose errors hold the request, as httpx's own do."""

    def __init__(self, token_fault, fault) -> None:
        self.token_fault = token_fault
        self.fault = fault

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fault = self.token_fault if request.url.path == "/v2/auth/token" else self.fault
        if fault is None:
            return httpx.Response(200, json={"access_token": TOKEN, "refresh_token": "refresh-" + TOKEN})
        if isinstance(fault, str):
            kind = {"connect": httpx.ConnectError, "read": httpx.ReadError, "timeout": httpx.ReadTimeout}[fault]
            known = SECRET if self.token_fault else f"{SECRET} {TOKEN}"
            raise kind(f"{fault} failed: {known}", request=request)
        status, text, word = fault
        headers = {"location": f"https://x/{word}", "x-request-id": word, "retry-after": "0"}
        return httpx.Response(status, text=text.format(word), headers=headers)


@settings(max_examples=150, deadline=None)
@given(st.none() | TOKEN_FAULTS, FAULTS, st.booleans())
def test_no_failure_shows_a_secret(token_fault, fault, writes):
    shown: list[str] = []

    async def nothing(seconds: float) -> None:
        await anyio.lowlevel.checkpoint()

    async def scenario() -> None:
        ticks = iter(range(10_000_000))
        clock = Clock(now=lambda: float(next(ticks)) * 10, sleep=nothing)
        async with connect(
            org="acme",
            base_url="https://api.sigmacomputing.com",
            secret=Pair(),
            writable=True,
            must_prove=False,
            limits=Limits(timeout=5.0),
            listener=lambda event: shown.append(repr(event)),
            clock=clock,
            transport=Wire(token_fault, fault),
            retries=RetryLimits(throttled=2, passing=2, masked=2, blocked=2),
        ) as client:
            shown.append(repr(client))
            try:
                if writes:
                    await api.create_document(client, "data-model", "flat", {"pages": []})
                else:
                    await api.read_spec(client, "workbook", "w1", None)
            except MigrateError as error:
                chain: BaseException | None = error
                while chain is not None:
                    shown.extend([repr(chain), str(chain), repr(vars(chain))])
                    chain = chain.__cause__ or chain.__context__
                shown.append("".join(traceback.format_exception(error)))

    anyio.run(scenario)
    assert len(shown) > 2
    for text in shown:
        assert SECRET not in text
        assert TOKEN not in text
        assert PAIR not in text


class Pair:
    client_id = "client-one"
    client_secret = SECRET


def test_values_that_hold_secrets_do_not_show_them():
    for value in (
        Token(text=TOKEN, renew_at=1.0),
        Ask(method="POST", path="/x", body=SECRET.encode(), authorization=f"Bearer {TOKEN}"),
    ):
        assert SECRET not in repr(value)
        assert TOKEN not in repr(value)


def test_texts_of_the_server_become_one_clean_line():
    hidden = Hidden()
    hidden.add(SECRET, "abc", "")
    assert hidden.clean(f"a\n\x1b[31mb\u202e {SECRET}abc") == "a \\x1b[31mb\\u202e ***abc"
    assert len(hidden.clean("x" * 10_000)) == 600
