"""Station 10: a reconciliation -> the report files that were asked for, each in its own module."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import orjson

from migrate.check.model import Reconciliation
from migrate.errors import Usage
from migrate.files import write_parts, write_private
from migrate.plan.proving import Format
from migrate.report.client import Look, to_client_html
from migrate.report.note import to_md
from migrate.report.page import to_html
from migrate.report.scrub import scrubbed
from migrate.report.sheet import to_xlsx
from migrate.report.tables import csv_parts, json_parts, to_csv, to_json
from migrate.text import one_line
from migrate.tree import Json

WRITERS: Mapping[Format, Callable[[Reconciliation], bytes]] = {
    "html": to_html,
    "xlsx": to_xlsx,
    "csv": to_csv,
    "json": to_json,
    "md": to_md,
}
"""Each format's bytes; pure, so that the same reconciliation gives the same files."""

_PARTS: Mapping[Format, Callable[[Reconciliation], Iterator[bytes]]] = {"csv": csv_parts, "json": json_parts}
"""Those that are written a part at a time."""

Foreign: TypeAlias = Callable[[Json], Json]
"""A format of another package: the tree of ``report.json`` (``sigma-migrate schema report``) -> bytes or a text."""

CHECKSUMS = "SHA256SUMS"
"""The file that binds what went in (``changes.json``), what was done (``run.json``) and the reports to one another."""


def render(
    found: Reconciliation,
    folder: Path,
    formats: Sequence[Format],
    *,
    client: Look | None = None,
    also: Mapping[str, Foreign] = MappingProxyType({}),
) -> Mapping[str, Path]:
    """Writes ``report.<format>`` for each format, ``client.html`` where its look is given, and returns where.

    Raises OSError where it cannot be written, and Usage, with all of ours written, where one that is ``also`` asked for
    gives up.

    What looks like a secret is taken out before any of them is made, so that all of them say the same.
    """
    clean = scrubbed(found)
    files: dict[str, Path] = {}
    for name in formats:
        path = folder / f"report.{name}"
        write_parts(path, _PARTS[name](clean) if name in _PARTS else [WRITERS[name](clean)])
        files[name] = path
    if client is not None:
        files["client"] = folder / "client.html"
        write_private(files["client"], to_client_html(clean, client))
    try:
        for other, writer in also.items():
            files[other] = folder / f"report.{other}"
            write_private(files[other], _foreign(other, writer, clean))
    finally:
        write_private(folder / CHECKSUMS, checksums(folder).encode())
    return files


def _foreign(name: str, writer: Foreign, found: Reconciliation) -> bytes:
    """What a format of another package makes of the tree of ``report.json``, which it may change as it likes."""
    try:
        made = writer(orjson.loads(to_json(found)))
    except (Exception, SystemExit) as error:
        raise Usage(f"the format {name!r} gave up: {one_line(f'{type(error).__name__}: {error}')}") from error
    if not isinstance(made, str | bytes):
        raise Usage(f"the format {name!r} gave {type(made).__name__}, and not bytes or a text")
    return made.encode("utf-8", "replace") if isinstance(made, str) else made


def checksums(folder: Path) -> str:
    """The sha256 of everything in the folder of a run, as ``sha256sum --check`` reads it."""
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and path.name != CHECKSUMS)
    return "".join(f"{seal_of(path)}\n" for path in files)


def seal_of(path: Path) -> str:
    """The line of a file among the checksums. Raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}"
