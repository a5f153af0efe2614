"""The kinds of shapes a value of a plan may have, as data.

One table of them (``migrate.plan.table``) serves the loader and the JSON Schema, so they cannot diverge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from migrate.tree import Json

Check: TypeAlias = Callable[[str], str]
"""Says in one sentence what is wrong with a text, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Any scalar, as it is written. ``check`` says what is wrong with it, ``private`` ones are never repeated."""

    check: Check | None = None
    fix: str = ""
    pattern: str = ""
    examples: tuple[str, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number from ``least`` to ``most``; ``above`` shuts ``least`` itself out."""

    least: float
    most: float
    whole: bool = True
    above: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """``true`` or ``false``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of some words."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """A list."""

    item: Shape
    least: int = 0
    unique: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A mapping whose keys the user chooses."""

    item: Shape
    key: Text
    least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a record; ``default`` is told to editors, the model sets it."""

    name: str
    shape: Shape
    about: str
    required: bool = False
    default: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A mapping with known keys. Exactly one key of each group of ``one_of`` is given, at least one of ``some_of``."""

    fields: tuple[Field, ...]
    one_of: tuple[tuple[str, ...], ...] = ()
    some_of: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """One of several shapes, told apart by whether a scalar, a list or a mapping stands there."""

    options: tuple[Shape, ...]


Shape: TypeAlias = Text | Number | Flag | Choice | Many | Keyed | Record | Either


def key(name: str, shape: Shape, about: str, *, required: bool = False, default: Json = None) -> Field:
    """One key of a record."""
    return Field(name=name, shape=shape, about=about, required=required, default=default)
