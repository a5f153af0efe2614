"""The assessment for a client: one self-contained HTML page, and a note in Markdown; both from the same facts."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

from migrate.assess.model import READINESS, Assessment, Cluster, Need, NeedKind, Readiness
from migrate.assess.readiness import kind_of
from migrate.assess.words import READINESS_MEANS, READINESS_WORDS
from migrate.kinds import KINDS, DocumentKind
from migrate.report import wording
from migrate.report.bars import strip
from migrate.report.cards import with_cards
from migrate.report.display import safe_link, ticks, when
from migrate.report.note import code, prose, text
from migrate.report.template import environment, template_text
from migrate.text import named, visible
from migrate.tree import Json
from migrate.version import __version__

_SHOWN = 100
_DOCUMENTS_SHOWN = 2000
_ROOM = "migrate.assess"

_TONES: Mapping[Readiness, str] = {
    "ready": "match",
    "after_mapping": "match_declared",
    "by_hand": "created",
    "decision": "blocked",
    "cannot_travel": "failed",
}
"""The colours of a report that say the same."""

_TITLES: Mapping[NeedKind, str] = {
    "connection": "connection",
    "path": "table",
    "folder": "folder",
    "data_model": "data model",
    "team": "team",
    "user_attribute": "user attribute",
    "member": "member",
    "plugin": "plugin",
    "connector": "connector",
    "url": "link",
}

_NOT_SEEN = (
    "Whether a target has the tables and columns: that is looked up by plan, before anything is written.",
    "What only Sigma's own answer to a write can show.",
    "Grants, schedules, embeds and what else stands round a document, unless an export holds them.",
    "The rows of input tables and uploaded files, which no document holds.",
)

_SIGN = {"good": "✅", "warn": "⚠️", "bad": "❌", "plain": "ℹ️"}


class _Named(NamedTuple):
    words: str
    tone: str


def to_html(found: Assessment) -> bytes:
    """``assessment.html``: opens offline; every name in it is escaped, on one line, and cut to a readable length."""
    css = template_text("page.css")
    filters: dict[str, Callable[..., Json]] = {"visible": visible, "named": named, "ticks": ticks, "when": when}
    filters |= {"safe_link": safe_link, "label": wording.label, "counted": wording.counted}
    filters |= {"documents_in": _documents_in, "kind_of": kind_of}
    page = environment(filters, room=_ROOM).get_template("page.html.jinja")
    context = _context(found)
    css_hash = b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return with_cards(page.render(css=css, css_hash=css_hash, **context)).encode("utf-8", "replace")


def to_md(found: Assessment) -> bytes:
    """``assessment.md``: a page of a pull request or a wiki."""
    filters: dict[str, Callable[..., Json]] = {"code": code, "text": text, "prose": prose, "counted": wording.counted}
    note = environment(filters, room=_ROOM).get_template("note.md.jinja").render(_context(found))
    return (re.sub(r"\n{3,}", "\n\n", note).strip() + "\n").encode("utf-8", "replace")


def _documents_in(n: int, clusters: Mapping[int, Cluster]) -> int:
    return len(clusters[n].documents)


def _context(found: Assessment) -> dict[str, Json]:
    counts = found.counts()
    tone, says = headline(found)
    by_kind = _by_kind(found)
    rest = [one for one in found.statements if not one.raw]
    return {
        "found": found,
        "source": found.inventory.identity.slug or found.inventory.identity.organization_id,
        "tone": tone,
        "sign": _SIGN[tone],
        "says": says,
        "contents": _contents(found),
        "strip": strip([(_TONES[each], counts[each]) for each in READINESS], len(found.judged)),
        "kinds": [row.plural for row in _kinds(found)],
        "readiness": [
            (_Named(READINESS_WORDS[each], _TONES[each]), by_kind[each], READINESS_MEANS[each]) for each in READINESS
        ],
        "words": READINESS_WORDS,
        "tones": _TONES,
        "names": {key: item.name for key, item in found.inventory.items.items()},
        "clusters": {one.n: one for one in found.clusters},
        "needs": [(kind, title, rows) for kind, title in _TITLES.items() if (rows := _of(found, kind))],
        "worst": sorted(found.judged, key=lambda one: -READINESS.index(one.readiness)),
        "sql": [*found.raw, *rest],
        "raw": found.raw,
        "left_out": [f"{count} {wording.LEFT_OUT.get(why, why)}" for why, count in found.scope.left_out.items()],
        "not_seen": _NOT_SEEN,
        "shown": _SHOWN,
        "documents_shown": _DOCUMENTS_SHOWN,
        "version": __version__,
    }


def _contents(found: Assessment) -> list[tuple[str, str, int | None]]:
    return [
        ("stops", "What stops documents", len(found.obstacles)),
        ("waves", "Waves", len(found.waves)),
        ("needs", "What a target must have", len(found.needs)),
        ("documents", "Documents", len(found.judged)),
        ("sql", "Custom SQL", len(found.statements)),
        ("effort", "Effort", None),
    ]


def _of(found: Assessment, kind: NeedKind) -> list[Need]:
    return [need for need in found.needs if need.kind == kind]


def _kinds(found: Assessment) -> tuple[DocumentKind, ...]:
    """The kinds of documents that were judged."""
    there = {one.key.kind for one in found.judged}
    return tuple(row for kind, row in KINDS.items() if kind in there)


def _by_kind(found: Assessment) -> Mapping[Readiness, tuple[int, ...]]:
    """How many documents of each kind there are, by readiness."""
    there = Counter((one.readiness, one.key.kind) for one in found.judged)
    return {each: tuple(there[each, row.kind] for row in _kinds(found)) for each in READINESS}


def headline(found: Assessment) -> tuple[str, str]:
    """The tone (``good``, ``warn``, ``bad`` or ``plain``) and the one sentence that a reader should take away."""
    counts = found.counts()
    whole = len(found.judged)
    if not whole:
        return "plain", "Nothing was selected."
    connections = len(_of(found, "connection"))
    travel = counts["ready"] + counts["after_mapping"]
    mapped = f" once {wording.counted(connections, 'connection')} {'is' if connections == 1 else 'are'} mapped"
    parts = [f"{travel:,} of {wording.counted(whole, 'document')} can be copied{mapped if connections else ''}"]
    troubles: tuple[tuple[Readiness, str, str], ...] = (
        ("by_hand", "leaves work for a person", "leave work for a person"),
        ("decision", "waits for a decision", "wait for a decision"),
        ("cannot_travel", "cannot travel as it is", "cannot travel as they are"),
    )
    parts += [
        f"{counts[state]:,} {one if counts[state] == 1 else many}" for state, one, many in troubles if counts[state]
    ]
    tone = "bad" if counts["cannot_travel"] else "warn" if counts["decision"] else "good"
    return tone, f"{'; '.join(parts)}."
