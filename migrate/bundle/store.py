"""A bundle on disk: a folder of spec files that people review, git keeps and a plan can deploy.

Every spec file is exactly the body that creates the document, so that it can be posted by hand; what the
server manages stands in ``manifest.json``. Two exports of an unchanged organization are byte-identical.
Files are written owner-only, whole or not at all; no path leaves the folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import orjson

from migrate.bundle.names import spec_path
from migrate.bundle.spec import Bundle, Spec, create_body
from migrate.bundle.yaml_text import to_yaml
from migrate.files import make_private, write_private
from migrate.inventory.model import Inventory, Item
from migrate.tree import Json

SCHEMA = "sigma-migrate.bundle/1"
TABLES = ("folders", "connections", "members", "teams", "user_attributes", "plugins", "connectors")
"""The parts of an inventory that have a file of their own beside the manifest."""

Form = Literal["json", "yaml"]


def save(folder: Path, inventory: Inventory, bundle: Bundle, *, form: Form = "json") -> Path:
    """Writes the bundle and returns the manifest's path.

    Files that an earlier export left and that are no longer part of it are removed; files the manifest
    never named are not touched. Raises OSError where the folder cannot be written.
    """
    make_private(folder)
    earlier = _listed_files(folder)
    files: dict[str, bytes] = {f"{table}.json": _table(inventory, table) for table in TABLES}
    documents = []
    for key, spec in sorted(bundle.specs.items()):
        item = inventory.items[key]
        path = str(spec_path(key.kind, item.path, spec.name, key.id, form))
        tree = create_body(spec.name, spec.folder_id, spec.description, spec.generation, spec.body)
        files[path] = to_yaml(tree).encode() if form == "yaml" else _pretty(tree)
        documents.append(_document(item, spec, path))
    manifest = {
        "schema": SCHEMA,
        "source": asdict(inventory.identity) | {"alias": inventory.org},
        "api_generation": inventory.generation,
        "counts": {kind: sum(key.kind == kind for key in bundle.specs) for kind in ("data-model", "workbook")},
        "documents": documents,
        "unreadable": [
            {**_listed(inventory.items[key]), "code": code, "reason": reason}
            for key, (code, reason) in sorted(bundle.unreadable.items())
        ]
        + [{"code": problem.code, "reason": problem.message} for problem in inventory.unreadable],
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    files["manifest.json"] = _pretty(manifest)
    for name, content in files.items():
        write_private(folder / name, content)
    for name in earlier - files.keys():
        _remove(folder, name)
    return folder / "manifest.json"


def _table(inventory: Inventory, table: str) -> bytes:
    return _pretty([asdict(entry) for _, entry in sorted(getattr(inventory, table).items())])


def _document(item: Item, spec: Spec, path: str) -> Json:
    """A document's line in the manifest: where its file is, and what the server manages."""
    return {
        **_listed(item),
        "name": spec.name,
        "file": path,
        "generation": spec.generation,
        "digest": spec.digest,
        "server": dict(spec.server),
    }


def _listed(item: Item) -> dict[str, Json]:
    """A document as the listings show it."""
    known = {name: value for name, value in asdict(item).items() if name != "key"}
    return {**known, "kind": item.key.kind, "id": item.key.id}


def _pretty(tree: Json) -> bytes:
    return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _listed_files(folder: Path) -> set[str]:
    """The files that an earlier export of this tool wrote; empty where there is no readable manifest."""
    try:
        manifest = orjson.loads((folder / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return set()
    files = manifest.get("files") if isinstance(manifest, dict) else None
    return {name for name in files if inside(folder, name)} if isinstance(files, dict) else set()


def inside(folder: Path, name: str) -> bool:
    """Whether a relative name stays inside the folder, whatever the manifest claims."""
    root = folder.resolve()
    if "\0" in name or Path(name).is_absolute():
        return False
    return (root / name).resolve().is_relative_to(root)


def _remove(folder: Path, name: str) -> None:
    path = folder / name
    if path.is_dir():  # no export ever names a folder
        return
    path.unlink(missing_ok=True)
    for parent in _ancestors(path, folder):
        with suppress(OSError):  # not empty: somebody else's files stay
            parent.rmdir()


def _ancestors(path: Path, folder: Path) -> Iterator[Path]:
    for parent in path.parents:
        if parent == folder:
            return
        yield parent
