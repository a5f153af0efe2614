"""References that lead nowhere in the source already: to elements and columns that the document does not hold.

A read of the flat form leaves out pages and keeps the filters of controls on their elements (sigma-news 3), and what
was deleted lives on in actions. Sigma refuses such a document; ``policy.dangling`` says what is to be done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from migrate.bundle.document import Document, Element, document_of, objects
from migrate.rewrite.catalogue.walk import Seen
from migrate.rewrite.text.layout import read_layout
from migrate.tree import Json, Path

_WRITTEN: Final = (
    *("tableElementId", "formElementId", "tabbedContainerElementId", "pluginElementId", "codeElementId"),
    *("chatElementId", "table", "form", "tabbedContainer", "pluginElement"),
)
_EMPTY_PAGE: Final = re.compile(r"""<Page\b(?:[^<>"']|"[^"]*"|'[^']*')*?(?:/>|>\s*</Page>)\s*""")
_SHOWN: Final = 10  # places of a layout that are told
_CHOSEN: Final = ("filters", "targets")


class Dangling(NamedTuple):
    """One reference that leads nowhere: where it stands, what it is, and what can be left out, if anything can.

    That is a list ``entry``, or a ``cut`` out of the text at ``path``.
    """

    path: Path
    what: str
    entry: Path | None = None
    cut: tuple[int, int] | None = None


def dangling(document: Document, seen: Seen, models: Mapping[str, Json] = MappingProxyType({})) -> Iterator[Dangling]:
    """Every reference of a body to an element or column that is not in it, or to a control of a model that is not.

    ``seen`` is what ``look`` saw of it, ``models`` are the bodies of data models by id, as far as they are known.
    """
    elements = document.by_id
    for element in document.elements:
        source = element.node.get("source")
        # What reads a table of the warehouse or another model reads nothing of this document: most elements do.
        outside = isinstance(source, dict) and ("path" in source or "dataModelId" in source)
        for path, name in () if outside else _read(source, (*element.path, "source")):
            if name not in elements:
                yield Dangling(path, f"element {element.id!r} reads {name!r}, which is not in the document", None)
        for key in _CHOSEN:
            yield from _chosen(element, key, elements)
        for path, item in element.listed("relationships"):
            yield from _related(element, path, item, elements)
    if "control" in seen.kinds:
        yield from _driving(document, models)
    yield from _acting(document, seen)
    yield from _placed(document)


def _related(element: Element, path: Path, item: Json, elements: Mapping[str, Element]) -> Iterator[Dangling]:
    """A relationship to an element that is not there, or over columns that are not; it can be left out."""
    name = item.get("targetElementId")
    if not isinstance(name, str):
        return
    target = elements.get(name)
    if target is None:
        what = f"a relationship leads to element {name!r}, which is not in the document"
        yield Dangling((*path, "targetElementId"), what, path)
        return
    for at, pair in objects(item, "keys"):
        for key, holder in (("sourceColumnId", element), ("targetColumnId", target)):
            column = pair.get(key)
            if isinstance(column, str) and "columns" in holder.node and not _has(holder, column):
                what = f"a relationship of {element.id!r} uses column {column!r}, which {holder.id!r} does not have"
                yield Dangling((*path, "keys", at, key), what, path)


def _placed(document: Document) -> Iterator[Dangling]:
    """Pages and places of the layout for what is not there; an empty page can be left out.

    The flat form keeps an empty page for one that it omits (sigma-news 3).
    """
    text = document.body.get("layout")
    if not isinstance(text, str):
        return
    layout = read_layout(text)
    there = document.by_id
    for name in [name for name in layout.elements if name not in there][:_SHOWN]:
        yield Dangling(("layout",), f"the layout places element {name!r}, which is not in the document")
    known = {surface.id for surface in document.surfaces}
    for name in [name for name in layout.pages if name not in known][:_SHOWN]:
        what = f"the layout draws page {name!r}, which is not in the document"
        yield Dangling(("layout",), what, cut=_empty_page(text, name))


def _empty_page(layout: str, name: str) -> tuple[int, int] | None:
    """Where the empty page of that id stands in a layout; None where it is not empty, or not found for certain."""
    spelled = rf"""\bid=["']{re.escape(escape(name))}["']"""
    found = [tag for tag in _EMPTY_PAGE.finditer(layout) if re.search(spelled, tag[0])]
    return found[0].span() if len(found) == 1 else None


def _read(source: Json, path: Path) -> Iterator[tuple[Path, str]]:
    """The elements of this document that a source reads, at any depth."""
    if isinstance(source, list):
        for index, item in enumerate(source):
            yield from _read(item, (*path, index))
    elif isinstance(source, dict) and "dataModelId" not in source:
        for key in ("elementId", "from"):
            if isinstance(source.get(key), str):
                yield (*path, key), source[key]
        for key, value in source.items():
            if isinstance(value, dict | list):
                yield from _read(value, (*path, key))


def _chosen(element: Element, key: str, elements: Mapping[str, Element]) -> Iterator[Dangling]:
    """What a control filters, or another element drives, that is not there."""
    for index, item in objects(element.node, key):
        entry = (*element.path, key, index)
        source = item.get("source")
        where, holder = (("source",), source) if isinstance(source, dict) else ((), item)
        name = holder.get("elementId", element.id if key == "filters" and holder is item else None)
        if not isinstance(name, str) or "dataModelId" in holder or (name == element.id and element.kind == "control"):
            continue
        target = elements.get(name)
        if target is None:
            what = f"{element.kind or 'element'} {element.id!r} filters element {name!r}, which is not in the document"
            yield Dangling((*entry, *where, "elementId"), what, entry)
            continue
        column = item.get("columnId")
        if isinstance(column, str) and "columns" in target.node and not _has(target, column):
            what = f"{element.kind or 'element'} {element.id!r} filters column {column!r}, which {name!r} does not have"
            yield Dangling((*entry, "columnId"), what, entry)


def _has(element: Element, column: str) -> bool:
    return any(item.get("id") == column for _at, item in objects(element.node, "columns"))


def _acting(document: Document, seen: Seen) -> Iterator[Dangling]:
    """Effects of actions on elements or controls that are not there; columns that are not are mended before."""
    there = document.by_id.keys(), document.controls.keys()
    for path, effect in seen.objects.get("effect", ()):
        entry = path if path and isinstance(path[-1], int) else None
        for where, what in _effects(effect, *there):
            message = f"an action ({effect['effect']}) uses {what}, which is not in the document"
            yield Dangling((*path, *where), message, entry)


def _effects(
    effect: Mapping[str, Json], elements: AbstractSet[str], controls: AbstractSet[str]
) -> Iterator[tuple[Path, str]]:
    """What an effect uses that is not there, and where in it."""
    for key in _WRITTEN:
        name = effect.get(key)
        if isinstance(name, str) and name not in elements:
            yield (key,), f"element {name!r}"
    for where, node in _objects(effect, ()):
        name = node.get("control") if node is effect or node.get("type") == "control" else None
        if isinstance(name, str) and name not in controls and name not in elements:
            yield (*where, "control"), f"control {name!r}"
        name = node.get("element") if node.get("type") == "element" else None
        if isinstance(name, str) and name not in elements:
            yield (*where, "element"), f"element {name!r}"
    scope = effect.get("scope")
    name = scope.get("controlId") if isinstance(scope, dict) else None
    if isinstance(name, str) and name not in controls:
        yield ("scope", "controlId"), f"control {name!r}"


def _objects(node: Json, path: Path) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    if isinstance(node, dict):
        yield path, node
    for step, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if isinstance(value, dict | list):
            yield from _objects(value, (*path, step))


def _driving(document: Document, models: Mapping[str, Json]) -> Iterator[Dangling]:
    """Controls that drive one of a model which is not there, or of one that does not feed them (sigma-specs 3.7)."""
    for element in document.elements:
        for index, item in objects(element.node, "parameters"):
            model, name = item.get("dataModelId"), item.get("controlId")
            if not isinstance(model, str) or model not in models:
                continue
            entry = (*element.path, "parameters", index)
            if name not in document_of(models[model]).controls:
                what = f"control {element.id!r} drives control {name!r}, which its data model does not have"
                yield Dangling((*entry, "controlId"), what, entry)
            elif model not in _made_of(document, _fed_by(document, element), models, model):
                what = f"control {element.id!r} drives a control of a data model from which its values are not made"
                yield Dangling((*entry, "dataModelId"), what, entry)


def _fed_by(document: Document, control: Element) -> Iterable[Json]:
    """The sources of what a control's values come from; anything of the document where it does not say."""
    source = control.node.get("source")
    if isinstance(source, dict) and source.get("kind") == "source":
        return [source.get("source")]
    return [control.node.get("filters"), *(element.node.get("source") for element in document.elements)]


def _made_of(document: Document, sources: Iterable[Json], models: Mapping[str, Json], wanted: str) -> frozenset[str]:
    """The data models that these sources are made from, through elements and other models.

    With ``wanted`` where a model whose body nobody knows is among them: it may be made from that one, too.
    """
    found: set[str] = set()
    todo = [(document, source) for source in sources]
    done: set[tuple[int, str]] = set()
    while todo:
        home, source = todo.pop()
        if isinstance(source, list):
            todo += [(home, item) for item in source]
        if not isinstance(source, dict):
            continue
        model = source.get("dataModelId")
        if isinstance(model, str):
            found.add(model)
            if model not in models:
                return frozenset({wanted})
            home = document_of(models[model])
        for key in ("elementId", "from"):
            element = home.by_id.get(str(source.get(key)))
            if element is not None and (id(home.body), element.id) not in done:
                done.add((id(home.body), element.id))
                todo.append((home, element.node.get("source")))
        todo += [(home, value) for value in source.values() if isinstance(value, dict | list)]
    return frozenset(found)
