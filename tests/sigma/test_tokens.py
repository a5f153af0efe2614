from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from contextlib import suppress
from urllib.parse import parse_qs

import anyio
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse

from migrate.errors import AccessError, ServiceError
from migrate.sigma import api
from migrate.sigma.client import Tenant
from migrate.sigma.tokens import tenant_jwt, usable_seconds

pytestmark = pytest.mark.anyio

TOKEN = "/v2/auth/token"


def needs_token(accepted):
    async def answer(request, body):
        if request.headers.get("authorization") in accepted():
            return JSONResponse({"userId": "u", "organizationId": "o"})
        return JSONResponse({"requestId": "r", "code": "unauthorized", "message": "Token missing or malformed"}, 401)

    return answer


def no_closer_than_a_second(times):
    return all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(times))


async def all_at_once(count, call):
    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(call)


async def test_fifty_callers_mint_once_by_form_fields(service, opened):
    async with opened() as client:
        await all_at_once(50, lambda: api.whoami(client))
    assert service.sent(TOKEN) == 1
    request, body = service.log[0][3], service.log[0][4]
    assert "authorization" not in request.headers
    assert parse_qs(body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client-one"],
        "client_secret": ["s3cr3t-of-client-one"],
    }


async def test_fifty_callers_whose_token_keeps_dying_stay_under_one_mint_a_second(service, opened):
    service.on("GET", "/v2/whoami", needs_token(lambda: {f"Bearer token-number-{service.tokens}"} - {None}))

    async def tokens_die(request, body):
        service.tokens += 1
        text = f"token-number-{service.tokens}"
        service.tokens += service.tokens % 2  # every other token is dead when it arrives
        return JSONResponse({"access_token": text, "expires_in": 3600})

    service.on("POST", TOKEN, tokens_die)
    async with opened() as client:

        async def call():
            with suppress(AccessError):  # two dead tokens in a row are a plain refusal
                await api.whoami(client)

        await all_at_once(50, call)
    assert service.sent(TOKEN) >= 2
    assert no_closer_than_a_second(service.times(TOKEN))


async def test_clients_of_one_host_take_turns_at_the_token_endpoint(service, opened, hosts):
    async def call(org):
        async with opened(org=org, hosts=hosts) as client:
            await api.whoami(client)

    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(call, f"org{number}")
    assert service.sent(TOKEN) == 5
    assert no_closer_than_a_second(service.times(TOKEN))


async def test_a_401_renews_once_and_sends_again(service, opened):
    service.on("GET", "/v2/whoami", needs_token(lambda: {"Bearer token-number-2"}))
    async with opened() as client:
        await all_at_once(10, lambda: api.whoami(client))
    assert service.sent(TOKEN) == 2


async def test_a_write_is_sent_again_after_a_401(service, opened):
    service.on("DELETE", "/v2/files/f1", needs_token(lambda: {"Bearer token-number-2"}))
    async with opened(writable=True) as client:
        assert await api.delete_file(client, "f1")
    assert service.sent("/v2/files/f1") == 2


async def test_a_second_401_ends_it(service, opened):
    service.on("GET", "/v2/whoami", needs_token(set))
    async with opened() as client:
        with pytest.raises(AccessError) as caught:
            await api.whoami(client)
    assert caught.value.code == "unauthorized"
    assert (service.sent(TOKEN), service.sent("/v2/whoami")) == (2, 2)


async def test_a_token_is_renewed_before_it_ends(service, opened, time):
    async with opened() as client:
        await api.whoami(client)
        time.time += 3200
        await api.whoami(client)
        time.time += 200
        await api.whoami(client)
    assert service.sent(TOKEN) == 2
    assert [entry[3].headers["authorization"] for entry in service.log if entry[2] == "/v2/whoami"] == [
        "Bearer token-number-1",
        "Bearer token-number-1",
        "Bearer token-number-2",
    ]


@pytest.mark.parametrize("status", [400, 401])
async def test_basic_is_the_fallback_and_is_remembered(service, opened, time, envelope, status):
    async def only_basic(request, body):
        if not request.headers.get("authorization", "").startswith("Basic "):
            return envelope(status, "invalid_request", "Invalid access/refresh token")
        return JSONResponse({"access_token": "token-number-9", "expires_in": 3600})

    service.on("POST", TOKEN, only_basic)
    async with opened() as client:
        await api.whoami(client)
        time.time += 4000
        await api.whoami(client)
    assert service.sent(TOKEN) == 3
    assert no_closer_than_a_second(service.times(TOKEN))
    pair = service.log[1][3].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(pair) == b"client-one:s3cr3t-of-client-one"


