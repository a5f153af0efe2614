"""The report as a workbook for a spreadsheet: what a person filters and sends around.

No cell can run: everything is written as text or as a number, never as a formula or a link, and text that a
spreadsheet could take for a formula when somebody edits the cell is marked as text.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from migrate.check.model import Reconciliation
from migrate.plan.csv_text import FORMULA
from migrate.report import facts
from migrate.report.facts import Row
from migrate.report.tables import COLUMNS, cell
from migrate.report.wording import LEFT_OUT, LEVELS, RESOLUTIONS, change_meaning, points_to
from migrate.tree import Json
from migrate.words import LANDED, OUTCOMES, VERDICTS

MOST_CHARACTERS = 32_767
"""What a cell of Excel holds, in UTF-16 units."""

MOST_ROWS = 1_048_575
"""What a sheet of Excel holds besides its header."""

_WIDTHS = {
    "source_name": 38,
    "target_name": 38,
    "source_path": 30,
    "target_path": 30,
    "source_id": 38,
    "target_id": 38,
    "target_url": 40,
    "source_url": 40,
    "reason": 60,
    "next_action": 50,
    "message": 70,
    "detail": 30,
    "levels": 24,
    "expected": 40,
    "found": 40,
    "before": 40,
    "after": 40,
    "path": 34,
    "meaning": 60,
    "points_to": 50,
    "what": 24,
    "value": 90,
    "reason_code": 24,
    "code": 26,
    "says": 60,
}

_COLOURS = {
    "match": "#D9F0E3",
    "match_declared": "#D9F0E3",
    "broken_in_source_too": "#E4DDF5",
    "pass": "#D9F0E3",
    "declared": "#D9F0E3",
    "inherited": "#E4DDF5",
    "mismatch": "#F9D6D8",
    "failed": "#F9D6D8",
    "fail": "#F9D6D8",
    "blocked": "#FCE8C5",
    "not_verifiable": "#FCE8C5",
    "not_run": "#E3E7EC",
    "not_attempted": "#E3E7EC",
}
"""Green is only what was checked and is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: its name, its columns and its rows of texts and numbers."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Json]] = field(default_factory=tuple)


def to_xlsx(found: Reconciliation) -> bytes:
    """``report.xlsx``: sheets Summary, Documents, References, Residuals, Changes, Checks and Differences."""
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        book.set_properties({"title": "Migration report", "created": _created(found)})
        formats = _formats(book)
        for sheet in sheets(found):
            _write(book.add_worksheet(sheet.name), sheet, formats)
    return buffer.getvalue()


def sheets(found: Reconciliation) -> tuple[Sheet, ...]:
    """The sheets as plain values."""
    return (
        Sheet(name="Summary", columns=("what", "target", "name", "value", "says"), rows=tuple(_summary(found))),
        Sheet(
            name="Documents",
            columns=COLUMNS,
            rows=[[_plain(row.get(column)) for column in COLUMNS] for row in found.rows],
        ),
        _picked("References", ("row", "points_to", "resolution", "count", "meaning"), _references(found)),
        _picked("Residuals", (*_WHO, "code", "message", "next_action", "path"), found.residuals),
        _picked("Changes", (*_WHO, "code", "path", "before", "after", "meaning"), _changes(found)),
        _picked("Checks", (*_WHO, "target_id", "outcome", "verdict", *LEVELS), _checks(found)),
        _picked("Differences", (*_WHO, "level", "path", "kind", "expected", "found"), _differences(found)),
    )


_WHO = ("target", "type", "source_id", "source_name")


def _picked(name: str, columns: tuple[str, ...], rows: Iterable[Row]) -> Sheet:
    return Sheet(name=name, columns=columns, rows=[[_plain(row.get(column)) for column in columns] for row in rows])


