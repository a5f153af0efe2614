"""Replacing in place: guarded by the version, never over somebody's edit, never dropping what people added."""

from dataclasses import replace

import pytest

from migrate.plan.policies import Policy
from migrate.sandbox import person
from migrate.sandbox.app import OrgApp
from migrate.sandbox.specs.remap import remapped

pytestmark = pytest.mark.anyio


class Reassigning(OrgApp):
    """An organization that gives the elements of a data model new ids whenever it is replaced (sigma-specs 6.3)."""

    async def __call__(self, scope, receive, send):
        await super().__call__(scope, receive, send)
        if scope["method"] == "PUT" and "dataModels" in scope["path"]:
            inode = self.org.inodes[scope["path"].split("/")[3]]
            last = inode.versions[-1]
            last.body = remapped(self.org, last.body, salt=f"{inode.id}{last.number}")


@pytest.fixture(params=["workbook", "data-model"])
def draft(request, make):
    return make.workbook(1) if request.param == "workbook" else make.model(1, elements=("Rows", "More"))


def changed(draft, word="Changed"):
    """The draft as it would come from a source edited since."""
    page = {**draft.body["pages"][0], "name": word}
    return replace(draft, body={**draft.body, "pages": [page]})


async def landed(target, make, draft):
    await target.run(make.waves([make.create(draft)]))
    return target.named(draft.name)


def edit(target, inode, name="By a person"):
    person.act(target.org, "edit", inode.id, now=target.time(), name=name)


def add_element(target, inode, **element):
    """A person adds an element, on the page where elements stand in this kind."""
    body = inode.versions[-1].body
    shown = {"id": "theirs", "kind": "text", "body": "mine", **element}
    if inode.type == "workbook":
        body = {**body, "elements": [*body["elements"], shown]}
    else:
        first = body["pages"][0]
        body = {**body, "pages": [{**first, "elements": [*first["elements"], {**first["elements"][0], **shown}]}]}
    from migrate.sandbox.birth import publish

    publish(inode, body, at="2027-01-01T00:00:00.000Z", by=inode.owner_id)


async def test_an_update_replaces_in_place(target, make, draft):
    inode = await landed(target, make, draft)
    before = inode.versions[-1].body
    (outcome,) = await target.run(make.waves([make.update(changed(draft), inode)]))
    assert (outcome.outcome, outcome.target_id) == ("updated", inode.id)
    assert len(inode.versions) == 2
    after = inode.versions[-1].body
    assert after["pages"][0]["name"] == "Changed"
    assert ids_in(after) == ids_in(before), "every id that others point to is kept"
    async with target.process() as (_, book):
        copy = book.snapshot(make.home).copies[draft.key.kind, draft.key.id]
        recorded = [entry.verb for run in ("run-1", "run-2") for entry in book.entries(run)]
    assert copy.version_read == 2
    assert recorded == ["create", "update"]
    (again,) = await target.run(make.waves([make.update(changed(draft), inode, version=2)]))
    assert again.outcome == "updated"
    assert len(inode.versions) == 2, "what stands already is not written again"


async def test_what_reads_a_model_follows_when_its_ids_change(make_target, make):
    target = make_target(model_ids="remap")
    target.app = Reassigning
    model, second, report = make.model(1), make.model(2, reads=1, elements=()), make.workbook(1, reads=2)
    first = make.waves(
        [make.create(model)], [make.create(second, "create:data-model-1")], [make.create(report, "create:data-model-2")]
    )
    await target.run(first)
    inode = target.named("Model 1")
    still = [make.keep(second, target.named("Model 2")), make.keep(report, target.named("Workbook 1"))]
    after = [make.repoint(second, "update:data-model-1")], [make.repoint(report, "repoint:data-model-2")]
    old = ids_in(inode.versions[-1].body)[0][0]
    outcomes = await target.run(make.waves([make.update(changed(model), inode), *still], *after))
    new = ids_in(inode.versions[-1].body)[0][0]
    assert old != new
    assert [o.outcome for o in outcomes] == ["updated"] * 3
    assert new in str(target.named("Model 2").versions[-1].body)
    reader = ids_in(target.named("Model 2").versions[-1].body)[0][0]
    assert reader in str(target.named("Workbook 1").versions[-1].body)
    assert [o.outcome for o in await target.run(first)] == ["updated"] * 3
    assert [o.outcome for o in await target.run(first)] == ["unchanged"] * 3


