"""The type of every column, ``error`` where a name in its formula means nothing, and the cascade (sigma-specs 8.2).

Types are guessed from the outermost operation of a formula: enough to tell number, text, time and truth apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from migrate.sandbox.org import Json, Org
from migrate.sandbox.specs.document import Document, columns_of
from migrate.sandbox.specs.formulas import Token, references, tokens
from migrate.sandbox.specs.scope import Meaning, Scope
from migrate.sandbox.specs.trees import text

FUNCTIONS = {
    "number": """
        Sum SumIf Avg AvgIf Count CountIf CountDistinct CountDistinctIf Min Max Median Round Abs DateDiff DatePart Int
        Number Length Rank RowNumber CumulativeSum GrandTotal Subtotal PercentOfTotal Year Quarter Month Week Weekday
        Day Hour Mod Power Sqrt Ceiling Floor StdDev Variance Percentile CallNumber""",
    "text": """
        Text Concat Upper Lower Proper Trim Left Right Mid Substring Replace RegexpExtract SplitPart ListAgg Repeat
        CallText CurrentUserEmail CurrentUserAttributeText DateFormat MonthName WeekdayName""",
    "datetime": "Today Now Date DateTrunc DateAdd MakeDate DateParse CallDatetime LastDay",
    "boolean": """
        CurrentUserInTeam IsNull IsNotNull Contains StartsWith EndsWith In Between And Or Not CallLogical InDateRange
        RegexpMatch""",
}
BY_FUNCTION = {name: kind for kind, names in FUNCTIONS.items() for name in names.split()}
LIKE_FIRST = {"Coalesce": 0, "If": 1, "Switch": 2, "Lookup": 0, "Nullif": 0, "First": 0, "Last": 0, "Lag": 0, "Lead": 0}
COMPARING = frozenset({"=", "!=", "<>", "<", ">", "<=", ">=", "and", "or", "not", "in", "And", "Or", "Not"})
ADDING = frozenset({"+", "-", "*", "/", "%", "^"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The type of a column and, where it is ``error``, the literal that stands in the query."""

    type: str
    error: str = ""


@dataclass(slots=True, kw_only=True)
class Typing:
    """The types of the columns of one document, and of the models it reads, found as they are asked for."""

    org: Org
    document: Document
    scopes: dict[int, Scope] = field(default_factory=dict)
    known: dict[tuple[int, int], Typed] = field(default_factory=dict)
    open: set[tuple[int, int]] = field(default_factory=set)

    def scope(self, document: Document) -> Scope:
        """The names of a document, made once; those of models share one another."""
        key = id(document.body)
        if key not in self.scopes:
            models = next((scope.models for scope in self.scopes.values()), {})
            self.scopes[key] = Scope(org=self.org, document=document, models=models)
        return self.scopes[key]

    def of(self, document: Document, element: Json, column: Json) -> Typed:
        """The type of a column of an element of a document."""
        key = (id(element), id(column))
        if key not in self.known:
            if key in self.open or len(self.open) > 200:
                return Typed(type="error", error="Circular column reference")
            self.open.add(key)
            self.known[key] = self._found(document, element, column)
            self.open.discard(key)
        return self.known[key]

    def _found(self, document: Document, element: Json, column: Json) -> Typed:
        formula = text(column, "formula")
        if not formula:
            return Typed(type=text(column, "type") or "text")
        types: dict[str, str] = {}
        for found in references(formula):
            meaning = self.scope(document).meaning(element, found.parts, inside=column)
            typed = self._typed(meaning, found.text)
            if typed.type == "error":
                return typed
            types[f"[{found.text}]"] = typed.type
        return Typed(type=_outer(list(tokens(formula)), types))

    def _typed(self, meaning: Meaning, name: str) -> Typed:
        if meaning.verdict != "found":
            return Typed(type="error", error=f'Unknown column "[{name}]"')
        if meaning.column is None or meaning.document is None:
            return Typed(type=meaning.type)
        return self.of(meaning.document, meaning.element, meaning.column)


def first_error(typing: Typing, document: Document, element: Json) -> str:
    """The error literal of the first broken column of an element, or an empty text (one takes the element down)."""
    for column in columns_of(element):
        typed = typing.of(document, element, column)
        if typed.type == "error":
            return typed.error
    return ""


def _outer(found: list[Token], types: dict[str, str]) -> str:
    """The type of a formula by its outermost operation."""
    outside = list(_outside(found))
    signs = {token.text for token in outside}
    if signs & COMPARING and not (outside[0].text == "not" and len(outside) == 1):
        return "boolean"
    if "&" in signs:
        return "text"
    if not outside:
        return _outer(found[1:-1], types) if len(found) > 2 else "text"
    if signs & ADDING:
        times = any(types.get(token.text) == "datetime" for token in outside)
        return "datetime" if times and len(outside) == 3 and outside[2].sort == "number" else "number"
    return _atom(found, outside[0], types)


def _atom(found: list[Token], head: Token, types: dict[str, str]) -> str:
    if head.sort == "reference":
        return types.get(head.text, "text")
    if head.sort == "word" and head.text in LIKE_FIRST:
        chosen = _arguments(found)[LIKE_FIRST[head.text] :][:1]
        return _outer(chosen[0], types) if chosen and chosen[0] else "text"
    if head.sort == "word":
        words = {"True": "boolean", "False": "boolean"}
        return BY_FUNCTION.get(head.text, words.get(head.text, "text"))
    return {"number": "number"}.get(head.sort, "text")


def _outside(found: list[Token]) -> list[Token]:
    """The tokens outside of all parentheses, the parentheses left out."""
    depth, out = 0, []
    for token in found:
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
        elif depth <= 0:
            out.append(token)
    return out


def _arguments(found: list[Token]) -> list[list[Token]]:
    """The arguments of the call that begins a formula."""
    depth = 0
    parts: list[list[Token]] = [[]]
    for token in found[1:]:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 1:
            parts.append([])
        elif not (token.text == "(" and depth == 1) and depth > 0:
            parts[-1].append(token)
    return parts
