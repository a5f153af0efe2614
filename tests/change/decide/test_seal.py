"""A change set as a file: everything comes back, and nobody changes it unnoticed."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace

import jsonschema
import orjson
import pytest

from migrate.change.actions import Keep, main_actions
from migrate.change.decide import decide
from migrate.change.model import ChangeSet
from migrate.change.seal import _BESIDE, SCHEMA, dump, read, seal_of, sealed, to_tree
from migrate.errors import InvalidInput, Problem
from migrate.report.schema import schema_of
from migrate.rewrite.model import Change, ColumnId, DocumentId, ElementId, GroupingId, Hole, Reference, Residual, UrlId
from migrate.tree import digest

REFERENCES = (Reference(path=("b",), row="url", before="b", resolution="mapped", after=None, note="n"),)


@pytest.fixture
def changes(make):
    holes = (
        Hole(path=("a", 0, "0"), key=make.dm(1), wants=ColumnId(element="e", column="c")),
        Hole(path=("b",), key=make.wb(2), wants=UrlId(), span=(3, 9)),
        Hole(path=("b",), key=make.dm(1), wants=ElementId(element="e", quoted=True), span=(10, 12)),
        Hole(path=("c",), key=make.dm(1), wants=ElementId(element="e")),
        Hole(path=("d",), key=make.dm(1), wants=GroupingId(element="e", grouping="g")),
        Hole(path=("e",), key=make.dm(1), wants=DocumentId()),
    )
    draft = replace(
        make.draft(make.wb(1), folder=("a/b", "..", "\u202e"), description="=cmd()", name="x" * 10_000),
        body={"n": [1, 1.5, None, True, "1", {"0": []}]},
        holes=holes,
        references=REFERENCES,
        changes=(Change(code="rule:x", path=("b", 1), before="1", after="2"),),
        residuals=(Residual(code="text_normalized", message="m", path=("t", 0)),),
    )
    model = make.draft(make.dm(1))
    refused = make.draft(make.wb(3), refusals=(Problem(code="not_portable", message="an image", line=3),))
    elements = {"old": make.ElementIds(id="new", columns={"a": "b"})}
    mapped = {make.dm(9): make.Copied(id="t", elements=elements)}
    found = decide(make.sight(draft, model, make.draft(make.wb(2)), refused, mapped=mapped))
    return sealed(
        ChangeSet(
            plan="p",
            plan_sha256="s",
            created_at="2026-11-22T10:00:00Z",
            source_organization_id="o",
            targets=(found,),
            plan_file="/plans/p.yaml",
            made_from={"source": "1"},
            warnings=("w",),
            left_out={"personal": 2},
        )
    )


def test_everything_comes_back(tmp_path, changes, make):
    path = tmp_path / "changes.json"
    path.write_bytes(dump(changes))
    again = read(path)
    assert again == changes
    assert dump(again) == dump(changes)
    draft = next(a.draft for a in main_actions(again.targets[0].waves) if a.key.id == "w1")
    assert make.full(draft).holes[0].path == ("a", 0, "0"), "a number is a place in a list, a text is a key"
    assert make.full(draft).references == REFERENCES


def test_the_bytes_are_those_of_the_whole_tree(changes):
    tree = to_tree(changes)
    told = orjson.loads(dump(changes))
    assert {name: value for name, value in told.items() if name not in ("schema", "sha256")} == tree
    assert seal_of(changes) == _digest_without_words(tree)
    assert told["sha256"] == digest({name: value for name, value in tree.items() if name not in _BESIDE})


def _digest_without_words(tree):
    targets = [
        {**target, "waves": [[_wordless(action) for action in wave] for wave in target["waves"]]}
        for target in tree["targets"]
    ]
    return digest({name: value for name, value in (tree | {"targets": targets}).items() if name not in _BESIDE})


def _wordless(action):
    return {name: value for name, value in action.items() if name not in ("why", "next_action", "thing")}


def test_a_large_change_set_is_written_an_action_at_a_time(changes):
    (target,) = changes.targets
    some = tuple(action for wave in target.waves for action in wave if len(str(action)) < 3_000)
    large = replace(changes, targets=(replace(target, waves=(some * 200,)),))
    made = len(dump(large))
    tracemalloc.start()
    dump(large)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 200_000 < made < peak < 6 * made


def test_the_clock_and_what_it_was_made_from_do_not_count(changes):
    later = replace(changes, created_at="2027-01-01T00:00:00Z", made_from={}, warnings=(), left_out={}, seal="")
    assert seal_of(later) == changes.seal
    assert seal_of(replace(changes, plan_sha256="other")) != changes.seal


def change(tree, *path, to):
    for step in path[:-1]:
        tree = tree[step]
    tree[path[-1]] = to


ACTION = ("targets", 0, "waves", 0, 0)


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("plan_file",), "/tmp/other.yaml"),
        (("source_organization_id",), "x"),
        (("targets", 0, "organization_id"), "x"),
        ((*ACTION, "why"), "no reason"),
        ((*ACTION, "target_id"), "another document"),
        ((*ACTION, "verb"), "create"),
        (("seal",), "0" * 64),
        (("seal",), ""),
    ],
)
def test_a_file_that_somebody_changed_is_refused(tmp_path, changes, path, to):
    tree = json.loads(dump(changes))
    change(tree, *path, to=to)
    (tmp_path / "c.json").write_text(json.dumps(tree))
    with pytest.raises(InvalidInput, match=r"seal does not fit|is no change set") as caught:
        read(tmp_path / "c.json")
    assert caught.value.problems[0].code == "change_set_invalid"
    assert caught.value.exit_code == 3


def test_another_body_is_refused(tmp_path, changes):
    digest_of = next(a.draft.digest for a in main_actions(changes.targets[0].waves) if a.key.id == "w1")
    text = dump(changes).replace(digest_of.encode(), b"0" * 64)
    (tmp_path / "c.json").write_bytes(text)
    with pytest.raises(InvalidInput, match="seal"):
        read(tmp_path / "c.json")


def test_other_white_space_is_the_same_change_set(tmp_path, changes):
    (tmp_path / "c.json").write_text(json.dumps(json.loads(dump(changes))))
    assert read(tmp_path / "c.json") == changes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"schema": "sigma-migrate.changes/3"}',
        '{"schema": "sigma-migrate.changes/1"}',
        '{"schema": "sigma-migrate.changes/1", "targets": [], "seal": 3}',
        f'{{"schema": "{SCHEMA}"}}',
        f'{{"schema": "{SCHEMA}", "targets": 3}}',
        "version: 1\n",
        "\udcff",
    ],
)
def test_files_that_are_no_change_sets(tmp_path, text):
    (tmp_path / "c.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InvalidInput, match=r"c\.json"):
        read(tmp_path / "c.json")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InvalidInput, match="No such file"):
        read(tmp_path / "c.json")


def test_the_file_is_as_its_schema_says(changes):
    jsonschema.validate(json.loads(dump(changes)), schema_of("change-set"))


def test_the_tree_is_plain_json(changes):
    assert json.loads(json.dumps(to_tree(changes))) == to_tree(changes)


ONE = {
    "id": "",
    "verb": "",
    "target": "group",
    "key": None,
    "draft": None,
    "why": "w",
    "reason_code": "",
    "next_action": "",
    "blocked_by": None,
    "after": [],
    "folder": [],
    "folder_id": None,
    "target_id": "",
    "version": 0,
    "rename_to": "",
    "moved": False,
    "outcome": None,
    "settles": 0,
    "elements": {},
}


def with_its_body(draft, make):
    """The draft as it was when its body stood in the change set itself."""
    large = orjson.loads(orjson.dumps(make.body(draft["digest"])))
    return {name: value for name, value in draft.items() if name not in ("digest", "needs", "counts")} | large


def with_first_holes(draft):
    """The draft with its holes as they were: one shape for all that can go into one."""
    return draft | {name: [first_hole(hole) for hole in draft[name]] for name in ("holes", "description_holes")}


def first_hole(hole):
    wants = hole["wants"]
    kind = "url-element" if wants.get("quoted") else wants["kind"]
    inner = wants.get("grouping") or wants.get("column") or ""
    rest = {name: value for name, value in hole.items() if name != "wants"}
    return rest | {"kind": kind, "element": wants.get("element", ""), "inner": inner}


def of_the_second_form(changes, make):
    """The file as it was when every draft held its body."""
    tree = to_tree(changes)
    del tree["not_copied"]
    for target in tree["targets"]:
        del target["scope_changes"], target["copied_before"]
        for wave in target["waves"]:
            for at, action in enumerate(wave):
                wave[at] = action | ({"draft": with_its_body(action["draft"], make)} if action.get("draft") else {})
    return sealed_as_before(tree, "sigma-migrate.changes/2")


def sealed_as_before(tree, schema):
    beside = ("seal", "created_at", "made_from", "warnings", "left_out", "not_copied", "unread", "doubts")
    beside = (*beside, "settings", "orgs_file", "schema")
    return tree | {
        "seal": digest({name: value for name, value in tree.items() if name not in beside}),
        "schema": schema,
    }


def of_the_first_form(changes, make):
    """The file as the first version wrote it: flat actions, every field in each."""
    tree = {name: value for name, value in of_the_second_form(changes, make).items() if name != "schema"}
    for target in tree["targets"]:
        for wave in target["waves"]:
            for at, action in enumerate(wave):
                action = action | ({"draft": with_first_holes(action["draft"])} if action.get("draft") else {})
                wave[at] = ONE | action | ({"verb": "skip", "outcome": "unchanged"} if action["verb"] == "keep" else {})
    return sealed_as_before(tree, "sigma-migrate.changes/1")


@pytest.mark.parametrize("form", [of_the_first_form, of_the_second_form])
def test_a_file_of_a_form_before_is_read_as_todays(tmp_path, changes, make, form):
    kept = Keep(
        id="keep:workbook:w7",
        target="group",
        key=make.wb(7),
        draft=make.put_away(make.draft(make.wb(7))),
        target_id="t",
    )
    changes = sealed(
        replace(changes, targets=(replace(changes.targets[0], waves=(*changes.targets[0].waves, (kept,))),))
    )
    path = tmp_path / "c.json"
    path.write_text(json.dumps(form(changes, make)))
    assert read(path) == changes


@pytest.mark.parametrize("form", [of_the_first_form, of_the_second_form])
def test_a_file_of_a_form_before_that_somebody_changed_is_refused(tmp_path, changes, make, form):
    tree = form(changes, make)
    tree["plan_file"] = "/tmp/other.yaml"
    (tmp_path / "c.json").write_text(json.dumps(tree))
    with pytest.raises(InvalidInput, match="seal"):
        read(tmp_path / "c.json")
