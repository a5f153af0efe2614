"""What leads nowhere in the source already: refused, left out or reported, as the plan says."""

import pytest

from migrate.bundle.spec import Spec
from migrate.plan.model import Policy


def body(*elements, **more):
    base = [
        {"id": "t", "kind": "table", "source": {"kind": "empty"}, "columns": [{"id": "c", "formula": "1"}]},
        *elements,
    ]
    return {"schemaVersion": 1, "pages": [{"id": "p"}], "elements": base, **more}


def local(element):
    return {"kind": "table", "elementId": element}


def filtering(*filters):
    return {"id": "k", "kind": "control", "controlId": "K", "filters": list(filters)}


STALE = {"source": local("gone"), "columnId": "c"}
GOOD = {"source": local("t"), "columnId": "c"}
OLD_COLUMN = {"source": local("t"), "columnId": "old"}

DROPPED = [
    (filtering(GOOD, STALE), "$.elements[1].filters[1].source.elementId", filtering(GOOD)),
    (filtering(OLD_COLUMN, GOOD), "$.elements[1].filters[0].columnId", filtering(GOOD)),
    (
        {"id": "x", "kind": "plugin", "targets": [{"elementId": "gone", "columnId": "c"}]},
        "$.elements[1].targets[0].elementId",
        {"id": "x", "kind": "plugin", "targets": []},
    ),
    (
        {
            "id": "b",
            "kind": "button",
            "actions": [{"id": "a", "effects": [{"effect": "reset-form", "formElementId": "gone"}]}],
        },
        "$.elements[1].actions[0].effects[0].formElementId",
        {"id": "b", "kind": "button", "actions": [{"id": "a", "effects": []}]},
    ),
]
KEPT = [
    ({"id": "r", "kind": "table", "columns": [], "source": local("gone")}, "$.elements[1].source.elementId"),
    (
        {
            "id": "r",
            "kind": "table",
            "columns": [],
            "source": {"kind": "union", "sources": [local("t"), local("gone")]},
        },
        "$.elements[1].source.sources[1].elementId",
    ),
    ({"id": "r", "kind": "input-table", "source": {"kind": "linked", "from": "gone"}}, "$.elements[1].source.from"),
    (
        {"id": "r", "kind": "table", "relationships": [{"id": "q", "targetElementId": "gone", "keys": []}]},
        "$.elements[1].relationships[0].targetElementId",
    ),
]


def drafted(kit, element, policy):
    return kit.World(plan=kit.plan(policy=Policy(dangling=policy))).draft(body(element))


@pytest.mark.parametrize(("element", "path"), [(e, p) for e, p, _after in DROPPED] + KEPT)
def test_it_is_refused_unless_the_plan_says_otherwise(kit, element, path):
    done = kit.World().draft(body(element))
    assert [(p.code, p.path) for p in done.refusals] == [("dangling_reference", path)]


@pytest.mark.parametrize(("element", "_path", "after"), DROPPED)
def test_what_can_be_left_out_is(kit, element, _path, after):
    done = drafted(kit, element, "drop")
    assert done.refusals == ()
    assert done.body["elements"][1] == after
    assert "dangling_reference" in {residual.code for residual in done.residuals}


@pytest.mark.parametrize(("element", "path"), KEPT)
def test_what_an_element_reads_cannot_be_left_out(kit, element, path):
    done = drafted(kit, element, "drop")
    assert [(p.code, p.path) for p in done.refusals] == [("dangling_reference", path)]
    assert done.body["elements"][1] == element


@pytest.mark.parametrize(("element", "_path"), [(e, p) for e, p, _after in DROPPED] + KEPT)
def test_it_is_copied_as_it_is_and_told(kit, element, _path):
    done = drafted(kit, element, "report")
    assert done.refusals == ()
    assert done.body["elements"][1] == element
    assert [residual.code for residual in done.residuals].count("dangling_reference") == 1


@pytest.mark.parametrize(
    "element",
    [
        filtering(GOOD),
        filtering({"source": {"kind": "data-model", "dataModelId": "m", "elementId": "gone"}, "columnId": "c"}),
        {"id": "r", "kind": "table", "columns": [], "source": {"kind": "transpose", "source": local("t")}},
        {
            "id": "i",
            "kind": "input-table",
            "source": {"kind": "linked", "from": "t"},
            "columns": [{"id": "a", "key": "c"}],
        },
    ],
)
def test_what_leads_somewhere_is_nothing_of_the_kind(kit, element):
    done = kit.World().draft(body(element))
    assert "dangling_reference" not in {problem.code for problem in done.refusals}
    if element.get("source", {}).get("kind") == "linked":
        assert done.refusals == ()


def test_a_filter_on_an_element_of_a_page_that_was_left_out(kit):
    """The flat form keeps the page in the layout and the filter in the control."""
    page = {"id": "p", "elements": [filtering(GOOD, STALE), *body()["elements"]]}
    flat = {"pages": [page], "layout": '<Page id="p"/><Page id="omitted"></Page>'}
    done = kit.World(plan=kit.plan(policy=Policy(dangling="drop"))).draft(flat, generation="flat")
    assert done.refusals == ()
    assert done.body["pages"][0]["elements"][0]["filters"] == [GOOD]
    assert done.body["layout"] == flat["layout"]


def test_a_column_of_a_model_that_is_gone_is_left_out_with_its_filter(kit):
    model = kit.key("data-model", 2)
    spec = Spec(
        key=model,
        generation="flat",
        name="M",
        folder_id="f",
        body={
            "pages": [{"id": "p", "elements": [{"id": "e", "kind": "table", "columns": [{"id": "c", "formula": "1"}]}]}]
        },
    )
    source = {"kind": "data-model", "dataModelId": model.id, "elementId": "e"}
    control = filtering({"source": source, "columnId": "c"}, {"source": dict(source), "columnId": "gone"})
    world = kit.World(scope=frozenset({model}), specs={model: spec}, plan=kit.plan(policy=Policy(dangling="drop")))
    done = world.draft(body(control))
    assert done.refusals == ()
    assert [one["columnId"] for one in done.body["elements"][1]["filters"]] == ["<pending>"]
    assert [hole.path[:4] for hole in done.holes] == [("elements", 1, "filters", 0)] * 3


def test_synced_controls_share_a_name(kit):
    one, other = filtering(GOOD), {**filtering(GOOD), "id": "k2"}
    done = kit.World().draft(body(one, other))
    assert done.refusals == ()
    assert [(r.code, r.path) for r in done.residuals] == [("shared_control_id", ("elements", 2))]
    assert done.body["elements"][1:] == [one, other]


def test_what_nobody_foresaw_refuses_one_document(kit):
    done = kit.World().draft({"elements": [{"id": "e", "kind": "button", 5: "no JSON has such a key"}]})
    assert [problem.code for problem in done.refusals] == ["draft_failed"]
    assert "line" in done.refusals[0].message
    assert done.name == "Doc"
