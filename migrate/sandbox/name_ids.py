"""Ids made from names, so that a world gets the same ids every time it is read.

Shapes are Sigma's: UUIDs of version 4, member ids of 28 letters and digits (sigma-specs 6.1).
"""

from __future__ import annotations

import hashlib
import uuid

from migrate.sandbox.ids import ALPHABET


def seed_of(*parts: str) -> bytes:
    """32 bytes that depend on every part and on where each begins."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.digest()


def named_uuid(*parts: str) -> str:
    """A UUID with the version bits of a random one, made from these parts."""
    return str(uuid.UUID(bytes=seed_of(*parts)[:16], version=4))


def member_id_of(*parts: str) -> str:
    """A member id: 28 letters and digits."""
    return "".join(ALPHABET[byte % 62] for byte in seed_of(*parts)[:28])


def secret_of(*parts: str) -> str:
    """A client secret for a sandbox on loopback: 64 hexadecimal digits."""
    return seed_of("secret", *parts).hex()
