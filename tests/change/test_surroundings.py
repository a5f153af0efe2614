"""Grants and owners written: whatever fault strikes and wherever the process dies, they stand as planned, once."""

from __future__ import annotations

import pytest

from migrate.change.actions import CreateFolder, HandOver, Share
from migrate.change.model import TargetChanges
from migrate.change.revert import prepare_undo, undo
from migrate.change.surroundings.rights import Right
from migrate.change.surroundings.rounds import NewOwner
from migrate.errors import AccessError, ServiceError
from migrate.sandbox import org as box

pytestmark = pytest.mark.anyio

TEAM = "7ea30000-0000-4000-8000-000000000001"
FOLDER = ("Shared", "Fin")
SOMEBODY = "Zq3vT9xWb2LrYp7dHs5nZc8mJf4g"


def right(level, before="", kind="team"):
    return Right(kind=kind, id=TEAM if kind == "team" else SOMEBODY, name="Sales", right=level, before=before)


def shared(*rights, draft, **more):
    return Share(id=f"share:{draft.key.id}{more}", target="group", key=draft.key, rights=rights, **more)


def changes(*waves):
    return TargetChanges(target="group", organization_id="o", waves=tuple(tuple(wave) for wave in waves))


def whole(make):
    """A folder and a workbook in it, both shared, and the workbook given to somebody."""
    draft = make.workbook(1, folder=FOLDER)
    folder = CreateFolder(id="folder:Shared/Fin", target="group", folder=FOLDER)
    made = make.create(draft, folder.id)
    shares = [
        shared(right("organize"), draft=draft, folder=FOLDER, after=(folder.id,)),
        shared(right("explore"), right("edit", kind="member"), draft=draft, after=(made.id,)),
    ]
    owner = NewOwner(id=SOMEBODY, name="zq@group.example", before=make.me)
    given = HandOver(id="own", target="group", key=draft.key, owner=owner, after=(made.id, shares[1].id))
    return changes([folder], [made], shares, [given])


def with_team(target):
    target.org.teams[TEAM] = box.Thing(id=TEAM, name="Sales")
    return target


def granted(target):
    names = {inode.id: inode.name for inode in target.living()}
    rows = [
        (names[g["inodeId"]], "team" if g["teamId"] else "member", g["permission"])
        for g in target.org.grants.values()
        if g["inodeId"] in names
    ]
    return sorted(rows), target.named("Workbook 1").owner_id


STANDS = (
    [("Fin", "team", "organize"), ("Workbook 1", "member", "edit"), ("Workbook 1", "team", "explore")],
    SOMEBODY,
)


@pytest.fixture
def shares(target):
    return with_team(target)


async def nothing_is_open(target, make):
    async with target.process() as (_, book):
        snapshot = book.snapshot(make.home)
    assert snapshot.open == ()
    return snapshot


async def test_what_is_planned_stands_and_the_ledger_knows_it(shares, make):
    (outcome,) = await shares.run(whole(make))
    assert outcome.outcome == "created"
    assert granted(shares) == STANDS
    known = (await nothing_is_open(shares, make)).around
    document = "workbook:workbook-1"
    assert {source_id: copy.name for (_, source_id), copy in known.items()} == {
        document: SOMEBODY,
        f"{document}/member:{SOMEBODY}": "edit",
        f"{document}/team:{TEAM}": "explore",
        f"folder:Shared/Fin/team:{TEAM}": "organize",
    }
    before = len(shares.writes())
    await shares.run(whole(make))
    assert len(shares.writes()) == before


async def test_killed_at_every_step_and_run_again(make_target, make):
    undisturbed = with_team(make_target())
    await undisturbed.run(whole(make))
    steps = len(undisturbed.told)
    tried = 0
    for at in range(1, steps + 1, 3):
        target = with_team(make_target())
        if not await target.die_once(whole(make), at):
            break
        await target.run(whole(make))
        assert granted(target) == STANDS, at
        assert len(target.org.grants) == 3, at
        assert len((await nothing_is_open(target, make)).around) == 4, at
        tried += 1
    assert tried > 5


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "lose_answer"},
        {"action": "reset"},
        {"action": "status", "status": 502, "effect": True},
        {"action": "status", "status": 503, "as_html": True},
        {"action": "truncate"},
    ],
    ids=["answer lost", "reset before", "502 after", "503 before", "cut off"],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "^/v2/grants$"), ("PATCH", "^/v2/files/")])
