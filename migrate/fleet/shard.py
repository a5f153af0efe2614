"""What became of one target, as a value that travels: its reconciliation, what it cost, what ended it early. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import orjson

from migrate.check.model import Reconciliation
from migrate.check.packed import unpacked
from migrate.errors import (
    AccessError,
    ApiRefusal,
    FileError,
    InvalidInput,
    LockHeld,
    MigrateError,
    Problem,
    Refused,
    SafetyStop,
    ServiceError,
)
from migrate.report.scrub import clean, scrubbed
from migrate.run.folder import reconciliation_of, reconciliation_tree
from migrate.run.gates import Ended
from migrate.tree import Json

SCHEMA = "sigma-migrate.shard/1"
_PLAIN = {one.exit_code: one for one in (AccessError, ServiceError, LockHeld, SafetyStop, FileError)}


def shard_of(found: Reconciliation, beside: int, trouble: MigrateError | None) -> Json:
    """A shard; ``beside`` is the exit code that all but the rows call for. What looks like a secret is taken out."""
    tree = {
        "schema": SCHEMA,
        "reconciliation": reconciliation_tree(scrubbed(found)),
        "beside": beside,
        "trouble": clean(_told(trouble)) if trouble else None,
    }
    return orjson.loads(orjson.dumps(tree, unpacked))


def part_of(shard: Json, run: Mapping[str, Json]) -> Reconciliation:
    """The reconciliation that a shard holds. Raises ValueError, KeyError or TypeError where it holds none."""
    if shard["schema"] != SCHEMA:
        raise ValueError(f"it is no {SCHEMA}")
    return reconciliation_of(shard["reconciliation"], run)


def trouble_of(shard: Json) -> MigrateError | None:
    """What ended the work on a target early, None where nothing did."""
    told = shard["trouble"]
    if told is None:
        return None
    message, code, action = (str(told[name]) for name in ("message", "code", "next_action"))
    problems = [Problem(**one) for one in told["problems"]]
    match told["exit_code"]:
        case InvalidInput.exit_code:
            return InvalidInput(problems)
        case Refused.exit_code:
            return Refused(message, code=code, next_action=action, problems=problems)
        case ApiRefusal.exit_code:
            return ApiRefusal(message, status=0, code=code, next_action=action)
        case exit_code:
            return _PLAIN.get(exit_code, MigrateError)(message, code=code, next_action=action)


def _told(trouble: MigrateError) -> Mapping[str, Json]:
    return {
        "message": trouble.message,
        "code": trouble.code,
        "next_action": trouble.next_action,
        "exit_code": trouble.exit_code,
        "problems": [asdict(one) for one in getattr(trouble, "problems", ())],
    }


def ended_tree(one: Ended, *, held: bool) -> Json:
    """How a target ended, as its ticket keeps it for the gates; ``held`` where it was held back."""
    return {**asdict(one), "held": held}


def ended_of(tree: Json) -> Ended | None:
    """How a target ended; None of one that was held back, which did not end."""
    return None if tree["held"] else Ended(**{name: one for name, one in tree.items() if name != "held"})
