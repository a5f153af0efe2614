from __future__ import annotations

import pytest

from migrate.errors import AccessError
from migrate.sigma.hosts import checked_base_url, host_of


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.au.aws.sigmacomputing.com", "https://api.au.aws.sigmacomputing.com"),
        ("https://AWS-API.SigmaComputing.com/", "https://aws-api.sigmacomputing.com"),
        ("https://api.sigmacomputing.com:8443", "https://api.sigmacomputing.com:8443"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://localhost:80/acme/", "http://localhost:80/acme"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("https://127.9.9.9", "https://127.9.9.9"),
    ],
)
def test_hosts_that_may_receive_credentials(text, url):
    assert checked_base_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "http://api.sigmacomputing.com",
        "https://evil.example.com",
        "https://sigmacomputing.com.evil.com",
        "https://evilsigmacomputing.com",
        "https://sigmacomputing.com",
        "https://evil.com#.sigmacomputing.com",
        "https://evil.com?.sigmacomputing.com",
        "https://evil.com/.sigmacomputing.com",
        "https://evil.com\\@api.sigmacomputing.com",
        "https://user:pw@api.sigmacomputing.com",
        "https://api.sigmacomputing.com@evil.com",
        "https://evil.com%2f.sigmacomputing.com",
        "https://api.sigmacomputing.com:99999",
        "https://\u0430pi.sigmacomputing.com",
        "https://[::1",
        "ftp://127.0.0.1",
        "//127.0.0.1",
        "api.sigmacomputing.com",
        "http://127.0.0.1.evil.com",
        "http://2130706433.evil.com",
        "https://127.0.0.1/a/../b?x",
        "",
    ],
)
def test_hosts_that_may_not(text):
    with pytest.raises(AccessError) as caught:
        checked_base_url(text, org="acme")
    assert caught.value.code == "host_not_allowed"
    assert "pw" not in str(caught.value)


def test_another_host_only_when_the_plan_says_so_and_never_in_the_clear():
    assert checked_base_url("https://sigma.acme.example", allow_host=True) == "https://sigma.acme.example"
    with pytest.raises(AccessError):
        checked_base_url("http://sigma.acme.example", allow_host=True)


def test_a_throttle_belongs_to_host_and_port():
    assert host_of("https://api.sigmacomputing.com:8443/x") == "api.sigmacomputing.com:8443"
