"""Reason codes: what each means, why it happens, an example, and how to mend it.

Every row of a report that is not good carries one of these; ``sigma-migrate explain CODE`` prints it.
The sentences stand in ``reasons.toml``, by the station that reports them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason code in words; ``station`` is the part of the file it stands in.

    ``key`` is the key of a plan that mends it, empty where there is none.
    """

    station: str
    code: str
    sentence: str
    cause: str
    fix: str
    example: str = ""
    key: str = ""


def _read(text: str) -> Mapping[str, Reason]:
    """The reasons of a TOML text, in its order. Raises ValueError where a code stands in two stations."""
    import tomllib

    found: dict[str, Reason] = {}
    for station, table in tomllib.loads(text).items():
        for code, words in table.items():
            if code in found:
                raise ValueError(f"the reason code {code} stands twice")
            found[code] = Reason(station=station, code=code, **words)
    return found


@cache
def _told() -> Mapping[str, Reason]:
    from importlib.resources import files

    return _read(files("migrate").joinpath("reasons.toml").read_text("utf-8"))


class _Reasons(Mapping[str, Reason]):
    """The reasons by their codes, read at the first look: it takes 8 ms, which what goes well does not need."""

    def __getitem__(self, code: str) -> Reason:
        return _told()[code]

    def __iter__(self) -> Iterator[str]:
        return iter(_told())

    def __len__(self) -> int:
        return len(_told())


REASONS: Mapping[str, Reason] = _Reasons()
"""Every reason code the program can report."""
