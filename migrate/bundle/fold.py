"""Bringing a workbook or report to what the target accepts: its envelope forward, its spelling to the target's date.

The envelope's table is sigma-specs section 1; it is never folded back to ``flat``. ``document`` and ``contents`` hold
the same inner document under another key. How the inside is spelled is a matter of dates: ``migrate.sigma.contract``.
Every fold is named and counted, so that the report can say what was changed besides references.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrate.bundle.layout_fold import fold_layout
from migrate.bundle.spec import Spec
from migrate.kinds import DocumentKind
from migrate.sigma.contract import NEWEST, ContractDate, respell
from migrate.tree import Json
from migrate.words import Generation

_OVERLAY_TYPES = frozenset({"modal", "drawer", "popover"})
_THEME = {"themeName": "name", "themeOverrides": "overrides"}


class CannotFold(ValueError):
    """The document cannot be brought to the target's form: no way back, no known shape, or a place nobody recorded."""


def fold(spec: Spec, to: Generation, date: ContractDate = NEWEST) -> tuple[Spec, Mapping[str, int]]:
    """The spec in the target's generation and spelling, and how often each named fold was applied.

    Data models have one form and pass unchanged, as does a flat workbook for a flat target. Raises CannotFold where
    the target is older than the document's envelope (``contents`` and ``document`` are one), and with every place
    that no recorded row can carry to ``date``.
    """
    if not spec.key.about.enveloped or spec.generation == to == "flat":
        return spec, {}
    if to == "flat":
        raise CannotFold(
            f"the {spec.key.about.singular} is of generation {spec.generation}, the target only accepts flat"
        )
    counts: Counter[str] = Counter()
    body = _lift(spec.body, spec.key.about, counts) if _inside_pages(spec) else spec.body
    if isinstance(body.get("elements"), list):
        body = {**body, "elements": [_element(element, counts) for element in body["elements"]]}
    respelled = respell(body, date)
    if respelled.unsure:
        raise CannotFold(f"it cannot be spelled as of {date} with certainty: {'; '.join(respelled.unsure)}")
    counts.update(respelled.counts)
    return replace(spec, generation=to, body=respelled.body), {name: n for name, n in counts.items() if n}


def _inside_pages(spec: Spec) -> bool:
    """Whether elements stand inside pages: always when flat, and for some days in ``document`` (sigma-specs 1)."""
    return spec.generation == "flat" or any(isinstance(p, dict) and "elements" in p for p in spec.body.get("pages", []))


def _lift(body: Json, about: DocumentKind, counts: Counter[str]) -> Json:
    """The body with its pages' elements at document level, overlays apart, theme under settings."""
    elements: list[Json] = list(body.get("elements") or [])
    pages: list[Json] = []
    overlays: list[Json] = list(body.get("overlays") or [])
    members: list[tuple[str, list[str]]] = []
    known_overlays, known_elements = len(overlays), len(elements)
    for page in body.get("pages", []):
        inside = page.get("elements") or [] if isinstance(page, dict) else None
        if not isinstance(inside, list):
            raise CannotFold("its pages are no objects with a list of elements")
        counts["page-layouts-dropped"] += "layout" in page  # no server ever read it (sigma-specs 8.2)
        elements.extend(inside)
        members.append((str(page.get("id", "")), [str(e.get("id", "")) for e in inside if isinstance(e, dict)]))
        shell = {k: v for k, v in page.items() if k not in ("elements", "layout")}
        (overlays if page.get("type") in _OVERLAY_TYPES else pages).append(shell)
    counts["elements-lifted"] += len(elements) - known_elements
    counts["overlays-lifted"] += len(overlays) - known_overlays
    known = {"pages", "elements", "overlays", "layout", "themeName", "themeOverrides", "kind", "schemaVersion"}
    out: dict[str, Json] = {
        "schemaVersion": body.get("schemaVersion", 1),
        "kind": body.get("kind", about.kind),
        "elements": elements,
        "pages": pages,
        **{k: v for k, v in body.items() if k not in known},
    }
    if overlays:
        out["overlays"] = overlays
    theme = {new: body[old] for old, new in _THEME.items() if body.get(old) is not None}
    if theme:
        counts["theme-to-settings"] += 1
        settings = body.get("settings") or {}
        out["settings"] = {**settings, "theme": {**theme, **(settings.get("theme") or {})}}
    out["layout"] = _laid_out(body.get("layout"), members, about, counts)
    return out


def _laid_out(
    layout: Json, members: Sequence[tuple[str, Sequence[str]]], about: DocumentKind, counts: Counter[str]
) -> Json:
    """The folded layout; where pages have no grid, an element without a place cannot be given one."""
    text = fold_layout(layout, members, counts)
    if not about.grid and text != fold_layout(layout, (), Counter()):
        raise CannotFold(f"its layout leaves out pages or elements, and a {about.singular} has no grid to add them to")
    return text


def _element(element: Json, counts: Counter[str]) -> Json:
    """One element in the form of the ``document`` envelope of 4 August 2026, in which axes, KPIs and images changed."""
    if not isinstance(element, dict):
        return element
    out = dict(element)
    kind = out.get("kind", "")
    for slot in ("xAxis", *(("value",) if kind == "kpi-chart" else ())):
        if isinstance(out.get(slot), dict) and "id" in out[slot] and "columnId" not in out[slot]:
            out[slot] = {("columnId" if name == "id" else name): inner for name, inner in out[slot].items()}
            counts["column-slots"] += 1
    for slot in ("yAxis", "yAxis2"):
        if isinstance(out.get(slot), list):
            out[slot] = {"columnIds": [_axis_entry(entry) for entry in out[slot]]}
            counts["axis-columns"] += 1
    if kind == "image" and isinstance(out.get("url"), str) and "source" not in out:
        out = {k: v for k, v in out.items() if k != "url"} | {"source": {"kind": "url", "url": out["url"]}}
        counts["image-source"] += 1
    background = out.get("backgroundImage")
    if isinstance(background, dict) and "url" in background and "source" not in background:
        rest = {k: v for k, v in background.items() if k != "url"}
        out["backgroundImage"] = {"source": {"kind": "url", "url": background["url"]}, **rest}
        counts["image-source"] += 1
    return out


def _axis_entry(entry: Json) -> Json:
    """A bare id where nothing but the id was said, else an object with ``columnId``."""
    if not isinstance(entry, dict) or "id" not in entry:
        return entry
    return entry["id"] if len(entry) == 1 else {("columnId" if k == "id" else k): v for k, v in entry.items()}
