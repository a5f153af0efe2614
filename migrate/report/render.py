"""Station 10: a reconciliation -> the report files that were asked for, each in its own module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from migrate.check.model import Reconciliation
from migrate.files import write_private
from migrate.plan.model import Format
from migrate.report.page import to_html
from migrate.report.tables import to_csv, to_json

WRITERS: Mapping[Format, Callable[[Reconciliation], bytes]] = {
    "html": to_html,
    "csv": to_csv,
    "json": to_json,
}
"""Each format's text as bytes; pure, so that the same reconciliation gives the same files."""


def render(found: Reconciliation, folder: Path, formats: Sequence[Format]) -> Mapping[Format, Path]:
    """Writes ``report.<format>`` for each format and returns where. Raises OSError where it cannot be written."""
    files: dict[Format, Path] = {}
    for name in formats:
        if name in WRITERS:
            path = folder / f"report.{name}"
            write_private(path, WRITERS[name](found))
            files[name] = path
    return files
