"""Telling JSON, YAML and HTML apart by looking at the body, and reading the headers that matter.

``Content-Type`` is no guide: spec endpoints answer YAML to a request for JSON, and the edge in front
answers HTML pages under any status (sigma-api sections 2 and 4.1).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import MappingProxyType

import orjson

from migrate.sigma.model import Answer, Shape
from migrate.tree import Json
from migrate.yaml.read import TooDeep, UnreadableYaml, read_yaml

_KEPT = ("content-type", "retry-after", "date", "x-request-id", "errorcause", "location", "cf-ray")
_LONGEST_NUMBER = 64
_DIGITS = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))
_LONG_NUMBER = b"0" * 19
"""The least number of digits that may not fit into 64 bit; found where all digits are the same, which is quicker."""
_MARKUP = re.compile(rb"<[!?/a-zA-Z]")
_BOM = b"\xef\xbb\xbf"
_REFUSING_HTML = frozenset({400, 404, 405, 406, 410, 411, 413, 414, 415, 431})


def read_body(body: bytes, content_type: str = "") -> tuple[Shape, Json]:
    """What a body is and its value; the value is None unless the shape is ``json`` or ``yaml``."""
    content = body.removeprefix(_BOM).strip()
    if not content:
        return "empty", None
    if _MARKUP.match(content):
        return "html", None
    try:
        return "json", _read_json(content)
    except ValueError:
        # A body that begins like JSON and is none was cut off; only a server that says YAML may mean flow style.
        if content[:1] in b'{["' and "yaml" not in content_type:
            return "unreadable", None
    try:
        tree = read_yaml(content.decode())
    except TooDeep:
        return "yaml", None
    except (UnreadableYaml, UnicodeDecodeError):
        return "unreadable", None
    return ("yaml", tree) if isinstance(tree, (dict, list)) else ("unreadable", None)


def _read_json(content: bytes) -> Json:
    """The value of a JSON text. Raises ValueError where it is none.

    orjson rounds what does not fit into 64 bit and refuses a few things that are JSON (``1e999``, half of a
    character, a thousand levels); such a value is kept as it is, so that whoever needs it can say what is wrong.
    """
    if _LONG_NUMBER not in content.translate(_DIGITS):
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError as error:
            first = error
    else:
        first = None
    try:
        return json.loads(content, parse_int=_integer, parse_constant=_constant)
    except RecursionError:
        return None  # complete or not, nobody will read so many levels; it is no answer of any known shape
    except ValueError as error:
        raise (first or error) from None


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= _LONGEST_NUMBER else math.inf


def _constant(text: str) -> Json:
    raise ValueError(f"{text} is no JSON")


def read_answer(status: int, headers: Mapping[str, str], body: bytes | None) -> Answer:
    """The answer as a value; ``headers`` are looked up in lower case, ``body`` is None where it was too large."""
    shape: Shape = "too_large"
    tree: Json = None
    if body is not None:
        shape, tree = read_body(body, headers.get("content-type", ""))
    kept = MappingProxyType({name: headers[name] for name in _KEPT if name in headers})
    return Answer(status=status, shape=shape, tree=tree, headers=kept, request_id=_request_id(tree, kept))


def throttles(answer: Answer) -> bool:
    """Whether an answer asks the client to slow down: a 429, or a page of the edge in place of the API.

    HTML under a status that says the request itself is wrong (404, 413 …) is a refusal; HTML under a 5xx is
    the trouble its status names, but for 503, the edge's way to say that it is full.
    """
    if answer.status == 429:
        return True
    if answer.shape != "html":
        return False
    return answer.status == 503 or (answer.status < 500 and answer.status not in _REFUSING_HTML | _MOVED)


_MOVED = frozenset({301, 302, 303, 307, 308})


def retry_after(headers: Mapping[str, str], wall: float) -> float | None:
    """Seconds to wait by ``Retry-After`` in either form, or None where it says nothing readable.

    A date is read against the server's own ``Date``, so that a clock that is off does no harm; ``wall`` is
    our clock (seconds since 1970) for a server that sends none.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
        return float(text)
    until = http_date(text)
    if until is None:
        return None
    served = http_date(headers.get("date", ""))
    return max(0.0, until - (wall if served is None else served))


@lru_cache(maxsize=8)
def http_date(text: str) -> float | None:
    """A date of a header in seconds since 1970, None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _request_id(tree: Json, headers: Mapping[str, str]) -> str:
    found = tree.get("requestId") if isinstance(tree, dict) else None
    text = found if isinstance(found, str) else headers.get("x-request-id", "")
    return text if re.fullmatch(r"[A-Za-z0-9._:-]{1,100}", text) else ""
