"""Reason codes: what each means, why it happens, an example, and how to mend it.

Every row of a report that is not good carries one of these; ``sigma-migrate explain CODE`` prints it.
The sentences stand in ``reasons.toml``, by the station that reports them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason code in words; ``station`` is the part of the file it stands in."""

    station: str
    code: str
    sentence: str
    cause: str
    fix: str
    example: str = ""


def _read(text: str) -> Mapping[str, Reason]:
    """The reasons of a TOML text, in its order. Raises ValueError where a code stands in two stations."""
    found: dict[str, Reason] = {}
    for station, table in tomllib.loads(text).items():
        for code, words in table.items():
            if code in found:
                raise ValueError(f"the reason code {code} stands twice")
            found[code] = Reason(station=station, code=code, **words)
    return found


REASONS = _read(files("migrate").joinpath("reasons.toml").read_text("utf-8"))
"""Every reason code the program can report. Reading them takes 5 ms."""