def ids_in(body):
    elements = [*body.get("elements", []), *(e for page in body["pages"] for e in page.get("elements", []))]
    return [(e["id"], [c["id"] for c in e.get("columns", [])], e.get("order")) for e in elements]


async def test_an_edit_after_the_plan_is_not_overwritten(target, make, draft):
    inode = await landed(target, make, draft)
    action = make.update(changed(draft), inode)
    edit(target, inode)
    (outcome,) = await target.run(make.waves([action]))
    assert (outcome.outcome, outcome.reason_code) == ("failed", "edited_meanwhile")
    assert inode.versions[-1].body["pages"][0]["name"] == "By a person"


async def test_an_edit_between_our_look_and_our_write_is_not_overwritten(target, make, draft):
    inode = await landed(target, make, draft)
    target.fault("person", method="PUT", what="edit", name="By a person")
    (outcome,) = await target.run(make.waves([make.update(changed(draft), inode)]))
    assert (outcome.outcome, outcome.reason_code) == ("failed", "edited_meanwhile")
    assert inode.versions[-1].body["pages"][0]["name"] == "By a person"


async def test_overwriting_is_for_those_who_ask(target, make, draft):
    target.policy = Policy(drift="overwrite")
    inode = await landed(target, make, draft)
    edit(target, inode, draft.body["pages"][0]["name"])
    (outcome,) = await target.run(make.waves([make.update(changed(draft), inode, version=1)]))
    assert outcome.outcome == "updated"
    assert inode.versions[-1].body["pages"][0]["name"] == "Changed"


async def test_what_people_added_is_not_dropped(target, make, draft):
    target.policy = Policy(drift="overwrite")
    inode = await landed(target, make, draft)
    add_element(target, inode, name="Their own")
    action = make.update(changed(draft), inode)
    (outcome,) = await target.run(make.waves([action]))
    assert (outcome.outcome, outcome.reason_code) == ("failed", "would_drop")
    assert "Their own" in outcome.reason
    assert len(inode.versions) == 2
    target.policy = Policy(drift="overwrite", removals="allow")
    (outcome,) = await target.run(make.waves([action]))
    assert outcome.outcome == "updated"
    assert "Their own" not in str(inode.versions[-1].body)


@pytest.mark.parametrize("ids", ["preserve", "remap"])
async def test_what_the_source_dropped_is_dropped(make_target, make, ids):
    target = make_target(model_ids=ids)
    draft = make.model(1, elements=("Rows", "More"))
    inode = await landed(target, make, draft)
    (outcome,) = await target.run(make.waves([make.update(make.model(1, elements=("Rows",)), inode)]))
    assert (outcome.outcome, outcome.reason) == ("updated", "")
    assert "More" not in str(inode.versions[-1].body)


async def test_a_document_that_is_gone_is_said_to_be_gone(target, make, draft):
    inode = await landed(target, make, draft)
    inode.archived = True
    (outcome,) = await target.run(make.waves([make.update(changed(draft), inode)]))
    assert (outcome.outcome, outcome.reason_code) == ("failed", "gone_meanwhile")


@pytest.mark.parametrize("fault", ["lose_answer", "reset", "truncate"])
@pytest.mark.parametrize("ids", ["preserve", "remap"])
async def test_a_replacement_without_answer_is_settled(make_target, make, draft, fault, ids):
    target = make_target(model_ids=ids)
    inode = await landed(target, make, draft)
    target.fault(fault, method="PUT")
    (outcome,) = await target.run(make.waves([make.update(changed(draft), inode)]))
    assert (outcome.outcome, outcome.reason) == ("updated", "")
    assert target.struck == [1]
    assert len(inode.versions) == 2
    assert inode.versions[-1].body["pages"][0]["name"] == "Changed"


