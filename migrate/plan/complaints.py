"""What pydantic found wrong with a plan, in the words of plans: where it stands, what it is, how to mend it.

What is wanted at a place, which keys are known there and what they mean is read off the JSON Schema of the plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migrate.plan.keys import OPTION, number_in_words
from migrate.plan.literal_secret import either, looks_secret, names_secret, quoted, shown
from migrate.plan.reading import NOTHING, Reading
from migrate.plan.suggest import did_you_mean, nearest
from migrate.tree import Json
from migrate.yaml.places import Where

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

CREDENTIALS = "write credentials: env:PREFIX, file:PATH or keyring:SERVICE, and change the secret if it was shared"
LIMITS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"})
_BARE = re.compile(r"[A-Za-z0-9*$./_][\w*$./@ -]*(:[\w*$./@-]+)?")


@dataclass(frozen=True, slots=True)
class Complaints:
    """Tells a book what pydantic found wrong with data of this JSON Schema."""

    schema: Json
    book: Reading

    def tell(self, error: ErrorDetails) -> None:
        """One error, as a problem of the plan."""
        where, here, union = self._at(error["loc"])
        match error["type"]:
            case "missing":
                self._missing(where, here, union)
            case "unexpected_keyword_argument":
                self._unknown(where, here, union)
            case kind:
                self._value(kind, where, here, error)

    def _at(self, steps: tuple[int | str, ...]) -> tuple[Where, Json, Json]:
        """(the place, what its last step names in the schema, the union that the block of this step is one of)."""
        where: list[str | int] = []
        here, block, union, outer = self.schema, self.schema, None, None
        for step in steps:
            if isinstance(step, str) and step.startswith(OPTION):
                union, here = here, here["anyOf"][int(step.removeprefix(OPTION))]
                continue
            outer, union, block = union, None, here
            where.append(step)
            here = _inside(here, step)
        return tuple(where), here if here is not None else block, outer

    def _missing(self, where: Where, here: Json, union: Json) -> None:
        block, name = where[:-1], str(where[-1])
        choosers = _choosers(union)
        if name in choosers:
            said, fix = f"one of {either(choosers)} is missing", f"write such as {flow(union['examples'][0])}"
        else:
            said, fix = f"the key {name} is missing", f"{name}: {here.get('description', '')}"
        self.book.wrong("plan_missing_key", block, said, fix)

    def _unknown(self, where: Where, block: Json, union: Json) -> None:
        name = str(where[-1])
        choosers = _choosers(union)
        chosen = next((key for key in choosers if key in block["properties"]), "")
        pairs = zip(choosers, _options(union), strict=False)
        of = next((key for key, option in pairs if name in option["properties"]), "")
        if names_secret(name):
            said = f"a literal secret ({shown(name)}) does not belong in a plan"
            self.book.wrong_key("plan_secret", where, said, CREDENTIALS)
        elif name in choosers:
            self.book.wrong("plan_conflict", where, f"{chosen} and {name} cannot stand together", "keep one of them")
        elif of:
            self.book.wrong(
                "plan_conflict", where, f"{name} belongs to {of}", f"remove it; {chosen} says what is meant"
            )
        else:
            known = dict.fromkeys(key for option in [block, *_options(union)] for key in option.get("properties", {}))
            self.book.wrong_key("plan_unknown_key", where, f"unknown key {quoted(name)}", did_you_mean(name, known))

    def _value(self, kind: str, where: Where, here: Json, error: ErrorDetails) -> None:
        given, extra = error["input"], error.get("ctx", {})
        if isinstance(given, str) and looks_secret(given):
            self.book.wrong("plan_secret", where, "this looks like a literal secret", CREDENTIALS)
        elif isinstance(given, dict) and any(names_secret(key) for key in given) and "properties" not in here:
            self.book.wrong("plan_secret", where, "literal secrets do not belong in a plan", CREDENTIALS)
        elif given is NOTHING and where and isinstance(where[-1], str):
            fix = "write [] for none, or remove the key" if _list(here) else "give it a value, or remove the key"
            self.book.wrong("plan_missing_value", where, f"nothing stands after {where[-1]}:", fix)
        elif where and where[-1] == "[key]":
            at = where[:-1]
            self.book.wrong_key("plan_bad_value", at, extra["said"], extra["fix"], str(at[-1]))
        elif kind == "plan_bad_value":
            self.book.wrong(kind, where, extra["said"], extra["fix"], "" if extra["private"] else str(given))
        elif kind == "too_short" and len(given) >= extra["min_length"]:
            return  # pydantic counts the entries that are right; those that are not are told
        elif kind == "too_short":
            listed = isinstance(given, list)
            said = "the list is empty" if listed else "nothing is listed here"
            self.book.wrong("plan_missing_value", where, said, "list at least one")
        elif kind == "literal_error" and isinstance(given, str):
            self.book.wrong("plan_bad_value", where, *_choice(given, here["enum"]), given)
        elif kind in LIMITS:
            # The number is read by now: it is told as it is written.
            said = f"{_number(error)} is out of range"
            self.book.wrong("plan_bad_value", where, said, f"write {wanted(here)}", _number(error))
        else:
            self._kind(where, here, given)

    def _kind(self, where: Where, here: Json, given: Any) -> None:
        """A value of another kind than is wanted."""
        kinds = {dict: "a mapping", list: "a list", str: "a text"}
        found = next((said for kind, said in kinds.items() if isinstance(given, kind)), "nothing")
        example = _example(here)
        hint = f", such as {example}" if example and example not in wanted(here) else ""
        message = f"{wanted(here)} is wanted here, {found} was found"
        value = given if isinstance(given, str) else ""
        self.book.wrong("plan_wrong_type", where, message, f"write {wanted(here)}{hint}", value)


def _inside(schema: Json, step: str | int) -> Json:
    """What a key or a position names in a schema; None for a key that is not known."""
    if isinstance(step, int):
        return schema.get("items", {})
    if step == "[key]":
        return schema
    return schema.get("properties", {}).get(step) or schema.get("additionalProperties") or None


def _options(union: Json) -> list[Json]:
    return [option for option in union["anyOf"] if "properties" in option] if union else []


def _choosers(union: Json) -> list[str]:
    """The key by which each option of a union of blocks is told: the one it needs and no other knows."""
    options = _options(union)
    found = []
    for option in options:
        others = {key for other in options if other is not option for key in other["properties"]}
        found += [key for key in option.get("required", ()) if key not in others][:1]
    return found if len(found) == len(options) else []


def _list(schema: Json) -> bool:
    return bool(schema.get("type") == "array")


def _choice(text: str, options: list[str]) -> tuple[str, str]:
    close = nearest(text, options)
    fix = f"did you mean {close}?" if close else "write one of them"
    return f"{quoted(text)} is not one of {either(options)}", fix


def _number(error: ErrorDetails) -> str:
    given = error["input"]
    return f"{given:g}" if isinstance(given, float) else str(given)


def wanted(schema: Json) -> str:
    """What is wanted at a place, in words."""
    if "anyOf" in schema:
        return " or ".join(_option(option) for option in schema["anyOf"])
    if "enum" in schema:
        return f"one of {either(schema['enum'])}"
    match schema.get("type"):
        case "object":
            return "a mapping of keys" if "properties" in schema else "a mapping of names"
        case "array":
            return "a list"
        case "boolean":
            return "true or false"
        case "integer" | "number" as kind:
            above = "exclusiveMinimum" in schema
            least = schema["exclusiveMinimum" if above else "minimum"]
            return number_in_words(least, schema["maximum"], kind == "integer", above)
        case _:
            return "a text"


def _option(schema: Json) -> str:
    example = _example(schema)
    return f"a mapping such as {example}" if schema.get("type") == "object" and example else wanted(schema)


def _example(schema: Json) -> str:
    """A value that may stand at a place, as it would be written."""
    if _list(schema):
        return f"[{_example(schema['items']) or '...'}]"
    if "enum" in schema:
        return str(schema["enum"][0])
    return flow(schema["examples"][0]) if schema.get("type") == "object" and "examples" in schema else ""


def flow(value: Json) -> str:
    """A tree as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    text = str(value)
    return text if _BARE.fullmatch(text) else f'"{text}"'


def places(schema: Json, where: Where = ()) -> Iterator[tuple[Where, Json]]:
    """Every key of a schema with its place; the keys of all options, parents first. ``*`` is a name of one's own."""
    for name, inner in schema.get("properties", {}).items():
        yield (*where, name), inner
        yield from places(inner, (*where, name))
    named = schema.get("additionalProperties")
    if isinstance(named, dict):
        yield from places(named, (*where, "*"))
    if "items" in schema:
        yield from places(schema["items"], (*where, 0))
    for option in schema.get("anyOf", ()):
        yield from places(option, where)
