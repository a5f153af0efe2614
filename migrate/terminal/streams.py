"""The standard streams: whatever they are connected to, writing to them ends no run."""

from __future__ import annotations

import io
import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from migrate.secret import RING
from migrate.text import INVISIBLE

if TYPE_CHECKING:
    from typing import TextIO


def prepare() -> None:
    """Makes both streams take every text: what their encoding cannot say is written as ``\\xe9``.

    One that is closed swallows everything.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed before the program began
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - as long as the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def release() -> None:
    """At the end of the process: what a stream could not take must not change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _point_nowhere(stream)


def _point_nowhere(stream: TextIO) -> None:
    """What is still to be written to a stream goes nowhere, so that nothing is left to fail on."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(text: str, *, folds: bool = False) -> None:
    """Tells a person something, on standard error; if nobody is there any more, nobody hears it.

    Where it ``folds``, a terminal shows long lines broken between words; a file or a pipe has them whole.
    """
    if folds and sys.stderr.isatty():
        from migrate.terminal.lines import folded

        text = folded(text)
    with suppress(OSError):
        sys.stderr.write(RING.text_without(text))
        sys.stderr.flush()


def say_at_once(text: str) -> None:
    """Tells a person something from within a signal handler, which may have come in the middle of ``say``.

    What Python keeps of standard error must not be touched then: it would refuse, and that error would end whatever was
    being done.
    """
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), text.encode())


def deliver(text: str) -> OSError | None:
    """Writes data to standard output; what was in the way of that.

    A reader that went away (``| head``) is not: it has what it wanted.
    """
    try:
        sys.stdout.write(RING.text_without(text))
        sys.stdout.flush()
    except OSError as error:
        _point_nowhere(sys.stdout)
        return None if isinstance(error, BrokenPipeError) else error
    return None


def json_text(tree: Any, stream: TextIO) -> str:
    """A tree as JSON that the stream can take: in ASCII where its encoding needs that.

    On a terminal, characters that would move the cursor or turn the text around are written as escapes.
    """
    import json

    import orjson

    try:
        text = orjson.dumps(tree, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # half a character, as a file name may hold
        text = json.dumps(tree, indent=2, ensure_ascii=True)
    if stream.isatty():
        text = INVISIBLE.sub(_escaped, text)
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        text = re.sub(r"[^\x00-\x7f]", _escaped, text)
    return f"{text}\n"


def _escaped(match: re.Match[str]) -> str:
    """One character as JSON writes it; the line ends between values stay."""
    if match[0] == "\n":
        return "\n"
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
