"""How a workbook is spelt at a date: what is refused then, and a stored document in the spelling of the day.

The contract has three dates on one time line (sigma-news 1): 4 August 2026 brought the ``document`` envelope with the
old spellings, 26 August other keys of actions, 8 September ``{columnId}`` in every slot, lists for three maps, other
words for alignments, and ``contents``. An organization that stands at no date takes the spellings of all three mixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from migrate.sandbox.org import Json, SpecDate
from migrate.sandbox.specs.outcome import Stop, shown, shown_at
from migrate.sandbox.specs.trees import objects, text, thing

RENAMED_ACTIONS: SpecDate = "2026-08-26"
NEWEST: SpecDate = "2026-09-08"

SLOTS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("pie-chart", "donut-chart"), ("value", "color", "holeValue")),
    (("scatter-chart",), ("size",)),
    (("-map",), ("latitude", "longitude", "size", "region", "geography", "label")),
    (("pivot-table",), ("rowsBy", "columnsBy")),
    (("funnel-chart",), ("stage", "series", "stages")),
    (("treemap-chart",), ("category",)),
    (("",), ("comparisonColumn",)),
)
EITHER_BEFORE = frozenset({"comparisonColumn"})  # an export of July 2026 has {columnId} there already
VERTICAL = MappingProxyType({"start": "top", "middle": "center", "end": "bottom"})
HORIZONTAL = MappingProxyType({"start": "left", "middle": "center", "end": "right"})
DEFAULTS = MappingProxyType({("kpi-chart", "verticalAnchor"): "center"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """A map that became a list: the names of an entry's key and value."""

    key: str
    value: str


STYLES = Pairs(key="columnId", value="style")
COLORS = Pairs(key="name", value="color")
LABELS = Pairs(key="pageId", value="label")  # what an entry's keys are called is not recorded


def check_element(element: Json, date: SpecDate) -> None:
    """Raise Stop where an element is spelt newer or older than the date. No date: nothing is looked at."""
    if not date:
        return
    _check_slots(element, date)
    for place, holder, key, words in _alignments(element):
        known = set(words.values()) if date == NEWEST else set(words)
        other = (set(words) if date == NEWEST else set(words.values())) - known
        if holder.get(key) in other:
            raise Stop(f"{place}: Invalid value: {shown(holder[key])}")
    for holder, key, _ in _maps_of(element):
        _check_map(holder, key, key, date)


def check_body(body: Json, date: SpecDate) -> None:
    """The same for what is no element: themes and the backgrounds of pages."""
    if not date:
        return
    overrides = thing(thing(thing(body, "settings"), "theme"), "overrides")
    _check_map(overrides, "colorOverrides", "settings.theme.overrides.colorOverrides", date)
    for index, page in enumerate(objects(body.get("pages"))):
        image = page.get("backgroundImage")
        if not isinstance(image, dict):
            continue
        wanted: Literal["source", "url"] = "source" if date == NEWEST else "url"
        if wanted not in image:
            raise Stop(f"pages[{index}].backgroundImage.{wanted}: Invalid value: undefined")


def respell(element: Json, date: SpecDate) -> None:
    """Bring an element to the spelling of a date, in place; actions are for ``shape_actions``."""
    newest = date == NEWEST
    old, new = ("id", "columnId") if newest else ("columnId", "id")
    for place, slot in _slots(element):
        if old in slot and new not in slot and (newest or place not in EITHER_BEFORE):
            pairs = [(new if key == old else key, value) for key, value in slot.items()]
            slot.clear()
            slot.update(pairs)
    for _, holder, key, words in list(_alignments(element)):
        word = holder.get(key)
        back = {value: name for name, value in words.items()}
        holder[key] = (words if newest else back).get(word, word) if isinstance(word, str) else word
    for holder, key, pairs_of in _maps_of(element):
        _turn(holder, key, pairs_of, newest=newest)