def _summary(found: Reconciliation) -> Iterable[tuple[Json, ...]]:
    """What ran, the proof, and what was not looked at: one fact a row."""
    tone, says = facts.headline(found)
    yield "result", "", "in one sentence", says, tone
    for name, value in found.run.items():
        yield "run", "", name, cell(value), ""
    yield "run", "", "exit_code", found.exit_code, facts.exit_words(found.exit_code)
    yield "run", "", "consistent", "yes" if found.consistent else "NO", "whether all sums below hold"
    for target, total in found.totals.items():
        for one in facts.sums(total):
            yield "sum", target, one.of, one.whole, one.text + ("" if one.adds_up else ": DOES NOT ADD UP")
        for name in (*OUTCOMES, *VERDICTS):
            yield "outcome" if name in OUTCOMES else "verdict", target, name, total[name], ""
    for org in found.orgs:
        role = "target" if org["alias"] in found.totals else "source"
        for name, value in org.items():
            yield "organization", org["alias"], name, value if _is_number(value) else cell(value), role
    for why, count in found.left_out.items():
        yield "not gathered", "", why, count, LEFT_OUT.get(why, "")
    for level, counts in facts.level_table(found):
        text = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
        yield "level", "", level, text or "0", LEVELS[level]
    for warning in found.warnings:
        yield "warning", "", "", warning, ""


def _references(found: Reconciliation) -> Iterable[Row]:
    for entry in found.coverage:
        meaning = RESOLUTIONS.get(entry["resolution"], "")
        yield {**entry, "points_to": points_to(entry["row"]), "meaning": meaning}


def _changes(found: Reconciliation) -> Iterable[Row]:
    for group in facts.change_groups(found):
        meaning = change_meaning(group.code)
        yield from ({**row, "meaning": meaning} for row in group.rows)


def _checks(found: Reconciliation) -> Iterable[Row]:
    """The levels of every document that stands in a target; a level that was not asked for stays empty."""
    return ({**row, **row["levels"]} for row in found.rows if row["outcome"] in LANDED)


def _differences(found: Reconciliation) -> Iterable[Row]:
    for row in found.rows:
        who = {name: row[name] for name in _WHO}
        yield from ({**who, **difference} for difference in row["detail"])


def _plain(value: Json) -> Json:
    return value if _is_number(value) else cell(value)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


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


def _formats(book: Json) -> dict[str, Json]:
    plain = {"valign": "top", "num_format": "@"}
    coloured = {name: book.add_format({**plain, "bg_color": colour}) for name, colour in _COLOURS.items()}
    return {
        "": book.add_format(plain),
        "=": book.add_format({**plain, "quote_prefix": True}),
        "#": book.add_format({"valign": "top"}),
        "header": book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF1F5"}),
        **coloured,
    }


def _write(page: Json, sheet: Sheet, formats: dict[str, Json]) -> None:
    for at, column in enumerate(sheet.columns):
        page.write_string(0, at, column, formats["header"])
        page.set_column(at, at, _WIDTHS.get(column, 15))
    page.freeze_panes(1, 0)
    kept = sheet.rows[:MOST_ROWS]
    page.autofilter(0, 0, max(len(kept), 1), len(sheet.columns) - 1)
    for number, row in enumerate(kept, start=1):
        for at, value in enumerate(row):
            if not isinstance(value, str):
                page.write_number(number, at, value, formats["#"])
            elif value:
                page.write_string(number, at, fitting(value), formats[_format_of(value)])
    if len(sheet.rows) > MOST_ROWS:
        page.write_comment(0, 0, f"{len(sheet.rows):,} rows in all; report.json has them")


def _format_of(value: str) -> str:
    if value.startswith((*FORMULA, "'")):
        return "="
    return value if value in _COLOURS else ""


def _created(found: Reconciliation) -> datetime:
    """The time that the file says it was made: the run's, so that the same run gives the same bytes."""
    for name in ("finished_at", "started_at"):
        try:
            return datetime.fromisoformat(str(found.run.get(name))).astimezone(UTC)
        except ValueError:
            continue
    return datetime(2026, 1, 1, tzinfo=UTC)
