"""JSON Schemas of what commands print with ``--output json``, made from the values they print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from migrate.change.drift import Drift, Sides
from migrate.ledger.owner import Owner
from migrate.reasons import Reason
from migrate.report.schema import schema_of
from migrate.run.doctor import Check
from migrate.run.status import RunState, TargetState
from migrate.tree import Json
from migrate.words import UndoResult, UndoVerb

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Doctor(TypedDict):
    """What was looked at in every organization."""

    checks: list[Check]


class Status(TypedDict):
    """The runs of a folder, and how each target of a plan stands."""

    runs: list[RunState]
    targets: list[TargetState]


class Drifted(TypedDict):
    """Every copy three ways, and why targets could not be looked at."""

    copies: list[Drift]
    not_looked_at: dict[str, str]


class Reversed(TypedDict):
    """One write, and what became of taking it back."""

    target: str
    verb: UndoVerb
    type: str
    name: str
    target_id: str
    result: UndoResult | Literal["planned"]
    reason_code: str | None
    reason: str
    next_action: str | None


class Undone(TypedDict):
    """What taking back a run came to; ``run`` is the run that was taken back."""

    run: str
    rows: list[Reversed]


class Compared(TypedDict):
    """One document: what differs between last applied, source now and target now."""

    target: str
    kind: str
    source_id: str
    target_id: str
    name: str
    verb: str
    not_compared: Any


class Diff(TypedDict):
    """The documents that were meant, and why targets could not be looked at."""

    documents: list[Compared]
    not_looked_at: dict[str, str]


class Exported(TypedDict):
    """What an export wrote and could not read."""

    folder: str
    counts: dict[str, int]
    unreadable: list[dict[str, str]]


class Inventoried(TypedDict):
    """What was written down of every organization: how many of what; and when it was seen."""

    folder: str
    at: str
    orgs: dict[str, dict[str, int]]


class Validated(TypedDict):
    """A plan without problems."""

    plan: str
    valid: Literal[True]
    targets: list[str]


class Done(TypedDict):
    """One target of a run that several processes work on, done."""

    target: str
    attempt: int
    exit_code: int


class Part(TypedDict):
    """What one process did of a run: ``run`` is the id of the whole, empty where nothing was left to do."""

    run: str
    tickets: list[Done]


class Written(TypedDict):
    """One write that left; see ``audit``."""

    schema: str
    sequence: int
    run: str
    kind: str
    plan: str
    plan_sha256: str
    change_set: str
    who: str
    at: str
    organization: str
    what: str
    type: str
    source_id: str
    target_id: str
    name: str
    state: str
    reason_code: str | None
    request_id: str
    before: str
    after: str
    read_back: str
    undoes: int | None
    finished_at: str


class Audit(TypedDict):
    """Every write of a plan, in the order in which they were intended."""

    writes: list[Written]


class OldRun(TypedDict):
    """A run whose files may go, or went."""

    id: str
    files: int
    bytes: int
    undoable: bool


class Pruned(TypedDict):
    """What may go, or was ``removed``."""

    removed: bool
    kept: int
    runs: list[OldRun]
    bodies: int
    body_bytes: int
    tickets: int


class Built(TypedDict):
    """Where the reports of a run stand, by format."""

    run: str
    files: dict[str, str]


class Document(TypedDict):
    """One document, by its ids."""

    type: str
    source_id: str
    target_id: NotRequired[str]


class Doubtful(TypedDict):
    """A document that several of the target may be the copy of, or none for sure."""

    type: str
    source_id: str
    candidates: list[str]
    reason: str


class Adopted(TypedDict, total=False):
    """What was recognized in one target; of one that could not be looked at only its ``error``, a reason code."""

    adopted: list[Document]
    doubts: list[Doubtful]
    missing: list[Document]
    error: str


class Listed(TypedDict):
    """One document that a plan takes today."""

    id: str
    version: int
    type: str
    name: str
    path: str


class Frozen(TypedDict):
    """The documents that a plan takes today."""

    documents: list[Listed]


class Initialized(TypedDict):
    """A first plan that was written, and what it is called."""

    plan: str
    name: str


class Resolved(TypedDict):
    """So many ``open`` decisions, the lines that answer some of them, and how many a person has to end in Sigma."""

    open: int
    answered: list[str]
    by_hand: int


class Bundled(TypedDict):
    """What was written for whoever helps."""

    file: str
    parts: list[str]


class Unlocked(TypedDict):
    """Whose lock on a target was broken; None where there was none."""

    target: str
    broken: Owner | None


class PartOfForecast(TypedDict):
    """So many things of one sort, and how many requests each of them takes."""

    what: str
    count: int
    least: int
    most: int


class Forecasted(TypedDict):
    """What applying takes one target, in requests and in minutes at the plan's pace."""

    target: str
    parts: list[PartOfForecast]
    pace: float
    least: int
    most: int
    minutes: tuple[float, float]
    says: str


class RowsForecasted(TypedDict):
    """What comparing rows will take of both organizations for one target."""

    target: str
    workbooks: int
    sample: int
    called: list[str]
    elements: int
    requests: int
    minutes: float
    says: str


class Foreseen(TypedDict):
    """What ``plan`` prints beside the change set; the last with ``--diff`` alone."""

    forecast: list[Forecasted]
    rows_forecast: list[RowsForecasted]
    differences: NotRequired[list[dict[str, Any]]]


OUTPUTS: Final[Mapping[str, Any]] = {
    "doctor": Doctor,
    "status": Status,
    "drift": Drifted,
    "undo": Undone,
    "diff": Diff,
    "export": Exported,
    "inventory": Inventoried,
    "validate": Validated,
    "report-files": Built,
    "worker": Part,
    "audit": Audit,
    "prune": Pruned,
    "explain": Reason,
    "adopt": dict[str, Adopted],
    "freeze": Frozen,
    "init": Initialized,
    "resolve": Resolved,
    "support": Bundled,
    "unlock": Unlocked,
    "plan-output": Foreseen,
}
"""What each command prints.

``report-files`` is what ``report`` does, ``plan-output`` what ``plan`` does, whose own names are those of the files.
"""


def output_schema(name: str) -> Json:
    """The JSON Schema of a command's ``--output json``. Raises KeyError for one that has none here."""
    from pydantic import TypeAdapter

    made = TypeAdapter(OUTPUTS[name]).json_schema(mode="serialization")
    if name == "drift":
        added = {"outcome": TypeAdapter(Sides).json_schema(), "reason_code": {"type": "string"}}
        copy = made["$defs"]["Drift"]
        copy["properties"] |= added
        copy["required"] = [*copy["required"], *added]
    if name == "plan-output":
        whole = schema_of("change-set")
        whole["properties"] |= made["properties"]
        whole["required"] = [*whole["required"], *made["required"]]
        whole["$defs"] |= made["$defs"]
        made = {**whole, "title": "Foreseen"}
    return {"$schema": _DRAFT, **made}
