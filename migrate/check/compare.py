"""What should stand in the target against what does, leaf by leaf. Pure.

Sigma normalises on store (sigma-specs sections 6.2, 7, 10); each normalisation has a name here, so that a
difference is either named and harmless, or reported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Literal

import orjson

from migrate.bundle.document import document_of
from migrate.check.model import Difference
from migrate.kinds import KINDS
from migrate.rewrite.catalogue.table import INSIDE
from migrate.rewrite.catalogue.walk import find
from migrate.rewrite.text.formula import brackets, splice
from migrate.sigma.contract import without_defaults
from migrate.text import without_addresses
from migrate.tree import Json, Path, at, canonical, json_path, replaced
from migrate.words import Kind

_LONGEST_SHOWN = 2000
_AROUND = 200
"""How many characters that are alike are kept on both sides of what differs."""
_MISSING = object()
_FORMULA_SLOTS = frozenset({"formula", "left", "right"})


def compare(sent: Json, read: Json, kind: Kind, *, level: str = "hash") -> tuple[Difference, ...]:
    """Every difference between a body as sent and as read back, in document order.

    ``kind`` of each is ``lost``, ``added``, ``changed``, or ``normalised`` where the server is known to write
    the same thing in its own way. Ids that the server replaced (data models) are followed by position after
    the caller brought the elements into the sent order, see ``aligned``; a reference that was left on a replaced id
    is ``changed``, though it reads as it was sent.
    """
    if KINDS[kind].enveloped:
        sent, read = without_defaults(sent), without_defaults(read)
    renamed = _renamed_ids(sent, read) if KINDS[kind].feeds else {}
    return (*_differences(sent, read, (), renamed, level), *_left_behind(read, renamed, level))


def equal(sent: Json, read: Json, kind: Kind) -> bool:
    """Whether the document stands as sent, apart from named normalisations."""
    return all(difference.kind == "normalised" for difference in compare(sent, read, kind))


def aligned(sent: Json, read: Json, elements: Mapping[str, str]) -> Json:
    """The read-back data model with every list of elements in the order they were sent.

    ``elements`` maps sent element ids to read ones, as ``correlate`` found them.
    """
    sent_order = {elements.get(each.id, each.id): place for place, each in enumerate(document_of(sent).named)}
    lists = {each.path[:-1] for each in document_of(read).elements}
    for path in sorted(lists, key=len, reverse=True):  # what an element holds before the element itself
        inside = at(read, path)
        if all(isinstance(element, dict) for element in inside):
            order = sorted(inside, key=lambda node: sent_order.get(str(node.get("id")), len(sent_order)))
            read = replaced(read, {path: order})
    return read


def _renamed_ids(sent: Json, read: Json) -> dict[str, set[str]]:
    """New id -> the sent ids it may stand for, from objects at the same place in both trees."""
    found: dict[str, set[str]] = {}
    stack = [(sent, read)]
    while stack:
        old, new = stack.pop()
        if isinstance(old, dict) and isinstance(new, dict):
            if isinstance(old.get("id"), str) and isinstance(new.get("id"), str) and old["id"] != new["id"]:
                found.setdefault(new["id"], set()).add(old["id"])
            stack.extend((old[key], new[key]) for key in old.keys() & new.keys())
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            stack.extend(zip(old, new, strict=True))
    return found


def _left_behind(read: Json, renamed: Mapping[str, set[str]], level: str) -> Iterator[Difference]:
    """References inside the document to ids that nothing has any more, because the server replaced them."""
    new_of = {old: new for new, olds in renamed.items() for old in olds}
    stale = new_of.keys() - set(_defined(read)) if new_of else set()
    for site in find(read, inside=True) if stale else ():
        if site.row in INSIDE and site.row.shape != "name" and site.value in stale:
            yield _difference(level, site.path, new_of[site.value], site.value, "changed")


def _defined(node: Json) -> Iterator[str]:
    """Every id that something in a tree has."""
    if isinstance(node, dict) and isinstance(node.get("id"), str):
        yield node["id"]
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        if isinstance(value, dict | list):
            yield from _defined(value)


def _differences(
    sent: Json, read: Json, path: Path, renamed: Mapping[str, set[str]], level: str
) -> Iterator[Difference]:
    if isinstance(sent, dict) and isinstance(read, dict):
        if not _the_same(sent, read):
            yield from _objects(sent, read, path, renamed, level)
    elif isinstance(sent, list) and isinstance(read, list):
        if not _the_same(sent, read):
            yield from _lists(sent, read, path, renamed, level)
    elif not _same_leaf(sent, read, renamed):
        kind = _leaf_kind(sent, read, path)
        yield _difference(level, path, sent, read, kind)


def _the_same(sent: Json, read: Json) -> bool:
    """Whether two trees are alike to the last byte, told without a walk; Python takes ``True`` and 1 for the same."""
    return bool(sent == read) and canonical(sent) == canonical(read)


def _objects(
    sent: Mapping[str, Json], read: Mapping[str, Json], path: Path, renamed: Mapping[str, set[str]], level: str
) -> Iterator[Difference]:
    matched = _matched_keys(sent, read, renamed)
    for key, value in sent.items():
        other = read.get(matched[key], _MISSING)
        here = (*path, key)
        if key == "order" and _is_completed_order(value, other, sent, renamed):
            yield _difference(level, here, value, other, "normalised")
        elif other is _MISSING:
            harmless = _is_dropped_default(key, value, path, sent)
            yield _difference(level, here, value, None, "normalised" if harmless else "lost")
        else:
            yield from _differences(value, other, here, renamed, level)
    for key in sorted(read.keys() - set(matched.values())):
        harmless = _is_added_default(key, read[key], path, sent, renamed)
        yield _difference(level, (*path, key), None, read[key], "normalised" if harmless else "added")


def _matched_keys(
    sent: Mapping[str, Json], read: Mapping[str, Json], renamed: Mapping[str, set[str]]
) -> Mapping[str, str]:
    """Each sent key with the one it is read as; they differ where a key is itself an id that was replaced."""
    matched = {key: key for key in sent}
    for new in sorted(read.keys() - sent.keys()) if renamed else ():
        for old in renamed.get(new, ()):
            if old in sent and old not in read:
                matched[old] = new
    return matched


def _lists(
    sent: list[Json], read: list[Json], path: Path, renamed: Mapping[str, set[str]], level: str
) -> Iterator[Difference]:
    turned = _turned(sent, read)
    if turned is not None:
        yield _difference(level, path, [name for name, _ in turned], [name for _, name in turned], "changed")
    elif len(sent) == len(read):
        for index, (old, new) in enumerate(zip(sent, read, strict=True)):
            yield from _differences(old, new, (*path, index), renamed, level)
        return
    olds, news = _identities(sent), _identities(read)
    for name, index in olds.items():
        if name in news:
            yield from _differences(sent[index], read[news[name]], (*path, index), renamed, level)
        else:
            yield _difference(level, (*path, index), sent[index], None, "lost")
    for name, index in news.items():
        if name not in olds:
            yield _difference(level, (*path, index), None, read[index], "added")


def _turned(sent: list[Json], read: list[Json]) -> list[tuple[str, str]] | None:
    """The names of two lists that hold the same things in another order, side by side; None for any other two lists."""
    olds, news = list(_identities(sent)), list(_identities(read))
    told = [(old[0].partition(":")[2], new[0].partition(":")[2]) for old, new in zip(olds, news, strict=False)]
    same = len(sent) == len(read) and olds != news and set(olds) == set(news) and all(old for old, _ in told)
    return told if same else None


def _identities(entries: list[Json]) -> dict[tuple[str, int], int]:
    """Where each entry of a list stands, by its id where it has one, or its text, and which of several alike it is."""
    found: dict[tuple[str, int], int] = {}
    seen: Counter[str] = Counter()
    for index, entry in enumerate(entries):
        name = "other"
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            name = f"id:{entry['id']}"
        elif isinstance(entry, str):
            name = f"text:{entry}"
        found[name, seen[name]] = index
        seen[name] += 1
    return found


def _same_leaf(sent: Json, read: Json, renamed: Mapping[str, set[str]]) -> bool:
    if type(sent) is type(read) or (isinstance(sent, (int, float)) and isinstance(read, (int, float))):
        if isinstance(sent, bool) != isinstance(read, bool):
            return False
        return bool(sent == read) or (isinstance(read, str) and sent in renamed.get(read, ()))
    return False


def _leaf_kind(sent: Json, read: Json, path: Path) -> Literal["normalised", "changed"]:
    formula = bool(path) and path[-1] in _FORMULA_SLOTS and isinstance(sent, str) and isinstance(read, str)
    return "normalised" if formula and friendly_formula(sent) == friendly_formula(read) else "changed"


def friendly_formula(formula: str) -> str:
    """The formula with every column name in one spelling (sigma-specs 2.4), for comparing only; its texts stay."""
    edits = {}
    for bracket in brackets(formula):
        first, last = bracket.span
        prefix, mark, tail = formula[first + 1 : last - 1].rpartition("/")
        edits[bracket.span] = f"[{prefix}{mark}{_one_spelling(tail)}]"
    return splice(formula, edits)


def _one_spelling(name: str) -> str:
    """``ORDER_ID``, ``Order Id`` and ``order-id`` alike: the server writes the friendly form of a raw name."""
    return " ".join(re.split(r"[_/\- ]+", name.strip("_ "))).casefold()


def _is_dropped_default(key: str, value: Json, path: Path, owner: Mapping[str, Json]) -> bool:
    """Keys the server leaves out on store because they say nothing new (sigma-specs sections 2.1, 2.2, 10)."""
    if key == "visibleAsSource":
        return value is True
    if key == "kind" and not path:
        return value in KINDS
    return key == "name" and owner.get("kind") == "table" and _is_automatic_name(value, owner)


def _is_automatic_name(name: Json, element: Mapping[str, Json]) -> bool:
    """Whether it is the name a table has when nobody named it: the tail of its warehouse path, raw or friendly."""
    source = element.get("source")
    path = source.get("path") if isinstance(source, dict) else None
    if not (isinstance(path, list) and path and isinstance(path[-1], str) and isinstance(name, str)):
        return False
    return _one_spelling(name) == _one_spelling(path[-1])


def _is_completed_order(sent: Json, read: Json, owner: Mapping[str, Json], renamed: Mapping[str, set[str]]) -> bool:
    """Whether the server only added the owner's remaining columns to its ``order`` (sigma-specs section 10)."""
    if not isinstance(sent, list) or not isinstance(read, list) or len(read) <= len(sent):
        return False
    back = _own_order(read, owner, renamed, {entry for entry in sent if isinstance(entry, str)})
    rest = iter(back or ())
    return back is not None and all(entry in rest for entry in sent)


