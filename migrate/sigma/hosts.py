"""Where credentials may go: Sigma's own hosts and this machine, nothing else unless a plan says so."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from migrate.errors import AccessError
from migrate.hosts import is_loopback

SUFFIX = ".sigmacomputing.com"
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


def checked_base_url(text: str, *, allow_host: bool = False, org: str = "") -> str:
    """The base URL without a trailing slash, if credentials may be sent there.

    HTTPS to ``*.sigmacomputing.com`` and anything to loopback; another host needs ``allow_host``, and plain
    HTTP leaves this machine in no case. Raises AccessError ``host_not_allowed`` (contract section 2).
    """
    parts = _split(text, org)
    host = parts.hostname or ""
    local = is_loopback(host)
    if parts.scheme not in ("https", "http") or (parts.scheme == "http" and not local):
        raise _refused(org, f"base_url {_shown(host)} must begin with https://", "Write it as https://<API host>.")
    if not (local or allow_host or host.endswith(SUFFIX)):
        raise _refused(
            org,
            f"base_url host {_shown(host)} is not *{SUFFIX}, so no credentials are sent there",
            "Mend base_url, or set allow_host: true on this org if that host is really meant.",
        )
    shown = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{shown}{port}{parts.path.rstrip('/')}"


def host_of(base_url: str) -> str:
    """The part of a checked base URL that shares one throttle: host and port."""
    return urlsplit(base_url).netloc


def _split(text: str, org: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        raise _refused(org, "base_url is not a URL", "Write it as https://<API host>.") from None
    plain = not (parts.username or parts.password or parts.query or parts.fragment or "@" in parts.netloc)
    host_is_fine = bool(_HOST.fullmatch(parts.hostname or ""))
    if not (plain and host_is_fine and port_is_fine and _PATH.fullmatch(parts.path.rstrip("/"))):
        raise _refused(
            org, "base_url must be only a scheme and a host, without user, query or fragment", "Write https://<host>."
        )
    return parts


def _shown(host: str) -> str:
    return host[:100] or "(none)"


def _refused(org: str, message: str, action: str) -> AccessError:
    where = f"org {org}: " if org else ""
    return AccessError(f"{where}{message}.", code="host_not_allowed", next_action=action)
