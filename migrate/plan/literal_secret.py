"""Telling a literal secret by its looks. Pure.

Sigma's client ids are 64 and client secrets 128 hexadecimal digits; nothing a plan needs looks like that.
Document and organization ids are UUIDs or 22 letters and digits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from migrate.errors import ends
from migrate.text import one_line

_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{60,}(?![0-9A-Za-z])")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.")
_SECRET_KEYS = frozenset(
    {
        "clientid",
        "clientsecret",
        "secret",
        "password",
        "passwd",
        "token",
        "accesstoken",
        "refreshtoken",
        "apikey",
        "apisecret",
        "privatekey",
        "bearer",
    }
)


def looks_secret(text: str) -> bool:
    """Whether a text holds something that looks like a client id, a client secret or a token."""
    return bool(_HEX.search(text) or _JWT.search(text))


def names_secret(key: str) -> bool:
    """Whether a key, a column or a variable is named for a secret, or is one."""
    plain = "".join(char for char in key.lower() if char.isalnum())
    return plain in _SECRET_KEYS or looks_secret(key)


def shown(value: str) -> str:
    """A value as it may stand in a one-line message."""
    return one_line(value, 80)


def shown_path(path: PurePath) -> str:
    """A path as it may stand in a one-line message: whole, so that it can be found."""
    return one_line(ends(str(path)), 3000)


def quoted(value: str) -> str:
    """A value in quotes; one that looks like a secret is hidden."""
    return "(hidden)" if looks_secret(value) else f"'{shown(value)}'"


def either(words: Sequence[str]) -> str:
    """Words as ``a, b or c``."""
    return " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]
