"""What a person is asked before the first write: which organization, what is overwritten, what is somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrate.kinds import called
from migrate.terminal.lines import whole_words, wrapped
from migrate.text import join_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrate.change.actions import Archive, Update
    from migrate.change.model import ChangeSet, TargetChanges
    from migrate.plan.model import Plan

_NAMED = 5  # documents that one line names


def question(changes: ChangeSet, plan: Plan) -> str:
    """The question: a line a target with who it is, and below it what is replaced, and what this plan did not make."""
    lines = [line for target in changes.targets for line in _target(target, plan)]
    return "\n".join([*lines, "Write this?"])


def _target(target: TargetChanges, plan: Plan) -> list[str]:
    from migrate.change.actions import Archive, Update

    actions = [action for wave in target.waves for action in wave]
    count = sum(action.writes and not action.beside for action in actions)
    if not count:
        return []
    expect = plan.orgs[target.target].expect if target.target in plan.orgs else None
    who = ", ".join(part for part in (expect.slug if expect else None, target.organization_id) if part)
    lines = [wrapped(f"{count} write{'' if count == 1 else 's'} to {target.target} ({who or 'not reached'})")]
    replaced = [action for action in actions if isinstance(action, Update)]
    foreign = [action for action in replaced if action.foreign]
    binned = [action for action in actions if isinstance(action, Archive)]
    if replaced:
        lines.append(wrapped(f"replaces what stands in {len(replaced)}: {_listed(replaced)}", "  ~ ", "    "))
    if foreign:
        lines.append(wrapped(f"this plan did not make {len(foreign)} of these: {_listed(foreign)}", "  ! ", "    "))
    if binned:
        lines.append(wrapped(f"puts {len(binned)} into the bin: {_listed(binned)}", "  - ", "    "))
    return lines


def _listed(actions: Sequence[Update | Archive]) -> str:
    named = [_name(action) for action in actions[:_NAMED]]
    return ", ".join(named) + (f" and {len(actions) - _NAMED} more" if len(actions) > _NAMED else "")


def _name(action: Update | Archive) -> str:
    from migrate.change.actions import Archive

    if isinstance(action, Archive):
        return f"{called(action.kind)} {whole_words(action.name, 100)}"
    place = f" in {whole_words(join_path(action.draft.folder), 100)}" if action.draft.folder else ""
    return f"{called(action.key.kind)} {whole_words(action.draft.name, 100)}{place}"
