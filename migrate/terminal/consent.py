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
    from migrate.run.undo import TakenBack

_NAMED = 5  # copies of this plan that one line names; what it did not make, or takes away, is named whole


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
    who = organization(target.target, expect.slug if expect else None, target.organization_id)
    lines = [wrapped(f"{count} write{'' if count == 1 else 's'} to {who}")]
    replaced = [action for action in actions if isinstance(action, Update)]
    foreign = [action for action in replaced if action.foreign]
    binned = [action for action in actions if isinstance(action, Archive)]
    if replaced:
        few = ", ".join(_name(action) for action in replaced[:_NAMED])
        more = f" and {len(replaced) - _NAMED} more" if len(replaced) > _NAMED else ""
        lines.append(wrapped(f"replaces what stands in {len(replaced)}: {few}{more}", "  ~ ", "    "))
    if foreign:
        lines += [wrapped(f"this plan did not make {len(foreign)} of these:", "  ! ", "    "), *_each(foreign)]
    if binned:
        lines += [wrapped(f"puts {len(binned)} into the bin:", "  - ", "    "), *_each(binned)]
    return lines


def undo_question(planned: Sequence[TakenBack]) -> str:
    """The question before a run is taken back: a line a target, with who it is and how much is taken back there."""
    lines = []
    for one in planned:
        count, who = len(one.reversals), organization(one.target, one.identity.slug, one.identity.organization_id)
        if count:
            lines.append(wrapped(f"{count} write{'' if count == 1 else 's'} taken back in {who}"))
    return "\n".join([*lines, "Write this?"])


def organization(alias: str, slug: str | None, organization_id: str | None) -> str:
    """A target as a plan calls it, and which organization that is."""
    return f"{alias} ({', '.join(part for part in (slug, organization_id) if part) or 'not reached'})"


def _each(actions: Sequence[Update | Archive]) -> list[str]:
    return [wrapped(_name(action), "    ", "      ") for action in actions]


def _name(action: Update | Archive) -> str:
    from migrate.change.actions import Archive

    if isinstance(action, Archive):
        return f"{called(action.kind)} {whole_words(action.name, 100)}"
    place = f" in {whole_words(join_path(action.draft.folder), 100)}" if action.draft.folder else ""
    return f"{called(action.key.kind)} {whole_words(action.draft.name, 100)}{place}"
