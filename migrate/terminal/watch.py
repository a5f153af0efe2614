"""Listeners of a terminal run: progress on standard error, events as JSON lines in a log file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from migrate.errors import file_error
from migrate.events import (
    Acted,
    Answered,
    Ended,
    Event,
    Failed,
    Listener,
    Paused,
    Recorded,
    RunBegan,
    RunEnded,
    Sending,
    Stage,
    Warned,
    fan_out,
    silent,
)
from migrate.kinds import called
from migrate.secret import RING
from migrate.terminal.streams import say
from migrate.text import one_line

if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

_LABELS = {
    "crawl": "Reading",
    "sources": "Following",
    "fetch": "Fetching",
    "draft": "Rewriting",
    "catalog": "Looking up",
    "try": "Trying dry runs in",
    "settle": "Settling writes left open in",
    "apply": "Applying",
    "verify": "Verifying",
}


class Progress:
    """A tqdm bar a station on standard error; a plain line a station where that is no terminal.

    What had nothing to count leaves no line behind.
    """

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._bars: dict[tuple[str, str], Any] = {}
        self._told: set[tuple[str, str]] = set()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stage):
            self._stage(event)
        elif isinstance(event, Paused):
            self._line(f"{event.org}: pausing {event.seconds:.0f} s, {event.why}")
        elif isinstance(event, Warned):
            self._line(f"warning: {event.message}")
        elif isinstance(event, Acted) and event.outcome in ("failed", "blocked"):
            self._line(
                f"{event.target}: {event.outcome} {called(event.kind)} {event.name[:60]!r} ({event.reason_code})"
            )

    def close(self) -> None:
        """Ends all bars: those that counted stand below each other, and what comes next begins a line."""
        for bar in self._bars.values():
            bar.clear()
        for bar in sorted(self._bars.values(), key=_leaves):
            bar.close()
        if self._bars:
            self._stream.write("\r")
        self._bars.clear()

    def _stage(self, event: Stage) -> None:
        from tqdm import tqdm

        label = f"{_LABELS.get(event.name, event.name)} {event.org}".strip()
        key = (event.name, event.org)
        if not self._stream.isatty():
            if key not in self._told or (event.total and event.done == event.total):
                self._told.add(key)
                count = f" {event.done}/{event.total}" if event.total else ""
                self._stream.write(f"{label}{count}\n")
            return
        bar = self._bars.get(key)
        if bar is None:
            bar = self._bars[key] = tqdm(
                desc=label,
                total=event.total or None,
                file=self._stream,
                ncols=78,
                leave=False,
                unit="",
                colour="green" if self._colour else None,
            )
        if event.total:
            bar.total = event.total
            bar.leave = True
        bar.n = event.done
        bar.refresh()

    def _line(self, text: str) -> None:
        from tqdm import tqdm

        tqdm.write(one_line(RING.text_without(text), 2000), file=self._stream)


def _leaves(bar: Any) -> bool:
    """Whether a bar stays where it ended."""
    return bool(bar.leave)


_LEVELS: Mapping[type, str] = {
    Sending: "debug",
    Answered: "debug",
    Recorded: "debug",
    Paused: "warning",
    Warned: "warning",
    Failed: "error",
}
_BAD = frozenset({"failed", "blocked", "not_attempted"})


def level_of(event: Event) -> str:
    """How much an event matters: ``debug``, ``info``, ``warning`` or ``error``."""
    if isinstance(event, Acted) and event.outcome in _BAD:
        return "error"
    if isinstance(event, Ended | RunEnded) and event.exit_code:
        return "error"
    return _LEVELS.get(type(event), "info")


class Log:
    """Events as JSON lines in a file, those of level ``debug`` only where they are wanted.

    Each line says of which run, plan and target it is, as far as it is of one. A file that takes no more is given up;
    the run goes on.
    """

    def __init__(self, path: Path, *, debug: bool = False) -> None:
        self._path = path
        self._debug = debug
        self._about = {"run": "", "plan": ""}
        try:
            # A pipe that nobody reads refuses to be opened in this way; any other would wait for a reader.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0), 0o600)
            if os.name != "nt":
                os.set_blocking(handle, True)
            self._file: BinaryIO | None = os.fdopen(handle, "ab", buffering=0)
        except OSError as error:
            raise file_error(error, path) from None

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunBegan):
            self._about = {"run": event.run, "plan": event.plan}
        level = level_of(event)
        if self._file is not None and (self._debug or level != "debug"):
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            told = asdict(event)
            about = {**self._about, "target": told.get("target") or told.get("org") or ""}
            line = orjson.dumps({"at": at, "level": level, "event": type(event).__name__, **about, **told}) + b"\n"
            try:
                self._file.write(RING.bytes_without(line))
            except OSError as error:
                self.close()
                say(f"warning: {file_error(error, self._path).message} The run goes on without a log.\n")

    def close(self) -> None:
        """Ends the log."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # what could not be written was told
                file.close()


def _unheard(listener: Listener) -> Listener:
    """The listener as long as its stream takes what it writes; then one that does nothing."""
    gone = False

    def tell(event: Event) -> None:
        nonlocal gone
        if not gone:
            try:
                listener(event)
            except (OSError, ValueError):  # the reader of standard error went away, or it was closed
                gone = True

    return tell


@contextmanager
def watching(*, quiet: bool, colour: bool, log: Listener) -> Iterator[Listener]:
    """The listener of a command at work: progress unless quiet, and the log."""
    progress = None if quiet else Progress(sys.stderr, colour=colour)
    try:
        yield fan_out(_unheard(progress) if progress else silent, log)
    finally:
        if progress is not None:
            with suppress(OSError, ValueError):
                progress.close()
