"""What a run came to, small enough to act on: ``apply --output json``, and what an alert carries. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Literal, TypeAlias

from migrate.change.model import NotCopied, ScopeChange
from migrate.check.model import Reconciliation, ReportRow
from migrate.errors import MigrateError
from migrate.report import facts
from migrate.tree import Json
from migrate.words import OUTCOMES, VERDICTS

SCHEMA = "sigma-migrate.outcome/1"
CHANGED = frozenset({"created", "updated", "renamed"})

Overall: TypeAlias = Literal["proven", "not_proven", "not_right", "failed"]
"""``proven``: every document ended well and was checked; ``not_proven``: something could not be checked;
``not_right``: something is blocked, failed or differs; ``failed``: the run itself did not finish or add up."""


def outcome_tree(run_id: str, found: Reconciliation, report: str) -> Json:
    """The outcome of a run: how it ended, totals, causes, and every row that changed or needs somebody."""
    changed = [_row(row) for row in found.rows if row.outcome in CHANGED]
    bad = [_row(row) for row in found.rows if not row.good]
    return {
        "schema": SCHEMA,
        "run": run_id,
        "plan": str(found.run.get("plan", "")),
        "status": str(found.run.get("status", "")),
        "exit_code": found.exit_code,
        "verdict": overall(found),
        "says": facts.headline(found)[1],
        "consistent": found.consistent,
        "totals": {target: dict(total) for target, total in found.totals.items()},
        "causes": [
            {
                "code": cause.code,
                "says": facts.title(cause),
                "fix": cause.fix,
                "command": cause.command,
                "documents": cause.root_rows,
                "behind": cause.dependent_rows,
                "targets": list(cause.targets),
            }
            for cause in found.causes
        ],
        "changed": changed,
        "bad": bad,
        "scope_changes": [asdict(one) for one in found.scope_changes],
        "not_copied": [asdict(one) for one in found.not_copied],
        "warnings": list(found.warnings),
        "report": report,
    }


def unbegun_tree(plan: str, error: MigrateError) -> Json:
    """The outcome of a run that ended before it had a report, such as one whose source did not answer."""
    cause = {"code": error.code, "says": error.message, "fix": error.next_action, "command": ""}
    return {
        "schema": SCHEMA,
        "run": "",
        "plan": plan,
        "status": "failed",
        "exit_code": error.exit_code,
        "verdict": "failed",
        "says": f"The run ended before it had a report: {error.message}",
        "consistent": True,
        "totals": {},
        "causes": [{**cause, "documents": 0, "behind": 0, "targets": []}],
        **{name: [] for name in ("changed", "bad", "scope_changes", "not_copied", "warnings")},
        "report": "",
    }


def overall(found: Reconciliation) -> Overall:
    """The verdict of a run in one word."""
    if not found.consistent or found.run.get("status") not in ("complete", None) or found.exit_code == 70:
        return "failed"
    bad = [row for row in found.rows if not row.good]
    if any(row.verdict not in ("not_verifiable", "not_run") for row in bad):
        return "not_right"
    if bad:
        return "not_proven"
    return "not_right" if found.exit_code else "proven"


def _row(row: ReportRow) -> Json:
    return {
        "target": row.target,
        "type": row.type,
        "source_id": row.source_id,
        "name": row.source_name,
        "target_id": row.target_id,
        "outcome": row.outcome,
        "verdict": row.verdict,
        "reason_code": row.reason_code,
        "reason": row.reason,
        "next_action": row.next_action,
    }


def changes(found: Reconciliation) -> int:
    """How many documents were written."""
    return sum(row.outcome in CHANGED for row in found.rows)


def troubles(found: Reconciliation) -> frozenset[tuple[str, str, str]]:
    """What is wrong, as (code, thing, target): two runs with the same of it have the same standing problem."""
    return frozenset((cause.code, cause.thing, target) for cause in found.causes for target in cause.targets)


def outcome_schema() -> Json:
    """The JSON Schema of ``apply --output json``."""
    count = {"type": "integer", "minimum": 0}
    text = {"type": "string"}
    known = {"type": ["string", "null"]}
    row: Mapping[str, Json] = {
        **dict.fromkeys(("target", "type", "source_id", "name"), text),
        **dict.fromkeys(("target_id", "verdict", "reason_code", "reason", "next_action"), known),
        "outcome": {"enum": list(OUTCOMES)},
    }
    cause = {**dict.fromkeys(("code", "says", "fix", "command"), text), "documents": count, "behind": count}
    cause["targets"] = {"type": "array", "items": text}
    rows = {"type": "array", "items": _object(row)}
    totals = dict.fromkeys(("in_scope", *OUTCOMES, *VERDICTS), count)
    properties = {
        "schema": {"const": SCHEMA},
        **dict.fromkeys(("run", "plan", "status", "says", "report"), text),
        "exit_code": count,
        "verdict": {"enum": ["proven", "not_proven", "not_right", "failed"]},
        "consistent": {"type": "boolean"},
        "totals": {"type": "object", "additionalProperties": {"type": "object", "properties": totals}},
        "causes": {"type": "array", "items": _object(cause)},
        "changed": rows,
        "bad": rows,
        "scope_changes": {"type": "array", "items": _object(dict.fromkeys(_names(ScopeChange), text))},
        "not_copied": {"type": "array", "items": _object(dict.fromkeys(_names(NotCopied), text))},
        "warnings": {"type": "array", "items": text},
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA, **_object(properties)}


def _names(kind: type[ScopeChange | NotCopied]) -> list[str]:
    return [column.name for column in fields(kind)]


def _object(properties: Mapping[str, Json]) -> dict[str, Json]:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}
