"""How the kinds of documents differ: one row each, which everything that depends on the kind asks.

Facts: sigma-api 3, 5.1, 5.5 and 6; sigma-specs 1 and 6.2; sigma-news 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from migrate.words import Kind

Paging = Literal["limit", "pageSize", "none"]
"""How a listing is asked for its page size; ``none`` where any parameter is a 400."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentKind:
    """One kind of document, as the interface and people call it, and what sets it apart.

    ``kind`` is also its type among files and in plans. ``enveloped``: its spec comes in the generations of
    ``Generation`` and is spelled by the dates of the contract; it can be checked before it is written. ``feeds``: other
    documents read its elements by id, so that these are followed where the server gives others, it can be mapped to an
    existing one, and ``documentVersion`` guards its flat form. ``sources`` and ``parts`` say how the lists below a
    document are paged, ``queries`` whether one list holds those of all elements. ``optional``: an organization may lack
    the feature, so that a refusal to list it is no failure. ``closed``: its schema lists all kinds of elements and
    sources that there are. ``grid``: its pages have rows and columns, not places in
    pixels. ``tag_fields`` are what the call that tags a version calls the document, the tag's name and the version;
    ``untags``: there is one that takes a tag off. ``beside`` are the lists of what stands round it, by our name: the
    end of its path, and how it is paged. ``all_params``: how else than by asking for all permissions its listing is
    asked, where everything is to be listed. ``exports``: the rows of its elements can be had through the interface.
    ``tagged_id_field`` is how a version tag names the document that holds the tagged contents; empty where none does.
    """

    kind: Kind
    root: str
    id_field: str
    url_id_field: str
    singular: str
    plural: str
    folder: str
    row: str
    enveloped: bool
    feeds: bool
    sources: Paging
    parts: Paging
    queries: bool
    tag_fields: tuple[str, str, str]
    beside: Mapping[str, tuple[str, Paging]]
    all_params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    untags: bool = True
    optional: bool = False
    closed: bool = False
    grid: bool = True
    exports: bool = False
    tagged_id_field: str = ""

    @property
    def verify(self) -> str:
        """The path of the call that checks a spec and writes nothing; only enveloped kinds have one."""
        return f"{self.root}/spec/verify"

    @property
    def export(self) -> str:
        """The pattern of the paths of the call that begins an export, which changes nothing."""
        return rf"{self.root}/[^/]+/export"

    def counted(self, count: int) -> str:
        """So many of them, in words."""
        return f"{count} {self.singular if count == 1 else self.plural}"


_ROWS = (
    DocumentKind(
        kind="data-model",
        root="/v2/dataModels",
        id_field="dataModelId",
        url_id_field="dataModelUrlId",
        singular="data model",
        plural="data models",
        folder="data-models",
        row="data_model",
        enveloped=False,
        feeds=True,
        sources="pageSize",
        parts="limit",
        queries=False,
        tag_fields=("dataModelId", "tag", "dataModelVersion"),
        beside=MappingProxyType({"materializations": ("materializationSchedules", "pageSize")}),
        untags=False,
        closed=True,
    ),
    DocumentKind(
        kind="workbook",
        tagged_id_field="taggedWorkbookId",
        root="/v2/workbooks",
        id_field="workbookId",
        url_id_field="workbookUrlId",
        singular="workbook",
        plural="workbooks",
        folder="workbooks",
        row="workbook",
        enveloped=True,
        feeds=False,
        sources="none",
        parts="limit",
        queries=True,
        exports=True,
        tag_fields=("workbookId", "tag", "workbookVersion"),
        beside=MappingProxyType(
            {
                "schedules": ("schedules", "limit"),
                "embeds": ("embeds", "limit"),
                "materializations": ("materialization-schedules", "limit"),
                "saved_views": ("bookmarks", "limit"),
            }
        ),
        all_params=MappingProxyType({"excludeExplorations": "true"}),
    ),
    DocumentKind(
        kind="report",
        tagged_id_field="taggedReportId",
        root="/v2/reports",
        id_field="reportId",
        url_id_field="reportUrlId",
        singular="report",
        plural="reports",
        folder="reports",
        row="report",
        enveloped=True,
        feeds=False,
        sources="none",
        parts="pageSize",
        queries=True,
        tag_fields=("reportId", "tagName", "reportVersion"),
        beside=MappingProxyType({"schedules": ("schedules", "limit")}),
        optional=True,
        grid=False,
    ),
)

KINDS: Mapping[Kind, DocumentKind] = MappingProxyType({each.kind: each for each in _ROWS})
"""Every kind, in the order in which documents are written: what others read or link to stands first."""

ENVELOPED: tuple[DocumentKind, ...] = tuple(each for each in _ROWS if each.enveloped)
"""The kinds whose specs have generations and dates."""

FEEDING: DocumentKind = next(each for each in _ROWS if each.feeds)
"""The kind whose elements others read."""


def known_kind(text: object) -> Kind | None:
    """The kind of this name; None for what is no kind of document."""
    return next((kind for kind in KINDS if kind == text), None)


def called(kind: str) -> str:
    """A kind in words; what is no kind of document as it stands."""
    found = known_kind(kind)
    return KINDS[found].singular if found else kind


def counts(kinds: Iterable[str]) -> dict[Kind, int]:
    """How many of each kind, every kind named."""
    found = list(kinds)
    return {kind: found.count(kind) for kind in KINDS}


def in_words(found: Mapping[Kind, int], last: str = " and ") -> str:
    """Counts in words, such as ``2 data models, 3 workbooks and 1 report``; ``last`` stands before the last one.

    Kinds of which there are none are left out.
    """
    parts = [KINDS[kind].counted(count) for kind, count in found.items() if count]
    return last.join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part) or "no documents"


def counted(kind: str, count: int) -> str:
    """So many of a kind in words; of what is no kind of document, such as a folder, too."""
    found = known_kind(kind)
    return KINDS[found].counted(count) if found else f"{count} {plural(kind, count)}"


def plural(noun: str, count: int = 2) -> str:
    """A noun as it stands behind a number: ``1 copy``, ``2 copies``, ``2 addresses``."""
    if count == 1:
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch")) else f"{noun}s"
