"""An assessment written into a folder: a page, a note, JSON, and the worksheets as a spreadsheet and as CSV files."""

from __future__ import annotations

from pathlib import Path

from migrate.assess.model import Assessment
from migrate.assess.page import to_html, to_md
from migrate.assess.tree import to_tree
from migrate.assess.worksheets import NO_TABLES, TablePaths, worksheets
from migrate.files import pretty, write_private
from migrate.inventory.model import Inventory
from migrate.plan.csv_text import write_table
from migrate.plan.worksheet_names import SHEETS
from migrate.report.sheet import to_book


def write(
    folder: Path, found: Assessment, there: Inventory | None = None, tables: TablePaths = NO_TABLES
) -> tuple[Path, ...]:
    """Writes all of it, with what a target and its catalogs show; the paths written.

    Raises FileError where the folder cannot be written.
    """
    sheets = worksheets(found, there, tables)
    contents = {
        folder / "assessment.html": to_html(found),
        folder / "assessment.md": to_md(found),
        folder / "assessment.json": pretty(to_tree(found)),
        folder / "mapping.xlsx": to_book(sheets, title="Mapping worksheets"),
    }
    for sheet in sheets:
        if sheet.name in SHEETS:
            rows = [[str(value) for value in row] for row in sheet.table.values.tolist()]
            header = [str(column) for column in sheet.table.columns]
            contents[folder / "mapping" / f"{sheet.name}.csv"] = write_table(header, rows).encode()
    for path, content in contents.items():
        write_private(path, content)
    return tuple(contents)
