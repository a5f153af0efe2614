"""What a formula comes to in one row: enough of the language that another formula gives another result.

Names, literals, arithmetic, comparisons, ``If``, the usual aggregates and what is known of the person who looks are
worked out. Of every other function the result is drawn from its name and its arguments: the same for the same ones,
in every organization.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol, TypeAlias

from migrate.sandbox.specs.column_types import BY_FUNCTION
from migrate.sandbox.specs.formulas import Token, calls, references, tokens

Value: TypeAlias = str | int | float | bool | None

AGGREGATES = frozenset(
    {"Sum", "Count", "CountDistinct", "Avg", "Min", "Max", "Median", "SumIf", "CountIf", "AvgIf", "ListAgg"}
)


class Place(Protocol):
    """Where a formula is worked out: one row, among those that it is added up with."""

    def value(self, parts: tuple[str, ...]) -> Value:
        """What a name means in this row; None for nothing."""

    def metric(self, name: str) -> Value:
        """What a metric comes to for the rows that this one is added up with."""

    def peers(self) -> Sequence[Place]:
        """The rows that this one is added up with, itself among them."""

    def person(self, name: str, given: Sequence[Value]) -> Value:
        """What a function says of the person who looks; raises KeyError for a function that asks for nobody."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula: ``sort`` is value, name, call or sign; ``inner`` are its operands or arguments."""

    sort: str
    value: Value | tuple[str, ...] = None
    inner: tuple[Node, ...] = ()


def aggregates(formula: str) -> bool:
    """Whether a formula says something of several rows at once."""
    return bool(AGGREGATES & set(calls(formula))) or any(one.parts[0] == "Metrics" for one in references(formula))


def evaluated(formula: str, place: Place) -> Value:
    """What a formula comes to; None for one that cannot be read."""
    return _of(parsed(formula), place)


def drawn(*seed: object) -> int:
    """A number below 2 ** 48 that depends on nothing but the seed."""
    text = "\0".join(str(one) for one in seed)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:6])


@lru_cache(maxsize=20_000)
def parsed(formula: str) -> Node:
    """The parts of a formula."""
    reader = _Reader(list(tokens(formula)))
    return reader.expression(0)


_BINDS: Mapping[str, int] = MappingProxyType(
    {"or": 1, "and": 2, **dict.fromkeys(("=", "!=", "<>", "<", ">", "<=", ">="), 4)}
    | {"&": 5, "+": 6, "-": 6, "*": 7, "/": 7, "%": 7, "^": 8}
)
_NOT, _NEGATIVE = 3, 9


class _Reader:
    """A formula while it is read, by how tightly its signs bind (Pratt's way)."""

    def __init__(self, found: list[Token]) -> None:
        self._left = found[::-1]

    def expression(self, least: int) -> Node:
        node = self._first()
        while self._left and _BINDS.get(self._left[-1].text.lower(), 0) > least:
            sign = self._left.pop().text.lower()
            node = Node("sign", sign, (node, self.expression(_BINDS[sign])))
        return node

    def _first(self) -> Node:
        if not self._left:
            return Node("value")
        token = self._left.pop()
        if token.sort == "string":
            return Node("value", token.text.strip('"'))
        if token.sort == "number":
            return Node("value", float(token.text) if set(token.text) & set(".eE") else int(token.text))
        if token.sort == "reference":
            return Node("name", references(token.text)[0].parts)
        if token.text == "(":
            inner = self.expression(0)
            self._skip(")")
            return inner
        if token.text.lower() == "not":
            return Node("call", "Not", (self.expression(_NOT),))
        if token.text == "-":
            return Node("sign", "-", (Node("value", 0), self.expression(_NEGATIVE)))
        return self._word(token)

    def _word(self, token: Token) -> Node:
        if not (self._left and self._left[-1].text == "("):
            words: dict[str, Value] = {"true": True, "false": False, "null": None}
            return Node("value", words.get(token.text.lower(), token.text))
        self._left.pop()
        inner: list[Node] = []
        while self._left and self._left[-1].text != ")":
            inner.append(self.expression(0))
            self._skip(",")
        self._skip(")")
        return Node("call", token.text, tuple(inner))

    def _skip(self, sign: str) -> None:
        if self._left and (self._left[-1].text == sign or sign == ","):
            if self._left[-1].text == sign:
                self._left.pop()
            elif self._left[-1].text != ")":
                self._left.pop()  # what nobody can read


