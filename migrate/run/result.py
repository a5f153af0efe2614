"""What a run came to, and what it is called."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from migrate.bundle.spec import Bundle
from migrate.check.model import Reconciliation
from migrate.errors import MigrateError
from migrate.kinds import counts
from migrate.words import Kind


def utc_now() -> str:
    """The time as ISO-8601 with milliseconds and ``Z``."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_run_id(now: str) -> str:
    """A run id that sorts by time: ``20261122T225800Z-1f2e3d``."""
    return f"{now[:19].replace('-', '').replace(':', '')}Z-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export wrote: its specs, and what could not be read; ``needed`` models were only pulled in."""

    bundle: Bundle
    needed: int
    left_out: Mapping[str, int]

    @property
    def counts(self) -> dict[Kind, int]:
        """How many documents of each kind were written."""
        return counts(key.kind for key in self.bundle.specs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run came to: its reconciliation, and the files it wrote by format.

    ``troubles`` are what ended the work on a target early, by its alias; ``run`` what concerned the run as a whole and
    ``report`` what was in the way of writing the report where it belongs.
    """

    run_id: str
    folder: Path
    reconciliation: Reconciliation
    files: Mapping[str, Path]
    interrupted: bool = False
    troubles: Mapping[str, MigrateError] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """The exit code of contract section 5 for this run."""
        return self.reconciliation.exit_code
