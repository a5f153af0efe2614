"""Findings of the checks, and the reconciliation they add up to: rows, causes, totals (contract section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Literal, TypeAlias, TypeVar

from migrate.change.model import NotCopied, ScopeChange
from migrate.check.packed import AsTuple, packed
from migrate.inventory.model import Key
from migrate.tree import Json
from migrate.words import GOOD_OUTCOMES, GOOD_VERDICTS, LANDED, Kind, LevelResult, OutcomeName, Verdict

T = TypeVar("T")

Many: TypeAlias = Annotated[Sequence[T], AsTuple]
"""What a row may hold many of; packed where a run made it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference between what should stand in the target and what does.

    ``path`` is where, as a JSON path; ``page``, ``element``, ``column`` and ``what`` say the same in the words of the
    document, as far as it has any.
    """

    level: str
    path: str
    expected: str
    found: str
    kind: Literal["lost", "changed", "added", "normalised", "error"]
    page: str = ""
    element: str = ""
    column: str = ""
    what: str = ""


_TOLD = 50
"""As many differences as one document is told with."""


def most_telling(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """As many differences as a row holds, what really differs before what Sigma only wrote in its own way."""
    return tuple(sorted(differences, key=lambda one: one.kind == "normalised"))[:_TOLD]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What checking one landed document found. ``levels`` has each level that was asked for.

    ``differences`` are the ``most_telling`` ones. ``thing`` is what its reason is about, by its name alone, where it is
    anything else than the document.
    """

    target: str
    key: Key
    verdict: Verdict
    levels: Mapping[str, LevelResult] = field(default_factory=dict)
    differences: Sequence[Difference] = ()
    reason_code: str = ""
    reason: str = ""
    thing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that documents point at, and what stands for it in one target: told once, whoever points at it.

    ``code`` is the row of the catalogue, ``old`` and ``new`` what stands in the documents (an id, a path, a name), the
    names what it is called; ``new`` is empty where it was not exchanged or is not known. ``count`` are its places in
    all ``documents`` together, ``example`` one of them.
    """

    n: int
    target: str
    code: str
    points_to: str
    old: str
    old_name: str
    new: str
    new_name: str
    resolution: str
    count: int = 0
    documents: int = 0
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """Where one document holds a thing: how often, and some of the places in its own words."""

    thing: int
    count: int
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsCompared:
    """What the level ``data`` looked at in one target and how, and what it said nothing of; counts are by kind.

    Of each workbook at most ``sample`` elements were compared, of those ``called`` so, where names were given.
    """

    target: str
    looked_at: Mapping[Kind, int]
    not_exported: Mapping[Kind, int]
    not_called: Mapping[Kind, int]
    sample: int
    called: tuple[str, ...]
    tolerance_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL that reads otherwise in the copy: where, and both texts."""

    place: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """One entry of the plan's map for one target: how many documents it was used for, and one of them.

    ``place`` is its key in the plan, empty for what was found under the same name without an entry.
    """

    target: str
    kind: str
    source: str
    to: str
    place: str
    documents: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """What became of one document in one target: a row of ``report.json``, ``report.csv`` and the sheet Documents.

    The fields are the columns, in this order. Folder paths are written as in a plan; ``target_*`` are None where
    nothing stands in the target, ``verdict`` where nothing landed. ``wave`` is the position, from 1, of the wave in
    which the document's turn was; ``blocked_by`` the source id of the document at the root of a block;
    ``problems`` everything that keeps it from being sent; ``cause`` the number of the cause that this row needs mended,
    None where it needs nobody, ``also`` those of its other problems; ``replaced`` what was exchanged in it, by the
    numbers of ``Reconciliation.things``, ``sql`` its statements that read otherwise now. ``thing`` is what the reason
    is about, by its name alone: a connection, a table, an endpoint; empty where the code and the document say all.
    """

    target: str
    type: Kind
    source_id: str
    source_name: str
    source_path: str = ""
    source_version: int = 0
    target_id: str | None = None
    target_name: str | None = None
    target_path: str | None = None
    target_url: str | None = None
    outcome: OutcomeName
    verdict: Verdict | None = None
    levels: Mapping[str, LevelResult] = field(default_factory=dict)
    reason_code: str | None = None
    reason: str | None = None
    next_action: str | None = None
    detail: Many[Difference] = ()
    references: Mapping[str, int] = field(default_factory=dict)
    changes: Many[Mapping[str, Json]] = ()
    residuals: tuple[Mapping[str, Json], ...] = ()
    depends_on: tuple[str, ...] = ()
    attempts: int = 0
    request_id: str | None = None
    duration_ms: int = 0
    source_url: str | None = None
    wave: int = 0
    blocked_by: str | None = None
    problems: tuple[Mapping[str, Json], ...] = ()
    cause: int | None = None
    also: tuple[int, ...] = ()
    replaced: Many[Replaced] = ()
    sql: Many[Statement] = ()
    thing: str = ""

    @property
    def landed(self) -> bool:
        """Whether the document stands in the target."""
        return self.outcome in LANDED

    @property
    def good(self) -> bool:
        """Whether the row needs nobody: it ended well and was checked to be right."""
        return self.outcome in GOOD_OUTCOMES and (self.verdict is None or self.verdict in GOOD_VERDICTS)

    @property
    def state(self) -> str:
        """The one word for how the row stands: its verdict where it landed, else its outcome."""
        return (self.verdict or "not_run") if self.landed else self.outcome


