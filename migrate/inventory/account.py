"""Which rules of a selection took nothing, and what was probably meant. Pure.

A rule that matches nothing is a mistake until the plan says otherwise (``allow_empty``): a folder that was renamed
empties a nightly run without a word. Two names may look the same and not be it, so that a near name is shown with
what sets it apart.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from types import MappingProxyType

from migrate.errors import Problem
from migrate.inventory.model import Inventory, Item, Key
from migrate.kinds import counted
from migrate.plan.match import name_matches, selects, within
from migrate.plan.selection import Select, Selector
from migrate.text import join_path, split_path, visible

Lines = Mapping[str, tuple[str, int, int]]
"""Place in the plan -> file, line, column."""


Before = Mapping[Key, tuple[str, ...]]
"""A document that was selected before -> the folder it stood in then."""


def idle_rules(
    select: Select, inventory: Inventory, lines: Lines, before: Before = MappingProxyType({})
) -> tuple[Problem, ...]:
    """A problem for every rule of ``include`` and ``exclude`` that takes no document of the source.

    ``allow_empty`` rules are left out, and an ``exclude`` whose folder is there but holds no document, since it does
    what it says. Each problem names where the documents stand that the rule took ``before``, else the nearest name.
    """
    rules = [("include", number, rule) for number, rule in enumerate(select.include)]
    rules += [("exclude", number, rule) for number, rule in enumerate(select.exclude)]
    ids = {one for item in inventory.items.values() for one in (item.key.id, item.url_id)}
    return tuple(
        _problem(f"select.{part}.{number}", part, rule, inventory.org, near, lines)
        for part, number, rule in rules
        if not rule.allow_empty
        and ((rule.id is not None and rule.id not in ids) or not _takes_any(rule, inventory))
        and not (part == "exclude" and _is_there(rule, inventory))
        for near in (_gone_to(rule, inventory, before) or _near(rule, inventory),)
    )


def _takes_any(rule: Selector, inventory: Inventory) -> bool:
    return any(takes(rule, item) for item in inventory.items.values())


def takes(rule: Selector, item: Item) -> bool:
    """Whether a rule selects a document."""
    if not selects(rule, item.key.kind, item.name, item.key.id, item.path, item.url_id):
        return False
    if rule.tag is not None and rule.tag not in item.tags:
        return False
    if rule.owner is not None and not name_matches(rule.owner.lower(), item.owner.lower()):
        return False
    return rule.updated_since is None or at_least(item.updated_at, rule.updated_since)


def at_least(moment: str, since: str) -> bool:
    """Whether a time, as Sigma writes it, is this one or later; one that cannot be read is not."""
    try:
        found, wanted = (datetime.fromisoformat(text) for text in (moment, since))
    except ValueError:
        return False
    return found.replace(tzinfo=found.tzinfo or UTC) >= wanted.replace(tzinfo=wanted.tzinfo or UTC)


class Rules:
    """Rules to be asked of many documents: one that names an id is looked up, however many there are."""

    def __init__(self, rules: Iterable[Selector]) -> None:
        self._by_id: dict[str, list[Selector]] = {}
        self._others: list[Selector] = []
        for rule in rules:
            if rule.id is None:
                self._others.append(rule)
            else:
                self._by_id.setdefault(rule.id, []).append(rule)

    def taking(self, item: Item) -> list[Selector]:
        """The rules that select a document."""
        named = [rule for one in {item.key.id, item.url_id} for rule in self._by_id.get(one, ())]
        return [rule for rule in (*named, *self._others) if takes(rule, item)]


def _is_there(rule: Selector, inventory: Inventory) -> bool:
    """Whether a rule names nothing but a folder, and that folder exists."""
    if rule.folder is None or rule.name is not None or rule.id is not None:
        return False
    return split_path(rule.folder) in {folder.path for folder in inventory.folders.values()}


def _gone_to(rule: Selector, inventory: Inventory, before: Before) -> str:
    """Where the documents stand now that were copied from a rule's folder before; empty where nobody knows."""
    if rule.folder is None:
        return ""
    moved = [
        item.path
        for key, path in before.items()
        if within(rule.folder, path) and (item := inventory.items.get(key)) and not within(rule.folder, item.path)
    ]
    places = [visible(join_path(path)) for path in sorted(set(moved))]
    more = f" and {counted('more place', len(places) - _PLACES)}" if len(places) > _PLACES else ""
    told = f"now in {', '.join(places[:_PLACES])}{more}: {counted('document', len(moved))} copied from it before"
    return told if moved else ""


_PLACES = 3  # that a message lists


