"""Ids as parts of a request's path: one id is one segment, whatever is in it."""

from __future__ import annotations

from urllib.parse import quote

from migrate.errors import InvalidInput, Problem


def segment(text: str) -> str:
    """The id, safe as one path segment. Raises InvalidInput ``bad_id`` for an empty one or one made of dots.

    An empty id would turn a call about one object into a call about all, and ``..`` into one about another.
    """
    if not text or set(text) <= {"."}:
        raise InvalidInput([Problem(code="bad_id", message=f"{text!r} is no id", fix="check where it comes from")])
    return quote(text, safe="")
