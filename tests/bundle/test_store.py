"""Exports on disk: byte-identical, owner-only, inside their folder, and read back as what was written."""

from __future__ import annotations

import hashlib
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from migrate.bundle.read import load
from migrate.bundle.spec import Bundle
from migrate.bundle.store import inside, save
from migrate.inventory.model import Key

FORMS = pytest.mark.parametrize("form", ["json", "yaml"])


def content(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@FORMS
def test_two_exports_are_byte_identical(tmp_path, whole, form):
    inventory, bundle = whole
    save(tmp_path / "a", inventory, bundle, form=form)
    backwards = replace(bundle, specs=dict(reversed(list(bundle.specs.items()))))
    save(tmp_path / "b", inventory, backwards, form=form)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    save(tmp_path / "a", inventory, bundle, form=form)
    assert content(tmp_path / "a") == content(tmp_path / "b"), "written over itself"


@FORMS
def test_what_was_saved_is_loaded(tmp_path, whole, form):
    inventory, bundle = whole
    save(tmp_path, inventory, bundle, form=form)
    loaded, specs = load(tmp_path, org="north")
    assert specs == bundle
    assert loaded == inventory


@FORMS
def test_the_alias_is_the_readers(tmp_path, whole, form):
    save(tmp_path, *whole, form=form)
    inventory, bundle = load(tmp_path, org="other")
    assert {key.org for key in (*inventory.items, *bundle.specs, *bundle.unreadable)} == {"other"}


@FORMS
def test_saving_what_was_loaded_changes_nothing(tmp_path, whole, form):
    save(tmp_path / "a", *whole, form=form)
    save(tmp_path / "b", *load(tmp_path / "a", org="north"), form=form)
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_every_spec_file_is_the_body_that_creates_the_document(tmp_path, whole):
    save(tmp_path, *whole)
    trees = [json.loads(p.read_text()) for p in (tmp_path / "workbooks").rglob("*.json")]
    flat, newest = sorted(trees, key=lambda tree: "contents" in tree)
    assert flat.keys() == {"name", "folderId", "description", "schemaVersion", "kind", "pages", "layout", "odd"}
    assert newest.keys() == {"name", "folderId", "description", "contents"}


def test_nothing_but_the_owner_may_look(tmp_path, whole):
    save(tmp_path / "deep" / "er", *whole)
    for path in (tmp_path / "deep").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


def test_hostile_names_stay_inside(tmp_path, whole):
    save(tmp_path / "in", *whole)
    assert [p.name for p in tmp_path.iterdir()] == ["in"]
    assert not [p for p in (tmp_path / "in").rglob("*") if p.name.startswith(".")], "no draft is left"


def test_the_manifest_has_the_sum_of_every_file(tmp_path, whole):
    manifest = json.loads(save(tmp_path, *whole).read_text())
    files = content(tmp_path)
    files.pop("manifest.json")
    assert manifest["files"] == {name: hashlib.sha256(text).hexdigest() for name, text in files.items()}
    assert manifest["counts"] == {"data-model": 1, "workbook": 2, "report": 0}
    assert manifest["source"]["organization_id"] == "org-1"


@FORMS
def test_no_time_of_writing_is_in_it(tmp_path, whole, form):
    inventory, bundle = whole
    save(tmp_path, inventory, bundle, form=form)
    assert not [name for name, text in content(tmp_path).items() if b"2026-11" in text]


def test_a_small_change_is_a_small_diff(tmp_path, whole):
    inventory, bundle = whole
    save(tmp_path / "a", inventory, bundle, form="yaml")
    key = next(key for key in bundle.specs if key.kind == "data-model")
    body = json.loads(json.dumps(bundle.specs[key].body).replace("from t", "from u"))
    save(
        tmp_path / "b",
        inventory,
        replace(bundle, specs={**bundle.specs, key: replace(bundle.specs[key], body=body)}),
        form="yaml",
    )
    one, other = content(tmp_path / "a"), content(tmp_path / "b")
    changed = [name for name in one if one[name] != other[name]]
    assert len(changed) == 2
    name = next(name for name in changed if name != "manifest.json")
    lines = [pair for pair in zip(one[name].splitlines(), other[name].splitlines(), strict=True) if pair[0] != pair[1]]
    assert [pair[1].strip() for pair in lines] == [b"from u"]


def test_stale_files_go_and_other_peoples_files_stay(tmp_path, whole):
    inventory, bundle = whole
    save(tmp_path, inventory, bundle)
    (tmp_path / "README.md").write_text("ours")
    old = next((tmp_path / "data-models").rglob("*.json"))
    (old.parent.parent / "note.txt").write_text("ours too")
    fewer = {key: spec for key, spec in bundle.specs.items() if key.kind == "workbook"}
    save(tmp_path, inventory, Bundle(specs=fewer))
    assert not old.exists()
    assert not old.parent.exists(), "its folder is empty"
    assert (old.parent.parent / "note.txt").read_text() == "ours too"
    assert (tmp_path / "README.md").read_text() == "ours"


def test_changing_the_format_leaves_one_file_a_document(tmp_path, whole):
    save(tmp_path, *whole, form="json")
    save(tmp_path, *whole, form="yaml")
    assert not list((tmp_path / "workbooks").rglob("*.json"))
    assert len(list((tmp_path / "workbooks").rglob("*.yaml"))) == 2


def test_a_manifest_that_lies_removes_nothing_outside(tmp_path, whole):
    beside = tmp_path / "beside.json"
    beside.write_text("precious")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "kept").mkdir()
    (folder / "link.json").symlink_to(beside)
    names = ["../beside.json", str(beside), "kept", "link.json", "a\0b", "../in/../beside.json"]
    (folder / "manifest.json").write_text(json.dumps({"files": dict.fromkeys(names, "0")}))
    save(folder, *whole)
    assert beside.read_text() == "precious"
    assert (folder / "kept").is_dir()


