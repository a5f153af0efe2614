"""Which hosts credentials may go to. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from migrate.hosts import is_loopback

REGIONS = "the API host of each region is listed under Administration > Developer access in Sigma"
_PORTLESS = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")


def host_problem(url: str, *, allow_host: bool = False) -> tuple[str, str]:
    """(what is wrong, how to mend it) with an API base URL; both empty where credentials may go there.

    Allowed are ``https://*.sigmacomputing.com`` and loopback; other https hosts only with ``allow_host``.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "this is not a URL", "write https://api.….sigmacomputing.com"
    if parts.scheme not in ("http", "https") or not host or (port is not None and not 0 < port < 65536):
        return "this is not an http or https URL", "write https://api.….sigmacomputing.com"
    if parts.username is not None or parts.password is not None:
        return (
            "a URL must not hold a user name or password",
            "remove what stands before the @; credentials go to credentials:",
        )
    if host.lower() == "app.sigmacomputing.com":
        return "this is the address of the app, not of the API", REGIONS
    if parts.path.strip("/") or parts.query or parts.fragment:
        return "the base URL has a path", f"leave out {parts.path or '?' + parts.query}; the tool adds /v2 itself"
    if not _PORTLESS.fullmatch(parts.netloc.rsplit(":", 1)[0] if port is not None else parts.netloc):
        return "the host name has characters that no host name has", REGIONS
    if is_loopback(host):
        return "", ""
    if parts.scheme != "https":
        return "credentials are never sent over plain http to another machine", "write https://"
    return _elsewhere(host, allow_host)


def _elsewhere(host: str, allow_host: bool) -> tuple[str, str]:
    if host.lower().endswith(".sigmacomputing.com") or allow_host:
        return "", ""
    return (
        f"credentials go to *.sigmacomputing.com only, not to {host[:80]}",
        "check the host; if it is right, add allow_host: true to this org",
    )
