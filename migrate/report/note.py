"""The report as Markdown that fits a comment on a pull request: the sums, what needs somebody, the rest folded.

Foreign text is written as code or with every character escaped that Markdown, HTML or a forge gives a meaning
(mentions and issue numbers too), so that no name can draw, link or call anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from migrate.check.model import Reconciliation
from migrate.check.tally import is_good
from migrate.report import facts
from migrate.report.facts import Group, Row
from migrate.report.visible import when
from migrate.report.wording import (
    LEFT_OUT,
    LEVELS,
    NOT_CARRIED,
    RESOLUTIONS,
    RESULTS,
    change_meaning,
    counted,
    label,
    points_to,
)
from migrate.text import visible
from migrate.words import LANDED

MOST_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536 characters; the rest is left for what somebody writes above it."""

_ROOM_SUMS, _ROOM_ATTENTION, _ROOM_RESIDUALS, _ROOM_TABLES = 9_000, 22_000, 11_000, 5_000
_SIGN = {"good": "✅", "warn": "⚠️", "bad": "❌", "plain": "ℹ️"}
_SPECIAL = re.compile(r"[\\`*_{}\[\]()<>&|~!#@$]|:(?=[^\s\d])|^[-+=:]")


def to_md(found: Reconciliation) -> bytes:
    """``report.md``: under 60,000 characters however large the run was."""
    tone, says = facts.headline(found)
    parts = [
        f"## {_SIGN[tone]} {text(found.run.get('plan', ''), 100)}: {text(says, 300)}",
        *_run(found),
        *_fitted(_proof(found), _ROOM_SUMS, "targets"),
        *_fitted((f"\n> ⚠️ {text(warning, 400)}" for warning in found.warnings), _ROOM_TABLES, "warnings"),
        *_attention(found),
        *_residuals(found),
        *_folded("References", _coverage(found)),
        *_folded("Changes besides references", _changes(found)),
        *_folded("Checks, and what was not checked", _checks(found)),
        *_folded("Organizations and digests", _signed(found)),
    ]
    return ("\n".join(parts) + "\n").encode("utf-8", "replace")


def code(value: object, width: int = 120) -> str:
    """A foreign text as a code span that it cannot leave."""
    shown = visible(value, width) or " "
    fence = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def text(value: object, width: int = 300) -> str:
    """A text in which no character means anything to Markdown, HTML or a forge."""
    escaped = _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", visible(value, width))
    # A forge looks for @name and #12 after the entities were read; an empty comment parts them.
    escaped = escaped.replace("&#64;", "&#64;<!-- -->").replace("&#35;", "&#35;<!-- -->")
    return re.sub(r"(?i)(?<=http)(s?)(?=&#58;)|(?<=www)(?=\.)", r"\1<!-- -->", escaped)


def prose(value: object, width: int = 300) -> str:
    """A text with what stands in backticks as code spans."""
    pieces = visible(value, width).split("`")
    if len(pieces) % 2 == 0:
        return text(value, width)
    return "".join(code(piece, width) if at % 2 else text(piece, width) for at, piece in enumerate(pieces) if piece)


def _run(found: Reconciliation) -> list[str]:
    sources = ", ".join(code(org["alias"], 60) for org in facts.sources(found)) or "a bundle"
    names = [code(org["alias"], 60) for org in facts.targets(found)]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    run = found.run
    times = f"{code(when(run.get('started_at')), 40)} to {code(when(run.get('finished_at')), 40)}"
    return ["", f"{sources} → {', '.join(names[:5]) or 'no target'}{more}. Run {code(run.get('id', ''))}, {times}.", ""]


def _proof(found: Reconciliation) -> Iterable[str]:
    if not found.consistent:
        yield "**THE NUMBERS DO NOT ADD UP: treat this run as failed.**\n"
    rows = list(found.totals.items())
    if len(rows) > 1:
        yield _sums("All targets", facts.sums(facts.grand_total(found)))
    for target, total in rows:
        yield _sums(code(target, 60), facts.sums(total))


def _sums(title: str, pair: Sequence[facts.Sum]) -> str:
    lines = [f"- **{title}**"]
    lines += [f"  - {one.text} {'✓' if one.adds_up else '**✗ does not add up**'}" for one in pair]
    return "\n".join(lines)


def _attention(found: Reconciliation) -> list[str]:
    bad = sum(not is_good(row) for row in found.rows)
    if not bad:
        return ["", "Nothing needs attention."]
    lines = _grouped(facts.attention(found), lambda row, group: _item(found, row, group))
    return ["", f"### Needs attention: {counted(bad, 'document')}", "", *_fitted(lines, _ROOM_ATTENTION, "lines")]


