"""A plan as one table: rows -> the same tree a YAML plan has (contract section 3). Pure.

Every row is one mapping or one selection for one (source org, target org). Where all targets of a file say the
same, the plan has one selection and one set of mappings; otherwise each target has its own variant.

kind             source                                  target
folder           a folder: selects what is in it         its place in the target; empty keeps the path
connection       name or id                              name or id
path             DB.SCHEMA.*, ["DB","A.B","*"], or       a path likewise
                 CONNECTION: DB.SCHEMA.* where several
                 connections are mapped
workbook report  name, glob, re:…, id or Folder/Name     stays empty
data_model       likewise: copies it; with a target      an existing data model, which is used instead
exclude          name, glob, re:…, id, Folder/Name or    empty, or allow_empty: it may match nothing
                 Folder/
member team user_attribute plugin url                    as in ``map:``
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from migrate import kinds
from migrate.errors import Problem
from migrate.plan.csv_text import Row, Table, column_name, read_table
from migrate.plan.env_orgs import org_node
from migrate.plan.literal_secret import shown
from migrate.plan.regex import REGEX
from migrate.plan.suggest import did_you_mean
from migrate.text import join_path, split_path
from migrate.yaml.places import Node, Place, list_node, map_node, text_node

COLUMNS = ("source_org", "target_org", "kind", "source", "target", "note")
PAIRS = {"member": "members", "team": "teams", "user_attribute": "user_attributes", "plugin": "plugins", "url": "urls"}
DOCUMENTS = {row.row: row for row in kinds.KINDS.values()}
KINDS = ("folder", "connection", "path", *DOCUMENTS, "exclude", *PAIRS)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Part:
    """What the rows of one target say, as nodes of ``select:`` and ``map:``."""

    include: list[Node] = field(default_factory=list)
    exclude: list[Node] = field(default_factory=list)
    maps: dict[str, list[Node]] = field(default_factory=dict)
    connections: dict[str, tuple[Node, Node, list[Node], Place]] = field(default_factory=dict)
    again: list[Node] = field(default_factory=list)
    paths: list[tuple[Row, Node, Node]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvPlan:
    """The tree without selection and mappings, and those of each target."""

    tree: Node
    parts: Mapping[str, Node]


def parse_csv(
    text: str, file: str, *, environ: Mapping[str, str], orgs: Node | None, target: str | None, problems: list[Problem]
) -> CsvPlan | None:
    """The plan of a CSV text, or None where there is no usable table; what is wrong is added to ``problems``.

    ``orgs`` is the block of an orgs file; without it the orgs come from ``environ``. ``target`` keeps only the
    rows of that target.
    """
    table = read_table(text, file, known=COLUMNS, required=COLUMNS[:4], problems=problems)
    if table is None:
        return None
    rows = [row for row in table.rows if _usable(row, table, file, problems)]
    if target is not None:
        rows = [row for row in rows if row.cells["target_org"] == target]
    if not rows:
        _nothing(table, file, target, problems)
        return None
    sources = {row.cells["source_org"]: row for row in reversed(rows)}
    targets = {row.cells["target_org"]: row for row in reversed(rows)}
    if len(sources) > 1:
        _several_sources(sources, table, file, problems)
        rows = [row for row in rows if row.cells["source_org"] == rows[0].cells["source_org"]]
    place = Place(file=file, line=table.line, column=1)
    source = rows[0].cells["source_org"]
    ordered = list(dict.fromkeys(row.cells["target_org"] for row in rows))
    tree = {
        "source": _cell(rows[0], "source_org", table, file),
        "targets": list_node([_cell(targets[alias], "target_org", table, file) for alias in ordered], place),
        "orgs": orgs or _orgs(source, sources, targets, table, file, environ, problems),
    }
    parts = {
        alias: _part([row for row in rows if row.cells["target_org"] == alias], table, file, problems)
        for alias in ordered
    }
    return CsvPlan(tree=map_node(tree, place), parts=parts)


def _usable(row: Row, table: Table, file: str, problems: list[Problem]) -> bool:
    """Whether a row has what every row needs."""
    empty = [name for name in COLUMNS[:4] if not row.cells[name]]
    kind = column_name(row.cells["kind"])
    for name in empty:
        problems.append(
            _problem(
                "plan_missing_value",
                row,
                name,
                table,
                file,
                f"the cell {name} is empty",
                "fill it in, or remove the row",
            )
        )
    if kind and kind not in KINDS:
        message = f"unknown kind '{shown(row.cells['kind'])}'"
        problems.append(_problem("plan_bad_value", row, "kind", table, file, message, did_you_mean(kind, KINDS)))
    return not empty and kind in KINDS


def _nothing(table: Table, file: str, target: str | None, problems: list[Problem]) -> None:
    if target is not None:
        known = sorted({row.cells["target_org"] for row in table.rows if row.cells["target_org"]})
        message = f"no row is for the target {shown(target)}"
        problems.append(Problem(code="plan_unknown_org", message=message, fix=did_you_mean(target, known), file=file))
    elif not table.rows and not problems:
        fix = "add a row such as acme_au,group,folder,Shared/Finance,Acme AU/Finance,"
        problems.append(
            Problem(
                code="plan_empty", message="the table has a header but no rows", fix=fix, file=file, line=table.line
            )
        )


def _several_sources(sources: Mapping[str, Row], table: Table, file: str, problems: list[Problem]) -> None:
    first, *others = sorted(sources.values(), key=lambda row: row.line)
    for row in others:
        message = f"a plan has one source, and line {first.line} has {shown(first.cells['source_org'])}"
        fix = "put the rows of each source into a file of their own, or choose one target with --target"
        problems.append(_problem("plan_conflict", row, "source_org", table, file, message, fix))


def _orgs(
    source: str,
    sources: Mapping[str, Row],
    targets: Mapping[str, Row],
    table: Table,
    file: str,
    environ: Mapping[str, str],
    problems: list[Problem],
) -> Node:
    found = {}
    for alias in dict.fromkeys((source, *sources, *targets)):
        column, row = ("target_org", targets[alias]) if alias in targets else ("source_org", sources[alias])
        node = org_node(alias, environ, _place(row, column, table, file), write=alias in targets, problems=problems)
        if node is not None:
            found[alias] = node
    return map_node(found, Place(file=file, line=table.line, column=1))


def _part(rows: list[Row], table: Table, file: str, problems: list[Problem]) -> Node:
    """``{select, map}`` of one target."""
    part = Part()
    for row in rows:
        kind = column_name(row.cells["kind"])
        nowhere = kind in DOCUMENTS and not DOCUMENTS[kind].feeds
        if row.cells.get("target") and (nowhere or (kind == "exclude" and not _may_be_empty(row))):
            fix = "leave the cell empty; a folder row says where documents go"
            problems.append(
                _problem("plan_bad_value", row, "target", table, file, f"a row of kind {kind} takes no target", fix)
            )
        elif not row.cells.get("target") and kind in ("connection", "path", *PAIRS):
            message = f"a row of kind {kind} needs a target"
            problems.append(
                _problem("plan_missing_value", row, "target", table, file, message, "fill in the cell target")
            )
        else:
            _take(row, kind, part, table, file)
    _attach_paths(part, table, file, problems)
    place = Place(file=file, line=table.line, column=1)
    select = {"include": list_node(part.include, place)}
    if part.exclude:
        select["exclude"] = list_node(part.exclude, place)
    maps = {name: list_node(nodes, place) for name, nodes in part.maps.items()}
    connections = [_connection(*each) for each in part.connections.values()] + part.again
    if connections:
        maps["connections"] = list_node(connections, place)
    return map_node({"select": map_node(select, place), "map": map_node(maps, place)}, place)


def _take(row: Row, kind: str, part: Part, table: Table, file: str) -> None:
    """Adds one row to its part."""
    source = _cell(row, "source", table, file)
    target = _cell(row, "target", table, file)
    has_target = bool(row.cells.get("target"))
    pair = map_node({"from": source, "to": target}, source.place)
    if kind == "folder":
        part.include.append(map_node({"folder": source}, source.place))
        if has_target:
            part.maps.setdefault("folders", []).append(pair)
    elif kind == "connection":
        name = row.cells["source"]
        if name in part.connections:
            part.again.append(pair)
        else:
            part.connections[name] = (source, target, [], source.place)
    elif kind == "path":
        part.paths.append((row, source, target))
    elif kind in DOCUMENTS and has_target:
        part.maps.setdefault("data_models", []).append(pair)
    elif kind in DOCUMENTS:
        part.include.append(_selector(row, DOCUMENTS[kind].kind, source.place))
    elif kind == "exclude":
        part.exclude.append(_selector(row, "", source.place, may_be_empty=_may_be_empty(row)))
    else:
        part.maps.setdefault(PAIRS[kind], []).append(pair)


def _may_be_empty(row: Row) -> bool:
    """Whether an exclude row says in its target cell that it may match nothing."""
    return column_name(row.cells.get("target", "")) == "allow_empty"


def selector_keys(text: str) -> dict[str, str]:
    """The keys of the rule that the source cell of a workbook, report, data_model or exclude row stands for."""
    names = split_path(text)
    if UUID.fullmatch(text):
        return {"id": text}
    if text.startswith(REGEX):
        return {"name": text}
    if text.endswith("/") and not text.endswith("\\/") and names:
        return {"folder": join_path(names)}
    if len(names) > 1:
        return {"folder": join_path(names[:-1]), "name": names[-1]}
    return {"name": names[0] if names else text}


def _selector(row: Row, kind: str, place: Place, *, may_be_empty: bool = False) -> Node:
    keys = ({"type": kind} if kind else {}) | selector_keys(row.cells["source"])
    nodes = {key: text_node(value, place) for key, value in keys.items()}
    if may_be_empty:
        nodes["allow_empty"] = text_node("true", place, plain=True)
    return map_node(nodes, place)


def _attach_paths(part: Part, table: Table, file: str, problems: list[Problem]) -> None:
    """Puts each path under its connection: the only one, or the one named before a colon."""
    for row, source, target in part.paths:
        name, rest = _named_connection(row.cells["source"], part.connections)
        if not name and len(part.connections) != 1:
            some = bool(part.connections)
            message = (
                "several connections are mapped, and this path does not say which"
                if some
                else "a path needs a connection row for the same target"
            )
            example = (
                f"{next(iter(part.connections))}: {shown(row.cells['source'])}"
                if some
                else "add a row of kind connection"
            )
            fix = f"write {example}" if some else example
            problems.append(_problem("plan_bad_value", row, "source", table, file, message, fix))
            continue
        name = name or next(iter(part.connections))
        pair = {"from": path_node(rest, source.place), "to": path_node(row.cells.get("target", ""), target.place)}
        part.connections[name][2].append(map_node(pair, source.place))


def _named_connection(text: str, connections: Mapping[str, object]) -> tuple[str, str]:
    for name in sorted(connections, key=len, reverse=True):
        if text.startswith(f"{name}:"):
            return name, text[len(name) + 1 :].strip()
    return "", text


def written_path(segments: Sequence[str]) -> str:
    """A warehouse path as a cell holds it: with dots, or as a JSON list where a name would not survive that."""
    plain = not any("." in each or "[" in each or "${" in each or each != each.strip() for each in segments)
    return ".".join(segments) if plain else json.dumps(list(segments), ensure_ascii=False)


def path_node(text: str, place: Place) -> Node:
    """A path cell: text with dots, or a JSON list of segments."""
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return text_node(text, place)
        if isinstance(found, list) and all(isinstance(each, str) for each in found):
            return list_node([text_node(each, place) for each in found], place)
    return text_node(text, place)


def _connection(source: Node, target: Node, paths: list[Node], place: Place) -> Node:
    keys = {"from": source, "to": target}
    return map_node(keys | ({"paths": list_node(paths, place)} if paths else {}), place)


def _place(row: Row, column: str, table: Table, file: str) -> Place:
    return Place(file=file, line=row.line, column=table.columns.get(column, 0), label=column)


def _cell(row: Row, column: str, table: Table, file: str) -> Node:
    return text_node(row.cells.get(column, ""), _place(row, column, table, file))


def _problem(code: str, row: Row, column: str, table: Table, file: str, message: str, fix: str) -> Problem:
    return Problem(
        code=code,
        message=message,
        fix=fix,
        file=file,
        line=row.line,
        column=table.columns.get(column, 0),
        path=column,
        value=shown(row.cells.get(column, "")),
    )
