"""Listeners of a terminal run: progress on standard error, events as JSON lines in a log file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from migrate.errors import Usage
from migrate.events import Acted, Event, Listener, Paused, Stage, Warned, fan_out, silent
from migrate.text import one_line

if TYPE_CHECKING:
    from typing import TextIO

_LABELS = {
    "crawl": "Reading",
    "sources": "Following",
    "fetch": "Fetching",
    "draft": "Rewriting",
    "catalog": "Looking up",
    "apply": "Applying",
    "verify": "Verifying",
}


class Progress:
    """A tqdm bar a station on standard error; a plain line a station where that is no terminal."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._bars: dict[tuple[str, str], Any] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stage):
            self._stage(event)
        elif isinstance(event, Paused):
            self._line(f"{event.org}: pausing {event.seconds:.0f} s, {event.why}")
        elif isinstance(event, Warned):
            self._line(f"warning: {event.message}")
        elif isinstance(event, Acted) and event.outcome in ("failed", "blocked"):
            self._line(f"{event.target}: {event.outcome} {event.kind} {event.name[:60]!r} ({event.reason_code})")

    def close(self) -> None:
        """Ends all bars."""
        for bar in self._bars.values():
            bar.close()
        self._bars.clear()

    def _stage(self, event: Stage) -> None:
        from tqdm import tqdm

        label = f"{_LABELS.get(event.name, event.name)} {event.org}".strip()
        key = (event.name, event.org)
        if not self._stream.isatty():
            if key not in self._bars or (event.total and event.done == event.total):
                self._bars[key] = _Still()
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
                leave=True,
                unit="",
                colour="green" if self._colour else None,
            )
        if event.total:
            bar.total = event.total
        bar.n = event.done
        bar.refresh()

    def _line(self, text: str) -> None:
        from tqdm import tqdm

        tqdm.write(one_line(text, 2000), file=self._stream)


class _Still:
    """Stands for a bar where none is drawn."""

    def close(self) -> None:
        """Nothing to end."""


@contextmanager
def watching(*, quiet: bool, colour: bool, log: Path | None) -> Iterator[Listener]:
    """The listener of a command: progress unless quiet, a log where asked for."""
    progress = None if quiet else Progress(sys.stderr, colour=colour)
    handle = None
    if log is not None:
        try:
            handle = os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
        except OSError as error:
            raise Usage(f"--log {log} cannot be written: {error.strerror}") from None

    def record(event: Event) -> None:
        if handle is not None:
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            handle.write(orjson.dumps({"at": at, "event": type(event).__name__, **asdict(event)}) + b"\n")

    try:
        yield fan_out(progress or silent, record if handle is not None else silent)
    finally:
        if progress is not None:
            progress.close()
        if handle is not None:
            handle.close()
