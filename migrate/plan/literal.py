"""Telling a literal secret by its looks. Pure.

Sigma's client ids are 64 and client secrets 128 hexadecimal digits; nothing a plan needs looks like that.
Document and organization ids are UUIDs or 22 letters and digits.
"""

from __future__ import annotations

import re

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
