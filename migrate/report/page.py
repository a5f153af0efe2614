"""The report as one self-contained HTML page: ``page.html.jinja`` and its parts, filled with the facts.

The page names the digests of its own style and script in a Content-Security-Policy, so that nothing else in it can
run or load, whatever a document is called. It is complete without the script.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from migrate.check.model import Reconciliation
from migrate.check.tally import is_good
from migrate.report import facts, wording
from migrate.report.bars import HATCHED, bar
from migrate.report.facts import Group, Row
from migrate.report.tables import to_json
from migrate.report.visible import safe_link, ticks, when
from migrate.text import named, visible
from migrate.tree import Json
from migrate.version import __version__
from migrate.words import LANDED, OUTCOMES, VERDICTS

if TYPE_CHECKING:
    from jinja2 import Environment

DOCUMENTS_SHOWN = 2000
GROUP_SHOWN = 100
"""How many documents, and how many of one reason code, the page lists; the sheet has them all."""

_SIGNS: Mapping[str, str] = {
    "match": "✓ ",
    "match_declared": "✓ ",
    "broken_in_source_too": "≈ ",
    "mismatch": "✗ ",
    "failed": "✗ ",
    "not_verifiable": "? ",
    "not_run": "– ",
    "blocked": "! ",
}


def to_html(found: Reconciliation) -> bytes:
    """``report.html``: opens offline; every name in it is escaped, on one line, and cut to a readable length."""
    return _environment().get_template("page.html.jinja").render(_context(found)).encode("utf-8", "replace")


@cache
def _environment() -> Environment:
    """The templates, compiled once a process."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "visible": visible,
        "named": named,
        "safe_link": safe_link,
        "ticks": ticks,
        "when": when,
        "label": wording.label,
        "counted": wording.counted,
        "bar": bar,
    }
    return environment


def _text(name: str) -> str:
    return files("migrate.report").joinpath(name).read_text("utf-8")


def _own(name: str) -> tuple[str, str]:
    """A style or script of ours, and its digest for the Content-Security-Policy."""
    text = _text(name)
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
        "version": __version__,
        "found": found,
        "run": {"plan_file": "", "change_set": "", "finished_at": None, **found.run},
        "tone": tone,
        "says": says,
        "exit_words": facts.exit_words(found.exit_code),
        "duration": _duration(facts.seconds(found.run)),
        "json_sha256": hashlib.sha256(to_json(found)).hexdigest(),
        **_orgs(found),
        **_words(),
        **_lists(found),
    }


def _orgs(found: Reconciliation) -> dict[str, Json]:
    sources, targets = facts.sources(found), facts.targets(found)
    return {
        "from_orgs": sources,
        "to_orgs": targets,
        "from_names": [str(org["alias"]) for org in sources],
        "to_names": [str(org["alias"]) for org in targets],
        "totals": [(target, facts.sums(total)) for target, total in found.totals.items()],
        "all_sums": facts.sums(facts.grand_total(found)),
    }


def _words() -> dict[str, Json]:
    return {
        "outcomes": wording.OUTCOMES,
        "verdicts": wording.VERDICTS,
        "results": wording.RESULTS,
        "level_words": wording.LEVELS,
        "resolutions": wording.RESOLUTIONS,
        "left_out_words": wording.LEFT_OUT,
        "not_carried": wording.NOT_CARRIED,
        "not_compared": wording.NOT_COMPARED,
        "signs": _SIGNS,
        "hatched": HATCHED,
        "states": (*OUTCOMES, *VERDICTS),
        "meaning": wording.change_meaning,
        "points_to": wording.points_to,
        "sentence": facts.sentence,
        "kind": facts.kind,
    }


def _lists(found: Reconciliation) -> dict[str, Json]:
    """The lists of the page, each cut to what it shows, and the counts of the whole."""
    bad = [row for row in found.rows if not is_good(row)]
    landed = [row for row in found.rows if row["outcome"] in LANDED]
    noted, changes = facts.noted(found), facts.change_groups(found)
    coverage = facts.coverage_table(found)
    by = {name: sum(counts.get(name, 0) for _, counts in coverage) for name in wording.RESOLUTIONS}
    pairs = [row for row in landed if row["target_id"]]
    return {
        "bad": bad,
        "attention": _cut(facts.attention(found)),
        "noted": _cut(noted),
        "noted_count": sum(len(group.rows) for group in noted),
        "residuals": _cut(facts.residual_groups(found)),
        "changes": [(group, len({(row["target"], row["source_id"]) for row in group.rows})) for group in changes],
        "change_count": sum(len(group.rows) for group in changes),
        "coverage": coverage,
        "coverage_by": by,
        "coverage_total": sum(sum(counts.values()) for _, counts in coverage),
        "levels": facts.level_table(found),
        "landed": landed,
        "names": {row["source_id"]: row["source_name"] for row in found.rows},
        "unproven": [row for row in landed if row["verdict"] in ("not_verifiable", "not_run")],
        "documents": sorted(found.rows, key=is_good)[:DOCUMENTS_SHOWN],
        "details_in_attention": 20 if len(bad) <= 50 else 5,
        "details_in_documents": 5 if len(found.rows) <= 400 else 2,
        "pairs": pairs[:DOCUMENTS_SHOWN],
        "pairs_total": len(pairs),
        "command": lambda row: facts.command(found, row),
        "contents": _contents(found, len(bad), len(pairs)),
    }


def _cut(groups: Sequence[Group]) -> list[tuple[Group, tuple[Row, ...]]]:
    """The groups with what is shown of each; the more groups, the less of each, so that the page stays a page."""
    shown = GROUP_SHOWN if len(groups) <= 10 else max(GROUP_SHOWN * 10 // len(groups), 5)
    return [(group, group.rows[:shown]) for group in groups]


def _contents(found: Reconciliation, bad: int, pairs: int) -> list[tuple[str, str, int | None]]:
    """The sections of the page: anchor, name, how much is in it."""
    return [
        ("attention", "Needs attention", bad),
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
