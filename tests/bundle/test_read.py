"""Folders of specs as people keep them: edited, saved by hand, incomplete, broken, or lying."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pytest

from migrate.bundle.read import kind_of, load
from migrate.bundle.store import save
from migrate.errors import InvalidInput
from migrate.yaml.write import to_yaml

MODEL = {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": [{"id": "t", "kind": "table"}]}]}
INNER = {"schemaVersion": 1, "kind": "workbook", "pages": [], "elements": []}


def refused(folder):
    with pytest.raises(InvalidInput) as caught:
        load(folder)
    assert {problem.code for problem in caught.value.problems} == {"bundle_invalid"}
    return caught.value.problems


def document(folder, kind):
    return next((folder / kind).rglob("*--*.json"))


def test_an_edited_spec_is_welcome(tmp_path, whole):
    save(tmp_path, *whole)
    path = document(tmp_path, "data-models")
    tree = json.loads(path.read_text())
    tree["name"] = "Orders, renamed"
    tree["pages"][0]["elements"][0]["source"] = {"kind": "data-model", "dataModelId": "new", "elementId": "x"}
    path.write_text(json.dumps(tree))
    inventory, bundle = load(tmp_path)
    key = next(key for key in bundle.specs if key.kind == "data-model")
    assert bundle.specs[key].name == "Orders, renamed"
    assert inventory.items[key].name == "Orders, renamed", "the selection sees the new name too"
    assert inventory.items[key].reads == ("new",), "what it reads now comes before it"
    assert bundle.specs[key].body["pages"][0]["elements"][0]["source"]["dataModelId"] == "new"


def test_a_spec_may_be_replaced_by_one_of_another_generation(tmp_path, whole):
    save(tmp_path, *whole)
    path = next(p for p in (tmp_path / "workbooks").rglob("*.json") if "passwd" in p.name)
    path.write_text(json.dumps({"name": "N", "folderId": "f", "document": INNER}))
    _, bundle = load(tmp_path)
    assert {spec.generation for spec in bundle.specs.values()} == {"flat", "document", "contents"}


def test_every_trouble_of_an_export_is_told_at_once(tmp_path, whole):
    save(tmp_path, *whole)
    gone = document(tmp_path, "data-models")
    gone.unlink()
    cut, other = sorted((tmp_path / "workbooks").rglob("*.json"))
    cut.write_bytes(cut.read_bytes()[:40])
    other.write_text('{"hello": "world"}')
    (tmp_path / "teams.json").write_text("[{]")
    found = {problem.file: problem.message for problem in refused(tmp_path)}
    assert found.keys() == {str(gone), str(cut), str(other), str(tmp_path / "teams.json")}
    assert "No such file" in found[str(gone)]
    assert "is not json" in found[str(cut)]


@pytest.mark.parametrize("name", ["../outside.json", "/etc/hostname", "workbooks/../../outside.json", "a\0b"])
def test_a_manifest_that_points_outside_is_refused(tmp_path, whole, name):
    folder = tmp_path / "in"
    save(folder, *whole)
    (tmp_path / "outside.json").write_text(json.dumps({"name": "X", "folderId": "", **MODEL}))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["documents"][0]["file"] = name
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "leaves the bundle" in refused(folder)[0].message


def test_a_link_that_points_outside_is_refused(tmp_path, whole):
    folder = tmp_path / "in"
    save(folder, *whole)
    (tmp_path / "outside.json").write_text(json.dumps(MODEL))
    path = document(folder, "data-models")
    path.unlink()
    path.symlink_to(tmp_path / "outside.json")
    assert "leaves the bundle" in refused(folder)[0].message


@pytest.mark.parametrize("key", ["documents", "source", "unreadable", "api_generation"])
def test_a_manifest_without_its_parts_is_refused_by_name(tmp_path, whole, key):
    save(tmp_path, *whole)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    del manifest[key]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert key in refused(tmp_path)[0].message


@pytest.mark.parametrize(
    "change",
    [{"documents": ["x"]}, {"documents": [{"kind": "report"}]}, {"documents": 3}, {"source": []}, {"unreadable": [3]}],
)
def test_a_manifest_of_another_shape_is_refused(tmp_path, whole, change):
    save(tmp_path, *whole)
    manifest = json.loads((tmp_path / "manifest.json").read_text()) | change
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert refused(tmp_path)[0].file == str(tmp_path / "manifest.json")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": "sigma-migrate.bundle/9"}', "null", "\xff"])
def test_a_folder_with_some_other_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, encoding="latin-1")
    assert refused(tmp_path)


@pytest.mark.parametrize("rows", ['{"a": 1}', "[1]", "[{}]", '[{"id": "x"}]'])
def test_a_table_of_another_shape_is_refused(tmp_path, whole, rows):
    save(tmp_path, *whole)
    (tmp_path / "connections.json").write_text(rows)
    assert refused(tmp_path)[0].file.endswith("connections.json")


def test_a_table_somebody_took_out_is_empty(tmp_path, whole):
    save(tmp_path, *whole)
    (tmp_path / "members.json").unlink()
    assert load(tmp_path)[0].members == {}


def test_no_folder(tmp_path):
    assert "no such folder" in refused(tmp_path / "nowhere")[0].message


def test_an_empty_folder(tmp_path):
    assert "no spec files" in refused(tmp_path)[0].message


SERVED = {"dataModelId": "m1", "name": "M", "folderId": "f", "documentVersion": 4, **MODEL}
OLD = {"workbookId": "w1", "name": "W", "pages": [], "layout": "", "schemaVersion": 1}
LOOSE = [
    ("m.json", SERVED, "data-model", "m1", "flat"),
    ("w.json", OLD, "workbook", "w1", "flat"),
    ("w.yaml", {"workbookId": "w1", "name": "W", "document": INNER}, "workbook", "w1", "document"),
    ("w.yml", {"workbookId": "w1", "name": "W", "contents": INNER}, "workbook", "w1", "contents"),
    ("no-id--abc.json", {"name": "W", "folderId": "f", "contents": INNER}, "workbook", "abc", "contents"),
    ("data-models/m--x.yaml", {"name": "M", **MODEL}, "data-model", "x", "flat"),
    ("workbooks/Sales/w--x.json", {"name": "W", "schemaVersion": 1, "pages": []}, "workbook", "x", "flat"),
    ("only-tables--x.json", {"name": "M", **MODEL}, "data-model", "x", "flat"),
    ("CAPS--x.JSON", {"name": "M", "kind": "data-model", **MODEL}, "data-model", "x", "flat"),
]


@pytest.mark.parametrize(("name", "tree", "kind", "document_id", "generation"), LOOSE, ids=[row[0] for row in LOOSE])
def test_specs_saved_by_hand(tmp_path, name, tree, kind, document_id, generation):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(tree) if path.suffix.lower() == ".json" else to_yaml(tree))
    inventory, bundle = load(tmp_path, org="hand")
    (key,) = bundle.specs
    spec = bundle.specs[key]
    assert (key.org, key.kind, key.id, spec.generation) == ("hand", kind, document_id, generation)
    assert spec.name == tree["name"] == inventory.items[key].name
    inner = tree.get(generation, tree)
    assert spec.body == {
        k: v for k, v in inner.items() if k not in ("dataModelId", "workbookId", "name", "folderId", "documentVersion")
    }


def test_the_tree_of_folders_stands_in_for_sigmas(tmp_path):
    for name in ("workbooks/Shared/Fin/w--1.json", "loose/w--2.json", "w--3.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps({"workbookId": name[-6], "name": "W", "contents": INNER}))
    inventory, _ = load(tmp_path)
    assert {key.id: item.path for key, item in inventory.items.items()} == {
        "1": ("Shared", "Fin"),
        "2": ("loose",),
        "3": (),
    }


def test_an_id_made_from_the_path_stays_the_same(tmp_path):
    (tmp_path / "sales.json").write_text(json.dumps({"name": "W", "contents": INNER}))
    assert list(load(tmp_path)[1].specs) == list(load(tmp_path)[1].specs)


def test_what_a_loose_spec_reads_is_found_in_it(tmp_path):
    element = {
        "id": "e",
        "source": {"kind": "join", "joins": [{"left": {"dataModelId": "m2"}, "right": {"dataModelId": "m1"}}]},
    }
    tree = {"workbookId": "w", "name": "W", "contents": {**INNER, "elements": [element]}}
    (tmp_path / "w.json").write_text(json.dumps(tree))
    (item,) = load(tmp_path)[0].items.values()
    assert item.reads == ("m2", "m1")


def test_files_that_are_no_specs_and_doubles_are_named(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"workbookId": "w", "contents": INNER}))
    (tmp_path / "b.yaml").write_text(to_yaml({"workbookId": "w", "contents": INNER}))
    (tmp_path / "package.json").write_text('{"name": "x"}')
    (tmp_path / "list.yaml").write_text("- 1\n")
    (tmp_path / "cut.json").write_text('{"workbookId": "w", "cont')
    (tmp_path / "tag.yaml").write_text("!!python/object:os.system {}\n")
    found = {problem.file.rpartition("/")[2]: problem.message for problem in refused(tmp_path)}
    assert found.keys() == {"b.yaml", "package.json", "list.yaml", "cut.json", "tag.yaml"}
    assert "second file" in found["b.yaml"]


def test_hidden_folders_and_other_files_are_passed_over(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.json").write_text("{")
    (tmp_path / "README.md").write_text("# hello")
    (tmp_path / "w.json").write_text(json.dumps({"workbookId": "w", "name": "W", "contents": INNER}))
    assert len(load(tmp_path)[1].specs) == 1


@pytest.mark.parametrize(
    "pages", [[3], ["x"], [{"elements": 3}], [{"elements": {"a": 1}}], [{"elements": [{"kind": [1]}]}]]
)
def test_pages_of_any_shape_are_looked_at_without_falling(tmp_path, pages):
    (tmp_path / "x.json").write_text(json.dumps({"name": "X", "pages": pages}))
    assert len(load(tmp_path)[1].specs) == 1


def test_a_spec_without_a_name_has_that_of_its_file(tmp_path):
    (tmp_path / "Sales 2026.json").write_text(json.dumps({"workbookId": "w", "contents": INNER}))
    (spec,) = load(tmp_path)[1].specs.values()
    assert spec.name == "Sales 2026"


FLAT = {"schemaVersion": 1, "pages": []}
LYING = {
    "its id": ({"reportId": "r", **FLAT}, "any/a.json", "report"),
    "what it says": ({"document": {**FLAT, "kind": "report"}}, "workbooks/a.json", "report"),
    "its folder": ({"contents": FLAT}, "exports/reports/a.json", "report"),
    "the nearest folder": ({"contents": FLAT}, "reports/workbooks/a.json", "workbook"),
    "a wrapper no model has": ({"contents": FLAT}, "data-models/a.json", "workbook"),
    "a flat one says it": ({**FLAT, "kind": "report"}, "a.json", "report"),
    "a flat one in its folder": (FLAT, "reports/a.json", "report"),
    "a flat one with a layout": ({**FLAT, "layout": ""}, "a.json", "workbook"),
    "a flat one without a word": (FLAT, "a.json", "data-model"),
    "no document": ({"reports": []}, "reports/a.json", None),
}


@pytest.mark.parametrize("case", LYING)
def test_the_kind_of_a_loose_document_is_told_by(case):
    tree, path, kind = LYING[case]
    assert kind_of(tree, PurePosixPath(path)) == kind
