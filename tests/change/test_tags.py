"""Version tags: three ways as a table; written whatever fault strikes, and wherever the process dies, once."""

from __future__ import annotations

import pytest

from migrate.change.actions import CreateFolder, Tag
from migrate.change.model import TargetChanges
from migrate.change.revert import prepare_undo, undo
from migrate.change.surroundings.tags import Tagging, TagSides, tag_changes
from migrate.inventory.model import Item, Key, VersionTag
from migrate.ledger.model import Copy, Home
from migrate.sandbox import org as box

pytestmark = pytest.mark.anyio

PROD, REVIEW = "7a600000-0000-4000-8000-000000000001", "7a600000-0000-4000-8000-000000000002"
HOME = Home(plan="p", source_org="s", target_org="t")


def ours(version, source_version):
    """What the ledger knows of the tag: on this version of the copy, put there for that of the source."""
    empty = {"digest_sent": "", "digest_read": ""}
    return Copy(
        home=HOME,
        kind="tag",
        source_id=f"workbook:w/{PROD}",
        target_id=PROD,
        name=str(version),
        folder_id="copy",
        version_read=source_version,
        **empty,
    )


NOTHING = ([], [], [])


@pytest.mark.parametrize(
    ("tagged", "newest_here", "stands", "newest_there", "last", "options", "wanted"),
    [
        pytest.param(7, 7, 0, 4, None, {}, (["put from 0"], [], []), id="new"),
        pytest.param(7, 7, 0, 0, None, {}, (["put from 0"], [], []), id="its copy is still to be made"),
        pytest.param(7, 7, 4, 4, (4, 7), {}, (["stands at 4"], [], []), id="as we left it"),
        pytest.param(7, 7, 3, 4, (3, 6), {}, (["put from 3"], [], []), id="the source moved on with it"),
        pytest.param(7, 7, 4, 4, (4, 6), {}, (["put from 4"], [], []), id="only the version of the source moved"),
        pytest.param(7, 7, 4, 4, None, {}, (["stands at 4"], [], []), id="people put it where it should be"),
        pytest.param(7, 7, 2, 4, None, {}, ([], ["tag_theirs"], []), id="people put it elsewhere"),
        pytest.param(7, 7, 2, 4, None, {"drift": "overwrite"}, (["put from 2"], [], []), id="and the plan overwrites"),
        pytest.param(6, 7, 3, 4, (3, 6), {}, NOTHING, id="carried while it was the newest"),
        pytest.param(5, 7, 0, 4, None, {}, ([], ["tag_older"], []), id="on an older version"),
        pytest.param(5, 7, 3, 4, (3, 6), {}, ([], ["tag_older"], []), id="moved back in the source"),
        pytest.param(7, 7, 0, 4, (4, 7), {}, ([], [], ["taken off"]), id="people took it off"),
        pytest.param(7, 7, 1, 4, (4, 7), {}, ([], [], ["moved to version 1"]), id="people moved it"),
        pytest.param(7, 7, 1, 4, (4, 7), {"drift": "overwrite"}, (["put from 1"], [], ["moved"]), id="overwritten"),
        pytest.param(0, 7, 4, 4, (4, 6), {}, ([], ["tag_taken_off"], []), id="not shown any more"),
        pytest.param(0, 7, 4, 4, (4, 6), {"follow": True}, (["off from 4"], [], []), id="and the plan follows"),
        pytest.param(
            *(0, 7, 4, 4, (4, 6), {"follow": True, "removable": False}, ([], ["tag_taken_off"], [])), id="no call"
        ),
        pytest.param(0, 7, 2, 4, (4, 6), {"follow": True}, NOTHING, id="people moved what is gone"),
    ],
)
async def test_three_ways(tagged, newest_here, stands, newest_there, last, options, wanted):
    key = Key(org="au", kind="workbook", id="w")
    tags = (VersionTag(id="here", name="Prod", version=tagged),) if tagged else ()
    item = Item(key=key, name="W", folder_id="f", path=(), version=newest_here, tagged=tags)
    found = tag_changes(
        TagSides(
            item=item,
            there={"Prod": PROD},
            on_copy={PROD: stands} if stands else {},
            newest=newest_there,
            last={PROD: ours(*last)} if last else {},
            **options,
        )
    )
    told = [f"{'stands at' if t.stands else 'off from' if t.off else 'put from'} {t.before}" for t in found.tags]
    assert told == wanted[0]
    assert [one.code for one in found.left] == wanted[1]
    assert len(found.drifted) == len(wanted[2])
    assert all(word in text for word, text in zip(wanted[2], found.drifted, strict=True))
    assert all(one.next_action for one in found.left)


async def test_a_tag_that_the_target_does_not_have_is_told():
    key = Key(org="au", kind="workbook", id="w")
    tagged = (VersionTag(id="here", name="Prod", version=1),)
    item = Item(key=key, name="W", folder_id="f", path=(), version=1, tagged=tagged)
    found = tag_changes(TagSides(item=item, there={"Review": REVIEW}))
    assert (found.tags, [one.code for one in found.left]) == ((), ["tag_missing"])


