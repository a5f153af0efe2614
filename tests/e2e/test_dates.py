"""Every document travels between organizations that stand at different dates of the spec contract, or says why not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from samples import as_served, foreign, leaves, own_ids, stored
from test_samples import MAPPED_SLOTS

from kit.places import NEWER, REAL
from migrate.change.actions import Create, Update, main_actions
from migrate.check.model import ReportRow
from migrate.run.planning import Planned
from migrate.sandbox.generate import Generated, generate
from migrate.sandbox.intake import SERVER_KEYS
from migrate.sandbox.org import Inode, Json, Org
from migrate.sandbox.specs import Accepted, accept, present
from migrate.sandbox.specs.envelope import generation_of

pytestmark = pytest.mark.anyio

AUGUST_4, AUGUST_26, SEPTEMBER = "2026-08-04", "2026-08-26", "2026-09-08"


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """From what the source serves at its date to what the target takes at its own; flat has no dates."""

    here: tuple[str, str]
    there: tuple[str, str]
    policy: str

    def __str__(self) -> str:
        return " ".join(filter(None, [*self.here, "to", *self.there, self.policy]))


SOURCES = [("flat", ""), *(("document", date) for date in (AUGUST_4, AUGUST_26, SEPTEMBER)), ("contents", SEPTEMBER)]
RANK = {"flat": 0, "document": 1, "contents": 2}
ALL = [
    Road(here=here, there=there, policy=policy)
    for here in SOURCES
    for there in SOURCES
    if RANK[here[0]] <= RANK[there[0]]
    for policy in ("preserve", "remap")
]
FEW = [
    Road(here=("document", AUGUST_4), there=("contents", SEPTEMBER), policy="preserve"),
    Road(here=("document", SEPTEMBER), there=("document", AUGUST_26), policy="remap"),
    Road(here=("flat", ""), there=("document", AUGUST_4), policy="remap"),
]

NOWHERE = {
    "twells89-cross-org-sample-data-model.json": "not_in_schema",
    "sigmacomputing-bikes-stations-updated-a704a0c.json": "not_in_schema",
    "twells89-broken-source-parameter.yaml": "dangling_reference",
    "diegolopal-tableau-structural-workarounds-wb-spec.json": "dangling_reference",
    "cmiller-coder-cold-provisions-10dbf93.json": "dangling_reference",
    "twells89-cross-org-sample-workbook.json": "not_portable",
    "stays-home-contents.yaml": "not_portable",
    "cmiller-coder-spec-themed-8963c19.json": "elements_overlap",
}
"""What no organization takes as a new document, and as what the report has it; the last is refused as foretold."""

LABELLED = {
    "counter-contents.yaml": "generation_too_old",
    "counter-document.yaml": "generation_too_old",
    "sigmacomputing-corpus-quicksight-code-release.json": "generation_too_old",
    "signposts-contents.yaml": "blocked_by",
}
"""Page labels whose other spelling was never recorded, and what links to such a document."""

LISTED_LABELS = {"old-actions-flat.yaml": "generation_too_old"}
"""A flat document whose page labels are a list already: nothing in August takes it."""


def expected_reasons(road: Road, labels: set[str]) -> dict[str, str]:
    """Reason codes by label of what cannot travel on a road."""
    reasons = dict(NOWHERE)
    source, target = road.here[1] or SEPTEMBER, road.there[1] or SEPTEMBER
    if (source == SEPTEMBER) != (target == SEPTEMBER):
        reasons |= LABELLED
    if target != SEPTEMBER:
        reasons |= LISTED_LABELS
    return {label: code for label, code in reasons.items() if label in labels}


def wanted(source: Org, target: Org, inode: Inode) -> Json:
    """The document as the target would serve it had it been written there by hand, references apart.

    A second opinion on folding: the sandbox's own, which shares no code with the client's.
    """
    twin = replace(source, switches=replace(source.switches, **form_of(target)))
    generation = generation_of(twin)
    answer = present(twin, inode, inode.versions[-1], generation)
    wrapped = {generation: answer[generation]} if generation != "flat" else inner(answer)
    outcome = accept(
        twin,
        inode.type,
        {"name": inode.name, "folderId": inode.parent_id, **wrapped},
        mode="create",
        generation=generation,
        member_id=twin.clients[0].member_id,
    )
    assert isinstance(outcome, Accepted), (inode.name, outcome)
    return served(twin, replace(inode, versions=[replace(inode.versions[-1], body=outcome.body)]))


def form_of(org: Org) -> dict[str, object]:
    return {"generation": org.switches.generation, "spec_date": org.switches.spec_date}


def served(org: Org, inode: Inode) -> Json:
    """The body of a workbook as its organization shows it."""
    generation = generation_of(org)
    answer = present(org, inode, inode.versions[-1], generation)
    return inner(answer) if generation == "flat" else answer[generation]


def inner(answer: Json) -> Json:
    return {key: value for key, value in answer.items() if key not in SERVER_KEYS}


def refused_unforeseen(planned: Planned, rows: Mapping[str, ReportRow]) -> set[str]:
    """Documents that were planned to be written and then refused, for a reason that the plan did not tell."""
    writing = {
        action.key.id: {residual.code for residual in action.draft.residuals}
        for target in planned.changes.targets
        for action in main_actions(target.waves)
        if isinstance(action, Create | Update)
    }
    return {one for one, told in writing.items() if rows[one].outcome == "failed" and rows[one].reason_code not in told}


def replaced_ids(made: Generated, copies: dict[str, Inode]) -> set[tuple[object, object]]:
    """The ids inside the source's data models with those that they have in the copies, place by place."""
    source = made.world.orgs["source"]
    models = [(source.inodes[made.ids[label]], copy) for label, copy in copies.items() if copy.type == "data-model"]
    pairs = set()
    for original, copy in models:
        theirs = dict(leaves(stored(original)))
        pairs |= {(theirs.get(path), value) for path, value in leaves(stored(copy)) if path[-1] == "id"}
    return pairs


