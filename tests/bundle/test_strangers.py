"""Bundles of other people: files added and copied, links, pipes, lying manifests, contents that cannot be carried."""

from __future__ import annotations

import json
import os

import pytest

from migrate.bundle.file_tree import DEEPEST, Unusable, read_tree
from migrate.bundle.read import load
from migrate.bundle.store import save
from migrate.errors import FileError, InvalidInput, file_error
from migrate.files import read_regular, write_private

INNER = {"schemaVersion": 1, "kind": "workbook", "pages": [], "elements": []}
SAVED = {"workbookId": "w", "name": "W", "contents": INNER}


def workbook(folder):
    return next(path for path in sorted((folder / "workbooks").rglob("*.json")) if "passwd" in path.name)


def test_a_spec_laid_into_a_bundle_is_a_document_and_is_told(tmp_path, whole):
    save(tmp_path, *whole)
    path = tmp_path / "workbooks" / "Shared" / "Margin.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"name": "Margin", "folderId": "f", "contents": INNER}))
    inventory, bundle = load(tmp_path)
    (added,) = [key for key in bundle.specs if inventory.items[key].name == "Margin"]
    assert inventory.items[added].path == ("Shared",)
    assert len(bundle.specs) == len(whole[1].specs) + 1
    assert inventory.notes == (
        "workbooks/Shared/Margin.json was added to the bundle by hand; it is used as workbook 'Margin'",
    )


def test_a_copied_file_is_a_document_of_its_own(tmp_path, whole):
    save(tmp_path, *whole)
    path = workbook(tmp_path)
    copy = path.with_name(f"copy of {path.name}")
    copy.write_bytes(path.read_bytes())
    inventory, bundle = load(tmp_path)
    assert len(bundle.specs) == len(whole[1].specs) + 1
    assert [note.partition(" names ")[2] for note in inventory.notes] == [
        "the document of another file; it is taken for one of its own",
        "",
    ]
    assert load(tmp_path)[1].specs.keys() == bundle.specs.keys(), "its id stays"


def test_a_file_beside_them_that_is_no_spec_is_told(tmp_path, whole):
    save(tmp_path, *whole)
    (tmp_path / "package.json").write_text('{"name": "x"}')
    inventory, bundle = load(tmp_path)
    assert len(bundle.specs) == len(whole[1].specs)
    assert inventory.notes == ("package.json is not in the manifest and holds no spec; it is not used",)


DEEP = "[" * (DEEPEST + 50) + "]" * (DEEPEST + 50)
ENDLESS = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (DEEP, "nested deeper than 200"),
        (ENDLESS, "nested deeper than 200"),
        ("18446744073709551616", "18446744073709551616 does not fit into 64 bit"),
        ("9" * 5000, "of 5000 digits does not fit into 64 bit"),
        ("1e999", "too large for a double"),
        ('"\\ud800"', "half of a character"),
        ('{"\\udfff": 1}', "half of a character"),
        ('{"a": 1, "b": 2, "a": 3}', "the key 'a' twice"),
    ],
    ids=["deep", "endless", "64 bit", "5000 digits", "1e999", "surrogate", "surrogate key", "doubled key"],
)
@pytest.mark.parametrize("listed", [True, False], ids=["in the manifest", "by hand"])
def test_what_cannot_be_carried_is_one_document(tmp_path, whole, value, why, listed):
    if listed:
        save(tmp_path, *whole)
        path, others = workbook(tmp_path), len(whole[1].specs) - 1
    else:
        (tmp_path / "plain.json").write_text(json.dumps(SAVED))
        path, others = tmp_path / "odd.json", 1
    path.write_text('{"name": "Odd", "folderId": "f", "contents": {"pages": [], "elements": [], "odd": ' + value + "}}")
    inventory, bundle = load(tmp_path)
    assert len(bundle.specs) == others
    ((key, reason),) = [(key, reason) for key, (code, reason) in bundle.unreadable.items() if code == "unusable_file"]
    assert why in reason
    assert path.name in reason
    assert inventory.items[key].name


@pytest.mark.parametrize("value", ["0.1", "-9223372036854775808", "18446744073709551615", "1e308", '"\\ud83d\\ude00"'])
def test_what_fits_is_carried(tmp_path, value):
    path = tmp_path / "fits.json"
    path.write_text(value)
    assert read_tree(path) == json.loads(value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "[1,]", "{", ""])
def test_what_is_no_json_is_no_json(tmp_path, value):
    path = tmp_path / "odd.json"
    path.write_text(value)
    with pytest.raises(ValueError, match=r".") as caught:
        read_tree(path)
    assert not isinstance(caught.value, Unusable)


def test_a_byte_order_mark_is_passed_over(tmp_path):
    for name in ("w.json", "w.yaml"):
        (tmp_path / name).write_text(json.dumps(SAVED), encoding="utf-8-sig")
        assert read_tree(tmp_path / name) == SAVED


def test_a_pipe_is_not_read(tmp_path, whole):
    save(tmp_path, *whole)
    os.mkfifo(tmp_path / "pipe.json")
    assert load(tmp_path)[0].notes == ("pipe.json is no regular file; it is not read",)
    path = workbook(tmp_path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path)
    assert "no regular file" in caught.value.problems[0].message