def respell_body(body: Json, date: SpecDate) -> None:
    """The same for what is no element."""
    newest = date == NEWEST
    _turn(thing(thing(thing(body, "settings"), "theme"), "overrides"), "colorOverrides", COLORS, newest=newest)
    for page in objects(body.get("pages")):
        image = page.get("backgroundImage")
        if isinstance(image, dict) and newest and "source" not in image and "url" in image:
            page["backgroundImage"] = {
                "source": {"kind": "url", "url": image["url"]},
                **{key: value for key, value in image.items() if key != "url"},
            }
        elif isinstance(image, dict) and not newest and text(thing(image, "source"), "kind") == "url":
            rest = {key: value for key, value in image.items() if key != "source"}
            page["backgroundImage"] = {"url": text(thing(image, "source"), "url"), **rest}


def drop_defaults(element: Json, date: SpecDate) -> None:
    """Leave out what equals the server's default, as read-backs do since September (sigma-news 1); in place."""
    layout = element.get("layout")
    if date != NEWEST or not isinstance(layout, dict):
        return
    for (kind, key), value in DEFAULTS.items():
        if element.get("kind") == kind and layout.get(key) == value:
            del layout[key]
            if not layout:
                del element["layout"]


def _slots(element: Json) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every object that may hold the id of one column under ``id`` or ``columnId``, with its place."""
    kind = text(element, "kind")
    for endings, keys in SLOTS:
        if not kind.endswith(endings):
            continue
        for key in keys:
            value = element.get(key)
            if isinstance(value, dict):
                yield key, value
            for index, item in enumerate(value if isinstance(value, list) else ()):
                if isinstance(item, dict):
                    yield f"{key}[{index}]", item
    start = thing(element, "startPoint")
    if isinstance(start.get("value"), dict):
        yield "startPoint.value", start["value"]


def _check_slots(element: Json, date: SpecDate) -> None:
    wanted, other = ("columnId", "id") if date == NEWEST else ("id", "columnId")
    for place, slot in _slots(element):
        if other in slot and wanted not in slot and (date == NEWEST or place not in EITHER_BEFORE):
            raise Stop(f"{place}.{wanted}: Invalid string: undefined")


def _alignments(element: Json) -> Iterator[tuple[str, dict[str, Json], str, Mapping[str, str]]]:
    """(place, holder, key, old word to new) of every alignment an element has."""
    kind = text(element, "kind")
    if kind == "text" and "verticalAlign" in element:
        yield "verticalAlign", element, "verticalAlign", VERTICAL
    if kind == "divider" and "align" in element:
        yield "align", element, "align", HORIZONTAL if element.get("direction") == "vertical" else VERTICAL
    layout = thing(element, "layout")
    if kind == "kpi-chart" and "anchor" in layout:
        yield "layout.anchor", layout, "anchor", HORIZONTAL
    if kind == "kpi-chart" and "verticalAnchor" in layout:
        yield "layout.verticalAnchor", layout, "verticalAnchor", VERTICAL


def _maps_of(element: Json) -> Iterator[tuple[dict[str, Json], str, Pairs]]:
    if "seriesLineAreaStyle" in element:
        yield element, "seriesLineAreaStyle", STYLES
    if text(element, "kind") == "navigation" and "pageLabels" in element:
        yield element, "pageLabels", LABELS


def _check_map(holder: Json, key: str, place: str, date: SpecDate) -> None:
    if key not in holder:
        return
    wanted, name = (list, "array") if date == NEWEST else (dict, "object")
    if not isinstance(holder[key], wanted):
        raise Stop(f"{place}: Invalid {name}: {shown_at(holder, key)}")


def _turn(holder: Json, key: str, pairs: Pairs, *, newest: bool) -> None:
    """A map as a list of entries, or such a list as a map; anything else stays."""
    value = holder.get(key)
    if newest and isinstance(value, dict):
        holder[key] = [{pairs.key: name, pairs.value: item} for name, item in value.items()]
    elif not newest and isinstance(value, list):
        entries = list(objects(value))
        if all(isinstance(entry.get(pairs.key), str) and pairs.value in entry for entry in entries):
            holder[key] = {entry[pairs.key]: entry[pairs.value] for entry in entries}