@pytest.mark.parametrize("manifest", ["", "[]", "{", "null", '{"files": []}', '{"files": null}'])
def test_a_manifest_nobody_can_read_is_written_anew(tmp_path, whole, manifest):
    (tmp_path / "manifest.json").write_text(manifest)
    save(tmp_path, *whole)
    assert load(tmp_path, org="north")[1] == whole[1]


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "a\0b"])
def test_outside_is_outside(tmp_path, name):
    assert not inside(tmp_path, name)
    assert inside(tmp_path, "a/../b")


def test_a_new_export_of_an_edited_folder_is_known_as_edited(tmp_path, whole):
    save(tmp_path, *whole)
    assert load(tmp_path)[0].notes == ()
    path = next((tmp_path / "data-models").rglob("*.json"))
    path.write_text(path.read_text().replace("select 1", "select 2"))
    (note,) = load(tmp_path)[0].notes
    assert note == f"{path.relative_to(tmp_path)} was edited since it was exported; the edit is used"


def test_yaml_is_for_people(tmp_path, whole):
    save(tmp_path, *whole, form="yaml")
    path = next((tmp_path / "data-models").rglob("*.yaml"))
    assert "statement: |\n" in path.read_text()
    assert yaml.safe_load(path.read_text())["name"] == "Orders"


def test_no_file_of_the_people_is_named_by_a_document(tmp_path, whole):
    inventory, bundle = whole
    key = Key(org="north", kind="workbook", id="../../members")
    spec = replace(next(iter(bundle.specs.values())), key=key, name="members")
    items = {**inventory.items, key: replace(next(iter(inventory.items.values())), key=key, path=("..", ".."))}
    save(tmp_path / "in", replace(inventory, items=items), Bundle(specs={key: spec}))
    assert [Path(p).name for p in tmp_path.iterdir()] == ["in"]
    assert json.loads((tmp_path / "in" / "members.json").read_text())[0]["name"] == "m@north.example"
