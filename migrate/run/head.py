"""The head of ``run.json``: what the run was, its organizations and its totals, without the rows."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NotRequired

import orjson
from annotated_types import Ge
from typing_extensions import TypedDict

from migrate.errors import InvalidInput, Problem
from migrate.files import open_regular
from migrate.tree import Json

SCHEMA = "sigma-migrate.run/1"
_LARGEST = 1 << 30
"""Bytes of a run.json: a row of a document takes some thousands at most."""


Totals = Mapping[str, Mapping[str, Annotated[int, Ge(0)]]]
"""How many rows of each target have each outcome and verdict."""


class RunShape(TypedDict):
    """What is read of a run by name; it says more."""

    id: str
    status: str
    kind: NotRequired[str]
    plan: NotRequired[str]
    plan_file: NotRequired[str]
    plan_sha256: NotRequired[str]
    source: NotRequired[str]
    change_set: NotRequired[str]
    carried: NotRequired[list[str]]
    started_at: NotRequired[str]
    finished_at: NotRequired[str | None]
    error: NotRequired[str]
    of: NotRequired[str]


class OrgShape(TypedDict):
    """What is read of an organization."""

    alias: str
    organization_id: NotRequired[str]
    slug: NotRequired[str]
    requests: NotRequired[int]
    throttled: NotRequired[int]
    paused_seconds: NotRequired[float]


class _CauseShape(TypedDict):
    """What is read of a cause."""

    code: str
    targets: list[str]


class _TotalsShape(TypedDict):
    orgs: list[OrgShape]
    totals: Totals
    causes: NotRequired[list[_CauseShape]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A run, and its organizations and totals where it told any: one that died before it had them did not.

    ``causes`` are the reason codes of what needed somebody, by target.
    """

    run: Mapping[str, Json]
    orgs: tuple[Mapping[str, Json], ...] = ()
    totals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    causes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_head(folder: Path) -> Head:
    """The head of a run's ``run.json``. Raises InvalidInput where the file, or that part of it, cannot be read."""
    with reading(folder):
        tree = tree_of(folder, lambda _: None)
        run = run_of(tree["run"])
        rest = tree.get("reconciliation")
        if rest is None:
            return Head(run=run)
        adapter(_TotalsShape).validate_python(rest)
        return Head(run=run, orgs=tuple(rest["orgs"]), totals=rest["totals"], causes=_causes(rest.get("causes", ())))


def _causes(found: Iterable[Mapping[str, Json]]) -> dict[str, tuple[str, ...]]:
    by_target: dict[str, list[str]] = {}
    for cause in found:
        for target in cause["targets"]:
            by_target.setdefault(target, []).append(cause["code"])
    return {target: tuple(dict.fromkeys(codes)) for target, codes in by_target.items()}


def tree_of(folder: Path, of_row: Callable[[Json], Any]) -> dict[str, Json]:
    """All of a run's ``run.json``, with what ``of_row`` makes of each row of its report.

    Read as it was written, a row after the other: as one tree ten thousand of them take 100 MB. In a file that somebody
    has laid out otherwise the rows stay as they are. Raises OSError, or ValueError where it is none.
    """
    with open_regular(folder / "run.json") as file:
        if os.fstat(file.fileno()).st_size > _LARGEST:
            raise OSError(errno.EFBIG, f"it is larger than {_LARGEST >> 20} MiB")
        rest, rows = _apart(iter(file), of_row)
    tree: dict[str, Json] = orjson.loads(rest)
    if tree.get("schema") != SCHEMA:
        raise ValueError(f"it is no {SCHEMA} file")
    if rows:
        tree["reconciliation"]["rows"] = rows
    return tree


def _apart(lines: Iterator[bytes], of_row: Callable[[Json], Any]) -> tuple[bytearray, list[Any]]:
    """The text of a file without its rows, and what these are."""
    rest, rows, inside = bytearray(), list[Any](), False
    for line in lines:
        rest += line
        inside = inside or line == b'  "reconciliation": {\n'
        if inside and line == b'    "rows": [\n' and not rows:
            row = bytearray()
            for part in lines:
                if part.startswith(b"    ]"):
                    rest += row + part  # what is left of a row that did not end makes the text no JSON
                    break
                row += part
                if part in (b"      },\n", b"      }\n"):
                    rows.append(of_row(orjson.loads(row.rstrip(b",\n"))))
                    row.clear()
    return rest, rows


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Whatever is wrong with a ``run.json`` that is read inside is one InvalidInput."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or str(error)
        problem = Problem(
            code="run_unreadable",
            message=f"run.json cannot be read: {why}",
            fix="look at that file; sigma-migrate status lists the runs that can be read",
            file=str(folder / "run.json"),
        )
        raise InvalidInput([problem]) from None


@cache
def adapter(shape: Any) -> Any:
    """What reads values of a shape."""
    from pydantic import TypeAdapter

    return TypeAdapter(shape)


def run_of(tree: Json) -> Mapping[str, Json]:
    """The run of a file, with all it says and nothing for what every run says. Raises ValueError for another shape."""
    adapter(RunShape).validate_python(tree, strict=True)
    return {"plan": "", "plan_sha256": "", "started_at": "", **tree}
