"""The whole catalogue of references, and which of its rows a key of an object belongs to.

Three kinds of rows: ``OUTSIDE`` (found by key, resolved in the target), ``INSIDE`` (found by key, kept) and
``TEXTS`` (found by content, in any string of the document). ``APART`` lists what belongs to a document but does
not stand in it as a place that could be exchanged, so that nobody looks for it in vain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from migrate.rewrite.catalogue.row import REF, CatalogueRow
from migrate.rewrite.catalogue.rows_data import DATA
from migrate.rewrite.catalogue.rows_inside import INSIDE
from migrate.rewrite.catalogue.rows_organization import ORGANIZATION

OUTSIDE: tuple[CatalogueRow, ...] = (*DATA, *ORGANIZATION)
"""Everything found by key that leaves the document."""

TEXTS: tuple[CatalogueRow, ...] = (
    CatalogueRow(
        code="url",
        number="28",
        points_to="a web address; one of Sigma points at a document or its organization",
        shape="text",
        resolve="Sigma's by the copy of the document and the target's host and slug; others by map.urls",
        dangling="never validated; a click leads to the source organization",
        examples={
            "": (
                {"kind": "text", "body": f"see {REF}"},
                {"effects": [{"effect": "open-url", "url": REF}]},
                {"kind": "button", "url": REF},
                {"kind": "embed", "url": REF},
            )
        },
    ),
    CatalogueRow(
        code="attribute-name",
        number="17",
        points_to="a user attribute, by name in a formula",
        shape="text",
        resolve="by name, through map.user_attributes",
        dangling="accepted; the rule gives null and hides every row, or shows every row",
        examples={"": ({"columns": [{"id": "c", "formula": f'CurrentUserAttributeText("{REF}") = [A]'}]},)},
    ),
    CatalogueRow(
        code="team-name",
        number="17",
        points_to="a team, by name in a formula",
        shape="text",
        resolve="by name, through map.teams",
        dangling="as attribute-name",
        examples={"": ({"columns": [{"id": "c", "formula": f'CurrentUserInTeam("{REF}")'}]},)},
    ),
    CatalogueRow(
        code="function",
        number="4",
        points_to="a warehouse function, by name in a formula",
        shape="text",
        resolve="by the path maps of the document's connections",
        dangling="accepted; a type error in the column",
        examples={"": ({"columns": [{"id": "c", "formula": f'CallText("{REF}", [A])'}]},)},
    ),
    CatalogueRow(
        code="prefix",
        number="4",
        points_to="a table, element or join leg, as the first part of a bracket reference",
        shape="text",
        resolve="rewritten with the table or element it stands for",
        dangling="dependency not found, or a type error that spreads",
        examples={"": ({"source": {"kind": "warehouse-table"}, "columns": [{"id": "c", "formula": f"[{REF}/A]"}]},)},
    ),
)

APART: tuple[CatalogueRow, ...] = (
    CatalogueRow(
        code="folder",
        number="12",
        points_to="the folder of the document",
        shape="id",
        resolve="map.folders, created where missing; it stands in the envelope, not in the body",
        dangling="Sigma refuses the document: No matching record",
    ),
    CatalogueRow(
        code="data-values",
        number="29",
        points_to="values of the warehouse in filters and controls",
        shape="none",
        resolve="kept; a replace rule changes them where asked",
        dangling="silent: empty results",
    ),
    CatalogueRow(
        code="surroundings",
        number="30",
        points_to="schedules, embeds, bookmarks, grants, tags, materializations, comments",
        shape="none",
        resolve="not in the document; listed by assess",
        dangling="lost",
    ),
    CatalogueRow(
        code="content",
        number="31",
        points_to="rows of input tables, uploaded files, the runtime of Python elements",
        shape="none",
        resolve="not portable; reported",
        dangling="lost",
    ),
    CatalogueRow(
        code="column-id",
        number="32",
        points_to="nothing: the id of a column that looks like one of the source organization",
        shape="none",
        resolve="kept as it is; formulas bind by name",
        dangling="accepted",
    ),
    CatalogueRow(
        code="hidden-source",
        number="33",
        points_to="a dataset or a tagged version of a model, which no document shows",
        shape="none",
        resolve="from /sources; reported",
        dangling="other data than in the source",
    ),
)

CATALOGUE: tuple[CatalogueRow, ...] = (*OUTSIDE, *INSIDE, *TEXTS, *APART)
"""Every row."""


KeyedRows = tuple[tuple[str, CatalogueRow], ...]
"""Rows, each with the key under which its reference stands."""


class Telling(NamedTuple):
    """Which keys of an object tell of a reference, and what a ``source`` says of the objects around it."""

    by_key: Mapping[str, KeyedRows]
    around: KeyedRows


def telling(rows: Iterable[CatalogueRow], without: tuple[CatalogueRow, str] | None = None) -> Telling:
    """KeyedRows by the key that tells of them: the reference's own, or the rarer one that must stand beside it.

    ``without`` leaves out one key of one row.
    """
    found: dict[str, KeyedRows] = {}
    for row in rows:
        for key in row.keys:
            if (row, key) != without:
                tells = row.needs or key
                found[tells] = (*found.get(tells, ()), (key, row))
    around = found.pop("source", ())
    return Telling(MappingProxyType(found), around)


TELLING = telling(OUTSIDE)
"""Of the references that leave the document."""

TELLING_ALL = telling((*OUTSIDE, *INSIDE))
"""Of those and the local ones."""

CODES: Mapping[str, CatalogueRow] = MappingProxyType({row.code: row for row in reversed(CATALOGUE)})
"""The first row of every code."""

__all__ = [
    "APART",
    "CATALOGUE",
    "CODES",
    "INSIDE",
    "OUTSIDE",
    "REF",
    "TELLING",
    "TELLING_ALL",
    "TEXTS",
    "CatalogueRow",
    "KeyedRows",
    "Telling",
    "telling",
]
