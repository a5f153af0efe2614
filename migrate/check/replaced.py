"""What of the source was exchanged for what of the target, in names and places that a reviewer knows. Pure.

A *thing* is one connection, table, model, team … of the source and what stands for it in one target. It is told once;
the documents say where they hold it. So a reviewer needs neither ids nor JSON paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrate.bundle.document import document_of
from migrate.change.model import Outcome
from migrate.check.model import Replaced, ReportRow, Statement, Thing, replaced_of, statement_of
from migrate.check.packed import packed
from migrate.check.places import place_of_path
from migrate.inventory.model import Inventory, Key
from migrate.rewrite.catalogue.table import CODES
from migrate.rewrite.model import ColumnId, Copied, Draft, Drafted, ElementId, GroupingId, Hole, IdMap, Reference
from migrate.rewrite.names.scope import name_of
from migrate.text import join_path
from migrate.tree import Json, Path

_PLACES_TOLD = 5
_KEPT = frozenset({"local", "opaque"})
"""Resolutions of what means the same in every organization and therefore stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A thing, without a number yet, that one document holds: how often, and some of the places."""

    thing: Thing
    count: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What things of the source and of one target are called, by id, and what the plan maps.

    ``copies`` are the copies and mapped models of the target, ``sql`` the statements that were changed, by document.
    ``whole`` gives a draft with its body, None where nobody made it in this run; ``held`` is then what it held before.
    """

    here: Mapping[str, str] = field(default_factory=dict)
    there: Mapping[str, str] = field(default_factory=dict)
    copies: IdMap = field(default_factory=dict)
    sql: Mapping[Key, tuple[Statement, ...]] = field(default_factory=dict)
    whole: Callable[[Drafted], Draft | None] = lambda _: None
    held: Mapping[Key, tuple[Held, ...]] = field(default_factory=dict)


def labels(inventory: Inventory) -> dict[str, str]:
    """Everything of an organization that has an id and a name; documents and folders by their whole paths."""
    found = {identity: thing.name for table in _tables(inventory) for identity, thing in table.items()}
    found |= {identity: join_path(folder.path) for identity, folder in inventory.folders.items()}
    found |= {key.id: join_path((*item.path, item.name)) for key, item in inventory.items.items()}
    return found


def _tables(inventory: Inventory) -> Iterator[Mapping[str, Json]]:
    yield from (inventory.connections, inventory.members, inventory.teams)
    yield from (inventory.user_attributes, inventory.plugins, inventory.connectors)


def changed_sql(before: Json, draft: Draft) -> tuple[Statement, ...]:
    """The SQL of every element whose statement reads otherwise in the draft than in the source document."""
    olds = [(element.id, old) for element in document_of(before).named if (old := _statement(element.node))]
    if not olds:
        return ()
    after = document_of(draft.body).by_id
    words = place_of_path(draft.body)
    found = []
    for identity, old in olds:
        new = _statement(after[identity].node) if identity in after else ""
        if new and old != new:
            place = words((*after[identity].path, "source", "statement"))
            found.append(Statement(place=place, before=old, after=new))
    return tuple(found)


def _statement(element: Mapping[str, Json]) -> str:
    source = element.get("source")
    text = source.get("statement") if isinstance(source, dict) else None
    return text if isinstance(text, str) else ""


_Mark = tuple[str, str, str, str, str]
"""Target, catalogue row, what it was, what it is, how it ended."""


@dataclass(slots=True, kw_only=True)
class Account:
    """Things while they are gathered; ``drafts`` are those of the run, by target and source document."""

    drafts: Mapping[tuple[str, Key], Drafted]
    things: dict[_Mark, Thing] = field(default_factory=dict)
    elements: dict[tuple[str, Key], Mapping[str, str]] = field(default_factory=dict)

    def element(self, names: Names, target: str, key: Key, element: str) -> str:
        """The name of an element of another document, empty where nobody knows it."""
        if (target, key) not in self.elements:
            known = self.drafts.get((target, key))
            draft = names.whole(known) if known else None
            parts = document_of(draft.body).by_id if draft else {}
            self.elements[target, key] = {identity: name_of(part.node) for identity, part in parts.items()}
        return self.elements[target, key].get(element, "")

    def number(self, held: Held, document: str) -> int:
        """The number of a thing, from 1, with so many more places in one more document."""
        made, count = held.thing, held.count
        mark = made.target, made.code, made.old, made.new, made.resolution
        known = self.things.get(mark)
        if known is None:
            example = f"{document}: {held.places[0]}" if held.places[0] else document
            self.things[mark] = replace(made, n=len(self.things) + 1, count=count, documents=1, example=example)
        else:
            self.things[mark] = replace(known, count=known.count + count, documents=known.documents + 1)
        return self.things[mark].n


