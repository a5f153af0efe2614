"""Bodies that are far too big: made block by block while they are sent, so the sandbox itself holds none of it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Literal

Coding = Literal["identity", "gzip"]

BLOCK = 1 << 20
START, FILLING, END = b'{"entries": [], "filling": "', b"x", b'"}'
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
EMPTY_LAST_BLOCK = b"\x03\x00"  # RFC 1951: a last block of fixed codes that holds nothing


def flood(size: int, coding: Coding) -> Iterator[bytes]:
    """A JSON object of ``size`` bytes (at least its own frame), part by part; with ``gzip`` compressed about 1 to 1000.

    Every block is compressed alone and ends on a byte (``Z_FULL_FLUSH``), so the same compressed block repeats.
    """
    if coding == "identity":
        yield from _plain(size)
        return
    yield GZIP_HEAD
    crc = total = 0
    known: dict[bytes, bytes] = {}
    for part in _plain(size):
        if part not in known:
            known[part] = _deflated(part)
        crc, total = zlib.crc32(part, crc), total + len(part)
        yield known[part]
    yield EMPTY_LAST_BLOCK + struct.pack("<II", crc, total & 0xFFFFFFFF)


def _plain(size: int) -> Iterator[bytes]:
    rest = max(0, size - len(START) - len(END))
    yield START
    block = FILLING * BLOCK
    while rest >= BLOCK:
        yield block
        rest -= BLOCK
    if rest:
        yield FILLING * rest
    yield END


def _deflated(part: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)
