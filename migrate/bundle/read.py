"""A folder of spec files -> ``(Inventory, Bundle)``: our own exports, and specs saved by hand.

Both formats and any generation are read. With a manifest, names, folders and people come from it; a spec edited
since the export, or laid beside those that the manifest lists, is welcome and told. Without one, each ``.json`` or
``.yaml`` file that holds a spec becomes a document, its kind told by its ids, its ``kind`` or the folder it lies in.
Where what a file holds cannot be carried, that document is unreadable and the others go on.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar, get_args

from migrate.bundle.file_tree import LARGEST_FILE, Unusable, read_tree
from migrate.bundle.names import FOLDERS
from migrate.bundle.spec import Bundle, Spec, parse_spec
from migrate.bundle.store import SCHEMA, TABLES, inside
from migrate.errors import InvalidInput, Problem
from migrate.files import read_regular, real
from migrate.inventory.model import Connection, Folder, Identity, Inventory, Item, Key, Named
from migrate.kinds import ENVELOPED, FEEDING, KINDS, known_kind
from migrate.tree import Json
from migrate.words import ENVELOPES, Generation, Kind

_SUFFIXES = (".json", ".yaml", ".yml")
_MANIFEST = "manifest.json"
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One folder being read: ``problems`` refuse it, ``unreadable`` documents do not, ``notes`` are worth knowing."""

    folder: Path
    org: str
    items: dict[Key, Item] = field(default_factory=dict)
    specs: dict[Key, Spec] = field(default_factory=dict)
    unreadable: dict[Key, tuple[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def problem(self, path: Path, message: str, fix: str) -> None:
        """Note a file that makes the bundle invalid."""
        self.problems.append(Problem(code="bundle_invalid", message=message, fix=fix, file=str(path)))

    def tree(self, path: Path) -> Json:
        """The tree of a file; None, with a problem, where there is none. Raises Unusable."""
        try:
            return read_tree(path)
        except OSError as error:
            self.problem(path, f"cannot be read: {error.strerror}", "export again")
        except Unusable:
            raise
        except ValueError as error:
            self.problem(path, f"is not {path.suffix[1:]}: {error}", "mend it or export again")
        return None

    def name(self, path: Path) -> str:
        """A file as it is called inside the folder."""
        return path.relative_to(self.folder).as_posix()

    def refuse_if_broken(self) -> None:
        """Raises InvalidInput with every problem found so far."""
        if self.problems:
            raise InvalidInput(self.problems)


def load(folder: Path, *, org: str = "bundle") -> tuple[Inventory, Bundle]:
    """The inventory and specs that a folder holds; ``org`` is the alias the documents get.

    Raises InvalidInput with every file that is missing, malformed or no spec. A document whose file holds what cannot
    be carried (a doubled key, a number beyond 64 bit, 200 levels) is unreadable, with the reason ``unusable_file``.
    ``notes`` of the inventory say which files the manifest does not know as they are.
    """
    reading = _Reading(folder=folder, org=org)
    if not folder.is_dir():
        reading.problem(folder, "there is no such folder", "name a folder that `export` wrote")
        reading.refuse_if_broken()
    if (folder / _MANIFEST).is_file():
        return _load_export(reading)
    return _load_loose(reading)


def _load_export(reading: _Reading) -> tuple[Inventory, Bundle]:
    path = reading.folder / _MANIFEST
    try:
        manifest = reading.tree(path)
    except Unusable as error:
        manifest = None
        reading.problem(path, str(error), "export again")
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        found = manifest.get("schema") if isinstance(manifest, dict) else None
        reading.problem(path, f"not a {SCHEMA} manifest, but {str(found)[:80]!r}", "export again")
        raise InvalidInput(reading.problems)
    try:
        inventory = _as_listed(reading, manifest)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"has an entry of the wrong shape: {_brief(error)}"
        reading.problem(path, what, "export again")
        raise InvalidInput(reading.problems) from None
    reading.refuse_if_broken()
    return inventory, Bundle(specs=reading.specs, unreadable=reading.unreadable)


def _brief(error: Exception) -> str:
    """The first line of an error that may be long."""
    return " ".join(str(error).split())[:200]


def _as_listed(reading: _Reading, manifest: Mapping[str, Json]) -> Inventory:
    """What a manifest lists, and what lies beside it. Raises KeyError, TypeError, AttributeError or ValueError where
    it is not as ``save`` writes it."""
    listed = {str(entry["file"]) for entry in manifest["documents"]}
    for entry in manifest["documents"]:
        _take_listed(reading, entry)
    for row in manifest["unreadable"]:
        if "id" in row:
            item = _item(row, reading.org)
            reading.items.setdefault(item.key, item)
            reading.unreadable[item.key] = (str(row["code"]), str(row["reason"]))
    _note_edited(reading, manifest["files"])
    known = {reading.folder / name for name in (*listed, *(f"{table}.json" for table in TABLES), _MANIFEST)}
    _take_added(reading, [path for path in _spec_files(reading) if path not in known])
    return Inventory(
        org=reading.org,
        identity=_value(Identity, manifest["source"]),
        generation=_generation(manifest["api_generation"]),
        unreadable=tuple(
            Problem(code=str(row["code"]), message=str(row["reason"]))
            for row in manifest["unreadable"]
            if "id" not in row
        ),
        folders=_entries(reading, "folders", Folder),
        connections=_entries(reading, "connections", Connection),
        members=_entries(reading, "members", Named),
        teams=_entries(reading, "teams", Named),
        user_attributes=_entries(reading, "user_attributes", Named),
        plugins=_entries(reading, "plugins", Named),
        connectors=_entries(reading, "connectors", Named),
        items=MappingProxyType(reading.items),
        notes=tuple(reading.notes),
    )


def _generation(name: Json) -> Generation | None:
    known: dict[Json, Generation | None] = {None: None, **{one: one for one in get_args(Generation)}}
    if not isinstance(name, str | None) or name not in known:
        raise TypeError(f"{name!r:.80} is no generation of the API")
    return known[name]


def _take_listed(reading: _Reading, entry: Mapping[str, Json]) -> None:
    """Take one document of the manifest, with what its file says now."""
    item = _item(entry, reading.org)
    name = str(entry["file"])
    path = reading.folder / name
    if not inside(reading.folder, name):
        reading.problem(reading.folder / _MANIFEST, f"the path {name!r} leaves the bundle", "export again")
        return
    try:
        tree = reading.tree(path)
        if tree is None:
            return
        spec = parse_spec(tree, item.key)
    except Unusable as error:
        reading.items[item.key] = item
        reading.unreadable[item.key] = ("unusable_file", f"{name}: {error}")
        return
    except ValueError as error:
        reading.problem(path, str(error), "export the document again")
        return
    reading.specs[item.key] = replace(spec, server=MappingProxyType(dict(entry["server"])))
    item = item if spec.digest == entry["digest"] else _edited(item, spec)
    reading.items[item.key] = item if item.name == spec.name else replace(item, name=spec.name)


def _note_edited(reading: _Reading, files: Mapping[str, str]) -> None:
    """Tell every file whose bytes are no longer those that the manifest names."""
    for name, sha in files.items():
        path = reading.folder / name
        if not inside(reading.folder, name) or not path.is_file():
            continue
        if hashlib.sha256(read_regular(path, most=LARGEST_FILE)).hexdigest() != sha:
            reading.notes.append(f"{name} was edited since it was exported; the edit is used")


def _take_added(reading: _Reading, paths: Iterable[Path]) -> None:
    """Take the spec files that lie beside those of the manifest; what is no spec is told and left."""
    for path in paths:
        name = reading.name(path)
        before = dict(reading.specs)
        if not _take_loose(reading, path, required=False):
            reading.notes.append(f"{name} is not in the manifest and holds no spec; it is not used")
            continue
        added = next(iter(reading.specs.keys() - before.keys()), None)
        if added is not None:
            reading.notes.append(
                f"{name} was added to the bundle by hand; it is used as {added.kind} {reading.items[added].name!r}"
            )


def _item(row: Mapping[str, Json], org: str) -> Item:
    kind = row["kind"]
    if kind not in FOLDERS:
        raise TypeError(f"{kind!r} is no kind of document")
    if not isinstance(row["id"], str) or not row["id"]:
        raise TypeError(f"{row['id']!r:.80} is no id")
    if large := [name for name, value in row.items() if isinstance(value, int) and value >= 2**63]:
        raise ValueError(f"{large[0]} is larger than any number of Sigma's")
    return _value(Item, {**row, "key": Key(org=org, kind=kind, id=row["id"])})


def _edited(item: Item, spec: Spec) -> Item:
    """The document with what its edited spec reads, beside what the organization said it reads."""
    return replace(item, reads=tuple(dict.fromkeys((*item.reads, *models_read(spec.body)))))


def _entries(reading: _Reading, table: str, kind: type[T]) -> Mapping[str, T]:
    path = reading.folder / f"{table}.json"
    if not inside(reading.folder, path.name):
        reading.problem(path, "is a link that leads out of the bundle", "export again")
        return MappingProxyType({})
    try:
        rows = reading.tree(path) if path.is_file() else []
        return MappingProxyType({row["id"]: _value(kind, row) for row in rows or []})
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reading.problem(path, f"has a row of the wrong shape: {_brief(error)}", "export again")
        return MappingProxyType({})


def _value(kind: type[T], row: Mapping[str, Json]) -> T:
    """A dataclass from a row: lists become tuples, keys it does not know are left out. Raises ValueError."""
    if not isinstance(row, dict):
        raise TypeError(f"{row!r:.80} is no object")
    from pydantic import TypeAdapter

    return TypeAdapter(kind).validate_python(row, strict=False)


def _load_loose(reading: _Reading) -> tuple[Inventory, Bundle]:
    """Specs saved by hand: the folder's own tree stands in for Sigma's folders, what specs name for its connections."""
    folder = reading.folder
    for path in _spec_files(reading):
        _take_loose(reading, path, required=True)
    if not (reading.specs or reading.unreadable or reading.problems):
        reading.problem(folder, "no spec files in this folder", "name a folder that holds .json or .yaml specs")
    reading.refuse_if_broken()
    identity = Identity(user_id="", organization_id=f"bundle:{real(folder).name}", slug=None)
    named = {name for spec in reading.specs.values() for name in connections_named(spec.body)}
    inventory = Inventory(
        org=reading.org,
        identity=identity,
        items=MappingProxyType(reading.items),
        connections=MappingProxyType({name: Connection(id=name, name=name, type="") for name in sorted(named)}),
        notes=tuple(reading.notes),
    )
    return inventory, Bundle(specs=reading.specs, unreadable=reading.unreadable)


def _take_loose(reading: _Reading, path: Path, *, required: bool) -> bool:
    """Take a file as a document; False where it holds none, which is a problem where it is ``required``."""
    inner = path.relative_to(reading.folder)
    try:
        tree = reading.tree(path)
    except Unusable as error:
        key = Key(org=reading.org, kind=_kind_by_folder(inner) or ENVELOPED[0].kind, id=_id_of({}, inner))
        reading.items[key] = _item_of_file(key, path.stem, inner)
        reading.unreadable[key] = ("unusable_file", f"{inner.as_posix()}: {error}")
        return True
    kind = kind_of(tree, inner) if tree is not None else None
    if kind is None:
        if tree is not None and required:
            reading.problem(path, "this file holds no spec of a document", "move it elsewhere")
        return tree is None
    key = Key(org=reading.org, kind=kind, id=_id_of(tree, inner))
    if key in reading.specs or key in reading.unreadable:
        if required:
            reading.problem(path, f"a second file holds the document {key.id}", "keep one of them")
            return True
        key = replace(key, id=_id_of_path(inner))
        reading.notes.append(f"{inner.as_posix()} names the document of another file; it is taken for one of its own")
    try:
        spec = parse_spec(tree, key)
    except ValueError as error:
        reading.problem(path, str(error), "export the document again")
        return True
    reading.specs[key] = spec if spec.name else replace(spec, name=path.stem)
    reading.items[key] = _loose_item(key, reading.specs[key], inner)
    return True


def _kind_by_folder(path: Path) -> Kind | None:
    """The kind whose folder a file lies in, the nearest where there are several; None where it lies in none."""
    return next((kind for part in path.parts[-2::-1] for kind, folder in FOLDERS.items() if folder == part), None)


def _spec_files(reading: _Reading) -> list[Path]:
    """Every JSON or YAML file that is not in a hidden folder, such as that of a version control.

    A link that leads out of the folder is told and not followed.
    """
    found = []
    for path in sorted(reading.folder.rglob("*")):
        inner = path.relative_to(reading.folder)
        if path.suffix.lower() not in _SUFFIXES or any(part.startswith(".") for part in inner.parts):
            continue
        if not inside(reading.folder, str(inner)):
            reading.notes.append(f"{inner.as_posix()} is a link that leads out of the folder; it is not followed")
        elif path.is_file():
            found.append(path)
        elif not path.is_dir():
            reading.notes.append(f"{inner.as_posix()} is no regular file; it is not read")
    return found


def connections_named(body: Json) -> frozenset[str]:
    """The ids of the connections that a spec names."""
    return frozenset(_strings_at("connectionId", body))


def kind_of(tree: Json, path: Path) -> Kind | None:
    """Of which kind the document in a tree is, by its id, what it says or where it lies; None where it is none."""
    if not isinstance(tree, dict):
        return None
    own = next((kind for kind, row in KINDS.items() if row.id_field in tree), None)
    inner = next((tree[name] for name in ENVELOPES if isinstance(tree.get(name), dict)), None)
    if inner is not None:
        lies = _kind_by_folder(path)
        return own or known_kind(inner.get("kind")) or (lies if lies and KINDS[lies].enveloped else ENVELOPED[0].kind)
    if not isinstance(tree.get("pages"), list):
        return own if own and KINDS[own].enveloped else None
    return own or known_kind(tree.get("kind")) or _kind_by_folder(path) or _kind_by_pages(tree)


def _kind_by_pages(tree: Json) -> Kind:
    """What a flat document without a word on its kind seems to be: models know tables and controls, and no layout."""
    pages = [page.get("elements") for page in tree["pages"] if isinstance(page, dict)]
    kinds = {str(e.get("kind")) for inside in pages if isinstance(inside, list) for e in inside if isinstance(e, dict)}
    return ENVELOPED[0].kind if "layout" in tree or not kinds <= {"table", "control"} else FEEDING.kind


def _id_of(tree: Json, path: Path) -> str:
    """The document's own id, the one in its file name, or one that stays the same for this path."""
    own = next((tree[row.id_field] for row in KINDS.values() if tree.get(row.id_field)), None)
    if own:
        return str(own)
    _, mark, tail = path.stem.rpartition("--")
    return tail if mark and tail else _id_of_path(path)


def _id_of_path(path: Path) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, path.as_posix()))


def _loose_item(key: Key, spec: Spec, path: Path) -> Item:
    item = _item_of_file(key, spec.name, path)
    return replace(
        item,
        folder_id=spec.folder_id,
        version=spec.version,
        url=str(spec.server.get("url", "")),
        reads=models_read(spec.body),
    )


def _item_of_file(key: Key, name: str, path: Path) -> Item:
    folders = path.parent.parts
    inner = folders[1:] if folders[:1] == (FOLDERS[key.kind],) else folders
    return Item(key=key, name=name, folder_id="", path=inner, version=0)


def models_read(body: Json) -> tuple[str, ...]:
    """The ids of the data models that a spec reads, in document order."""
    return tuple(dict.fromkeys(_strings_at("dataModelId", body)))


def _strings_at(key: str, body: Json) -> Iterable[str]:
    """Every string that stands under a key anywhere in a body, in document order."""
    stack = [body]
    while stack:
        tree = stack.pop()
        if isinstance(tree, dict):
            if isinstance(tree.get(key), str):
                yield tree[key]
            stack.extend(reversed(list(tree.values())))
        elif isinstance(tree, list):
            stack.extend(reversed(tree))
