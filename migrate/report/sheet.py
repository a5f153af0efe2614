"""The report as a workbook for a spreadsheet: what a person filters, prints, fills in and sends around.

No cell can run: everything is written as text or as a number, never as a formula; text that a spreadsheet could take
for one when somebody edits the cell is marked as text. The only links are addresses that a browser may follow.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from migrate.check.model import Reconciliation
from migrate.plan.csv_text import FORMULA
from migrate.report import facts
from migrate.report.display import safe_link
from migrate.report.pieces import Piece, pieces
from migrate.report.sheets import LINKS, MARKED, Sheet, sheets
from migrate.tree import Json

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MOST_CHARACTERS = 32_767
"""What a cell of Excel holds, in UTF-16 units."""

MOST_ROWS = 1_048_575
"""What a sheet of Excel holds besides its header."""

_MANY_ROWS = 1_000
"""Of a report of more documents the sheets of more rows are on disk while they are made: in memory their cells take
several times the report.
"""

_LINE = 15.0
"""The height of a line, in points."""

_LONGEST_LIST = 255
"""The characters of a drop-down that Excel takes inside its rule, commas included."""

_LISTS = "Lists"
_MOST_LINKS = 60_000
"""A sheet of Excel holds 65,530 links; addresses beyond these are text."""

_GREEN, _VIOLET, _RED, _AMBER, _GREY = "#D5EFEA", "#E4DDF5", "#F9D6D8", "#FCE8C5", "#E3E7EC"
_COLOURS = {
    **dict.fromkeys(("match", "match_declared", "pass", "declared"), _GREEN),
    **dict.fromkeys(("broken_in_source_too", "inherited"), _VIOLET),
    **dict.fromkeys(("mismatch", "failed", "fail"), _RED),
    **dict.fromkeys(("blocked", "not_verifiable"), _AMBER),
    **dict.fromkeys(("not_run", "not_attempted", "unchanged_by_version"), _GREY),
}
"""Green is only what was checked and is right."""


def to_xlsx(found: Reconciliation) -> bytes:
    """``report.xlsx``: the sheets of ``sheets``, with filters, print setup, drop-downs and a chart."""
    return to_book(sheets(found), title=facts.eyebrow(found), created=_created(found), large=is_large(found))


def is_large(found: Reconciliation) -> bool:
    """Whether its spreadsheet is better made on disk than in memory."""
    return len(found.rows) > _MANY_ROWS


def to_book(
    made: Iterable[Sheet],
    *,
    title: str,
    created: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    large: bool = False,
) -> bytes:
    """The sheets as one spreadsheet; the same sheets give the same bytes.

    What is ``large`` lies in a folder of its own, where the system keeps such files, while it is made.
    """
    told = {"title": title, "created": created}
    if not large:
        return _book(made, told, {"in_memory": True})
    with TemporaryDirectory(prefix="sigma-migrate-") as place:
        return _book(made, told, {"tmpdir": place})


def _book(made: Iterable[Sheet], told: Mapping[str, Json], kept: Mapping[str, Json]) -> bytes:
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    options = {**kept, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        book.set_properties(dict(told))
        formats = _formats(book)
        long: list[Sequence[str]] = []
        for sheet in made:
            book.constant_memory = not book.in_memory and len(sheet.table) > _MANY_ROWS
            page = book.add_worksheet(sheet.name)
            book.constant_memory = False
            _write(page, sheet, formats)
            _offer(page, sheet, long)
            if sheet.hidden:
                page.hide()
            if sheet.chart:
                _chart(book, page, sheet, *sheet.chart)
        if long:
            _lists(book, long, formats)
    return buffer.getvalue()


def fitting(text: str) -> str:
    """The text as one cell holds it; a longer one is cut, with its length behind it."""
    if len(text) <= MOST_CHARACTERS // 2 or _units(text) <= MOST_CHARACTERS:
        return text
    note = f" … (cut; {len(text):,} characters in all, report.json has them)"
    kept = text[: MOST_CHARACTERS - len(note)]
    while _units(kept) > MOST_CHARACTERS - len(note):
        kept = kept[: len(kept) - (_units(kept) - MOST_CHARACTERS + len(note) + 1) // 2]
    return kept + note


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _formats(book: Workbook) -> dict[str, Format]:
    plain = {"valign": "top", "num_format": "@", "text_wrap": True}
    coloured = {name: book.add_format({**plain, "bg_color": colour}) for name, colour in _COLOURS.items()}
    return {
        "": book.add_format(plain),
        "=": book.add_format({**plain, "quote_prefix": True}),
        "#": book.add_format({"valign": "top", "num_format": "#,##0"}),
        "link": book.add_format({**plain, "text_wrap": False, "font_color": "#0B5CAD", "underline": 1}),
        "gone": book.add_format({"font_strikeout": True, "bold": True, "font_color": "#A3121A"}),
        "new": book.add_format({"underline": 1, "bold": True, "font_color": "#0B7A6B"}),
        "alike": book.add_format({"italic": True, "font_color": "#667380"}),
        "header": book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#EEF1F5", "valign": "top", "text_wrap": True}
        ),
        **coloured,
    }


def _write(page: Worksheet, sheet: Sheet, formats: Mapping[str, Format]) -> None:
    rows = sheet.table.values.tolist()
    columns = [str(column) for column in sheet.table.columns]
    for at, column in enumerate(columns):
        page.write_string(0, at, column, formats["header"])
        hidden = {"level": 1, "hidden": True} if column in sheet.folded else {}
        page.set_column(at, at, sheet.width(column), None, hidden)
    kept = rows[:MOST_ROWS]
    in_sight = [(at, sheet.width(name)) for at, name in enumerate(columns) if name not in {*sheet.folded, *LINKS}]
    marked = [tuple(map(columns.index, pair)) for pair in MARKED if {*pair} <= {*columns}]
    links = 0
    for number, row in enumerate(kept, start=1):
        page.set_row(number, _LINE * _lines([(row[at], width) for at, width in in_sight]))
        for at, value in enumerate(row):
            link = safe_link(value) if columns[at] in LINKS and links < _MOST_LINKS else ""
            links += bool(link)
            _cell(page, (number, at), value, link, formats)
        for before, after in marked:
            _mark(page, number, row, before, after, formats)
    _arrange(page, sheet, len(kept), len(columns))
    if len(rows) > MOST_ROWS:
        page.write_comment(0, 0, f"{len(rows):,} rows in all; report.json has them")


def _lines(cells: Iterable[tuple[Json, int]]) -> int:
    """How many lines the tallest of these cells takes, each with its width; no more than can be looked at."""
    texts = ((str(value), width) for value, width in cells if value)
    return min(max((sum(len(line) // width + 1 for line in text.split("\n")) for text, width in texts), default=1), 12)


def _cell(page: Worksheet, place: tuple[int, int], value: Json, link: str, formats: Mapping[str, Format]) -> None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        page.write_number(*place, value, formats["#"])
    elif link:
        page.write_url(*place, link, formats["link"], link)
    elif value:
        text = str(value)
        state = text.replace(" ", "_")
        kind = "=" if FORMULA.match(text) or text.startswith("'") else state if state in _COLOURS else ""
        page.write_string(*place, fitting(text), formats[kind])


def _mark(
    page: Worksheet, number: int, row: Sequence[Json], before: int, after: int, formats: Mapping[str, Format]
) -> None:
    """Writes both sides of a change anew, with what is gone struck out and what is new underlined."""
    found = pieces(str(row[before] or ""), str(row[after] or ""))
    for at, left_out in ((before, "new"), (after, "gone")):
        shown = [piece for piece in found if piece.kind != left_out]
        if len(shown) > 1 and sum(_units(piece.text) for piece in shown) < MOST_CHARACTERS:
            page.write_rich_string(number, at, *_fragments(shown, formats), formats[""])


def _fragments(shown: Iterable[Piece], formats: Mapping[str, Format]) -> list[Json]:
    of = {"gone": formats["gone"], "new": formats["new"], "folded": formats["alike"]}
    return [part for piece in shown for part in ((of[piece.kind],) if piece.kind in of else ()) + (piece.text,)]


def _arrange(page: Worksheet, sheet: Sheet, rows: int, columns: int) -> None:
    """How the sheet is looked at and printed, and what can be filled in."""
    page.freeze_panes(1, sheet.frozen)
    page.autofilter(0, 0, max(rows, 1), columns - 1)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1 + (columns - len(sheet.folded)) // 10, 0)
    if sheet.frozen:
        page.repeat_columns(0, sheet.frozen - 1)
    page.repeat_rows(0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer("&L&A&C&P / &N&R&D")


def _offer(page: Worksheet, sheet: Sheet, long: list[Sequence[str]]) -> None:
    """The drop-downs of a sheet; a list that is too long for a rule of Excel stands in a column of another sheet."""
    from xlsxwriter.utility import xl_range_abs

    rows = max(min(len(sheet.table), MOST_ROWS), 1)
    for at, choices in sheet.choices.items():
        source: Json = list(choices)
        if len(",".join(choices)) > _LONGEST_LIST or any("," in choice for choice in choices):
            long.append(choices[:MOST_ROWS])
            source = f"='{_LISTS}'!{xl_range_abs(0, len(long) - 1, len(choices) - 1, len(long) - 1)}"
        told = {"validate": "list", "source": source, "error_type": "information"}
        page.data_validation(1, at, rows, at, told)


def _lists(book: Workbook, long: Sequence[Sequence[str]], formats: Mapping[str, Format]) -> None:
    """The long lists to choose from, a column each, out of sight."""
    page = book.add_worksheet(_LISTS)
    for column, choices in enumerate(long):
        for row, choice in enumerate(choices):
            _cell(page, (row, column), choice, "", formats)
    page.hide()


def _chart(book: Workbook, page: Worksheet, sheet: Sheet, first: int, last: int) -> None:
    """Bars of how the documents stand, beside the table."""
    chart = book.add_chart({"type": "bar"})
    labels, counts = [sheet.name, first, 1, last, 1], [sheet.name, first, 2, last, 2]
    chart.add_series({"categories": labels, "values": counts, "fill": {"color": "#1B67AB"}, "gap": 40})
    chart.set_title({"name": "How the documents stand", "name_font": {"size": 11}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 560, "height": 340})
    page.insert_chart(1, len(sheet.table.columns) + 1, chart)


def _created(found: Reconciliation) -> datetime:
    """The time that the file says it was made: the run's, so that the same run gives the same bytes."""
    for name in ("finished_at", "started_at"):
        try:
            return datetime.fromisoformat(str(found.run.get(name))).astimezone(UTC)
        except ValueError:
            continue
    return datetime(2026, 1, 1, tzinfo=UTC)
