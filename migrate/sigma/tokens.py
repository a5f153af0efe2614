"""Access tokens: minted one at a time, renewed before they end and once after a 401, never because of throttling.

Form fields come first and Basic is the fallback: in one org Basic was answered with 400 (sigma-api section 1.2).
A tenant's token comes by token exchange: a JWT signed with the parent's secret. Refresh tokens are not used;
minting anew costs one request an hour and works in every org.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlencode

import anyio
import orjson

from migrate.errors import AccessError, MigrateError
from migrate.reasons import REASONS
from migrate.sigma.model import TOKEN_PATH, Answer, Ask, Clock, Hidden, NoAnswer, Send
from migrate.sigma.refusals import words_of
from migrate.sigma.wire import throttles

DEFAULT_SECONDS = 600.0
"""How long a token is taken to live where the answer does not say; Sigma's live about an hour."""

REFUSAL_SECONDS = 60.0
"""How long a refusal of the credentials stands before they are tried again; until then nothing is sent."""

_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_JWT = "urn:ietf:params:oauth:token-type:jwt"
_ACCESS = "urn:ietf:params:oauth:token-type:access_token"


class Secret(Protocol):
    """An API credential. Its ``repr`` must not show the secret."""

    @property
    def client_id(self) -> str:
        """The public half."""

    @property
    def client_secret(self) -> str:
        """The secret half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token and the moments (monotonic seconds) at which it is to be renewed."""

    text: str = field(repr=False)
    renew_at: float


Mint = Callable[[], Awaitable[Token]]


class Tokens:
    """The token of one organization, shared by all its requests."""

    def __init__(self, mint: Mint, clock: Clock) -> None:
        self._mint = mint
        self._clock = clock
        self._lock = anyio.Lock()
        self._token: Token | None = None
        self._refused: tuple[float, AccessError] | None = None

    async def current(self) -> str:
        """A token that is not about to end. Raises AccessError where the credentials are refused."""
        token = self._token
        if token is None or self._clock.now() >= token.renew_at:
            token = await self._flight(token)
        return token.text

    async def renewed(self, failed: str) -> str:
        """A token other than the one that failed, minted unless somebody else already has."""
        token = self._token
        if token is None or token.text == failed:
            token = await self._flight(token)
        return token.text

    async def _flight(self, seen: Token | None) -> Token:
        """Mints while holding the lock; who waited meanwhile takes what the holder brought."""
        async with self._lock:
            if self._token is not None and self._token is not seen:
                return self._token
            self._raise_standing_refusal()
            try:
                self._token = await self._mint()
            except AccessError as error:
                self._refused = (self._clock.now() + REFUSAL_SECONDS, error)
                raise
            return self._token

    def _raise_standing_refusal(self) -> None:
        if self._refused is not None and self._clock.now() < self._refused[0]:
            error = self._refused[1]
            raise AccessError(error.message, code=error.code, next_action=error.next_action)


