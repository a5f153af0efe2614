"""The rows that an element shows to one person, as an export has them: sources, joins, filters, groups, controls.

Only what tells one document from another is worked out: which table, which formula, which filter. What no fact tells
(the ways of text filters, of transposed tables) is drawn from its own words instead, so that another one shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from migrate.sandbox.org import Json, Member, Org
from migrate.sandbox.specs.document import Document, columns_of, model, shown_names
from migrate.sandbox.specs.evaluate import Place, Value, aggregates, drawn, evaluated
from migrate.sandbox.specs.names import column_name, path_tail
from migrate.sandbox.specs.table_rows import TableRow, content_of, rows_of
from migrate.sandbox.specs.trees import objects, text, texts, thing, walk

MOST_ROWS = 2000
ROWS_AS_THEY_ARE = frozenset({"table", "input-table"})
ANY = "*"
"""Stands for every prefix, where nothing tells how the columns of a source are called."""

Base = Mapping[str, "Row | TableRow | _Matched"]
"""What one row is made from, by the prefix that formulas give it."""


@dataclass(slots=True, kw_only=True, eq=False)
class Frame:
    """An element with its rows; ``rows`` are those that its filters let through, once these were looked at."""

    home: Shown
    element: Json
    columns: dict[str, Json]
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Row:
    """One row of an element; ``known`` are the values of its columns, by column id, as far as anybody asked."""

    frame: Frame
    base: Base
    known: dict[str, Value] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)

    def value(self, parts: tuple[str, ...]) -> Value:
        """What a name means here: an own column, a control, something of what the row is made from, or nothing."""
        own = self.frame.columns.get("/".join(parts))
        if own is not None and text(own, "id") not in self.open:
            return self.cell(own)
        control = self.frame.home.document.controls.get(parts[0]) if len(parts) == 1 else None
        if control is not None:
            return _control_value(control)
        if len(parts) > 1:
            under = self.base.get(parts[0]) or self.base.get(ANY)
            return under.value(parts[1:]) if under else self.frame.home.related(self, parts)
        return next((v for under in self.base.values() if (v := under.value(parts)) is not None), None)

    def cell(self, column: Json) -> Value:
        """The value of one of its columns."""
        name = text(column, "id")
        if name not in self.known:
            self.open.add(name)
            place = _Looked(row=self, rows=self.frame.home.group(self, column))
            self.known[name] = evaluated(text(column, "formula"), place)
            self.open.discard(name)
        return self.known[name]


@dataclass(slots=True, kw_only=True)
class _Looked:
    """A row and those that it is added up with."""

    row: Row
    rows: Sequence[Row]

    def value(self, parts: tuple[str, ...]) -> Value:
        return self.row.value(parts)

    def metric(self, name: str) -> Value:
        return self.row.frame.home.metric(self.row, self.rows, name)

    def peers(self) -> Sequence[Place]:
        return [_Looked(row=one, rows=self.rows) for one in self.rows]

    def person(self, name: str, given: Sequence[Value]) -> Value:
        return self.row.frame.home.person(name, given)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matched:
    """A row of a union, under the names that the union gives its columns."""

    under: Row | TableRow
    names: Mapping[str, str]

    def value(self, parts: tuple[str, ...]) -> Value:
        name = self.names.get("/".join(parts))
        return self.under.value((name,)) if name else None


@dataclass(slots=True, kw_only=True, eq=False)
class Shown:
    """The rows of one document as one member of the organization sees them, worked out as they are asked for."""

    org: Org
    member: Member
    document: Document
    frames: dict[int, Frame] = field(default_factory=dict)
    models: dict[str, Shown | None] = field(default_factory=dict)

    def exported(self, element: Json) -> tuple[list[str], list[list[Value]]]:
        """The names of the columns of an element that are shown, and its rows: of charts and pivots one a group."""
        frame = self.frame(element)
        columns = [one for one in columns_of(element) if one.get("hidden") is not True]
        rows = frame.rows
        if text(element, "kind") not in ROWS_AS_THEY_ARE:
            keys = [one for one in columns if not aggregates(text(one, "formula"))]
            groups: dict[tuple[Value, ...], Row] = {}
            for row in rows:
                groups.setdefault(tuple(row.cell(one) for one in keys), row)
            rows = list(groups.values())
        return [column_name(one) for one in columns], [[row.cell(one) for one in columns] for row in rows]

    def frame(self, element: Json) -> Frame:
        """An element with its rows; one that is made from itself has none."""
        key = id(element)
        if key not in self.frames:
            columns = {column_name(one): one for one in reversed(columns_of(element))}
            frame = self.frames[key] = Frame(home=self, element=element, columns=columns)
            bases = list(self._bases(thing(element, "source")))[:MOST_ROWS]
            frame.rows = [Row(frame=frame, base=base) for base in bases]
            frame.rows = [row for row in frame.rows if all(_passes(row, one) for one in self._filters(element))]
            for row in frame.rows:
                row.known.clear()  # what was added up over rows that a filter has taken away
        return self.frames[key]

    def _bases(self, source: Json) -> Iterator[Base]:
        kind = text(source, "kind")
        connection = self.org.connections.get(text(source, "connectionId"))
        if kind == "warehouse-table":
            path = tuple(texts(source.get("path")))
            table = connection.tables.get(path) if connection else None
            yield from ({path_tail(source): row} for row in rows_of(table, ".".join(path)))
        elif kind == "sql":
            controls = {name: _control_value(one) for name, one in self.document.controls.items()}
            content = content_of(text(source, "statement"), connection, controls)
            yield from ({"Custom SQL": row} for row in rows_of(None, content))
        elif kind in ("table", "data-model"):
            yield from self._of_element(source)
        elif kind == "join":
            yield from self._joined(source)
        elif kind == "union":
            yield from self._union(source)
        else:
            yield from ({ANY: row} for row in rows_of(None, _words(source)))

    def _of_element(self, source: Json) -> Iterator[Base]:
        home = self._model(text(source, "dataModelId")) if source.get("kind") == "data-model" else self
        element = home.document.by_id.get(text(source, "elementId")) if home else None
        if home is not None and element is not None:
            names = shown_names(self.org, element, home.document)
            yield from (dict.fromkeys(names, row) for row in home.frame(element).rows)

    def _model(self, model_id: str) -> Shown | None:
        if model_id not in self.models:
            found = model(self.org, model_id)
            made = Shown(org=self.org, member=self.member, document=found, models=self.models) if found else None
            self.models[model_id] = made
        return self.models[model_id]

    def _joined(self, source: Json) -> Iterator[Base]:
        rows = _called(self._bases(thing(source, "primarySource")), text(source, "name"))
        for join in objects(source.get("joins")):
            right = _called(self._bases(thing(join, "right")), text(join, "name"))
            rows = list(_merged(rows, right, join))[:MOST_ROWS]
        yield from rows

    def _union(self, source: Json) -> Iterator[Base]:
        sources = list(objects(source.get("sources")))
        for number, one in enumerate(sources):
            names: dict[str, str] = {}
            for match in objects(source.get("matches")):
                given = match.get("sourceColumns")
                name = given[number] if isinstance(given, list) and number < len(given) else None
                names |= {text(match, "outputColumnName"): name} if isinstance(name, str) else {}
            for base in self._bases(one):
                under = next(iter(base.values()))
                if not isinstance(under, _Matched):
                    yield {f"Union of {len(sources)} Sources": _Matched(under=under, names=names)}

    def _filters(self, element: Json) -> list[Json]:
        """The filters of an element that are on, and those of the controls that are set on it."""
        own = [one for one in objects(element.get("filters")) if one.get("state") != "disabled"]
        for control in self.document.controls.values():
            for one in objects(control.get("filters")):
                if text(thing(one, "source"), "elementId") == text(element, "id"):
                    kept = {key: control[key] for key in ("mode", "values", "value", "min", "max") if key in control}
                    kind = "list" if isinstance(control.get("values"), list) else text(control, "controlType")
                    own.append({**kept, "kind": kind, "columnId": text(one, "columnId")})
        return own

    def group(self, row: Row, column: Json) -> Sequence[Row]:
        """The rows that a column adds up: those of its grouping or of a chart's other columns, else all."""
        if not aggregates(text(column, "formula")):
            return (row,)
        element, name = row.frame.element, text(column, "id")
        groups = (one for one in objects(element.get("groupings")) if name in texts(one.get("calculations")))
        keys = [key for one in groups for key in texts(one.get("groupBy"))]
        by_id = {text(one, "id"): one for one in columns_of(element)}
        by = [by_id[key] for key in keys if key in by_id]
        if text(element, "kind") not in ROWS_AS_THEY_ARE:
            by = [one for one in by_id.values() if not aggregates(text(one, "formula"))]
        mine = [row.cell(one) for one in by]
        return [one for one in row.frame.rows if [one.cell(key) for key in by] == mine]

    def metric(self, row: Row, rows: Sequence[Row], name: str) -> Value:
        """A metric of the element, or of one that it is made from, over these rows."""
        own = next((one for one in objects(row.frame.element.get("metrics")) if text(one, "name") == name), None)
        if own is not None:
            return evaluated(text(own, "formula"), _Looked(row=row, rows=rows))
        for prefix, under in row.base.items():
            if isinstance(under, Row):
                below = [one.base[prefix] for one in rows if prefix in one.base]
                kept = [one for one in below if isinstance(one, Row)]
                return under.frame.home.metric(under, kept, name)
        return None

    def related(self, row: Row, parts: tuple[str, ...]) -> Value:
        """What stands in the first row that a relationship of the element leads to."""
        by_id = {text(one, "id"): one for one in columns_of(row.frame.element)}
        for relation in objects(row.frame.element.get("relationships")):
            target = self.document.by_id.get(text(relation, "targetElementId"))
            if target is None or parts[0] not in {
                text(relation, "name"),
                *shown_names(self.org, target, self.document),
            }:
                continue
            there = {text(one, "id"): one for one in columns_of(target)}
            keys = [
                (by_id[here], there[other])
                for key in objects(relation.get("keys"))
                if (here := text(key, "sourceColumnId")) in by_id and (other := text(key, "targetColumnId")) in there
            ]
            wanted = [row.cell(here) for here, _ in keys]
            rows = self.frame(target).rows
            found = next((one for one in rows if [one.cell(other) for _, other in keys] == wanted), None)
            return found.value(parts[1:]) if found else None
        return None

    def person(self, name: str, given: Sequence[Value]) -> Value:
        """What a function says of the member who looks. Raises KeyError for a function that asks for nobody."""
        asked = str(given[0]) if given else ""
        teams = [one for one in self.org.teams.values() if self.member.id in one.extra.get("members", ())]
        if name == "CurrentUserInTeam":
            return any(one.name == asked for one in teams)
        if name == "CurrentUserEmail":
            return self.member.email
        if name != "CurrentUserAttributeText":
            raise KeyError(name)
        for attribute in self.org.user_attributes.values():
            if attribute.name == asked:
                held = [attribute.extra.get("users", {}).get(self.member.id)]
                held += [attribute.extra.get("teams", {}).get(one.id) for one in teams]
                return next((str(thing(one, "value").get("val")) for one in held if one), None)
        return None


