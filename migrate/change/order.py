"""Which action may go on: each waits for what it names in ``after``, and for none of its other neighbours. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby

from migrate.change.actions import Action, Archive, HandOver, Share, key_of
from migrate.inventory.model import Key

Wave = tuple[Action, ...]


def stretches(waves: Sequence[Wave]) -> Iterator[tuple[Wave, ...]]:
    """The waves in stretches, to be done one after the other; inside of one, actions wait for each other alone.

    What goes to the bin comes before everything else, and rights and owners after everything stands, each wave of them
    by itself: a right that is taken from us must not meet a document that is still to be written.
    """
    numbered = enumerate(waves)
    for _, stretch in groupby(numbered, key=lambda one: one[0] if beside_contents(one[1]) else -1):
        yield tuple(wave for _, wave in stretch)


def beside_contents(wave: Wave) -> bool:
    """Whether a wave is about what stands round documents, or about the bin."""
    return any(isinstance(action, Archive | Share | HandOver) for action in wave)


class Queue:
    """The actions of a stretch, given out in their order as soon as all that they wait for has ended.

    An action waits for those of earlier waves that it names, and for an earlier one on the same document (Kahn's way of
    sorting, one step at a time).
    """

    def __init__(self, waves: Sequence[Wave]) -> None:
        self._actions: dict[str, Action] = {}
        self._place: dict[str, int] = {}
        self._waits: dict[str, int] = {}
        self._freed_by: dict[str, list[str]] = {}
        self._ready: list[tuple[int, str]] = []
        last: dict[Key, str] = {}
        for wave in waves:
            earlier = set(self._actions)
            for action in wave:
                key = key_of(action)
                own = (last[key],) if key in last else ()
                self._add(action, earlier.intersection((*action.after, *own)))
            last |= {key: action.id for action in wave if (key := key_of(action)) is not None}

    def _add(self, action: Action, before: set[str]) -> None:
        self._place[action.id] = len(self._actions)
        self._actions[action.id] = action
        self._waits[action.id] = len(before)
        for one in before:
            self._freed_by.setdefault(one, []).append(action.id)
        if not before:
            self.put_back(action)

    def take(self) -> list[Action]:
        """The first action that waits for nothing, taken out; none where all that is left waits."""
        return [self._actions[heapq.heappop(self._ready)[1]]] if self._ready else []

    def put_back(self, action: Action) -> None:
        """Gives an action out once more."""
        heapq.heappush(self._ready, (self._place[action.id], action.id))

    def end(self, action: Action) -> None:
        """Lets go on what waited only for this action."""
        for one in self._freed_by.pop(action.id, ()):
            self._waits[one] -= 1
            if not self._waits[one]:
                self.put_back(self._actions[one])
