"""The source of a fleet run as a file: what one process read of it, for all others. Owner-only, known by its digest.

One line of JSON says what the organization or bundle holds, each further line is one document; all of it compressed.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import orjson

from migrate.bundle.spec import Spec
from migrate.bundle.spool import Shelf, Spool
from migrate.errors import InvalidInput, Problem, file_error
from migrate.fleet.places import Missing, Place
from migrate.inventory.model import Inventory, Item, Key
from migrate.run.source import SourceSide
from migrate.survey.tables import Catalog
from migrate.tree import Json

SCHEMA = "sigma-migrate.source/1"
_PART = 1 << 20


def put(place: Place, side: SourceSide) -> str:
    """Puts what was read of a source where all find it, whole or not at all; the sha256 of the file.

    Raises FileError where it cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="sigma-migrate-") as folder:
            draft = Path(folder) / "source"
            with gzip.GzipFile(draft, mode="wb", mtime=0, compresslevel=1) as packed:
                for line in _lines(side):
                    packed.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            with draft.open("rb") as written:
                found = _digest(written)
            place.put(draft, found)
            return found
    except OSError as error:
        raise file_error(error, "the source of the run") from None


def _lines(side: SourceSide) -> Iterator[Json]:
    seen = side.inventory
    rest = {one.name: getattr(seen, one.name) for one in fields(Inventory) if one.name != "items"}
    yield {
        "schema": SCHEMA,
        "inventory": {name: _plain(value) for name, value in rest.items()},
        "items": list(seen.items.values()),
        "unreadable": [[key, *why] for key, why in side.unreadable.items()],
    }
    for spec in side.specs.values():
        yield {one.name: _plain(getattr(spec, one.name)) for one in fields(Spec)}


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, MappingProxyType | dict) else value


def _digest(file: BinaryIO | Any) -> str:
    digest = hashlib.sha256()
    while part := file.read(_PART):
        digest.update(part)
    return digest.hexdigest()


def take(place: Place, digest: str, spool: Spool) -> SourceSide:
    """The source that was put there, its documents in this process's spool; nobody can be asked yet.

    Raises InvalidInput where the file is not there, or is not the one with this digest, FileError where the place
    cannot be had.
    """
    try:
        with place.opened(digest) as file:
            if _digest(file) != digest:
                raise _unusable("is not what the run was opened with")
            file.seek(0)
            with gzip.GzipFile(fileobj=file) as packed:
                return _side(packed, spool)
    except Missing as missing:
        raise _unusable(str(missing)) from None


def _side(lines: Iterable[bytes], spool: Spool) -> SourceSide:
    from pydantic import TypeAdapter

    found = iter(lines)
    head = orjson.loads(next(found))
    inventory: Inventory = TypeAdapter(Inventory).validate_python({**head["inventory"], "items": {}})
    items = TypeAdapter(tuple[Item, ...]).validate_python(head["items"])
    specs = Shelf(spool)
    of_spec = TypeAdapter(Spec)
    for line in found:
        tree = orjson.loads(line)
        body = tree.pop("body")
        spec: Spec = of_spec.validate_python({**tree, "body": None})
        specs[spec.key] = replace(spec, body=body)
    return SourceSide(
        inventory=replace(inventory, items=MappingProxyType({item.key: item for item in items})),
        specs=specs,
        catalog=Catalog(None),
        unreadable={Key(**key): (code, why) for key, code, why in head["unreadable"]},
    )


def _unusable(why: str) -> InvalidInput:
    fix = "let all who work on the run share its report.dir or run.share, or open a run of another name"
    return InvalidInput([Problem(code="run_unreadable", message=f"the source of the run {why}", fix=fix)])
