"""What is checked of the copies, and which reports are written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from migrate.plan import agree, checks
from migrate.plan.keys import (
    UNIQUE,
    Agree,
    Key,
    Number,
    ReadAs,
    Text,
    written,
)
from migrate.plan.policies import Percent, Waived
from migrate.plan.spelling import Word
from migrate.tree import Json
from migrate.words import USUAL_LEVELS, Level

Format = Literal["html", "xlsx", "csv", "json", "md"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """How the level ``data`` compares rows: of which elements, how many of them, and how closely."""

    __pydantic_config__: ClassVar[Json] = written(example={"sample": 5})

    elements: Annotated[
        tuple[Waived, ...],
        Key(
            "the elements whose rows are compared, by name or id; all that have rows where it is left out",
            (["Sales*"],),
        ),
    ] = ()
    sample: Annotated[
        int,
        Number(1, 1000),
        Key("of each workbook at most so many of these elements, chosen by their ids: the same in every run"),
    ] = 3
    tolerance_percent: Annotated[
        Percent,
        Key("by how much row counts and sums may differ; above 0 texts and dates are not held against each other"),
    ] = 0.0
    max_rows: Annotated[
        int, Number(1, 999_999), Key("the rows of an element that are read; one that has more is not verifiable")
    ] = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What is checked, and whether also where nothing changed."""

    __pydantic_config__: ClassVar[Json] = written(example={"unchanged": "sample 5%"})

    levels: Annotated[tuple[Level, ...], Agree(agree.none_twice, UNIQUE), Key("what is checked after writing")] = (
        USUAL_LEVELS
    )
    unchanged: Annotated[
        str,
        Text(
            check=checks.unchanged,
            fix="write never, always or sample 5%",
            pattern=rf"^(never|always|{checks.SAMPLE})$",
        ),
        Key(
            "a copy of which, by the versions, nothing changed since it was checked: never looked at by apply, a share"
            " of them in each run (sample 5%, another share every time), or always",
            ("sample 5%",),
        ),
    ] = "never"
    data: Annotated[
        DataCheck, Key("how the level data compares rows, which are exported on both sides one right after the other")
    ] = DataCheck()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """Where reports go and in which formats."""

    __pydantic_config__: ClassVar[Json] = written(example={"dir": "reports"})

    dir: Annotated[Path, ReadAs(Word, Path), Key("the folder of reports, relative to the working directory")] = Path(
        "reports"
    )
    formats: Annotated[tuple[Format, ...], Agree(agree.none_twice, UNIQUE), Key("which files are written")] = (
        "html",
        "xlsx",
        "csv",
        "json",
        "md",
    )
