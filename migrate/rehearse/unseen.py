"""What a run asks of the local copies that the organizations themselves were not asked yet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.change.actions import main_actions, target_id_of
from migrate.inventory.model import Key
from migrate.kinds import KINDS
from migrate.rehearse.mirror_catalog import COLUMNS, LOOKUP, columns_asked, lookups
from migrate.rehearse.overheard import Question, Said, text
from migrate.rewrite.stowed import whole
from migrate.run.planning import Planned
from migrate.run.prepare import Prepared
from migrate.sandbox.census import Census, count
from migrate.sigma.specs import NOWHERE

_ONE = re.compile(
    "|".join(
        (
            LOOKUP.pattern,
            COLUMNS.pattern,
            r"/v2/files/[^/]+",
            r"/v2/teams/[^/]+/members",
            r"/v2/grants",
            *(rf"{re.escape(row.root)}/[^/]+(?:/(?:spec|sources))?" for row in KINDS.values()),
        )
    )
)
"""Questions about one thing, whose answer does not depend on what a run has done."""


def of_one(asked: Said) -> Iterator[Question]:
    """The questions about one thing that may be there."""
    for question, _ in asked:
        single = question.method in ("GET", "POST") and question.whole and _ONE.fullmatch(question.place)
        if single and NOWHERE not in question.place:
            yield question


def unasked(asked: Said, said: Said) -> Iterator[Question]:
    """What was asked of a copy, and never of the organization; and the columns of every table that was found there."""
    yield from (question for question in of_one(asked) if question not in said.answers)
    told = {table for table, _ in columns_asked(said)}
    for _, found in lookups(said):
        table = text(found, "inodeId")
        if table and text(found, "kind") != "scope" and table not in told:
            told.add(table)
            yield Question(method="GET", path=f"/v2/connections/tables/{table}/columns")


def needed(planned: Planned, prepared: Prepared) -> Census:
    """What the documents need that a run may write to a target."""
    census = Census()
    for key, draft in prepared.view.drafts.items():
        if draft.digest in planned.spool:
            count(census, key.kind, whole(draft, planned.spool.get(draft.digest)).body)
    return census


def standing(prepared: Prepared, said: Said) -> Iterator[Key]:
    """The documents of a target that a run may read again, and whose contents nobody read yet."""
    for action in main_actions(prepared.changes.waves):
        there = target_id_of(action)
        if there and action.key not in prepared.passed_by:
            row = KINDS[action.key.kind]
            key = Key(org=prepared.target, kind=action.key.kind, id=there)
            places = (f"{row.root}/{there}/spec", f"{row.root}/{there}")
            if not any(said.at(place) for place in places):
                yield key
