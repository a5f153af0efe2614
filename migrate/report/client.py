"""The page for a client: what moved, what needs attention, what stayed behind, in few words and without ids.

It is made of the same facts as ``report.html``, so that no number of it can be another one.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.check.model import Reconciliation, ReportRow
from migrate.errors import Usage
from migrate.files import read_regular
from migrate.report import facts
from migrate.report.cards import with_cards
from migrate.report.display import safe_link, ticks, when
from migrate.report.language import Language, english
from migrate.report.tables import documents, totals_by
from migrate.report.template import environment, template_text
from migrate.text import named, visible
from migrate.tree import Json
from migrate.version import __version__

if TYPE_CHECKING:
    from jinja2 import Template

LOGO_BYTES = 300_000
"""A logo lies in the page itself; a larger one is a photograph."""

DOCUMENTS_SHOWN = 5_000
ROWS_SHOWN = 20
LINES_SHOWN = 200

_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How the page looks: its title where it is not the usual one, a logo as an address of data, its language."""

    title: str = ""
    logo: str = ""
    language: Language | None = None


def read_logo(path: Path) -> str:
    """A picture as an address of data. Raises Usage where it is neither PNG nor JPEG; OSError as files do."""
    content = read_regular(path, most=LOGO_BYTES)
    kind = next((kind for mark, kind in _PICTURES.items() if content.startswith(mark)), "")
    if not kind:
        raise Usage(f"{visible(path, 200)} is neither PNG nor JPEG; give the logo as one of these")
    return f"data:{kind};base64,{b64encode(content).decode()}"


def untold(found: Reconciliation, look: Look) -> tuple[str, ...]:
    """The codes on the page that stay English, since its language has no words for them."""
    codes = [*(cause.code for cause in found.causes), *(str(one["code"]) for one in found.residuals)]
    return look.language.untold(codes) if look.language else ()


def state(row: ReportRow) -> str:
    """How a document stands for who will use it: a key of ``states`` of a language."""
    if row.outcome == "skipped":
        return "skipped"
    if not row.landed:
        return "open"
    match row.verdict:
        case "match" | "match_declared":
            return "proven"
        case "broken_in_source_too":
            return "as_in_source"
        case "unchanged_by_version":
            return "unchanged"
        case "mismatch":
            return "differs"
        case _:
            return "unproven"


def to_client_html(found: Reconciliation, look: Look) -> bytes:
    """``client.html``: opens offline, loads nothing and runs nothing; every name in it is escaped."""
    speech = look.language or english()
    css, css_hash = _css()
    context = {
        "css": css,
        "css_hash": css_hash,
        "look": look,
        "l": speech,
        "w": speech.words,
        "found": found,
        "run": {"finished_at": None, **found.run},
        "version": __version__,
        **_head(found, speech),
        **_lists(found, speech),
    }
    return with_cards(_template().render(context)).encode("utf-8", "replace")


def _css() -> tuple[str, str]:
    text = template_text("page.css")
    return text, b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _template() -> Template:
    filters: dict[str, Callable[..., Json]] = {"visible": visible, "named": named, "ticks": ticks, "when": when}
    filters |= {"safe_link": safe_link}
    return environment(filters).get_template("client.html.jinja")


def _names(orgs: tuple[Mapping[str, Json], ...], speech: Language) -> str:
    names = [visible(org["alias"], 60) for org in orgs]
    more = [speech.say("and_more", count=f"{len(names) - 3:,}")] if len(names) > 3 else []
    return ", ".join([*names[:3], *more]) or "–"


def _head(found: Reconciliation, speech: Language) -> dict[str, Json]:
    tone, says = headline(found, speech)
    return {
        "tone": tone,
        "says": says,
        "subtitle": speech.say(
            "subtitle", source=_names(facts.sources(found), speech), target=_names(facts.targets(found), speech)
        ),
        "made_by": speech.say(
            "made_by",
            run=visible(found.run["id"], 60),
            plan=visible(found.run.get("plan", ""), 80),
            tool=f"sigma-migrate {__version__}",
        ),
    }


def headline(found: Reconciliation, speech: Language) -> tuple[str, str]:
    """The tone and the one sentence that a reader should take away, never better than that of the whole report."""
    rows = found.rows
    tone, _ = facts.headline(found)
    if not found.consistent or found.exit_code == 70:
        return tone, speech.say("not_consistent")
    bad = sum(not row.good for row in rows)
    if bad:
        return tone, speech.say("open_points", documents=speech.counted(len(rows)), open=f"{bad:,}")
    if found.run.get("status") != "complete":
        return tone, speech.say("not_finished")
    if not any(row.landed for row in rows):
        return tone, speech.say("nothing")
    passed = sum(row.verdict == "unchanged_by_version" for row in rows)
    if passed:
        return tone, speech.say("not_all_looked_at", documents=speech.counted(len(rows)), passed=f"{passed:,}")
    return tone, speech.say("all_well", documents=speech.counted(len(rows)))


def _lists(found: Reconciliation, speech: Language) -> dict[str, Json]:
    """The lists of the page, each cut to what a reader goes through."""
    counts = Counter(state(row) for row in found.rows)
    lines = facts.lines(totals_by(documents(found), "source_path"))
    shown = sorted(lines, key=lambda one: one.name)
    rows = sorted(found.rows, key=lambda row: (row.good, row.source_path, row.source_name, row.target))
    return {
        "states": [(name, counts[name]) for name in speech.states if counts[name]],
        "lines": [replace(one, name=one.name or speech.words["no_folder"]) for one in shown[:LINES_SHOWN]],
        "more_lines": max(len(lines) - LINES_SHOWN, 0),
        "attention": facts.attention(found),
        "residuals": facts.residual_groups(found),
        "never": ", ".join(speech.phrases.get(one, one) for one in facts.not_carried(found)),
        "not_compared": ", ".join(speech.phrases.get(one, one) for one in facts.not_compared(found)),
        "levels": [(level, _level(found, level)) for level in speech.levels if _asked(found, level)],
        "documents": rows[:DOCUMENTS_SHOWN],
        "more_documents": max(len(rows) - DOCUMENTS_SHOWN, 0),
        "rows_shown": ROWS_SHOWN,
        "several": len(found.totals) > 1,
        "state": state,
    }


def _asked(found: Reconciliation, level: str) -> bool:
    return any(level in row.levels for row in found.rows if row.landed)


def _level(found: Reconciliation, level: str) -> tuple[int, int, int, int]:
    """Of what landed: as it should be, not as it should be, could not be compared, not looked at."""
    results = Counter(row.levels.get(level, "not_run") for row in found.rows if row.landed)
    good = sum(results[name] for name in ("pass", "declared", "inherited"))
    return good, results["fail"], results["not_verifiable"], results["not_run"]