async def test_an_edit_is_not_taken_for_a_lost_replacement(target, make, draft):
    inode = await landed(target, make, draft)
    target.fault("reset", method="PUT")
    target.fault("person", method="GET", path=f"{inode.id}", nth=2, what="edit", name="By a person")
    (outcome,) = await target.run(make.waves([make.update(changed(draft), inode)]))
    assert target.struck == [1, 1]
    assert (outcome.outcome, outcome.reason_code) == ("failed", "edited_meanwhile")
    assert inode.versions[-1].body["pages"][0]["name"] == "By a person"


async def test_a_replacement_lost_in_a_kill_is_settled_by_the_next_run(target, make, draft):
    inode = await landed(target, make, draft)
    action = make.update(changed(draft), inode)
    for at in range(1, 30):
        if not await target.die_once(make.waves([action]), at):
            break
        (outcome,) = await target.run(make.waves([action]))
        assert outcome.outcome == "updated", (at, outcome.reason)
    assert len(inode.versions) == 2


@pytest.mark.parametrize("fault", [None, "lose_answer", "reset"])
async def test_name_and_folder_change_in_place(target, make, draft, fault):
    inode = await landed(target, make, draft)
    folder = make.folder("Shared", "New")
    moved = replace(draft, name="New name", folder=folder.folder)
    if fault:
        target.fault(fault, method="PATCH")
    action = make.move(moved, inode, folder.id, moved=True, rename_to="New name")
    (outcome,) = await target.run(make.waves([folder], [action]))
    assert outcome.outcome == "renamed"
    assert (inode.name, target.org.inodes[inode.parent_id].name) == ("New name", "New")
    assert len(inode.versions) == 1
    async with target.process() as (_, book):
        copy = book.snapshot(make.home).copies[draft.key.kind, draft.key.id]
    assert (copy.name, copy.folder_id) == ("New name", inode.parent_id)


async def test_a_replacement_and_a_move_are_one_outcome(target, make, draft):
    inode = await landed(target, make, draft)
    action = make.update(replace(changed(draft), name="New name"), inode, rename_to="New name")
    (outcome,) = await target.run(make.waves([action]))
    assert outcome.outcome == "updated"
    assert (inode.name, inode.versions[-1].body["pages"][0]["name"]) == ("New name", "Changed")


async def test_taking_over_a_document_that_is_not_ours(target, make, draft):
    inode = await landed(target, make, draft)
    async with target.process() as (_, book):
        book.forget(make.home)
    target.policy = Policy(existing="update")
    (outcome,) = await target.run(make.waves([make.update(changed(draft), inode)]))
    assert outcome.outcome == "updated"
    assert inode.versions[-1].body["pages"][0]["name"] == "Changed"


async def test_what_reads_a_model_stays_when_its_ids_stay(target, make):
    model, report = make.model(1), make.workbook(1, reads=1)
    await target.run(make.waves([make.create(model)], [make.create(report, "create:data-model-1")]))
    still = make.keep(report, target.named("Workbook 1"))
    replaces = make.update(changed(model), target.named("Model 1"))
    again = make.repoint(report, "update:data-model-1", still.id)
    outcomes = await target.run(make.waves([replaces, still], [again]))
    assert [o.outcome for o in outcomes] == ["updated", "unchanged"]
    assert len(target.named("Workbook 1").versions) == 1


async def test_what_reads_a_model_that_could_not_be_replaced_is_unchanged(target, make):
    model, report = make.model(1), make.workbook(1, reads=1)
    await target.run(make.waves([make.create(model)], [make.create(report, "create:data-model-1")]))
    inode = target.named("Model 1")
    replaces, still = make.update(changed(model), inode), make.keep(report, target.named("Workbook 1"))
    edit(target, inode)
    outcomes = await target.run(make.waves([replaces, still], [make.repoint(report, "update:data-model-1", still.id)]))
    assert [o.outcome for o in outcomes] == ["failed", "unchanged"]
