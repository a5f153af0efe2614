"""The token endpoint's three grants, and who a bearer token stands for (sigma-api 1.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from migrate.sandbox.answers import Answer, ApiError, as_json, forbidden, header, invalid, unauthorized
from migrate.sandbox.call import pairs_of
from migrate.sandbox.org import Client, Json, Member, Org
from migrate.sandbox.service import Sandbox
from migrate.sandbox.tokens import REFRESH_SECONDS, Token

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT = "urn:ietf:params:oauth:token-type:jwt"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
UNVERIFIED = "We cannot verify your identity. Please try again later."


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whom a request acts for: a tenant's organization where a parent's exchanged token is used."""

    org: Org
    member: Member


def caller_of(sandbox: Sandbox, alias: str, headers: list[tuple[bytes, bytes]]) -> Caller:
    """Whom the bearer token stands for. Raises ApiError 401."""
    text = header(headers, b"authorization")
    if not text.lower().startswith("bearer "):
        raise unauthorized()
    token = sandbox.tokens.find(text[7:].strip(), alias, sandbox.clock())
    if token is None:
        raise unauthorized()
    org = sandbox.world.orgs[token.alias]
    member = org.members.get(token.member_id)
    if member is None:
        raise unauthorized(UNVERIFIED)
    return Caller(org=org, member=member)


def mint(sandbox: Sandbox, alias: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
    """What ``POST /v2/auth/token`` answers. Raises ApiError 400 or 401."""
    org = sandbox.world.orgs[alias]
    if "x-www-form-urlencoded" not in header(headers, b"content-type"):
        raise invalid("Invalid content type, expecting application/x-www-form-urlencoded")
    form = dict(pairs_of(body.decode("utf-8", "replace")))
    grant = form.get("grant_type", "")
    if grant == "client_credentials":
        return _from_client(sandbox, org, _client(org, headers, form))
    if grant == "refresh_token":
        return _from_refresh(sandbox, org, form)
    if grant == EXCHANGE:
        return _from_exchange(sandbox, org, form)
    raise ApiError(400, "invalid_request", "Invalid grant_type")


def _client(org: Org, headers: list[tuple[bytes, bytes]], form: Mapping[str, str]) -> Client:
    """The API client that the request proves to be: form fields, else HTTP Basic."""
    authorization = header(headers, b"authorization")
    if authorization.lower().startswith("basic ") and "client_secret" not in form:
        if not org.switches.basic_auth:
            raise invalid("Invalid access/refresh token")
        name, secret = _basic(authorization[6:])
    else:
        name, secret = form.get("client_id", ""), form.get("client_secret", "")
    for client in org.clients:
        if client.client_id == name and hmac.compare_digest(client.client_secret.encode(), secret.encode()):
            return client
    raise unauthorized(UNVERIFIED)


def _basic(text: str) -> tuple[str, str]:
    try:
        plain = base64.b64decode(text.strip(), validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise unauthorized() from error
    name, _, secret = plain.partition(":")
    return name, secret


def _from_client(sandbox: Sandbox, org: Org, client: Client) -> Answer:
    return _issue(sandbox, org, client.member_id, client.client_id)


def _issue(sandbox: Sandbox, org: Org, member_id: str, client_id: str) -> Answer:
    now = sandbox.clock()
    seconds = org.switches.token_seconds
    token = Token(alias=org.alias, member_id=member_id, expires=now + seconds, via=org.alias, client_id=client_id)
    refresh = Token(
        alias=org.alias, member_id=member_id, expires=now + REFRESH_SECONDS, via=org.alias, client_id=client_id
    )
    return as_json(
        {
            "access_token": sandbox.tokens.mint(token),
            "refresh_token": sandbox.tokens.mint_refresh(refresh),
            "token_type": "bearer",
            "expires_in": seconds,
        }
    )


def _from_refresh(sandbox: Sandbox, org: Org, form: Mapping[str, str]) -> Answer:
    token = sandbox.tokens.find_refresh(form.get("refresh_token", ""), org.alias)
    if token is None:
        raise invalid("Invalid access/refresh token")
    if sandbox.clock() >= token.expires:
        raise invalid("Refresh token expired")
    return _issue(sandbox, org, token.member_id, token.client_id)


def _from_exchange(sandbox: Sandbox, org: Org, form: Mapping[str, str]) -> Answer:
    if form.get("subject_token_type") != JWT or form.get("actor_token_type") != ACCESS:
        raise invalid("Invalid subject_token_type or actor_token_type")
    claims = _claims(sandbox, org, form.get("subject_token", ""))
    actor = sandbox.tokens.find(form.get("actor_token", ""), org.alias, sandbox.clock())
    admin = org.members.get(actor.member_id) if actor is not None and actor.alias == org.alias else None
    if actor is None or admin is None:
        raise unauthorized()
    if admin.account_type != "Admin":
        raise forbidden("Only an Admin may act for somebody else")
    target = _tenant(sandbox, org, claims)
    member = _subject(target, claims)
    seconds = org.switches.token_seconds
    token = Token(alias=target.alias, member_id=member.id, expires=sandbox.clock() + seconds, via=org.alias)
    return as_json(
        {
            "access_token": sandbox.tokens.mint(token),
            "issued_token_type": ACCESS,
            "token_type": "Bearer",
            "expires_in": seconds,
        }
    )


def _claims(sandbox: Sandbox, org: Org, text: str) -> dict[str, Json]:
    """The claims of an HS256 token signed with the secret of the client that its ``kid`` names."""
    parts = text.split(".")
    if len(parts) != 3:
        raise unauthorized()
    head, claims = _part(parts[0]), _part(parts[1])
    client = next((one for one in org.clients if one.client_id == head.get("kid")), None)
    if client is None or head.get("alg") != "HS256":
        raise unauthorized(UNVERIFIED)
    signed = f"{parts[0]}.{parts[1]}".encode()
    wanted = hmac.new(client.client_secret.encode(), signed, hashlib.sha256).digest()
    if not hmac.compare_digest(base64.urlsafe_b64encode(wanted).rstrip(b"="), parts[2].encode().rstrip(b"=")):
        raise unauthorized(UNVERIFIED)
    expires = claims.get("exp")
    if isinstance(expires, int | float) and sandbox.clock() >= expires:
        raise unauthorized(UNVERIFIED)
    return claims


def _part(text: str) -> dict[str, Json]:
    try:
        tree = orjson.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise unauthorized() from error
    if not isinstance(tree, dict):
        raise unauthorized()
    return tree


def _tenant(sandbox: Sandbox, org: Org, claims: Mapping[str, Json]) -> Org:
    wanted = claims.get("tenant")
    if wanted is None:
        return org
    for other in sandbox.world.orgs.values():
        if other.id == wanted and (wanted in org.tenants or other.parent == org.alias):
            return other
    raise forbidden("Not a tenant of this organization")


def _subject(org: Org, claims: Mapping[str, Json]) -> Member:
    email = claims.get("sub")
    for member in org.members.values():
        if member.email == email or (email is None and member.account_type == "Admin"):
            return member
    raise unauthorized(UNVERIFIED)
