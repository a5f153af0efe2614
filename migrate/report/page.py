"""The report as one self-contained HTML page: ``page.html.jinja`` and its parts, filled with the facts.

The page names the digests of its own style and script in a Content-Security-Policy, so that nothing else in it can
run or load, whatever a document is called. It is complete without the script.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import orjson

from migrate.check.causes import KINDS_OF_DIFFERENCE, place_of
from migrate.check.model import Difference, Reconciliation, ReportRow
from migrate.files import joined
from migrate.reasons import REASONS
from migrate.report import facts, wording
from migrate.report.bars import HATCHED, bar, strip
from migrate.report.cards import with_cards
from migrate.report.display import pasted, safe_link, ticks, when
from migrate.report.facts import Group, Standing
from migrate.report.pieces import pieces
from migrate.report.tables import STATES, documents, json_parts, totals_by
from migrate.report.template import environment, template_text
from migrate.text import named, one_line, visible
from migrate.tree import Json
from migrate.version import __version__

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

T = TypeVar("T")

DOCUMENTS_SHOWN = 500
"""How many documents the page holds as markup; the others are data, built when the filter finds them."""

GROUP_SHOWN = 100
"""How many documents of one cause or code are listed."""

_CAUSES_SHOWN = 200
_TARGETS_SHOWN = 500
_ORGS_SHOWN = 50
_LEFT_SHOWN = 200
_LINES_SHOWN = 30
_IDS_SHOWN = 500
_THINGS_SHOWN = 500
_MOST_THINGS = 12
"""How many things of a document that is not in the markup are kept for the filter."""


def to_html(found: Reconciliation) -> bytes:
    """``report.html``: opens offline; every name in it is escaped, on one line, and cut to a readable length."""
    return with_cards(_template().render(_context(found))).encode("utf-8", "replace")


@cache
def _template() -> Template:
    """The page, compiled once a process."""
    filters: dict[str, Callable[..., Json]] = {"visible": visible, "named": named, "line": one_line}
    filters |= {"safe_link": safe_link, "ticks": ticks, "when": when, "marked": marked, "pasted": pasted}
    filters |= {"rewritten": lambda one: _pieces(one.before, one.after)}
    filters |= {"label": wording.label, "counted": wording.counted, "bar": bar, "strip": strip}
    return environment(filters).get_template("page.html.jinja")


def _own(name: str) -> tuple[str, str]:
    """A style or script of ours, and its digest for the Content-Security-Policy."""
    text = template_text(name)
    return text, b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _context(found: Reconciliation) -> dict[str, Json]:
    """Every name that the templates use."""
    css, css_hash = _own("page.css")
    js, js_hash = _own("page.js")
    tone, says = facts.headline(found)
    return {
        "css": css,
        "css_hash": css_hash,
        "js": js,
        "js_hash": js_hash,
        "data": _data(found),
        "version": __version__,
        "found": found,
        "run": {"plan_file": "", "change_set": "", "finished_at": None, **found.run},
        "tone": tone,
        "says": says,
        "exit_words": facts.exit_words(found.exit_code),
        "duration": _duration(facts.seconds(found.run)),
        "json_sha256": _json_digest(found),
        **_orgs(found),
        **_words(),
        **_scope(found),
        **_lists(found),
        **_limits(found),
    }


def _json_digest(found: Reconciliation) -> str:
    made = hashlib.sha256()
    for part in json_parts(found):
        made.update(part)
    return made.hexdigest()


def _scope(found: Reconciliation) -> dict[str, Json]:
    left = [one for one in found.scope_changes if one.change == "left_scope"]
    return {
        "not_carried": facts.not_carried(found),
        "not_compared": facts.not_compared(found),
        "rows_compared": facts.rows_compared(found),
        "left": left,
        "left_shown": _LEFT_SHOWN,
        "new_count": len(found.scope_changes) - len(left),
    }


def _orgs(found: Reconciliation) -> dict[str, Json]:
    sources, targets = facts.sources(found), facts.targets(found)
    totals = facts.standings(found)
    return {
        "from_orgs": sources,
        "to_orgs": targets,
        "from_names": [str(org["alias"]) for org in sources],
        "to_names": [str(org["alias"]) for org in targets],
        "totals": totals,
        "bad_totals": [one for one in totals if one.bad],
        "good_totals": [one for one in totals if not one.bad],
        "most_documents": max((one.whole for one in totals), default=0),
        "all_sums": facts.sums(facts.grand_total(found)),
    }


def _words() -> dict[str, Json]:
    return {
        "verdicts": wording.VERDICTS,
        "results": wording.RESULTS,
        "level_words": wording.LEVELS,
        "resolutions": wording.RESOLUTIONS,
        "left_out_words": wording.LEFT_OUT,
        "reasons": REASONS,
        "difference_kinds": KINDS_OF_DIFFERENCE,
        "signs": wording.SIGNS,
        "hatched": HATCHED,
        "meaning": wording.change_meaning,
        "points_to": wording.points_to,
        "sentence": facts.sentence,
        "title": facts.title,
        "said": facts.said,
        "place_of": place_of,
        "kind": facts.kind,
        "kind_names": wording.KINDS,
    }


def _lists(found: Reconciliation) -> dict[str, Json]:
    """The lists of the page, each cut to what it shows, and the counts of the whole."""
    bad = [row for row in found.rows if not row.good]
    landed = [row for row in found.rows if row.landed]
    noted, changes = facts.noted(found), facts.change_groups(found)
    coverage = facts.coverage_table(found)
    by = {name: sum(counts.get(name, 0) for _, counts in coverage) for name in wording.RESOLUTIONS}
    pairs = [row for row in landed if row.target_id]
    states = Counter(name for row in found.rows for name in (row.outcome, row.verdict) if name)
    return {
        "bad": bad,
        "attention": facts.attention(found),
        "noted": _cut(noted),
        "noted_count": sum(len(group.rows) for group in noted),
        "residuals": _cut(facts.residual_groups(found)),
        "changes": [(group, len({(one["target"], one["source_id"]) for one in group.rows})) for group in changes],
        "change_count": sum(len(group.rows) for group in changes),
        "coverage": coverage,
        "coverage_by": by,
        "coverage_total": sum(sum(counts.values()) for _, counts in coverage),
        "levels": facts.level_table(found),
        "landed": landed,
        "names": {row.source_id: row.source_name for row in found.rows},
        "unproven": [row for row in landed if row.state in ("not_verifiable", "not_run")],
        "states": [(name, states[name]) for name in STATES if states[name]],
        "documents": sorted(enumerate(found.rows), key=lambda entry: entry[1].good)[:DOCUMENTS_SHOWN],
        "breakdowns": _breakdowns(found),
        "things": {one.n: one for one in found.things},
        "outcomes": facts.outcome_words(found),
        "is_check": facts.is_check(found),
        "eyebrow": facts.eyebrow(found),
        "matrix": facts.matrix(found),
        "compared": facts.compared_words(found),
        "since": facts.since,
        "most_ever": max((one.documents for one in found.trend), default=0),
        "idle": sum(not one.documents for one in found.mappings),
        "pairs": pairs[:_IDS_SHOWN],
        "pairs_total": len(pairs),
        "retry": lambda row: facts.retry(found, row),
        "contents": _contents(found, len(bad), len(pairs)),
    }


def _limits(found: Reconciliation) -> dict[str, int]:
    """How much of each list is shown; the longer the run, the less of each, so that the page stays a page."""
    many = len(found.causes) > 10
    return {
        "causes_shown": _CAUSES_SHOWN,
        "targets_shown": _TARGETS_SHOWN,
        "orgs_shown": _ORGS_SHOWN,
        "things_shown": _THINGS_SHOWN,
        "replaced_shown": 30 if len(found.rows) <= 400 else 5,
        "rows_open": 3 if len(found.totals) <= 3 else 1,
        "rows_shown": GROUP_SHOWN if not many else max(GROUP_SHOWN * 10 // len(found.causes), 5),
        "details_in_attention": 5 if many else 20,
        "details_in_documents": 5 if len(found.rows) <= 400 else 2,
    }


def _breakdowns(found: Reconciliation) -> list[tuple[str, Sequence[Standing], int]]:
    """The documents by kind, wave and folder: its name, its lines with the worst first, how many are left out."""
    table = documents(found)
    made: list[tuple[str, Sequence[Standing], int]] = []
    for column, name in (("type", "kind"), ("wave", "wave"), ("source_path", "folder of the source")):
        lines = facts.lines(totals_by(table, column))
        if len(lines) > 1 or column == "source_path":
            lines = tuple(replace(one, name=wording.KINDS.get(one.name, one.name)) for one in lines)
            made.append((name, lines[:_LINES_SHOWN], len(lines) - _LINES_SHOWN if len(lines) > _LINES_SHOWN else 0))
    return made


_KEYS = (
    "name",
    "kind",
    "path",
    "target",
    "alias",
    "target_name",
    "target_path",
    "outcome",
    "verdict",
    "source",
    "copy",
    "code",
    "reason",
    "request",
    "cause",
    "also",
    "source_url",
    "copy_url",
    "replaced",
    "since",
)


def _data(found: Reconciliation) -> str:
    """All documents for the filter, as JSON that cannot end the element it stands in."""
    labels = {name: wording.SIGNS.get(name, "") + wording.label(name) for name in STATES}
    since = facts.since_before(found)
    things = [f"{_end(one.old_name or one.old)} → {_end(one.new_name or one.new)}" for one in found.things]
    rows = joined(
        (b"," if at else b"") + orjson.dumps((*_compact(row), since.get((row.target, row.source_id), "")))
        for at, row in enumerate(found.rows)
    )
    text = f"[{_json(_KEYS)},[{rows.decode()}],{_json(labels)},{_json(things)}]"
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _json(value: Json) -> str:
    return orjson.dumps(value).decode()


def _end(text: str) -> str:
    return visible(text, 80) or "–"


def _compact(row: ReportRow) -> tuple[Json, ...]:
    """What the filter searches and shows of a row, in the order of its keys."""
    return (
        named(row.source_name),
        facts.kind(row),
        visible(row.source_path, 160),
        visible(row.target, 60),
        row.target,
        named(row.target_name) if row.target_name and row.target_name != row.source_name else "",
        visible(row.target_path or "", 160),
        row.outcome,
        row.verdict or "",
        visible(row.source_id, 80),
        visible(row.target_id or "", 80),
        visible(row.reason_code or "", 80),
        visible(facts.sentence(row), 400) if row.reason_code else "",
        visible(row.request_id or "", 120),
        row.cause or 0,
        row.also,
        safe_link(row.source_url),
        safe_link(row.target_url),
        [(one.thing - 1, one.count) for one in row.replaced[:_MOST_THINGS]],
    )


def marked(difference: Difference) -> Markup:
    """Both sides of a difference as markup."""
    return _pieces(difference.expected, difference.found)


def _pieces(before: str, after: str) -> Markup:
    """What is gone and what is new, marked as such for eyes, printers and screen readers."""
    from markupsafe import Markup

    shapes = {
        "same": Markup("{}"),
        "folded": Markup('<small class="alike">{}</small>'),
        "gone": Markup("<del>{}</del>"),
        "new": Markup("<ins>{}</ins>"),
    }
    found = pieces(before, after)
    return Markup("").join(shapes[piece.kind].format(visible(piece.text, 1000)) for piece in found)


def _cut(groups: Sequence[Group[T]]) -> list[tuple[Group[T], tuple[T, ...]]]:
    """The groups with what is shown of each; the more groups, the less of each, so that the page stays a page."""
    shown = GROUP_SHOWN if len(groups) <= 10 else max(GROUP_SHOWN * 10 // len(groups), 5)
    return [(group, group.rows[:shown]) for group in groups]


def _contents(found: Reconciliation, bad: int, pairs: int) -> list[tuple[str, str, int | None]]:
    """The sections of the page: anchor, name, how much is in it."""
    several = len(found.totals) > 1
    return [
        ("attention", "Needs attention", bad),
        *([("scope", "Scope against last time", len(found.scope_changes))] if found.scope_changes else []),
        *([("targets", "Targets", len(found.totals))] if several else []),
        *([("trend", "Trend", None)] if len(found.trend) > 1 else []),
        ("where", "Where", None),
        ("residuals", "Residuals", len(found.residuals)),
        ("references", "References", None),
        ("changes", "Changes", None),
        ("checks", "Checks", None),
        ("organizations", "Organizations", len(found.orgs)),
        ("documents", "Documents", len(found.rows)),
        ("map", "Old and new ids", pairs),
        ("sign-off", "Sign-off", None),
    ]


def _duration(seconds: float | None) -> str:
    """``8.2 s``, ``3 min 12 s``, ``2 h 5 min``; nothing where it is not known."""
    if seconds is None or seconds < 0:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