def _own_order(
    read: list[Json], owner: Mapping[str, Json], renamed: Mapping[str, set[str]], also: AbstractSet[str] = frozenset()
) -> list[str] | None:
    """An ``order`` as read, in the sent ids; None unless it names columns and folders of its owner, each once."""
    own = {
        part.get("id")
        for name in ("columns", "folders")
        for part in (owner[name] if isinstance(owner.get(name), list) else ())
        if isinstance(part, dict)
    } | also
    back: list[str] = []
    for entry in read:
        sent = ({entry} | renamed.get(entry, set())) & own if isinstance(entry, str) else set()
        if not sent or not sent.isdisjoint(back):
            return None
        back.append(min(sent))
    return back


def _is_added_default(
    key: str, value: Json, path: Path, sent: Mapping[str, Json], renamed: Mapping[str, set[str]]
) -> bool:
    """Keys the server adds on store: ``order`` of all columns, ``kind`` and a missing layout at the root."""
    if key == "order" and isinstance(value, list):
        return _own_order(value, sent, renamed) is not None
    if path:
        return False
    return key == "layout" or (key == "kind" and value in KINDS)


def _difference(
    level: str, path: Path, sent: Json, read: Json, kind: Literal["lost", "changed", "added", "normalised", "error"]
) -> Difference:
    # SQL names people in its comments: Sigma itself adds one with an address to what it compiles.
    hidden = without_addresses if path and path[-1] in ("statement", "sql") else str
    expected, found = shown(hidden(_text(sent)), hidden(_text(read)))
    return Difference(level=level, path=json_path(path), expected=expected, found=found, kind=kind)


def _text(value: Json) -> str:
    return "" if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()


def shown(sent: str, read: str, longest: int = _LONGEST_SHOWN, around: int = _AROUND) -> tuple[str, str]:
    """Both texts, short enough for a report; of long ones the parts that are alike are left out, never what differs.

    A difference that is itself longer than ``longest`` is cut at its end, and says so.
    """
    if max(len(sent), len(read)) <= longest:
        return sent, read
    same = _alike(sent, read)
    tail = _alike(sent[same:][::-1], read[same:][::-1])
    kept = max(same - around, 0), max(tail - around, 0)
    return _cut(sent, *kept, longest), _cut(read, *kept, longest)


def _alike(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _cut(text: str, head: int, tail: int, longest: int) -> str:
    middle = text[head : len(text) - tail]
    if len(middle) > longest:
        middle = f"{middle[:longest]}… ({len(middle) - longest:,} more characters)"
    before = f"({head:,} characters alike) …" if head else ""
    after = f"… ({tail:,} characters alike)" if tail else ""
    return f"{before}{middle}{after}"