def test_a_file_has_a_size(tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 11)
    assert read_regular(tmp_path / "big", most=11) == b"x" * 11
    with pytest.raises(OSError, match="larger"):
        read_regular(tmp_path / "big", most=10)


@pytest.mark.parametrize("manifest", [True, False])
def test_no_link_is_followed_out_of_the_folder(tmp_path, whole, manifest):
    folder = tmp_path / "in"
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.json").write_text(json.dumps(SAVED))
    folder.mkdir()
    if manifest:
        save(folder, *whole)
    else:
        (folder / "w.json").write_text(json.dumps(SAVED | {"workbookId": "own"}))
    (folder / "link.json").symlink_to(tmp_path / "outside" / "secret.json")
    (folder / "linked").symlink_to(tmp_path / "outside")
    inventory, bundle = load(folder)
    assert "w" not in {key.id for key in bundle.specs}
    assert "link.json is a link that leads out of the folder; it is not followed" in inventory.notes


def test_a_table_that_is_a_link_is_refused(tmp_path, whole):
    folder = tmp_path / "in"
    save(folder, *whole)
    (tmp_path / "members.json").write_text("[]")
    (folder / "members.json").unlink()
    (folder / "members.json").symlink_to(tmp_path / "members.json")
    with pytest.raises(InvalidInput) as caught:
        load(folder)
    assert "leads out of the bundle" in caught.value.problems[0].message


@pytest.mark.parametrize("name", ["workbooks", "members.json", "manifest.json"])
def test_an_export_writes_through_no_link(tmp_path, whole, name):
    folder = tmp_path / "in"
    folder.mkdir()
    aim = tmp_path / "aim"
    if name == "workbooks":
        aim.mkdir()
    else:
        aim.write_text("mine")
    (folder / name).symlink_to(aim)
    with pytest.raises(OSError, match="link") as caught:
        save(folder, *whole)
    assert "a symbolic link stands there or on the way to it" in file_error(caught.value).message
    assert list(aim.iterdir()) == [] if aim.is_dir() else aim.read_text() == "mine"


def test_an_export_removes_only_what_an_export_wrote(tmp_path, whole):
    save(tmp_path, *whole)
    inventory, bundle = whole
    edited = workbook(tmp_path)
    edited.write_text(edited.read_text() + "\n")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "workbooks" / "mine.json").write_text("{}")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    mine = {"notes.txt", "workbooks/mine.json"}
    manifest["files"] |= dict.fromkeys(mine, "0" * 64)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    save(tmp_path, inventory, type(bundle)(specs={}))
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert mine | {str(edited.relative_to(tmp_path))} <= left
    assert not [name for name in left if name.startswith("data-models/")], "what it wrote and nobody edited goes"


def test_drafts_of_a_killed_export_go(tmp_path, whole):
    litter = tmp_path / "workbooks" / ".0123456789abcdef.part"
    litter.parent.mkdir()
    litter.write_text("half")
    kept = tmp_path / "workbooks" / ".notes.part"
    kept.write_text("mine")
    (tmp_path / ".0123456789abcdef.part").write_text("half")
    save(tmp_path, *whole)
    assert not (tmp_path / ".0123456789abcdef.part").exists()
    assert kept.exists()


def test_a_killed_write_leaves_the_old_text(tmp_path):
    write_private(tmp_path / "a", b"old")
    (tmp_path / "b").mkdir()
    with pytest.raises(FileError, match="b"):
        write_private(tmp_path / "b", b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_connections_of_a_folder_of_specs_are_those_that_specs_name(tmp_path):
    element = {"id": "e", "source": {"kind": "warehouse-table", "connectionId": "c-1", "path": ["A"]}}
    (tmp_path / "w.json").write_text(json.dumps(SAVED | {"contents": {**INNER, "elements": [element]}}))
    inventory, _ = load(tmp_path)
    assert {one.id: one.name for one in inventory.connections.values()} == {"c-1": "c-1"}


def loaded_or_none(folder):
    """The inventory, or None where the bundle is refused with problems that name their file."""
    try:
        return load(folder)[0]
    except InvalidInput as refusal:
        problems = refusal.problems
    if {problem.code for problem in problems} != {"bundle_invalid"} or not all(problem.file for problem in problems):
        pytest.fail(f"not told as an invalid bundle: {problems}")
    return None


WRONG = [1, None, [], {}, "x", [[]], {"a": []}, True]


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize("key", ["documents", "unreadable", "source", "files", "api_generation", "schema"])
def test_a_manifest_of_any_shape_is_an_invalid_bundle_or_read(tmp_path, whole, key, value):
    save(tmp_path, *whole)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {key: value}))
    inventory = loaded_or_none(tmp_path)
    assert inventory is None or inventory.org == "bundle"


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize("key", ["id", "name", "kind", "path", "file", "server", "digest", "version", "reads"])
def test_an_entry_of_any_shape_is_an_invalid_bundle_or_read(tmp_path, whole, key, value):
    save(tmp_path, *whole)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["documents"][0][key] = value
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    inventory = loaded_or_none(tmp_path)
    items = inventory.items.values() if inventory else ()
    assert all(isinstance(item.name, str) and isinstance(item.path, tuple) for item in items)