def _of(node: Node, place: Place) -> Value:
    if node.sort == "name" and isinstance(node.value, tuple):
        return place.metric("/".join(node.value[1:])) if node.value[0] == "Metrics" else place.value(node.value)
    if node.sort == "call":
        return _called(str(node.value), node.inner, place)
    if node.sort == "sign":
        return _signed(str(node.value), _of(node.inner[0], place), _of(node.inner[1], place))
    return None if isinstance(node.value, tuple) else node.value


def _called(name: str, inner: Sequence[Node], place: Place) -> Value:
    if name in AGGREGATES:
        return _added(name, [[_of(one, peer) for one in inner] for peer in place.peers()])
    if name == "If":
        for condition, then in zip(inner[::2], inner[1::2], strict=False):
            if _of(condition, place) is True:
                return _of(then, place)
        return _of(inner[-1], place) if len(inner) % 2 else None
    given = [_of(one, place) for one in inner]
    try:
        return place.person(name, given)
    except KeyError:
        return _made_up(name, given)


def _made_up(name: str, given: Sequence[Value]) -> Value:
    """The result of a function that is not worked out, of the type that it has."""
    if name == "Not":
        return given[0] is not True if given else None
    found = drawn(name, *given)
    kind = BY_FUNCTION.get(name, "text")
    if kind == "boolean":
        return found % 2 == 0
    if kind == "datetime":
        return f"2026-{found % 12 + 1:02}-{found % 28 + 1:02}"
    return found % 10_000 if kind == "number" else f"{name} {found % 1000}"


def _added(name: str, rows: Sequence[Sequence[Value]]) -> Value:
    given = [row[0] for row in rows if row and row[0] is not None]
    numbers = [one for one in given if isinstance(one, int | float)]
    simple: Mapping[str, Callable[[], Value]] = {
        "Sum": lambda: round(sum(numbers), 6),
        "Count": lambda: len(given) if rows and rows[0] else len(rows),
        "CountDistinct": lambda: len(set(given)),
        "Avg": lambda: round(sum(numbers) / len(numbers), 6) if numbers else None,
        "Min": lambda: min(numbers, default=None),
        "Max": lambda: max(numbers, default=None),
    }
    return simple[name]() if name in simple else drawn(name, *sorted(str(row) for row in rows)) % 10_000


_COMPARE: Mapping[str, Callable[[str | float, str | float], bool]] = MappingProxyType(
    {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
)


def _signed(sign: str, left: Value, right: Value) -> Value:
    if sign in ("and", "or"):
        return (left is True and right is True) if sign == "and" else (left is True or right is True)
    if left is None or right is None:
        return None
    if sign in ("=", "!=", "<>"):
        return (left == right) is (sign == "=")
    if sign == "&":
        return f"{left}{right}"
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if sign in _COMPARE:
        return _COMPARE[sign](left, right) if numbers else _COMPARE[sign](str(left), str(right))
    return _reckoned(sign, float(left), float(right)) if numbers else drawn(sign, left, right) % 10_000


def _reckoned(sign: str, left: float, right: float) -> Value:
    try:
        found = {
            "+": operator.add,
            "-": operator.sub,
            "*": operator.mul,
            "/": operator.truediv,
            "%": operator.mod,
            "^": operator.pow,
        }[sign](left, right)
    except (ArithmeticError, ValueError):
        return None
    return round(found, 6) if isinstance(found, float) else None
