"""Scheduled exports: what can be made of them, and made so that nobody is mailed, once, whatever strikes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.change.actions import CreateFolder, Schedule
from migrate.change.model import TargetChanges
from migrate.change.revert import prepare_undo, undo
from migrate.change.surroundings.schedule_writes import stands_now
from migrate.change.surroundings.schedules import ScheduleSides, Timetable, as_read, schedule_changes
from migrate.events import Answered, Recorded, Sending
from migrate.ledger.model import Copy, Home
from migrate.plan.policies import Recipients
from migrate.tree import digest

pytestmark = pytest.mark.anyio

HOME = Home(plan="p", source_org="s", target_org="t")
TO = (Recipients(schedule="Orders*", to=("board@acme.com", "board@acme.com")),)
PDF = {"formatOptions": {"type": "PDF"}, "workbookExportSource": {"type": "all"}}


def row(one="s1", title="Orders", *, paused=True, cron="0 7 * * 1", **config):
    settings = {"title": title, "messageBody": "", "notificationAttachments": [PDF], **config}
    return {
        "scheduledNotificationId": one,
        "schedule": {"cronSpec": cron, "timezone": "UTC"},
        "configV2": settings,
        "isSuspended": paused,
    }


def known(name, there, one="s1"):
    return Copy(
        home=HOME,
        kind="schedule",
        source_id=f"workbook:w/{one}",
        target_id="t1",
        name=name,
        folder_id="copy",
        digest_sent="",
        digest_read="" if name == "made" else as_read(there),
        version_read=0,
    )


FORM = {
    "schedule": {"cronSpec": "0 7 * * 1", "timezone": "UTC"},
    "configV2": {
        "title": "Orders",
        "messageBody": "",
        "exportAttachments": [{"formatOptions": {"type": "PDF"}, "workbookExportSource": {"type": "all"}}],
    },
    "target": [{"email": "board@acme.com"}],
}


def found(here, there=(), last=(), **more):
    sides = ScheduleSides(
        here=here, there=there, last={one.source_id.rpartition("/")[2]: one for one in last}, recipients=TO, **more
    )
    result = schedule_changes(sides)
    return (
        [(one.there, one.stands) for one in result.timetables],
        [one.code for one in result.left],
        len(result.drifted),
    )


def test_what_is_sent_is_what_is_read_with_the_recipients_of_the_plan():
    (one,) = schedule_changes(ScheduleSides(here=[row()], recipients=TO)).timetables
    assert (one.id, one.title, one.form, one.there) == ("s1", "Orders", FORM, "")


@pytest.mark.parametrize(
    ("attachment", "written"),
    [
        ({**PDF, "formatOptions": {"type": "EXCEL"}}, {"type": "XLSX"}),
        (
            {**PDF, "workbookExportSource": {"type": "element", "nodeIds": ["e"]}},
            {"type": "element", "elementIds": ["e"]},
        ),
        ({**PDF, "workbookExportSource": {"type": "page", "nodeIds": ["p"]}}, {"type": "page", "pageIds": ["p"]}),
        ({**PDF, "workbookExportSource": {"type": "report"}}, None),
    ],
)
def test_attachments_are_written_in_other_words_than_they_are_read(attachment, written):
    (one,) = schedule_changes(ScheduleSides(here=[row(notificationAttachments=[attachment])], recipients=TO)).timetables
    (sent,) = one.form["configV2"]["exportAttachments"]
    assert written in (sent["formatOptions"], sent.get("workbookExportSource"))


@pytest.mark.parametrize(
    ("here", "why"),
    [
        (row(title="Nobody's"), "name the recipients in carry.recipients"),
        (row(conditionOptions={"type": "workbook", "conditions": []}), "conditionOptions"),
        (row(notificationAttachments=[{"chartId": "c"}]), "shows no format"),
        (row(notificationAttachments=[{**PDF, "workbookExportSource": {"type": "tile"}}]), "'tile'"),
        (row(notificationAttachments=[{**PDF, "formatOptions": {"type": "PNG", "pixelWidth": 9}}]), "pixelWidth"),
        ({**row(), "schedule": None}, "its times or settings are not shown"),
        (row(notificationAttachments=7), "its attachments are no list"),
    ],
)
def test_what_cannot_be_written_as_it_is_read_is_told(here, why):
    result = schedule_changes(ScheduleSides(here=[here], recipients=TO))
    assert result.timetables == ()
    assert why in result.left[0].message
    assert result.left[0].next_action


CHANGED = row("t1", cron="0 8 * * 1")


@pytest.mark.parametrize(
    ("here", "there", "name", "drift", "wanted"),
    [
        pytest.param([row()], [row("t1")], digest(FORM), "fail", ([("t1", True)], [], 0), id="as we left it"),
        pytest.param([row()], [row("t1")], "made", "fail", ([("t1", False)], [], 0), id="only made"),
        pytest.param([row()], [row("t1", paused=False)], "made", "fail", ([("t1", False)], [], 0), id="not paused"),
        pytest.param([row()], [row("t1")], "other", "fail", ([("t1", False)], [], 0), id="changed in the source"),
        pytest.param([row()], [row("t1", paused=False)], digest(FORM), "fail", ([], [], 0), id="resumed"),
        pytest.param(
            *([row()], [row("t1", paused=False)], "other", "fail", ([], ["schedule_resumed"], 0)), id="resumed, changed"
        ),
        pytest.param([row()], [], digest(FORM), "fail", ([], [], 1), id="taken away"),
        pytest.param([row()], [], digest(FORM), "overwrite", ([("", False)], [], 1), id="taken away, overwritten"),
        pytest.param([row()], [CHANGED], digest(FORM), "fail", ([], [], 1), id="edited"),
        pytest.param([row()], [CHANGED], digest(FORM), "overwrite", ([("t1", False)], [], 1), id="edited, overwritten"),
        pytest.param([], [row("t1")], digest(FORM), "fail", ([], ["schedule_orphaned"], 0), id="not shown any more"),
    ],
)
def test_three_ways(here, there, name, drift, wanted):
    assert found(here, there, [known(name, row("t1"))], drift=drift) == wanted


ONE = Timetable(id="s1", title="Orders", form=FORM)


def whole(make, *timetables):
    draft = make.workbook(1, folder=("Shared", "Fin"))
    folder = CreateFolder(id="folder:Shared/Fin", target="group", folder=("Shared", "Fin"))
    made = make.create(draft, folder.id)
    action = Schedule(
        id="schedule",
        target="group",
        key=draft.key,
        timetables=timetables or (ONE,),
        address="us@group.example",
        after=(made.id,),
    )
    return TargetChanges(target="group", organization_id="o", waves=((folder,), (made,), (action,)))


def schedules(target):
    return target.named("Workbook 1").facts.get("schedules", [])


def as_planned(target):
    """Whether the one schedule stands as planned; it never ran with the recipients of the plan."""
    (one,) = schedules(target)
    assert one["isSuspended"] is True
    assert one["target"] == FORM["target"]
    assert one["schedule"] == FORM["schedule"]
    return one


async def open_and_known(target, make):
    async with target.process() as (_, book):
        snapshot = book.snapshot(make.home)
    return snapshot.open, [copy.name for copy in snapshot.around.values()]


async def test_nobody_is_named_before_it_is_paused(make_target, make):
    target = make_target()
    (outcome,) = await target.run(whole(make))
    assert outcome.outcome == "created"
    as_planned(target)
    sent = [one for one in target.sandbox.evidence.entries if "schedules" in one.path]
    assert [one.method for one in sent] == ["GET", "POST", "PATCH", "GET", "PATCH", "GET"]
    assert await open_and_known(target, make) == ((), [digest(FORM)])
    before = len(target.writes())
    await target.run(whole(make))
    assert len(target.writes()) == before


async def test_one_that_does_not_pause_gets_no_recipients(make_target, make):
    target = make_target()
    target.fault(method="PATCH", path="/schedules/", action="status", status=200, nth=1)
    (outcome,) = await target.run(whole(make))
    assert outcome.reason_code == "schedule_not_paused"
    (one,) = schedules(target)
    assert one["target"] == [{"email": "us@group.example"}]
    (again,) = await target.run(whole(make))
    assert again.outcome in ("unchanged", "updated")
    as_planned(target)


@pytest.mark.parametrize(("method", "nth"), [("POST", 1), ("PATCH", 1), ("PATCH", 2)])
@pytest.mark.parametrize("fault", [{"action": "lose_answer"}, {"action": "reset"}], ids=["answer lost", "reset before"])
@pytest.mark.parametrize("skew", [0.0, 86_400.0, -86_400.0], ids=["our clock", "a day ahead", "a day behind"])
async def test_an_answer_that_is_lost_is_settled(make_target, make, skew, method, nth, fault):
    target = make_target()
    target.skew = skew
    target.fault(method=method, path="/schedules", nth=nth, **fault)
    (outcome,) = await target.run(whole(make))
    assert target.struck == [1]
    assert outcome.outcome == "created"
    as_planned(target)
    assert await open_and_known(target, make) == ((), [digest(FORM)])


def at_steps(target):
    """At how many requests, answers and commits of a run each step of its schedules ends, by what it was.

    Dying as a request is about to leave is dying after what came before it.
    """
    told = [one for one in target.told if isinstance(one, Recorded | Sending | Answered)]
    return {
        at: one
        for at, one in enumerate(told, 1)
        if (isinstance(one, Recorded) and one.document.endswith("/s1"))
        or (isinstance(one, Answered) and "/schedules" in one.path)
    }


async def test_killed_at_every_step_and_run_again(make_target, make):
    undisturbed = make_target()
    await undisturbed.run(whole(make))
    steps = at_steps(undisturbed)
    assert [one.what for one in steps.values() if isinstance(one, Recorded)] == [
        *("intended", "sent", "done"),
        *("intended", "done"),
    ]
    for at, step in steps.items():
        target = make_target()
        assert await target.die_once(whole(make), at), step
        assert [one["target"] for one in schedules(target) if not one["isSuspended"]] in (
            [],
            [[{"email": "us@group.example"}]],
        )
        await target.run(whole(make))
        assert len(schedules(target)) == 1, step
        as_planned(target)
        assert (await open_and_known(target, make))[0] == (), step


HIDDEN = {"method": "GET", "path": "/schedules$", "action": "mutate", "at": "entries", "into": "list", "nth": 1}
"""A listing that does not show what was made a moment ago."""


async def test_one_that_is_not_listed_yet_is_waited_for_and_not_made_again(make_target, make):
    undisturbed = make_target()
    await undisturbed.run(whole(make))
    told = at_steps(undisturbed)
    done = next(at for at, one in told.items() if isinstance(one, Recorded) and one.what == "done")
    target = make_target()
    assert await target.die_once(whole(make), done)
    assert await open_and_known(target, make) == ((), ["made"])
    target.fault(**HIDDEN)
    await target.run(whole(make))
    assert target.struck == [1]
    as_planned(target)


async def test_one_that_is_not_listed_yet_is_waited_for_before_it_is_called_not_paused(make_target, make):
    target = make_target()
    target.fault(**HIDDEN | {"nth": 2})
    (outcome,) = await target.run(whole(make))
    assert target.struck == [1]
    assert outcome.outcome == "created"
    as_planned(target)


ODD = ("isSuspended", "schedule/cronSpec", "configV2/title", "configV2/notificationAttachments", "configV2")


@pytest.mark.parametrize("at", ODD)
async def test_one_odd_answer_after_it_was_filled_is_not_what_is_remembered(make_target, make, at):
    target = make_target()
    target.fault(method="GET", path="/schedules$", action="mutate", at=f"entries/0/{at}", into="number", nth=3)
    await target.run(whole(make))
    assert target.struck == [1]
    assert await open_and_known(target, make) == ((), [digest(FORM)])
    async with target.process() as (_, book):
        (known,) = book.snapshot(make.home).around.values()
    assert stands_now(schedules(target)[0], known) == digest(FORM)


async def test_where_several_may_be_what_was_made_none_is_made_besides(make_target, make):
    target = make_target()
    await target.run(whole(make))
    answered = next(at for at, one in at_steps(target).items() if isinstance(one, Answered) and one.method == "POST")
    target = make_target()
    assert await target.die_once(whole(make), answered)
    (made,) = schedules(target)
    schedules(target).append({**made, "scheduledNotificationId": "another"})
    (outcome,) = await target.run(whole(make))
    assert outcome.reason_code == "ambiguous_outcome"
    assert len(schedules(target)) == 2


async def test_undo_takes_it_away_but_not_one_that_people_resumed(make_target, make):
    target = make_target()
    plan = whole(make)
    await target.run(replace(plan, waves=plan.waves[:2]), run="run-0")
    await target.run(plan, run="run-1")
    changed = {**FORM, "target": [{"email": "other@acme.com"}]}
    await target.run(whole(make, Timetable(id="s1", title="Orders", form=changed, there="x")), run="run-2")
    assert schedules(target)[0]["target"] == changed["target"]

    async def back(run):
        async with target.process() as (client, book):
            work = target.work(client, book, run=f"undo-{run}")
            return [one.result for one in await undo(work, await prepare_undo(work, run))]

    assert await back("run-2") == ["access_restored"]
    assert as_planned(target)
    schedules(target)[0]["isSuspended"] = False
    assert await back("run-1") == ["kept"]
    assert len(schedules(target)) == 1
    schedules(target)[0]["isSuspended"] = True
    assert await back("run-1") == ["access_restored"]
    assert schedules(target) == []
