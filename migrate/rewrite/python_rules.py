"""Rules written in Python: a function of a document, called before anything else is done to it.

What it gives stands in the place of the source's document and is rewritten like any other: references in what it added
are mapped too. It works on a copy of its own, and what it changed is found by comparison, so that every change is told.
Whatever goes wrong in it is one document's refusal.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TypeAlias

import orjson

from migrate.bundle.spec import Spec
from migrate.errors import Problem
from migrate.plan.match import selects
from migrate.plan.selection import Selector
from migrate.rewrite.model import Change, brief
from migrate.text import one_line
from migrate.tree import Json, Path
from migrate.words import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDocument:
    """A document as a rule gets it and gives it back: ``body`` as Sigma shows it, a copy that may be changed.

    ``kind`` and ``id`` are the source's and stay what they are.
    """

    kind: Kind
    id: str
    name: str
    description: str | None
    body: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleContext:
    """Where a document comes from and goes: aliases of the plan, and the folders above it in the source, by name."""

    source: str
    target: str
    folder: tuple[str, ...]


Function: TypeAlias = Callable[[RuleDocument, RuleContext], RuleDocument]
"""What a rule is: the same for the same document, however often it is asked; it reads and writes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """A rule written in Python, and the documents it is for (None: all)."""

    name: str
    function: Function
    where: Selector | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformed:
    """A document as the rules left it, what each changed, and why it cannot be sent where one of them gave up."""

    spec: Spec
    changes: tuple[Change, ...] = ()
    refusals: tuple[Problem, ...] = ()


class _NotADocument(Exception):
    """A rule gave something else than the document it got."""


def transformed(spec: Spec, context: RuleContext, transforms: Iterable[Transform]) -> Transformed:
    """The document after each rule that is for it, in their order. ``where`` looks at it as it is in the source."""
    now, changes = spec, list[Change]()
    for each in transforms:
        if each.where is not None and not selects(each.where, spec.key.kind, spec.name, spec.key.id, context.folder):
            continue
        try:
            after = _asked(each.function, now, context)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's code does, the others go on
            return Transformed(spec=spec, refusals=(_given_up(each.name, spec, error),))
        for path, old, new in (
            *_envelope(now, after),
            *_different(now.body, after.body),
        ):
            changes.append(Change(code=f"rule:{each.name}", path=path, before=old, after=new))
        now = after
    return Transformed(spec=now, changes=tuple(changes))


def _asked(function: Function, spec: Spec, context: RuleContext) -> Spec:
    given = RuleDocument(
        kind=spec.key.kind,
        id=spec.key.id,
        name=spec.name,
        description=spec.description,
        body=orjson.loads(orjson.dumps(spec.body)),
    )
    made = function(given, context)
    if not isinstance(made, RuleDocument) or (made.kind, made.id) != (given.kind, given.id):
        raise _NotADocument("it gave something else than the document")
    if not (isinstance(made.name, str) and made.name and isinstance(made.description, str | None)):
        raise _NotADocument("it gave no name, or a description that is no text")
    body = orjson.loads(orjson.dumps(made.body))
    if not isinstance(body, dict):
        raise _NotADocument("it gave a body that is no JSON object")
    return replace(spec, name=made.name, description=made.description, body=body)


def _given_up(rule: str, spec: Spec, error: BaseException) -> Problem:
    """Where a rule gave up, and what it said."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__} in {PurePath(place.filename).name}, line {place.lineno}: {error}"
    said = f": {one_line(error)}" if isinstance(error, _NotADocument) else f": {one_line(what)}"
    return Problem(
        code="rule_failed",
        message=f"rule {rule!r}, which is written in Python, gave up on it{said}",
        fix="mend the rule, or leave the document out of its where",
        path="$",
        value=spec.name[:200],
    )


def _envelope(before: Spec, after: Spec) -> Iterator[tuple[Path, str, str]]:
    for name, old, new in (
        ("name", before.name, after.name),
        ("description", before.description or "", after.description or ""),
    ):
        if old != new:
            yield (name,), brief(old), brief(new)


def _different(before: Json, after: Json, path: Path = ()) -> Iterator[tuple[Path, str, str]]:
    """(path, before, after) of what differs; lists of another length are one difference."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before | after:
            if key not in after:
                yield (*path, key), brief(before[key]), ""
            elif key not in before:
                yield (*path, key), "", brief(after[key])
            else:
                yield from _different(before[key], after[key], (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _different(old, new, (*path, index))
    elif before != after or type(before) is not type(after):
        yield path, brief(before), brief(after)
