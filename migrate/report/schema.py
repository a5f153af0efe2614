"""JSON Schemas of what people read and write: the plan file, the change set, ``report.json``."""

from __future__ import annotations

from migrate.report.tables import COLUMNS, SCHEMA
from migrate.tree import Json
from migrate.words import LEVELS, OUTCOMES, VERDICTS

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> Json:
    """The JSON Schema of ``plan``, ``change-set`` or ``report``. Raises KeyError for anything else."""
    return {"plan": _plan, "change-set": _change_set, "report": _report}[name]()


def _plan() -> Json:
    from migrate.plan.schema import plan_schema

    return plan_schema()


def _change_set() -> Json:
    from pydantic import TypeAdapter

    from migrate.change.model import ChangeSet

    return {"$schema": _DRAFT, **TypeAdapter(ChangeSet).json_schema()}


def _report() -> Json:
    count = {"type": "integer", "minimum": 0}
    text = {"type": ["string", "null"]}
    special: dict[str, Json] = {
        "type": {"enum": ["workbook", "data-model"]},
        "outcome": {"enum": list(OUTCOMES)},
        "verdict": {"enum": [*VERDICTS, None]},
        "levels": {"type": "object", "propertyNames": {"enum": list(LEVELS)}},
        "references": {"type": "object", "additionalProperties": count},
        **{name: {"type": "array"} for name in ("detail", "changes", "residuals", "depends_on")},
        **dict.fromkeys(("source_version", "attempts", "duration_ms"), count),
    }
    totals = dict.fromkeys(("in_scope", *OUTCOMES, *VERDICTS), count)
    return {
        "$schema": _DRAFT,
        "title": SCHEMA,
        "type": "object",
        "required": ["schema", "run", "orgs", "totals", "rows", "residuals", "consistent"],
        "properties": {
            "schema": {"const": SCHEMA},
            "run": {"type": "object", "required": ["id", "plan", "plan_sha256", "started_at", "finished_at", "status"]},
            "orgs": {"type": "array", "items": {"type": "object"}},
            "totals": {
                "type": "object",
                "additionalProperties": {"type": "object", "properties": totals, "required": list(totals)},
            },
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {name: special.get(name, text) for name in COLUMNS},
                    "required": list(COLUMNS),
                },
            },
            "residuals": {"type": "array", "items": {"type": "object"}},
            "coverage": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"row": {"type": "string"}, "resolution": {"type": "string"}, "count": count},
                    "required": ["row", "resolution", "count"],
                },
            },
            "warnings": {"type": "array", "items": {"type": "string"}},
            "left_out": {"type": "object", "additionalProperties": count},
            "consistent": {"type": "boolean"},
        },
    }
