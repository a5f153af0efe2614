"""What a plan says is what applying it does, document by document, in random worlds with random plans.

Where they differ, the plan has named the document and the reason in advance as what only the write can show.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field

import pytest
from random_worlds import DOCUMENTS, RandomWorld, people_work, random_world
from staging import Stage

from migrate.change.actions import (
    Archive,
    Block,
    Create,
    CreateFolder,
    HandOver,
    Move,
    Patch,
    Repoint,
    Share,
    Skip,
    Update,
    main_actions,
    outcome_of,
    target_id_of,
)
from migrate.errors import MigrateError, Refused
from migrate.run.planning import Planned
from migrate.run.result import Result
from migrate.sandbox.org import Org
from migrate.sandbox.service import Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.fuzz]

FULL = "SANDBOX_FUZZ_EXAMPLES" in os.environ
SEEDS = range(int(os.environ["SANDBOX_FUZZ_EXAMPLES"]) // 4) if FULL else (2, 16, 29, 37, 98)
"""A world each: in CI one of every kind, with all that may be in the way."""
ROUNDS = 3 if FULL else 2

FIGURES: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def figures():
    yield
    print("\nplan = apply: " + ", ".join(f"{count} {name}" for name, count in sorted(FIGURES.items())))


@dataclass
class Standing:
    """An organization's files as they stand: name, folder, description, versions, owner, whether in the bin."""

    files: dict[str, tuple[object, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, org: Org) -> Standing:
        return cls(
            {
                i.id: (i.name, i.parent_id, i.description or "", len(i.versions), i.owner_id, i.archived)
                for i in org.inodes.values()
            }
        )

    def changed(self, now: Standing) -> set[str]:
        return {one for one, file in self.files.items() if now.files[one] != file}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(600)
async def test_what_a_plan_says_is_what_apply_does(seed, tmp_path):
    made = random_world(seed)
    stage = Stage(sandbox=Sandbox(made.world), folder=tmp_path)
    FIGURES["worlds"] += 1
    for number in range(ROUNDS):
        await one_night(made, stage, f"seed {seed}, round {number}, {made.done}")
        people_work(made)


async def one_night(made: RandomWorld, stage: Stage, where: str) -> None:
    """Plans and applies, and compares."""
    before = Standing.of(made.there)
    stage.sandbox.evidence.clear()
    async with stage.migration(stage.plan(made.source, made.target, **made.blocks)) as migration:
        try:
            planned = await migration.plan()
        except Refused as refused:
            await refused_as_well(made, stage, refused)
            return
        assert written(stage) == [], where
        result = await migration.apply(planned)
    FIGURES["runs"] += 1
    assert result.reconciliation.consistent, where
    landed = rows_as_planned(planned, result, where)
    files_as_planned(planned, landed, before, made.there, where)


async def refused_as_well(made: RandomWorld, stage: Stage, refused: Refused) -> None:
    """Applying a plan that was refused is refused in the same words, and nothing was written."""
    FIGURES["plans refused as a whole"] += 1
    with pytest.raises(MigrateError) as again:
        await stage.run(stage.plan(made.source, made.target, **made.blocks))
    assert (again.value.code, again.value.message) == (refused.code, refused.message)
    assert written(stage) == []


def written(stage: Stage) -> list[str]:
    return [f"{one.method} {one.path}" for one in stage.sandbox.evidence.writes() if "/auth/" not in one.path]


def rows_as_planned(planned: Planned, result: Result, where: str) -> set[str]:
    """Compares every row; gives the ids of the source documents that ended as planned."""
    (target,) = planned.changes.targets
    around = {a.key for wave in target.waves for a in wave if isinstance(a, Share | HandOver) and not folder_of(a)}
    foretold = {(key, doubt.code) for doubt in planned.changes.doubts for key in doubt.keys}
    rows = {row.source_id: row for row in result.reconciliation.rows}
    as_planned, told = set(), set()
    for action in main_actions(target.waves):
        row, said = rows[action.key.id], outcome_of(action)
        FIGURES["documents"] += 1
        if said == "unchanged" and action.key in around:
            said = "updated"  # the change set shows what is done round it in lines of its own
        if row.outcome == said:
            if isinstance(action, Block | Skip):
                assert row.reason_code == action.reason_code, (where, action.key)
            assert row.verdict != "mismatch", (where, row.source_name, row.reason)
            as_planned.add(action.key.id)
            FIGURES[said] += 1
        elif row.outcome == "failed" and (action.key, row.reason_code) in foretold:
            told.add(action.key.id)
            FIGURES["foretold as what only the write can show"] += 1
        else:
            assert (row.outcome, row.reason_code) == ("blocked", "blocked_by"), (where, said, row.outcome, row.reason)
    for row in rows.values():
        if row.source_id not in as_planned | told:
            assert row.blocked_by in told, (where, row.source_name, row.reason)
            FIGURES["behind one of those"] += 1
    return as_planned


def folder_of(action: Share | HandOver) -> tuple[str, ...]:
    return action.folder if isinstance(action, Share) else ()


def files_as_planned(planned: Planned, landed: set[str], before: Standing, org: Org, where: str) -> None:
    """Nothing stands otherwise than before but what was planned, and that stands as it was planned."""
    (target,) = planned.changes.targets
    actions = [action for wave in target.waves for action in wave]
    now = Standing.of(org)
    fresh = [org.inodes[one] for one in now.files.keys() - before.files.keys()]
    creates = {(a.key.kind, a.draft.name) for a in actions if isinstance(a, Create) and a.key.id in landed}
    made = Counter((one.type, one.name) for one in fresh if one.type in DOCUMENTS)
    assert made == Counter(
        (a.key.kind, a.draft.name) for a in actions if isinstance(a, Create) and a.key.id in landed
    ), (
        where,
        creates,
    )
    folders = {a.folder for a in actions if isinstance(a, CreateFolder)}
    assert {path_of(org, one.id) for one in fresh if one.type not in DOCUMENTS} <= folders, where
    writing = Update | Move | Archive
    touched = {target_id_of(a) for a in actions if isinstance(a, writing)}
    of_documents = {a.key: target_id_of(a) for a in main_actions(target.waves)}
    touched |= {of_documents[a.key] for a in actions if isinstance(a, Patch | Repoint | HandOver)}
    assert before.changed(now) <= touched, (where, before.changed(now) - touched)
    for action in actions:
        if isinstance(action, Update | Move) and action.key.id in landed:
            stands = org.inodes[action.target_id]
            assert stands.name == action.draft.name, where
            versions = len(stands.versions) - before.files[stands.id][3]
            assert versions == 0 if isinstance(action, Move) else versions >= 0, where


def path_of(org: Org, inode_id: str) -> tuple[str, ...]:
    inode = org.inodes[inode_id]
    return (*(path_of(org, inode.parent_id) if inode.parent_id else ()), inode.name)
