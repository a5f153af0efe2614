"""Spreadsheet text: bytes -> rows whose lines are known, and cells that no spreadsheet runs as a formula. Pure.

Reads UTF-8 with or without BOM, comma, semicolon or tab, any line ends, any header case, blank rows and ``#``
lines. What ``safe_cell`` writes, ``plain_cell`` reads back unchanged.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrate.errors import Problem
from migrate.plan.literal_secret import names_secret
from migrate.plan.suggest import did_you_mean

DELIMITERS = ",;\t"
MAX_ROWS = 100_000
MAX_COLUMNS = 2000
"""Of one table: for each that is not known, the known one that was meant is looked for."""
QUOTE = "'"

_BLANK = r"[^\S\t\r\n]|[\u200b\u2060\ufeff]"
_RISK = rf"(?:\A|(?<=[,;|\t\r\n]))(?={{guard}}'*(?:{_BLANK})*[=+\-@＝＋－＠])|\A(?={{guard}}'*[\t\r\n])"
FORMULA = re.compile(_RISK.format(guard=""))
"""Where a spreadsheet could see a formula: at the beginning of a text, and behind every character that separates cells
in some locale, since no quoting helps where the file is read with another separator. Full-width signs and blanks of
any kind before the sign count."""

_GUARDED = re.compile(_RISK.format(guard="'"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table; ``cells`` has every known column of the header, trimmed, empty ones as ''."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; ``columns`` maps each column name to its position from 1, ``line`` is the header's."""

    line: int
    columns: Mapping[str, int]
    rows: tuple[Row, ...]


def decode(raw: bytes, file: str) -> tuple[str, Problem | None]:
    """The text of a plan's bytes, or what is wrong with them."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "", Problem(
            code="plan_encoding", message="this is UTF-16", fix="save it as UTF-8 (in Excel: CSV UTF-8)", file=file
        )
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        binary = b"\0" in raw[:8192]
        said = "this is not a text file" if binary else f"the byte {raw[error.start]:#04x} is not UTF-8"
        fix = "name a YAML or CSV plan" if binary else "save it as UTF-8 (in Excel: CSV UTF-8)"
        return "", Problem(code="plan_encoding", message=said, fix=fix, file=file, line=line, column=column)
    if "\0" in text:
        return "", Problem(
            code="plan_encoding", message="this is not a text file", fix="name a YAML or CSV plan", file=file
        )
    return text, None


def safe_cell(text: str) -> str:
    """The text as a cell that is a formula in no locale: a ``'`` goes before every sign that could begin one."""
    return FORMULA.sub(QUOTE, text)


def plain_cell(cell: str) -> str:
    """The text of a cell as ``safe_cell`` got it."""
    guards = {match.start() for match in _GUARDED.finditer(cell)}
    return "".join(char for at, char in enumerate(cell) if at not in guards) if guards else cell


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """CSV text with safe cells and ``\\n`` line ends."""
    out = io.StringIO()
    plain = csv.writer(out, lineterminator="\n")
    quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow(header)
    for row in rows:
        # A lone carriage return ends a row for readers, but the writer does not quote it by itself.
        writer = quoted if any("\r" in cell for cell in row) else plain
        writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue()


def column_name(text: str) -> str:
    """A header cell as a column name: ``Source Org`` and ``SOURCE-ORG`` are ``source_org``."""
    return "_".join(text.strip().lower().replace("-", " ").replace("_", " ").split())


def delimiter_of(line: str, known: Iterable[str]) -> str:
    """The delimiter that cuts a header line into most known column names."""
    names = set(known)
    return max(DELIMITERS, key=lambda each: len(names & {column_name(cell.strip('"')) for cell in line.split(each)}))


def read_table(
    text: str, file: str, *, known: Sequence[str], required: Sequence[str], free: str = "", problems: list[Problem]
) -> Table | None:
    """The table in a CSV text, or None where it has no usable header; what is wrong is added to ``problems``.

    ``known`` columns may appear in any order, ``required`` must; columns that start with ``free`` are taken too.
    """
    lines = _records(text, file, known, problems)
    if not lines:
        if not problems:
            problems.append(
                Problem(
                    code="plan_empty", message="the table is empty", fix=f"its header is {','.join(known)}", file=file
                )
            )
        return None
    return table_of(lines, file, known=known, required=required, free=free, problems=problems)