def tag(name="Prod", one=PROD, **facts):
    return Tagging(id=one, name=name, **{"version": 1, **facts})


def whole(make, *tags):
    """A workbook, and tags on it."""
    draft = make.workbook(1, folder=("Shared", "Fin"))
    folder = CreateFolder(id="folder:Shared/Fin", target="group", folder=("Shared", "Fin"))
    made = make.create(draft, folder.id)
    tagging = Tag(
        id="tag", target="group", key=draft.key, tags=tags or (tag(), tag("Review", REVIEW)), after=(made.id,)
    )
    return TargetChanges(target="group", organization_id="o", waves=((folder,), (made,), (tagging,)))


@pytest.fixture
def tagged(make_target):
    """Makes targets that have both tags."""

    def made():
        target = make_target()
        for one, name in ((PROD, "Prod"), (REVIEW, "Review")):
            target.org.tags[one] = box.Thing(id=one, name=name)
        return target

    return made


def workbook(target):
    (found,) = [inode for inode in target.living("workbook") if "tagged_from" not in inode.facts]
    return found


def on(target):
    return {one["name"]: one["sourceWorkbookVersion"] for one in workbook(target).facts.get("tags", ())}


def hidden(target):
    """How many tagged versions stand beside the documents: one for every time that a tag was put."""
    return sum("tagged_from" in inode.facts for inode in target.org.inodes.values())


async def known(target, make):
    async with target.process() as (_, book):
        snapshot = book.snapshot(make.home)
    assert snapshot.open == ()
    return {copy.target_id: (copy.name, copy.version_read) for copy in snapshot.around.values()}


async def test_tags_stand_on_what_was_written_and_are_put_once(tagged, make):
    target = tagged()
    (outcome,) = await target.run(whole(make))
    assert outcome.outcome == "created"
    assert on(target) == {"Prod": 1, "Review": 1}
    assert await known(target, make) == {PROD: ("1", 1), REVIEW: ("1", 1)}
    before = len(target.writes())
    await target.run(whole(make, tag(version=3), tag("Review", REVIEW)))
    assert len(target.writes()) == before
    assert (await known(target, make))[PROD] == ("1", 3)


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "lose_answer"},
        {"action": "reset"},
        {"action": "status", "status": 502, "effect": True},
        {"action": "status", "status": 503, "as_html": True},
    ],
    ids=["answer lost", "reset before", "502 after", "503 before"],
)
@pytest.mark.parametrize("skew", [0.0, 86_400.0, -86_400.0], ids=["our clock", "a day ahead", "a day behind"])
async def test_an_answer_that_is_lost_is_settled(tagged, make, skew, fault):
    target = tagged()
    target.skew = skew
    target.fault(method="POST", path="^/v2/workbooks/tag$", **fault)
    (outcome,) = await target.run(whole(make))
    assert target.struck == [1]
    assert outcome.outcome == "created"
    assert on(target) == {"Prod": 1, "Review": 1}
    assert hidden(target) == 2
    assert len(await known(target, make)) == 2


async def test_killed_at_every_step_and_run_again(tagged, make):
    undisturbed = tagged()
    await undisturbed.run(whole(make))
    steps = len(undisturbed.told)
    tried = 0
    for at in range(steps - 13, steps + 1, 3):
        target = tagged()
        if not await target.die_once(whole(make), at):
            break
        await target.run(whole(make))
        assert (on(target), hidden(target)) == ({"Prod": 1, "Review": 1}, 2), at
        assert len(await known(target, make)) == 2, at
        tried += 1
    assert tried > 3


async def test_a_tag_that_people_moved_meanwhile_stays_and_the_row_says_so(tagged, make):
    target = tagged()
    await target.run(whole(make))
    workbook(target).facts["tags"][0]["sourceWorkbookVersion"] = 9
    (outcome,) = await target.run(whole(make, tag(before=1)))
    assert (outcome.outcome, outcome.reason_code) == ("failed", "access_changed_meanwhile")
    assert "the tag Prod is on version 9 now, on version 1 when planned" in outcome.reason
    assert on(target)["Prod"] == 9


async def test_a_tag_is_taken_off_and_undo_puts_it_back(tagged, make):
    target = tagged()
    await target.run(whole(make))
    await target.run(whole(make, tag(before=1, off=True)))
    assert on(target) == {"Review": 1}
    assert await known(target, make) == {REVIEW: ("1", 1)}
    async with target.process() as (client, book):
        work = target.work(client, book, run="undo-1")
        done = await undo(work, await prepare_undo(work, "run-2"))
    assert [one.result for one in done] == ["access_restored"]
    assert on(target) == {"Review": 1, "Prod": 1}
    assert await known(target, make) == {PROD: ("1", 1), REVIEW: ("1", 1)}
