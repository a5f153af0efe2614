"""The dated spellings of workbook and report documents, and carrying a body from one date to another.

Sigma changed how the inside of a document is spelled on one time line (sigma-news section 1, sigma-specs sections 1
and 3.6); an organization stands at one date of it and refuses what is newer or older:

    2026-08-04  the ``document`` envelope; slots of pies, pivots, maps … still ``{id}``
    2026-08-26  action keys renamed (``table`` -> ``tableElementId`` …)
    2026-09-08  ``{columnId}`` in every slot, three maps as lists, alignments, ``backgroundImage.source``

``respell`` goes both ways, since every row has an inverse, but for those whose other spelling was never recorded;
these are told with their place, never guessed. Everything a row does is counted under its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, get_args

from migrate.tree import Json, Path, digest, json_path

ContractDate = Literal["2026-08-04", "2026-08-26", "2026-09-08"]
DATES: tuple[ContractDate, ...] = get_args(ContractDate)
OLDEST, ACTIONS_RENAMED, NEWEST = DATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Respelled:
    """A body at another date: ``counts`` by name of what changed, ``unsure`` what no recorded row can carry there."""

    body: Json
    counts: Mapping[str, int]
    unsure: tuple[str, ...] = ()


@dataclass(slots=True)
class _Pass:
    """One pass over a body towards a date: ``forward`` renews, otherwise the old spelling is put back."""

    forward: bool
    date: ContractDate
    counts: Counter[str] = field(default_factory=Counter)
    unsure: list[str] = field(default_factory=list)

    def doubt(self, path: Path, sentence: str) -> None:
        """Note a place that cannot be carried over with certainty."""
        self.unsure.append(f"{json_path(path)}: {sentence}")


def respell(body: Json, to: ContractDate) -> Respelled:
    """A body of a workbook or report in the spelling of a date; what is spelled so already passes as it is.

    Rows later than ``to`` are taken back, all others renewed. ``body`` is left alone.
    """
    later = DATES[DATES.index(to) + 1 :]
    counts: Counter[str] = Counter()
    unsure: list[str] = []
    for date in DATES[1:]:
        step = _Pass(forward=date not in later, date=date)
        body = _document(body, step)
        counts += step.counts
        unsure += step.unsure
    return Respelled(body=body, counts=dict(counts), unsure=tuple(unsure))


def shown(body: Json) -> tuple[ContractDate, ContractDate]:
    """The earliest and the latest date at which a served body is spelled as it is; what tells nothing leaves it open.

    A body that mixes dates, as an edited file may, is taken for the newest spelling in it.
    """
    earliest, latest = OLDEST, NEWEST
    for before, date in pairwise(DATES):
        new = _Pass(forward=False, date=date)
        _document(body, new)
        if new.counts or new.unsure:
            earliest = date
        old = _Pass(forward=True, date=date)
        _document(body, old)
        if (old.counts or old.unsure) and latest == NEWEST:
            latest = before
    return earliest, max(earliest, latest)


def settled_digest(body: Json) -> str:
    """The sha256 of what a body says, at whichever date it is spelled: renewed, and without the service's defaults.

    Equal for two answers about a document that nobody edited, though the contract moved between them.
    """
    return digest(_document(respell(body, NEWEST).body, _Pass(forward=True, date=OLDEST), _settled))


def without_defaults(body: Json) -> Json:
    """A body without the values that read-backs leave out because they are the default (sigma-news section 1)."""
    return _document(body, _Pass(forward=True, date=OLDEST), _bare)


# One document


def _document(body: Json, step: _Pass, change: Callable[[dict[str, Json], Path, _Pass], None] | None = None) -> Json:
    """A body with each of its hosts (elements at any place, pages, overlays, panels) and its settings carried over."""
    if not isinstance(body, dict):
        return body
    each = change or _host
    out = {**body}
    for place in ("elements", "pages", "overlays", "panels", "automatedActions"):
        if isinstance(out.get(place), list):
            out[place] = [_carried(host, (place, index), step, each) for index, host in enumerate(out[place])]
    if change is None and step.date == NEWEST:
        out = _theme(out, step)
    return out


def _carried(host: Json, path: Path, step: _Pass, each: Callable[[dict[str, Json], Path, _Pass], None]) -> Json:
    if not isinstance(host, dict):
        return host
    out = {**host}
    if isinstance(out.get("elements"), list):
        inside = [
            _carried(inner, (*path, "elements", index), step, each) for index, inner in enumerate(out["elements"])
        ]
        out["elements"] = inside
    each(out, path, step)
    return out


def _host(host: dict[str, Json], path: Path, step: _Pass) -> None:
    """One element, page, overlay or panel, changed in place; the caller owns it."""
    if step.date == ACTIONS_RENAMED:
        _actions(host, path, step)
        return
    kind = host.get("kind")
    for row in _ROWS_OF.get(kind, _OF_ALL) if isinstance(kind, str) else _OF_ALL:
        row.carry(host, path, step)


def _bare(host: dict[str, Json], _path: Path, _step: _Pass) -> None:
    layout = host.get("layout")
    if host.get("kind") == "kpi-chart" and isinstance(layout, dict) and layout.get("verticalAnchor") == "center":
        host["layout"] = {key: value for key, value in layout.items() if key != "verticalAnchor"}
        if not host["layout"]:
            del host["layout"]


def _settled(host: dict[str, Json], path: Path, step: _Pass) -> None:
    _bare(host, path, step)
    _labels(host, path, step)


def _labels(host: dict[str, Json], _path: Path, _step: _Pass) -> None:
    """Labels of pages by what their entries say, whatever the keys of an entry are called: to compare, not to send."""
    held = host.get("pageLabels")
    if host.get("kind") != "navigation" or not isinstance(held, dict | list):
        return
    if isinstance(held, dict):
        pairs: list[list[Json]] = [[page, label] for page, label in held.items()]
    else:
        pairs = [list(entry.values()) if isinstance(entry, dict) else [entry] for entry in held]
    host["pageLabels"] = sorted(sorted(digest(said) for said in pair) for pair in pairs)


# Rows of 8 September 2026

_Carry = Callable[[dict[str, Json], Path, _Pass], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpellingRow:
    """One row of the table: the kinds of elements it is about (None: every host), and what carries one over."""

    of: frozenset[str] | None
    carry: _Carry


def _kinds(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


def _slots(*names: str) -> _Carry:
    """``{id}`` <-> ``{columnId}`` in these slots, in a list of such entries too."""

    def carry(host: dict[str, Json], _path: Path, step: _Pass) -> None:
        for name in names:
            if isinstance(host.get(name), dict | list):
                host[name] = _column(host[name], step)

    return carry


def _column(value: Json, step: _Pass) -> Json:
    old, new = ("id", "columnId") if step.forward else ("columnId", "id")
    if isinstance(value, list):
        return [_column(entry, step) if isinstance(entry, dict) else entry for entry in value]
    if old not in value or new in value:
        return value
    step.counts["column-slots"] += 1
    return {(new if name == old else name): inner for name, inner in value.items()}


def _comparison(host: dict[str, Json], path: Path, step: _Pass) -> None:
    """Renewed, never put back: the newer spelling stands in exports from before September too, and was taken then."""
    if step.forward:
        _slots("comparisonColumn")(host, path, step)


def _start_point(host: dict[str, Json], path: Path, step: _Pass) -> None:
    if isinstance(host.get("startPoint"), dict):
        point = {**host["startPoint"]}
        _slots("value")(point, path, step)
        host["startPoint"] = point


def _words(within: tuple[str, ...], name: str, words: Mapping[str, str]) -> _Carry:
    """One word for another at ``name``, inside the objects ``within``."""

    def carry(host: dict[str, Json], _path: Path, step: _Pass) -> None:
        owner = host
        for key in within:
            if not isinstance(owner.get(key), dict):
                return
            owner[key] = {**owner[key]}
            owner = owner[key]
        known = words if step.forward else {new: old for old, new in words.items()}
        value = owner.get(name)
        if isinstance(value, str) and value in known:
            owner[name] = known[value]
            step.counts["alignments"] += 1

    return carry


def _divider(host: dict[str, Json], path: Path, step: _Pass) -> None:
    """The middle is the same either way; the ends are named by a direction that nobody recorded."""
    value = host.get("align")
    if step.forward and value in ("start", "end"):
        step.doubt((*path, "align"), f"how a divider aligned {value!r} is written now is not known")
    elif step.forward and value == "middle":
        host["align"] = "center"
        step.counts["alignments"] += 1
    elif not step.forward and value in _OF_DIVIDERS:
        host["align"] = _OF_DIVIDERS[value]
        step.counts["alignments"] += 1


_OF_DIVIDERS = {"center": "middle", "left": "start", "top": "start", "right": "end", "bottom": "end"}


def _listed(name: str, key: str, value: str) -> _Carry:
    """A map from ids or names <-> a list of objects that hold both."""

    def carry(host: dict[str, Json], path: Path, step: _Pass) -> None:
        held = host.get(name)
        if step.forward and isinstance(held, dict):
            host[name] = [{key: inner, value: what} for inner, what in held.items()]
            step.counts["maps-to-lists"] += 1
        elif not step.forward and isinstance(held, list):
            entries = [entry for entry in held if isinstance(entry, dict) and entry.keys() == {key, value}]
            if len(entries) != len(held) or len({str(entry[key]) for entry in entries}) != len(held):
                step.doubt((*path, name), f"an entry of {name} is no pair of {key} and {value}")
                return
            host[name] = {str(entry[key]): entry[value] for entry in entries}
            step.counts["maps-to-lists"] += 1

    return carry


def _page_labels(host: dict[str, Json], path: Path, step: _Pass) -> None:
    """The keys of the list's entries were never recorded, so neither form can be made from the other."""
    held = host.get("pageLabels")
    if isinstance(held, dict if step.forward else list):
        if held:
            step.doubt((*path, "pageLabels"), "how the labels of pages are written at the other date is not known")
        else:
            host["pageLabels"] = [] if step.forward else {}
            step.counts["maps-to-lists"] += 1


