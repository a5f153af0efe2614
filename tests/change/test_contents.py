"""What stands in a body: parts, likeness, what people added, and a model's body in the ids of its copy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.bundle.spec import Spec
from migrate.change.contents import added_by_people, likeness, parts
from migrate.change.folders import folder_path
from migrate.change.rebase import rebased
from migrate.inventory.model import Key
from migrate.rewrite.models.correlate import correlate
from migrate.sandbox.specs.remap import remapped
from migrate.sandbox.world import builtin
from migrate.text import join_path
from migrate.tree import digest, walk

WORLD = builtin()
SOURCE = WORLD.orgs["acme_au"]
MODELS = {inode.name: inode.versions[-1].body for inode in SOURCE.inodes.values() if inode.type == "data-model"}
BOOKS = {inode.name: inode.versions[-1].body for inode in SOURCE.inodes.values() if inode.type == "workbook"}


def spec(body, kind="workbook"):
    generation = "flat" if kind == "data-model" else "contents"
    return Spec(key=Key(org="o", kind=kind, id="x"), generation=generation, name="n", folder_id="f", body=body)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_written_in_the_ids_of_its_copy(name):
    body = MODELS[name]
    copy = remapped(SOURCE, body, salt="copy")
    elements = correlate(body, copy)
    wire = rebased(body, copy, elements)
    old = {
        ids
        for element, found in elements.items()
        for ids in (element, *found.columns, *found.metrics, *found.groupings)
    }
    new = {
        ids
        for f in elements.values()
        for ids in (f.id, *f.columns.values(), *f.metrics.values(), *f.groupings.values())
    }
    known = old | new
    theirs = {path: value for path, value in walk(copy) if isinstance(value, str) and value in known}
    ours = {path: value for path, value in walk(wire) if isinstance(value, str) and path in theirs}
    assert ours == theirs, "every id of the copy stands where the copy has it"
    assert [page["id"] for page in wire["pages"]] == [page["id"] for page in copy["pages"]]
    assert rebased(body, body, correlate(body, body)) == body


@pytest.mark.parametrize("name", MODELS)
def test_likeness_of_models(name):
    body = MODELS[name]
    assert likeness(body, digest(body), spec(body, "data-model")) == "same"
    assert likeness(body, digest(body), spec(remapped(SOURCE, body, salt="copy"), "data-model")) == "alike"
    other = next(found for other, found in MODELS.items() if other != name)
    assert likeness(body, digest(body), spec(other, "data-model")) == "other"


@pytest.mark.parametrize("name", BOOKS)
def test_likeness_of_workbooks(name):
    body = BOOKS[name]
    assert likeness(body, digest(body), spec(body)) == "same"
    edited = {**body, "elements": [*body["elements"], {"id": "a-new-one", "kind": "text", "body": "x"}]}
    assert likeness(body, digest(body), spec(edited)) == "alike"
    stranger = {**body, "elements": [{**element, "id": f"other-{at}"} for at, element in enumerate(body["elements"])]}
    assert likeness(body, digest(body), spec(stranger)) == "other"
    assert likeness(None, digest(body), spec(edited)) == "other", "without the body that was sent nothing is known"


def test_what_people_added_and_what_the_source_dropped():
    body = BOOKS["Sales Overview"]
    rest = body["elements"][1:]
    fewer = {**body, "elements": rest}
    more = {**body, "elements": [*body["elements"], {"id": "theirs", "kind": "text", "name": "Note"}]}
    assert added_by_people(body, body, body, {}) == ()
    assert added_by_people(body, fewer, body, {}) == ()
    assert added_by_people(more, body, body, {}) == ("element 'Note'",)
    assert len(added_by_people(body, fewer, None, {})) == 1, "of a document that was never ours, all parts are theirs"
    assert {what for what, _, _ in parts(body)} == {"page", "element"}


@given(st.lists(st.text(max_size=6), min_size=1, max_size=5))
def test_a_folder_path_survives_its_id(path):
    assert folder_path(join_path(path)) == tuple(path)
