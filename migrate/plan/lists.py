"""Rules of a selection that take their documents from a list: one rule for each id of it, at the line it stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from migrate.plan.selection import Select, Selector

STDIN = "-"
"""What stands for standard input in place of a file."""

Line = tuple[str, int, int]
"""File, line, column."""


def ids_in(text: str) -> Iterator[tuple[int, str]]:
    """(Line, id) of every document of a list: the first word of a line; what follows ``#`` is a note."""
    yield from ((number, words[0]) for number, words in lines_of(text))


def lines_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """(Line, its words) of every line that says something; a header that begins with ``id`` is none."""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.removeprefix("\ufeff").partition("#")[0].replace(",", " ").replace(";", " ").split()
        if words and not (number == 1 and words[0].lower() == "id"):
            yield number, [word.strip("\"'") for word in words]


def expanded(
    select: Select, lines: Mapping[str, Line], read: Callable[[str, str], tuple[str, str]]
) -> tuple[Select, dict[str, Line]]:
    """The selection with a rule for each listed id, and the places of all rules in the new order.

    ``read`` gives what a list is called and its text, by what the plan writes and where that stands. A list without any
    id leaves a rule that takes nothing, so that it is told as one.
    """
    places = {
        where: line for where, line in lines.items() if not where.startswith(("select.include.", "select.exclude."))
    }
    found: dict[str, tuple[Selector, ...]] = {}
    for part in ("include", "exclude"):
        rules: list[Selector] = []
        for index, rule in enumerate(getattr(select, part)):
            where = f"select.{part}.{index}"
            for made, line in _of(rule, where, lines, read):
                places[f"select.{part}.{len(rules)}"] = line
                rules.append(made)
        found[part] = tuple(rules)
    return replace(select, include=found["include"], exclude=found["exclude"]), places


def _of(
    rule: Selector, where: str, lines: Mapping[str, Line], read: Callable[[str, str], tuple[str, str]]
) -> list[tuple[Selector, Line]]:
    here = lines.get(where, ("", 0, 0))
    if rule.list is None:
        return [(rule, here)]
    name, text = read(rule.list, f"{where}.list")
    listed = dict.fromkeys(one for _, one in ids_in(text))
    first = {one: number for number, one in reversed(list(ids_in(text)))}
    rules = [(replace(rule, list=None, id=one), (name, first[one], 1)) for one in listed]
    return rules or [(replace(rule, list=None, id="(nothing is listed)"), here)]
