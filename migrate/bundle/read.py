"""A folder of spec files -> ``(Inventory, Bundle)``: our own exports, and specs saved by hand.

Both formats and any generation are read. With a manifest, names, folders and people come from it and a
spec edited since the export is welcome; without one, each ``.json`` or ``.yaml`` file that holds a spec
becomes a document, its kind told by its ids, its ``kind`` or the folder it lies in.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import orjson

from migrate.bundle.names import FOLDERS
from migrate.bundle.spec import Bundle, Spec, parse_spec
from migrate.bundle.store import SCHEMA, inside
from migrate.errors import InvalidInput, Problem
from migrate.inventory.model import Connection, Folder, Identity, Inventory, Item, Key, Named
from migrate.sigma.wire import parse_yaml
from migrate.tree import Json
from migrate.words import Kind

_SUFFIXES = (".json", ".yaml", ".yml")
T = TypeVar("T")


def load(folder: Path, *, org: str = "bundle") -> tuple[Inventory, Bundle]:
    """The inventory and specs that a folder holds; ``org`` is the alias the documents get.

    Raises InvalidInput with every file that is missing, unreadable or no spec.
    """
    if not folder.is_dir():
        raise InvalidInput([_problem(folder, "there is no such folder", "name a folder that `export` wrote")])
    if (folder / "manifest.json").is_file():
        return _load_export(folder, org)
    return _load_loose(folder, org)


def _load_export(folder: Path, org: str) -> tuple[Inventory, Bundle]:
    problems: list[Problem] = []
    manifest = _parse(folder / "manifest.json", problems)
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        found = manifest.get("schema") if isinstance(manifest, dict) else None
        problems.append(_problem(folder / "manifest.json", f"not a {SCHEMA} manifest, but {found!r}", "export again"))
        raise InvalidInput(problems)
    try:
        found_there = _listed_in(folder, manifest, org, problems)
    except (KeyError, TypeError, AttributeError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"has an entry of the wrong shape: {error}"
        problems.append(_problem(folder / "manifest.json", what, "export again"))
        raise InvalidInput(problems) from None
    if problems:
        raise InvalidInput(problems)
    return found_there


def _listed_in(
    folder: Path, manifest: Mapping[str, Json], org: str, problems: list[Problem]
) -> tuple[Inventory, Bundle]:
    """What a manifest lists. Raises KeyError, TypeError or AttributeError where it is not as ``save`` writes it."""
    items: dict[Key, Item] = {}
    specs: dict[Key, Spec] = {}
    for entry in manifest["documents"]:
        item = _item(entry, org)
        spec = _spec(folder, str(entry["file"]), item.key, problems)
        if spec is not None:
            specs[item.key] = replace(spec, server=MappingProxyType(dict(entry["server"])))
            item = item if spec.digest == entry["digest"] else _edited(item, spec)
            items[item.key] = item if item.name == spec.name else replace(item, name=spec.name)
    lost: dict[Key, tuple[str, str]] = {}
    for row in manifest["unreadable"]:
        if "id" in row:
            item = _item(row, org)
            items.setdefault(item.key, item)
            lost[item.key] = (row["code"], row["reason"])
    source = manifest["source"]
    inventory = Inventory(
        org=org,
        identity=Identity(user_id=source["user_id"], organization_id=source["organization_id"], slug=source["slug"]),
        items=MappingProxyType(items),
        generation=manifest["api_generation"],
        unreadable=tuple(
            Problem(code=row["code"], message=row["reason"]) for row in manifest["unreadable"] if "id" not in row
        ),
        **{name: _entries(folder, name, kind, problems) for name, kind in _TABLES.items()},
    )
    return inventory, Bundle(specs=specs, unreadable=lost)


def _item(row: Mapping[str, Json], org: str) -> Item:
    kind = row["kind"]
    if kind not in FOLDERS:
        raise TypeError(f"{kind!r} is no kind of document")
    return _value(Item, {**row, "key": Key(org=org, kind=kind, id=row["id"])})


def _edited(item: Item, spec: Spec) -> Item:
    """The document with what its edited spec reads, beside what the organization said it reads."""
    return replace(item, reads=tuple(dict.fromkeys((*item.reads, *models_read(spec.body)))))


_TABLES: Mapping[str, Callable[..., Any]] = {
    "folders": Folder,
    "connections": Connection,
    "members": Named,
    "teams": Named,
    "user_attributes": Named,
    "plugins": Named,
    "connectors": Named,
}


def _entries(folder: Path, table: str, kind: Callable[..., T], problems: list[Problem]) -> Mapping[str, T]:
    path = folder / f"{table}.json"
    rows = _parse(path, problems) if path.is_file() else []
    try:
        return MappingProxyType({row["id"]: _value(kind, row) for row in rows or []})
    except (KeyError, TypeError, AttributeError) as error:
        problems.append(_problem(path, f"has a row of the wrong shape: {error}", "export again"))
        return MappingProxyType({})


def _value(kind: Callable[..., T], row: Mapping[str, Json]) -> T:
    """A dataclass from a row: lists become tuples, keys it does not know are left out."""
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items() if k in known})


def _load_loose(folder: Path, org: str) -> tuple[Inventory, Bundle]:
    """Specs saved by hand: the folder's own tree stands in for Sigma's folders."""
    problems: list[Problem] = []
    items: dict[Key, Item] = {}
    specs: dict[Key, Spec] = {}
    for path in _spec_files(folder):
        tree = _parse(path, problems)
        kind = kind_of(tree, path.relative_to(folder)) if tree is not None else None
        if kind is None:
            if tree is not None:
                problems.append(_problem(path, "this file holds no workbook or data-model spec", "move it elsewhere"))
            continue
        key = Key(org=org, kind=kind, id=_id_of(tree, path.relative_to(folder)))
        if key in specs:
            problems.append(_problem(path, f"a second file holds the document {key.id}", "keep one of them"))
            continue
        try:
            spec = parse_spec(tree, key)
        except ValueError as error:
            problems.append(_problem(path, str(error), "export the document again"))
            continue
        specs[key] = spec if spec.name else replace(spec, name=path.stem)
        items[key] = _loose_item(key, specs[key], path.relative_to(folder))
    if not specs and not problems:
        problems.append(
            _problem(folder, "no spec files in this folder", "name a folder that holds .json or .yaml specs")
        )
    if problems:
        raise InvalidInput(problems)
    identity = Identity(user_id="", organization_id=f"bundle:{folder.name}", slug=None)
    return Inventory(org=org, identity=identity, items=MappingProxyType(items)), Bundle(specs=specs)


def _spec_files(folder: Path) -> list[Path]:
    """Every JSON or YAML file that is not in a hidden folder, such as that of a version control."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in _SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def kind_of(tree: Json, path: Path) -> Kind | None:
    """Whether a tree is a workbook or a data model; None where it is neither."""
    if not isinstance(tree, dict):
        return None
    if "workbookId" in tree or isinstance(tree.get("contents"), dict) or isinstance(tree.get("document"), dict):
        return "workbook"
    if not isinstance(tree.get("pages"), list):
        return None
    if "dataModelId" in tree or tree.get("kind") == "data-model" or FOLDERS["data-model"] in path.parts:
        return "data-model"
    if tree.get("kind") == "workbook" or "layout" in tree or FOLDERS["workbook"] in path.parts:
        return "workbook"
    pages = [page.get("elements") for page in tree["pages"] if isinstance(page, dict)]
    kinds = {str(e.get("kind")) for inside in pages if isinstance(inside, list) for e in inside if isinstance(e, dict)}
    return "data-model" if kinds <= {"table", "control"} else "workbook"


