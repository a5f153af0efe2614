"""The rate limiter: requests a second, in flight, the token endpoint, and the page that locks it (sigma-api 4.4)."""

import asyncio
from email.utils import parsedate_to_datetime

import anyio
import httpx
import pytest

from migrate.sandbox.app import OrgApp


def test_requests_a_second(talk, clock):
    talk.sign_in()
    talk.org.switches.requests_per_second = 5
    talk.org.switches.throttle_as = "json"
    statuses = [talk("GET", "/v2/whoami").status_code for _ in range(8)]
    assert statuses == [200] * 5 + [429] * 3
    clock.now += 0.2
    assert [talk("GET", "/v2/whoami").status_code for _ in range(2)] == [200, 429]
    clock.now += 60
    assert [talk("GET", "/v2/whoami").status_code for _ in range(6)] == [200] * 5 + [429]


def test_one_token_a_second(talk, clock):
    talk.org.switches.token_per_second = 1
    assert [talk.mint().status_code for _ in range(2)] == [200, 429]
    clock.now += 1
    assert talk.mint().status_code == 200


def throttled(talk):
    talk.sign_in()
    talk.org.switches.requests_per_second = 0.5
    talk("GET", "/v2/whoami")
    return talk("GET", "/v2/whoami")


def test_429_as_a_page(talk):
    answer = throttled(talk)
    assert (answer.status_code, answer.headers["content-type"]) == (429, "text/html; charset=UTF-8")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert "retry-after" not in answer.headers


def test_429_as_the_envelope(talk):
    talk.org.switches.throttle_as = "json"
    assert set(throttled(talk).json()) == {"requestId", "code", "message"}


def test_retry_after_in_seconds(talk):
    talk.org.switches.retry_after = "seconds"
    assert throttled(talk).headers["retry-after"] == "2"


def test_retry_after_as_a_date(talk, clock):
    talk.org.switches.retry_after = "date"
    assert parsedate_to_datetime(throttled(talk).headers["retry-after"]).timestamp() == clock.now + 2


def test_too_many_429s_lock_the_token_endpoint(talk, clock):
    talk.sign_in()
    switches = talk.org.switches
    switches.requests_per_second, switches.lock_token_after, switches.lock_token_seconds = 1, 3, 120
    assert [talk("GET", "/v2/whoami").status_code for _ in range(4)] == [200, 429, 429, 429]
    clock.now += 10
    locked = talk.mint()
    assert locked.status_code == 429
    assert "Access denied" in locked.text
    assert talk("GET", "/v2/whoami").status_code == 200
    clock.now += 120
    assert talk.mint().status_code == 200


def test_nothing_is_done_by_a_throttled_write(talk, ids):
    talk.sign_in()
    talk.org.switches.requests_per_second = 0.5
    talk("GET", "/v2/whoami")
    before = talk.bodies()
    tree = {"type": "folder", "name": "x", "parentId": ids["space"]}
    assert talk("POST", "/v2/files", tree).status_code == 429
    assert talk.bodies() == before


@pytest.mark.parametrize(("most", "refused"), [(0, 0), (3, 5)])
def test_requests_in_flight(talk, most, refused):
    talk.sign_in()
    talk.org.switches.max_in_flight, talk.org.switches.latency_seconds = most, 0.05

    async def all_at_once():
        transport = httpx.ASGITransport(app=OrgApp(talk.sandbox, "north"))
        headers = {"Authorization": f"Bearer {talk.token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://north", headers=headers) as client:
            return await asyncio.gather(*(client.get("/v2/whoami") for _ in range(8)))

    answers = anyio.run(all_at_once)
    assert [answer.status_code for answer in answers].count(429) == refused
    assert talk.sandbox.evidence.most_in_flight("north") == 8
    assert talk.sandbox.in_flight["north"] == 0
