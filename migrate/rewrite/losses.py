"""What the read API lost or never gives: inherited from the source, seen before writing, reported with what to do.

A copy of such a document looks perfect and does less than the original. Nothing here can be mended from the
document; the original has to be looked at in Sigma (sigma-specs section 7, needs section 7 pitfalls 10, 16, 17).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from migrate.rewrite.formula import brackets
from migrate.rewrite.hazards import objects
from migrate.rewrite.layout import read_layout
from migrate.rewrite.model import Residual
from migrate.rewrite.models import elements, kinds_of, listed, name_of, placed
from migrate.tree import Json, Path, walk

Detect = Callable[[Json], Iterator[Residual]]

_LOOK = "open the original in Sigma, compare, and set it again in the copy"


def losses(
    body: Json, raw: bytes, keys: AbstractSet[str] | None = None, kinds: AbstractSet[str] | None = None
) -> tuple[Residual, ...]:
    """Every inherited loss of a document.

    ``raw`` is the body as JSON, in which the signs of a loss are looked for; ``keys`` are the object keys in it and
    ``kinds`` those of its elements, where the caller knows them.
    """
    found: list[Residual] = []
    kinds = kinds_of(body) if kinds is None else kinds
    for kind, key, sign, detect in _DETECTORS:
        if (kind and kind not in kinds) or (keys is not None and key and key not in keys):
            continue
        if sign in raw:
            found.extend(detect(body))
    return tuple(found)


def _effects(body: Json) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    return ((path, node) for path, node in objects(body) if isinstance(node.get("effect"), str))


def _unopened_overlays(body: Json) -> Iterator[Residual]:
    opened = {str(node.get("overlayId")) for _path, node in _effects(body)}
    for index, overlay in enumerate(listed(body, "overlays")):
        identity = str(overlay.get("id"))
        if identity not in opened and not overlay.get("triggerElementId"):
            message = f"nothing opens overlay {overlay.get('name') or identity!r}; the action may be lost on reading"
            yield Residual(code="overlay_unreachable", message=message, next_action=_LOOK, path=("overlays", index))


def _unwritten_inputs(body: Json) -> Iterator[Residual]:
    written = {str(node.get("tableElementId", node.get("table"))) for _path, node in _effects(body)}
    for path, node in placed(body):
        if node.get("kind") != "input-table":
            continue
        name = name_of(node) or node.get("id")
        rows = f"the rows of input table {name!r} are not part of the document and stay behind"
        yield Residual(
            code="input_table_rows", message=rows, next_action="carry the rows over in the warehouse", path=path
        )
        if node.get("inputMode") == "view" and str(node.get("id")) not in written:
            message = f"no action writes input table {name!r}, which nobody may type into; the action may be lost"
            yield Residual(code="input_table_unwritten", message=message, next_action=_LOOK, path=path)


def _idle_buttons(body: Json) -> Iterator[Residual]:
    for path, node in placed(body):
        if node.get("kind") == "button" and not node.get("actions") and not node.get("url"):
            message = f"button {node.get('text') or node.get('id')!r} has no action; it may be lost on reading"
            yield Residual(code="button_without_action", message=message, next_action=_LOOK, path=path)


def _code_elements(body: Json) -> Iterator[Residual]:
    for path, node in placed(body):
        if node.get("kind") == "code":
            message = f"Python element {node.get('id')!r} needs a runtime, which belongs to the organization"
            yield Residual(
                code="python_runtime", message=message, next_action="check that it runs in the target", path=path
            )


def _missing_nodes(body: Json) -> Iterator[Residual]:
    for path, value in walk(body):
        found = brackets(value) if isinstance(value, str) and "[Missing node/" in value else ()
        if any(bracket.segments[0] == "Missing node" for bracket in found):
            message = "a formula points at something that was deleted in the source"
            yield Residual(
                code="broken_in_source", message=message, next_action="mend the formula in the source", path=path
            )


def _hidden_titles(body: Json) -> Iterator[Residual]:
    for path, node in placed(body):
        name = node.get("name")
        hidden = isinstance(name, dict) and name.get("visibility") == "hidden" and not name.get("text")
        if hidden and "columns" in node and _read_by_others(body, node.get("id")):
            message = f"element {node.get('id')!r} hides its title, so its name is lost, and others read it by name"
            yield Residual(code="hidden_title", message=message, next_action="name it in the source", path=path)


def _read_by_others(body: Json, identity: Json) -> bool:
    return any(isinstance(e.get("source"), dict) and e["source"].get("elementId") == identity for e in elements(body))


def _unplaced(body: Json) -> Iterator[Residual]:
    layout = body.get("layout")
    if not isinstance(layout, str) or 'type="stack"' not in layout:
        return
    placed = read_layout(layout).elements
    for index, element in enumerate(listed(body, "elements")):
        if element.get("id") not in placed:
            message = f"element {element.get('id')!r} is nowhere in the layout; children of stacks are lost on reading"
            yield Residual(code="not_placed", message=message, next_action=_LOOK, path=("elements", index))


def _shrunk_text(body: Json) -> Iterator[Residual]:
    for path, node in objects(body):
        text = node.get("body")
        if node.get("kind") == "text" and isinstance(text, str) and "\n\n\n" in text:
            message = "a text holds several empty lines in a row, which the service takes out"
            yield Residual(code="text_normalized", message=message, next_action="look at the text", path=path)


_DETECTORS: tuple[tuple[str, str, bytes, Detect], ...] = (
    ("", "overlays", b"", _unopened_overlays),
    ("input-table", "", b"", _unwritten_inputs),
    ("button", "", b"", _idle_buttons),
    ("code", "", b"", _code_elements),
    ("", "formula", b"[Missing node/", _missing_nodes),
    ("", "visibility", b'"hidden"', _hidden_titles),
    ("", "layout", b"", _unplaced),
    ("text", "", b"\\n\\n\\n", _shrunk_text),
)
"""An element kind, an object key and bytes without which there is no such loss (empty: no matter), and the detector."""
