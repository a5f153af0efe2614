"""Worksheets that a person filled in -> what they say as nodes of a plan: a spreadsheet, or a folder of CSV files.

``assess`` writes them (see ``migrate.plan.worksheet_names``). A row whose ``to`` is empty is not decided and says
nothing; everything else is used or is a problem with its sheet, row and column.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.errors import Problem
from migrate.plan.csv_plan import path_node
from migrate.plan.csv_text import Row, Table, decode, read_table, table_of
from migrate.plan.literal_secret import shown
from migrate.plan.suggest import did_you_mean
from migrate.plan.worksheet_names import BESIDE, PAIRS, REQUIRED, SETTINGS, SHEETS
from migrate.yaml.places import Node, Place, list_node, map_node, text_node

if TYPE_CHECKING:
    from pandas import DataFrame

LARGEST = 64 * 1024 * 1024
"""The most bytes that a spreadsheet may hold when unpacked."""


@dataclass(slots=True, kw_only=True)
class Sheets:
    """What the sheets of one file say. ``connections`` are by the name in their row; ``paths`` wait for theirs."""

    file: str
    problems: list[Problem]
    maps: dict[str, list[Node]] = field(default_factory=dict)
    connections: dict[str, tuple[Node, Node, list[Node]]] = field(default_factory=dict)
    paths: list[tuple[str, Node, Place]] = field(default_factory=list)
    exclude: list[Node] = field(default_factory=list)
    policy: dict[str, Node] = field(default_factory=dict)

    def wrong(self, code: str, message: str, fix: str, place: Place, value: str = "") -> None:
        """Note a problem at a cell."""
        self.problems.append(
            Problem(
                code=code,
                message=message,
                fix=fix,
                file=place.file,
                line=place.line,
                column=place.column,
                path=place.label,
                value=shown(value),
            )
        )


def read_worksheets(contents: Mapping[str, bytes], file: str, problems: list[Problem]) -> Sheets:
    """What the files say: one spreadsheet, or CSV files by their names; what is wrong is added to ``problems``."""
    found = Sheets(file=file, problems=problems)
    for name, table in _tables(contents, file, problems):
        where = f"{file}, sheet {name}"
        for row in table.rows:
            _take(name, row, table, where, found)
    return found


def _tables(contents: Mapping[str, bytes], file: str, problems: list[Problem]) -> Iterator[tuple[str, Table]]:
    """Each sheet that has rows, with its name."""
    for name, raw in contents.items():
        if not name:
            yield from _spreadsheet(raw, file, problems)
            continue
        place = f"{file}/{name}"
        sheet = _known(Path(name).stem, place, problems)
        text, problem = decode(raw, place)
        problems += [problem] if problem else []
        if sheet and text.strip():
            table = read_table(text, place, known=SHEETS[sheet], required=REQUIRED[sheet], problems=problems)
            if table is not None:
                yield sheet, table


def _known(name: str, file: str, problems: list[Problem]) -> str:
    """The sheet of that name; empty for one that holds nothing to read, and, with a problem, for an unknown one."""
    plain = name.strip().lower().replace(" ", "_")
    if plain in SHEETS:
        return plain
    if plain.replace("_", " ") not in BESIDE:
        message = f"unknown sheet '{shown(name)}'"
        problems.append(Problem(code="plan_unknown_key", message=message, fix=did_you_mean(plain, SHEETS), file=file))
    return ""


def _spreadsheet(raw: bytes, file: str, problems: list[Problem]) -> Iterator[tuple[str, Table]]:
    for name, frame in _frames(raw, file, problems).items():
        sheet = _known(str(name), file, problems)
        lines = [
            (number, [str(cell) for cell in cells])
            for number, cells in enumerate(frame.itertuples(index=False, name=None), start=1)
            if any(str(cell).strip() for cell in cells)
        ]
        if sheet and lines:
            where = f"{file}, sheet {name}"
            known, required = SHEETS[sheet], REQUIRED[sheet]
            table = table_of(lines, where, known=known, required=required, guarded=False, problems=problems)
            if table is not None:
                yield sheet, table


def _frames(raw: bytes, file: str, problems: list[Problem]) -> dict[str, DataFrame]:
    """The sheets of a spreadsheet as text, by name; none, with a problem, where it is not one that can be read."""
    message = ""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > LARGEST:
            message = "it unpacks to more than 64 MB, which no worksheet needs"
        else:
            from pandas import read_excel

            found: dict[str, DataFrame] = read_excel(
                io.BytesIO(raw), sheet_name=None, header=None, dtype=str, keep_default_na=False, engine="openpyxl"
            )
            return found
    except Exception as error:  # noqa: BLE001 - whatever a stranger's file holds is one problem of that file
        message = f"it is no spreadsheet (.xlsx) that can be read ({type(error).__name__})"
    fix = "name the .xlsx file or the folder of CSV files that assess wrote"
    problems.append(Problem(code="plan_unreadable", message=message, fix=fix, file=file))
    return {}


def _take(name: str, row: Row, table: Table, file: str, found: Sheets) -> None:
    def cell(column: str) -> Node:
        place = Place(file=file, line=row.line, column=table.columns.get(column, 0), label=f"{name}: {column}")
        return text_node(row.cells.get(column, ""), place)

    match name:
        case "decisions":
            _decision(cell("setting"), cell("answer"), found)
        case "documents":
            _document(cell("id"), cell("travels"), found)
        case _:
            _pair(name, cell("connection"), cell("from"), cell("to"), found)


def _pair(name: str, connection: Node, source: Node, target: Node, found: Sheets) -> None:
    if not target.value and name != "connections":
        return
    if not source.value:
        if target.value:
            fix = "fill in from, or clear the row"
            found.wrong("plan_missing_value", "the cell from is empty", fix, source.place, str(target.value))
        return
    if name == "connections":
        if str(source.value) in found.connections:
            message = "this connection has a row already"
            found.wrong("plan_duplicate_mapping", message, "keep one of the rows", source.place, str(source.value))
        found.connections.setdefault(str(source.value), (source, target, []))
    elif name == "paths":
        sides = {"from": path_node(str(source.value), source.place), "to": path_node(str(target.value), target.place)}
        found.paths.append((str(connection.value), map_node(sides, source.place), connection.place))
    elif name in PAIRS:
        found.maps.setdefault(name, []).append(map_node({"from": source, "to": target}, source.place))


def _decision(setting: Node, answer: Node, found: Sheets) -> None:
    if not answer.value:
        return
    name = str(setting.value)
    if name not in SETTINGS:
        fix = did_you_mean(name, SETTINGS)
        found.wrong("plan_unknown_key", f"unknown setting '{shown(name)}'", fix, setting.place, name)
    else:
        found.policy[name.removeprefix("policy.")] = answer


def _document(identity: Node, travels: Node, found: Sheets) -> None:
    said = str(travels.value).casefold()
    if said in ("", "yes", "y", "true"):
        return
    if said not in ("no", "n", "false"):
        found.wrong("plan_bad_value", f"'{shown(said)}' is neither yes nor no", "write yes or no", travels.place, said)
    elif not identity.value:
        found.wrong("plan_missing_value", "the cell id is empty", "fill in the document's id", identity.place)
    else:
        # One that is gone since is left out as well: no mistake.
        may = text_node("true", identity.place, plain=True)
        found.exclude.append(map_node({"id": identity, "allow_empty": may}, identity.place))


def merged(tree: Node, found: Sheets) -> Node:
    """The tree of a plan with what its worksheets say: its own entries first, then theirs."""
    keys = dict(tree.value) if isinstance(tree.value, dict) else {}
    place = Place(file=found.file, line=1, column=1)
    keys["map"] = _maps(keys.get("map") or map_node({}, place), found)
    if found.exclude:
        whole = {"include": list_node([map_node({}, place)], place)}
        keys["select"] = _longer(keys.get("select") or map_node(whole, place), "exclude", found.exclude)
    if found.policy:
        keys["policy"] = _policy(keys.get("policy") or map_node({}, place), found)
    return Node(place=tree.place, value=keys, keys=tree.keys, plain=tree.plain)


def _maps(block: Node, found: Sheets) -> Node:
    own = block.value.get("connections") if isinstance(block.value, dict) else None
    known = {_text(each, "from") for each in (own.value if own and isinstance(own.value, list) else ())}
    _attach(found, known)
    made = []
    for source, target, paths in found.connections.values():
        if target.value:
            sides = {"from": source, "to": target}
            made.append(map_node(sides | ({"paths": list_node(paths, source.place)} if paths else {}), source.place))
    if made:
        block = _longer(block, "connections", made)
    for name, nodes in found.maps.items():
        block = _longer(block, name, nodes)
    return block


def _attach(found: Sheets, known: set[str]) -> None:
    """Puts each path under the row of its connection."""
    for name, pair, place in found.paths:
        row = found.connections.get(name)
        if row is not None and row[1].value:
            row[2].append(pair)
        elif row is not None:
            fix = f"fill in to for {shown(name)} in the sheet connections"
            found.wrong("plan_missing_value", "its connection has no counterpart yet", fix, place, name)
        else:
            also = "; the paths of a connection of the plan file stand there" if name in known else ""
            fix = f"{did_you_mean(name, found.connections)}{also}" if found.connections or also else "add its row"
            message = "the sheet connections has no row for this connection"
            found.wrong("plan_bad_value", message, fix, place, name)


def _longer(block: Node, key: str, nodes: list[Node]) -> Node:
    """A block with more entries at the end of one of its lists."""
    keys = dict(block.value) if isinstance(block.value, dict) else {}
    own = keys.get(key)
    before = own.value if own is not None and isinstance(own.value, list) else []
    keys[key] = list_node([*before, *nodes], own.place if own else nodes[0].place)
    places = {**block.keys, **({} if own else {key: nodes[0].place})}
    return Node(place=block.place, value=keys, keys=places)


def _policy(block: Node, found: Sheets) -> Node:
    keys = dict(block.value) if isinstance(block.value, dict) else {}
    for key, answer in found.policy.items():
        if key in keys and keys[key].value != answer.value:
            message = f"policy.{key} is decided here and in the plan file, otherwise"
            found.wrong("plan_conflict", message, "keep one of them", answer.place, str(answer.value))
        keys.setdefault(key, answer)
    places = {**block.keys, **{key: keys[key].place for key in found.policy if key not in block.keys}}
    return Node(place=block.place, value=keys, keys=places)


def _text(node: Node, key: str) -> str:
    inner = node.value.get(key) if isinstance(node.value, dict) else None
    return inner.value if inner is not None and isinstance(inner.value, str) else ""
