"""A sandbox for the duration of one command, and one that remembers its organizations between runs."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from migrate.sandbox.org import World
from migrate.sandbox.server import environment, serve
from migrate.sandbox.world import dump, load


@contextmanager
def remembered(state: Path | None, fresh: World) -> Iterator[World]:
    """The world that an earlier run left in ``state``, or the fresh one; written back at the end."""
    world = load(state) if state is not None and state.is_file() else fresh
    try:
        yield world
    finally:
        if state is not None:
            state.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = state.with_name(f"{state.name}.part")
            try:
                handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(dump(world))
                draft.replace(state)
            except OSError:
                draft.unlink(missing_ok=True)
                raise


def run_during(world: World, command: Sequence[str], *, ports: Mapping[str, int] | None = None) -> int:
    """The exit code of a command that ran while the world was served, its environment naming every organization.

    Ctrl-C is the command's to handle. A command killed by a signal gives 128 plus its number, one that
    cannot be started 127.
    """
    before = signal.signal(signal.SIGINT, _leave_to_the_command)
    try:
        with serve(world, ports=ports) as running:
            try:
                done = subprocess.run(  # noqa: S603 - the user's own command
                    list(command), env=os.environ | environment(running), check=False
                )
            except OSError:
                return 127
            return done.returncode if done.returncode >= 0 else 128 - done.returncode
    finally:
        signal.signal(signal.SIGINT, before)


def _leave_to_the_command(_number: int, _frame: FrameType | None) -> None:
    """Ignores Ctrl-C here only: unlike SIG_IGN, a handler is not handed on to the child."""
