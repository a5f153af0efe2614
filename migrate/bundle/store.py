"""A bundle on disk: a folder of spec files that people review, git keeps and a plan can deploy.

Every spec file is exactly the body that creates the document, so that it can be posted by hand; what the
server manages stands in ``manifest.json``. Two exports of an unchanged organization are byte-identical.
Files are written owner-only, whole or not at all; no path leaves the folder.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Literal

import orjson

from migrate.bundle.names import FOLDERS, spec_path
from migrate.bundle.spec import Bundle, Spec, create_body
from migrate.files import make_private, read_regular, real, remove_drafts, write_private
from migrate.inventory.model import Inventory, Item
from migrate.kinds import counts
from migrate.secret import RING
from migrate.tree import Json
from migrate.yaml.write import to_yaml

SCHEMA = "sigma-migrate.bundle/1"
TABLES = ("folders", "connections", "members", "teams", "user_attributes", "plugins", "connectors")
"""The parts of an inventory that have a file of their own beside the manifest."""

_LARGEST_MANIFEST = 256 * 1024 * 1024

Form = Literal["json", "yaml"]


def save(folder: Path, inventory: Inventory, bundle: Bundle, *, form: Form = "json") -> Path:
    """Writes the bundle and returns the manifest's path.

    Files that an earlier export wrote, that nobody edited and that are no longer part of it are removed; others are
    not touched. Raises OSError where the folder cannot be written, or where a link in it leads out of it.
    """
    make_private(folder)
    earlier = _written_before(folder)
    files: dict[str, bytes] = {f"{table}.json": _table(inventory, table) for table in TABLES}
    documents = []
    for key, spec in sorted(bundle.specs.items()):
        item = inventory.items[key]
        path = str(spec_path(key.kind, item.path, spec.name, key.id, form))
        tree = written(spec)
        files[path] = to_yaml(tree).encode() if form == "yaml" else _pretty(tree)
        documents.append(_document(item, spec, path))
    manifest = {
        "schema": SCHEMA,
        "source": asdict(inventory.identity) | {"alias": inventory.org},
        "api_generation": inventory.generation,
        "counts": counts(key.kind for key in bundle.specs),
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
        if not inside(folder, name) or (folder / name).is_symlink():
            raise OSError(errno.ELOOP, "a link stands where a file of the bundle is to be written", str(folder / name))
        write_private(folder / name, content)
    for name in earlier - files.keys():
        _remove(folder, name)
    for parent in {(folder / name).parent for name in files}:
        remove_drafts(parent)
    return folder / "manifest.json"


def written(spec: Spec) -> Json:
    """What stands in a document's file: the body of a create."""
    return create_body(spec.name, spec.folder_id, spec.description, spec.generation, spec.body)


def _table(inventory: Inventory, table: str) -> bytes:
    """A listing's file. Names of people's choosing may hold anything: what is digested is what gets written."""
    return RING.bytes_without(_pretty([asdict(entry) for _, entry in sorted(getattr(inventory, table).items())]))


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


def _written_before(folder: Path) -> set[str]:
    """The files that an earlier export of this tool wrote and that are still as it wrote them.

    The manifest may be anybody's, so that its word is taken only for a name that an export gives, and only where the
    bytes are those whose digest it holds. Empty where there is no readable manifest.
    """
    try:
        manifest = orjson.loads(read_regular(folder / "manifest.json", most=_LARGEST_MANIFEST))
    except (OSError, ValueError):
        return set()
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict):
        return set()
    return {name for name, sha in files.items() if _is_ours(folder, name, sha)}


def _is_ours(folder: Path, name: str, sha: Json) -> bool:
    parts = PurePosixPath(name).parts
    exported = parts[:1] and parts[0] in FOLDERS.values() and "--" in PurePosixPath(name).name
    if not (exported or name in {f"{table}.json" for table in TABLES}) or not inside(folder, name):
        return False
    try:
        content = read_regular(folder / name, most=_LARGEST_MANIFEST)
    except OSError:
        return False
    return bool(hashlib.sha256(content).hexdigest() == sha)


def inside(folder: Path, name: str) -> bool:
    """Whether a relative name stays inside the folder, whatever the manifest claims."""
    root = real(folder)
    if "\0" in name or Path(name).is_absolute():
        return False
    return real(root / name).is_relative_to(root)


def _remove(folder: Path, name: str) -> None:
    path = folder / name
    path.unlink(missing_ok=True)
    for parent in _ancestors(path, folder):
        with suppress(OSError):  # not empty: somebody else's files stay
            parent.rmdir()


def _ancestors(path: Path, folder: Path) -> Iterator[Path]:
    for parent in path.parents:
        if parent == folder:
            return
        yield parent