def _item(found: Reconciliation, row: Row, group: Group) -> str:
    verdict = f", {label(row['verdict'])}" if row["verdict"] else ""
    where = f"{facts.kind(row)} for {code(row['target'], 60)}, {label(row['outcome'])}{verdict}"
    lines = [f"  - {code(row['source_name'])} ({where}): {prose(facts.sentence(row), 400)}"]
    if row["next_action"] and row["next_action"] != group.fix:
        lines.append(f"    <br>Next: {prose(row['next_action'], 300)}")
    command = facts.command(found, row)
    if command:
        lines.append(f"    <br>{code(command, 400)}")
    if row["request_id"]:
        lines.append(f"    <br>Request {code(row['request_id'], 80)}")
    return "\n".join(lines)


def _residuals(found: Reconciliation) -> list[str]:
    if not found.residuals:
        return []
    lines = _grouped(
        facts.residual_groups(found),
        lambda row, group: (
            f"  - {code(row['source_name'])} for {code(row['target'], 60)}: {text(row['message'], 300)}"
            + (f" **What to do:** {prose(row['next_action'], 200)}" if row["next_action"] and not group.fix else "")
        ),
    )
    title = f"Residuals: {counted(len(found.residuals), 'thing')} did not travel"
    return _folded(title, _fitted(lines, _ROOM_RESIDUALS, "lines"))


def _grouped(groups: Iterable[Group], line: Callable[[Row, Group], str]) -> Iterable[str]:
    """A line for each group and one for each of its rows, at most 50 of a group."""
    for group in groups:
        fix = f" What to do: {prose(group.fix)}" if group.fix else ""
        yield f"- **{len(group.rows)} × {code(group.code, 60)}** {prose(group.sentence)}{fix}"
        yield from (line(row, group) for row in group.rows[:50])
        if len(group.rows) > 50:
            yield f"  - and {len(group.rows) - 50:,} more with this code"


def _coverage(found: Reconciliation) -> list[str]:
    table = facts.coverage_table(found)
    if not table:
        return []
    names = list(RESOLUTIONS)
    head = [f"| points at | {' | '.join(map(label, names))} |", f"|---|{'---:|' * len(names)}"]
    rows = (
        f"| {text(points_to(row), 80)} | {' | '.join(format(counts.get(name, 0), ',') for name in names)} |"
        for row, counts in table
    )
    return [*head, *_fitted(rows, _ROOM_TABLES, "")]


def _changes(found: Reconciliation) -> list[str]:
    lines = (
        f"- {counted(len(group.rows), 'place')}: {code(group.code, 60)}, {text(change_meaning(group.code), 200)}"
        for group in facts.change_groups(found)
    )
    return _fitted(lines, _ROOM_TABLES, "changes")


def _checks(found: Reconciliation) -> list[str]:
    names = [*RESULTS, "not_asked"]
    lines = [f"| level | what it proves | {' | '.join(map(label, names))} |", f"|---|---|{'---:|' * len(names)}"]
    for level, counts in facts.level_table(found):
        lines.append(f"| {label(level)} | {LEVELS[level]} | {' | '.join(str(counts[name]) for name in names)} |")
    lines.append("")
    for why, count in found.left_out.items():
        if count:
            lines.append(f"- Not gathered: {counted(count, 'document')} {text(LEFT_OUT.get(why, why))}")
    lines.append(f"- Not gathered, since a document's contents do not hold it: {', '.join(NOT_CARRIED)}")
    unproven = sum(row["verdict"] in ("not_verifiable", "not_run") for row in found.rows if row["outcome"] in LANDED)
    lines.append(f"- Not verifiable or not run: {counted(unproven, 'document')}")
    return lines


def _signed(found: Reconciliation) -> list[str]:
    lines = ["| organization | requests | throttled | paused |", "|---|---:|---:|---:|"]
    for org in found.orgs:
        paused = f"{org.get('paused_seconds', 0):.1f} s"
        name = text(org["alias"], 60)
        lines.append(f"| {name} | {org.get('requests', 0):,} | {org.get('throttled', 0):,} | {paused} |")
    lines = _fitted(lines, _ROOM_TABLES, "")
    run = found.run
    return [
        *lines,
        "",
        f"- Plan, sha256: {code(run.get('plan_sha256', ''))}",
        f"- Change set, sha256: {code(run.get('change_set') or 'not recorded')}",
    ]


def _fitted(lines: Iterable[str], room: int, noun: str) -> list[str]:
    """The lines that fit into so many characters, and how many did not."""
    kept: list[str] = []
    left = 0
    for line in lines:
        room -= len(line) + 1
        if room >= 0 and not left:
            kept.append(line)
        else:
            left += 1
    if left and noun:
        kept += ["", f"… and {left:,} more {noun} in report.html and report.xlsx"]
    return kept


def _folded(title: str, lines: list[str]) -> list[str]:
    """A part that opens on a click; nothing where it would be empty."""
    return ["", "<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>"] if lines else []
