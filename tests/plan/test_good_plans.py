"""Plans that are right: both skins, spreadsheets' habits, YAML's traps, several targets, flags, the examples."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path

import jsonschema
import pytest
import yaml

from migrate.errors import InvalidInput
from migrate.plan.dump import dump_csv, dump_orgs
from migrate.plan.load import load
from migrate.plan.maps import Pair, PathMap
from migrate.plan.match import share_of
from migrate.plan.model import Plan
from migrate.plan.orgs import Expect, FromEnvironment, OfTenant
from migrate.plan.overrides import settable
from migrate.plan.policies import Policy
from migrate.plan.schema import plan_schema
from migrate.plan.selection import Selector
from migrate.plan.tenants import for_target

CASES = Path(__file__).parent / "cases"
PLANS = Path(__file__).parents[2] / "plans"
EXAMPLES = ("demo.yaml", "demo.csv", "replicate-pack.yaml", "from-bundle.yaml", "reference.yaml")
ENVIRON = {
    f"SIGMA_{alias}_{name}": value
    for port, alias in enumerate(("ACME_AU", "GROUP", "EMEA"), 8001)
    for name, value in {
        "BASE_URL": f"http://127.0.0.1:{port}",
        "CLIENT_ID": "an id",
        "CLIENT_SECRET": "never shown",
        "SLUG": "acme-" + alias.removeprefix("ACME_").lower(),
    }.items()
    if (alias, name) != ("ACME_AU", "SLUG")
}


def plan(name: str, **given: object) -> Plan:
    return load(CASES / name, environ=ENVIRON, **given)


@pytest.fixture
def plans(tmp_path):
    folder = tmp_path / "plans"
    shutil.copytree(PLANS, folder)
    (tmp_path / "exports" / "acme").mkdir(parents=True)
    return folder


@pytest.mark.parametrize("name", ["every-kind", "excel"])
def test_both_skins_of_a_plan_are_equal(name):
    assert plan(f"pairs/{name}.csv") == plan(f"pairs/{name}.yaml")


def test_the_demo_is_equal_in_both_skins(plans):
    assert load(plans / "demo.csv", environ=ENVIRON) == load(plans / "demo.yaml", environ=ENVIRON)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_loads_and_each_of_its_targets_is_filled_in(plans, name):
    found = Plan.load(plans / name, environ=ENVIRON)
    assert found.targets
    for target in found.targets:
        own = for_target(found, target)
        assert own.targets == (target,)
        assert own.select.include
        assert "${target" not in repr((own.select, own.map, own.rules))


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.endswith(".yaml")])
def test_the_schema_takes_the_examples(name):
    schema = plan_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load((PLANS / name).read_text("utf-8")), schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", ["unknown-key", "wrong-type", "version-two", "secret-key", "two-operations"])
def test_the_schema_refuses_what_one_key_can_tell(name):
    data = yaml.safe_load((CASES / "bad" / f"{name}.yaml").read_text("utf-8"))
    assert list(jsonschema.Draft202012Validator(plan_schema()).iter_errors(data))


def test_the_schema_describes_every_key_and_tells_the_defaults_of_the_model():
    schema = plan_schema()
    policy = schema["properties"]["policy"]["properties"]
    assert {each.name for each in fields(Policy)} == set(policy)
    for each in fields(Policy):
        usual = getattr(Policy(), each.name)
        assert policy[each.name].get("default") == (asdict(usual) if is_dataclass(usual) else usual)
        assert policy[each.name]["description"]
    assert not [key for key, value in schema["properties"].items() if not value["description"]]


def described(schema, path=""):
    """(path, schema) of every key at any depth, also in each option of a choice."""
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}", inner
        yield from described(inner, f"{path}.{name}")
    for inner in (schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ())):
        if isinstance(inner, dict):
            yield from described(inner, path)


def test_completion_teaches_every_key():
    found = list(described(plan_schema()))
    assert len(found) > 150
    assert [path for path, schema in found if not schema.get("description")] == []
    told = {"enum", "examples", "default"}
    free = [path for path, schema in found if schema.get("type") in ("string", "array") and not told & schema.keys()]
    assert free == []


def test_the_reference_plan_shows_every_key():
    text = (PLANS / "reference.yaml").read_text("utf-8")

    def keys(schema):
        for name, inner in schema.get("properties", {}).items():
            yield name
            yield from keys(inner)
        for inner in [*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")]:
            if isinstance(inner, dict):
                yield from keys(inner)

    assert [key for key in keys(plan_schema()) if not re.search(rf"\b{key}\b", text)] == []


def test_words_stay_words():
    found = plan("good/words.yaml")
    assert found.name == "words"
    assert (found.source.org, found.targets) == ("on", ("off",))
    assert found.orgs["off"].expect.slug == "no"
    assert found.orgs["off"].credentials == FromEnvironment(prefix="B")
    names = [(rule.name, rule.id) for rule in found.select.include]
    assert names == [
        ("no", None),
        ("2024-05-01", None),
        ("007", None),
        ("12:30:45", None),
        ("1e3", "0x1F"),
        (None, None),
        ("~", None),
    ]


def test_targets_that_differ_have_their_own_variant():
    found = plan("good/two-targets.csv")
    assert found.targets == ("group", "emea")
    assert found.select.include == ()
    group, emea = for_target(found, "group"), for_target(found, "emea")
    assert group.map.folders == (Pair(source="Shared/Finance", target="A"),)
    assert emea.map.folders == (Pair(source="Shared/Finance", target="B"),)
    assert emea.select.include == (Selector(folder="Shared/Finance"), Selector(type="workbook", name="0012"))
    assert plan("good/two-targets.csv", target="emea") == emea_alone(emea)


def emea_alone(emea: Plan) -> Plan:
    return replace(emea, orgs={alias: org for alias, org in emea.orgs.items() if alias != "group"})


def test_an_unknown_target_names_the_nearest():
    for name in ("good/two-targets.csv", "pairs/excel.yaml"):
        with pytest.raises(InvalidInput, match="did you mean emea"):
            plan(name, target="emae")
    with pytest.raises(InvalidInput, match="did you mean emea"):
        for_target(plan("pairs/excel.yaml"), "emae")


def test_one_target_of_a_yaml_plan():
    assert plan("pairs/excel.yaml", target="emea").targets == ("emea",)


def test_a_bundle_is_copied_whole_and_its_path_is_relative_to_the_plan(plans):
    found = load(plans / "from-bundle.yaml", environ=ENVIRON)
    assert found.select.include == (Selector(),)
    assert found.source.bundle == plans.parent / "exports" / "acme"


def test_lines_tell_where_values_stand():
    found = plan("pairs/every-kind.yaml")
    assert found.lines["map.connections.0.to"] == (str(CASES / "pairs/every-kind.yaml"), 21, 11)
    assert plan("pairs/every-kind.csv").lines["map.folders.0.to"] == (str(CASES / "pairs/every-kind.csv"), 4, 5)


def test_the_digest_is_that_of_the_file_and_of_what_goes_over_it():
    path = CASES / "pairs/excel.yaml"
    assert plan("pairs/excel.yaml").sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert plan("pairs/excel.yaml", overrides={"policy.drift": "keep"}).sha256 != plan("pairs/excel.yaml").sha256


def test_flags_go_over_the_file():
    given = {
        "policy.existing": "skip",
        "run.timeout": "0.5",
        "verify": "exists, hash",
        "verify.unchanged": "sample 2.5%",
        "name": "other",
        "report.dir": "out",
    }
    found = plan("pairs/excel.csv", overrides=given)
    assert (found.policy.existing, found.run.timeout, found.verify.levels) == ("skip", 0.5, ("exists", "hash"))
    assert share_of(found.verify.unchanged) == 0.025
    assert (found.name, found.report.dir) == ("other", Path("out"))


def test_a_wrong_flag_is_a_problem_of_the_plan():
    with pytest.raises(InvalidInput) as caught:
        plan("pairs/excel.yaml", overrides={"policy.exsting": "skip", "policy.drift": "kep", "orgs.group": "x"})
    told = sorted(str(each) for each in caught.value.problems)
    assert told[0].startswith("orgs.group: this cannot be set by a flag")
    assert told[1:] == [
        "policy.drift: 'kep' is not one of fail, keep or overwrite (did you mean keep?)",
        "policy.exsting: this cannot be set by a flag (did you mean policy.existing?)",
    ]
    assert "policy.existing" in settable()


def test_orgs_of_a_csv_plan_from_a_file(tmp_path):
    expected = plan("pairs/excel.csv")
    orgs = tmp_path / "orgs.yaml"
    orgs.write_text(dump_orgs(expected, CASES / "pairs"), encoding="utf-8")
    assert load(CASES / "pairs/excel.csv", orgs=orgs, environ={}) == expected
    with pytest.raises(InvalidInput, match="keep one of them"):
        load(CASES / "pairs/excel.yaml", orgs=orgs, environ={})
    orgs.write_text("source: x\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        load(CASES / "pairs/excel.csv", orgs=orgs, environ=ENVIRON)
    assert "the key orgs is missing" in str(caught.value)


@pytest.mark.parametrize("name", ["every-kind", "excel"])
def test_a_written_csv_reads_back_equal(tmp_path, name):
    expected = plan(f"pairs/{name}.yaml", overrides={"name": "back"})
    path = tmp_path / "back.csv"
    path.write_text(dump_csv(expected), encoding="utf-8")
    assert load(path, environ=ENVIRON) == expected


def test_what_a_csv_cannot_say_is_refused(plans):
    for name in ("reference.yaml", "replicate-pack.yaml", "from-bundle.yaml"):
        with pytest.raises(ValueError, match="CSV"):
            dump_csv(load(plans / name, environ=ENVIRON))


def test_a_plan_without_suffix_is_told_by_its_content(tmp_path):
    for skin in ("yaml", "csv"):
        path = tmp_path / "plan"
        path.write_bytes((CASES / f"pairs/excel.{skin}").read_bytes())
        assert load(path, environ=ENVIRON).targets == ("group", "emea")


def test_tenants_become_orgs(plans):
    found = load(plans / "replicate-pack.yaml", environ={})
    assert found.targets == ("north", "south", "overseas")
    assert [tenant.tenant for tenant in found.tenants] == ["north", "south", "overseas", "west"]
    north, overseas = found.orgs["north"], found.orgs["overseas"]
    assert north.credentials == OfTenant(parent="parent", tenant_id="3b0f5a56-1c1e-4a55-9e43-6a8f3a0a1d01")
    assert north.expect.organization_id == north.credentials.tenant_id
    assert overseas.credentials == FromEnvironment(prefix="SIGMA_OVERSEAS")
    own = for_target(found, "overseas")
    paths = own.map.connections[0].paths
    assert paths == (PathMap(source=("TEMPLATE", "RETAIL", "*"), target=("OVERSEAS_DW", "RETAIL_EU", "*")),)
    assert (for_target(found, "south").policy.drift, for_target(found, "north").policy.drift) == ("overwrite", "keep")


def test_a_row_gives_all_that_can_be_expected_of_an_org(plans):
    table = plans / "tenants.csv"
    table.write_text(
        "tenant,base_url,credentials,tenant_of,tenant_id,slug,organization_id\n"
        "fresh,https://api.eu.aws.sigmacomputing.com,env:F,,,,org-1\n"
        "both,https://api.eu.aws.sigmacomputing.com,env:B,,,acme-both,org-2\n"
        "child,,,parent,org-3,,org-3\n",
        "utf-8",
    )
    (plans / "plan.yaml").write_text(
        (plans / "replicate-pack.yaml").read_text("utf-8").partition("\nmap:")[0].replace("${target", "{target"),
        "utf-8",
    )
    found = load(plans / "plan.yaml", environ={})
    expected = {alias: found.orgs[alias].expect for alias in found.targets}
    assert expected == {
        "fresh": Expect(organization_id="org-1"),
        "both": Expect(organization_id="org-2", slug="acme-both"),
        "child": Expect(organization_id="org-3"),
    }
    table.write_text(table.read_text("utf-8").replace("parent,org-3,,org-3", "parent,org-3,,org-4"), "utf-8")
    with pytest.raises(InvalidInput, match="organization_id and tenant_id name two organizations"):
        load(plans / "plan.yaml", environ={})


def test_a_cell_with_dots_and_templates_is_put_in_and_not_looked_at(plans):
    table = plans / "tenants.csv"
    table.write_text(table.read_text("utf-8").replace("NORTH_DW", "NORTH.DW ${target.slug} ${env.HOME}"), "utf-8")
    own = for_target(load(plans / "replicate-pack.yaml", environ={}), "north")
    assert own.map.connections[0].paths[0].target == ("NORTH.DW ${target.slug} ${env.HOME}", "RETAIL", "*")
