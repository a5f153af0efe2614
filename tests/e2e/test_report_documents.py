"""Reports on the whole road: copied with what they read and link to, changed, edited, undone, and where none are."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from samples import url_id
from staging import FAST

from migrate import Plan
from migrate.bundle.read import load
from migrate.change.actions import Block, main_actions
from migrate.change.run_context import Patience
from migrate.plan.orgs import Source
from migrate.reasons import REASONS
from migrate.run.undo import taken_rows
from migrate.sandbox.evidence import duplicates
from migrate.sandbox.faults import Fault
from migrate.sandbox.org import Version
from migrate.sandbox.person import act
from migrate.sandbox.world import builtin

pytestmark = pytest.mark.anyio

LETTER = "a1d0c000-0000-4000-8000-000000000021"
OVERVIEW = "a1d0c000-0000-4000-8000-000000000001"
MAP = {
    "folders": [{"from": "Finance", "to": "From AU/Finance"}],
    "connections": [
        {
            "from": "AU Snowflake",
            "to": "Group Snowflake",
            "paths": [{"from": "ACME_AU_DW.SALES.*", "to": "GROUP_DW.AU_SALES.*"}],
        }
    ],
    "teams": [{"from": "Finance AU", "to": "Finance"}, {"from": "Sales AU", "to": "Sales"}],
    "user_attributes": [{"from": "region_au", "to": "region"}],
}
MONTH_END = {"include": [{"folder": "Finance/Month End"}]}


class Scene:
    """The packaged world with a report in it, and a plan for the folder in which the report stands."""

    def __init__(self, stage, **switches):
        self.stage = stage(builtin("surroundings"))
        self.source = self.stage.world.orgs["acme_au"]
        self.target = self.stage.world.orgs["group"]
        self.target.switches.model_ids = "remap"
        for name, value in switches.items():
            setattr(self.target.switches, name, value)

    def plan(self, **blocks):
        return self.stage.plan("acme_au", "group", **{"map": MAP, "select": MONTH_END, **blocks})

    async def run(self, **blocks):
        return await self.stage.run(self.plan(**blocks), patience=Patience(waits=(0.01, 0.02)))

    @property
    def letters(self):
        return [one for one in self.target.inodes.values() if one.type == "report" and not one.archived]

    @property
    def writes(self):
        return len(self.stage.sandbox.evidence.writes("group"))

    def rewrite_source(self, change):
        letter = self.source.inodes[LETTER]
        body = copy.deepcopy(letter.versions[-1].body)
        change(body)
        letter.versions.append(
            Version(number=2, body=body, published_at="2026-10-01T08:00:00.000Z", published_by=letter.owner_id)
        )


@pytest.fixture
def scene(stage):
    return lambda **switches: Scene(stage, **switches)


def row_of(result, kind="report"):
    return next(row for row in result.reconciliation.rows if row.type == kind)


async def test_a_report_in_a_selected_folder_is_copied_and_reads_the_copies(scene):
    setting = scene()
    result = await setting.run()
    assert (result.exit_code, result.reconciliation.totals["group"]["created"]) == (0, 3)
    row = row_of(result)
    assert (row.outcome, row.verdict, row.source_path) == ("created", "match", "Finance/Month End")
    assert set(row.levels) == {"exists", "counts", "hash", "references", "columns", "compile"}
    (letter,) = setting.letters
    assert (letter.id, letter.name, letter.description) == (row.target_id, "Orders Letter", "One page a month")
    assert row.target_url.endswith(f"/report/Orders-Letter-{row.target_url.rpartition('-')[2]}")
    model = next(one for one in setting.target.inodes.values() if one.type == "data-model")
    source = letter.versions[-1].body["elements"][1]["source"]
    assert source["dataModelId"] == model.id
    assert source["elementId"] == model.versions[-1].body["pages"][0]["elements"][0]["id"] != "orders-dm"


async def test_a_second_run_writes_nothing_and_a_changed_source_is_replaced_in_place(scene):
    setting = scene()
    first = await setting.run()
    written = setting.writes
    again = await setting.run()
    assert (row_of(again).outcome, setting.writes) == ("unchanged", written)
    setting.rewrite_source(lambda body: body["elements"][0].update(body="# Orders of the month"))
    third = await setting.run()
    assert row_of(third).outcome == "updated"
    (letter,) = setting.letters
    assert letter.id == row_of(first).target_id
    assert letter.versions[-1].body["elements"][0]["body"] == "# Orders of the month"
    assert setting.writes == written + 1


async def test_what_people_do_to_the_copy_is_drift_and_undo_leaves_it(scene):
    setting = scene()
    first = await setting.run()
    (letter,) = setting.letters
    act(setting.target, "edit", letter.id, now=1_790_000_000)
    blocked = await setting.run()
    assert (row_of(blocked).outcome, row_of(blocked).reason_code) == ("blocked", "drifted")
    plan = setting.plan()
    async with setting.stage.migration(plan) as migration:
        copies, _ = await migration.drift()
        (found,) = [one for one in copies if one.kind == "report"]
        assert (found.outcome, found.source) == ("target_changed", "same")
        undone = taken_rows(await migration.undo(first.run_id))
    assert {row["type"]: row["result"] for row in undone}["report"] == "kept"
    assert setting.letters == [letter]


async def test_undo_takes_the_report_back(scene):
    setting = scene()
    done = await setting.run()
    async with setting.stage.migration(setting.plan()) as migration:
        await migration.undo(done.run_id)
    assert setting.letters == []
    assert not [one for one in setting.target.inodes.values() if one.type == "data-model" and not one.archived]


async def test_links_between_a_report_and_a_workbook_lead_to_the_copies(scene):
    setting = scene()
    book = setting.source.inodes[OVERVIEW].versions[-1].body

    def linked(body, document_id, kind):
        effect = {"effect": "open-document", "documentId": document_id, "documentType": kind}
        body["elements"].append(
            {
                "id": f"to-{kind}",
                "kind": "button",
                "text": "Open",
                "actions": [{"id": f"open-{kind}", "trigger": "on-click", "effects": [effect]}],
            }
        )

    linked(book, LETTER, "report")
    place = '<Element elementId="to-report" gridColumn="1 / 5" gridRow="90 / 94"/>'
    book["layout"] = book["layout"].replace("</Page>", f"{place}</Page>", 1)
    letter = setting.source.inodes[LETTER].versions[-1].body
    address = f"https://app.sigmacomputing.com/acme-au/report/Orders-Letter-{url_id(LETTER)}"
    letter["elements"][0]["body"] = f"# Orders\n[this letter]({address})"
    result = await setting.run()
    assert result.exit_code == 0, [(row.source_name, row.reason) for row in result.reconciliation.rows]
    made = {one.type: one for one in setting.target.inodes.values() if one.versions and not one.archived}
    effect = made["workbook"].versions[-1].body["elements"][-1]["actions"][0]["effects"][0]
    assert effect["documentId"] == made["report"].id
    assert f"/acme-group/report/Orders-Letter-{url_id(made['report'].id)}" in str(made["report"].versions[-1].body)


@pytest.mark.parametrize(
    ("switches", "says"),
    [
        ({"reports": "off"}, "Reports are not enabled for your organization"),
        ({"reports": "absent"}, "reports cannot be listed: org group"),
    ],
)
async def test_a_target_without_reports_has_a_row_that_says_so_before_the_first_write(scene, switches, says):
    setting = scene(**switches)
    async with setting.stage.migration(setting.plan()) as migration:
        planned = await migration.plan()
        (block,) = [one for one in main_actions(planned.changes.targets[0].waves) if isinstance(one, Block)]
        assert (block.key.id, block.reason_code) == (LETTER, "kind_unavailable")
        assert says in block.why
        assert setting.writes == 0
        result = await migration.apply(planned)
    assert result.exit_code == 1
    total = result.reconciliation.totals["group"]
    assert (total["created"], total["blocked"], total["in_scope"]) == (2, 1, 3)


@pytest.mark.parametrize("switch", ["off", "absent"])
async def test_a_source_without_the_feature_still_says_which_reports_its_folders_hold(scene, switch):
    setting = scene()
    setting.source.switches.reports = switch
    result = await setting.run()
    row = row_of(result)
    assert (row.outcome, row.source_name, row.source_path) == ("blocked", "Orders Letter", "Finance/Month End")
    assert row.reason_code in ("feature_off", "no_such_route", "forbidden")
    assert result.reconciliation.totals["group"]["created"] == 2


async def test_an_older_target_gets_reports_through_the_older_family(scene):
    setting = scene(reports="older")
    result = await setting.run()
    assert (row_of(result).outcome, result.exit_code) == ("created", 0)
    paths = {entry.path for entry in setting.stage.sandbox.evidence.writes("group")}
    assert "/v2/reports/spec" in paths
    assert "/v2/reports" not in paths, "a create that does not read contents would make an empty report"


async def test_a_bundle_holds_reports_and_is_a_source_of_them(scene, tmp_path):
    setting = scene()
    async with setting.stage.migration(setting.plan()) as migration:
        wrote = await migration.export(tmp_path / "bundle")
    assert wrote.counts == {"data-model": 1, "workbook": 1, "report": 1}
    (file,) = (tmp_path / "bundle" / "reports").rglob("*.json")
    assert file.name == f"Orders Letter--{LETTER}.json"
    inventory, bundle = load(tmp_path / "bundle")
    assert sorted(key.kind for key in bundle.specs) == ["data-model", "report", "workbook"]
    plan = replace(setting.plan(), source=Source(bundle=tmp_path / "bundle"))
    result = await setting.stage.run(plan)
    assert (row_of(result).outcome, result.exit_code) == ("created", 0)
    assert {key.kind for key in inventory.items} == {"data-model", "report", "workbook"}


async def test_a_lost_ledger_is_rebuilt_with_the_report(scene):
    setting = scene()
    first = await setting.run()
    written = setting.writes
    plan = setting.plan(state=f"sqlite:///{setting.stage.folder}/other.db")
    async with setting.stage.migration(plan) as migration:
        adopted, _ = await migration.adopt()
        assert [one.target_id for one in adopted["group"].copies if one.kind == "report"] == [row_of(first).target_id]
    again = await setting.stage.run(plan)
    assert (row_of(again).outcome, setting.writes) == ("unchanged", written)


LOST = {
    "answer lost": {"action": "lose_answer"},
    "answer cut off": {"action": "truncate"},
    "reset": {"action": "reset"},
    "500 though done": {"action": "status", "status": 500, "effect": True},
    "502 though done": {"action": "status", "status": 502, "effect": True, "as_html": True},
    "token expired": {"action": "expire"},
}


@pytest.mark.parametrize("name", LOST)
async def test_a_lost_create_makes_no_second_report_and_a_lost_replace_is_settled(scene, name):
    setting = scene()
    faults = setting.stage.sandbox.faults
    faults.add(Fault(org="group", method="POST", path="/v2/reports$", **LOST[name]))
    await setting.run()
    assert row_of(await setting.run()).outcome in ("unchanged", "created")
    (letter,) = setting.letters
    setting.rewrite_source(lambda body: body["elements"][0].update(body="# Later"))
    faults.add(Fault(org="group", method="PUT", path=f"/v2/reports/{letter.id}/contents", **LOST[name]))
    await setting.run()
    last = await setting.run()
    assert [one["struck"] for one in faults.dump()] == [1, 1]
    assert (row_of(last).outcome, last.exit_code) == ("unchanged", 0)
    assert setting.letters == [letter]
    assert letter.versions[-1].body["elements"][0]["body"] == "# Later"
    assert (len(letter.versions), duplicates(setting.target)) == (2, [])


@pytest.mark.parametrize("rule", [{"type": "report"}, {"id": LETTER}, {"name": "Orders L*"}])
async def test_a_report_alone_is_selected_with_the_model_it_reads(scene, rule):
    result = await scene().run(select={"include": [rule]})
    assert sorted(row.type for row in result.reconciliation.rows) == ["data-model", "report"]


async def test_reports_can_be_left_out(scene):
    setting = scene(reports="off")
    result = await setting.run(select={**MONTH_END, "exclude": [{"type": "report"}]})
    assert (result.exit_code, sorted(row.type for row in result.reconciliation.rows)) == (0, ["data-model", "workbook"])


async def test_rules_may_be_for_reports_alone(scene):
    setting = scene()
    rules = [
        {"name": "suffix", "where": {"type": "report"}, "rename": "{name} (AU)"},
        {"name": "title", "where": {"type": "report"}, "replace": {"text": "Orders", "with": "Sales"}},
    ]
    await setting.run(rules=rules)
    (letter,) = setting.letters
    assert letter.name == "Sales Letter (AU)"
    assert letter.versions[-1].body["elements"][0]["body"] == "# Sales"
    names = {one.name for one in setting.target.inodes.values() if one.type == "workbook"}
    assert "Orders Overview" in names


async def test_a_csv_plan_names_reports(scene, tmp_path):
    setting = scene()
    rows = [
        "source_org,target_org,kind,source,target,note",
        "acme_au,group,report,Finance/Month End/Orders Letter,,",
        "acme_au,group,connection,AU Snowflake,Group Snowflake,",
        "acme_au,group,path,ACME_AU_DW.SALES.*,GROUP_DW.AU_SALES.*,",
    ]
    path = tmp_path / "plan.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    plan = Plan.load(path, environ=setting.stage.environ)
    report = replace(plan.report, dir=tmp_path / "reports", formats=("json",))
    plan = replace(plan, run=FAST, state=f"sqlite:///{tmp_path}/state.db", report=report)
    result = await setting.stage.run(plan)
    assert sorted(row.type for row in result.reconciliation.rows) == ["data-model", "report"]


async def test_an_organization_that_knows_no_files_of_that_kind_is_read_all_the_same(scene):
    setting = scene(reports="absent")
    refused = Fault(action="status", status=400, org="group", method="GET", path="/v2/files$", nth=3)
    setting.stage.sandbox.faults.add(refused)
    result = await setting.run()
    assert setting.stage.sandbox.faults.dump()[0]["struck"] == 1
    assert result.reconciliation.totals["group"]["created"] == 2


async def test_doctor_says_that_an_organization_has_no_reports(scene):
    setting = scene(reports="off")
    async with setting.stage.migration(setting.plan()) as migration:
        checks = await migration.doctor()
    (told,) = [one for one in checks if "reports cannot be listed" in one.detail]
    assert (told.org, told.verdict) == ("group", "not_verifiable")
    assert "1 data model, 2 workbooks, 1 report" in " ".join(one.detail for one in checks if one.org == "acme_au")


def refuses(**fault):
    """A step that lets the target refuse, as the sandbox's faults do."""
    return lambda setting: setting.stage.sandbox.faults.add(Fault(org="group", **fault))


