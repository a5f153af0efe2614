"""JSON Schemas of what people read and write: the plan file, the change set, ``report.json``."""

from __future__ import annotations

from dataclasses import fields

from migrate.change.model import NotCopied, ScopeChange
from migrate.check.model import COLUMNS, Cause, Mapped, Past, Thing
from migrate.kinds import KINDS
from migrate.report.tables import SCHEMA
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


_COUNT: Json = {"type": "integer", "minimum": 0}


def _row() -> Json:
    text = {"type": ["string", "null"]}
    lists = ("detail", "changes", "residuals", "depends_on", "problems", "also", "replaced", "sql")
    special: dict[str, Json] = {
        "type": {"enum": list(KINDS)},
        "outcome": {"enum": list(OUTCOMES)},
        "verdict": {"enum": [*VERDICTS, None]},
        "levels": {"type": "object", "propertyNames": {"enum": list(LEVELS)}},
        "references": {"type": "object", "additionalProperties": _COUNT},
        "cause": {"type": ["integer", "null"], "minimum": 1},
        **{name: {"type": "array"} for name in lists},
        **dict.fromkeys(("source_version", "attempts", "duration_ms", "wave"), _COUNT),
    }
    properties = {name: special.get(name, text) for name in COLUMNS}
    return {"type": "object", "properties": properties, "required": list(COLUMNS)}


def _report() -> Json:
    counted = ("in_scope", *OUTCOMES, *VERDICTS)
    totals = dict.fromkeys((*counted, "left_scope", "new"), _COUNT)
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
                "additionalProperties": {"type": "object", "properties": totals, "required": list(counted)},
            },
            "rows": {"type": "array", "items": _row()},
            "causes": {"type": "array", "items": _cause(_COUNT)},
            "things": {"type": "array", "items": _flat(Thing)},
            "mappings": {"type": "array", "items": _flat(Mapped)},
            "previous": {"type": ["object", "null"], "required": ["run", "new", "healed", "still", "changed"]},
            "trend": {"type": "array", "items": _flat(Past)},
            "totals_by": {"type": "object", "additionalProperties": {"type": "object"}},
            "residuals": {"type": "array", "items": {"type": "object"}},
            "coverage": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"row": {"type": "string"}, "resolution": {"type": "string"}, "count": _COUNT},
                    "required": ["row", "resolution", "count"],
                },
            },
            "warnings": {"type": "array", "items": {"type": "string"}},
            "left_out": {"type": "object", "additionalProperties": _COUNT},
            "scope_changes": {"type": "array", "items": _texts(ScopeChange, change={"enum": ["left_scope", "new"]})},
            "not_copied": {"type": "array", "items": _texts(NotCopied)},
            "rows_compared": {"type": "array", "items": _rows_compared()},
            "consistent": {"type": "boolean"},
        },
    }


def _flat(shape: type[Thing | Mapped | Past]) -> Json:
    """The schema of a value whose fields are all texts and counts."""
    kinds = {"int": "integer", "str": "string"}
    found: dict[str, Json] = {column.name: {"type": kinds[str(column.type)]} for column in fields(shape)}
    return {"type": "object", "properties": found, "required": list(found)}


def _texts(kind: type[ScopeChange | NotCopied], **other: Json) -> Json:
    """A row whose fields are texts, but for some that are described."""
    shapes = {column.name: other.get(column.name, {"type": "string"}) for column in fields(kind)}
    return {"type": "object", "properties": shapes, "required": list(shapes)}


def _rows_compared() -> Json:
    """What the level ``data`` looked at in one target."""
    by_kind: Json = {"type": "object", "additionalProperties": _COUNT}
    shapes: dict[str, Json] = {
        "target": {"type": "string"},
        **dict.fromkeys(("looked_at", "not_exported", "not_called"), by_kind),
        "sample": _COUNT,
        "called": {"type": "array", "items": {"type": "string"}},
        "tolerance_percent": {"type": "number"},
    }
    return {"type": "object", "properties": shapes, "required": list(shapes)}


def _cause(count: Json) -> Json:
    text = {"type": "string"}
    shapes: dict[str, Json] = {column.name: text for column in fields(Cause)}
    shapes |= {"n": {"type": "integer", "minimum": 1}, "root_rows": count, "dependent_rows": count}
    shapes |= {"runs": count}
    shapes |= {"targets": {"type": "array", "items": text}, "kind": {"enum": [*OUTCOMES, *VERDICTS]}}
    return {"type": "object", "properties": shapes, "required": list(shapes)}
