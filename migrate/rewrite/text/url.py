"""Addresses inside texts: any web address, and those of Sigma with their ids as spans.

Facts: the url id of a document is the base62 form of its UUID, alphabet ``0-9a-zA-Z``, big-endian
(sigma-specs section 6.1, verified on 37 of 37 pairs; leading zeros: sigma-news 2); documents live at
``https://<app host>/<org slug>/workbook/<Name>-<urlId>`` or ``…/data-model/…``, an element is named by
``?:nodeId=<elementId>`` or ``/element/<elementId>`` (section 5.1 row 28); API hosts are listed in sigma-api
section 1.1. ``/embed/1-<base62>`` holds the id of an embed, which is not that of its workbook.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from urllib.parse import unquote

from migrate.kinds import KINDS
from migrate.rewrite.text.formula import Span
from migrate.words import Kind

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The base62 alphabet of url ids."""

_VALUES = {digit: value for value, digit in enumerate(DIGITS)}
_LONGEST = 22
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_V4 = re.compile(r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}")

# A backslash ends an address: in JSON and Markdown text it is an escape, never part of one.
_URL = re.compile(r"https?://[^\s\"'<>\\^`{|}\x00-\x1f]+", re.IGNORECASE)
_TRAILING = ".,;:!?*_~"
_CLOSERS = {")": "(", "]": "["}

