"""What a plan leaves open in one target, each with the answers that could be given and what they write into it. Pure.

Candidates are printed and offered, never taken by themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial

from migrate.change.obstacles import Obstacle, obstacles
from migrate.inventory.model import Connection, Inventory, Named
from migrate.plan.maps import ConnectionMap
from migrate.rewrite.model import Reference
from migrate.run.prepare import Prepared
from migrate.survey.candidates import Likely, spelled
from migrate.tree import Json
from migrate.yaml.edit import Entry, Step
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

    ``more`` is True where the place is a list that gets one more entry. ``block`` is the whole of what stands below
    the first step of the path, where the path leads into an entry that says more than what is written.
    """

    says: str
    path: tuple[Step, ...]
    value: Json
    more: bool = False
    block: Json = None

    @property
    def patch(self) -> str:
        """The same as YAML on one line, to be pasted into a plan."""
        made: Json = [self.value] if self.more else self.value
        for step in reversed(self.path[1:]):
            made = {str(step): made}
        return f"{self.path[0]}: {to_flow(self.block or made)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One obstacle in one target, and its answers, the likeliest first.

    ``asks`` makes an answer of what a person says in own words; None where there is none.
    """

    target: str
    obstacle: Obstacle
    answers: tuple[Answer, ...] = ()
    asks: Callable[[str], Answer] | None = None

    def own(self, text: str) -> Answer | None:
        """The answer in a person's own words, where there can be one."""
        return None if self.asks is None else self.asks(text)


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
    if obstacle.message in ready.meant:
        return _table(ready, source, obstacle, ready.meant[obstacle.message])
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
    pair = partial(_pair, "connections", name)
    answers = tuple(pair(_written(ready.dest.connections, each.id), says=each.type) for each in likeliest[:_MOST])
    return Decision(target=ready.target, obstacle=obstacle, answers=answers, asks=pair)


def _pair(table: str, name: str, to: str, says: str = "") -> Answer:
    """One more entry in a part of a plan's ``map``."""
    return Answer(says=says, path=("map", table), value={"from": name, "to": to}, more=True)


def _table(ready: Prepared, source: Inventory, obstacle: Obstacle, meant: Likely) -> Decision:
    """Tables of the target that a missing one may be called there, one entry for a whole schema first.

    Nothing is offered where the plan names the connection in no entry of its own.
    """
    mine = source.connections.get(meant.origin.connection)
    named = [one for one in ready.plan.map.connections if mine is not None and one.source in (mine.id, mine.name)]
    if len(named) != 1:
        return Decision(target=ready.target, obstacle=obstacle)
    entry = named[0]
    answers = [
        *_schemas(ready, entry, meant),
        *(_path_entry(entry, meant.origin.path, spelled(one.path), one.says) for one in meant.candidates),
    ]
    asks = partial(_path_entry, entry, meant.origin.path)
    return Decision(target=ready.target, obstacle=obstacle, answers=tuple(answers), asks=asks)


def _schemas(ready: Prepared, entry: ConnectionMap, meant: Likely) -> Iterator[Answer]:
    """An entry for all tables of the schema of a missing one, where that finds it and others that are missing too."""
    above = meant.origin.path[:-1]
    beside = [
        one for one in ready.meant.values() if one.origin[:1] == meant.origin[:1] and one.origin.path[:-1] == above
    ]
    for home in dict.fromkeys(one.path[:-1] for one in meant.candidates if one.path[-1] == meant.origin.path[-1]):
        held = sum((*home, one.origin.path[-1]) in {each.path for each in one.candidates} for one in beside)
        if above and held > 1:
            says = f"finds {held} of the {len(beside)} missing tables of {'.'.join(above)}"
            yield _path_entry(entry, (*above, "*"), spelled((*home, "*")), says)


def _path_entry(entry: ConnectionMap, path: tuple[str, ...], to: Json, says: str = "") -> Answer:
    """An entry in the paths of a connection, in the place of one that speaks of the same tables."""
    pair = {"from": spelled(path), "to": to}
    place = ("map", "connections", Entry("from", entry.source), "paths")
    block = {"connections": [{"from": entry.source, "to": entry.target, "paths": [pair]}]}
    if any(one.source == path for one in entry.paths):
        return Answer(says=says, path=(*place, Entry("from", ".".join(path)), "to"), value=to, block=block)
    return Answer(says=says, path=place, value=pair, more=True, block=block)


def _named(ready: Prepared, source: Inventory, obstacle: Obstacle, table: str, text: str) -> Decision:
    """Teams, people, attributes or plugins of the target by likeness of name."""
    mine: Mapping[str, Named] = getattr(source, table)
    theirs: Mapping[str, Named] = getattr(ready.dest, table)
    name = mine[text].name if text in mine else text
    pair = partial(_pair, table, name)
    likeliest = sorted(theirs, key=lambda each: -_alike(theirs[each].name, name))[:_MOST]
    answers = tuple(pair(_written(theirs, identity)) for identity in likeliest)
    return Decision(target=ready.target, obstacle=obstacle, answers=answers, asks=pair)


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