def denies(*features):
    """A step that takes rights to reports from the credential of the target."""
    return lambda setting: setting.target.members[setting.target.clients[0].member_id].denied.update(features)


def breaks(status):
    """A step after which the source does not hand out the report."""
    return lambda setting: setting.source.inodes[LETTER].facts.update(unreadable=status)


def misplaces(setting):
    """A step that leaves an element of the source's report without a place."""
    body = setting.source.inodes[LETTER].versions[-1].body
    body["layout"] = body["layout"].replace('<Element elementId="title" x="48" y="48" width="720" height="72"/>', "")


FAILURES = {
    "create refused": (refuses(action="status", status=400, method="POST", path="/v2/reports$"), "failed", 1),
    "create forbidden": (denies("reports.write"), "blocked", 1),
    "reading forbidden": (denies("reports.read", "reports.write"), "blocked", 1),
    "not placed": (misplaces, "failed", 1),
    "source forbidden": (breaks(403), "blocked", 1),
    "source broken": (breaks(500), "blocked", 1),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_what_fails_for_a_report_is_one_row_with_a_sentence(scene, name):
    step, outcome, code = FAILURES[name]
    setting = scene()
    step(setting)
    result = await setting.run()
    row = row_of(result)
    assert (row.outcome, result.exit_code) == (outcome, code), row
    assert row.reason_code in REASONS
    assert row.reason
    assert row.next_action
    assert {one.outcome for one in result.reconciliation.rows if one is not row} == {"created"}, "the others went on"
    assert result.reconciliation.consistent
    assert setting.letters == []


async def test_a_copy_that_moved_on_while_it_is_replaced_is_left_alone(scene):
    setting = scene()
    await setting.run()
    (letter,) = setting.letters
    setting.rewrite_source(lambda body: body["elements"][0].update(body="# Later"))
    person = Fault(action="person", org="group", method="PUT", path=f"/v2/reports/{letter.id}/contents")
    setting.stage.sandbox.faults.add(person)
    result = await setting.run()
    assert (row_of(result).outcome, result.exit_code) == ("failed", 1)
    assert row_of(result).reason_code in ("conflict", "edited_meanwhile", "drifted")
    assert letter.versions[-1].body["elements"][0].get("body") != "# Later"
    await setting.run(policy={"drift": "overwrite"})
    assert letter.versions[-1].body["elements"][0]["body"] == "# Later"