_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)*sigmacomputing\.(?:com|io)(?::\d+)?",
    re.IGNORECASE,
)
_SIGMA = re.compile(r"(https?://)([^/?#]+)(/[^?#]*)?(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)
_NODE = re.compile(r"[?&](?::|%3A)nodeId=([^&#]*)", re.IGNORECASE)
_URL_ID = re.compile(r"[0-9A-Za-z]{1,22}")

UrlKind = Kind | Literal["embed", "other"]

_API_KINDS: Mapping[str, Kind] = {row.root.rpartition("/")[2].lower(): kind for kind, row in KINDS.items()}
_APP_KINDS: Mapping[str, Kind] = {kind: kind for kind in KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """One web address of a text: where it stands, and its text."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmaUrl:
    """One address of a Sigma host; all spans are those of the surrounding text.

    ``slug`` is the org slug, empty where the address names none. ``url_id`` is the id as it is written
    (base62, or a UUID in API addresses), empty where there is none. ``document_id`` is the UUID it stands for.
    ``element_id`` is the element shown, decoded.
    """

    span: Span
    text: str
    host: str
    slug: str
    slug_span: Span
    kind: UrlKind
    url_id: str
    url_id_span: Span
    document_id: str | None
    element_id: str | None
    element_span: Span | None


def to_url_id(uuid: str) -> str:
    """The base62 url id of a UUID, as it is computed where the service has not said it.

    Each leading zero byte is written as one ``0``, as base-x encoders do; the one recorded id with such a byte fits
    (sigma-news 2). Raises ValueError where the text is no UUID.
    """
    if not _UUID.fullmatch(uuid):
        raise ValueError(f"not a UUID: {uuid[:80]!r}")
    content = bytes.fromhex(uuid.replace("-", ""))
    number = int.from_bytes(content, "big")
    digits = []
    while number:
        number, rest = divmod(number, 62)
        digits.append(DIGITS[rest])
    return "0" * (len(content) - len(content.lstrip(b"\0"))) + "".join(reversed(digits))


def to_uuid(url_id: str) -> str | None:
    """The UUID a base62 url id stands for, with or without leading zeros, or None unless it is one of version 4."""
    if not 1 <= len(url_id) <= _LONGEST or not url_id.isascii() or not url_id.isalnum():
        return None
    number = 0
    for digit in url_id:
        number = number * 62 + _VALUES[digit]
    text = f"{number:032x}"
    if not _V4.fullmatch(text):
        return None
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def urls(text: str) -> tuple[Url, ...]:
    """Every http(s) address of a text, without the punctuation that ends a sentence or a Markdown link."""
    if "://" not in text:
        return ()
    return tuple(Url(span=span, text=text[slice(*span)]) for span in _spans(text))


def _spans(text: str) -> Iterator[Span]:
    for match in _URL.finditer(text):
        start, end = match.span()
        end = _trimmed(text, start, end)
        if end > text.index("://", start) + 3:
            yield start, end


def _trimmed(text: str, start: int, end: int) -> int:
    """The end of an address without trailing punctuation and without a bracket it did not open."""
    found = text[start:end]
    end = start + _balanced(found)
    while end > start and text[end - 1] in _TRAILING:
        end -= 1
    return end


def _balanced(found: str) -> int:
    """How much of an address stands before the first closing bracket that it did not open itself."""
    opened: list[str] = []
    for index, character in enumerate(found):
        if character in "([":
            opened.append(character)
        elif character in _CLOSERS:
            if not opened or opened[-1] != _CLOSERS[character]:
                return index
            opened.pop()
    return len(found)


def sigma_urls(text: str) -> tuple[SigmaUrl, ...]:
    """Every address of a Sigma host (app, embed, API; any region) in a text, Markdown, HTML or JSON."""
    if "://" not in text or "sigmacomputing" not in text.lower():
        return ()
    parsed = (_parsed(url) for url in urls(text))
    return tuple(url for url in parsed if url is not None)


def is_sigma_host(host: str) -> bool:
    """Whether a host, with or without a port, belongs to Sigma."""
    return _HOST.fullmatch(host) is not None


def _parsed(url: Url) -> SigmaUrl | None:
    match = _SIGMA.fullmatch(url.text)
    host = match[2].rpartition("@")[2].lower() if match else ""
    if match is None or not is_sigma_host(host):
        return None
    offset = url.span[0]
    steps = _steps(match[3] or "", offset + (match.start(3) if match[3] else match.end(2)))
    kind, slug, slug_span, url_id, url_id_span = _place(host, steps, offset + match.end(2))
    element, element_span = _element(url, steps)
    return SigmaUrl(
        span=url.span,
        text=url.text,
        host=host,
        slug=slug,
        slug_span=slug_span,
        kind=kind,
        url_id=url_id,
        url_id_span=url_id_span,
        document_id=_document_id(url_id),
        element_id=element,
        element_span=element_span,
    )


def _element(url: Url, steps: list[tuple[str, Span]]) -> tuple[str | None, Span | None]:
    """The element an address shows, decoded, and where it is written."""
    node = _NODE.search(url.text)
    if node and node[1]:
        offset = url.span[0]
        return unquote(node[1]), (offset + node.start(1), offset + node.end(1))
    for (step, _), (after, span) in pairwise(steps[2:]):
        if step == "element":
            return unquote(after), span
    return None, None


def _steps(path: str, offset: int) -> list[tuple[str, Span]]:
    """The non-empty steps of an address path with their spans."""
    steps = []
    start = offset
    for step in path.split("/"):
        if step:
            steps.append((step, (start, start + len(step))))
        start += len(step) + 1
    return steps


def _place(host: str, steps: list[tuple[str, Span]], nowhere: int) -> tuple[UrlKind, str, Span, str, Span]:
    """Kind, org slug and document id of an address path, each with its span (empty at ``nowhere``)."""
    empty = (nowhere, nowhere)
    kind: UrlKind
    if _is_api(host, steps):
        kind, url_id, span = _api_document(steps)
        return kind, "", empty, url_id, span or empty
    if not steps:
        return "other", "", empty, "", empty
    slug, slug_span = steps[0]
    if slug == "embed":
        url_id, span = _trailing_id(steps[1]) if len(steps) > 1 else ("", empty)
        return "embed", "", empty, url_id, span
    for index, (step, _) in enumerate(steps[1:], 1):
        if step in ("embed", *_APP_KINDS) and index + 1 < len(steps):
            kind = _APP_KINDS.get(step, "embed")
            # embed paths go on with the kind: /<slug>/embed/workbook/<Name>-<urlId>
            last = index + 2 if step == "embed" and steps[index + 1][0] in _APP_KINDS else index + 1
            url_id, span = _trailing_id(steps[last]) if last < len(steps) else ("", empty)
            return kind, slug, slug_span, url_id, span
    return "other", slug, slug_span, "", empty


def _is_api(host: str, steps: list[tuple[str, Span]]) -> bool:
    first = host.partition(".")[0]
    return first == "api" or first.endswith("-api") or (bool(steps) and steps[0][0] in ("v2", "v2.1", "v3alpha"))


def _api_document(steps: list[tuple[str, Span]]) -> tuple[UrlKind, str, Span | None]:
    for (step, _), (after, span) in pairwise(steps):
        kind = _API_KINDS.get(step.lower())
        if kind and _UUID.fullmatch(after):
            return kind, after, span
    return "other", "", None


def _trailing_id(step: tuple[str, Span]) -> tuple[str, Span]:
    """The id at the end of ``<Name>-<urlId>``, a bare url id, or a UUID."""
    text, (_, end) = step
    uuid = _UUID.search(text)
    if uuid and uuid.end() == len(text):
        return uuid[0], (end - len(uuid[0]), end)
    tail = text.rpartition("-")[2]
    if _URL_ID.fullmatch(tail):
        return tail, (end - len(tail), end)
    return "", (end, end)


def _document_id(url_id: str) -> str | None:
    if _UUID.fullmatch(url_id):
        return url_id.lower()
    return to_uuid(url_id)
