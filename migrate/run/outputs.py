"""JSON Schemas of what commands print with ``--output json``, made from the values they print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from typing_extensions import TypedDict

from migrate.change.drift import Drift, Sides
from migrate.reasons import Reason
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
}
"""What each command prints; ``report-files`` is what ``report`` does, whose own name is that of ``report.json``."""


def output_schema(name: str) -> Json:
    """The JSON Schema of a command's ``--output json``. Raises KeyError for one that has none here."""
    from pydantic import TypeAdapter

    made = TypeAdapter(OUTPUTS[name]).json_schema(mode="serialization")
    if name == "drift":
        added = {"outcome": TypeAdapter(Sides).json_schema(), "reason_code": {"type": "string"}}
        copy = made["$defs"]["Drift"]
        copy["properties"] |= added
        copy["required"] = [*copy["required"], *added]
    return {"$schema": _DRAFT, **made}
