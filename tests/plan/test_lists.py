"""Lists of documents: a rule for each id, at its line; and what else a rule may ask of a document."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from migrate.errors import InvalidInput
from migrate.inventory.account import Rules, at_least, idle_rules, takes
from migrate.inventory.model import Identity, Inventory, Item, Key, VersionTag
from migrate.plan.lists import expanded, ids_in
from migrate.plan.load import load
from migrate.plan.selection import Select, Selector

TEXT = """version: 1
orgs:
  au: {base_url: "https://api.au.aws.sigmacomputing.com", credentials: "env:AU"}
  group: {base_url: "https://api.us-a.aws.sigmacomputing.com", credentials: "env:GR", access: write, expect: {slug: g}}
source: au
targets: [group]
select:
  include:
  - {folder: Shared}
  - {list: chosen.txt}
  - {name: Close}
"""


@pytest.fixture
def plan(tmp_path):
    """Loads a plan beside which a list lies."""

    def made(listed, text=TEXT, stdin=None):
        if listed is not None:
            (tmp_path / "chosen.txt").write_text(listed, encoding="utf-8")
        path = tmp_path / "plan.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, stdin=stdin)

    return made


def test_the_first_word_of_a_line_is_an_id_and_the_rest_a_note():
    text = "\ufeffid,name\na  # workbook Close\n\n# nothing\n'b';x\n c\n"
    assert list(ids_in(text)) == [(2, "a"), (5, "b"), (6, "c")]
    assert list(ids_in("a\nid\n")) == [(1, "a"), (2, "id")]


def test_a_list_becomes_a_rule_for_each_id_at_its_line(plan, tmp_path):
    found = plan("a\nb\na\n")
    assert [(one.folder, one.id, one.name, one.list) for one in found.select.include] == [
        ("Shared", None, None, None),
        (None, "a", None, None),
        (None, "b", None, None),
        (None, None, "Close", None),
    ]
    places = [found.lines[f"select.include.{index}"] for index in range(4)]
    assert [line for _, line, _ in places] == [9, 1, 2, 11]
    assert places[2][0].endswith("chosen.txt")
    assert plan("a\nb\na\n").sha256 == found.sha256 != plan("a\n").sha256


def test_what_is_listed_and_not_there_is_told_with_its_line(plan):
    select = plan("a\nnowhere\n").select
    lines = plan("a\nnowhere\n").lines
    (problem,) = idle_rules(replace(select, include=select.include[:3]), THERE, lines)
    assert (problem.line, problem.value) == (2, "{id: 'nowhere'}")
    assert problem.file.endswith("chosen.txt")


def test_an_empty_list_is_a_rule_that_takes_nothing(plan):
    found = plan("# nobody yet\n")
    assert [problem.path for problem in idle_rules(found.select, THERE, found.lines)] == [
        "select.include.1",
        "select.include.2",
    ]


def test_a_list_that_cannot_be_read_and_one_beside_an_id_are_refused(plan):
    with pytest.raises(InvalidInput) as caught:
        plan(None)
    assert "chosen.txt" in str(caught.value.problems[0])
    with pytest.raises(InvalidInput) as caught:
        plan("a", TEXT.replace("{list: chosen.txt}", "{list: chosen.txt, id: x}"))
    assert [problem.path for problem in caught.value.problems] == ["select.include.1.id"]
    with pytest.raises(InvalidInput) as caught:
        plan("a", TEXT.replace("{list: chosen.txt}", "{updated_since: yesterday}"))
    assert [problem.path for problem in caught.value.problems] == ["select.include.1.updated_since"]


def test_standard_input_is_a_list(plan):
    found = plan(None, TEXT.replace("chosen.txt", '"-"'), io.BytesIO(b"a\nb\n"))
    assert [one.id for one in found.select.include] == [None, "a", "b", None]
    assert found.lines["select.include.2"] == ("standard input", 2, 1)


def test_rules_without_a_list_stay_as_they_are():
    select = Select(include=(Selector(folder="A"),), exclude=(Selector(list="x", folder="B"),))
    made, lines = expanded(select, {"select.exclude.0": ("p", 1, 1), "name": ("p", 9, 9)}, lambda *_: ("x", "a\nb"))
    assert made.include == select.include
    assert made.exclude == (Selector(folder="B", id="a"), Selector(folder="B", id="b"))
    assert lines["name"] == ("p", 9, 9)


def item(one, **more):
    key = Key(org="au", kind="workbook", id=one)
    return Item(key=key, name=f"Book {one}", folder_id="f", path=("Shared",), version=1, url_id=f"u{one}", **more)


ITEMS = (
    item(
        "a",
        owner="Ada@acme.com",
        tagged=(VersionTag(id="p", name="Prod"), VersionTag(id="r", name="Review")),
        updated_at="2026-11-03T10:00:00.000Z",
    ),
    item("b", owner="bob@other.org", updated_at="2026-10-01T10:00:00.000Z"),
    item("c"),
)
THERE = Inventory(
    org="au",
    identity=Identity(user_id="u", organization_id="o", slug="au"),
    items={one.key: one for one in ITEMS},
)


@pytest.mark.parametrize(
    ("rule", "taken"),
    [
        ({"tag": "Prod"}, "a"),
        ({"owner": "ada@acme.com"}, "a"),
        ({"owner": "*@OTHER.org"}, "b"),
        ({"updated_since": "2026-11-03"}, "a"),
        ({"updated_since": "2026-11-03T10:00:00Z"}, "a"),
        ({"updated_since": "2026-11-03T10:00:01+00:00"}, ""),
        ({"updated_since": "2026-09-01", "owner": "*"}, "ab"),
        ({"id": "ub"}, "b"),
        ({"id": "b", "name": "Other"}, ""),
        ({}, "abc"),
    ],
)
def test_what_a_rule_may_ask(rule, taken):
    made = Selector(**rule)
    assert "".join(one.key.id for one in ITEMS if takes(made, one)) == taken
    assert "".join(one.key.id for one in ITEMS if Rules([made]).taking(one)) == taken


def test_times_without_a_zone_are_utc_and_unreadable_ones_are_not_later():
    assert at_least("2026-11-01T00:00:00Z", "2026-11-01")
    assert not at_least("2026-11-01T00:00:00+02:00", "2026-11-01")
    assert not at_least("", "2026-11-01")


@pytest.mark.parametrize(
    ("rule", "fix"),
    [
        ({"tag": "prod"}, "did you mean 'Prod', which differs in upper and lower case?"),
        ({"owner": "ada@acme.co"}, "Ada@acme.com"),
    ],
)
def test_a_tag_or_owner_that_nobody_has_is_told_with_what_is_near(rule, fix):
    (problem,) = idle_rules(Select(include=(Selector(**rule),)), THERE, {})
    assert fix in problem.fix
    assert next(iter(rule)) in problem.value


def test_a_flag_reaches_a_block_inside_a_block(plan, tmp_path):
    plan("a\n")
    found = load(tmp_path / "plan.yaml", overrides={"policy.scope_shrink.max_percent": "100", "carry.grants": "mapped"})
    assert (found.policy.scope_shrink.max_percent, found.carry.grants) == (100.0, "mapped")
    with pytest.raises(InvalidInput):
        load(tmp_path / "plan.yaml", overrides={"select.include": "a"})
