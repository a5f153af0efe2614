"""New ids and times in the shapes Sigma gives them (sigma-specs section 6.1)."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def new_uuid(source: random.Random) -> str:
    """A random UUID of version 4."""
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def new_member_id(source: random.Random) -> str:
    """28 letters and digits, as members have them."""
    return "".join(source.choice(ALPHABET) for _ in range(28))


@lru_cache(maxsize=100_000)
def url_id(inode_id: str) -> str:
    """The base62 form of a UUID that stands in app URLs; an id that is no UUID stands for itself.

    Base-x encoding: one ``0`` for each leading byte that is zero, then the number (sigma-news 2).
    """
    try:
        raw = uuid.UUID(inode_id).bytes
    except ValueError:
        return inode_id
    number, digits = int.from_bytes(raw), ""
    while number:
        number, rest = divmod(number, 62)
        digits = ALPHABET[rest] + digits
    return "0" * (len(raw) - len(raw.lstrip(b"\0"))) + digits


@lru_cache(maxsize=100_000)
def uuid_of(text: str) -> str:
    """The UUID that a base62 url id stands for; anything else comes back as it is."""
    number = 0
    for char in text:
        digit = ALPHABET.find(char)
        if digit < 0:
            return text
        number = number * 62 + digit
    return str(uuid.UUID(int=number)) if text and number < 1 << 128 else text


def is_uuid(value: object) -> bool:
    """Whether this is the text of a UUID with its hyphens."""
    if not isinstance(value, str) or len(value) != 36:
        return False
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


def iso(seconds: float) -> str:
    """A moment (seconds since 1970) as ISO-8601 with milliseconds and ``Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def http_date(seconds: float) -> str:
    """A moment as the ``Date`` header writes it."""
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC), usegmt=True)
