"""The JSON Schema of plan files, from the very types that pydantic validates them by."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from migrate.tree import Json

if TYPE_CHECKING:
    from pydantic import TypeAdapter

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def plan_schema() -> Json:
    """The JSON Schema (draft 2020-12) of YAML plans, with a description and default for every key.

    It holds what one key alone can tell; what keys must agree on, ``validate`` tells.
    """
    from migrate.plan.file import PlanFile

    return {"$schema": DRAFT, **schema_of(PlanFile), "title": "sigma-migrate plan", "examples": [_example()]}


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """What reads values of a type."""
    from pydantic import TypeAdapter

    with _without_plugins():
        return TypeAdapter(kind)


@contextmanager
def _without_plugins() -> Iterator[None]:
    """Where no plugin of pydantic is wanted, what would look for one is not loaded either.

    Before it asks whether plugins are wanted, pydantic imports ``importlib.metadata``, and with it what reads e-mail
    and archives, which takes as long as reading a plan. Not beside other threads, which may import it meanwhile.
    """
    name = "importlib.metadata"
    wanted = os.environ.get("PYDANTIC_DISABLE_PLUGINS") != "__all__"
    if wanted or name in sys.modules or threading.active_count() > 1:
        yield
        return
    sys.modules[name] = _NoPackages(name)
    try:
        yield
    finally:
        del sys.modules[name]


class _NoPackages(ModuleType):
    """Stands for ``importlib.metadata`` where nothing is installed."""

    @staticmethod
    def entry_points(**_named: str) -> tuple[()]:
        """None."""
        return ()


@cache
def schema_of(kind: Any) -> Json:
    """The JSON Schema of a type, every block written out where it stands."""
    from pydantic.json_schema import GenerateJsonSchema

    class Written(GenerateJsonSchema):
        """What may stand in a file: a key that has no default is left out, never null."""

        def nullable_schema(self, schema: Any) -> Json:
            return self.generate_inner(schema["schema"])

        def default_schema(self, schema: Any) -> Json:
            found = self.generate_inner(schema["schema"])
            # A list that may not be empty is left empty by no one who writes it.
            unsaid = schema.get("default") is None or ("minItems" in found and not schema["default"])
            return found if unsaid else super().default_schema(schema)

        def dict_schema(self, schema: Any) -> Json:
            found: dict[str, Json] = super().dict_schema(schema)
            for pattern, values in found.pop("patternProperties", {}).items():
                found |= {"propertyNames": {"pattern": pattern}, "additionalProperties": values}
            return found

        def tagged_union_schema(self, schema: Any) -> Json:
            return {"anyOf": [self.generate_inner(each) for each in schema["choices"].values()]}

    found: dict[str, Json] = adapter(kind).json_schema(by_alias=True, schema_generator=Written)
    return _written_out(found, found.pop("$defs", {}))


def _written_out(tree: Json, blocks: Json) -> Json:
    """The tree with every reference replaced by what it refers to; plans hold no block inside itself."""
    if isinstance(tree, list):
        return [_written_out(each, blocks) for each in tree]
    if not isinstance(tree, dict):
        return tree
    named = tree.get("$ref")
    found = blocks[named.rpartition("/")[2]] if isinstance(named, str) else {}
    return {key: _written_out(value, blocks) for key, value in _over(found, tree).items() if key != "$ref"}


def _over(block: Json, said: Json) -> Json:
    """A block with what is said beside a reference to it; of its keys, what is said of each."""
    keys = {
        name: {**value, **said.get("properties", {}).get(name, {})}
        for name, value in block.get("properties", {}).items()
    }
    return {**block, **said, **({"properties": keys} if keys else {})}


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