def _problem(where: str, part: str, rule: Selector, org: str, near: str, lines: Lines) -> Problem:
    file, line, column = lines.get(where) or ("", 0, 0)
    effect = "nothing is copied by it" if part == "include" else "nothing is left out by it"
    fix = (
        f"{near}; or set allow_empty: true on the rule where that is expected"
        if near
        else "correct or remove it, or set allow_empty: true on it"
    )
    return Problem(
        code="rule_matches_nothing",
        message=f"the {part} rule {_shown(rule)} matches no document of {org}; {effect}",
        fix=fix,
        file=file,
        line=line,
        column=column,
        path=where,
        value=_shown(rule),
    )


def _shown(rule: Selector) -> str:
    names = ("type", "folder", "name", "id", "tag", "owner", "updated_since")
    parts = {name: getattr(rule, name) for name in names}
    inner = ", ".join(f"{key}: {visible(value, 80)!r}" for key, value in parts.items() if value is not None)
    return f"{{{inner}}}"


def _near(rule: Selector, inventory: Inventory) -> str:
    """What was probably meant, as a sentence; empty where nothing is close."""
    if rule.folder is not None and split_path(rule.folder) not in _folders_in_use(inventory):
        return near_name(join_path(split_path(rule.folder)), (join_path(path) for path in _folders_in_use(inventory)))
    if rule.id is not None:
        item = next((one for one in inventory.items.values() if rule.id in (one.key.id, one.url_id)), None)
        return f"{rule.id} is {item.key.kind} {item.name!r} in {join_path(item.path)}" if item else ""
    inside = [item for item in inventory.items.values() if rule.folder is None or takes_folder(rule, item)]
    if rule.tag is not None and not any(rule.tag in item.tags for item in inside):
        return near_name(rule.tag, (tag for item in inside for tag in item.tags))
    if rule.owner is not None and not any(name_matches(rule.owner.lower(), item.owner.lower()) for item in inside):
        return near_name(rule.owner, (item.owner for item in inside if item.owner))
    kinds = sorted({item.key.kind for item in inside})
    if rule.name is not None and not rule.name.startswith("re:"):
        return near_name(rule.name, (item.name for item in inside))
    return (
        f"there are only documents of kind {' and '.join(kinds)}" if kinds and rule.type not in (None, *kinds) else ""
    )


def takes_folder(rule: Selector, item: Item) -> bool:
    """Whether a document lies where a rule says, whatever else it asks."""
    names = split_path(rule.folder or "")
    return item.path[: len(names)] == names


def _folders_in_use(inventory: Inventory) -> frozenset[tuple[str, ...]]:
    """Every folder that exists or that some document names above itself."""
    named = {item.path[:depth] for item in inventory.items.values() for depth in range(1, len(item.path) + 1)}
    return frozenset(named | {folder.path for folder in inventory.folders.values()})


def near_name(asked: str, known: Iterable[str]) -> str:
    """The name that was probably meant, and what sets it apart where both look the same; empty where none is close."""
    options = sorted(set(known))
    alike = alike_name(asked, options)
    if alike:
        return alike
    close = get_close_matches(_plain(asked)[:200], [_plain(name)[:200] for name in options], n=1, cutoff=0.6)
    found = next((name for name in options if close and _plain(name)[:200] == close[0]), "")
    return f"did you mean {visible(found)!r}?" if found else ""


def alike_name(asked: str, known: Iterable[str]) -> str:
    """The name that looks the same as an asked one, and what sets it apart; empty where there is none."""
    found = next((name for name in sorted(set(known)) if name != asked and _plain(name) == _plain(asked)), None)
    return "" if found is None else f"did you mean {visible(found)!r}, which {apart(asked, found)}?"


def apart(asked: str, found: str) -> str:
    """What sets a found name apart from an asked one that looks the same, as the end of a sentence."""
    notes = [
        sentence
        for is_so, sentence in (
            (_bare(found) != found and _bare(asked) == asked, "begins or ends with a blank"),
            (_bare(found) == found and _bare(asked) != asked, "neither begins nor ends with a blank"),
            ("\xa0" in found and "\xa0" not in asked, "holds a no-break space"),
            ("\xa0" not in found and "\xa0" in asked, "holds no no-break space"),
            (_form(found) != _form(asked), f"is written in {_form(found)} letters"),
            (found != asked and found.casefold() == asked.casefold(), "differs in upper and lower case"),
        )
        if is_so
    ]
    return " and ".join(notes) or "is written with other characters that look the same"


def _form(text: str) -> str:
    """``decomposed`` where accents are characters of their own, else ``composed``."""
    return "composed" if unicodedata.is_normalized("NFC", text) else "decomposed"


def _bare(text: str) -> str:
    """A path without blanks around its names."""
    return "/".join(name.strip() for name in text.split("/"))


def _plain(text: str) -> str:
    """What a person sees of a name: one form, one case, one blank between words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "/".join(" ".join(name.split()) for name in folded.split("/"))
