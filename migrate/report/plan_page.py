"""A plan that one can look at: one self-contained HTML page and a spreadsheet, made before anything is applied."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from migrate.change.forecast import Forecast
from migrate.change.model import Doubt
from migrate.check.causes import place_of
from migrate.check.model import Difference, Reconciliation, ReportRow
from migrate.check.rows_compared import RowsCost
from migrate.report import facts, wording
from migrate.report.cards import with_cards
from migrate.report.display import ticks, when
from migrate.report.page import marked
from migrate.report.scrub import clean, clean_text, scrubbed
from migrate.report.sheet import is_large, to_book
from migrate.report.sheets import Sheet, sheets
from migrate.report.template import environment, template_text
from migrate.text import named, visible
from migrate.tree import Json
from migrate.version import __version__
from migrate.words import OutcomeName

if TYPE_CHECKING:
    from pandas import DataFrame

WILL: Mapping[OutcomeName, str] = {
    "created": "create",
    "updated": "replace",
    "renamed": "move",
    "mapped": "use the mapped one",
    "unchanged": "leave as it is",
    "skipped": "skip",
    "blocked": "blocked",
    "failed": "fail",
    "not_attempted": "not attempt",
}
"""What will be done with a document, for what it will then be."""

_FIRST: tuple[OutcomeName, ...] = ("blocked", "updated", "renamed", "created", "mapped", "skipped", "unchanged")
_SHOWN = 100
_ROWS_SHOWN = 1000
_COST = ("target", "what", "how many", "requests each", "at most each")
_KEPT = frozenset({"Documents", "Mappings", "SQL", "References", "Changes", "Residuals", "Scope", "Causes"})
"""The sheets of a run that say something before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffersThere:
    """A document that would be written and how it differs, by what is compared; ``unknown`` is what could not be."""

    target: str
    kind: str
    name: str
    ways: tuple[tuple[str, tuple[Difference, ...]], ...]
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """A change set with all that a person decides on.

    ``found`` is the reconciliation in which nothing happened yet. ``patches`` are lines to paste into the plan, by the
    code and the thing of a cause; ``around`` what is done beside documents, in words.
    """

    found: Reconciliation
    forecasts: tuple[Forecast, ...]
    rows_costs: tuple[RowsCost, ...]
    doubts: tuple[Doubt, ...]
    names: Mapping[str, str]
    patches: Mapping[tuple[str, str], Sequence[str]]
    around: str = ""
    only: str = ""
    overrides: tuple[str, ...] = ()
    differing: tuple[DiffersThere, ...] = ()
    at_once: int = 1


def to_html(report: PlanReport) -> bytes:
    """``plan.html``: opens offline; every name in it is escaped, on one line, and cut to a readable length."""
    css = template_text("page.css")
    filters: dict[str, Callable[..., Json]] = {"visible": visible, "named": named, "ticks": ticks, "when": when}
    filters |= {"counted": wording.counted, "marked": marked}
    page = environment(filters).get_template("plan.html.jinja")
    css_hash = b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return with_cards(page.render(css=css, css_hash=css_hash, **_context(report))).encode("utf-8", "replace")


def to_xlsx(report: PlanReport) -> bytes:
    """``plan.xlsx``: what is planned, what it costs, every document, and what stops some."""
    found = scrubbed(report.found)
    first = [
        Sheet(name="Plan", table=_table(_summary(report, found), ("about", "of", "documents", "says"))),
        Sheet(name="Cost", table=_table(_costs(report), _COST)),
    ]
    made = chain(first, (one for one in sheets(found) if one.name in _KEPT))
    return to_book(made, title="Migration plan", large=is_large(found))


def _table(rows: Iterator[tuple[Json, ...]], columns: Sequence[str]) -> DataFrame:
    from pandas import DataFrame

    return DataFrame(list(rows), columns=list(columns), dtype=object)


