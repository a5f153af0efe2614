"""Who holds a lock: one work of one process, known well enough to tell one that is gone from one that is elsewhere."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ENDED = ("Z", "X")
"""The states of a process that has ended and is only still listed (proc(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One work of one attempt of a run.

    ``boot`` is the id of the kernel's boot, ``pid_namespace`` the namespace in which ``pid`` counts, ``started`` the
    process's start in clock ticks since boot; all three empty where the system does not tell. ``token`` is of this
    work alone, so that two works of one process, or one that comes back after it was given up, are told apart.
    """

    run: str
    host: str
    pid: int
    token: str
    attempt: int = 0
    boot: str = ""
    pid_namespace: str = ""
    started: str = ""

    def __str__(self) -> str:
        return f"run {self.run} (process {self.pid} on {self.host})"


def owner_here(run: str, attempt: int = 0) -> Owner:
    """A new work of this process, as the owner of a lock for this attempt of a run."""
    pid = os.getpid()
    return Owner(
        run=run,
        attempt=attempt,
        host=socket.gethostname(),
        pid=pid,
        token=secrets.token_hex(8),
        boot=_boot(),
        pid_namespace=_pid_namespace(),
        started=_process(pid)[1],
    )


def is_gone(owner: Owner) -> bool:
    """Whether the owner's process is known to have ended.

    False where nothing can be known: on another machine, in another container of this one, after a restart. Such a
    lock is waited for until it expires.
    """
    if os.name == "nt" or (owner.boot, owner.pid_namespace) != (_boot(), _pid_namespace()):
        return False
    if not owner.boot and owner.host != socket.gethostname():
        return False
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    state, started = _process(owner.pid)
    return state in _ENDED or bool(started and owner.started and started != owner.started)


@cache
def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id")


@cache
def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _process(pid: int) -> tuple[str, str]:
    """State and start of a process; both empty where they are not told. The name before them may hold anything."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else ("", "")


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""
