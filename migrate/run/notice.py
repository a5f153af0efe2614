"""Whether somebody is told of a run, of what, and in which words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from migrate.check.model import Reconciliation
from migrate.report.outcome import changes, troubles
from migrate.text import one_line
from migrate.tree import Json

Why = Literal["trouble", "healed", "changes", "finished"]

_TITLES: Mapping[Why, str] = {
    "trouble": "needs somebody",
    "healed": "is right again",
    "changes": "changed something",
    "finished": "finished",
}
_MOST = 10
"""Causes that a message lists."""

_NAMED = 3
"""So many targets of a cause are named; more are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Why somebody is told of a run: ``trouble`` that is new, trouble that is ``healed``, ``changes``, or that it
    ``finished``."""

    why: Why
    title: str


def due(
    alert: Literal["changes", "failures", "always"], now: Reconciliation, before: Reconciliation | None
) -> Notice | None:
    """What to tell of a run, given the one before it of the same plan; None for nothing.

    A problem that stands since the run before is told once, and once more when it is gone.
    """
    here, there = _trouble(now), _trouble(before) if before is not None else frozenset()
    plan = str(now.run.get("plan", ""))
    if here - there:
        return _notice("trouble", plan)
    if there and not here:
        return _notice("healed", plan)
    if alert in ("changes", "always") and changes(now):
        return _notice("changes", plan)
    return _notice("finished", plan) if alert == "always" else None


def unbegun(plan: str) -> Notice:
    """What to tell of a run that could not begin: every time, since there is no run to compare the next one with."""
    return _notice("trouble", plan)


def _trouble(found: Reconciliation) -> frozenset[tuple[str, str, str]]:
    """What is wrong; a run that ended badly without a cause counts as one."""
    known = troubles(found)
    return known or (frozenset({("exit", str(found.exit_code), "")}) if found.exit_code else known)


def _notice(why: Why, plan: str) -> Notice:
    return Notice(why=why, title=f"sigma-migrate: {one_line(plan, 100)} {_TITLES[why]}")


def body(form: Literal["plain", "slack", "teams"], notice: Notice, tree: Mapping[str, Json]) -> Json:
    """What is sent: the outcome itself with why, or a message as Slack or Teams takes one.

    Names are foreign text: a message escapes what would mention somebody or become a link.
    """
    if form == "plain":
        return {"why": notice.why, "title": notice.title, **tree}
    lines = [str(tree["says"]), *(_line(cause) for cause in tree["causes"][:_MOST])]
    if len(tree["causes"]) > _MOST:
        lines.append(f"and {len(tree['causes']) - _MOST} more causes in the report")
    lines.append(f"exit code {tree['exit_code']}, run {tree['run']}")
    if form == "slack":
        return {"text": "\n".join([f"*{_slack(notice.title)}*", *(_slack(line) for line in lines)])}
    blocks = [{"type": "TextBlock", "text": _teams(notice.title), "weight": "Bolder", "wrap": True}]
    blocks += [{"type": "TextBlock", "text": _teams(line), "wrap": True} for line in lines]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _line(cause: Mapping[str, Json]) -> str:
    names, count = cause["targets"], cause["documents"] + cause["behind"]
    where = names if len(names) <= _NAMED else [f"{len(names)} targets"]
    told = ", ".join([f"{count} document{'' if count == 1 else 's'}", *where])
    return f"{told}: {cause['says']} ({cause['code']})"


def _slack(text: str) -> str:
    shown = one_line(text, 600).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A name between signs would be drawn; a joiner without width parts them.
    return "".join(f"{char}\u2060" if char in "*_~`@#" else char for char in shown)


def _teams(text: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+-!|@" else char for char in one_line(text, 600))