class Minting:
    """Asks the token endpoint of one host; what is asked for comes as form fields."""

    def __init__(self, send: Send, *, org: str, where: str, secret: Secret, hidden: Hidden, clock: Clock) -> None:
        self._send = send
        self._org = org
        self._where = where
        self._secret = secret
        self._hidden = hidden
        self._clock = clock
        self._basic = False
        pair = f"{secret.client_id}:{secret.client_secret}".encode()
        self._pair = base64.b64encode(pair).decode()
        hidden.add(secret.client_secret, self._pair)

    def for_tenant(self, org: str, hidden: Hidden) -> Minting:
        """The same endpoint and credential, for a tenant's exchanges; ``hidden`` is the tenant's."""
        return Minting(self._send, org=org, where=self._where, secret=self._secret, hidden=hidden, clock=self._clock)

    async def unsigned(self, path: str) -> Answer:
        """What the host answers to a read by nobody. Raises NoAnswer."""
        return await self._send(Ask(method="GET", path=path))

    async def client_credentials(self) -> Token:
        """A token for the credential itself; the way that worked once is the first from then on."""
        answer = await self._attempt(basic=self._basic)
        if answer.status in (400, 401):
            first = answer
            answer = await self._attempt(basic=not self._basic)
            if answer.ok:
                self._basic = not self._basic
            elif answer.status in (400, 401, 403) and first.status == 401:
                answer = first
        return self._token(answer)

    async def exchanged(self, actor: Tokens, tenant_id: str) -> Token:
        """A token for a tenant, by the parent's admin credential; a stale parent token is renewed once."""
        bearer = await actor.current()
        answer = await self._exchange(bearer, tenant_id)
        if answer.status == 401:
            answer = await self._exchange(await actor.renewed(bearer), tenant_id)
        return self._token(answer)

    async def _attempt(self, *, basic: bool) -> Answer:
        fields = {"grant_type": "client_credentials"}
        if basic:
            return await self._post(fields, authorization=f"Basic {self._pair}")
        return await self._post(
            {**fields, "client_id": self._secret.client_id, "client_secret": self._secret.client_secret}
        )

    async def _exchange(self, bearer: str, tenant_id: str) -> Answer:
        jwt = tenant_jwt(self._secret, tenant_id, now=int(self._clock.wall()), jti=str(uuid.uuid4()))
        self._hidden.add(jwt, bearer)
        fields = {
            "grant_type": _EXCHANGE,
            "subject_token": jwt,
            "subject_token_type": _JWT,
            "actor_token": bearer,
            "actor_token_type": _ACCESS,
        }
        return await self._post(fields, authorization=f"Bearer {bearer}")

    async def _post(self, fields: Mapping[str, str], authorization: str = "") -> Answer:
        ask = Ask(
            method="POST",
            path=TOKEN_PATH,
            body=urlencode(fields).encode(),
            content_type="application/x-www-form-urlencoded",
            authorization=authorization,
        )
        failed = ""
        try:
            answer = await self._send(ask)
        except NoAnswer as error:
            failed = error.message
        if failed:
            raise NoAnswer(f"no token: {failed}", left=False)
        if throttles(answer):
            raise NoAnswer(f"no token: {answer.status} {words_of(answer)}", left=False, throttled=True)
        if answer.status >= 500 or answer.shape == "unreadable":
            raise NoAnswer(f"no token: {answer.status} {words_of(answer)}", left=False)
        return answer

    def _token(self, answer: Answer) -> Token:
        text = answer.tree.get("access_token") if answer.ok and isinstance(answer.tree, dict) else None
        if not isinstance(text, str) or not text.isascii() or not text.isprintable() or not text:
            raise self._refusal(answer)
        self._hidden.add(text)
        refresh = answer.tree.get("refresh_token")
        if isinstance(refresh, str):
            self._hidden.add(refresh)
        return Token(text=text, renew_at=self._clock.now() + usable_seconds(answer.tree.get("expires_in")))

    def _refusal(self, answer: Answer) -> MigrateError:
        said = self._hidden.clean(words_of(answer)) or "no reason given"
        why = {
            400: "the credentials are wrong",
            401: "the credentials are wrong or revoked, base_url is the host of another region, "
            "or an IP allow-list keeps this address out",
            403: "an IP allow-list or a rule of the organization keeps this address or user out",
            404: "base_url is not an API host",
        }.get(answer.status, "that is no token")
        return AccessError(
            f"org {self._org}: the token endpoint of {self._where} answered {answer.status} ({said}): {why}.",
            code="bad_credentials",
            next_action=REASONS["bad_credentials"].fix,
        )


def usable_seconds(expires_in: object) -> float:
    """How long a token is used: its life less a tenth, or less five minutes where that is shorter."""
    told = isinstance(expires_in, int | float) and 0 < expires_in < 1e9
    seconds = float(expires_in) if isinstance(expires_in, int | float) and told else DEFAULT_SECONDS
    return seconds - min(300.0, seconds / 10)


def tenant_jwt(secret: Secret, tenant_id: str, *, now: int, jti: str) -> str:
    """The HS256 token that names a tenant, signed with the parent's secret, good for five minutes.

    ``now`` is seconds since 1970. Claims follow sigma-api section 1.2: a ``tenant`` alone acts as its admin.
    """
    head = {"alg": "HS256", "typ": "JWT", "kid": secret.client_id}
    claims = {"ver": "1.1", "aud": "sigmacomputing", "tenant": tenant_id, "iat": now, "exp": now + 300, "jti": jti}
    signed = f"{_b64(orjson.dumps(head))}.{_b64(orjson.dumps(claims))}"
    mark = hmac.new(secret.client_secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_b64(mark)}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def authorized(inner: Send, *, tokens: Tokens) -> Send:
    """The ring that adds the token, and after a 401 renews it and sends again, once.

    A 401 is a clear refusal before any effect, so a write may be sent again too. A page of the edge is not
    about the token, whatever its status, and renews nothing.
    """

    async def send(ask: Ask) -> Answer:
        token = await tokens.current()
        answer = await inner(replace(ask, authorization=f"Bearer {token}"))
        if answer.status != 401 or answer.shape == "html":
            return answer
        token = await tokens.renewed(token)
        return await inner(replace(ask, authorization=f"Bearer {token}"))

    return send
