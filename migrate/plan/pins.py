"""What a target is pinned to: a version tag, or a list of documents and versions. Pure.

A pin is written ``tag:NAME`` or ``list:FILE``: ``source.version`` of a plan for all its targets, or the cell ``pin`` of
one tenant. A list has a document id on each line, as ``freeze`` writes them, and behind it the version that is meant;
an id alone takes whatever version is published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrate.errors import Problem
from migrate.plan.lists import lines_of

if TYPE_CHECKING:
    from migrate.plan.model import Plan, Tenant

WRITTEN = re.compile(r"(tag|list):(\S.*)")
FIX = "write tag:NAME of a version tag, or list:FILE of document ids and versions"
_MOST = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A version ``tag`` by name, or ``versions``: (document id, version; 0 for the published one).

    ``written`` is how the plan says it.
    """

    written: str
    tag: str = ""
    versions: tuple[tuple[str, int], ...] = ()


def wrong(text: str) -> str:
    """What is wrong with a pin as it is written, empty for nothing."""
    return "" if WRITTEN.fullmatch(text) else "this is neither a version tag nor a list"


def pin_of(written: str, read: Callable[[str], tuple[str, str]], problems: list[Problem]) -> Pin:
    """The pin that is written so; ``read`` gives what a file is called and its text. What is wrong is told."""
    found = WRITTEN.fullmatch(written)
    if found is None or found[1] == "tag":
        return Pin(written=written, tag=found[2] if found else "")
    file, text = read(found[2])
    versions = dict(_versions(file, text, problems))
    if not versions:
        problems.append(Problem(code="plan_empty", message="no document is listed", fix=FIX, file=file))
    return Pin(written=written, versions=tuple(sorted(versions.items())))


def _versions(file: str, text: str, problems: list[Problem]) -> Iterator[tuple[str, int]]:
    seen: set[str] = set()
    for number, (identity, *rest) in lines_of(text):
        version = rest[0] if rest else "0"
        if len(rest) > 1 or not version.isdecimal() or not version.isascii() or int(version[:12]) > _MOST:
            message, fix = f"'{' '.join(rest)[:60]}' is no version", "write a document id and a whole number"
        elif identity in seen:
            message, fix = f"{identity[:60]} is listed twice", "keep one of the lines"
        else:
            seen.add(identity)
            yield identity, int(version)
            continue
        problems.append(Problem(code="plan_bad_value", message=message, fix=fix, file=file, line=number))


def pinned_to(plan: Plan, tenant: Tenant | None) -> Pin | None:
    """What a target is pinned to: as its row says, else as the source; None where neither says anything."""
    written = tenant.values.get("pin") if tenant else None
    return plan.pins.get(written or plan.source.version or "")