def with_replaced(
    rows: Sequence[ReportRow], outcomes: Sequence[Outcome], names: Mapping[str, Names]
) -> tuple[tuple[ReportRow, ...], tuple[Thing, ...]]:
    """The rows with what was exchanged in each and where, and all things; ``names`` are by target.

    Rows and outcomes go side by side.
    """
    account = Account(drafts={(one.target, one.key): one.draft for one in outcomes if one.draft is not None})
    done = [
        _row(row, outcome.key, outcome.draft, names.get(row.target, Names()), account) if outcome.draft else row
        for row, outcome in zip(rows, outcomes, strict=True)
    ]
    return tuple(done), tuple(account.things.values())


def _row(row: ReportRow, key: Key, known: Drafted, names: Names, account: Account) -> ReportRow:
    held = names.held.get(key)
    if held is None:
        draft = names.whole(known)
        held = held_by(draft, row.target, names, account) if draft else ()
    told = (Replaced(thing=account.number(one, row.source_name), count=one.count, places=one.places) for one in held)
    statements = packed(names.sql.get(key, ()), statement_of)
    return replace(row, replaced=packed(told, replaced_of), sql=statements)


def held_by(draft: Draft, target: str, names: Names, account: Account) -> tuple[Held, ...]:
    """What of the source's was exchanged in one draft, each thing once, in the order of the document."""
    words = place_of_path(draft.body)
    holes = {hole.path: hole for hole in draft.holes}
    found: dict[_Mark, tuple[Thing, list[Path]]] = {}
    alike: dict[tuple[str, str, str | None, str], tuple[Thing, list[Path]]] = {}
    for reference in draft.references:
        if reference.resolution not in _KEPT:
            hole = holes.get(reference.path)
            same = reference.row, reference.before, reference.after, reference.resolution
            known = alike.get(same) if hole is None else None
            if known is None:
                thing = _thing(reference, hole, target, names, account)
                mark = thing.target, thing.code, thing.old, thing.new, thing.resolution
                known = found.setdefault(mark, (thing, []))
                if hole is None:
                    alike[same] = known
            known[1].append(reference.path)
    return tuple(Held(thing=thing, count=len(paths), places=_told(paths, words)) for thing, paths in found.values())


def _told(paths: Sequence[Path], words: Callable[[Path], str]) -> tuple[str, ...]:
    """What the first few places are called; a thing may stand in hundreds."""
    told: dict[str, None] = {}
    for path in paths:
        told[words(path)] = None
        if len(told) == _PLACES_TOLD:
            break
    return tuple(told)


def _thing(reference: Reference, hole: Hole | None, target: str, names: Names, account: Account) -> Thing:
    old, new = reference.before, reference.after or ""
    old_name, new_name = names.here.get(old, ""), names.there.get(new, "")
    if reference.after is None and hole is not None:
        copied = names.copies.get(hole.key)
        new = _filled(hole, copied)
        inside = getattr(hole.wants, "element", "")
        old_name = account.element(names, target, hole.key, inside) if inside else names.here.get(hole.key.id, old_name)
        new_name = old_name if inside else _copy_name(names, copied, account.drafts.get((target, hole.key)))
    elif reference.after is None and reference.resolution == "by_name":
        new = reference.before
    row = CODES.get(reference.row)
    return Thing(
        n=0,
        target=target,
        code=reference.row,
        points_to=row.points_to if row else reference.row,
        old=old,
        old_name=old_name,
        new=new,
        new_name=new_name,
        resolution=reference.resolution,
    )


def _filled(hole: Hole, copied: Copied | None) -> str:
    """What goes into a hole, as far as the copy it speaks of is known."""
    if copied is None:
        return ""
    wants = hole.wants
    if isinstance(wants, ElementId | GroupingId | ColumnId):
        ids = copied.elements.get(wants.element)
        if ids is None:
            return ""
        if isinstance(wants, ElementId):
            return ids.id
        inner = ids.groupings if isinstance(wants, GroupingId) else ids.columns
        return inner.get(wants.grouping if isinstance(wants, GroupingId) else wants.column, "")
    return copied.url_id if wants.kind == "url" else copied.id


def _copy_name(names: Names, copied: Copied | None, model: Drafted | None) -> str:
    if copied is not None and copied.id in names.there:
        return names.there[copied.id]
    return join_path((*model.folder, model.name)) if model else ""