def _id_of(tree: Json, path: Path) -> str:
    """The document's own id, the one in its file name, or one that stays the same for this path."""
    own = tree.get("workbookId") or tree.get("dataModelId")
    if own:
        return str(own)
    _, mark, tail = path.stem.rpartition("--")
    return tail if mark and tail else str(uuid.uuid5(uuid.NAMESPACE_URL, path.as_posix()))


def _loose_item(key: Key, spec: Spec, path: Path) -> Item:
    folders = path.parent.parts
    return Item(
        key=key,
        name=spec.name,
        folder_id=spec.folder_id,
        path=folders[1:] if folders[:1] == (FOLDERS[key.kind],) else folders,
        version=spec.version,
        url=str(spec.server.get("url", "")),
        reads=models_read(spec.body),
    )


def models_read(body: Json) -> tuple[str, ...]:
    """The ids of the data models that a spec reads, in document order."""
    found: dict[str, None] = {}
    stack = [body]
    while stack:
        tree = stack.pop()
        if isinstance(tree, dict):
            if isinstance(tree.get("dataModelId"), str):
                found[tree["dataModelId"]] = None
            stack.extend(reversed(list(tree.values())))
        elif isinstance(tree, list):
            stack.extend(reversed(tree))
    return tuple(found)


def _spec(folder: Path, name: str, key: Key, problems: list[Problem]) -> Spec | None:
    if not inside(folder, name):
        problems.append(_problem(folder / "manifest.json", f"the path {name!r} leaves the bundle", "export again"))
        return None
    tree = _parse(folder / name, problems)
    if tree is None:
        return None
    try:
        return parse_spec(tree, key)
    except ValueError as error:
        problems.append(_problem(folder / name, str(error), "export the document again"))
        return None


def _parse(path: Path, problems: list[Problem]) -> Json:
    """The tree of a JSON or YAML file; None, with a Problem, where it cannot be read."""
    try:
        content = path.read_bytes()
        return orjson.loads(content) if path.suffix.lower() == ".json" else parse_yaml(content)
    except OSError as error:
        problems.append(_problem(path, f"cannot be read: {error.strerror}", "export again"))
    except ValueError as error:
        problems.append(_problem(path, f"is not {path.suffix[1:]}: {error}", "mend it or export again"))
    return None


def _problem(path: Path, message: str, fix: str) -> Problem:
    return Problem(code="bundle_invalid", message=message, fix=fix, file=str(path))


def edited_since_export(folder: Path) -> tuple[str, ...]:
    """The files of an export whose bytes are no longer those the manifest names; none where there is no manifest."""
    if not (folder / "manifest.json").is_file():
        return ()
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    return tuple(
        name
        for name, sha in manifest["files"].items()
        if inside(folder, name)
        and (folder / name).is_file()
        and hashlib.sha256((folder / name).read_bytes()).hexdigest() != sha
    )
