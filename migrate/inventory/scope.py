"""Station 3: what of an inventory is chosen by a plan, what it needs besides, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from types import MappingProxyType

from migrate.inventory.account import Rules
from migrate.inventory.model import Inventory, Item, Key, Other
from migrate.kinds import KINDS
from migrate.plan.match import selects
from migrate.plan.selection import Select, Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which documents travel.

    ``chosen`` were selected; ``needed`` are data models pulled in, each with the keys that read it.
    ``waves`` orders all of them so that a model comes before its readers. ``missing`` are model ids that
    something in scope reads but the credential cannot see. ``left_out`` counts what was passed over and why.
    """

    chosen: tuple[Key, ...]
    needed: Mapping[Key, tuple[Key, ...]] = field(default_factory=dict)
    waves: tuple[tuple[Key, ...], ...] = ()
    missing: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[Key, ...]:
        """Everything in scope, models before their readers."""
        return tuple(key for wave in self.waves for key in wave)


def choose(select: Select, inventory: Inventory) -> tuple[tuple[Key, ...], Mapping[str, int]]:
    """The selected documents, and how many were left out as ``excluded``, ``personal`` or ``archived``.

    Rules are ORed, keys of one rule ANDed; personal folders are left out unless a rule names the document's
    folder or id (contract section 2).
    """
    left_out = {"personal": 0, "excluded": 0, "archived": 0}
    chosen = []
    include, exclude = Rules(select.include), Rules(select.exclude)
    for key, item in inventory.items.items():
        hits = include.taking(item)
        if not hits:
            continue
        if item.archived:
            left_out["archived"] += 1
        elif exclude.taking(item):
            left_out["excluded"] += 1
        elif item.personal and not any(rule.folder or rule.id for rule in hits):
            left_out["personal"] += 1
        else:
            chosen.append(key)
    return tuple(sorted(chosen)), left_out


def passed_by(select: Select, inventory: Inventory) -> tuple[Other, ...]:
    """What the rules of a selection take beside documents, and nobody copies: datasets, templates …

    By the same rules as documents; one that asks for a type of document, a tag, an owner or a time takes none.
    """

    def took(rule: Selector, other: Other) -> bool:
        if rule.tag or rule.owner or rule.updated_since:
            return False
        return selects(rule, other.kind, other.name, other.id, other.path, other.url_id)

    found = []
    for other in inventory.others:
        hits = [rule for rule in select.include if took(rule, other)]
        meant = not other.personal or any(rule.folder or rule.id for rule in hits)
        if hits and meant and not other.archived and not any(took(rule, other) for rule in select.exclude):
            found.append(other)
    return tuple(found)


def scope(select: Select, inventory: Inventory, mapped_models: Iterable[str] = ()) -> Scope:
    """The scope of a selection: chosen documents, the models they need, and waves.

    ``mapped_models`` are ids of source models that the plan maps to existing ones in the target: they are in
    scope where something reads them (they end as *mapped*), but what they read themselves is not followed.
    """
    chosen, left_out = choose(select, inventory)
    stop = frozenset(mapped_models)
    readers: dict[Key, set[Key]] = {}
    missing: dict[str, set[Key]] = {}
    seen = set(chosen)
    queue = list(chosen)
    while queue:
        key = queue.pop()
        if key.id in stop and key.about.feeds:
            continue
        for model_id in inventory.items[key].reads:
            model = Key(org=key.org, kind="data-model", id=model_id)
            if model not in inventory.items:
                missing.setdefault(model_id, set()).add(key)
                continue
            if select.dependencies == "existing" and model not in seen and model_id not in stop:
                missing.setdefault(model_id, set()).add(key)
                continue
            readers.setdefault(model, set()).add(key)
            if model not in seen:
                seen.add(model)
                queue.append(model)
    needed = {model: tuple(sorted(by)) for model, by in readers.items() if model not in set(chosen)}
    return Scope(
        chosen=chosen,
        needed=needed,
        waves=_waves({key: inventory.items[key] for key in seen}),
        missing={model_id: tuple(sorted(by)) for model_id, by in missing.items()},
        left_out={why: count for why, count in left_out.items() if count},
    )


def passed_over(scopes: Iterable[Scope]) -> Mapping[str, int]:
    """How many documents were left out, by reason: the most that any of these selections left out."""
    return most(one.left_out for one in scopes)


def most(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    """The highest of several counts, name by name."""
    found: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            found[name] = max(found.get(name, 0), count)
    return found


def _waves(items: Mapping[Key, Item]) -> tuple[tuple[Key, ...], ...]:
    """Models in topological order, then a wave of each kind that nothing reads; a cycle is cut, always alike."""
    models = {key: item for key, item in items.items() if key.about.feeds}
    by_id = {key.id: key for key in models}
    graph = {key: {by_id[i] for i in item.reads if i in by_id and i != key.id} for key, item in models.items()}
    waves, _ = layers(graph)
    readers = (tuple(sorted(key for key in items if key.kind == kind)) for kind, row in KINDS.items() if not row.feeds)
    return (*waves, *(wave for wave in readers if wave))


def layers(
    graph: Mapping[Key, AbstractSet[Key]], kept: Mapping[Key, AbstractSet[Key]] = MappingProxyType({})
) -> tuple[tuple[tuple[Key, ...], ...], tuple[tuple[Key, Key], ...]]:
    """The nodes of a graph (node -> what must come before it) in layers, and the edges cut to break cycles.

    A cut edge is (node, what should have come before it); one of ``kept`` is cut only where a cycle has no other.
    Neighbours that are no nodes are ignored. The order of the graph and of its sets does not matter, so that two
    processes plan the same.
    """
    edges = {node: sorted(graph[node] & graph.keys()) for node in sorted(graph)}
    cut: list[tuple[Key, Key]] = []
    while (circle := _circle(edges)) is not None:
        pairs = [(node, before) for before, node in pairwise(circle)]
        node, before = next((pair for pair in pairs if pair[1] not in kept.get(pair[0], ())), pairs[0])
        edges[node].remove(before)
        cut.append((node, before))
    out = []
    sorter = TopologicalSorter(edges)
    sorter.prepare()
    while sorter.is_active():
        ready = tuple(sorted(sorter.get_ready()))
        out.append(ready)
        sorter.done(*ready)
    return tuple(out), tuple(cut)


def circles(graph: Mapping[Key, AbstractSet[Key]]) -> tuple[tuple[Key, ...], ...]:
    """Nodes that come before each other, each circle from its least node on, in the order in which one needs the next.

    No node stands in two of them: what is left of a knot when one circle is taken out waits for that.
    """
    edges = {node: sorted(graph[node] & graph.keys()) for node in sorted(graph)}
    found = []
    while (circle := _circle(edges)) is not None:
        nodes = circle[:0:-1]
        first = nodes.index(min(nodes))
        found.append((*nodes[first:], *nodes[:first]))
        edges = {node: [each for each in edges[node] if each not in nodes] for node in edges if node not in nodes}
    return tuple(found)


def _circle(edges: Mapping[Key, Iterable[Key]]) -> list[Key] | None:
    """One circle, each node before what needs it and the first one again at the end; None where there is none."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        found: list[Key] = error.args[1]
        return found
    return None
