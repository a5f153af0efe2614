"""What a GET emits that is not what was stored: the hazards of reading (sigma-specs 7), driven by data of the inode.

``inode.facts["emits"]`` is a list of objects, applied in order; where no ``elements`` are named, to all:

- ``{"hazard": "base-grouping"}``: every source into another document or element says ``groupingId: "base"``;
- ``{"hazard": "no-actions", "elements": [ids]}``: the actions of these elements are absent;
- ``{"hazard": "hidden-title", "elements": [ids]}``: the name is ``{visibility: "hidden"}`` and its text is lost;
- ``{"hazard": "omitted", "elements": [ids]}``: elements the format cannot represent are silently missing;
- ``{"hazard": "omitted-pages", "pages": [ids]}``: these pages and all on them are missing; an empty ``<Page>`` of each
  stays in the layout, and what controls of other pages filter there stays too (sigma-news 3);
- ``{"hazard": "unplaced", "elements": [ids]}``: these are missing from the emitted layout;
- ``{"hazard": "nameless", "elements": [ids]}``: linked input table columns come with ``name: null``;
- ``{"hazard": "repeated-prefix", "elements": [ids]}``: formulas say ``[<source> repeated container/Col]``;
- ``{"hazard": "stale-sort", "elements": [ids], "column": id}``: a sort on a column that is no longer there;
- ``{"hazard": "stale-values", "elements": [ids], "column": id}``: row effects set a column that is no longer there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.sax.saxutils import quoteattr

from migrate.sandbox.org import Inode, Json
from migrate.sandbox.specs.document import Document, columns_of, document_of
from migrate.sandbox.specs.formulas import references, written
from migrate.sandbox.specs.layout import pages_of
from migrate.sandbox.specs.references import sources_of
from migrate.sandbox.specs.shape_actions import effects_of
from migrate.sandbox.specs.trees import objects, text, texts


def emitted(inode: Inode, body: dict[str, Json]) -> dict[str, Json]:
    """The body with the hazards of this inode applied; the given tree is changed and returned."""
    for fact in objects(inode.facts.get("emits")):
        hazard = HAZARDS.get(text(fact, "hazard"))
        if hazard is not None:
            hazard(document_of(inode.type, body), fact)
    return body


def _chosen(document: Document, fact: Json) -> list[Json]:
    names = set(texts(fact.get("elements")))
    return [element for element in document.elements if not names or text(element, "id") in names]


def _base_grouping(document: Document, fact: Json) -> None:
    for element in _chosen(document, fact):
        for source in sources_of(element):
            if source["kind"] in {"data-model", "table"}:
                source.setdefault("groupingId", "base")


def _no_actions(document: Document, fact: Json) -> None:
    for element in _chosen(document, fact):
        element.pop("actions", None)


def _hidden_title(document: Document, fact: Json) -> None:
    for element in _chosen(document, fact):
        element["name"] = {"visibility": "hidden"}


def _omitted(document: Document, fact: Json) -> None:
    gone = {text(element, "id") for element in _chosen(document, fact)}
    for holder in (document.body, *document.pages, *document.overlays):
        if isinstance(holder.get("elements"), list):
            holder["elements"] = [item for item in holder["elements"] if text(item, "id") not in gone]


def _omitted_pages(document: Document, fact: Json) -> None:
    names = set(texts(fact.get("pages")))
    homes = pages_of(document)
    gone = {element_id for element_id, page_id in homes.items() if page_id in names}
    _omitted(document, {"elements": sorted(gone) or [""]})
    document.body["pages"] = [page for page in objects(document.body.get("pages")) if text(page, "id") not in names]
    layout = document.layout or ""
    for name in sorted(names):
        quoted = re.escape(quoteattr(name))
        layout = re.sub(rf"(<Page\b[^>]*\bid={quoted}[^>]*)(?<!/)>.*?</Page>", r"\1/>", layout, flags=re.DOTALL)
    document.body["layout"] = layout


def _unplaced(document: Document, fact: Json) -> None:
    layout = document.layout or ""
    for name in texts(fact.get("elements")):
        layout = re.sub(rf'[ \t]*<(?:Layout)?Element\b[^>]*\belementId="{re.escape(name)}"[^>]*/>\n?', "", layout)
    document.body["layout"] = layout


def _nameless(document: Document, fact: Json) -> None:
    for element in _chosen(document, fact):
        for column in columns_of(element):
            if "key" in column:
                column["name"] = None


def _repeated_prefix(document: Document, fact: Json) -> None:
    for element in _chosen(document, fact):
        for column in columns_of(element):
            formula = text(column, "formula")
            for found in reversed(references(formula)):
                if len(found.parts) > 1:
                    new = written((f"{found.parts[0]} repeated container", *found.parts[1:]))
                    formula = formula[: found.start] + new + formula[found.end :]
            column["formula"] = formula


def _stale_sort(document: Document, fact: Json) -> None:
    for element in _chosen(document, fact):
        element["sort"] = [*objects(element.get("sort")), {"columnId": text(fact, "column"), "direction": "ascending"}]


def _stale_values(document: Document, fact: Json) -> None:
    for element in _chosen(document, fact):
        for effect in effects_of(element):
            if isinstance(effect.get("values"), dict):
                effect["values"][text(fact, "column")] = {"type": "constant", "value": {"type": "text", "value": ""}}


HAZARDS: dict[str, Callable[[Document, Json], None]] = {
    "base-grouping": _base_grouping,
    "no-actions": _no_actions,
    "hidden-title": _hidden_title,
    "omitted": _omitted,
    "omitted-pages": _omitted_pages,
    "unplaced": _unplaced,
    "nameless": _nameless,
    "repeated-prefix": _repeated_prefix,
    "stale-sort": _stale_sort,
    "stale-values": _stale_values,
}
