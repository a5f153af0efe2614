"""Access and refresh tokens: minted, looked up, renewed, revoked (sigma-api 1.2)."""

from __future__ import annotations

import random
from dataclasses import dataclass

REFRESH_SECONDS = 14 * 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Whom a token stands for. ``via`` is the organization that minted it: a parent's token for a tenant."""

    alias: str
    member_id: str
    expires: float
    via: str
    client_id: str = ""


class Tokens:
    """All tokens of a sandbox."""

    def __init__(self, source: random.Random) -> None:
        self._random = source
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}
        self.minted = 0

    def mint(self, token: Token) -> str:
        """A new access token."""
        self.minted += 1
        text = f"{self._random.getrandbits(256):064x}"
        self._access[text] = token
        return text

    def mint_refresh(self, token: Token) -> str:
        """A new refresh token."""
        text = f"{self._random.getrandbits(256):064x}"
        self._refresh[text] = token
        return text

    def find(self, text: str, alias: str, now: float) -> Token | None:
        """Whom an access token stands for at one organization's host; None where it is wrong or too old."""
        token = self._access.get(text)
        if token is None or now >= token.expires or alias not in (token.alias, token.via):
            return None
        return token

    def find_refresh(self, text: str, alias: str) -> Token | None:
        """Whom a refresh token stands for, also an expired one; None where it is wrong."""
        token = self._refresh.get(text)
        return token if token is not None and token.alias == alias else None

    def revoke(self, text: str) -> None:
        """Makes one access token invalid."""
        self._access.pop(text, None)

    def revoke_all(self, alias: str) -> int:
        """Makes every access token of an organization invalid; how many that were."""
        gone = [text for text, token in self._access.items() if token.alias == alias]
        for text in gone:
            del self._access[text]
        return len(gone)

    def revoke_client(self, client_id: str) -> int:
        """Makes every token that an API client got invalid, refresh tokens too; how many access tokens that were."""
        gone = [text for text, token in self._access.items() if token.client_id == client_id]
        for text in gone:
            del self._access[text]
        self._refresh = {text: token for text, token in self._refresh.items() if token.client_id != client_id}
        return len(gone)

    def client_of(self, text: str) -> str:
        """The API client that got an access token; empty for an exchanged or unknown one."""
        token = self._access.get(text)
        return token.client_id if token is not None else ""
