"""What can be made to go wrong in a rehearsal, by the names that people give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from migrate.errors import Usage
from migrate.kinds import KINDS
from migrate.sandbox.faults import Fault

_WRITES = f"^({'|'.join(row.root for row in KINDS.values())})(/|$)"
_PROMPT = "0.05"  # seconds after which a throttled request may come again

_NAMED: Mapping[str, tuple[Fault, ...]] = MappingProxyType(
    {
        "lost-answers": tuple(
            Fault(action="lose_answer", method=method, path=_WRITES, probability=0.2, count=0)
            for method in ("POST", "PUT")
        ),
        "throttling": (Fault(action="status", status=429, retry_after=_PROMPT, probability=0.1, count=0),),
        "server-errors": (Fault(action="status", method="GET", status=503, probability=0.05, count=0),),
        "resets": (Fault(action="reset", probability=0.05, count=0),),
        "expired-tokens": (Fault(action="expire", path="^/v2/(?!auth)", probability=0.02, count=0),),
    }
)
NAMES = tuple(_NAMED)


def chosen(text: str) -> tuple[str, ...]:
    """The names in a list with commas. Raises Usage for one that nobody knows."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in _NAMED]
    if unknown:
        raise Usage(
            f"--faults knows no {', '.join(unknown)[:200]}.", next_action=f"write one or more of {', '.join(NAMES)}"
        )
    return names


def named(names: Sequence[str], aliases: Sequence[str]) -> Iterator[Fault]:
    """The faults of these names, for these organizations; the same in every rehearsal."""
    from dataclasses import replace

    for name in names:
        for number, fault in enumerate(_NAMED[name]):
            for alias in aliases:
                yield replace(fault, org=alias, seed=number + 1, id=f"{name}-{alias}-{number}")