async def test_refused_credentials_are_said_once_for_all_who_wait(service, opened, envelope):
    service.on("POST", TOKEN, envelope(401, "unauthorized", "We cannot verify your identity."))
    errors = []
    async with opened() as client:

        async def call():
            with pytest.raises(AccessError) as caught:
                await api.whoami(client)
            errors.append(str(caught.value))

        await all_at_once(20, call)
    assert service.sent(TOKEN) == 2
    assert len(set(errors)) == 1
    for hint in ("another region", "allow-list", "credentials are wrong", "We cannot verify your identity."):
        assert hint in errors[0]


async def test_an_html_429_parks_everything_and_mints_nothing(service, opened, html, time):
    service.on("GET", "/v2/whoami", [html(), html(), JSONResponse({"userId": "u", "organizationId": "o"})])
    async with opened() as client:
        await all_at_once(8, lambda: api.whoami(client))
        stats = client.stats
    assert service.sent(TOKEN) == 1
    assert stats.throttled == 2
    sent = service.times("/v2/whoami")
    first_after = min(moment for moment in sent if moment > sent[0] + 1)
    assert first_after - sent[0] >= 1.7
    assert stats.paused_seconds <= time.now() - 1000


async def test_a_locked_token_endpoint_is_waited_for(service, opened, html):
    service.on("POST", TOKEN, [html(), html(403), JSONResponse({"access_token": "token-number-1"})])
    async with opened() as client:
        await all_at_once(10, lambda: api.whoami(client))
        assert client.stats.throttled == 2
    assert service.sent(TOKEN) == 3
    assert service.times(TOKEN)[1] - service.times(TOKEN)[0] >= 1.7


async def test_a_token_endpoint_that_stays_locked_is_given_up(service, opened, html, short):
    service.on("POST", TOKEN, html())
    async with opened(writable=True, retries=short) as client:
        with pytest.raises(ServiceError) as caught:
            await api.create_workspace(client, "x")
    assert type(caught.value) is ServiceError
    assert caught.value.code == "throttled"
    assert service.sent(TOKEN) == 3


@given(st.one_of(st.none(), st.text(), st.booleans(), st.floats(), st.integers()))
def test_a_life_of_any_kind_gives_a_usable_time(expires_in):
    seconds = usable_seconds(expires_in)
    assert 0 < seconds < 1e9
    if isinstance(expires_in, int) and not isinstance(expires_in, bool) and 0 < expires_in < 1e9:
        assert seconds < expires_in
        assert expires_in - seconds <= 300


def test_the_tenant_token_is_signed_with_the_parents_secret(secret):
    head, claims, mark = tenant_jwt(secret, "tenant-7", now=1000, jti="j").split(".")

    def opened_part(text):
        return orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))

    assert opened_part(head) == {"alg": "HS256", "typ": "JWT", "kid": "client-one"}
    assert opened_part(claims)["tenant"] == "tenant-7"
    assert opened_part(claims)["exp"] - opened_part(claims)["iat"] <= 300
    signed = hmac.new(secret.client_secret.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(mark + "=") == signed


async def test_a_tenants_token_comes_by_exchange_of_its_parents(service, opened, hosts, time):
    async def token(request, body):
        form = parse_qs(body.decode())
        if form["grant_type"] == ["client_credentials"]:
            return JSONResponse({"access_token": "token-of-parent", "expires_in": 3600})
        assert form["actor_token"] == ["token-of-parent"]
        assert request.headers["authorization"] == "Bearer token-of-parent"
        return JSONResponse({"access_token": "token-of-tenant", "expires_in": 3600})

    service.on("POST", TOKEN, token)
    service.on("GET", "/v2/whoami", needs_token(lambda: {"Bearer token-of-tenant"}))
    async with (
        opened(org="parent", hosts=hosts) as parent,
        opened(org="tenant", hosts=hosts, secret=Tenant(parent=parent, tenant_id="t7")) as tenant,
    ):
        assert await api.whoami(tenant) == {"userId": "u", "organizationId": "o"}
        assert (parent.stats.requests, tenant.stats.requests) == (2, 1)
    assert no_closer_than_a_second(service.times(TOKEN))
