"""What a plan leaves open in one target, each with the answers that could be given and what they write into it. Pure.

Candidates are printed and offered, never taken by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from migrate.change.obstacles import Obstacle, obstacles
from migrate.inventory.model import Connection, Inventory, Named
from migrate.rewrite.model import Reference
from migrate.run.prepare import Prepared
from migrate.tree import Json
from migrate.yaml.write import to_flow

_MOST = 5
"""Candidates that are offered."""

_TABLES: Mapping[str, str] = {
    "team": "teams",
    "page-teams": "teams",
    "team-name": "teams",
    "user": "members",
    "page-users": "members",
    "user-attribute": "user_attributes",
    "attribute-name": "user_attributes",
    "plugin": "plugins",
}
"""The part of a plan's ``map`` for references of a catalogue row."""

ANSWERS: Mapping[str, Sequence[tuple[str, str]]] = {
    "existing": (
        ("update", "replace what is there"),
        ("rename", "put a second one beside it"),
        ("skip", "leave ours out"),
    ),
    "unsupported": (("report", "copy it without that, and list it"), ("skip", "leave such documents out")),
    "dangling": (("drop", "leave the dangling part out"), ("report", "send it as it is")),
    "drift": (("overwrite", "write over the edit"), ("keep", "keep the edit")),
    "removals": (("allow", "drop what people added"),),
}
"""The answers to a key of ``policy`` that let something through, each with what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One way to end an obstacle: what it means, and the place in a plan with what is written there.

    ``more`` is True where the place is a list that gets one more entry.
    """

    says: str
    path: tuple[str, ...]
    value: Json
    more: bool = False

    @property
    def patch(self) -> str:
        """The same as YAML on one line, to be pasted into a plan."""
        made: Json = [self.value] if self.more else self.value
        for key in reversed(self.path[1:]):
            made = {key: made}
        return f"{self.path[0]}: {to_flow(made)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One obstacle in one target, and its answers, the likeliest first.

    ``asks`` is the place of a plan for an answer that a person gives in own words, with what is mapped; None where
    there is none.
    """

    target: str
    obstacle: Obstacle
    answers: tuple[Answer, ...] = ()
    asks: tuple[tuple[str, ...], str] | None = None

    def own(self, text: str) -> Answer | None:
        """The answer in a person's own words, where there can be one."""
        if self.asks is None:
            return None
        path, name = self.asks
        return Answer(says=text, path=path, value={"from": name, "to": text}, more=True)


def decisions(ready: Prepared, source: Inventory) -> tuple[Decision, ...]:
    """Everything that stops documents in one target, what frees most first."""
    return tuple(_decision(ready, source, one) for one in obstacles(ready.changes, ready.view.missing))


def _decision(ready: Prepared, source: Inventory, obstacle: Obstacle) -> Decision:
    reference = _reference(ready, obstacle)
    if obstacle.code == "unresolved_connection" and reference is not None and reference.before in source.connections:
        return _connection(ready, source, obstacle, source.connections[reference.before])
    if reference is not None and reference.row in _TABLES:
        table = _TABLES[reference.row]
        return _named(ready, source, obstacle, table, reference.before)
    answers = tuple(
        Answer(says=says, path=("policy", obstacle.policy), value=value)
        for value, says in ANSWERS.get(obstacle.policy, ())
    )
    return Decision(target=ready.target, obstacle=obstacle, answers=answers)


def _reference(ready: Prepared, obstacle: Obstacle) -> Reference | None:
    """The reference that an obstacle speaks of, in the first document that has it."""
    drafts = (ready.view.drafts[key] for key in obstacle.direct if key in ready.view.drafts)
    found = (reference for draft in drafts for reference in draft.refused)
    return next((reference for reference in found if reference.note == obstacle.message), None)


def _connection(ready: Prepared, source: Inventory, obstacle: Obstacle, mine: Connection) -> Decision:
    """Connections of the target, those of the same warehouse first, then by likeness of name."""
    name = _written(source.connections, mine.id)
    likeliest = sorted(
        ready.dest.connections.values(), key=lambda each: (each.type != mine.type, -_alike(each.name, mine.name))
    )
    path = ("map", "connections")
    answers = tuple(
        Answer(
            says=each.type, path=path, value={"from": name, "to": _written(ready.dest.connections, each.id)}, more=True
        )
        for each in likeliest[:_MOST]
    )
    return Decision(target=ready.target, obstacle=obstacle, answers=answers, asks=(path, name))


def _named(ready: Prepared, source: Inventory, obstacle: Obstacle, table: str, text: str) -> Decision:
    """Teams, people, attributes or plugins of the target by likeness of name."""
    mine: Mapping[str, Named] = getattr(source, table)
    theirs: Mapping[str, Named] = getattr(ready.dest, table)
    name = mine[text].name if text in mine else text
    path = ("map", table)
    answers = tuple(
        Answer(says="", path=path, value={"from": name, "to": _written(theirs, identity)}, more=True)
        for identity in sorted(theirs, key=lambda each: -_alike(theirs[each].name, name))[:_MOST]
    )
    return Decision(target=ready.target, obstacle=obstacle, answers=answers, asks=(path, name))


def _written(table: Mapping[str, Connection | Named], identity: str) -> str:
    """A thing as a plan names it: by its name where only one has it, else by its id."""
    name = table[identity].name
    return name if Counter(each.name for each in table.values())[name] == 1 else identity


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold()[:100], other.casefold()[:100]).ratio()


def open_in(ready: Mapping[str, Prepared], source: Inventory) -> Iterator[Decision]:
    """What is open in all targets; the same question in several targets is asked once, of the first."""
    seen = set()
    for prepared in ready.values():
        for one in decisions(prepared, source):
            question = one.obstacle.code, one.obstacle.message
            if question not in seen:
                seen.add(question)
                yield one