def _called(bases: Iterable[Base], name: str) -> list[Base]:
    """The rows of one leg of a join, under the name of the leg too where it has one."""
    rows = [base for base in bases if base][:MOST_ROWS]
    return [{**base, name: next(iter(base.values()))} for base in rows] if name else rows


def _merged(left: Sequence[Base], right: Sequence[Base], join: Json) -> Iterator[Base]:
    """The rows of a join: every left one with every right one that all of its pairs of columns accept."""
    met: set[int] = set()
    kind = text(join, "joinType") or "inner"
    for one in left:
        fits = [number for number, other in enumerate(right) if _fits(one, other, join)]
        met.update(fits)
        yield from ({**right[number], **one} for number in fits)
        if not fits and kind in ("left-outer", "full-outer", "lookup"):
            yield one
    if kind in ("right-outer", "full-outer"):
        yield from (other for number, other in enumerate(right) if number not in met)


def _fits(left: Base, right: Base, join: Json) -> bool:
    for pair in objects(join.get("columns")):
        here, there = _named(left, text(pair, "left")), _named(right, text(pair, "right"))
        if ((here == there and here is not None) if text(pair, "op") in ("", "=") else here != there) is False:
            return False
    return True


def _named(base: Base, written: str) -> Value:
    parts = tuple(written.strip("[]").split("/"))
    if len(parts) > 1 and parts[0] in base:
        return base[parts[0]].value(parts[1:])
    return next((value for under in base.values() if (value := under.value(parts)) is not None), None)


