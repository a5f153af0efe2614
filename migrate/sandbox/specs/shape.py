"""The shape of a document: envelope keys, pages, overlays, elements (sigma-specs 2, 3, 8.1).

Only what is recorded as refused is refused; keys nobody has described pass. Paths in messages are Sigma's, relative
to the element that is wrong, without saying which element that is.
"""

from __future__ import annotations

import re

from migrate.sandbox.org import Json, SpecDate
from migrate.sandbox.specs.calendar import check_body
from migrate.sandbox.specs.document import OVERLAY_TYPES
from migrate.sandbox.specs.fields import required_objects, required_text
from migrate.sandbox.specs.outcome import Stop, shown, shown_at
from migrate.sandbox.specs.shape_actions import check_actions, check_actions_are_objects
from migrate.sandbox.specs.shape_elements import check_data_model_element, check_workbook_element
from migrate.sandbox.specs.trees import objects, text, thing

KIND = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
NO_SUCH_KINDS = frozenset({"heatmap", "heatmap-chart", "box-plot", "box-plot-chart"})


def check_shape(body: Json, kind: str, generation: str, date: SpecDate = "") -> None:
    """Raise Stop where the body has not the shape of its kind and generation, or is spelt unlike the date."""
    if kind == "data-model":
        _check_data_model(body)
    elif generation == "flat":
        _check_flat_workbook(body, kind)
    else:
        _check_workbook(body, kind, generation, date)


def _check_version(body: Json, message: str) -> None:
    version = body.get("schemaVersion")
    if version != 1 or isinstance(version, bool):
        raise Stop(message)


def _check_data_model(body: Json) -> None:
    _check_version(body, f"schemaVersion: Invalid 1: {shown_at(body, 'schemaVersion')}")
    pages = required_objects(body, "pages")
    for index, page in enumerate(pages):
        path = f"pages[{index}]."
        required_text(page, "id", path)
        required_text(page, "name", path)
        elements = required_objects(page, "elements", path=path)
        for element in elements:
            if not isinstance(element.get("kind"), str):
                raise Stop("Syntax error in data model spec")
            check_data_model_element(element)


def _check_flat_workbook(body: Json, kind: str) -> None:
    _check_version(body, f"schemaVersion: Invalid 1: {shown_at(body, 'schemaVersion')}")
    _check_kind(body, kind, needed=False)
    pages = required_objects(body, "pages")
    for index, page in enumerate(pages):
        required_text(page, "id", f"pages[{index}].")
        elements = required_objects(page, "elements", path=f"pages[{index}].")
        for place, element in enumerate(elements):
            _check_element(element, f"pages[{index}].elements[{place}].", "flat")
    _check_layout_key(body)


def _check_workbook(body: Json, kind: str, wrapper: str, date: SpecDate) -> None:
    version = shown_at(body, "schemaVersion")
    _check_version(body, f"Expecting {{ schemaVersion: 1 }} at 0.{wrapper} but instead got: {version}")
    pages = required_objects(body, "pages")
    if any("elements" in page for page in pages):
        where = f"{wrapper}.pages[].elements is no longer supported."
        raise Stop(f"{where} Move elements to {wrapper}.elements instead.")
    elements = required_objects(body, "elements")
    _check_kind(body, kind, needed=True)
    for index, page in enumerate(pages):
        if "type" in page:
            raise Stop(f"{wrapper}.pages[{index}]: Invalid type: {shown(page['type'])}")
        required_text(page, "id", f"pages[{index}].")
    for index, element in enumerate(elements):
        _check_element(element, f"elements[{index}].", wrapper, date)
    check_body(body, date)
    _check_overlays(body, date)
    _check_panels(body)
    _check_layout_key(body)


def _check_kind(body: Json, kind: str, *, needed: bool) -> None:
    if (needed or "kind" in body) and body.get("kind") != kind:
        raise Stop(f'kind: Invalid "{kind}": {shown_at(body, "kind")}')


def _check_layout_key(body: Json) -> None:
    if not isinstance(body.get("layout"), (str, type(None))):
        raise Stop(f"layout: Invalid string: {shown_at(body, 'layout')}")


def _check_element(element: Json, path: str, generation: str, date: SpecDate = "") -> None:
    required_text(element, "id", path)
    required_text(element, "kind", path)
    kind = element["kind"]
    if kind in NO_SUCH_KINDS or not KIND.match(kind):
        raise Stop(f"Invalid kind: {shown(kind)}")
    check_workbook_element(element, generation, date)
    if generation != "flat":
        check_actions(element, f"Invalid kind: {shown(kind)}", date)
    else:
        check_actions_are_objects(element, f"Invalid kind: {shown(kind)}")


def _check_overlays(body: Json, date: SpecDate) -> None:
    if "overlays" not in body:
        return
    overlays = required_objects(body, "overlays")
    for index, overlay in enumerate(overlays):
        path = f"overlays[{index}]"
        required_text(overlay, "id", f"{path}.")
        if text(overlay, "type") not in OVERLAY_TYPES:
            raise Stop(f"{path}: Invalid type: {shown_at(overlay, 'type')}")
        check_actions(overlay, f"{path}: Invalid type: {shown(overlay['type'])}", date)
        _check_hidden_cta(overlay)


def _check_hidden_cta(overlay: Json) -> None:
    footer = thing(thing(overlay, text(overlay, "type")), "footer")
    for trigger, key in (("on-primary-cta-click", "primaryCta"), ("on-secondary-cta-click", "secondaryCta")):
        hidden = thing(footer, key).get("visible") == "hidden"
        used = any(trigger in {action.get("trigger"), thing(action, "trigger").get("on")} for action in _named(overlay))
        if hidden and used:
            raise Stop(f"an {trigger} action requires footer.{key}.visible to not be 'hidden'")


def _named(overlay: Json) -> list[Json]:
    """The actions whose trigger can be compared: a text, or an object with a text under ``on``."""
    return [
        action
        for action in objects(overlay.get("actions"))
        if isinstance(action.get("trigger"), str) or isinstance(thing(action, "trigger").get("on"), str)
    ]


def _check_panels(body: Json) -> None:
    if "panels" not in body:
        return
    panels = required_objects(body, "panels")
    for index, panel in enumerate(panels):
        required_text(panel, "id", f"panels[{index}].")
        if not isinstance(panel.get("type"), str):
            raise Stop(f"panels[{index}]: Invalid type: {shown_at(panel, 'type')}")
