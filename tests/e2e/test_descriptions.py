"""Descriptions are copied like contents: carried, told from what people wrote, compared, and on record."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_journeys import loaded

pytestmark = pytest.mark.anyio

MODEL, WORKBOOK = "Sales Model", "Stock Watch"


class Told:
    """A demo migration, and the words beside one model and one workbook on both sides."""

    def __init__(self, setting):
        self.setting, self.plan = setting, loaded(setting, "demo.yaml")

    async def run(self, **policy):
        plan = replace(self.plan, policy=replace(self.plan.policy, **policy))
        result = await self.setting.run(plan)
        self.rows = {row.source_name: row for row in result.reconciliation.rows}
        return self.rows

    def pair(self):
        kinds = {row.type: row for row in self.rows.values() if row.outcome != "mapped"}
        return kinds["data-model"], kinds["workbook"]

    def source(self, row):
        return self.setting.world.orgs["acme_au"].inodes[row.source_id]

    def copy(self, row):
        return self.setting.world.orgs["group"].inodes[row.target_id]


@pytest.fixture
async def told(stage, builtin_world):
    made = Told(stage(builtin_world()))
    await made.run()
    return made


async def test_a_new_description_is_carried_for_both_kinds_and_is_no_renaming(told):
    pair = told.pair()
    for row in pair:
        told.source(row).description = "second words"
    rows = await told.run()
    for row in pair:
        assert (rows[row.source_name].outcome, rows[row.source_name].verdict in ("match", "match_declared")) == (
            "updated",
            True,
        )
        assert told.copy(row).description == "second words"
    again = await told.run()
    assert {again[row.source_name].outcome for row in pair} == {"unchanged"}


async def test_a_description_that_was_taken_away_is_taken_away(told):
    pair = told.pair()
    for words in ("some", None):
        for row in pair:
            told.source(row).description = words
        await told.run()
    assert [told.copy(row).description or "" for row in pair] == ["", ""]


@pytest.mark.parametrize(
    ("drift", "outcome", "left"),
    [("fail", "blocked", "a person's"), ("keep", "skipped", "a person's"), ("overwrite", "updated", "")],
)
async def test_what_a_person_wrote_in_the_target_is_drift(told, drift, outcome, left):
    pair = told.pair()
    for row in pair:
        told.copy(row).description = "a person's"
    async with told.setting.migration(told.plan) as migration:
        found, _ = await migration.drift()
    assert {one.outcome for one in found if one.source_id in {row.source_id for row in pair}} == {"target_changed"}
    before = [told.source(row).description or "" for row in pair]
    rows = await told.run(drift=drift)
    assert {rows[row.source_name].outcome for row in pair} == {outcome}
    now = [told.copy(row).description for row in pair]
    assert now == ([left, left] if left else before)


async def test_verifying_tells_a_copy_with_other_words(told):
    pair = told.pair()
    for row in pair:
        told.copy(row).description = "a person's"
    async with told.setting.migration(told.plan) as migration:
        result = await migration.verify()
    rows = {row.source_id: row for row in result.reconciliation.rows}
    for row in pair:
        assert rows[row.source_id].verdict == "mismatch"
        assert [one.path for one in rows[row.source_id].detail if one.kind == "changed"] == ["$.description"]


async def test_out_of_sight_is_not_gone(told):
    org = told.setting.world.orgs["acme_au"]
    _, hidden = told.pair()
    gone = next(row for row in told.rows.values() if row.type == "workbook" and row.source_id != hidden.source_id)
    told.source(hidden).denied_to.add(org.clients[0].member_id)
    told.source(gone).archived = True
    async with told.setting.migration(told.plan) as migration:
        found, _ = await migration.drift()
        planned = await migration.plan()
    states = {one.source_id: one.source for one in found}
    assert (states[hidden.source_id], states[gone.source_id]) == ("not_visible", "gone")
    codes = {one.source_id: one.reason_code for one in found}
    assert (codes[hidden.source_id], codes[gone.source_id]) == ("source_not_visible", "source_gone")
    left = {one.source_id: one.reason_code for target in planned.changes.targets for one in target.scope_changes}
    assert left == {hidden.source_id: "source_not_visible", gone.source_id: "source_gone"}


async def test_what_replaced_a_document_of_somebody_is_restored_with_its_description(told):
    """Another ledger knows nothing of the copies, so they are somebody's who made them by hand."""
    _, row = told.pair()
    theirs, ours = told.copy(row), told.source(row)
    theirs.description, ours.description = "theirs", "ours"
    before = theirs.versions[-1].body
    policy = replace(told.plan.policy, existing="update", removals="allow")
    plan = replace(told.plan, state=f"sqlite:///{told.setting.folder}/other.db", policy=policy)
    result = await told.setting.run(plan)
    (done,) = [one for one in result.reconciliation.rows if one.source_id == row.source_id]
    assert (done.outcome, theirs.description) == ("updated", "ours")
    async with told.setting.migration(plan) as migration:
        taken = await migration.undo(result.run_id)
    results = {one.result for each in taken for one in each.undone if one.reversal.target_id == theirs.id}
    assert results == {"moved_back", "restored"}
    assert (theirs.description, theirs.versions[-1].body) == ("theirs", before)