def _background(host: dict[str, Json], path: Path, step: _Pass) -> None:
    """``{url}`` <-> ``{source: {kind, url}}`` for pages; a container's has had a source since August."""
    image = host.get("backgroundImage")
    if not isinstance(image, dict) or path[:1] != ("pages",) or len(path) != 2:
        return
    source = image.get("source")
    if step.forward and "url" in image and source is None:
        rest = {key: value for key, value in image.items() if key != "url"}
        host["backgroundImage"] = {"source": {"kind": "url", "url": image["url"]}, **rest}
        step.counts["image-source"] += 1
    elif not step.forward and isinstance(source, dict):
        if source.keys() != {"kind", "url"} or source["kind"] != "url":
            step.doubt((*path, "backgroundImage"), "an uploaded background had no spelling before September 2026")
            return
        rest = {key: value for key, value in image.items() if key != "source"}
        host["backgroundImage"] = {"url": source["url"], **rest}
        step.counts["image-source"] += 1


_ENDS = {"start": "left", "middle": "center", "end": "right"}
_HEIGHTS = {"start": "top", "middle": "center", "end": "bottom"}

ROWS: tuple[SpellingRow, ...] = (
    SpellingRow(of=_kinds("donut-chart", "pie-chart"), carry=_slots("value", "color", "holeValue")),
    SpellingRow(of=_kinds("scatter-chart"), carry=_slots("size")),
    SpellingRow(
        of=_kinds("point-map", "region-map", "geography-map"),
        carry=_slots("latitude", "longitude", "size", "region", "geography", "label"),
    ),
    SpellingRow(of=_kinds("pivot-table"), carry=_slots("rowsBy", "columnsBy")),
    SpellingRow(of=_kinds("funnel-chart"), carry=_slots("stage", "series", "stages")),
    SpellingRow(of=_kinds("treemap-chart"), carry=_slots("category")),
    SpellingRow(of=None, carry=_comparison),
    SpellingRow(of=None, carry=_start_point),
    SpellingRow(of=None, carry=_listed("seriesLineAreaStyle", "columnId", "style")),
    SpellingRow(of=_kinds("navigation"), carry=_page_labels),
    SpellingRow(of=_kinds("text"), carry=_words((), "verticalAlign", _HEIGHTS)),
    SpellingRow(of=_kinds("kpi-chart"), carry=_words(("layout",), "anchor", _ENDS)),
    SpellingRow(of=_kinds("kpi-chart"), carry=_words(("layout",), "verticalAnchor", _HEIGHTS)),
    SpellingRow(of=_kinds("divider"), carry=_divider),
    SpellingRow(of=None, carry=_background),
)
"""What the September contract spells otherwise, in the order of sigma-news section 1."""

