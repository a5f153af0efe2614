"""What a write comes to: accepted, or refused with the first error found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from migrate.sandbox.name_ids import seed_of
from migrate.sandbox.org import Json

Mode: TypeAlias = Literal["create", "replace", "verify", "dry-run"]
"""``verify`` is ``POST /v2/workbooks/spec/verify``; ``dry-run`` is a create or replace that stores nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A clear no: the status, the code and message of the error envelope, and every error (one: the first).

    For ``verify`` the status 200 means the answer ``{valid: false, errors: [{summary}]}``.
    """

    status: int
    code: str
    message: str
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What is to be stored. ``name`` … ``description`` are None where the request does not set them."""

    name: str | None
    folder_id: str | None
    description: str | None
    body: Json
    generation: str


class Stop(Exception):
    """Ends the checks at the first error; carries the refusal. Never leaves this package."""

    def __init__(self, message: str, *, status: int = 400, code: str = "invalid_request") -> None:
        super().__init__(message)
        self.refusal = Refusal(status=status, code=code, message=message, errors=(message,))


def masked(*parts: str) -> Stop:
    """A 500 that hides its cause behind an incident id (sigma-specs 8.1: often a permanent layout error)."""
    incident = seed_of("incident", *parts).hex()[:32]
    text = f"An error has occurred. Please try again later (incident-id={incident})"
    return Stop(text, status=500, code="service_error")


def shown(value: Json) -> str:
    """A value the way Sigma's shape messages show it: ``undefined``, ``"text"``, ``3``, ``object`` …"""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:200]}"'
    if isinstance(value, (int, float)):
        return str(value)
    return "array" if isinstance(value, list) else "object"


def shown_at(holder: Json, key: str) -> str:
    """The value under a key the way shape messages show it; ``undefined`` where there is none."""
    return shown(holder[key]) if isinstance(holder, dict) and key in holder else "undefined"
