"""How the elements of data models came back, as the ledger keeps it: text in a row, and a map that is read when asked.

A model of 200 KB has some thousand ids on each side. Of every copy that is known they would be held for a whole run,
though few are asked for at a time: they lie in a spool, and what is in memory is where.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson

from migrate.bundle.spool import Spool
from migrate.rewrite.model import ElementIds
from migrate.tree import Json


def text_of(elements: Mapping[str, ElementIds]) -> str:
    """The elements as text for a row."""
    plain = {
        source: {
            "id": ids.id,
            "columns": dict(ids.columns),
            "groupings": dict(ids.groupings),
            "metrics": dict(ids.metrics),
        }
        for source, ids in elements.items()
    }
    return orjson.dumps(plain).decode()


class Elements(Mapping[str, ElementIds]):
    """Element ids by source element id, out of the text of a row that was put into a spool."""

    __slots__ = ("_name", "_spool")

    def __init__(self, spool: Spool, text: str) -> None:
        self._spool = spool
        self._name = spool.put_text(text.encode())

    def __getitem__(self, element: str) -> ElementIds:
        return ElementIds(**self._whole[element])

    def __contains__(self, element: object) -> bool:
        return element in self._whole

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    @property
    def _whole(self) -> Json:
        return self._spool.get(self._name)
