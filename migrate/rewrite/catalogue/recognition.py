"""What strings look like when they are of an organization: UUIDs, url ids, ``inode-``, addresses of Sigma, known ids.

Looks are all that is judged here, so that a place no version of the format has shown yet is seen as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from migrate.rewrite.text.url import to_uuid

# The dash stands first so that the search jumps from dash to dash.
UUID = re.compile(r"-(?<=[0-9a-fA-F]{8}-)[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?![0-9a-fA-F])")
HOST: Final = "sigmacomputing."
INODE: Final = "inode-"

COLUMN = re.compile(r"(?:inode-[0-9A-Za-z]{1,22}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/(?!.*\.\w+\Z).+")
"""The id of a column: table and name. It says where the column once came from and binds nothing (row 32)."""

URL_ID_SIZES = frozenset({20, 21, 22})
UUID_SIZE: Final = 36


FREQUENT = frozenset(
    {
        "id",
        "kind",
        "name",
        "columns",
        "pages",
        "elements",
        "schemaVersion",
        "type",
        "format",
        "formatString",
        "value",
        "values",
        "text",
        "style",
        "color",
        "direction",
        "order",
        "columnId",
        "columnIds",
        "elementId",
        "displayName",
        "description",
        "by",
        "xAxis",
        "yAxis",
        "from",
        "mode",
        "controlId",
        "title",
        "body",
        "source",
    }
)
"""Keys of nearly every document that tell of no reference; all others are looked at when they are first met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What to look out for in the documents of one organization; made once, since it is asked for every string.

    ``known`` says of every id of the organization what it is; ``sizes`` are the lengths that these and url ids have,
    ``passed`` the frequent keys that are no such id. A string of ``floor`` characters or fewer is neither an id nor
    holds an address or a call.
    """

    known: Mapping[str, str]
    sizes: frozenset[int] = URL_ID_SIZES
    passed: AbstractSet[str] = FREQUENT
    floor: int = 4


NO_ORGANIZATION = Recognition(known=MappingProxyType({}))
"""No organization: only looks count."""


def recognition_of(known: Mapping[str, str]) -> Recognition:
    """What to look out for where these ids are known."""
    sizes = URL_ID_SIZES | set(map(len, known))
    return Recognition(known=known, sizes=sizes, passed=FREQUENT.difference(known), floor=min(4, min(sizes) - 1))


def looks_foreign(text: str, known: Mapping[str, str]) -> bool:
    """Whether a text is a known or url id, begins like an inode, or holds a UUID or a Sigma host."""
    size = len(text)
    if text in known or text[:6] == INODE or (size in URL_ID_SIZES and to_uuid(text) is not None):
        return True
    return size > 11 and (HOST in text or (size >= UUID_SIZE and "-" in text and UUID.search(text) is not None))