_OF_ALL = tuple(row for row in ROWS if row.of is None)
_ROWS_OF = {
    kind: tuple(row for row in ROWS if row.of is None or kind in row.of)
    for kind in frozenset().union(*(row.of for row in ROWS if row.of is not None))
}
"""The rows that speak of a kind of elements, in their order."""


def _theme(body: dict[str, Json], step: _Pass) -> dict[str, Json]:
    """``settings.theme.overrides.colorOverrides``: a map by name <-> a list of name and colour."""
    settings = body.get("settings")
    theme = settings.get("theme") if isinstance(settings, dict) else None
    overrides = theme.get("overrides") if isinstance(theme, dict) else None
    if not isinstance(overrides, dict):
        return body
    carried = {**overrides}
    _listed("colorOverrides", "name", "color")(carried, ("settings", "theme", "overrides"), step)
    return {**body, "settings": {**body["settings"], "theme": {**body["settings"]["theme"], "overrides": carried}}}


# Action keys of 26 August 2026

_EFFECT_KEYS: Mapping[str, Mapping[str, str]] = {
    "insert-rows": {"table": "tableElementId"},
    "update-rows": {"table": "tableElementId"},
    "delete-rows": {"table": "tableElementId"},
    "set-form-values": {"form": "formElementId"},
    "reset-form": {"form": "formElementId"},
    "select-tab": {"tabbedContainer": "tabbedContainerElementId"},
    "open-document": {"document": "documentId"},
    "trigger-plugin": {"pluginElement": "pluginElementId", "pluginEffect": "pluginEffectId"},
}
_SCOPE_KEYS = {"control": "controlId", "container": "containerElementId", "page": "pageId"}
_VALUE_KEYS = {"column": {"column": "columnId"}, "column-range": {"min": "minColumnId", "max": "maxColumnId"}}
_DEEPEST = 100
"""Branches and values nested deeper than this are left as they are and told."""


