"""The JSON Schema of plan files, from the very table the loader reads by. Pure."""

from __future__ import annotations

from migrate.plan import checks
from migrate.plan.kinds import Choice, Either, Field, Flag, Keyed, Many, Number, Record, Shape, Text
from migrate.plan.table import PLAN
from migrate.tree import Json

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SCALARS = ["string", "number", "boolean"]
"""What YAML may make of a text without quotes; the loader takes it as it is written."""


def plan_schema() -> Json:
    """The JSON Schema (draft 2020-12) of YAML plans, with a description and default for every key.

    It holds what one key alone can tell; what keys must agree on, ``validate`` tells.
    """
    head = {
        "$schema": DRAFT,
        "title": "sigma-migrate plan",
        "description": "What to copy, from where, to where, and how.",
    }
    return head | schema_of(PLAN) | {"examples": [_example()]}


def schema_of(shape: Shape) -> Json:
    """The schema of one shape."""
    match shape:
        case Record():
            return _record(shape)
        case Keyed():
            names = {"pattern": shape.key.pattern} if shape.key.pattern else {}
            return {
                "type": "object",
                "minProperties": shape.least,
                "propertyNames": names,
                "additionalProperties": schema_of(shape.item),
            }
        case Many():
            least = {"minItems": shape.least} if shape.least else {}
            unique = {"uniqueItems": True} if shape.unique else {}
            return {"type": "array", "items": schema_of(shape.item), **least, **unique}
        case Either():
            return {"anyOf": [schema_of(option) for option in shape.options]}
        case _:
            return _scalar(shape)


def _scalar(shape: Text | Number | Flag | Choice) -> Json:
    match shape:
        case Text():
            least = {} if shape.check is checks.anything else {"minLength": 1}
            pattern = {"pattern": shape.pattern} if shape.pattern else {}
            examples = {"examples": list(shape.examples)} if shape.examples else {}
            return {"type": SCALARS, **least, **pattern, **examples}
        case Choice():
            return {"enum": list(shape.options)}
        case Flag():
            return {"type": "boolean"}
        case Number():
            kind = "integer" if shape.whole else "number"
            least_key = "exclusiveMinimum" if shape.above else "minimum"
            return {"type": kind, least_key: shape.least, "maximum": shape.most}


def _record(shape: Record) -> Json:
    required = [each.name for each in shape.fields if each.required]
    choices = [{"oneOf": [{"required": [name]} for name in group]} for group in shape.one_of]
    if shape.some_of:
        choices.append({"anyOf": [{"required": [name]} for name in shape.some_of]})
    return {
        "type": "object",
        "properties": {each.name: _field(each) for each in shape.fields},
        "additionalProperties": False,
        **({"required": required} if required else {}),
        **({"allOf": choices} if choices else {}),
    }


def _field(field: Field) -> Json:
    default = {} if field.default is None else {"default": field.default}
    return {"description": field.about, **schema_of(field.shape), **default}


def _example() -> Json:
    return {
        "version": 1,
        "orgs": {
            "acme_au": {"base_url": "https://api.au.aws.sigmacomputing.com", "credentials": "env:SIGMA_ACME_AU"},
            "group": {
                "base_url": "https://api.us-a.aws.sigmacomputing.com",
                "credentials": "env:SIGMA_GROUP",
                "expect": {"slug": "acme-group"},
                "access": "write",
            },
        },
        "source": "acme_au",
        "targets": ["group"],
        "select": {"include": [{"folder": "Shared/Finance"}]},
        "map": {"connections": [{"from": "AU Snowflake", "to": "Group Snowflake"}]},
    }
