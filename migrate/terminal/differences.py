"""Differences for people on a terminal, as JSON, and as a comment of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from migrate.terminal.lines import whole_words, wrapped

if TYPE_CHECKING:
    from migrate.change.model import ChangeSet
    from migrate.check.model import Difference
    from migrate.run.differing import Differing

_TITLES = (("to_write", "would be written"), ("in_target", "done in the target since"))


def as_lines(found: Iterable[Differing]) -> list[str]:
    """Every document that differs: where, what is gone, what is new."""
    lines: list[str] = []
    for one in found:
        lines.append(wrapped(f"{one.target}: {one.key.about.singular} {whole_words(one.name, 200)}", "", "  "))
        if one.ways.unknown:
            lines.append(wrapped(one.ways.unknown, "  not compared: ", "    "))
        for side, title in _TITLES:
            differences: Sequence[Difference] = getattr(one.ways, side)
            if differences:
                lines.append(f"  {title}:")
                lines += [line for each in differences for line in _difference(each)]
        if not (one.ways.unknown or one.ways.to_write or one.ways.in_target):
            lines.append("  no difference")
    return lines


def _difference(one: Difference) -> Iterator[str]:
    from migrate.report.diff_text import diff_lines, where

    yield wrapped(where(one), "    ", "      ")
    for line in diff_lines(one):
        yield wrapped(line[1:], f"      {line[0]} ", f"      {line[0]} ")


def as_comment(changes: ChangeSet, found: Sequence[Differing]) -> str:
    """A plan as one comment: what would happen to each target, what is blocked, what differs."""
    from migrate.change.actions import Block, main_actions, name_of
    from migrate.report.diff_text import as_markdown, to_markdown
    from migrate.report.note import text
    from migrate.terminal.plan import counted

    counts, documents = [], []
    for target in changes.targets:
        actions = [action for wave in target.waves for action in wave]
        counts.append((target.target, counted(actions)))
        for action in main_actions(target.waves):
            if isinstance(action, Block):
                reason = [
                    f"{text(action.reason_code)}: {text(action.why, 600)}",
                    "",
                    f"Next: {text(action.next_action)}",
                ]
                documents.append((f"blocked: {name_of(action)} ({target.target})", reason))
    for one in found:
        body = [*([text(one.ways.unknown)] if one.ways.unknown else [])]
        for side, title in _TITLES:
            differences = getattr(one.ways, side)
            body += [f"**{title}**", "", *as_markdown(differences), ""] if differences else []
        if body:
            documents.append((f"{one.verb}: {one.name} ({one.target})", body))
    return to_markdown(f"sigma-migrate plan {changes.plan}", counts, documents)
