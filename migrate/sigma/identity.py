"""Proving whose organization answers, before anything else is sent to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from migrate.errors import AccessError, ApiRefusal, SafetyStop, ServiceError
from migrate.kinds import KINDS
from migrate.plan.orgs import Expect
from migrate.reasons import REASONS
from migrate.sigma.client import Client
from migrate.sigma.model import WHOAMI_PATH
from migrate.sigma.paths import segment
from migrate.sigma.who import Identity
from migrate.tree import Json

_ASKED = 3  # connections that are asked for their address, where no document shows the slug
_ANY_URL = re.compile(r"https?://[^/\s]+/([^/\s?#]+)/")
_DOCUMENT_URL = re.compile(r"https?://[^/\s]+/([^/\s?#]+)/(?:workbook|data-model|report)(?:/|$)")


async def prove_identity(client: Client, expect: Expect | None = None) -> Identity:
    """Who the credentials are and whose org this is, compared with what the plan expects; opens the client.

    The organization id comes from ``whoami``, the slug from the URL of any document, or of a connection where there is
    no document yet (``POST /v2/connection/{id}/lookup``, sigma-api 5.7). Raises SafetyStop
    ``wrong_org`` where either differs from ``expect``, and AccessError ``identity_unproven`` where an org that is
    written to expects nothing, or a slug alone is expected and nothing shows one.
    """
    expect = expect or Expect()
    if client.writable and not (expect.organization_id or expect.slug):
        raise _unproven(client, "it is access: write, and the plan does not say who it must be")
    identity = await _observed(client)
    _compare(client, "organization id", identity.organization_id, expect.organization_id)
    if identity.slug is not None:
        _compare(client, "slug", identity.slug, expect.slug)
    elif expect.slug and not expect.organization_id:
        raise _unproven(
            client,
            f"slug {expect.slug} is expected, and no document or connection of it shows a slug; "
            f"its organization id is {identity.organization_id[:80]}",
        )
    client.prove(identity)
    return identity


def slug_of(entries: Sequence[Json]) -> str | None:
    """The slug in the first document URL of these metadata objects (``https://app…/<slug>/workbook/…``)."""
    for entry in entries:
        url = entry.get("url") if isinstance(entry, dict) else None
        match = _DOCUMENT_URL.match(url) if isinstance(url, str) else None
        if match:
            return unquote(match[1])
    return None


async def _observed(client: Client) -> Identity:
    try:
        answer = await client.read("GET", WHOAMI_PATH)
    except ApiRefusal as error:
        raise AccessError(error.message, code=error.code, next_action=error.next_action) from None
    tree = answer.tree if isinstance(answer.tree, dict) else {}
    user, organization = tree.get("userId"), tree.get("organizationId")
    if not (isinstance(organization, str) and organization):
        raise _unproven(client, "whoami names no organization")
    return Identity(
        user_id=user if isinstance(user, str) else "", organization_id=organization, slug=await _slug(client)
    )


async def _slug(client: Client) -> str | None:
    """One document of either kind is enough, or one connection; a credential that may list none shows no slug."""
    for row in sorted(KINDS.values(), key=lambda one: one.feeds):
        slug = slug_of(await _entries(client, row.root))
        if slug is not None:
            return slug
    ids = [one.get("connectionId") for one in await _entries(client, "/v2/connections") if isinstance(one, dict)]
    for connection in [one for one in ids if isinstance(one, str) and one.strip(".")][:_ASKED]:
        slug = await _slug_of_connection(client, connection)
        if slug is not None:
            return slug
    return None


async def _entries(client: Client, path: str) -> list[Json]:
    try:
        answer = await client.read("GET", path, params={"limit": 10}, identity=True)
    except ApiRefusal:
        return []
    entries = answer.tree.get("entries") if isinstance(answer.tree, dict) else answer.tree
    return entries if isinstance(entries, list) else []


async def _slug_of_connection(client: Client, connection: str) -> str | None:
    """The slug in the address of a connection's catalog: a lookup of the empty path changes nothing."""
    path = f"/v2/connection/{segment(connection)}/lookup"
    try:
        answer = await client.read("POST", path, json={"path": []}, identity=True)
    except (ApiRefusal, ServiceError):
        return None
    url = answer.tree.get("url") if isinstance(answer.tree, dict) else None
    match = _ANY_URL.match(url) if isinstance(url, str) else None
    return unquote(match[1]) if match else None


def _compare(client: Client, what: str, found: str, expected: str | None) -> None:
    if expected is None or expected.strip().casefold() == found.casefold():
        return
    raise SafetyStop(
        f"org {client.org}: the credentials belong to {what} {found[:80]}, but {expected[:80]} is expected; "
        "the credentials of two orgs are likely swapped. Nothing else was sent.",
        code="wrong_org",
        next_action=REASONS["wrong_org"].fix,
    )


def _unproven(client: Client, why: str) -> AccessError:
    return AccessError(
        f"org {client.org}: its identity cannot be proven: {why}.",
        code="identity_unproven",
        next_action=REASONS["identity_unproven"].fix,
    )
