"""What a set of documents needs of its organization: every id, path, name and column that its specs mention.

The counting goes by key, not by element kind (sigma-specs 5.3), so that kinds nobody has seen are counted too.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrate.sandbox.org import Json
from migrate.sandbox.specs.document import Document, document_of
from migrate.sandbox.specs.formulas import references
from migrate.sandbox.specs.names import display_name, friendly
from migrate.sandbox.specs.trees import objects, text, texts, thing, walk

Path = tuple[str, ...]
FROM = re.compile(
    r"""\b(?:from|join)\s+((?:[\w$-]+|"[^"]+"|`[^`]+`)(?:\s*\.\s*(?:[\w$-]+|"[^"]+"|`[^`]+`))+)""", re.IGNORECASE
)
PART = re.compile(r"""[\w$-]+|"([^"]+)"|`([^`]+)`""")
NAMED = re.compile(r"""CurrentUser(AttributeText|InTeam)\(\s*"((?:[^"\\]|\\.)*)"\s*""")
PREFIXED = re.compile(r"\A(?:inode-[0-9A-Za-z]+|[0-9a-fA-F-]{36})/(.+)\Z", re.DOTALL)


@dataclass(slots=True, kw_only=True)
class ElementNeed:
    """What others ask of an element of a data model: names it is called by, its columns, metrics and groupings."""

    names: Counter[str] = field(default_factory=Counter)
    columns: dict[str, None] = field(default_factory=dict)
    column_ids: dict[str, None] = field(default_factory=dict)
    metrics: dict[str, None] = field(default_factory=dict)
    groupings: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class ModelNeed:
    """What others ask of a data model: elements by id, and control ids."""

    elements: dict[str, ElementNeed] = field(default_factory=dict)
    controls: dict[str, None] = field(default_factory=dict)

    def element(self, element_id: str) -> ElementNeed:
        """The need of one element, made when first asked for."""
        return self.elements.setdefault(element_id, ElementNeed())


@dataclass(slots=True, kw_only=True)
class Census:
    """Everything a set of documents mentions. Dicts with None values are ordered sets."""

    tables: dict[tuple[str, Path], dict[str, None]] = field(default_factory=dict)
    kinds: dict[tuple[str, Path], str] = field(default_factory=dict)
    connections: dict[str, None] = field(default_factory=dict)
    writable: set[str] = field(default_factory=set)
    backquoting: set[str] = field(default_factory=set)
    models: dict[str, ModelNeed] = field(default_factory=dict)
    ids: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    unnamed: set[tuple[str, Path]] = field(default_factory=set)

    def model(self, model_id: str) -> ModelNeed:
        """The need of one data model, made when first asked for."""
        return self.models.setdefault(model_id, ModelNeed())

    def table(self, source: Json, kind: str = "table") -> dict[str, None]:
        """The columns needed of a table, by raw name; the table is noted when first asked for."""
        key = (text(source, "connectionId"), tuple(texts(source.get("path"))))
        self.connections[key[0]] = None
        self.kinds.setdefault(key, kind)
        return self.tables.setdefault(key, {})


ID_KEYS = {
    "pluginId": "plugins",
    "connectorId": "connectors",
    "teamId": "teams",
    "userId": "members",
    "userAttributeId": "user_attributes",
    "documentId": "documents",
    "ownerId": "members",
    "createdBy": "members",
    "updatedBy": "members",
}


def count(census: Census, kind: str, body: Json) -> None:
    """Add what one document mentions to the census."""
    document = document_of(kind, body)
    _count_ids(census, body)
    for element in document.elements:
        _count_sources(census, element)
        _count_formulas(census, document, element)
        _count_control(census, element)
    for page in document.pages:
        assignments = thing(thing(page, "visibility"), "assignments")
        for who in ("teams", "users"):
            census.ids["members" if who == "users" else who].update(dict.fromkeys(texts(assignments.get(who))))


