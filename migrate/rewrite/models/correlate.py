"""Which element of a data model, as read back, is which of the one that was sent.

The server may keep the ids it is given or make new ones, and may reorder (sigma-specs sections 6.2 and 6.4). Elements
are therefore recognized by what they are and by how they refer to each other; ids and positions only decide
between things that are the same in everything else. What stays open is refused with its candidates, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import ClassVar

from migrate.bundle.document import objects
from migrate.errors import MigrateError
from migrate.rewrite.model import ElementIds
from migrate.rewrite.models.fingerprint import (
    column_key,
    column_name,
    details,
    edges,
    fingerprint,
    grouped_by,
    item_key,
    loose_outline,
    outline,
    uses,
)
from migrate.rewrite.names.scope import Naming, columns
from migrate.tree import Json


class Uncorrelated(MigrateError):
    """The copy exists, but which of its parts is which is not certain. Concerns one document."""

    exit_code = 1
    default_code: ClassVar[str] = "ids_uncorrelated"


class Ambiguous(Uncorrelated):
    """Several parts of the copy could be the one that was sent: ``candidates`` maps the sent id to read ids."""

    default_code = "ids_ambiguous"

    def __init__(self, what: str, candidates: Mapping[str, tuple[str, ...]]) -> None:
        listed = "; ".join(f"{sent} may be {' or '.join(read)}" for sent, read in candidates.items())
        action = "tell them apart by name in the source and run apply again"
        super().__init__(f"Several {what} of the copy look the same: {listed}.", next_action=action)
        self.candidates = candidates


class Incomplete(Uncorrelated):
    """Parts that were sent are not found in the copy: ``missing`` are their sent ids."""

    default_code = "ids_incomplete"

    def __init__(self, what: str, missing: Sequence[str]) -> None:
        action = "compare the copy with its source in Sigma; something was lost or changed by the service"
        super().__init__(f"The copy lacks {what} that were sent: {', '.join(missing)}.", next_action=action)
        self.missing = tuple(missing)


def correlate(sent: Json, read: Json) -> Mapping[str, ElementIds]:
    """Sent element id -> the ids of that element and of its columns, groupings and metrics as read back.

    Both are bodies of data models in the target's terms. Raises ``Ambiguous`` where two parts could be exchanged,
    and ``Incomplete`` where a part that was sent is not there; what the copy has beyond that is ignored.
    """
    here, there = Naming(sent), Naming(read)
    keys = _keys(
        here.elements,
        there.elements,
        (
            lambda side, element: fingerprint((here, there)[side], element),
            lambda side, element: outline((here, there)[side], element),
            lambda side, element: loose_outline((here, there)[side], element),
        ),
    )
    # The server may have moved columns, so what does not hang on their order comes first.
    _split(keys, lambda: _details(here, there, in_order=False))
    _split(keys, lambda: _details(here, there, in_order=True))
    _split(keys, lambda: _roles(here, there, keys))
    pairs = _paired(keys, "elements")
    return {old: _inner(here.elements[old], there.elements[new]) for old, new in pairs.items()}


Signs = tuple[dict[str, Hashable], dict[str, Hashable]]
"""What each thing is recognized by, in document order: of those sent, and of those read."""

RecognizedBy = Callable[[int, str], Hashable]
"""(0 for sent or 1 for read, id) -> a key; None where this form says nothing."""


def _keys(sent: Iterable[str], read: Iterable[str], forms: Sequence[RecognizedBy]) -> Signs:
    """For each thing the first form of which there are as many on both sides, at last its own id."""
    sides = (list(sent), list(read))
    keys: Signs = (dict.fromkeys(sides[0]), dict.fromkeys(sides[1]))
    still: tuple[list[str], list[str]] = (list(sides[0]), list(sides[1]))
    for level, form in enumerate((*forms, _by_id)):
        found = [{identity: form(side, identity) for identity in still[side]} for side in (0, 1)]
        counts = [Counter(each.values()) for each in found]
        for side in (0, 1):
            for identity, key in found[side].items():
                if key is not None and counts[0][key] == counts[1][key]:
                    keys[side][identity] = (level, key)
                    still[side].remove(identity)
    for side in (0, 1):
        keys[side].update({identity: ("open", forms[0](side, identity)) for identity in still[side]})
    return keys


def _by_id(_side: int, identity: str) -> Hashable:
    return identity


def _split(keys: Signs, second: Callable[[], Signs]) -> None:
    """Tell things of one key apart by a second one, where both sides show the same second keys."""
    several = [key for key, count in Counter(keys[0].values()).items() if count > 1]
    if not several:
        return
    more = second()
    for shared in several:
        found = [{i: more[side][i] for i, key in keys[side].items() if key == shared} for side in (0, 1)]
        if Counter(found[0].values()) == Counter(found[1].values()):
            for side in (0, 1):
                keys[side].update({identity: (shared, extra) for identity, extra in found[side].items()})


def _details(here: Naming, there: Naming, *, in_order: bool) -> Signs:
    mine, theirs = ({e: details(raw, in_order=in_order) for e, raw in side.elements.items()} for side in (here, there))
    return dict(mine), dict(theirs)


def _roles(here: Naming, there: Naming, keys: Signs) -> Signs:
    """Who refers to an element and to whom it refers, and so on to any distance, as a number.

    This is colour refinement (the one-dimensional Weisfeiler-Leman method) on the graph of references: everything
    begins with the colour of what it is, and takes on the colours around it, round by round, until a round divides
    nothing further, with n elements after n rounds at the latest. Both sides are coloured with the same numbers.
    """
    sides = (here, there)
    links = [
        {e: [(role, t) for role, t in edges(raw) if t in side.elements] for e, raw in side.elements.items()}
        for side in sides
    ]
    colours = _numbered(keys)
    for _ in range(len(colours[0])):
        finer = _numbered((_refined(colours[0], links[0]), _refined(colours[1], links[1])))
        if len(set(finer[0].values())) == len(set(colours[0].values())):
            break
        colours = finer
    return dict(colours[0]), dict(colours[1])


def _refined(colour: Mapping[str, int], links: Mapping[str, list[tuple[str, str]]]) -> dict[str, Hashable]:
    around: dict[str, list[tuple[str, str, int]]] = {element: [] for element in colour}
    for element, targets in links.items():
        for role, target in targets:
            around[element].append(("to", role, colour[target]))
            around[target].append(("by", role, colour[element]))
    return {element: (own, tuple(sorted(around[element]))) for element, own in colour.items()}


def _numbered(keys: Signs) -> tuple[dict[str, int], dict[str, int]]:
    """The same keys as small numbers, alike on both sides."""
    numbers: dict[Hashable, int] = {}
    mine, theirs = ({i: numbers.setdefault(key, len(numbers)) for i, key in side.items()} for side in keys)
    return mine, theirs


def _paired(keys: Signs, what: str) -> dict[str, str]:
    """Sent id -> read id. Things of one key are told apart by ids that were kept, then by an order that was."""
    groups: dict[Hashable, tuple[list[str], list[str]]] = {}
    for side in (0, 1):
        for identity, key in keys[side].items():
            groups.setdefault(key, ([], []))[side].append(identity)
    missing = [i for mine, theirs in groups.values() if mine and not theirs for i in mine]
    if missing:
        raise Incomplete(what, missing)
    pairs = {mine[0]: theirs[0] for mine, theirs in groups.values() if len(mine) == len(theirs) == 1}
    in_order = _in_order(pairs, keys)
    for mine, theirs in groups.values():
        if mine and not len(mine) == len(theirs) == 1:
            pairs.update(_twins(mine, theirs, what, in_order=in_order))
    return pairs


def _in_order(pairs: Mapping[str, str], keys: Signs) -> bool:
    """Whether everything that is certain stands where it was sent."""
    place = {identity: index for index, identity in enumerate(keys[1])}
    same = all(place[pairs[old]] == index for index, old in enumerate(keys[0]) if old in pairs)
    return same and len(keys[0]) == len(keys[1])


def _twins(mine: list[str], theirs: list[str], what: str, *, in_order: bool) -> dict[str, str]:
    if set(mine) == set(theirs):
        return {identity: identity for identity in mine}
    if in_order and len(mine) == len(theirs) and not set(mine) & set(theirs):
        return dict(zip(mine, theirs, strict=True))
    raise Ambiguous(what, {identity: tuple(theirs) for identity in mine})


def _inner(mine: Json, theirs: Json) -> ElementIds:
    """The ids of one element that was found, and of what stands in it."""
    own = _columns(mine, theirs)
    return ElementIds(
        id=theirs["id"],
        columns=own,
        groupings=_listed(_items(mine, "groupings", own), _items(theirs, "groupings"), "groupings", (grouped_by,)),
        metrics=_listed(
            _items(mine, "metrics"), _items(theirs, "metrics"), "metrics", (item_key, lambda m: m.get("name"))
        ),
    )


def _columns(mine: Json, theirs: Json) -> dict[str, str]:
    """Columns by name and formula; twins by where their element uses them."""
    sides = ({c["id"]: c for c in columns(mine)}, {c["id"]: c for c in columns(theirs)})
    forms = (_whole, column_key, lambda column: column_name(column) or None)
    keys = _keys(sides[0], sides[1], [_form(sides, form) for form in forms])
    _split(keys, lambda: (dict(uses(mine)), dict(uses(theirs))))
    return _paired(keys, "columns")


def _listed(
    mine: Sequence[Json], theirs: Sequence[Json], what: str, forms: Sequence[Callable[[Json], Hashable]]
) -> dict[str, str]:
    sides = ({item["id"]: item for item in mine}, {item["id"]: item for item in theirs})
    keys = _keys(sides[0], sides[1], [_form(sides, form) for form in forms])
    return _paired(keys, what)


def _form(sides: tuple[dict[str, Json], dict[str, Json]], form: Callable[[Json], Hashable]) -> RecognizedBy:
    return lambda side, identity: form(sides[side][identity])


def _whole(column: Json) -> Hashable:
    return column_key(column), details({"columns": [column]})


def _items(element: Json, key: str, moved: Mapping[str, str] | None = None) -> list[Json]:
    """The metrics or groupings of an element; what groupings group by is put in the copy's column ids."""
    items = [item for _at, item in objects(element, key) if isinstance(item.get("id"), str)]
    if moved is None or key != "groupings":
        return items
    return [{**g, "groupBy": [moved.get(c, c) for c in grouped_by(g)]} for g in items]
