"""Commands of the tool, each in a child process; a confined one in time, in memory, and by the modes of files.

Run as a script: one JSON command a line on standard input, one JSON answer a line on standard output. Children are
forked from a process that has imported everything, so that a command costs what it does and not its imports.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.places import REPOSITORY

CPU_SECONDS = 60
"""More than any of these commands may take of a processor, however busy the machine is."""
WAIT_SECONDS = 90
"""After which a command waits for something that never comes."""
MEMORY = 1 << 30
"""Bytes that a command may take beside those of the imports."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal that ended it, and what its streams got."""

    code: int
    out: str
    err: str


class Commands:
    """The process that runs commands in children of its own, ended after so many seconds."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SIGMA_")}
        path = os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "tests")))
        self._environ = {**kept, "PYTHONPATH": path, **(environ or {})}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kit.confined"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environ,
        )

    def run(self, folder: Path, *arguments: object, environ: Mapping[str, str] | None = None, given: str = "") -> Ended:
        """A command line, in a folder; with variables beside those of the process, and a text on standard input."""
        return self._run(folder, arguments, environ=dict(environ or {}), given=given, seconds=None)

    def _run(self, folder: Path, arguments: Iterable[object], **command: object) -> Ended:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({"folder": str(folder), "arguments": [*map(str, arguments)], **command})
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate(timeout=60)


class Confined(Commands):
    """The process that runs commands in confined children, each with so many seconds of a processor."""

    def __init__(self, environ: Mapping[str, str], *, seconds: int = CPU_SECONDS) -> None:
        super().__init__(environ)
        self._seconds = seconds

    def run(self, folder: Path, *arguments: object, environ: Mapping[str, str] | None = None, given: str = "") -> Ended:
        """A command line, in a folder; with variables beside those of the process, and a text on standard input."""
        return self._run(folder, arguments, environ=dict(environ or {}), given=given, seconds=self._seconds)


def _child(command: dict[str, Any]) -> int:
    """Confines itself where asked, and runs the command line to its end."""
    from migrate.cli import run

    os.chdir(command["folder"])
    os.environ.update(command["environ"])
    signal.alarm(WAIT_SECONDS)
    if command["seconds"] is not None:
        _confine(command["seconds"])
    return run(command["arguments"])


def _confine(seconds: int) -> None:
    """So many seconds of a processor, so much memory, and no right past the modes of files."""
    _leave_modes_in_force()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _leave_modes_in_force() -> None:
    """Of root's rights, those that go past the modes of files are given up (capget(2), version 3)."""
    if os.geteuid() == 0:
        libc, header, rights = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        assert libc.capget(header, rights) == 0
        rights[0] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, of those in effect
        assert libc.capset(header, rights) == 0


def main() -> None:
    """Serves commands until standard input ends."""
    import pandas as pd  # noqa: F401 - imported once, before the forks
    import sqlalchemy as sa  # noqa: F401

    import migrate.migration
    import migrate.report.render  # noqa: F401

    for line in sys.stdin:
        command = json.loads(line)
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(command["given"].encode())
            given.seek(0)
            pid = os.fork()
            if pid == 0:
                for number, stream in enumerate((given, out, err)):
                    os.dup2(stream.fileno(), number)
                code = 71
                try:
                    code = _child(command)
                    sys.stdout.flush()
                    sys.stderr.flush()
                finally:
                    os._exit(code)
            _, status = os.waitpid(pid, 0)
            texts = [_text(stream) for stream in (out, err)]
        answer = {"code": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _text(stream: Any) -> str:
    stream.seek(0)
    content: bytes = stream.read()
    return content.decode("utf-8", "surrogateescape")


if __name__ == "__main__":
    main()
