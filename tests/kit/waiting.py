"""Waiting for what another process or thread does."""

from __future__ import annotations

import threading
from collections.abc import Callable

LONGEST = 300.0


def until(condition: Callable[[], object]) -> None:
    """Returns once it holds. Raises AssertionError where it does not in five minutes."""
    pause, left = threading.Event(), LONGEST
    while not condition():
        assert left > 0, "what was waited for did not come"
        pause.wait(0.02)
        left -= 0.02
