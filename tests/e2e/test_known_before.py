"""What the target will refuse is known before the first write: what the credential may not do, columns, features."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_hazards import MAP
from test_journeys import loaded

from migrate.change.actions import Block, main_actions, name_of
from migrate.sandbox.faults import Fault
from migrate.sandbox.world import builtin
from migrate.terminal.plan import change_set

pytestmark = pytest.mark.anyio
ORDERS = ("GROUP_DW", "AU_SALES", "FCT_ORDERS")


async def planned(setting, plan=None):
    """The plan, its actions by name; nothing was written for it."""
    async with setting.migration(plan or loaded(setting, "demo.yaml")) as migration:
        found = await migration.plan()
    assert not setting.sandbox.evidence.writes("group")
    return found, {name_of(action): action for action in main_actions(found.changes.targets[0].waves)}


def blocked(actions, code):
    return {name: one for name, one in actions.items() if isinstance(one, Block) and one.reason_code == code}


def me(setting):
    return setting.world.orgs["group"].members[setting.world.orgs["group"].clients[0].member_id]


@pytest.mark.parametrize("kind", ["data-model", "workbook"])
async def test_a_kind_that_the_account_may_not_write_is_known(stage, builtin_world, kind):
    setting = stage(builtin_world())
    me(setting).denied.add(f"{kind}s.write")
    _found, actions = await planned(setting)
    found = blocked(actions, "forbidden")
    assert {one.key.kind for one in found.values()} == {kind}
    assert all("Your account type lacks the permission" in one.why for one in found.values())
    assert all("[request" not in one.why for one in found.values()), "nothing that an answer makes up anew"


async def test_code_representation_that_is_off_is_known(stage, builtin_world):
    setting = stage(builtin_world())
    setting.world.orgs["group"].switches.spec_beta = False
    _found, actions = await planned(setting)
    assert {one.key.kind for one in actions.values() if not isinstance(one, Block)} == {"data-model"}
    assert {one.key.kind for one in blocked(actions, "feature_off").values()} == {"workbook"}


async def test_an_organization_that_hides_what_is_not_there_says_nothing_about_rights(stage, builtin_world):
    setting = stage(builtin_world())
    nowhere = "/00000000-0000-0000-0000-000000000000"
    setting.sandbox.faults.add(Fault(action="status", org="group", path=nowhere, count=0, status=403))
    _found, actions = await planned(setting)
    assert not blocked(actions, "forbidden")


async def test_a_folder_that_may_only_be_read_is_known(stage, builtin_world):
    setting = stage(builtin_world())
    first = await setting.run(loaded(setting, "demo.yaml"))
    assert first.exit_code == 0
    org = setting.world.orgs["group"]
    copy = next(i for i in org.inodes.values() if i.name == "Store Map" and i.versions)
    copy.read_only_to.add(me(setting).id)
    source = next(i for i in setting.world.orgs["acme_au"].inodes.values() if i.name == "Store Map" and i.versions)
    source.name = "Map of Stores"
    setting.sandbox.evidence.clear()
    _found, actions = await planned(setting)
    (stopped,) = blocked(actions, "forbidden").values()
    assert stopped.target_id == copy.id
    assert "may only read its copy" in stopped.why
    copy.read_only_to.clear()
    org.inodes[copy.parent_id].read_only_to.add(me(setting).id)
    copy.archived = True
    _found, actions = await planned(setting)
    assert "may only read folder" in actions["Map of Stores"].why


async def test_a_column_that_is_missing_stops_the_documents_that_name_it_alone(stage, builtin_world):
    setting = stage(builtin_world())
    (connection,) = [one for one in setting.world.orgs["group"].connections.values() if one.name == "Group Snowflake"]
    table = connection.tables[ORDERS]
    gone = next(one for one in table.columns if one.name == "STATUS")
    table.columns.remove(gone)
    found, actions = await planned(setting)
    stopped = blocked(actions, "column_not_found")
    assert stopped
    for one in stopped.values():
        assert one.why.startswith("column STATUS is not in table GROUP_DW.AU_SALES.FCT_ORDERS of connection")
        assert one.draft.refusals[0].path.endswith(".formula")
    result = await setting.run(loaded(setting, "demo.yaml"))
    assert not [row for row in result.reconciliation.rows if row.outcome == "failed"]
    assert {doubt.code for doubt in found.changes.doubts} == {"folder_missing"}, "two workspaces are new"


async def test_a_column_of_another_type_is_told_at_the_document_that_reads_it(stage, builtin_world):
    setting = stage(builtin_world())
    (connection,) = [one for one in setting.world.orgs["group"].connections.values() if one.name == "Group Snowflake"]
    next(one for one in connection.tables[ORDERS].columns if one.name == "STATUS").type = "number"
    _found, actions = await planned(setting)
    told = {
        name: [one.message for one in action.draft.residuals if one.code == "column_retyped"]
        for name, action in actions.items()
    }
    (message,) = {message for messages in told.values() for message in messages}
    assert message.startswith("column STATUS of table GROUP_DW.AU_SALES.FCT_ORDERS")
    assert message.endswith("is of type number, and text in the source")


def hazards(setting):
    return setting.plan("acme_au", "group", map=MAP, policy={"unsupported": "report"})


def without_asking(setting):
    plan = hazards(setting)
    return replace(plan, run=replace(plan.run, dry_runs="none"))


def asked(setting):
    """The dry runs that the target was asked for, the one among them that shows whether it takes any."""
    return [one for one in setting.sandbox.evidence.of("group") if (one.method, one.path) == ("POST", "/v2/workbooks")]


async def test_what_the_target_refuses_is_known_from_a_dry_run(stage):
    """Features that are off there, and references that its own check does not find."""
    setting = stage(builtin("hazards"))
    found, actions = await planned(setting, hazards(setting))
    stopped = {name: one.reason_code for name, one in actions.items() if isinstance(one, Block)}
    assert stopped["Panels"] == "feature_off"
    assert stopped["Stored Procedure"] == "api_refused"
    assert stopped["Hidden Title"] == "dependency_not_found"
    assert actions["Panels"].why.startswith("group would refuse it: ")
    assert not {doubt.code for doubt in found.changes.doubts} & {"feature_off", "api_refused", "dependency_not_found"}
    assert len(asked(setting)) == 4, "one shows that dry runs of workbooks are taken, and one a document in doubt"
    assert stopped["Weekly Report"] == "api_refused"
    assert found.ready["group"].tried == "4 tried in the target, which wrote nothing; 4 would be refused"
    assert "Dry runs of documents: 4 tried in the target" in change_set(found.changes, found.ready, found.source)
    result = await setting.run(hazards(setting))
    assert not [row for row in result.reconciliation.rows if row.outcome == "failed"]


async def test_a_target_that_does_not_read_the_flag_is_never_asked_for_a_dry_run_of_a_document(stage):
    setting = stage(builtin("hazards"))
    setting.world.orgs["group"].switches.dry_run = "ignored"
    found, actions = await planned(setting, hazards(setting))
    assert len(asked(setting)) == 1
    assert actions["Panels"].verb == "create"
    assert found.ready["group"].tried.startswith("4 not tried, as nothing shows")
    assert "feature_off" in {doubt.code for doubt in found.changes.doubts}


async def test_features_that_are_on_are_no_matter_of_doubt(stage):
    setting = stage(builtin("hazards"))
    switches = setting.world.orgs["group"].switches
    switches.panels = True
    found, actions = await planned(setting, hazards(setting))
    assert actions["Panels"].verb == "create"
    assert not [
        doubt for doubt in found.changes.doubts if actions["Panels"].key in doubt.keys and doubt.code == "feature_off"
    ]


async def test_every_document_is_asked_about_where_the_plan_says_so(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    await planned(setting, plan)
    assert not asked(setting)
    found, _actions = await planned(setting, replace(plan, run=replace(plan.run, dry_runs="all")))
    said = found.ready["group"].tried
    assert said.endswith("as they read what is not copied yet"), "a model"
    assert len(asked(setting)) == 1 + int(said.split()[0])


async def test_what_only_the_write_can_show_is_said_with_how_many_documents_it_concerns(stage):
    setting = stage(builtin("hazards"))
    found, actions = await planned(setting, without_asking(setting))
    told = {
        doubt.why: [name for name, one in actions.items() if one.key in doubt.keys] for doubt in found.changes.doubts
    }
    assert told["uses page headers and page sidebars, which may be off there"] == ["Panels"]
    assert told["uses stored procedures, which may be off there"] == ["Stored Procedure"]
    assert told["an element hides the title that others name it by"] == ["Hidden Title"]
    text = change_set(found.changes)
    assert "  Only the write can show:\n" in text
    assert "    ? 1 document: uses stored procedures, which may be off there (api_refused)" in text


async def test_a_folder_whose_parents_a_listing_leaves_out_stands_where_it_stands(stage, builtin_world):
    setting = stage(builtin_world())
    await setting.run(loaded(setting, "demo.yaml"))
    org = setting.world.orgs["group"]
    parent = next(i for i in org.inodes.values() if i.type == "folder" and i.name == "Acme AU")
    parent.listings_hidden = 100
    _found, actions = await planned(setting) if setting.sandbox.evidence.clear() is None else (None, {})
    assert {one.verb for one in actions.values()} == {"keep"}


def reading_each_other(world):
    """The model Sales Orders with a table of Executive, which reads Sales Orders."""
    models = {inode.name: inode for inode in world.orgs["acme_au"].inodes.values() if inode.type == "data-model"}
    source = {"kind": "data-model", "dataModelId": models["Executive"].id, "elementId": "exec-sales"}
    columns = [{"id": "back-date", "formula": "[Exec Sales/Order Date]", "name": "Order Date"}]
    table = {
        "id": "back",
        "kind": "table",
        "name": "Back",
        "source": source,
        "columns": columns,
        "order": ["back-date"],
    }
    models["Sales Orders"].versions[-1].body["pages"][0]["elements"].append(table)


async def test_models_that_read_each_other_are_named_before_the_first_write_and_apply_does_as_planned(
    stage, builtin_world
):
    setting = stage(builtin_world())
    reading_each_other(setting.world)
    _found, actions = await planned(setting)
    circle = blocked(actions, "model_cycle")
    assert circle.keys() == {"Sales Orders", "Executive"}
    assert {one.why for one in circle.values()} == {
        (
            "data-model 'Data Models/Core/Sales Orders' reads data-model 'Data Models/Marts/Executive'"
            " reads data-model 'Data Models/Core/Sales Orders', so that none of them can be created first"
        )
    }
    waiting = blocked(actions, "blocked_by")
    assert "Sales Overview" in waiting
    result = await setting.run(loaded(setting, "demo.yaml"))
    rows = {row.source_name: (row.outcome, row.reason_code) for row in result.reconciliation.rows}
    stopped = {name: code for name, (outcome, code) in rows.items() if outcome == "blocked"}
    assert stopped == {**dict.fromkeys(circle, "model_cycle"), **dict.fromkeys(waiting, "blocked_by")}
    assert not [name for name, (outcome, _code) in rows.items() if outcome == "failed"]
    async with setting.migration(loaded(setting, "demo.yaml")) as migration:
        judged = {one.name: one.readiness for one in (await migration.assess()).judged}
    assert {name for name, state in judged.items() if state == "cannot_travel"} >= circle.keys()
