"""Edits of one document, collected against the original and applied all at once.

Every path and span speaks of the original tree, so the order of collecting does not matter and no edit sees
another one's result: a swap A↔B comes out right. Where two edits of one string overlap, the first collected wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from migrate.rewrite.model import Hole
from migrate.tree import Json, Path, at, replaced

Span = tuple[int, int]

PENDING: Final = "<pending>"
"""What stands in a draft where an id is still to come; it names nothing of either organization."""


@dataclass(slots=True)
class Edits:
    """The edits collected so far: whole values, new keys, parts of strings, drops, and the holes among them."""

    values: dict[Path, Json] = field(default_factory=dict)
    added: dict[Path, Json] = field(default_factory=dict)
    spans: dict[Path, dict[Span, str]] = field(default_factory=dict)
    drops: set[Path] = field(default_factory=set)
    holes: dict[Path, dict[Span | None, Hole]] = field(default_factory=dict)

    def set(self, path: Path, value: Json) -> None:
        """Exchange a whole value; the first edit of a path stays."""
        self.values.setdefault(path, value)

    def add(self, path: Path, value: Json) -> None:
        """Give an object a key that it lacks; the first value of a path stays."""
        self.added.setdefault(path, value)

    def part(self, path: Path, span: Span, text: str) -> bool:
        """Exchange a part of a string; False where it touches a part that is already exchanged."""
        parts = self.spans.setdefault(path, {})
        if parts and any(_overlap(span, other) for other in parts):
            return False
        parts[span] = text
        return True

    def parts(self, path: Path, groups: Iterable[Mapping[Span, str]]) -> list[Mapping[Span, str]]:
        """Exchange parts of a string group by group, each as a whole or not at all; gives the groups left out.

        Parts of one call must not overlap each other.
        """
        before = sorted(self.spans.get(path, {}))
        left, found = [], self.spans.setdefault(path, {})
        for group in groups:
            if before and any(_overlap(span, other) for span in group for other in before):
                left.append(group)
            else:
                found.update(group)
        return left

    def drop(self, path: Path) -> None:
        """Leave out a list item or an object key with its value."""
        self.drops.add(path)

    def hole(self, hole: Hole) -> None:
        """Leave a hole; ``hole.span`` is a part of the *original* string."""
        if hole.span is None:
            self.set(hole.path, PENDING)
        elif not self.part(hole.path, hole.span, PENDING):
            return
        self.holes.setdefault(hole.path, {})[hole.span] = hole


def _overlap(one: Span, other: Span) -> bool:
    # Two insertions at one place overlap too: their order would be a guess.
    return one == other or (one[0] < other[1] and other[0] < one[1])


def applied(tree: Json, edits: Edits) -> tuple[Json, tuple[Hole, ...], Mapping[Path, str]]:
    """The tree with all edits done, the holes with paths and spans in that new tree, and the texts changed in part.

    Those are given by their paths in the original tree, as they read now, the dropped ones among them.
    """
    changes = dict(edits.values)
    holes: list[Hole] = []
    texts: dict[Path, str] = {}
    for path, found in edits.holes.items():
        if None in found and changes.get(path) is PENDING:
            holes.append(found[None])
    for path, parts in edits.spans.items():
        if path in changes:
            continue
        texts[path], moved = spliced(at(tree, path), parts)
        for span, hole in edits.holes.get(path, {}).items():
            if span is not None:
                holes.append(moved_to(hole, hole.path, moved[span]))
    done = replaced(tree, changes | texts)
    if edits.added:
        done = _with_keys(done, edits.added)
    if edits.drops:
        done = reshaped(done, {}, edits.drops)
        places = ((hole, path_without(hole.path, edits.drops)) for hole in holes)
        holes = [moved_to(hole, path, hole.span) for hole, path in places if path is not None]
    return done, tuple(sorted(holes, key=_place)), texts


def _with_keys(tree: Json, added: Mapping[Path, Json]) -> Json:
    objects: dict[Path, dict[str, Json]] = {}
    for (*above, key), value in added.items():
        objects.setdefault(tuple(above), {**at(tree, tuple(above))})[str(key)] = value
    return replaced(tree, objects)


def moved_to(hole: Hole, path: Path, span: Span | None) -> Hole:
    """The same hole at another place."""
    return Hole(path=path, key=hole.key, wants=hole.wants, span=span)


def spliced(text: str, parts: Mapping[Span, str]) -> tuple[str, dict[Span, Span]]:
    """A text with these parts exchanged, and where each part stands afterwards."""
    out, moved = [], {}
    done, length = 0, 0
    for (start, end), new in sorted(parts.items()):
        out += [text[done:start], new]
        length += start - done
        moved[start, end] = (length, length + len(new))
        length += len(new)
        done = end
    return "".join([*out, text[done:]]), moved


def reshaped(tree: Json, keys: Mapping[Path, str], drops: AbstractSet[Path], path: Path = ()) -> Json:
    """The tree with object keys renamed in place and parts left out; all paths speak of the tree given.

    Two keys never fall together: an object in which a new name is already taken keeps all its keys.
    """
    if isinstance(tree, list):
        return [
            reshaped(value, keys, drops, (*path, step)) for step, value in enumerate(tree) if (*path, step) not in drops
        ]
    if not isinstance(tree, dict):
        return tree
    kept = [key for key in tree if (*path, key) not in drops]
    named = {key: keys.get((*path, key), key) for key in kept}
    if len(set(named.values())) < len(named):
        named = {key: key for key in kept}
    return {named[key]: reshaped(tree[key], keys, drops, (*path, key)) for key in kept}


def path_without(path: Path, drops: AbstractSet[Path]) -> Path | None:
    """Where a path leads when these parts are left out; None where its value was."""
    new: list[str | int] = []
    for size, step in enumerate(path):
        if path[: size + 1] in drops:
            return None
        before = sum((*path[:size], index) in drops for index in range(step)) if isinstance(step, int) else 0
        new.append(step - before if isinstance(step, int) else step)
    return tuple(new)


def _place(hole: Hole) -> tuple[tuple[str, ...], Span]:
    return tuple(str(step) for step in hole.path), hole.span or (0, 0)