def _count_ids(census: Census, body: Json) -> None:
    """Ids by their key, wherever they stand, and the names that security functions mention."""
    for item in walk(body):
        for key, value in item.items():
            if not isinstance(value, str):
                continue
            if key in ID_KEYS:
                census.ids[ID_KEYS[key]][value] = None
            elif key == "connectionId":
                census.connections[value] = None
            for function, name in NAMED.findall(value) if "CurrentUser" in value else ():
                census.ids["attribute_names" if function == "AttributeText" else "team_names"][name] = None
        if item.get("kind") == "upload" and isinstance(item.get("key"), str):
            census.ids["images"][item["key"]] = None
        if isinstance(item.get("connectionId"), str) and isinstance(item.get("path"), list):
            census.table(item)
        if isinstance(item.get("storedProcedure"), dict):
            procedure = item["storedProcedure"]
            if isinstance(procedure.get("connectionId"), str):
                census.table(procedure)
                census.kinds[(procedure["connectionId"], tuple(texts(procedure.get("path"))))] = "stored-procedure"


def _count_sources(census: Census, element: Json) -> None:
    for source in walk(element.get("source")):
        if source.get("kind") in {"empty", "linked"}:
            census.writable.add(text(source, "connectionId"))
        elif source.get("kind") == "sql":
            _count_sql(census, source)
        elif source.get("kind") == "csv-table":
            census.ids["csv_tables"][text(source, "inodeId")] = None
        elif source.get("kind") == "union":
            _count_union(census, source)
        elif source.get("kind") == "transpose" and text(thing(source, "source"), "connectionId"):
            for name in (
                *texts(source.get("columnsToMerge")),
                text(source, "columnToTranspose"),
                text(source, "valueColumn"),
            ):
                _want(census.table(source["source"]), name)
        for join in objects(source.get("joins")):
            for item in objects(join.get("columns")):
                for side in ("left", "right"):
                    _count_key(census, thing(join, side), text(item, side))


def _count_sql(census: Census, source: Json) -> None:
    """Tables that a statement names with at least a schema; their columns stay unknown."""
    if "`" in text(source, "statement"):
        census.backquoting.add(text(source, "connectionId"))
    for match in FROM.finditer(text(source, "statement")):
        parts = [part[1] or part[2] or part[0] for part in PART.finditer(match[1])]
        path = [piece for part in parts for piece in (part.split(".") if "`" in match[1] else [part])]
        if "{{" not in match[0]:
            census.table({"connectionId": text(source, "connectionId"), "path": path})


def _count_union(census: Census, source: Json) -> None:
    legs = list(objects(source.get("sources")))
    for match in objects(source.get("matches")):
        names = match.get("sourceColumns")
        for leg, name in zip(legs, names if isinstance(names, list) else [], strict=False):
            if isinstance(name, str) and text(leg, "connectionId"):
                _want(census.table(leg), name)


def _count_key(census: Census, leg: Json, formula: str) -> None:
    """A join key is a formula over one leg's columns, written bare or with the leg's prefix."""
    for found in references(formula):
        if leg.get("kind") == "warehouse-table":
            _want(census.table(leg), found.parts[-1])
        elif leg.get("kind") == "data-model":
            census.model(text(leg, "dataModelId")).element(text(leg, "elementId")).columns[found.parts[-1]] = None


def _want(columns: dict[str, None], name: str, raw: str = "") -> None:
    """Note a column by the name that formulas use, unless it is there under its raw name."""
    if name and not any(name in (known, friendly(known)) for known in columns):
        columns[raw or raw_of(name)] = None


def raw_of(name: str) -> str:
    """The warehouse name behind a friendly one: upper case with underscores where that leads back, else the same."""
    raw = name.upper().replace(" ", "_")
    return raw if friendly(raw) == name else name


