"""Station 1: the text of a plan file -> ``Plan``, or every problem at once.

Reads the plan file and what it names (tables of tenants, orgs, lists of documents); neither the network nor a
credential is touched.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, BinaryIO

from migrate.errors import InvalidInput, Problem
from migrate.files import read_regular
from migrate.plan import agree
from migrate.plan.csv_text import column_name, decode, delimiter_of
from migrate.plan.file import ListedTargets, OrgsFile, PlanFile, TablePlan, TargetsTable, absolute
from migrate.plan.keys import Agree
from migrate.plan.lists import STDIN, expanded
from migrate.plan.literal_secret import shown, shown_path
from migrate.plan.model import Plan
from migrate.plan.overrides import with_overrides
from migrate.plan.pins import pin_of
from migrate.plan.reading import Block, Reading, dotted, read
from migrate.plan.suggest import did_you_mean
from migrate.plan.tenants import Tenants, check_templates, read_tenants
from migrate.yaml.places import Node, Place, map_node, read_placed, text_node

MAX_BYTES = 16 * 1024 * 1024
PLAN = Annotated[PlanFile, Agree(agree.whole)]
TABLE = Annotated[TablePlan, Agree(agree.whole)]


def load(
    path: str | Path,
    *,
    orgs: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
    target: str | None = None,
    stdin: BinaryIO | None = None,
) -> Plan:
    """The plan of a YAML or CSV file, told apart by suffix and content.

    ``orgs`` names a file with the ``orgs:`` block, for a CSV plan or a YAML plan that has none. ``environ``
    (os.environ by default) gives the orgs of a CSV plan and base URLs written ``${env.NAME}``. ``overrides``
    are settings such as ``{"policy.existing": "skip"}``. ``target`` keeps one target only.
    ``stdin`` is what a list called ``-`` is read from, standard input by default.

    A key left out has its default, save ``select``: only a bundle is copied whole without one.
    Raises InvalidInput with every problem of all files, in their order.
    """
    file = Path(path)
    return _Loading(file, os.environ if environ is None else environ, stdin).plan(orgs, overrides or {}, target)


class _Loading:
    """One file being read: the problems so far and the bytes that count for its digest."""

    def __init__(self, file: Path, environ: Mapping[str, str], stdin: BinaryIO | None = None) -> None:
        self.file = file
        self.stdin = stdin
        self.environ = environ
        self.reading = Reading(environ=environ)
        self.digest = hashlib.sha256()

    def plan(self, orgs: Path | None, overrides: Mapping[str, str], target: str | None) -> Plan:
        text = self.text(self.file)
        orgs_node = self.orgs_block(orgs) if orgs is not None else None
        as_csv = is_csv(self.file, text)
        tree = self.csv_tree(text, orgs_node, target) if as_csv else self.yaml_tree(text, orgs_node)
        if tree is None:
            raise self.stop()
        for key in sorted(overrides):
            self.digest.update(f"\0{key}={overrides[key]}".encode())
        tree = with_overrides(tree, overrides, self.reading.problems)
        self.reading.without_variables = frozenset(
            each.value for each in self.reading.problems if each.code == "plan_missing_variable"
        )
        tree = self.worksheets(tree)
        tenants, tree = self.tenants(tree)
        if target is not None and not as_csv:
            tree = self.narrowed(tree, target)
        data = self.reading.data(tree)
        found = read(data, TablePlan, self.reading, TABLE) if as_csv else read(data, PlanFile, self.reading, PLAN)
        check_templates(data, tenants, self.reading)
        self.bundle(data)
        if found is None or self.reading.problems:
            raise self.stop()
        return replace(self.built(found, tenants), overrides=MappingProxyType(dict(overrides)), orgs_file=orgs)

    def built(self, found: PlanFile, tenants: Tenants | None) -> Plan:
        plan = found.plan(
            name=plan_name(self.file.stem),
            folder=self.file.absolute().parent,
            tenants=tenants.rows if tenants else (),
            variants=MappingProxyType(found.variants if isinstance(found, TablePlan) else {}),
        )
        places = self.reading.places.items()
        lines = {dotted(where): (place.file, place.line, place.column) for where, place in places if where}
        plan = self.pinned(plan, tenants)
        if any(rule.list is not None for rule in (*plan.select.include, *plan.select.exclude)):
            select, lines = expanded(plan.select, lines, self.listed)
            plan = replace(plan, select=select)
        return replace(plan, origin=self.file, sha256=self.digest.hexdigest(), lines=MappingProxyType(lines))

    def pinned(self, plan: Plan, tenants: Tenants | None) -> Plan:
        """The plan with what its targets are pinned to. Raises InvalidInput with all that is wrong with that."""
        cells = {row.tenant: row.values["pin"] for row in plan.tenants if "pin" in row.values}
        if cells and tenants is not None and plan.source.bundle is not None:
            first = next(iter(cells))
            message, fix = "a bundle holds one version of each document", "leave the cell empty"
            told = Problem(code="plan_conflict", message=message, fix=fix, file=tenants.file, path="pin")
            self.reading.problems.append(replace(told, line=tenants.lines[first], value=shown(cells[first])))
        written = dict.fromkeys([*filter(None, [plan.source.version]), *cells.values()])
        pins = {text: pin_of(text, self.pin_list, self.reading.problems) for text in written}
        if self.reading.problems:
            raise self.stop()
        return replace(plan, pins=MappingProxyType(pins))

    def pin_list(self, written: str) -> tuple[str, str]:
        """What a list of versions is called, and its text; raises InvalidInput where it cannot be read."""
        file = _near(absolute(written, self.file.absolute().parent), self.file)
        return str(file), self.text(file, f"a pin of {self.file} names it")

    def listed(self, written: str, where: str) -> tuple[str, str]:
        """What a list of documents is called, and its text; raises InvalidInput where it cannot be read."""
        if written == STDIN:
            raw = (self.stdin or sys.stdin.buffer).read(MAX_BYTES)
            self.digest.update(raw)
            return "standard input", raw.decode("utf-8", "replace")
        file = _near(absolute(written, self.file.absolute().parent), self.file)
        place = self.reading.places.get(tuple(where.split(".")))
        return str(file), self.text(file, f"{place.file}:{place.line} names it" if place else "")

    def text(self, file: Path, used: str = "") -> str:
        """The text of a file; raises InvalidInput with what has been found so far if there is none."""
        text, problem = decode(self.raw(file, used), str(file))
        if problem is not None:
            self.reading.problems.append(problem)
            raise self.stop()
        return text

    def raw(self, file: Path, used: str = "") -> bytes:
        """The bytes of a file, which count for the plan's digest; raises InvalidInput as ``text``."""
        try:
            raw = read_regular(file, most=MAX_BYTES)
        except (OSError, ValueError) as error:
            said = (getattr(error, "strerror", None) or str(error)).lower()
            large = getattr(error, "errno", None) == errno.EFBIG
            message = f"this file cannot be read: {said}"
            if large:
                message = "this file has more than 16 MB, which no plan needs"
            self.wrong("plan_unreadable", message, used or "check the path", str(file))
            raise self.stop() from None
        self.digest.update(raw)
        return raw

    def yaml_tree(self, text: str, orgs: Node | None) -> Node | None:
        tree = self.yaml_mapping(text, self.file, "a plan is a mapping of keys such as source:, targets: and select:")
        if tree is None or not isinstance(tree.value, dict):
            return None
        if orgs is not None and "orgs" in tree.value:
            self.wrong(
                "plan_conflict",
                "the plan has an orgs: block, and --orgs names another",
                "keep one of them",
                str(self.file),
            )
        elif orgs is not None:
            tree = replace(tree, value=tree.value | {"orgs": orgs}, keys=tree.keys | {"orgs": orgs.place})
        return tree

    def yaml_mapping(self, text: str, file: Path, wanted: str) -> Node | None:
        before = len(self.reading.problems)
        tree = read_placed(text, str(file), self.reading.problems)
        if tree is None and len(self.reading.problems) == before:
            self.wrong("plan_empty", "the file is empty", wanted, str(file))
        elif tree is not None and not isinstance(tree.value, dict):
            from migrate.plan.csv_plan import COLUMNS

            fix = f"{wanted}; a table needs the header {','.join(COLUMNS)}"
            self.wrong("plan_wrong_type", "this is not a plan", fix, str(file))
            return None
        return tree

    def csv_tree(self, text: str, orgs: Node | None, target: str | None) -> Node | None:
        from migrate.plan.csv_plan import parse_csv

        problems = self.reading.problems
        found = parse_csv(text, str(self.file), environ=self.environ, orgs=orgs, target=target, problems=problems)
        if found is None or not isinstance(found.tree.value, dict):
            return None
        said = [Reading().data(part) for part in found.parts.values()]
        first = next(iter(found.parts.values()))
        same = all(each == said[0] for each in said)
        parts = first.value if same else {"variants": map_node(dict(found.parts), found.tree.place)}
        return map_node(found.tree.value | (parts if isinstance(parts, dict) else {}), found.tree.place)

    def orgs_block(self, file: Path) -> Node | None:
        """The ``orgs:`` block of an orgs file, which is checked as part of the plan."""
        tree = self.yaml_mapping(self.text(file), file, "write the orgs: block of a plan")
        if tree is None or not isinstance(tree.value, dict):
            return None
        own = Reading()
        read(own.data(tree), OrgsFile, own)
        self.reading.problems += [each for each in own.problems if not each.path.startswith("orgs")]
        return tree.value.get("orgs")

    def worksheets(self, tree: Node) -> Node:
        """The tree with what the worksheets say that ``map.worksheets`` names."""
        block = tree.value.get("map") if isinstance(tree.value, dict) else None
        named = block.value.get("worksheets") if block is not None and isinstance(block.value, dict) else None
        if named is None or not isinstance(named.value, str) or not named.value:
            return tree
        from migrate.plan.worksheets import merged, read_worksheets

        file = absolute(named.value, self.file.absolute().parent)
        at = named.place
        used = f"{at.file}:{at.line} names it"
        names = sorted(each.name for each in file.glob("*.csv")) if file.is_dir() else [""]
        contents = {}
        for name in names:
            try:
                contents[name] = self.raw(_near(file / name, self.file), used)
            except InvalidInput:
                return tree  # the problem is told; the rest of the plan is still looked at
        shown_as = str(_near(file, self.file))
        if not names:
            self.wrong("plan_empty", "no .csv file is in this folder", "name what assess wrote", shown_as)
        return merged(tree, read_worksheets(contents, shown_as, self.reading.problems))

    def tenants(self, tree: Node) -> tuple[Tenants | None, Node]:
        """The table that ``targets`` names, and the tree with its tenants as targets and their orgs among the orgs."""
        keys = tree.value if isinstance(tree.value, dict) else {}
        targets, orgs = keys.get("targets"), keys.get("orgs")
        said = targets.value if targets is not None and isinstance(targets.value, dict) else {}
        table, listed = said.get("csv"), "tenants_of" in said
        if listed and table is None:
            return Tenants(rows=(), enabled=(), orgs={}, columns=(), lines={}, file=str(self.file), listed=True), tree
        if targets is None or table is None or not isinstance(table.value, str):
            return None, tree
        own = Reading(problems=self.reading.problems)
        own.data(tree)
        if read(own.data(targets, ("targets",)), TargetsTable, own, ListedTargets) is None:
            return None, tree
        file = absolute(table.value, self.file.absolute().parent)
        at = self.reading.places["targets", "csv"] = table.place
        try:
            text = self.text(_near(file, self.file), f"{at.file}:{at.line} names it")
        except InvalidInput:
            return None, tree  # the problem is told; the rest of the plan is still looked at
        known = orgs.value if orgs is not None and isinstance(orgs.value, dict) else {}
        found = read_tenants(text, str(_near(file, self.file)), known, self.reading.problems, listed=listed)
        if found is None or listed:
            return found, tree
        places = [Place(file=found.file, line=found.lines[each], column=1, label="tenant") for each in found.enabled]
        aliases = [text_node(alias, place) for alias, place in zip(found.enabled, places, strict=True)]
        own_orgs = {**known, **found.orgs}
        block = replace(orgs, value=own_orgs) if orgs is not None and known else map_node(own_orgs, targets.place)
        made = {**keys, "targets": replace(targets, value=aliases), "orgs": block}
        return found, replace(tree, value=made)

    def narrowed(self, tree: Node, target: str) -> Node:
        """The tree with this target alone."""
        keys = tree.value if isinstance(tree.value, dict) else {}
        targets = keys.get("targets")
        if targets is None or not isinstance(targets.value, list):
            return tree
        known = [each.value for each in targets.value if isinstance(each.value, str)]
        chosen = [each for each in targets.value if each.value == target][:1]
        if not chosen:
            self.reading.places.setdefault(("targets",), tree.keys.get("targets", targets.place))
            message, fix = f"{shown(target)} is not a target", did_you_mean(target, known)
            self.reading.wrong("plan_unknown_org", ("targets",), message, fix, target)
            return tree
        return replace(tree, value={**keys, "targets": replace(targets, value=chosen)})

    def bundle(self, data: Block) -> None:
        source = data.get("source")
        named = source.get("bundle") if isinstance(source, dict) else None
        if isinstance(named, str):
            folder = absolute(named, self.file.absolute().parent)
            if not folder.is_dir():
                message = f"no bundle is at {shown_path(folder)}"
                fix = "make it with sigma-migrate export PLAN -o DIR"
                self.reading.wrong("plan_unreadable", ("source", "bundle"), message, fix, named)

    def wrong(self, code: str, message: str, fix: str, file: str) -> None:
        self.reading.problems.append(Problem(code=code, message=message, fix=fix, file=file))

    def stop(self) -> InvalidInput:
        """All problems, each once, file by file and line by line."""
        files = [str(self.file)]
        for problem in self.reading.problems:
            if problem.file not in files:
                files.append(problem.file)
        unique = dict.fromkeys(self.reading.problems)
        if len(unique) > 1 and is_csv(self.file, ""):  # a table's empty orgs follow from what is said of its rows
            unique = {problem: None for problem in unique if problem.path != "orgs"}
        return InvalidInput(sorted(unique, key=lambda each: (files.index(each.file), each.line, each.column)))


def is_csv(file: Path, text: str) -> bool:
    """Whether a plan file is a table: by its suffix, else by a header of at least three known columns."""
    suffix = file.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return True
    if suffix in (".yaml", ".yml", ".json"):
        return False
    from migrate.plan.csv_plan import COLUMNS

    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith(("#", "sep="))), "")
    cells = {column_name(cell.strip('"')) for cell in first.split(delimiter_of(first, COLUMNS))}
    return len(cells & set(COLUMNS)) >= 3


def plan_name(text: str) -> str:
    """A name that a plan may have, from any text."""
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "_.-") else "-" for char in text)
    return kept.strip("-.")[:64] or "plan"


def _near(path: Path, file: Path) -> Path:
    """A path as the user would write it: beside the plan where it is there."""
    folder = file.absolute().parent
    return file.parent / path.relative_to(folder) if path.is_relative_to(folder) else path
