"""Lists of a report's rows, small in memory until somebody reads them. Pure.

A run knows of each document a hundred places and differences, which nobody asks for until the report is made. As
objects they take ten to thirty times what they take as packed JSON.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import GenericAlias
from typing import TYPE_CHECKING, Any, TypeVar, get_args, overload

import orjson

from migrate.tree import Json

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

T = TypeVar("T")

_FAST = 1  # zlib's level: the texts of one document are alike, so that any does


class Packed(Sequence[T]):
    """Values as packed JSON, made again by ``made`` whenever they are read; how many there are is known."""

    __slots__ = ("_bytes", "_length", "_made")

    def __init__(self, values: Sequence[T], made: Callable[[Json], T]) -> None:
        self._bytes = zlib.compress(orjson.dumps(values), _FAST)
        self._length = len(values)
        self._made = made

    @property
    def whole(self) -> tuple[T, ...]:
        """All of them."""
        return tuple(map(self._made, orjson.loads(zlib.decompress(self._bytes))))

    def with_all(self, values: Sequence[T]) -> Packed[T]:
        """Other values of the same kind in place of these."""
        return Packed(values, self._made)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        return self.whole[at]

    def __iter__(self) -> Iterator[T]:
        return iter(self.whole)

    def __eq__(self, other: object) -> bool:
        return self.whole == (other.whole if isinstance(other, Packed) else other)

    def __hash__(self) -> int:
        return hash(self.whole)

    def __repr__(self) -> str:
        return repr(self.whole)


def packed(values: Iterable[T], made: Callable[[Json], T]) -> Sequence[T]:
    """The values, packed; ``made`` makes one of what its JSON says. None take no room as they are."""
    known = tuple(values)
    return Packed(known, made) if known else ()


def unpacked(value: object) -> list[Any]:
    """What is packed as a list, for ``orjson.dumps(..., default=unpacked)``."""
    if isinstance(value, Packed):
        return list(value.whole)
    raise TypeError(f"{type(value).__name__} is no JSON")


class AsTuple:
    """Says that a field is a tuple where it is read from a file, packed or not where it is made."""

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler(GenericAlias(tuple, (*get_args(source), ...)))
