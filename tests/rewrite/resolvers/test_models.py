"""References to data models: ids as the copy or the mapped model has them, gaps told with what is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.bundle.spec import Spec
from migrate.plan.maps import Maps, Pair, Renamed
from migrate.plan.policies import Policy
from migrate.rewrite.model import ColumnId
from migrate.rewrite.text.url import to_url_id


def model(kit, number, *elements, org="here"):
    key = replace(kit.key("data-model", number), org=org)
    body = {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": list(elements)}]}
    return key, Spec(key=key, generation="flat", name=f"Model {number}", folder_id=kit.uuid(900), body=body)


def table(identity, name, *columns, **more):
    listed = [{"id": f"{identity}-{each}", "name": each, "formula": f"[T/{each}]"} for each in columns]
    source = {"kind": "warehouse-table", "connectionId": "x", "path": ["D", "S", "T"]}
    return {"id": identity, "kind": "table", "name": name, "columns": listed, "source": source, **more}


def mapped(kit, mine, theirs, controls=()):
    """A world in which one model of the source is mapped to an existing one of the target."""
    key, spec = model(kit, 2, *mine)
    there, standing = model(kit, 7002, *theirs, org="there")
    maps = Maps(data_models=(Pair(source="Sales", target="Orders"),), controls=controls)
    return kit.World(
        source=kit.here(kit.item("here", "data-model", 2, "Sales")),
        dest=kit.there(kit.item("there", "data-model", 7002, "Orders")),
        plan=kit.plan(maps, policy=Policy(unsupported="report")),
        specs={key: spec},
        existing={there.id: standing},
    )


def control(kit, **source):
    filters = [{"source": {"kind": "data-model", "dataModelId": kit.uuid(2), **source}, "columnId": "e-A"}]
    return {"elements": [{"id": "k", "kind": "control", "controlId": "K", "controlType": "list", "filters": filters}]}


def test_a_model_written_as_in_an_address_is_the_same_model(kit):
    key, spec = model(kit, 2, table("e", "E", "A"))
    world = kit.World(scope=frozenset({key}), specs={key: spec})
    source = {"kind": "data-model", "dataModelId": to_url_id(key.id), "elementId": "e"}
    done = world.draft({"elements": [{"id": "t", "kind": "table", "source": source}]})
    assert done.refusals == ()
    assert [(hole.path[-1], hole.key) for hole in done.holes] == [("dataModelId", key), ("elementId", key)]


def test_a_column_of_a_copied_model_is_waited_for(kit):
    key, spec = model(kit, 2, table("e", "E", "A"))
    done = kit.World(scope=frozenset({key}), specs={key: spec}).draft(control(kit, elementId="e"))
    assert [hole.wants for hole in done.holes if hole.path[-1] == "columnId"] == [ColumnId(element="e", column="e-A")]


@pytest.mark.parametrize(
    ("element", "said"),
    [
        ("e", "element 'e' has no counterpart in model 'Model 7002': element 'Lost' ('e'): "),
        ("zz", "element 'zz' has no counterpart in model 'Model 7002'"),
    ],
)
def test_what_a_mapped_model_lacks_is_told(kit, element, said):
    world = mapped(kit, [table("e", "Lost", "A")], [table("f", "Other", "B")])
    done = world.draft(control(kit, elementId=element))
    assert done.refusals[0].code == "model_gap"
    assert done.refusals[0].message.startswith(said)


def test_controls_of_a_mapped_model_by_name(kit):
    def named(identity, name):
        return {"id": identity, "kind": "control", "controlId": name, "controlType": "list"}

    def reading(name):
        reads = [{"kind": "data-model", "dataModelId": kit.uuid(2), "controlId": name}]
        of_model = {"kind": "data-model", "dataModelId": kit.uuid(2), "elementId": "e"}
        fed = {"id": "t", "kind": "table", "source": of_model, "columns": []}
        return {"elements": [{"id": "k", "kind": "control", "controlId": "K", "parameters": reads}, fed]}

    entries = (Renamed(source="Region", target="Area", kind="control"),)
    world = mapped(
        kit,
        [named("a", "Region"), named("b", "Year"), table("e", "T", "A")],
        [named("x", "Area"), named("y", "Month"), table("f", "T", "A")],
        controls=entries,
    )
    done = world.draft(reading("Region"))
    assert done.refusals == ()
    assert done.body["elements"][0]["parameters"][0]["controlId"] == "Area"
    lacking = world.draft(reading("Year"))
    assert [(each.code, each.message) for each in lacking.refusals] == [
        ("model_gap", "control 'Year' has no counterpart in model 'Model 7002'")
    ]


def test_categories_of_a_control_are_columns_of_the_model_it_reads(kit):
    key, spec = model(kit, 2, table("e", "E", "A", "B"))
    inner = {"kind": "data-model", "dataModelId": key.id, "elementId": "e"}
    source = {"kind": "source", "source": inner, "columnId": "e-A"}
    listed = [{"columnId": "e-B"}, {"columnId": None}, "odd"]
    element = {"id": "k", "kind": "control", "controlId": "K", "source": source, "categories": listed}
    done = kit.World(scope=frozenset({key}), specs={key: spec}).draft({"elements": [element]})
    wanted = [hole.wants for hole in done.holes if "categories" in hole.path]
    assert wanted == [ColumnId(element="e", column="e-B")]
