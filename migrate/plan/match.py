"""The words of a plan against the names of an organization: folder paths, globs, table paths, pairs. Pure.

Names are compared exactly, letter case included, since Sigma lets names differ by case alone; only
``map_email`` folds case. Folder paths are written ``Workspace/Folder/Sub`` with ``\\/`` for a slash inside a
name (and ``\\\\`` for a backslash before one).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import translate
from functools import lru_cache
from typing import TypeVar

from migrate.plan import checks
from migrate.plan.maps import Pair, PathMap
from migrate.plan.regex import REGEX, Regex, compiled
from migrate.plan.selection import Selector
from migrate.plan.stars import stars
from migrate.text import split_path

P = TypeVar("P", bound=Pair)


@lru_cache(maxsize=1024)
def pattern(text: str) -> Regex:
    """The compiled form of a name pattern: a glob for the whole name, or after ``re:`` a regex to search.

    Raises ValueError where the regular expression is broken; the loader has checked those of a plan.
    """
    if text.startswith(REGEX):
        return compiled(text.removeprefix(REGEX))
    # A translated glob holds atomic groups only, so that no star is ever tried twice.
    return re.compile(r"\A" + translate(text))


def name_matches(text: str, name: str) -> bool:
    """Whether a name fits a pattern (see ``pattern``) or is written exactly like it."""
    return text == name or pattern(text).search(name.encode("utf-8", "replace").decode()) is not None


def within(folder: str, path: Sequence[str]) -> bool:
    """Whether a document with these folders above it lies in the folder or anywhere below it."""
    names = split_path(folder)
    return tuple(path[: len(names)]) == names


def selects(selector: Selector, kind: str, name: str, document_id: str, path: Sequence[str], url_id: str = "") -> bool:
    """Whether a rule selects a document; every key it has must fit, and none at all selects everything.

    ``path`` holds the names of the folders above the document; a rule's ``id`` may be the document's url id.
    """
    if selector.type is not None and selector.type != kind:
        return False
    if selector.id is not None and selector.id not in (document_id, url_id or document_id):
        return False
    if selector.folder is not None and not within(selector.folder, path):
        return False
    return selector.name is None or name_matches(selector.name, name)


def map_folder(pairs: Iterable[Pair], path: Sequence[str]) -> tuple[tuple[str, ...], Pair | None]:
    """Where a folder goes and the pair that says so: the longest matching prefix wins, the rest is kept.

    Without a matching pair the folder keeps its path, with None.
    """
    best: Pair | None = None
    length = -1
    for pair in pairs:
        size = len(split_path(pair.source))
        if size > length and within(pair.source, path):
            best, length = pair, size
    if best is None:
        return tuple(path), None
    return (*split_path(best.target), *path[length:]), best


class TableMaps:
    """The path maps of a connection, to be asked often: a table that is mapped by its full name is found at once."""

    __slots__ = ("_exact", "_folded", "_open", "maps")

    def __init__(self, maps: Iterable[PathMap]) -> None:
        self.maps = tuple(maps)
        self._folded: TableMaps | None = None
        self._open = [each for each in self.maps if "*" in each.source]
        self._exact: dict[tuple[str, ...], PathMap] = {}
        for each in self.maps:
            self._exact.setdefault(tuple(each.source), each)

    def folded(self) -> TableMaps:
        """The same maps without regard to the case of their sources, in the same order."""
        if self._folded is None:
            self._folded = TableMaps(
                PathMap(source=tuple(segment.casefold() for segment in each.source), target=each.target)
                for each in self.maps
            )
        return self._folded

    def find(self, path: Sequence[str]) -> tuple[tuple[str, ...], PathMap | None]:
        """Where a warehouse path goes and the mapping that says so; the most specific one wins.

        A path is matched as a whole, segment by segment. More literal segments are more specific; among equals,
        literal segments further left win. Without a mapping the path is kept, with None.
        """
        best = self._exact.get(tuple(path))
        if best is None:
            fitting = [each for each in self._open if fits(each.source, path)]
            if not fitting:
                return tuple(path), None
            best = max(fitting, key=lambda each: _specificity(each.source))
        if "*" not in best.target:
            return tuple(best.target), best
        kept = dict(zip(*stars(best.source, best.target), strict=True))
        return tuple(
            path[kept[position]] if segment == "*" else segment for position, segment in enumerate(best.target)
        ), best


def map_table(maps: Iterable[PathMap], path: Sequence[str]) -> tuple[tuple[str, ...], PathMap | None]:
    """The same as ``TableMaps.find``, to be asked once."""
    return TableMaps(maps).find(path)


def fits(wanted: Sequence[str], path: Sequence[str]) -> bool:
    """Whether a warehouse path has exactly these segments; ``*`` stands for any one."""
    return len(wanted) == len(path) and all(want in ("*", found) for want, found in zip(wanted, path, strict=True))


def _specificity(wanted: Sequence[str]) -> tuple[int, tuple[bool, ...]]:
    literal = tuple(segment != "*" for segment in wanted)
    return sum(literal), literal


def map_name(pairs: Iterable[P], name: str) -> tuple[str, P | None]:
    """The target name and the pair that says so: written exactly first, then the glob with most letters.

    ``*`` in the pair's target repeats what the first ``*`` of its source stood for. Without a pair the
    name is kept, with None (unlisted names map to the same name).
    """
    best: tuple[int, str, P] | None = None
    for pair in pairs:
        if pair.source == name:
            return pair.target, pair
        kept = _glob_rest(pair.source, name)
        letters = len(pair.source)
        if kept is not None and (best is None or letters > best[0]):
            best = letters, pair.target.replace("*", kept, 1), pair
    return (best[1], best[2]) if best else (name, None)


def map_email(pairs: Iterable[P], address: str) -> tuple[str, P | None]:
    """As ``map_name`` for e-mail addresses, whose letter case does not count."""
    folded = [(pair, Pair(source=pair.source.lower(), target=pair.target)) for pair in pairs]
    mapped, by = map_name([each for _, each in folded], address.lower())
    if by is None:
        return address, None
    return mapped, next(pair for pair, each in folded if each is by)


def _glob_rest(glob: str, name: str) -> str | None:
    """What the one ``*`` of a glob stands for in a name; None where it does not fit or has no ``*``."""
    head, star, tail = glob.partition("*")
    if not star or len(name) < len(head) + len(tail) or not (name.startswith(head) and name.endswith(tail)):
        return None
    return name[len(head) : len(name) - len(tail)]


def map_url(pairs: Iterable[P], url: str) -> tuple[str, P | None]:
    """The target address and the pair that says so: the longest matching prefix wins, the rest is kept."""
    best: P | None = None
    for pair in pairs:
        if url.startswith(pair.source) and (best is None or len(pair.source) > len(best.source)):
            best = pair
    return (best.target + url[len(best.source) :], best) if best else (url, None)


def share_of(unchanged: str) -> float:
    """The share of unchanged copies that a run looks at, from 0 to 1, as ``verify.unchanged`` of a plan says."""
    found = re.fullmatch(checks.SAMPLE, unchanged)
    return float(found[1]) / 100 if found else float(unchanged == "always")
