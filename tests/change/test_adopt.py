"""A lost ledger is rebuilt from what stands in the target; what is not certain is listed."""

from dataclasses import replace

import pytest

from migrate.bundle.spec import parse_spec
from migrate.change.adopt import adopt, candidates, find_copies
from migrate.inventory.crawl import crawl, with_form
from migrate.inventory.model import Identity
from migrate.sandbox import person
from migrate.sigma import api

pytestmark = pytest.mark.anyio

DEEP = ("Shared", "Finance", "Close")


def drafts(make):
    """The drafts of the small world, what is read before what reads it."""
    models = [make.model(1, folder=DEEP[:2]), make.model(2, folder=DEEP[:2], reads=1, elements=())]
    workbooks = [make.workbook(1, folder=DEEP, reads=1), make.workbook(2, "Workbook 1", folder=DEEP[:2], reads=2)]
    return [*models, *workbooks, make.workbook(3, folder=DEEP, links=4), make.workbook(4, folder=DEEP, links=3)]


async def rebuilt(target, make, wanted, *, write=True):
    async with target.process() as (client, book):
        book.forget(make.home)
        identity = Identity(user_id=make.me, organization_id=target.org.id)
        dest = await with_form(client, await crawl(client, org="group", identity=identity))
        keys = {item.key for found in candidates(wanted, dest).values() for item in found}
        specs = {key: parse_spec(await api.read_spec(client, key.kind, key.id, None), key) for key in keys}
        found = find_copies(wanted[::-1], dest, specs, home=make.home, at="2026-10-01T00:00:00Z")
        if write:
            adopt(book, found)
        return found


@pytest.mark.parametrize("ids", ["preserve", "remap"])
async def test_everything_is_found_again(make_target, make, ids):
    target = make_target(model_ids=ids)
    await target.run(make.small_world())
    async with target.process() as (_, book):
        before = {k: (c.target_id, c.elements) for k, c in book.snapshot(make.home).copies.items() if k[0] != "folder"}
    found = await rebuilt(target, make, drafts(make))
    assert (found.doubts, found.missing) == ((), ())
    assert {(c.kind, c.source_id): (c.target_id, c.elements) for c in found.copies} == before
    writes = len(target.writes())
    outcomes = await target.run(make.waves([make.create(draft) for draft in drafts(make)[:2]]))
    assert [(o.outcome, o.reason) for o in outcomes] == [("unchanged", "")] * 2
    assert len(target.writes()) == writes


async def test_what_is_not_there_is_missing_and_foreign_content_is_a_doubt(target, make):
    mine, foreign, gone = make.workbook(1, "Mine"), make.workbook(2, "Foreign"), make.workbook(3, "Gone")
    await target.run(make.waves([make.create(mine), make.create(make.workbook(9, "Foreign"))]))
    found = await rebuilt(target, make, [mine, foreign, gone])
    assert [copy.source_id for copy in found.copies] == ["workbook-1"]
    assert found.missing == (gone.key,)
    (doubt,) = found.doubts
    assert (doubt.key, doubt.candidates) == (foreign.key, (target.named("Foreign").id,))


async def test_equal_claims_are_listed_not_guessed(target, make):
    draft = make.workbook(1, "Same")
    await target.run(make.waves([make.create(draft)]))
    async with target.process() as (_, book):
        book.forget(make.home)
    await target.run(make.waves([make.create(draft)]))
    found = await rebuilt(target, make, [draft])
    assert found.copies == ()
    assert set(found.doubts[0].candidates) == {inode.id for inode in target.living("workbook")}
    assert found.doubts[0].reason_code == "ambiguous_copy"


async def test_an_edited_copy_is_found_and_counts_as_edited(target, make):
    draft = make.workbook(1)
    await target.run(make.waves([make.create(draft)]))
    inode = target.named(draft.name)
    person.act(target.org, "edit", inode.id, now=target.time(), name="Mine")
    found = await rebuilt(target, make, [draft])
    (copy,) = found.copies
    assert (copy.target_id, copy.digest_sent, copy.digest_read, copy.version_read) == (inode.id, "", "", 0)
    (outcome,) = await target.run(make.waves([make.update(replace(draft), inode, version=1)]))
    assert (outcome.outcome, outcome.reason_code) == ("failed", "edited_meanwhile")


def rich(make):
    """A model with everything inside an element that an organization may give a new id."""
    draft = make.model(1, elements=("Facts", "Accounts"))
    facts, accounts = draft.body["pages"][0]["elements"]
    for element in (facts, accounts):
        element["columns"][0]["id"] = "account"
    facts |= {
        "columns": [facts["columns"][0], {"id": "amount", "formula": "[Custom SQL/B]", "name": "B"}],
        "folders": [{"id": "f", "name": "Keys", "items": ["account"]}],
        "order": ["f", "amount"],
        "filters": [{"id": "only", "columnId": "account", "kind": "list", "mode": "include", "values": ["1"]}],
        "columnSecurities": [
            {"id": "s", "restrictedColumns": ["amount"], "criteria": {"kind": "no-one-can-view"}},
        ],
        "relationships": [
            {
                "id": "r",
                "name": "Accounts",
                "targetElementId": accounts["id"],
                "keys": [{"sourceColumnId": "account", "targetColumnId": "account"}],
            }
        ],
    }
    accounts["order"] = ["account"]
    return draft


@pytest.mark.parametrize("ids", ["preserve", "remap"])
async def test_a_copy_with_new_ids_throughout_is_recognized(make_target, make, ids):
    """An untouched copy counts as such: nothing would be written again."""
    target = make_target(model_ids=ids)
    draft = rich(make)
    (outcome,) = await target.run(make.waves([make.create(draft)]))
    assert outcome.outcome == "created", outcome.reason
    found = await rebuilt(target, make, [draft])
    assert [bool(copy.digest_sent) for copy in found.copies] == [True]
    (again,) = await target.run(make.waves([make.create(draft)]))
    assert again.outcome == "unchanged"
