"""What hangs together, which wave it is in, and what looks like a copy."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assess.conftest import states, table
from migrate.assess.clusters import clusters, waves
from migrate.assess.model import READINESS
from migrate.inventory.model import Key

KEYS = tuple(Key(org="o", kind="workbook", id=str(number)) for number in range(12))
EDGES = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=20)


@given(EDGES, st.lists(st.sampled_from(READINESS), min_size=12, max_size=12))
def test_every_document_is_in_one_cluster_and_every_cluster_in_one_wave(edges, ready):
    found = clusters(KEYS, edges, {})
    members = [key for one in found for key in one.documents]
    assert sorted(members) == sorted(KEYS)
    of = {key: one.n for one in found for key in one.documents}
    assert all(of[one] == of[other] for one, other in edges)
    planned = waves(found, dict(zip(KEYS, ready, strict=True)))
    assert sorted(n for _name, taken in planned for n in taken) == [one.n for one in found]


def reads(model):
    source = {"kind": "data-model", "dataModelId": model, "elementId": "t"}
    return {"id": "r", "kind": "table", "name": "R", "source": source, "columns": []}


def test_the_pilot_is_small_and_whole_and_waits_for_nobody(shelf):
    shelf.model("model", table("t"))
    shelf.workbook("reader", reads("model"))
    shelf.workbook("lone", table("t"))
    shelf.workbook("stuck", reads("gone"))
    found = shelf.assess()
    assert [(name, len(members)) for name, members in found.waves] == [
        ("pilot", 1),
        ("what is ready once it is mapped", 1),
        ("what waits for a decision", 1),
    ]
    by_n = {one.n: one for one in found.clusters}
    assert {key.id for key in by_n[found.waves[0][1][0]].documents} == {"model", "reader"}
    assert by_n[found.waves[0][1][0]].name == "model and 1 other"


def test_copies_are_found_whatever_their_ids_and_names(shelf):
    many = [table(f"t{number}", path=("DW", "S", f"T{number}")) for number in range(10)]
    shelf.workbook("first", *many)
    shelf.workbook("second", *many, name="Copy of first")
    shelf.workbook("near", *many[:9], table("new"))
    shelf.workbook("other", table("x", path=("A", "B", "C")))
    found = shelf.assess()
    assert set(states(found)) == {"first", "Copy of first", "near", "other"}
    [group] = found.twins
    assert {key.id for key in group.documents} == {"first", "second", "near"}
    assert 0.8 < group.alike < 1
