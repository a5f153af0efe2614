"""Drafts taken apart, so that what is large of them can lie elsewhere, and put together again. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache, lru_cache
from itertools import starmap
from sys import intern
from typing import Any

import orjson

from migrate.inventory.model import Key
from migrate.rewrite.model import (
    ColumnId,
    DocumentId,
    Draft,
    Drafted,
    ElementId,
    GroupingId,
    Hole,
    Reference,
    Resolution,
    UrlId,
    Wanted,
)
from migrate.tree import Json

_WANTED: Mapping[str, type[Wanted]] = {
    "document": DocumentId,
    "url": UrlId,
    "element": ElementId,
    "grouping": GroupingId,
    "column": ColumnId,
}

_BOTH = tuple(field.name for field in fields(Drafted) if field.name in {field.name for field in fields(Draft)})
"""What a draft says at hand as well as whole."""


def stowed(draft: Draft) -> Json:
    """What is large of a draft, as a tree of nothing but JSON's own values, so that its digest is that of a file."""
    small = orjson.loads(orjson.dumps({"holes": draft.holes, "references": draft.references}))
    return {"body": draft.body, **small}


def drafted(draft: Draft, digest: str) -> Drafted:
    """What stays at hand of a draft whose large parts are found by ``digest``."""
    counts = Counter((reference.row, reference.resolution) for reference in draft.references)
    told = {refusal.message for refusal in draft.refusals}
    return Drafted(
        **{name: getattr(draft, name) for name in _BOTH},
        digest=digest,
        needs=tuple(dict.fromkeys(hole.key for hole in draft.holes)),
        reads=tuple(dict.fromkeys(hole.key for hole in draft.holes if not hole.can_wait)),
        refused=tuple(reference for reference in draft.references if reference.note in told),
        counts=tuple(_counted(*mark, count) for mark, count in sorted(counts.items())),
    )


@lru_cache(maxsize=4096)
def _counted(row: str, resolution: Resolution, count: int) -> tuple[str, Resolution, int]:
    """One of what many documents count alike."""
    return row, resolution, count


def whole(known: Drafted, tree: Json) -> Draft:
    """The draft, out of what stayed at hand and what ``stowed`` gave."""
    return Draft(
        **{name: getattr(known, name) for name in _BOTH},
        body=tree["body"],
        holes=tuple(_hole(hole) for hole in tree["holes"]),
        references=tuple(Reference(**{**one, "path": tuple(one["path"])}) for one in tree["references"]),
    )


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Drafted)


def account_of(known: Drafted) -> Json:
    """What stays at hand of a draft, as JSON."""
    return _adapter().dump_python(known, mode="json")


def from_account(tree: Json) -> Drafted:
    """What ``account_of`` wrote. Raises ValueError for what another version wrote in another shape."""
    found: Drafted = _adapter().validate_python(tree, strict=False)
    return replace(found, counts=tuple(starmap(_counted, found.counts)), used=tuple(map(intern, found.used)))


def _hole(tree: Json) -> Hole:
    wants = tree["wants"]
    return Hole(
        path=tuple(tree["path"]),
        key=Key(**tree["key"]),
        wants=_WANTED[wants["kind"]](**wants),
        span=tuple(tree["span"]) if tree["span"] else None,
    )
