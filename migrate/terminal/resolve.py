"""``resolve``: the open decisions of a plan, asked one by one, the answers written into its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.errors import Usage
from migrate.kinds import counted
from migrate.terminal.consent import organization
from migrate.terminal.lines import pasted, whole_words, wrapped
from migrate.terminal.options import FILE, PlanChoice, Settings, give, global_options, plan_options
from migrate.terminal.session import with_migration
from migrate.terminal.streams import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from migrate.inventory.model import Identity
    from migrate.run.decisions import Answer, Decision


@click.command()
@click.argument("plan_file", type=FILE)
@plan_options
@global_options
def resolve(settings: Settings, plan_file: Path, choice: PlanChoice) -> int:
    """Ask every open decision and write the answers into PLAN_FILE, comments kept. Writes nothing to Sigma."""
    from migrate.plan.load import is_csv
    from migrate.run.decisions import open_in

    plan = choice.load(plan_file)
    text = plan_file.read_text("utf-8-sig")
    if is_csv(plan_file, text):
        raise Usage("resolve writes YAML plans.", next_action="add the rows that plan names to the table")

    planned = with_migration(settings, plan, lambda migration: migration.plan(choice.targets))
    found = tuple(open_in(planned.ready, planned.source))
    answers = tuple(_asked(found, {one.target: one.dest.identity for one in planned.ready.values()}))
    if answers:
        _write(plan_file, text, answers)
    left = sum(not (one.answers or one.asks) for one in found)
    told = f"{len(answers)} of {counted('open decision', len(found))} answered"
    lines = [f"{told}, written to {plan_file}." if answers else f"{told}."]
    lines += [wrapped(f"{left} can only be ended in Sigma or by hand; plan lists them.")] if left else []
    lines.append(f"Next: sigma-migrate plan {plan_file}")
    tree = {"open": len(found), "answered": [answer.patch for answer in answers], "by_hand": left}
    give(settings, "\n".join(lines), lambda: tree)
    return 0


def _asked(found: Iterable[Decision], targets: Mapping[str, Identity]) -> Iterable[Answer]:
    """The answers that a person gives, told which of the targets is meant; the end of the input ends the questions.

    What an answer settles for others too, such as the entry for a whole schema, is not asked again.
    """
    taken: list[Answer] = []
    for one in found:
        if not (one.answers or one.asks) or any(answer in taken for answer in one.answers):
            continue
        obstacle, who = one.obstacle, targets[one.target]
        place = wrapped(f"In {organization(one.target, who.slug, who.organization_id)}", "", "  ")
        freed = f"{len(obstacle.frees)} of {obstacle.stopped} stopped documents would be free"
        what = wrapped(f"{obstacle.code}: {whole_words(obstacle.message)}")
        say(f"\n{place}\n{what}\n{wrapped(freed, '  ', '  ')}\n")
        for number, answer in enumerate(one.answers, start=1):
            say("\n".join(pasted(f"  {number} ", answer.patch, answer.says)) + "\n")
        try:
            given = _answer(one)
        except (click.Abort, EOFError):
            return
        if given is not None:
            taken.append(given)
            yield given


def _answer(one: Decision) -> Answer | None:
    """One answer; None for an empty line, asked again for what is none."""
    own = ", another name" if one.asks else ""
    while True:
        numbers = "1" if len(one.answers) == 1 else f"1 to {len(one.answers)}"
        said = click.prompt(f"{numbers}{own}, or nothing to leave it open", default="", show_default=False, err=True)
        if not said.strip():
            return None
        if said.strip().isdecimal() and 1 <= int(said) <= len(one.answers):
            return one.answers[int(said) - 1]
        answer = None if said.strip().isdecimal() or said.strip() == "?" else one.own(said.strip())
        if answer is not None:
            return answer
        say("That is none of them.\n")


def _write(path: Path, text: str, answers: Iterable[Answer]) -> None:
    """The plan with the answers in it. Raises Usage, with what could not be put, where its text does not allow it."""
    from migrate.files import real, write_private
    from migrate.yaml.edit import CannotEdit, with_entry, with_value

    left = []
    for answer in answers:
        try:
            put = with_entry if answer.more else with_value
            text = put(text, answer.path, answer.value)
        except CannotEdit as error:
            left.append(f"{answer.patch} ({error})")
    file = real(path)
    mode = file.stat().st_mode & 0o777
    write_private(file, text.encode())
    file.chmod(mode)
    if left:
        raise Usage(
            f"{counted('answer', len(left))} not put into {path}: {'; '.join(left)}",
            next_action="paste them where they belong",
        )
