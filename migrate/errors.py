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
      FileError             74  a file or the disk of this machine: no room, no permission, in the way
      Usage                 64  wrong use of the command line
      Interrupted          130  stopped by the user; the ledger is consistent

Every error is one sentence that says where and what, a reason code (see ``migrate.reasons``),
and what to do next. No error text ever holds a secret.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath, strerror
from typing import ClassVar


def ends(path: str) -> str:
    """A path as it stands in a message: of one that is longer than any that is meant, both ends."""
    return path if len(path) <= 300 else f"{path[:150]}…{path[-150:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with an input: where it stands, what it is, how to mend it.

    ``thing`` is what it is about, by its name alone; empty where the code says all.
    """

    code: str
    message: str
    fix: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""
    value: str = ""
    thing: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (ends(self.file), self.line, self.column) if part)
        head = " ".join(part for part in (place, self.path) if part)
        text = f"{head}: {self.message}" if head else self.message
        return f"{text} ({self.fix})" if self.fix else text


MOST_TOLD = 500
"""Problems that are told of one file: nobody mends more of them at a time, and a file can hold them by the million."""


class MigrateError(Exception):
    """The root. ``code`` is a reason code, ``next_action`` a sentence or a command to paste.

    ``thing`` is what it is about, by its name alone, such as an endpoint; empty where the code says all.
    """

    exit_code: ClassVar[int] = 70
    default_code: ClassVar[str] = "internal"

    def __init__(self, message: str, *, code: str = "", next_action: str = "", thing: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.next_action = next_action
        self.thing = thing

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

    @property
    def of_one(self) -> bool:
        """Whether it is about the one thing that was asked for, so that the others can go on."""
        return self.code in ("permanent_error", "odd_answer", "paging_loop", "answer_too_large")


class OutcomeUnknown(ServiceError):
    """A write was sent and nobody knows whether it was done. ``status`` is 0 where no answer came."""

    default_code = "outcome_unknown"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        next_action: str = "",
        thing: str = "",
        status: int = 0,
        request_id: str = "",
    ) -> None:
        super().__init__(message, code=code, next_action=next_action, thing=thing)
        self.status = status
        self.request_id = request_id


class ApiRefusal(MigrateError):
    """Sigma answered with an error envelope. ``status`` is the HTTP status, ``said`` the server's own words.

    ``judged``: it says of what was sent that it is not valid, as the answer of a check does.
    """

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
        thing: str = "",
        said: Sequence[str] = (),
        judged: bool = False,
    ) -> None:
        super().__init__(message, code=code, next_action=next_action, thing=thing)
        self.status = status
        self.api_code = api_code
        self.request_id = request_id
        self.said = tuple(said)
        self.judged = judged


class LockHeld(MigrateError):
    """Another run works on this target."""

    exit_code = 7
    default_code = "lock_held"


class SafetyStop(MigrateError):
    """A guard stopped the run."""

    exit_code = 9
    default_code = "safety_stop"


class FileError(MigrateError):
    """A file or the disk of this machine does not do what is asked of it."""

    exit_code = 74
    default_code = "file_trouble"


class Usage(MigrateError):
    """The command line was used wrongly."""

    exit_code = 64
    default_code = "usage"


class Interrupted(MigrateError):
    """The user stopped the run."""

    exit_code = 130
    default_code = "interrupted"


PRECEDENCE = (130, 70, 64, 9, 5, 3, 4, 8, 1, 6, 7, 74, 2, 0)
"""Which exit code wins where several apply: the contract's order, after what ended the program itself."""


def worst(codes: Iterable[int]) -> int:
    """The exit code of a run that these codes apply to."""
    return min(codes, key=PRECEDENCE.index, default=0)


_NO_ROOM = (
    "disk_full",
    "no room is left on its disk, or it may not grow any further",
    "make room there, or name a place on another disk; then run the same command again",
)
_NOT_ALLOWED = (
    "no_permission",
    "this user may not do that there",
    "give this user the right to, or name another place; then run the same command again",
)
_IN_THE_WAY = (
    "file_in_the_way",
    "a file stands where a folder is needed, or a folder where a file is",
    "move it out of the way, or name another place; then run the same command again",
)
_TOO_MANY = (
    "too_many_files",
    "this process may not open any more files or connections",
    "raise the limit of open files (ulimit -n), or lower run.concurrency; then run the same command again",
)
_FILE_TROUBLES: Mapping[int, tuple[str, str, str]] = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: _NO_ROOM,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: (
        "read_only_place",
        "its disk can only be read",
        "name a place that can be written to; then run the same command again",
    ),
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EISDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOTEMPTY: _IN_THE_WAY,
    errno.ELOOP: (
        "file_trouble",
        "a symbolic link stands there or on the way to it, and is not followed",
        "remove the link, or name another place",
    ),
    errno.EMFILE: _TOO_MANY,
    errno.ENFILE: _TOO_MANY,
}

OF_A_MACHINE = frozenset({*(code for code, _, _ in _FILE_TROUBLES.values()), "file_trouble", "ledger_unusable"})
"""Codes of what is wrong with a machine, its disk or its way to the ledger, and says nothing of any document."""


def file_error(error: OSError, path: str | PathLike[str] = "", *, doing: str = "written") -> FileError:
    """The sentence for trouble with a file: which one, what is wrong, and what to do.

    ``path`` is the file that was meant, where the error does not name it; ``doing`` what was to be done with it.
    """
    place = fspath(path) or str(error.filename or "") or "a file"
    code, why, what_next = _FILE_TROUBLES.get(
        error.errno or 0,
        ("file_trouble", (error.errno and strerror(error.errno)) or type(error).__name__, "look at that place"),
    )
    return FileError(f"{ends(place)} cannot be {doing}: {why}.", code=code, next_action=what_next)


def classified(error: Exception) -> MigrateError:
    """Any error as one of this tree: trouble with a file as such, whatever nobody foresaw as a bug of the tool."""
    if isinstance(error, MigrateError):
        return error
    if isinstance(error, OSError):
        return file_error(error, doing="used")
    bug = MigrateError(
        f"a bug in sigma-migrate: {type(error).__name__}: {str(error)[:300]}",
        next_action="run again with --verbose --log FILE and report it; neither holds secrets",
    )
    bug.__cause__ = error
    return bug


def code_of(error: BaseException) -> int:
    """The exit code of whatever ended a run: that of an interruption for what is no error of a program."""
    return classified(error).exit_code if isinstance(error, Exception) else Interrupted.exit_code
