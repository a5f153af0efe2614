"""Credentials go to Sigma and to this machine: no spelling of another host, and no redirect, takes them elsewhere."""

from __future__ import annotations

import itertools
import re

import httpx
import pytest

from kit.attacks import Listening, copying, judged, kinds, run, share, tell
from migrate.errors import AccessError
from migrate.hosts import is_loopback
from migrate.sigma.hosts import checked_base_url

pytestmark = [pytest.mark.attack, pytest.mark.timeout(3600)]

OURS = "api.sigmacomputing.com"
EVIL = "evil.example"
SCHEMES = (
    "https://",
    "http://",
    "HTTPS://",
    "https:/",
    "https:",
    "//",
    "ftp://",
    "https:\\\\",
    " https://",
    "https://\t",
)
BETWEEN = (
    "@",
    "#",
    "?",
    "/",
    "\\",
    "\\@",
    "%2f",
    "%40",
    "%23",
    ":",
    ":443@",
    ".",
    "\x00",
    "\n",
    "\t",
    " ",
    "..",
    ";",
    "&",
    ",",
)
TWISTS = (
    *(
        "%s.",
        ".%s",
        "%s%%00",
        "%s\u3002",
        "\uff0e%s",
        "xn--%s",
        "%s\u200b",
        "[%s]",
        "[::ffff:%s]",
        "%s\u2024com",
        "%s:0",
    ),
    *("%s:99999", "%s:-1", "%s:80:80", "-%s", "%s/..", "%s/%%2e%%2e", "%s/a;b", "%s/\u00e9", "user@%s", ":@%s", "@%s"),
)
NUMBERS = (
    "2130706433",
    "0x7f.1",
    "017700000001",
    "127.1",
    "127.0.0.1.evil.example",
    "0.0.0.0",
    "[::ffff:8.8.8.8]",
    "8.8.8.8",
)


def spellings():
    """Base URLs that are not plainly one of Sigma's."""
    for scheme, between in itertools.product(SCHEMES, BETWEEN):
        yield f"{scheme}{EVIL}{between}{OURS}"
        yield f"{scheme}{OURS}{between}{EVIL}"
    for scheme, twist, host in itertools.product(SCHEMES, TWISTS, (EVIL, OURS, f"{OURS}{EVIL}", f"evil{OURS[4:]}")):
        yield scheme + twist % host
    yield from (scheme + number for scheme, number in itertools.product(SCHEMES, NUMBERS))


def goes_astray(text):
    """Where a base URL leads that was taken, as httpx reads it; empty where that is one of ours or nowhere."""
    try:
        url = checked_base_url(text)
    except AccessError:
        return ""
    read = httpx.URL(url + "/v2/whoami")
    host = read.raw_host.decode()  # what is connected to
    if is_loopback(host) or (read.scheme == "https" and host.endswith(".sigmacomputing.com")):
        return "" if read.path.endswith("/v2/whoami") and not read.userinfo else f"{text!r} -> {read}"
    return f"{text!r} -> {read.scheme} {host}"


def test_no_spelling_of_a_host_takes_credentials_elsewhere(record_property):
    tried = list(dict.fromkeys(spellings()))
    assert len(tried) > 1000
    tell(record_property, "hosts", len(tried), [why for why in map(goes_astray, tried) if why])


WHERE = (
    f"https://{EVIL}/v2/whoami",
    f"//{EVIL}/",
    f"http://{OURS}/v2/whoami",
    "/v2/whoami",
    "https://[::1",
    "\u00e9://x",
)
STATUSES = (301, 302, 303, 307, 308, 300, 304)


def redirecting(stage, asked, status, location):
    """A transport that answers one kind of request with a redirect, and the (host, path) of all that arrived."""
    arrived = []

    class Moved(Listening):
        async def handle_async_request(self, request):
            arrived.append((request.url.host, str(request.url)))
            if request.method == asked.method and re.search(asked.path, request.url.path):
                return httpx.Response(status, headers={"location": location.encode()})
            return await super().handle_async_request(request)

    def transport(url):
        return Moved(httpx.ASGITransport(app=stage.apps[url.rstrip("/")]), lambda request, response: None)

    return transport, arrived


def test_no_redirect_is_followed(tmp_path, record_property):
    stage = copying(tmp_path / "before")
    assert run(stage).code == 0
    cases = list(itertools.product(kinds(stage), STATUSES, WHERE))
    tried, through = share(cases, 60), []
    for number, (asked, status, location) in enumerate(tried):
        stage = copying(tmp_path / str(number))
        transport, arrived = redirecting(stage, asked, status, location)
        ending = run(stage, transport=transport)
        astray = {url for host, url in arrived if host != "127.0.0.1"}
        why = f"asked {astray}" if astray else judged(stage, ending)
        if why:
            through.append(f"{status} to {location!r} at {asked}: {why}")
    tell(record_property, "redirects", len(tried), through)