def _actions(host: dict[str, Json], path: Path, step: _Pass) -> None:
    actions = host.get("actions")
    if not isinstance(actions, list):
        if isinstance(host.get("effects"), list):
            host["effects"] = _effects(host["effects"], (*path, "effects"), step, 0)
        return
    host["actions"] = [
        {**action, "effects": _effects(action["effects"], (*path, "actions", index, "effects"), step, 0)}
        if isinstance(action, dict) and isinstance(action.get("effects"), list)
        else action
        for index, action in enumerate(actions)
    ]


def _effects(effects: list[Json], path: Path, step: _Pass, depth: int) -> list[Json]:
    if depth > _DEEPEST:
        step.doubt(path, "its branches are nested too deep")
        return effects
    return [_effect(effect, (*path, index), step, depth) for index, effect in enumerate(effects)]


def _effect(effect: Json, path: Path, step: _Pass, depth: int) -> Json:
    """One effect with its keys renamed; branches of ``if-else`` likewise."""
    if not isinstance(effect, dict):
        return effect
    name = str(effect.get("effect") or effect.get("kind") or effect.get("type") or "")
    out = _renamed(effect, _EFFECT_KEYS.get(name, {}), step)
    if name == "clear-control":
        if isinstance(out.get("scope"), dict):
            out["scope"] = _renamed(out["scope"], _SCOPE_KEYS, step)
        else:
            out = _renamed(out, _SCOPE_KEYS, step)
    if isinstance(out.get("whichRows"), dict):
        out["whichRows"] = _renamed(out["whichRows"], {"column": "columnId"}, step)
    for slot, value in out.items():
        if slot in ("value", "values", "primaryKeys", "whichRows", "targetControls"):
            out[slot] = _values(value, (*path, slot), step, depth)
        elif slot in ("effects", "then", "else") and isinstance(value, list):
            out[slot] = _effects(value, (*path, slot), step, depth + 1)
        elif slot in ("if", "branches"):
            out[slot] = _branches(value, (*path, slot), step, depth + 1)
    return out


def _branches(value: Json, path: Path, step: _Pass, depth: int) -> Json:
    if depth > _DEEPEST:
        step.doubt(path, "its branches are nested too deep")
    elif isinstance(value, list):
        return [_branches(inner, (*path, index), step, depth + 1) for index, inner in enumerate(value)]
    elif isinstance(value, dict):
        return {
            slot: _effects(inner, (*path, slot), step, depth + 1)
            if slot in ("effects", "then", "else") and isinstance(inner, list)
            else _branches(inner, (*path, slot), step, depth + 1)
            for slot, inner in value.items()
        }
    return value


def _values(value: Json, path: Path, step: _Pass, depth: int) -> Json:
    """Action values at any depth with their column keys renamed."""
    if depth > _DEEPEST:
        step.doubt(path, "its values are nested too deep")
    elif isinstance(value, list):
        return [_values(inner, (*path, index), step, depth + 1) for index, inner in enumerate(value)]
    elif isinstance(value, dict):
        renamed = _renamed(value, _VALUE_KEYS.get(str(value.get("type", "")), {}), step)
        return {slot: _values(inner, (*path, slot), step, depth + 1) for slot, inner in renamed.items()}
    return value


def _renamed(tree: Mapping[str, Json], keys: Mapping[str, str], step: _Pass) -> dict[str, Json]:
    known = keys if step.forward else {new: old for old, new in keys.items()}
    hits = {old: new for old, new in known.items() if old in tree and new not in tree}
    if not hits:
        return dict(tree)
    step.counts["action-keys"] += len(hits)
    return {hits.get(name, name): value for name, value in tree.items()}


def dates_of(bodies: Iterable[Json]) -> tuple[ContractDate, ContractDate]:
    """The earliest and the latest date that all of these served bodies allow; the newest evidence wins a conflict."""
    earliest, latest = OLDEST, NEWEST
    for body in bodies:
        low, high = shown(body)
        earliest, latest = max(earliest, low), min(latest, high)
    return earliest, max(earliest, latest)