def _passes(row: Row, one: Json) -> bool:
    """Whether a filter lets a row through."""
    column = next((each for each in columns_of(row.frame.element) if text(each, "id") == text(one, "columnId")), None)
    value = row.cell(column) if column else None
    kind, values = text(one, "kind"), one.get("values")
    if kind == "list" and isinstance(values, list):
        return not values or (value in values) is (one.get("mode") != "exclude")
    if kind in ("number-range", "range-slider"):
        if not isinstance(value, int | float):
            return False
        least, most = (one.get(key) for key in ("min", "max"))
        return (least is None or value >= least) and (most is None or value <= most)
    if not any(one.get(key) not in (None, "", []) for key in ("values", "value", "min", "max")):
        return True
    return drawn(_words(one), value) % 4 != 0


def _words(tree: Json) -> str:
    """What a piece of a document says, without the ids that differ from organization to organization."""
    said = [
        {
            key: value
            for key, value in one.items()
            if not key.lower().endswith("id") and not isinstance(value, dict | list)
        }
        for one in walk(tree)
    ]
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()


def _control_value(control: Json) -> Value:
    value = control.get("value")
    if isinstance(value, str | int | float | bool):
        return value
    values = control.get("values")
    return values[0] if isinstance(values, list) and len(values) == 1 and isinstance(values[0], str | int) else None