def packed_row(row: ReportRow) -> ReportRow:
    """The row with what it holds many of packed."""
    return replace(
        row,
        detail=packed(row.detail, difference_of),
        changes=packed(row.changes, dict),
        replaced=packed(row.replaced, replaced_of),
        sql=packed(row.sql, statement_of),
    )


def difference_of(tree: Json) -> Difference:
    """A difference out of its JSON."""
    return Difference(**tree)


def replaced_of(tree: Json) -> Replaced:
    """What a document holds out of its JSON."""
    return Replaced(thing=tree["thing"], count=tree["count"], places=tuple(tree["places"]))


def statement_of(tree: Json) -> Statement:
    """A statement out of its JSON."""
    return Statement(**tree)


COLUMNS = tuple(column.name for column in fields(ReportRow))
"""The names of the fields of a row, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing to mend, for all rows that it stops.

    ``kind`` is how its rows stand (``failed``, ``mismatch``, ``blocked`` …), ``code`` and ``sentence`` say what is
    wrong, ``thing`` with what, by its name alone: a connection, a table, an endpoint. ``place`` is where in a document,
    or the key of the plan that mends it. ``told`` are the words of its rows, where all say the same. ``root_rows`` show
    the cause themselves, ``dependent_rows`` only wait for one of these. ``command`` tries all of them again, after
    ``fix``. ``first_seen`` is when the first of the last ``runs`` runs ended, which all had it.
    """

    n: int
    code: str
    kind: str
    thing: str
    place: str
    sentence: str
    fix: str
    command: str
    root_rows: int
    dependent_rows: int
    targets: tuple[str, ...]
    first_seen: str = ""
    runs: int = 0
    told: str = ""

    @property
    def says(self) -> str:
        """What is wrong, and with what, in one sentence made of its parts."""
        return f"{self.sentence.rstrip('.') or self.code}: {self.thing}" if self.thing else self.sentence or self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One run of a plan in a line: when it ended and how its documents stood then."""

    run: str
    kind: str
    at: str
    status: str
    exit_code: int
    documents: int
    landed: int
    not_right: int
    causes: int
    written: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is otherwise than in the run before: documents as (target, source id).

    ``new`` need somebody and did not or were not there, ``healed`` did and do no more, ``still`` do as before;
    ``changed`` have another version in the source. ``not_looked_at`` is how many of that run this one did not look at;
    ``new_causes`` are numbers of causes, ``healed_causes`` the words of those that are no more.
    """

    run: str
    at: str
    new: tuple[tuple[str, str], ...] = ()
    healed: tuple[tuple[str, str], ...] = ()
    still: tuple[tuple[str, str], ...] = ()
    changed: tuple[tuple[str, str], ...] = ()
    not_looked_at: int = 0
    new_causes: tuple[int, ...] = ()
    healed_causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The whole report as data: the keys and shapes of contract section 6, ready to be dumped.

    ``consistent`` is False where the sums do not add up; the run then failed.
    """

    run: Mapping[str, Json]
    orgs: tuple[Mapping[str, Json], ...]
    totals: Mapping[str, Mapping[str, int]]
    rows: tuple[ReportRow, ...]
    residuals: tuple[Mapping[str, Json], ...]
    consistent: bool
    exit_code: int = 0
    causes: tuple[Cause, ...] = ()
    """What needs somebody, the most urgent first; rows name theirs by its number."""
    coverage: tuple[Mapping[str, Json], ...] = ()
    warnings: tuple[str, ...] = ()
    things: tuple[Thing, ...] = ()
    """What was exchanged for what; rows name theirs by its number."""
    mappings: tuple[Mapped, ...] = ()
    """Every entry of the plan's map with what it did."""
    previous: Comparison | None = None
    """What is otherwise than in the last run of the same plan; None where there was none."""
    trend: tuple[Past, ...] = ()
    """The last runs of the same plan, the oldest first, this one last."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many documents the selection passed over, by why: ``personal``, ``excluded``, ``archived``."""
    scope_changes: tuple[ScopeChange, ...] = ()
    """What was copied before and is not selected any more, and what is new."""
    not_copied: tuple[NotCopied, ...] = ()
    """What the selection takes beside documents, and nobody copies."""
    rows_compared: tuple[RowsCompared, ...] = ()
    """What the level ``data`` looked at, a target each, where it was asked for."""
