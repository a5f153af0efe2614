"""Assess and init as a consultant meets them: a bundle, no network, worksheets there and back."""

from __future__ import annotations

import json

import openpyxl
import pytest

from migrate.plan.model import Plan


@pytest.fixture
def bundle(desk):
    """What was exported of the source."""
    done = desk.call("export", desk.plan(), "-o", "exports")
    assert done.returncode == 0, done.stderr
    return desk.folder / "exports"


NO_NETWORK = {"SIGMA_NORTH_BASE_URL": "", "SIGMA_GROUP_BASE_URL": "", "HTTPS_PROXY": "http://127.0.0.1:9"}


def test_from_a_bundle_to_a_plan_that_validates_without_a_network(desk, bundle):
    done = desk.call("assess", bundle, "-o", "client", environ=NO_NETWORK)
    assert done.returncode == 0, done.stderr
    assert "documents can be copied once 1 connection is mapped" in " ".join(done.stdout.split())
    sheet = desk.folder / "client" / "mapping.xlsx"
    book = openpyxl.load_workbook(sheet)
    assert book["connections"]["A2"].value == "Warehouse"
    book["connections"]["B2"] = "Group Warehouse"
    book.save(sheet)
    done = desk.call("init", "plan2.yaml", "--bundle", bundle, "--from", sheet, environ=NO_NETWORK)
    assert done.returncode == 0, done.stderr
    done = desk.call("validate", "plan2.yaml", environ=NO_NETWORK)
    assert done.returncode == 0, done.stderr
    assert "slug: to-be-filled-in" in (desk.folder / "plan2.yaml").read_text("utf-8")


def test_a_plan_and_its_bundle_are_assessed_alike(desk, bundle):
    of_plan, of_bundle = desk.data("assess", desk.plan()), desk.data("assess", bundle)
    assert of_plan["readiness"] == of_bundle["readiness"]
    names = [{(need["kind"], need["name"]) for need in each["needs"]} for each in (of_plan, of_bundle)]
    assert names[0] == names[1]
    assert ("connection", "Warehouse") in names[0]


def test_what_is_ready_is_planned_as_create_and_nothing_was_written(desk):
    ready = {one["name"] for one in desk.data("assess", desk.plan())["documents"] if one["readiness"] != "decision"}
    changes = desk.data("plan", desk.plan())
    made = {
        action["draft"]["name"]
        for target in changes["targets"]
        for wave in target["waves"]
        for action in wave
        if action["verb"] == "create"
    }
    assert ready == made
    assert not desk.running.sandbox.evidence.writes()


def test_a_target_feeds_the_lists(desk):
    desk.call("assess", desk.plan(), "--target", "group", "-o", "client")
    book = openpyxl.load_workbook(desk.folder / "client" / "mapping.xlsx")
    [rule] = book["connections"].data_validations.dataValidation
    assert "Group Warehouse" in rule.formula1


def test_an_inventory_of_the_target_feeds_the_lists_without_a_network(desk, bundle):
    assert desk.call("inventory", desk.plan(), "-o", "seen").returncode == 0
    done = desk.call("assess", bundle, "--from", "seen", "-o", "client", environ=NO_NETWORK)
    assert done.returncode == 0, done.stderr
    sheet = desk.folder / "client" / "mapping.xlsx"
    book = openpyxl.load_workbook(sheet)
    [rule] = book["connections"].data_validations.dataValidation
    assert "Group Warehouse" in rule.formula1
    assert book["connections"]["F2"].value == "Group Warehouse"
    book["connections"]["B2"] = book["connections"]["F2"].value
    paths = book["paths"]
    assert [[cell.value for cell in row] for row in paths["B2:B3"]] == [["DW.SALES.*"], ["DW.SALES.ORDERS"]]
    assert (paths["G2"].value, paths["G3"].value) == ("GW.AU.*", "GW.AU.ORDERS")
    [rule] = paths.data_validations.dataValidation
    assert rule.formula1.strip('"').split(",") == ["GW.AU.*", "GW.AU.ORDERS"]
    paths["C2"] = paths["G2"].value
    book.save(sheet)
    more = ["--from", sheet, "--target-from", "seen"]
    done = desk.call("init", "plan2.yaml", "--bundle", bundle, *more, environ=NO_NETWORK)
    assert done.returncode == 0, done.stderr
    assert "sigma-migrate validate plan2.yaml" in done.stdout
    told = desk.call("rehearse", "plan2.yaml", "--from", "seen", "--quiet", environ=NO_NETWORK)
    assert told.returncode == 0, told.stderr
    assert "3 created = 3" in told.stdout
    [target] = Plan.load(desk.folder / "plan2.yaml").orgs.values()
    assert (target.alias, target.expect.organization_id) == ("group", desk.group.id)
    [pair] = Plan.load(desk.folder / "plan2.yaml").map.connections
    assert (pair.source, pair.target) == ("Warehouse", "Group Warehouse")
    assert [(one.source, one.target) for one in pair.paths] == [(("DW", "SALES", "*"), ("GW", "AU", "*"))]


def test_an_inventory_that_does_not_hold_what_is_asked_for_says_what_it_holds(desk, bundle):
    desk.call("inventory", desk.plan(), "-o", "seen")
    done = desk.call("assess", bundle, "--from", "seen", "--target", "elsewhere")
    assert (done.returncode, "it holds group, north" in done.stderr) == (3, True)
    assert desk.call("assess", bundle, "--from", bundle).returncode == 3


@pytest.mark.parametrize("more", [["--target", "group"], ["--set", "policy.existing=skip"]])
def test_what_a_bundle_has_no_use_for_is_wrong_use(desk, bundle, more):
    done = desk.call("assess", bundle, *more)
    assert done.returncode == 64
    assert "is a bundle" in done.stderr


def test_json_names_the_files(desk, bundle):
    tree = desk.data("assess", bundle, "-o", "client")
    assert json.loads((desk.folder / "client" / "assessment.json").read_text("utf-8"))["schema"] == tree["schema"]
    assert any(name.endswith("mapping.xlsx") for name in tree["files"])


@pytest.mark.parametrize(
    "wrong",
    [[], ["--source", "a", "--bundle", "b"], ["--bundle", "exports", "--from", "nowhere.xlsx"]],
)
def test_init_looks_at_one_source(desk, wrong):
    assert desk.call("init", "x.yaml", *wrong).returncode == 64