def _summary(report: PlanReport, found: Reconciliation) -> Iterator[tuple[Json, ...]]:
    yield "marked as", "", len(found.rows), "a plan: what apply would do; nothing was written"
    yield "result", "", len(found.rows), headline(found)[1]
    for target, total in found.totals.items():
        for name in WILL:
            if total[name]:
                yield "will", target, total[name], WILL[name]
    for one in report.forecasts:
        yield "cost", one.target, "", one.says
    for rows in report.rows_costs:
        yield "cost", rows.target, rows.requests, rows.says
    for doubt in report.doubts:
        yield "only the write can show", doubt.target, len(doubt.keys), clean_text(f"{doubt.why} ({doubt.code})")
    for text in report.overrides:
        yield "set", "", "", clean_text(text)
    for warning in found.warnings:
        yield "warning", "", "", warning


def _costs(report: PlanReport) -> Iterator[tuple[Json, ...]]:
    for one in report.forecasts:
        for part in one.parts:
            yield one.target, part.what, part.count, part.least, part.most


def headline(found: Reconciliation) -> tuple[str, str]:
    """The tone (``good``, ``warn`` or ``plain``) and the one sentence that a reader should take away."""
    total = facts.grand_total(found)
    writes = total["created"] + total["updated"] + total["renamed"]
    parts = [f"{total[name]:,} to {WILL[name]}" for name in ("created", "updated", "renamed") if total[name]]
    rest = [f"{total['unchanged']:,} stay as they are"] if total["unchanged"] else []
    told = ", ".join((*parts, *rest)) or "nothing to do"
    if total["blocked"]:
        stopped = f"{wording.counted(total['blocked'], 'document')} blocked"
        return "warn", f"{stopped} by {wording.counted(len(found.causes), 'cause')}; {told}."
    return ("good" if writes else "plain"), f"{told[:1].upper()}{told[1:]}."


def _order(row: ReportRow) -> tuple[int, str, str]:
    return (_FIRST.index(row.outcome) if row.outcome in _FIRST else 0), row.source_path, row.source_name


def _context(report: PlanReport) -> dict[str, Json]:
    """Every name that the template uses, without what looks like a secret."""
    found = scrubbed(report.found)
    sources, targets = facts.sources(found), facts.targets(found)
    total = facts.grand_total(found)
    tone, says = headline(found)
    left = [one for one in found.scope_changes if one.change == "left_scope"]
    return {
        "found": found,
        "run": {"plan_file": "", "change_set": "", **found.run},
        "tone": tone,
        "says": says,
        "from_orgs": sources,
        "to_orgs": targets,
        "from_names": [str(org["alias"]) for org in sources],
        "to_names": [str(org["alias"]) for org in targets],
        "outcomes": [name for name in WILL if total[name]],
        "will": WILL,
        "signs": wording.SIGNS,
        "around": report.around,
        "left_out_words": wording.LEFT_OUT,
        "forecasts": report.forecasts,
        "rows_costs": report.rows_costs,
        "at_once": report.at_once,
        "attention": facts.attention(found),
        "title": facts.title,
        "kind": facts.kind,
        "place_of": place_of,
        "patches": clean(dict(report.patches)),
        "doubts": [(clean(one), [clean_text(report.names[key.id]) for key in one.keys]) for one in report.doubts],
        "left": left,
        "rows": sorted(found.rows, key=_order),
        "differing": clean(report.differing),
        "only": clean_text(report.only),
        "overrides": clean(report.overrides),
        "shown": _SHOWN,
        "rows_shown": _ROWS_SHOWN,
        "contents": _contents(report, found, len(left)),
        "version": __version__,
    }


def _contents(report: PlanReport, found: Reconciliation, left: int) -> list[tuple[str, str, int | None]]:
    """The sections of the page: anchor, name, how much is in it."""
    return [
        ("counts", "What will happen", None),
        ("cost", "What it costs", None),
        ("stops", "What stops documents", len(found.causes)),
        *([("doubts", "Only the write can show", len(report.doubts))] if report.doubts else []),
        *([("scope", "Left the scope", left)] if left else []),
        ("documents", "Documents", len(found.rows)),
        *([("differences", "Differences", len(report.differing))] if report.differing else []),
    ]