@pytest.mark.parametrize("skew", [0.0, 86_400.0, -86_400.0], ids=["our clock", "a day ahead", "a day behind"])
async def test_an_answer_that_is_lost_is_settled(shares, make, skew, method, path, fault):
    shares.skew = skew
    shares.fault(method=method, path=path, **fault)
    (outcome,) = await shares.run(whole(make))
    assert shares.struck == [1]
    assert outcome.outcome == "created"
    assert granted(shares) == STANDS
    assert len((await nothing_is_open(shares, make)).around) == 4


async def lowered(target, make, level, **fault):
    """The workbook's team right brought to another level in a second run."""
    await target.run(whole(make))
    if fault:
        target.fault(**fault)
    draft = make.workbook(1, folder=FOLDER)
    changed = changes([make.create(draft)], [shared(right(level, before="explore"), draft=draft)])
    (outcome,) = await target.run(changed, folders={("Shared",): make.shared, FOLDER: target.named("Fin").id})
    return outcome


@pytest.mark.parametrize("fault", [{}, {"action": "lose_answer", "method": "DELETE", "path": "^/v2/grants/"}])
@pytest.mark.parametrize("level", ["view", ""])
async def test_less_is_taken_away_and_given_anew(shares, make, level, fault):
    outcome = await lowered(shares, make, level, **fault)
    assert outcome.outcome == "updated"
    found = [row for row in granted(shares)[0] if row[:2] == ("Workbook 1", "team")]
    assert found == ([("Workbook 1", "team", level)] if level else [])
    known = (await nothing_is_open(shares, make)).around.get(("grant", f"workbook:workbook-1/team:{TEAM}"))
    assert (known.name if known else "") == level


async def test_what_was_changed_meanwhile_stays_and_the_other_rights_are_given(shares, make):
    await shares.run(whole(make))
    draft = make.workbook(1, folder=FOLDER)
    rights = [right("view", before="edit"), right("explore", before="edit", kind="member")]
    (outcome,) = await shares.run(changes([make.create(draft)], [shared(*rights, draft=draft)]), folders={FOLDER: "x"})
    assert (outcome.outcome, outcome.reason_code) == ("failed", "access_changed_meanwhile")
    assert "team Sales has explore there now, edit when planned" in outcome.reason
    assert ("Workbook 1", "team", "explore") in granted(shares)[0]
    assert ("Workbook 1", "member", "explore") in granted(shares)[0]


async def test_a_refused_right_fails_the_row_and_says_why(shares, make):
    shares.fault("status", method="POST", path="^/v2/grants$", status=403, nth=2)
    (outcome,) = await shares.run(whole(make))
    assert (outcome.outcome, outcome.reason_code) == ("failed", "forbidden")
    assert len(shares.org.grants) == 2
    await shares.run(whole(make))
    assert granted(shares) == STANDS


async def taken_back(target, run):
    async with target.process() as (client, book):
        work = target.work(client, book, run="undo-1")
        return await undo(work, await prepare_undo(work, run))


async def test_undo_brings_back_what_stood_killed_or_not(make_target, make):
    async def prepared():
        target = with_team(make_target())
        await lowered(target, make, "view")
        return target

    whole_way = await prepared()
    whole_way.told.clear()
    done = await taken_back(whole_way, "run-2")
    assert [one.result for one in done] == ["access_restored"]
    assert ("Workbook 1", "team", "explore") in granted(whole_way)[0]
    steps = len(whole_way.told)
    for at in range(1, steps + 1, 2):
        target = await prepared()
        target.die_at = at
        try:
            await taken_back(target, "run-2")
        except (BaseException, BaseExceptionGroup) as error:
            if isinstance(error, AccessError | ServiceError):
                raise
        target.die_at = 0
        await taken_back(target, "run-2")
        assert granted(target) == granted(whole_way), at
    first = {one.result for one in await taken_back(whole_way, "run-1")}
    assert first >= {"access_restored", "deleted"}
    assert not whole_way.living("workbook")
