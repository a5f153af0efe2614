"""A reconciliation without what looks like a secret or names people inside SQL, whatever text carried it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Protocol

from migrate.check.model import Reconciliation
from migrate.check.packed import Packed
from migrate.secret import RING
from migrate.text import without_addresses
from migrate.tree import Json

TAKEN_OUT = "[taken out: looks like a secret]"
_MARK = "[taken"
"""How a value begins that was taken out before; taking out twice changes nothing."""

_SECRET = re.compile(
    r"""
      eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?            # a JSON web token
    | (?:(?<=bearer\s)|(?<=basic\s))(?=\S*[0-9=])[A-Za-z0-9._~+/=-]{16,}      # an Authorization header
    | (?<=://)[^\s/@:]{1,200}:[^\s/@]{1,200}(?=@)                             # name:password@host
    | -----BEGIN[A-Z ]{0,30}PRIVATE\ KEY-----(?s:.)*?(?:-----END[A-Z ]{0,30}PRIVATE\ KEY-----|\Z)
    | (?<![A-Za-z0-9])(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|xox[abprs]-[A-Za-z0-9-]{10,})
    | (?:client_?secret|(?:access|refresh|id)_?token|api_?key|private_?key|passw(?:or)?d|subject_token)
      ["']?\s{0,3}[=:]\s{0,3}["']?(?P<value>[^\s"'&,;)}\]]{4,})
    """,
    re.IGNORECASE | re.VERBOSE,
)

_COMMENT = re.compile(r"--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+|Sigma \u03a3[^\n]*+")
"""A comment of SQL, also without its beginning; Sigma ends what it compiles with one that names who asked."""


def scrubbed(found: Reconciliation) -> Reconciliation:
    """The reconciliation with every secret-like part of its texts taken out; ids, counts and shapes stay."""
    return replace(
        found,
        run=clean(found.run),
        orgs=tuple(clean(org) for org in found.orgs),
        rows=tuple(clean(row) for row in found.rows),
        residuals=tuple(clean(residual) for residual in found.residuals),
        causes=clean(found.causes),
        things=clean(found.things),
        mappings=clean(found.mappings),
        scope_changes=clean(found.scope_changes),
        not_copied=clean(found.not_copied),
        rows_compared=clean(found.rows_compared),
        previous=clean(found.previous),
        warnings=tuple(clean_text(warning) for warning in found.warnings),
    )


def clean_text(text: str) -> str:
    """A text without the secrets of this run, what looks like one, and e-mail addresses inside comments of SQL."""
    text = RING.text_without(text)
    if "@" in text:
        text = _COMMENT.sub(lambda match: without_addresses(match[0]), text)
    return _SECRET.sub(_cut, text) if _may_hold_one(text) else text


def _may_hold_one(text: str) -> bool:
    """Whether a text holds what every secret-like text does, told many times faster: nearly none of a report does."""
    if "@" in text and "://" in text:
        return True
    return _hints().search(text.encode("utf-8", "surrogatepass")) is not None


class _Pattern(Protocol):
    def search(self, text: bytes) -> object: ...


@cache
def _hints() -> _Pattern:
    """A part of each alternative of ``_SECRET``; for ``i`` Python takes two letters more, whatever the case."""
    import re2

    options = re2.Options()
    options.case_sensitive = False
    parts = "eyj|bearer|basic|-----begin|akia|gh[pousr]_|xox[abprs]-|ecret|token|api_?key|private_?key|passw"
    compiled: _Pattern = re2.compile(parts.replace("i", "[i\u0131\u0130]").encode(), options)
    return compiled


def _cut(match: re.Match[str]) -> str:
    value = match["value"]
    if value is None:
        return TAKEN_OUT
    if value == _MARK:
        return match[0]
    return match[0][: match.start("value") - match.start()] + TAKEN_OUT


def clean(tree: Json) -> Json:
    """The tree with every text of it cleaned; keys, numbers and shapes stay. What holds nothing to take out is itself.

    A report of many thousand rows is so in memory once, not once for each file that is made of it.
    """
    kind = tree.__class__
    if kind is str:
        return clean_text(tree)
    if kind in _PLAIN:
        return tree
    if isinstance(tree, Mapping):
        changed = {key: after for key, value in tree.items() if (after := clean(value)) is not value}
        return tree if isinstance(tree, dict) and not changed else {**tree, **changed}
    if isinstance(tree, Packed):
        before = tree.whole
        after = clean(before)
        return tree if after is before else tree.with_all(after)
    if isinstance(tree, (list, tuple)):
        parts = [clean(value) for value in tree]
        same = all(after is value for after, value in zip(parts, tree, strict=True))
        return tree if same else type(tree)(parts)
    if isinstance(tree, str):
        return clean_text(tree)
    columns = ((name, getattr(tree, name)) for name in _names(kind))
    changed = {name: after for name, value in columns if (after := clean(value)) is not value}
    return replace(tree, **changed) if changed else tree


_PLAIN = frozenset({int, float, bool, type(None)})


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The names of the fields of a dataclass; what is none has none."""
    return tuple(column.name for column in fields(kind)) if is_dataclass(kind) else ()
