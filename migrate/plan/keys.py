"""What a key of a plan says beside its type: the marks in ``Annotated[…]`` that pydantic reads a plan by. Pure.

The types of ``migrate.plan.model`` and ``migrate.plan.file`` carry them. pydantic itself is imported where a plan is
read, so that a command that reads none does not pay for it. The annotations of what it reads are no texts (no import
from ``__future__``): it would compile each of them, which takes longer than to read a plan. Values come as
``migrate.plan.reading`` hands them over: scalars as text that knows whether it stood in quotes, blocks and lists that
know where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from migrate.plan.literal_secret import looks_secret, quoted
from migrate.tree import Json

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema, PydanticCustomError
    from pydantic_core.core_schema import ValidationInfo

WHOLE = re.compile(r"[+-]?\d{1,18}")
DECIMAL = re.compile(r"[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})")
SCALARS = ["string", "number", "boolean"]
"""What YAML may make of a text without quotes; the loader takes it as it is written."""
UNIQUE = {"uniqueItems": True}
OPTION = "\0"
"""Starts the step in the place of an error that says which option of a union was read."""


def written(*, example: Json = None, **keys: str) -> dict[str, Any]:
    """How pydantic reads a block: no key but its own, some of them written otherwise in the file; and an example."""
    config: dict[str, Any] = {"extra": "forbid", "alias_generator": lambda name: keys.get(name, name)}
    return config | ({"json_schema_extra": {"examples": [example]}} if example is not None else {})


def required_one_of(keys: Sequence[str]) -> Json:
    """The words of JSON Schema for a block with exactly one of these keys."""
    return {"allOf": [{"oneOf": [{"required": [key]} for key in keys]}]}


def complaint(message: str, fix: str, *, private: bool = False) -> PydanticCustomError:
    """The error for a value that is not as it must be."""
    from pydantic_core import PydanticCustomError

    return PydanticCustomError("plan_bad_value", "{said}", {"said": message, "fix": fix, "private": private})


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """What a key means, with examples; editors show it."""

    about: str
    examples: tuple[Json, ...] = ()

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        examples = {"examples": list(self.examples)} if self.examples else {}
        return {**handler(schema), "description": self.about, **examples}


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """What ``from`` and ``to`` of a pair mean; editors show it."""

    source: str
    target: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        ends = {"from": {"description": self.source}, "to": {"description": self.target}}
        return {**handler(schema), "properties": ends}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Text:
    """Any scalar, as it is written. ``check`` says what is wrong with it, ``private`` ones are never repeated."""

    check: Callable[[str], str] | None = None
    fix: str = ""
    pattern: str = ""
    examples: tuple[str, ...] = ()
    private: bool = False
    empty: bool = False

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self.judged, core_schema.str_schema(strict=True))

    def judged(self, text: str) -> str:
        """The text. Raises PydanticCustomError with what is wrong."""
        said = self.check(text) if self.check else "" if self.empty or text.strip() else "the text is empty"
        if said or looks_secret(text):
            raise complaint(said, self.fix, private=self.private)
        return text

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> Json:
        least = {} if self.empty else {"minLength": 1}
        pattern = {"pattern": self.pattern} if self.pattern else {}
        return {"type": SCALARS, **least, **pattern, **({"examples": list(self.examples)} if self.examples else {})}


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """A number from ``least`` to ``most``, written without quotes; ``above`` shuts ``least`` itself out."""

    least: float
    most: float
    whole: bool = True
    above: bool = False

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        limits: Json = {"gt" if self.above else "ge": self.least, "le": self.most}
        inner = (core_schema.int_schema if self.whole else core_schema.float_schema)(**limits)
        return core_schema.no_info_before_validator_function(self.number, inner)

    def number(self, given: Json) -> Json:
        """The number that a text without quotes stands for. Raises PydanticCustomError where it is none."""
        if not isinstance(given, str):
            return given
        if not _plain(given) or not (WHOLE if self.whole else DECIMAL).fullmatch(given):
            said = f"{quoted(given)} is not {'a whole number' if self.whole else 'a number'}"
            raise complaint(said, f"write {number_in_words(self.least, self.most, self.whole, self.above)}")
        return int(given) if self.whole else float(given)


def number_in_words(least: float, most: float, whole: bool, above: bool) -> str:
    """Which numbers are wanted."""
    if least == most:
        return f"{least:g}"
    limits = f"more than {least:g} and at most" if above else f"from {least:g} to"
    return f"a {'whole ' if whole else ''}number {limits} {most:g}"


@dataclass(frozen=True, slots=True, eq=False)
class Flag:
    """``true`` or ``false``, written without quotes; ``only`` true where false would have no effect."""

    only: bool = False

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(self.flag, core_schema.bool_schema(strict=True))

    def flag(self, given: Json) -> Json:
        """The truth value of a text. Raises PydanticCustomError where it is none."""
        if not isinstance(given, str):
            return given
        value = {"true": True, "false": False}.get(given.lower() if _plain(given) else "")
        if value is None:
            raise complaint(f"{quoted(given)} is neither true nor false", "write true or false")
        if self.only and not value:
            raise complaint("false has no effect", "write true, or remove it")
        return value


def _plain(given: Json) -> bool:
    """Whether a scalar stood without quotes."""
    return getattr(given, "plain", True) is True


@dataclass(frozen=True, slots=True, eq=False)
class Least:
    """A list or mapping with at least so many entries."""

    count: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: Json = handler(source)
        return {**schema, "min_length": self.count}


@dataclass(frozen=True, slots=True, eq=False)
class Agree:
    """What the keys of a block, or the entries of a list, must agree on: told beside what is wrong with any of them."""

    rule: Callable[[Any, Any], None]
    keywords: Json = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        inner = handler(source)
        kind = list if inner["type"] == "tuple" else dict

        def asked(given: Json, info: ValidationInfo) -> Json:
            if isinstance(given, kind):
                self.rule(given, info.context)
            return given

        return core_schema.with_info_before_validator_function(asked, inner)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {**handler(schema), **(self.keywords or {})}


@dataclass(frozen=True, slots=True, eq=False)
class ReadAs:
    """Written as one type, and made another one of: ``made`` gets the value of ``type``."""

    type: Any
    made: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self.made, handler.generate_schema(self.type))


@dataclass(frozen=True, slots=True, eq=False)
class ByKind:
    """The options of a union, told apart by what stands there: ``str``, ``list`` or ``dict`` for each in turn."""

    kinds: tuple[type, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _union(source, handler, self._option)

    def _option(self, given: Json) -> str | None:
        return next((f"{OPTION}{index}" for index, kind in enumerate(self.kinds) if isinstance(given, kind)), None)


@dataclass(frozen=True, slots=True, eq=False)
class ByKey:
    """The options of a union of blocks, told apart by the one key that each has to itself; the first without any."""

    keys: tuple[str, ...]
    example: Json = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _union(source, handler, self._option)

    def _option(self, given: Json) -> str:
        keys = given if isinstance(given, dict) else ()
        found = [self.keys.index(key) for key in keys if key in self.keys]
        return f"{OPTION}{found[0] if found else 0}"

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        return {**handler(schema), "examples": [self.example]}


def _union(source: Any, handler: GetCoreSchemaHandler, option: Callable[[Json], str | None]) -> CoreSchema:
    from pydantic_core import core_schema

    choices = {f"{OPTION}{index}": handler.generate_schema(each) for index, each in enumerate(get_args(source))}
    return core_schema.tagged_union_schema(choices, option)
