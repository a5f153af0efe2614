"""The environment of this process, as long as a test needs it to be another one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def known_here(environ: Mapping[str, str]) -> Iterator[None]:
    """These variables are set in this process too while the block lasts."""
    before = dict(os.environ)
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
