"""What columns of warehouse tables are called where Sigma makes friendly names of them, and where it does not.

The setting belongs to a connection (sigma-api section 5.7). With it ``ORDER_ID`` is ``Order Id`` in formulas; without
it formulas name columns as the warehouse does, and a name with ``/`` or ``-`` in it cannot be named at all
(sigma-specs section 2.4). A raw name is taken where friendly names are made, too: Sigma exchanges it itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

ColumnNaming = Literal["alike", "to_raw", "to_friendly"]
"""How a connection's column names change on the way: not at all, or from one setting to the other."""

TableKey = tuple[str, tuple[str, ...]]
"""(connection id, table path)"""

RawColumns = Mapping[TableKey, tuple[str, ...]]
"""The columns of tables as the warehouse calls them; a table whose columns nobody tells is left out."""

_SMALL = frozenset({"of", "or", "to"})
_BREAKS = re.compile(r"[\s_/\-]+")


def friendly(raw: str) -> str:
    """What Sigma makes of a column's name: ``DAYS_TO_SHIP`` is ``Days to Ship`` (sigma-specs section 2.4).

    Names of one case are written anew, ``/`` and ``-`` become spaces in every name.
    """
    if raw not in (raw.upper(), raw.lower()):
        return re.sub(r"[/\-]", " ", raw)
    words = [word.lower() for word in _BREAKS.split(raw) if word]
    return " ".join(word if at and word in _SMALL else word.capitalize() for at, word in enumerate(words))


def loosely(name: str) -> str:
    """A form that is the same for a raw name and for whatever friendly name is made of it."""
    return _BREAKS.sub(" ", name).strip().casefold()


def raw_name(name: str, known: Iterable[str]) -> tuple[str | None, str]:
    """The raw name, of a table's ``known`` ones, that a friendly name means; None, and why, where that is unsure."""
    columns = tuple(known)
    if name in columns:
        found = [name]
    else:
        found = [raw for raw in columns if friendly(raw) == name]
        found = found if len(found) == 1 else [raw for raw in columns if loosely(raw) == loosely(name)]
    if not found:
        return None, "no column of the table is called so in the warehouse"
    if len(found) > 1:
        return None, f"several columns may be meant: {', '.join(sorted(found)[:5])}"
    if re.search(r"[/\-]", found[0]):
        return None, f"it is {found[0]!r} in the warehouse, which no formula can name where friendly names are off"
    return found[0], ""
