"""What the read API lost or never gives: inherited from the source, seen before writing, reported with what to do.

A copy of such a document looks perfect and does less than the original. Nothing here can be mended from the
document; the original has to be looked at in Sigma (sigma-specs section 7, needs section 7 pitfalls 10, 16, 17).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from migrate.bundle.document import Document
from migrate.rewrite.catalogue.walk import Seen, Sign
from migrate.rewrite.model import Residual
from migrate.rewrite.names.scope import name_of
from migrate.rewrite.text.formula import brackets
from migrate.rewrite.text.layout import read_layout
from migrate.tree import Json, at

Detect = Callable[[Document, Seen], Iterator[Residual]]

_LOOK = "open the original in Sigma, compare, and set it again in the copy"


def losses(document: Document, seen: Seen) -> tuple[Residual, ...]:
    """Every inherited loss of a document. ``seen`` is what ``look`` saw of it."""
    found: list[Residual] = []
    for kind, key, sign, detect in _DETECTORS:
        if (kind and kind not in seen.kinds) or (key and key not in seen.keys) or (sign and sign not in seen.texts):
            continue
        found.extend(detect(document, seen))
    return tuple(found)


def _effects(seen: Seen) -> Iterator[Mapping[str, Json]]:
    return (node for _path, node in seen.objects.get("effect", ()) if isinstance(node["effect"], str))


def _unopened_overlays(document: Document, seen: Seen) -> Iterator[Residual]:
    opened = {str(node.get("overlayId")) for node in _effects(seen)}
    for path, _kind, identity, overlay in document.of_kind("overlay"):
        if identity not in opened and not overlay.get("triggerElementId"):
            name = str(overlay.get("name") or identity)
            message = f"nothing opens overlay {name!r}; the action may be lost on reading"
            yield Residual(code="overlay_unreachable", message=message, next_action=_LOOK, path=path, thing=name)


def _unwritten_inputs(document: Document, seen: Seen) -> Iterator[Residual]:
    written = {str(node.get("tableElementId", node.get("table"))) for node in _effects(seen)}
    for path, _id, _kind, node in document.elements:
        if node.get("kind") != "input-table":
            continue
        name = str(name_of(node) or node.get("id"))
        rows = f"the rows of input table {name!r} are not part of the document and stay behind"
        action = "carry the rows over in the warehouse"
        yield Residual(code="input_table_rows", message=rows, next_action=action, path=path, thing=name)
        if node.get("inputMode") == "view" and str(node.get("id")) not in written:
            message = f"no action writes input table {name!r}, which nobody may type into; the action may be lost"
            yield Residual(code="input_table_unwritten", message=message, next_action=_LOOK, path=path, thing=name)


def _idle_buttons(document: Document, _seen: Seen) -> Iterator[Residual]:
    for path, _id, _kind, node in document.elements:
        if node.get("kind") == "button" and not node.get("actions") and not node.get("url"):
            name = str(node.get("text") or node.get("id"))
            message = f"button {name!r} has no action; it may be lost on reading"
            yield Residual(code="button_without_action", message=message, next_action=_LOOK, path=path, thing=name)


def _code_elements(document: Document, _seen: Seen) -> Iterator[Residual]:
    for path, _id, _kind, node in document.elements:
        if node.get("kind") == "code":
            name, action = str(name_of(node) or node.get("id")), "check that it runs in the target"
            message = f"Python element {name!r} needs a runtime, which belongs to the organization"
            yield Residual(code="python_runtime", message=message, next_action=action, path=path, thing=name)


def _missing_nodes(_document: Document, seen: Seen) -> Iterator[Residual]:
    for path, text in seen.texts["missing"]:
        if any(bracket.segments[0] == "Missing node" for bracket in brackets(text)):
            message = "a formula points at something that was deleted in the source"
            yield Residual(
                code="broken_in_source", message=message, next_action="mend the formula in the source", path=path
            )


def _hidden_titles(document: Document, _seen: Seen) -> Iterator[Residual]:
    for path, _id, _kind, node in document.elements:
        name = node.get("name")
        hidden = isinstance(name, dict) and name.get("visibility") == "hidden" and not name.get("text")
        if hidden and "columns" in node and _read_by_others(document, node.get("id")):
            which, action = str(node.get("id")), "name it in the source"
            message = f"element {which!r} hides its title, so its name is lost, and others read it by name"
            yield Residual(code="hidden_title", message=message, next_action=action, path=path, thing=which)


def _read_by_others(document: Document, identity: Json) -> bool:
    sources = (element.node.get("source") for element in document.elements)
    return any(isinstance(source, dict) and source.get("elementId") == identity for source in sources)


def _shared_controls(document: Document, _seen: Seen) -> Iterator[Residual]:
    for name, controls in document.controls.items():
        if len(controls) > 1:
            message = f"{len(controls)} synced controls share the name {name!r}; Sigma may refuse to write that"
            action, path = "should Sigma refuse it, give them names of their own in the source", controls[1].path
            yield Residual(code="shared_control_id", message=message, next_action=action, path=path, thing=name)


def _unplaced(document: Document, _seen: Seen) -> Iterator[Residual]:
    layout = document.body.get("layout")
    if not isinstance(layout, str) or 'type="stack"' not in layout:
        return
    placed = read_layout(layout).elements
    for element in document.elements:
        # In the flat form the service leaves most elements out of the layout, and places them all the same.
        if element.path[0] != "pages" and element.id not in placed:
            message = f"element {element.id!r} is nowhere in the layout; children of stacks are lost on reading"
            thing, path = name_of(element.node) or element.id, element.path
            yield Residual(code="not_placed", message=message, next_action=_LOOK, path=path, thing=thing)


def _overlapping(document: Document, _seen: Seen) -> Iterator[Residual]:
    """Sigma refuses elements on top of one another only sometimes, and else does not draw one (sigma-news 3)."""
    layout = document.body.get("layout")
    for one, other in read_layout(layout).overlaps if isinstance(layout, str) else ():
        message = f"elements {one!r} and {other!r} overlap; Sigma may refuse that, or not draw one of them"
        action = "move one of them in the source"
        thing = f"{one}, {other}"
        yield Residual(code="elements_overlap", message=message, next_action=action, path=("layout",), thing=thing)


def _shrunk_text(document: Document, seen: Seen) -> Iterator[Residual]:
    for path, _text in seen.texts["empty-lines"]:
        if at(document.body, path[:-1]).get("kind") == "text":
            message = "a text holds several empty lines in a row, which the service takes out"
            yield Residual(code="text_normalized", message=message, next_action="look at the text", path=path[:-1])


_DETECTORS: tuple[tuple[str, str, Sign | None, Detect], ...] = (
    ("", "overlays", None, _unopened_overlays),
    ("input-table", "", None, _unwritten_inputs),
    ("button", "", None, _idle_buttons),
    ("code", "", None, _code_elements),
    ("", "", "missing", _missing_nodes),
    ("", "visibility", None, _hidden_titles),
    ("control", "", None, _shared_controls),
    ("", "layout", None, _unplaced),
    ("", "layout", None, _overlapping),
    ("", "", "empty-lines", _shrunk_text),
)
"""An element kind, an object key and a sign of texts without which there is no such loss, and the detector."""
