"""Names that several things share, before a rename or after it, so that following them would be a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from migrate.rewrite.names.scope import Naming, Part
from migrate.tree import Path

Report = Callable[[Path, str], None]
"""(path of an element, sentence): a name that cannot be followed without guessing."""


class NewNames(Protocol):
    """What the names of a document become."""

    naming: Naming

    def part_name(self, part: Part) -> str | None:
        """What a source is called in the target."""

    def element_name(self, element: str) -> str | None:
        """What an element is called in the target."""


def report_clashes(follow: NewNames, report: Report) -> None:
    """Tell of every name that is shared: by sources of one element, and by elements of the document."""
    for element, path in follow.naming.paths.items():
        for sentence in _sources(follow, element):
            report(path, sentence)
    for element, sentence in _elements(follow):
        report(follow.naming.paths[element], sentence)


def _sources(follow: NewNames, element: str) -> Iterator[str]:
    parts = follow.naming.parts(element)
    if len(parts) < 2:
        return
    named = {part.points_to for part in parts if part.given}
    # A leg that has a name of its own is not called by its table.
    called = [part for part in parts if part.name is not None and (part.given or part.points_to not in named)]
    before: dict[str, set[str | None]] = {}
    after: dict[str | None, set[str]] = {}
    for part in called:
        if part.name is not None:
            before.setdefault(part.name, set()).add(follow.part_name(part))
            after.setdefault(follow.part_name(part), set()).add(part.name)
    for name, news in before.items():
        if len(news) > 1:
            yield f"several sources are called {name!r}, and not all of them are renamed alike"
    for new, olds in after.items():
        if len(olds) > 1:
            yield f"several sources of one element would be called {new!r}; name the legs of its join"


def _elements(follow: NewNames) -> Iterator[tuple[str, str]]:
    before: dict[str, set[str | None]] = {}
    after: dict[str, dict[str, str]] = {}
    for element in follow.naming.elements:
        old, new = follow.naming.name(element), follow.element_name(element)
        if old is not None and new is not None:
            before.setdefault(old, set()).add(new)
            after.setdefault(new, {}).setdefault(old, element)
    for old, news in before.items():
        if len(news) > 1:
            yield follow.naming.called(old)[0], f"several elements are called {old!r}, and not all are renamed alike"
    for new, olds in after.items():
        if len(olds) > 1:
            moved = next((element for old, element in olds.items() if old != new), "")
            yield moved, f"several elements would be called {new!r}; give this one a name"