def table_of(
    lines: Sequence[tuple[int, list[str]]],
    file: str,
    *,
    known: Sequence[str],
    required: Sequence[str],
    free: str = "",
    guarded: bool = True,
    problems: list[Problem],
) -> Table | None:
    """The table of rows read elsewhere, each with its line, the header first; ``guarded`` as ``safe_cell`` does it."""
    line, header = lines[0]
    columns = _header(header, line, file, known, required, free, problems)
    if columns is None:
        return None
    rows = [_row(number, cells, columns, len(header), file, problems, guarded=guarded) for number, cells in lines[1:]]
    return Table(line=line, columns={name: at + 1 for name, at in columns.items()}, rows=tuple(rows))


def _records(text: str, file: str, known: Sequence[str], problems: list[Problem]) -> list[tuple[int, list[str]]]:
    """(line, cells) of every row that is neither blank nor a comment, the header first."""
    stream = io.StringIO(text, newline="")
    lead = 0
    first = ""
    for line in stream:
        bare = line.strip().strip(DELIMITERS).strip()
        if bare and not bare.startswith("#") and not bare.lower().startswith("sep="):
            first = line
            break
        lead += 1
    rest = first + stream.read()
    reader = csv.reader(io.StringIO(rest, newline=""), delimiter=delimiter_of(first, known), strict=True)
    found: list[tuple[int, list[str]]] = []
    start = lead + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#"):
                if len(found) > MAX_ROWS:
                    said, fix = f"the table has more than {MAX_ROWS} rows", "split it"
                    problems.append(Problem(code="plan_syntax", message=said, fix=fix, file=file, line=start))
                    break
                found.append((start, cells))
            start = lead + reader.line_num + 1
    except csv.Error as error:
        fix = (
            "look for a quote that is never closed"
            if "end of data" in str(error)
            else "quote the whole cell, and double quotes inside it"
        )
        problems.append(
            Problem(code="plan_syntax", message=f"this row is not CSV: {error}", fix=fix, file=file, line=start)
        )
    return found


def _header(
    header: list[str],
    line: int,
    file: str,
    known: Sequence[str],
    required: Sequence[str],
    free: str,
    problems: list[Problem],
) -> dict[str, int] | None:
    if len(header) > MAX_COLUMNS:
        said, fix = f"the header has more than {MAX_COLUMNS} columns", "remove those that nothing stands in"
        problems.append(Problem(code="plan_syntax", message=said, fix=fix, file=file, line=line))
        return None
    columns: dict[str, int] = {}
    found: list[Problem] = []
    for at, cell in enumerate(header):
        name = column_name(cell)
        message, fix = "", ""
        if name in columns:
            message, fix = f"the column {name} stands twice", "keep one"
        elif name in known or (free and name.startswith(free) and len(name) > len(free)):
            columns[name] = at
        elif names_secret(name):
            message, fix = (
                "a column for a literal secret does not belong here",
                "credentials come from variables or --orgs",
            )
        elif name:
            message, fix = f"unknown column '{name[:80]}'", did_you_mean(name, known)
        if message:
            code = "plan_secret" if "secret" in message else "plan_unknown_key"
            found.append(Problem(code=code, message=message, fix=fix, file=file, line=line, column=at + 1))
    missing = [name for name in required if name not in columns]
    if missing:
        fix = f"the header is {','.join(known)}"
        message = f"the header lacks {', '.join(missing)}"
        problems.append(Problem(code="plan_missing_key", message=message, fix=fix, file=file, line=line))
    # Without a single known column this is no header, and to complain about each cell would not help.
    problems += found if columns else []
    return None if missing else columns


def _row(
    line: int,
    cells: list[str],
    columns: Mapping[str, int],
    width: int,
    file: str,
    problems: list[Problem],
    *,
    guarded: bool = True,
) -> Row:
    if any(cell.strip() for cell in cells[width:]):
        fix = "quote a cell that holds the delimiter"
        problems.append(
            Problem(
                code="plan_syntax",
                message="the row has more cells than the header",
                fix=fix,
                file=file,
                line=line,
                column=width + 1,
            )
        )
    texts = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
    return Row(line=line, cells={name: plain_cell(text) for name, text in texts.items()} if guarded else texts)