def _count_formulas(census: Census, document: Document, element: Json) -> None:
    legs = list(_legs(thing(element, "source")))
    named = {display_name(other) for other in document.elements if other is not element}
    if not display_name(element):
        census.unnamed.update((text(leg, "connectionId"), tuple(texts(leg.get("path")))) for _, leg in legs)
    for column in (*objects(element.get("columns")), *objects(element.get("metrics"))):
        formula = text(column, "formula")
        raw = PREFIXED.match(text(column, "id"))
        found = references(formula)
        for reference in found:
            own = raw[1] if raw and len(found) == 1 else ""
            _count_reference(census, document, element, reference.parts, own, legs, named)
    for _, leg in legs:
        if leg.get("kind") == "data-model":
            need = census.model(text(leg, "dataModelId")).element(text(leg, "elementId"))
            if isinstance(leg.get("groupingId"), str) and leg["groupingId"] != "base":
                need.groupings[leg["groupingId"]] = None


def _legs(source: Json) -> Iterator[tuple[str, Json]]:
    """The sources an element's formulas can name, each with the prefix it was given, if any."""
    kind = source.get("kind")
    if kind in {"warehouse-table", "metric-view", "semantic-view", "data-model", "table"}:
        yield "", source
    elif kind == "join":
        yield text(source, "name"), thing(source, "primarySource")
        for join in objects(source.get("joins")):
            yield text(join, "name"), thing(join, "right")
            yield "", thing(join, "left")
    elif kind == "transpose":
        yield "", thing(source, "source")


def _count_reference(
    census: Census,
    document: Document,
    element: Json,
    parts: Path,
    raw: str,
    legs: list[tuple[str, Json]],
    named: set[str],
) -> None:
    if len(parts) < 2:
        return
    prefix, name = parts[0], "/".join(parts[1:])
    if prefix == "Metrics":
        for need in _models_behind(census, document, element):
            need.metrics[name] = None
        return
    transposed = thing(element, "source").get("kind") == "transpose"
    for given, leg in legs:
        path = list(texts(leg.get("path")))
        if path and prefix in (given, path[-1]):
            if not transposed:
                _want(census.table(leg), name, raw if raw and name in (raw, friendly(raw)) else "")
            return
        if leg.get("kind") == "data-model" and (prefix == given or (not given and prefix not in named)):
            need = census.model(text(leg, "dataModelId")).element(text(leg, "elementId"))
            if prefix != given:
                need.names[prefix] += 1
            need.columns[name] = None
            return
    _count_elsewhere(census, document, prefix, name)


def _count_elsewhere(census: Census, document: Document, prefix: str, name: str) -> None:
    """A reference past the own source: an unnamed element made from a table or a model, named by its origin."""
    for other in document.elements:
        source = thing(other, "source")
        path = list(texts(source.get("path")))
        if not display_name(other) and path and prefix in (path[-1], friendly(path[-1])):
            return
    for model in census.models.values():
        for need in model.elements.values():
            if need.names[prefix]:
                need.columns[name] = None
                return


def _models_behind(census: Census, document: Document, element: Json) -> Iterator[ElementNeed]:
    """The model elements an element is made from, through other elements of the document."""
    seen: set[str] = set()
    todo = [element]
    while todo:
        item = todo.pop()
        for _, leg in _legs(thing(item, "source")):
            element_id = text(leg, "elementId")
            if leg.get("kind") == "data-model":
                yield census.model(text(leg, "dataModelId")).element(element_id)
            elif element_id not in seen and element_id in document.by_id:
                seen.add(element_id)
                todo.append(document.by_id[element_id])


def _count_control(census: Census, element: Json) -> None:
    """What controls filter and list: raw names of table columns, ids of model columns (sigma-specs 2.5)."""
    for parameter in objects(element.get("parameters")):
        census.model(text(parameter, "dataModelId")).controls[text(parameter, "controlId")] = None
    holders = [thing(element, "source"), *objects(element.get("filters")), *objects(element.get("targets"))]
    for holder in holders:
        source = thing(holder, "source")
        named = [text(holder, "columnId"), text(holder, "displayColumnId"), *texts(holder.get("columnIds"))]
        for column_id in filter(None, named):
            if source.get("kind") == "warehouse-table":
                _want(census.table(source), column_id, column_id)
            elif source.get("kind") == "data-model":
                census.model(text(source, "dataModelId")).element(text(source, "elementId")).column_ids[column_id] = (
                    None
                )