def differences(road: Road, made: Generated, label: str, copy: Inode, ids: set[tuple[object, object]]) -> list[object]:
    """Where a copy differs from the second opinion beside what is mapped; the layouts of lifted flat ones apart."""
    source, target = made.world.orgs["source"], made.world.orgs["target"]
    theirs = dict(leaves(wanted(source, target, source.inodes[made.ids[label]])))
    ours = dict(leaves(served(target, copy)))
    slots = {
        *MAPPED_SLOTS,
        "path",
        "container",
        "containerElementId",
    }  # of a clear-control without a scope: not recorded
    if road.here[0] == "flat" and road.there[0] != "flat":
        slots.add("layout")  # each lifts it in its own way: see the tests of fold
    return [
        (path, theirs.get(path), ours.get(path))
        for path in {**theirs, **ours}
        if theirs.get(path) != ours.get(path) and (path[-1] if isinstance(path[-1], str) else path[-2]) not in slots
        if (theirs.get(path), ours.get(path)) not in ids
    ]


@pytest.mark.scale
@pytest.mark.timeout(600)
@pytest.mark.parametrize("road", ALL if os.environ.get("SCALE") == "full" else FEW, ids=str)
async def test_every_document_arrives_in_the_spelling_of_the_target(stage, road):
    made = generate(as_served(road.here[0]), generation=road.here[0], target_generation=road.there[0])
    source, target = made.world.orgs["source"], made.world.orgs["target"]
    source.switches.spec_date, target.switches.spec_date = road.here[1] or SEPTEMBER, road.there[1] or SEPTEMBER
    target.switches.model_ids = road.policy
    setting = stage(made.world)
    plan = setting.plan("source", "target", map=made.mapping, policy={"existing": "rename"})
    async with setting.migration(plan) as migration:
        planned = await migration.plan()
        result = await migration.apply(planned)

    assert len(made.ids) + len(made.left_out) == len(as_served(road.here[0]))
    assert set(made.left_out.values()) <= {"it holds no document"}
    rows = {row.source_id: row for row in result.reconciliation.rows}
    unable = {label: rows[one].reason_code for label, one in made.ids.items() if rows[one].outcome != "created"}
    assert unable == expected_reasons(road, set(made.ids)), {label: rows[made.ids[label]].reason for label in unable}
    assert refused_unforeseen(planned, rows) == set()
    compared = 0
    arrived = {label: target.inodes[rows[one].target_id] for label, one in made.ids.items() if label not in unable}
    ids = replaced_ids(made, arrived) if road.policy == "remap" else set()
    for label, document_id in made.ids.items():
        row = rows[document_id]
        if label in unable:
            assert row.reason, label
            continue
        assert row.verdict in ("match", "match_declared", "broken_in_source_too"), (label, row.verdict, row.reason)
        copy = target.inodes[row.target_id]
        assert not foreign(stored(copy), own_ids(source) - own_ids(target)), label
        if copy.type != "data-model":
            assert differences(road, made, label, copy, ids) == [], label
            compared += 1
    books = [label for label, one in made.ids.items() if source.inodes[one].type != "data-model"]
    assert compared == len(set(books) - set(unable))
    if REAL.is_dir() and NEWER.is_dir():
        assert len(made.ids) == (60 if road.here[0] == "flat" else 78), "nothing falls out of the set"
    assert setting.sandbox.evidence.writes("source") == [], "the source was never written to"


REPORTS = {"weekly-report.yaml", "twells89-report-example-minimal.json"}
MODELS = {"bakery.yaml", "bakery-reader.yaml"}
ROADS_OF_REPORTS = [road for road in ALL if road.here[0] != "flat"]


@pytest.mark.parametrize("road", ROADS_OF_REPORTS, ids=str)
async def test_every_report_takes_every_road_and_comes_back(stage, road):
    chosen = [one for one in as_served(road.here[0]) if one[2] in REPORTS | MODELS]
    made = generate(chosen, generation=road.here[0], target_generation=road.there[0])
    source, target = made.world.orgs["source"], made.world.orgs["target"]
    source.switches.spec_date, target.switches.spec_date = road.here[1], road.there[1]
    target.switches.model_ids = road.policy
    before = {inode.id for inode in target.inodes.values() if not inode.archived}
    setting = stage(made.world)
    plan = setting.plan("source", "target", map=made.mapping, policy={"existing": "rename"})
    result = await setting.run(plan)
    rows = {row.source_id: row for row in result.reconciliation.rows}
    copies = {label: target.inodes[rows[one].target_id] for label, one in made.ids.items()}
    ids = replaced_ids(made, copies)
    reports = [label for label in made.ids if label in REPORTS]
    assert reports
    for label in reports:
        row, copy = rows[made.ids[label]], copies[label]
        assert (row.type, row.outcome, copy.type) == ("report", "created", "report")
        assert row.verdict in ("match", "match_declared"), (label, row.verdict, row.reason)
        assert not foreign(stored(copy), own_ids(source) - own_ids(target)), label
        assert differences(road, made, label, copy, ids) == [], label
    written = len(setting.sandbox.evidence.writes("target"))
    again = await setting.run(plan)
    assert {row.outcome for row in again.reconciliation.rows} == {"unchanged"}
    assert len(setting.sandbox.evidence.writes("target")) == written
    async with setting.migration(plan) as migration:
        await migration.undo(result.run_id)
    assert {inode.id for inode in target.inodes.values() if not inode.archived} == before
