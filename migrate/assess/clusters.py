"""What hangs together, in which waves to take it, and what looks like a copy of something else. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations

from migrate.assess.model import READINESS, Cluster, Readiness, Twins
from migrate.bundle.document import document_of
from migrate.bundle.spec import Spec
from migrate.inventory.model import Inventory, Item, Key
from migrate.text import join_path, one_line
from migrate.tree import Json

_BANDS = 12
"""Documents are compared where one of so many least hashes of their parts is the same (min-wise hashing, Broder)."""

_CROWD = 50
"""A band that more documents share says nothing; they are compared by their other bands."""

ALIKE = 0.8
"""The share of common parts from which two documents are nearly the same."""

_STALE = timedelta(days=365)
_PILOT = 8
"""The most documents of a pilot."""

_WAVES: tuple[tuple[str, frozenset[Readiness]], ...] = (
    ("what is ready once it is mapped", frozenset({"ready", "after_mapping"})),
    ("what leaves work for a person afterwards", frozenset({"by_hand"})),
    ("what waits for a decision", frozenset({"decision"})),
    ("what cannot travel as it is", frozenset({"cannot_travel"})),
)


def clusters(keys: Sequence[Key], edges: Iterable[tuple[Key, Key]], items: Mapping[Key, Item]) -> tuple[Cluster, ...]:
    """Documents that hang together, the largest cluster first; ``edges`` are what reads or links to what."""
    root = {key: key for key in keys}

    def top(key: Key) -> Key:
        while root[key] != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    for one, other in edges:
        if one in root and other in root:
            root[top(one)] = top(other)
    groups: dict[Key, list[Key]] = {}
    for key in keys:
        groups.setdefault(top(key), []).append(key)
    ordered = sorted(groups.values(), key=lambda group: (-len(group), min(group)))
    return tuple(
        Cluster(n=n, name=_name(group, items), documents=tuple(sorted(group))) for n, group in enumerate(ordered, 1)
    )


def _name(group: Sequence[Key], items: Mapping[Key, Item]) -> str:
    """What a cluster is called: its only document, or the model that most read, with how many others."""
    known = [items[key] for key in sorted(group) if key in items]
    reads = Counter(model for item in known for model in item.reads)
    models = [item for item in known if item.key.about.feeds]
    main = max(models or known, key=lambda item: reads[item.key.id], default=None)
    if main is None:
        return group[0].id
    others = len(group) - 1
    more = f" and {others} other{'' if others == 1 else 's'}" if others else ""
    return one_line(join_path((*main.path, main.name)), 120) + more


def waves(found: Sequence[Cluster], state: Mapping[Key, Readiness]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Suggested waves: a small pilot that needs no decision, then clusters by how ready their worst document is."""
    worst = {one.n: max((state[key] for key in one.documents), key=READINESS.index) for one in found}
    easy = [one for one in found if worst[one.n] in _WAVES[0][1]]
    small = [one for one in easy if len(one.documents) <= _PILOT]
    whole = [one for one in small if len({key.kind for key in one.documents}) > 1]
    pilot = max(whole or small, key=lambda one: (len(one.documents), -one.n), default=None)
    named: list[tuple[str, tuple[int, ...]]] = [("pilot", (pilot.n,))] if pilot is not None and len(found) > 1 else []
    taken = {n for _name, members in named for n in members}
    for name, states in _WAVES:
        members = tuple(one.n for one in found if worst[one.n] in states and one.n not in taken)
        named += [(name, members)] if members else []
    return tuple(named)


def twins(specs: Mapping[Key, Spec]) -> tuple[Twins, ...]:
    """Groups of documents that hold the same or nearly the same, whatever their ids and names; the most alike first."""
    parts = {key: frozenset(_parts(spec.body)) for key, spec in sorted(specs.items())}
    bands: dict[tuple[str, bytes], list[Key]] = {}
    for key, found in parts.items():
        for least in sorted(hashlib.blake2b(part.encode(), digest_size=8).digest() for part in found)[:_BANDS]:
            bands.setdefault((key.kind, least), []).append(key)
    pairs = {pair for keys in bands.values() if len(keys) <= _CROWD for pair in combinations(keys, 2)}
    shares = {(one, other): _share(parts[one], parts[other]) for one, other in pairs}
    alike = {pair: share for pair, share in shares.items() if share >= ALIKE}
    groups = clusters(sorted({key for pair in alike for key in pair}), alike, {})
    made = [
        Twins(
            documents=group.documents,
            alike=round(min(share for pair, share in alike.items() if pair[0] in group.documents), 2),
        )
        for group in groups
    ]
    return tuple(sorted(made, key=lambda each: (-each.alike, -len(each.documents), each.documents)))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of two sets is in both, 0 to 1 (the index of Jaccard)."""
    return len(one & other) / len(one | other)


def _parts(body: Json) -> Iterator[str]:
    """What a document is made of, without ids: each element's kind and name, each column's name and formula."""
    for element in document_of(body).elements:
        node = element.node
        yield f"{element.kind} {node.get('name')!r}"
        for _path, column in element.listed("columns"):
            yield f"{element.kind} {column.get('name')!r} {column.get('formula')!r}"


def stale(inventory: Inventory, keys: Iterable[Key]) -> tuple[Key, ...]:
    """The documents that nobody changed for a year before the newest change that the source shows, oldest first.

    The source's own times are compared with each other; what shows none is left out.
    """
    times = {key: at for key in keys if (at := _time(inventory.items[key].updated_at)) is not None}
    if not times:
        return ()
    newest = max(times.values())
    return tuple(sorted((key for key, at in times.items() if newest - at > _STALE), key=lambda key: (times[key], key)))


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
