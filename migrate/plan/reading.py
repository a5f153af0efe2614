"""A tree of a file -> the values of a type, validated by pydantic, or every problem with the place it stands at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from migrate.errors import Problem
from migrate.plan.literal_secret import looks_secret, shown
from migrate.yaml.places import Node, Place, Where

T = TypeVar("T")


class Scalar(str):
    """A scalar as it is written; ``plain`` stood without quotes."""

    __slots__ = ("plain",)
    plain: bool

    def __new__(cls, text: str, plain: bool) -> Self:
        """Keep the text, and how it stood."""
        made = super().__new__(cls, text)
        made.plain = plain
        return made


class Block(dict[str, Any]):
    """A mapping that knows where it stands."""

    __slots__ = ("where",)

    def __init__(self, where: Where) -> None:
        """An empty one."""
        super().__init__()
        self.where = where


class Items(list[Any]):
    """A list that knows where it stands."""

    __slots__ = ("where",)

    def __init__(self, where: Where, items: Sequence[Any]) -> None:
        """One of these."""
        super().__init__(items)
        self.where = where


NOTHING = object()
"""Stands where nothing follows a key."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """What reading a tree gave: the problems so far, and where each value and each key stands.

    ``environ`` gives base URLs written ``${env.NAME}``; of the orgs in ``without_variables`` it is told already that
    theirs are not set.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    places: dict[Where, Place] = field(default_factory=dict)
    keys: dict[Where, Place] = field(default_factory=dict)
    without_variables: frozenset[str] = frozenset()

    def wrong(self, code: str, where: Where, message: str, fix: str = "", value: str = "") -> None:
        """Adds a problem at the nearest place known for this path."""
        known = where
        while known and known not in self.places:
            known = known[:-1]
        self.add(code, self.places.get(known, Place(file="")), where, message, fix, value)

    def wrong_key(self, code: str, where: Where, message: str, fix: str = "", value: str = "") -> None:
        """Adds a problem with a key itself."""
        self.add(code, self.keys.get(where) or self.places[where], where, message, fix, value)

    def add(self, code: str, place: Place, where: Where, message: str, fix: str, value: str) -> None:
        """Adds a problem; a value that looks like a secret is not repeated."""
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

    def line(self, where: Where) -> int:
        """The line in which a value stands."""
        return self.places[where].line

    def data(self, node: Node, where: Where = ()) -> Any:
        """The tree as located values: ``Block``, ``Items``, ``Scalar`` or NOTHING."""
        self.places.setdefault(where, node.place)
        if isinstance(node.value, dict):
            block = Block(where)
            for key, value in node.value.items():
                self._place(node, key, value, (*where, key))
                block[key] = self.data(value, (*where, key))
            return block
        if isinstance(node.value, list):
            return Items(where, [self.data(value, (*where, index)) for index, value in enumerate(node.value)])
        return NOTHING if node.value is None else Scalar(node.value, node.plain)

    def _place(self, node: Node, key: str, value: Node, at: Where) -> None:
        """A block or list stands where its key does, a scalar where it is written."""
        self.keys[at] = node.keys.get(key, value.place)
        self.places[at] = self.keys[at] if isinstance(value.value, dict | list) else value.place


def read(data: Any, kind: type[T], reading: Reading, root: Any = None) -> T | None:
    """The value of a type that located data have, or None; all that is wrong goes to ``reading``.

    ``root`` is the type with its marks, where it has any.
    """
    from pydantic import ValidationError

    from migrate.plan.schema import adapter

    marked: Any = root or kind
    plain: Any = kind
    try:
        found: T = adapter(marked).validate_python(data, context=reading)
    except ValidationError as error:
        from migrate.plan.complaints import Complaints
        from migrate.plan.schema import schema_of

        complaints = Complaints(schema_of(plain), reading)
        for each in error.errors(include_url=False):
            complaints.tell(each)
        return None
    return found


def dotted(where: Where) -> str:
    """A path as ``map.folders.0.from``."""
    return ".".join(shown(str(step)) for step in where)
