"""Reading a tree by its shape: plain data, and every problem with the place it stands at. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from migrate.errors import Problem
from migrate.plan.kinds import Choice, Either, Field, Flag, Keyed, Many, Number, Record, Shape, Text
from migrate.plan.literal import looks_secret, names_secret
from migrate.plan.positions import Node, Place, Where
from migrate.plan.suggest import did_you_mean, nearest
from migrate.tree import Json

WHOLE = re.compile(r"[+-]?\d{1,18}")
DECIMAL = re.compile(r"[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})")


@dataclass(slots=True, kw_only=True)
class Reading:
    """What reading a tree gave: the problems so far, and where each value stands."""

    problems: list[Problem] = field(default_factory=list)
    places: dict[Where, Place] = field(default_factory=dict)

    def wrong(self, code: str, where: Where, message: str, fix: str = "", value: str = "") -> None:
        """Adds a problem at the nearest place known for this path."""
        known = where
        while known and known not in self.places:
            known = known[:-1]
        place = self.places.get(known, Place(file=""))
        self.problems.append(
            Problem(
                code=code,
                message=message,
                fix=fix,
                file=place.file,
                line=place.line,
                column=place.column,
                path=place.label or dotted(where),
                value="" if looks_secret(value) else shown(value),
            )
        )


def dotted(where: Where) -> str:
    """A path as ``map.folders.0.from``."""
    return ".".join(shown(str(step)) for step in where)


def shown(value: str) -> str:
    """A value as it may stand in a one-line message."""
    text = "".join(char if char.isprintable() else "�" for char in value)
    return text if len(text) <= 80 else text[:77] + "..."


MISSING = object()
"""Stands for a value that was wrong; its problem has been told."""


def read(node: Node, shape: Shape, reading: Reading, where: Where = ()) -> Json:
    """The plain data of a tree that has this shape, or MISSING; all that is wrong goes to ``reading``."""
    reading.places.setdefault(where, node.place)
    match shape:
        case Record():
            return _record(node, shape, reading, where)
        case Keyed():
            return _keyed(node, shape, reading, where)
        case Many():
            return _many(node, shape, reading, where)
        case Either():
            return _either(node, shape, reading, where)
        case _:
            return _scalar(node, shape, reading, where)


def _record(node: Node, shape: Record, reading: Reading, where: Where) -> Json:
    if not isinstance(node.value, dict):
        return _type(node, reading, where, "a mapping of keys", shape.example)
    fields = {each.name: each for each in shape.fields}
    data: dict[str, Json] = {}
    for key, value in node.value.items():
        at = (*where, key)
        reading.places[at] = node.keys.get(key, value.place)
        if key in fields:
            reading.places[at] = value.place if not isinstance(value.value, dict | list) else reading.places[at]
            found = (
                MISSING if _left_empty(value, fields[key], reading, at) else read(value, fields[key].shape, reading, at)
            )
            if found is not MISSING:
                data[key] = found
        elif names_secret(key):
            reading.wrong("plan_secret", at, f"a literal secret ({shown(key)}) does not belong in a plan", CREDENTIALS)
        else:
            reading.wrong("plan_unknown_key", at, f"unknown key {_quoted(key)}", did_you_mean(key, fields))
    _groups(node.value, shape, reading, where)
    return data


CREDENTIALS = "write credentials: env:PREFIX, file:PATH or keyring:SERVICE, and change the secret if it was shared"


def _left_empty(value: Node, field_: Field, reading: Reading, at: Where) -> bool:
    """Whether nothing stands after a key; that is a problem, save where an empty list is meant."""
    if value.value is not None:
        return False
    fix = (
        "write [] for none, or remove the key"
        if isinstance(field_.shape, Many)
        else "give it a value, or remove the key"
    )
    reading.wrong("plan_missing_value", at, f"nothing stands after {at[-1]}:", fix)
    return True


def _groups(given: dict[str, Node], shape: Record, reading: Reading, where: Where) -> None:
    """The keys that must be there, or must not stand together."""
    for each in shape.fields:
        if each.required and each.name not in given:
            reading.wrong("plan_missing_key", where, f"the key {each.name} is missing", f"{each.name}: {each.about}")
    for group in shape.one_of:
        found = [key for key in group if key in given]
        if not found:
            reading.wrong(
                "plan_missing_key", where, f"one of {_or(group)} is missing", f"write such as {shape.example}"
            )
        elif len(found) > 1:
            at = (*where, found[1])
            reading.wrong("plan_conflict", at, f"{' and '.join(found)} cannot stand together", "keep one of them")
    if shape.some_of and not any(key in given for key in shape.some_of):
        reading.wrong("plan_missing_key", where, f"{_or(shape.some_of)} is missing", f"give {_or(shape.some_of)}")


def _keyed(node: Node, shape: Keyed, reading: Reading, where: Where) -> Json:
    if not isinstance(node.value, dict):
        return _type(node, reading, where, "a mapping of names", "")
    data = {}
    for key, value in node.value.items():
        at = (*where, key)
        reading.places[at] = node.keys.get(key, value.place)
        complaint = shape.key.check(key) if shape.key.check else ""
        if complaint:
            reading.wrong("plan_bad_value", at, complaint, shape.key.fix, key)
        found = read(value, shape.item, reading, at)
        if found is not MISSING and not complaint:
            data[key] = found
    if len(node.value) < shape.least:
        reading.wrong("plan_missing_value", where, "nothing is listed here", "list at least one")
    return data


def _many(node: Node, shape: Many, reading: Reading, where: Where) -> Json:
    if not isinstance(node.value, list):
        return _type(node, reading, where, "a list", f"[{_example(shape.item)}]")
    items: list[Json] = []
    for index, value in enumerate(node.value):
        found = read(value, shape.item, reading, (*where, index))
        if shape.unique and found is not MISSING and found in items:
            reading.wrong("plan_conflict", (*where, index), f"{_quoted(str(found))} is listed twice", "remove one")
        items.append(found)
    if len(items) < shape.least:
        reading.wrong("plan_missing_value", where, "the list is empty", "list at least one")
    return items


def _example(shape: Shape) -> str:
    if isinstance(shape, Choice):
        return shape.options[0]
    return shape.example if isinstance(shape, Record) and shape.example else "..."


def _either(node: Node, shape: Either, reading: Reading, where: Where) -> Json:
    for option in shape.options:
        wanted = dict if isinstance(option, Record | Keyed) else list if isinstance(option, Many) else str
        if isinstance(node.value, wanted):
            return read(node, option, reading, where)
    return _type(node, reading, where, " or ".join(_kind(option) for option in shape.options), "")


def _kind(shape: Shape) -> str:
    if isinstance(shape, Record):
        return f"a mapping such as {shape.example}" if shape.example else "a mapping"
    return "a list" if isinstance(shape, Many) else "a text"


def _scalar(node: Node, shape: Text | Number | Flag | Choice, reading: Reading, where: Where) -> Json:
    if isinstance(node.value, dict) and any(names_secret(key) for key in node.value):
        reading.wrong("plan_secret", where, "literal secrets do not belong in a plan", CREDENTIALS)
        return MISSING
    if not isinstance(node.value, str):
        return _type(node, reading, where, _wanted(shape), "")
    text = node.value
    if looks_secret(text):
        reading.wrong("plan_secret", where, "this looks like a literal secret", CREDENTIALS)
        return MISSING
    complaint, fix, found = _judge(text, node.plain, shape)
    if complaint:
        private = isinstance(shape, Text) and shape.private
        reading.wrong("plan_bad_value", where, complaint, fix, "" if private else text)
        return MISSING
    return found


def _judge(text: str, plain: bool, shape: Text | Number | Flag | Choice) -> tuple[str, str, Json]:
    """(what is wrong, how to mend it, the value) of a scalar."""
    match shape:
        case Text():
            complaint = shape.check(text) if shape.check else ("" if text.strip() else "the text is empty")
            return complaint, shape.fix, text
        case Choice():
            if text in shape.options:
                return "", "", text
            return f"{_quoted(text)} is not one of {_or(shape.options)}", _choose(text, shape.options), None
        case Flag():
            value = {"true": True, "false": False}.get(text.lower() if plain else "")
            return (
                ("" if value is not None else f"{_quoted(text)} is neither true nor false"),
                "write true or false",
                value,
            )
        case Number():
            return _number(text, plain, shape)


def _choose(text: str, options: tuple[str, ...]) -> str:
    close = nearest(text, options)
    return f"did you mean {close}?" if close else "write one of them"


def _number(text: str, plain: bool, shape: Number) -> tuple[str, str, Json]:
    form = WHOLE if shape.whole else DECIMAL
    limits = f"write {_wanted(shape)}"
    if not plain or not form.fullmatch(text):
        return f"{_quoted(text)} is not {'a whole number' if shape.whole else 'a number'}", limits, None
    value: float = int(text) if shape.whole else float(text)
    if value < shape.least or value > shape.most or (shape.above and value == shape.least):
        return f"{text} is out of range", limits, None
    return "", "", value


def _wanted(shape: Text | Number | Flag | Choice) -> str:
    match shape:
        case Text():
            return "a text"
        case Flag():
            return "true or false"
        case Choice():
            return f"one of {_or(shape.options)}"
        case Number():
            if shape.least == shape.most:
                return f"{shape.least:g}"
            limits = f"more than {shape.least:g} and at most" if shape.above else f"from {shape.least:g} to"
            return f"a {'whole ' if shape.whole else ''}number {limits} {shape.most:g}"


def _type(node: Node, reading: Reading, where: Where, wanted: str, example: str) -> Json:
    value = node.value
    kinds = {dict: "a mapping", list: "a list", str: "a text"}
    found = "nothing" if value is None else kinds[type(value)]
    text = value if isinstance(value, str) else ""
    fix = f"write {wanted}" + (f", such as {example}" if example and example not in wanted else "")
    code = "plan_secret" if isinstance(value, str) and looks_secret(value) else "plan_wrong_type"
    reading.wrong(code, where, f"{wanted} is wanted here, {found} was found", fix, text)
    return MISSING


def _quoted(text: str) -> str:
    return "(hidden)" if looks_secret(text) else f"'{shown(text)}'"


def _or(words: tuple[str, ...]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]
