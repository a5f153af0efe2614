"""What can go wrong, cut by what the caller can do about it.

    MigrateError            70  a bug unless a subclass says otherwise
      InvalidInput           3  plan, CSV, bundle or saved change set; carries every Problem
      Refused                4  refused before any write: unresolved mapping, security rule, conflict
      AccessError            5  credentials, permission or identity
      ServiceError           6  network, throttling or service trouble after all retries
        OutcomeUnknown       6  a write left, its answer did not arrive; settle it, never send it again blindly
      ApiRefusal             1  Sigma answered a clear no (4xx); concerns one document, not the run
      LockHeld               7  another run holds the lock
      SafetyStop             9  stale change set, delete limit, breaker, wrong org
      Usage                 64  wrong use of the command line
      Interrupted          130  stopped by the user; the ledger is consistent

Every error is one sentence that says where and what, a reason code (see ``migrate.reasons``),
and what to do next. No error text ever holds a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with an input: where it stands, what it is, how to mend it."""

    code: str
    message: str
    fix: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        head = " ".join(part for part in (place, self.path) if part)
        text = f"{head}: {self.message}" if head else self.message
        return f"{text} ({self.fix})" if self.fix else text


class MigrateError(Exception):
    """The root. ``code`` is a reason code, ``next_action`` a sentence or a command to paste."""

    exit_code: ClassVar[int] = 70
    default_code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, code: str = "", next_action: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.next_action = next_action

    def __str__(self) -> str:
        return f"{self.message} Next: {self.next_action}" if self.next_action else self.message


class InvalidInput(MigrateError):
    """Something a person wrote, or a file that was read, is not as it must be."""

    exit_code = 3
    default_code = "invalid_input"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"{count} problem{'' if count == 1 else 's'} found", next_action="")

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class Refused(MigrateError):
    """Refused before any write; ``problems`` lists every cause at once."""

    exit_code = 4
    default_code = "refused"

    def __init__(
        self, message: str, *, code: str = "", next_action: str = "", problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message, code=code, next_action=next_action)
        self.problems = tuple(problems)


class AccessError(MigrateError):
    """Credentials, permission or identity."""

    exit_code = 5
    default_code = "access"


class ServiceError(MigrateError):
    """The network or the service did not answer usefully, after all retries."""

    exit_code = 6
    default_code = "service"


class OutcomeUnknown(ServiceError):
    """A write was sent and nobody knows whether it was done. ``status`` is 0 where no answer came."""

    default_code = "outcome_unknown"

    def __init__(
        self, message: str, *, code: str = "", next_action: str = "", status: int = 0, request_id: str = ""
    ) -> None:
        super().__init__(message, code=code, next_action=next_action)
        self.status = status
        self.request_id = request_id


class ApiRefusal(MigrateError):
    """Sigma answered with an error envelope. ``status`` is the HTTP status, ``said`` the server's own words."""

    exit_code = 1
    default_code = "api_refused"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        api_code: str = "",
        request_id: str = "",
        code: str = "",
        next_action: str = "",
        said: Sequence[str] = (),
    ) -> None:
        super().__init__(message, code=code, next_action=next_action)
        self.status = status
        self.api_code = api_code
        self.request_id = request_id
        self.said = tuple(said)


class LockHeld(MigrateError):
    """Another run works on this target."""

    exit_code = 7
    default_code = "lock_held"


class SafetyStop(MigrateError):
    """A guard stopped the run."""

    exit_code = 9
    default_code = "safety_stop"


class Usage(MigrateError):
    """The command line was used wrongly."""

    exit_code = 64
    default_code = "usage"


class Interrupted(MigrateError):
    """The user stopped the run."""

    exit_code = 130
    default_code = "interrupted"


PRECEDENCE = (130, 70, 64, 9, 5, 3, 4, 8, 1, 6, 7, 2, 0)
"""Which exit code wins where several apply: the contract's order, after what ended the program itself."""


def worst(codes: Iterable[int]) -> int:
    """The exit code of a run that these codes apply to."""
    return min(codes, key=PRECEDENCE.index, default=0)
