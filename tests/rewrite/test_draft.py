"""One reference of every kind on its way to a target."""

from dataclasses import replace

import pytest

from migrate.bundle.spec import Spec
from migrate.errors import MigrateError
from migrate.inventory.model import Named
from migrate.plan.maps import ConnectionMap, Maps, Pair, Renamed
from migrate.plan.policies import Policy
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.model import Copied, ElementIds, Hole
from migrate.rewrite.text.url import to_url_id


def table(kit, *path, **more):
    return {"kind": "warehouse-table", "connectionId": kit.WARE, "path": list(path), **more}


def model_spec(kit, number=2):
    element = {"id": "e", "kind": "table", "name": "E", "columns": [{"id": "c", "formula": "[T/A]"}], "groupings": []}
    element["groupings"] = [{"id": "g", "groupBy": ["c"]}]
    body = {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": [element]}]}
    key = kit.key("data-model", number)
    return key, Spec(key=key, generation="flat", name="Model", folder_id=kit.uuid(900), body=body)


def reading(kit, number=2):
    source = {"kind": "data-model", "dataModelId": kit.uuid(number), "elementId": "e", "groupingId": "g"}
    control = {"id": "k", "kind": "control", "controlId": "Region", "controlType": "list"}
    control["filters"] = [{"source": {**source}, "columnId": "c"}]
    control["parameters"] = [{"kind": "data-model", "dataModelId": kit.uuid(number), "controlId": "Region"}]
    return {"elements": [{"id": "t", "kind": "table", "source": source, "columns": []}, control]}


def test_connection_and_paths(kit):
    body = {"elements": [{"id": "a", "source": table(kit, "DW", "FIN", "T")}, {"source": table(kit, "X", "Y", "Z")}]}
    done = kit.World().draft(body)
    assert done.refusals == ()
    first, second = (element["source"] for element in done.body["elements"])
    assert (first["connectionId"], first["path"]) == (kit.GROUP_WARE, ["GDW", "AU_FIN", "T"])
    assert (second["connectionId"], second["path"]) == (kit.GROUP_WARE, ["X", "Y", "Z"])
    assert [r.resolution for r in done.references] == ["mapped", "mapped", "mapped", "opaque"]
    assert body["elements"][0]["source"]["connectionId"] == kit.WARE


def test_a_connection_without_mapping_refuses(kit):
    world = kit.World(plan=kit.plan(Maps(), policy=Policy(unsupported="report")))
    done = world.draft({"elements": [{"source": table(kit, "DW", "FIN", "T")}]})
    assert [p.code for p in done.refusals] == ["unresolved_connection"]
    assert done.refusals[0].path == "$.elements[0].source.connectionId"
    assert "'Ware'" in done.refusals[0].message


def test_model_in_scope_leaves_holes_and_binds(kit):
    key, spec = model_spec(kit)
    spec.body["pages"][0]["elements"].append({"id": "k", "kind": "control", "controlId": "Region"})
    world = kit.World(scope=frozenset({key}), specs={key: spec})
    done = world.draft(reading(kit))
    assert done.refusals == ()
    assert sorted(hole.wants.kind for hole in done.holes) == sorted(
        ["document", "element", "grouping"] * 2 + ["column", "document"]
    )
    ids = {key: Copied(id="M", elements={"e": ElementIds(id="E2", columns={"c": "C2"}, groupings={"g": "G2"})})}
    assert len(unbound(done, {})) == 8
    assert unbound(done, ids) == ()
    bound = bind(done, ids)
    source = {"kind": "data-model", "dataModelId": "M", "elementId": "E2", "groupingId": "G2"}
    assert bound["elements"][0]["source"] == source
    assert bound["elements"][1]["filters"] == [{"source": source, "columnId": "C2"}]
    assert bound["elements"][1]["parameters"][0] == {"kind": "data-model", "dataModelId": "M", "controlId": "Region"}
    with pytest.raises(MigrateError, match="needs the"):
        bind(done, {}, partial=True)


def test_model_neither_in_scope_nor_mapped_refuses(kit):
    done = kit.World().draft(reading(kit))
    assert {p.code for p in done.refusals} == {"unresolved_model"}


def test_dangling_element_is_a_defect_of_the_source(kit):
    key, spec = model_spec(kit)
    world = kit.World(scope=frozenset({key}), specs={key: spec})
    body = {"elements": [{"source": {"kind": "data-model", "dataModelId": kit.uuid(2), "elementId": "gone"}}]}
    assert [p.code for p in world.draft(body).refusals] == ["dangling_reference"]


def test_mapped_model_by_names(kit):
    key, spec = model_spec(kit)
    there_element = {**spec.body["pages"][0]["elements"][0], "id": "other"}
    controls = [{"id": "x", "kind": "control", "controlId": "Area"}]
    body = {"pages": [{"id": "q", "name": "Q", "elements": [there_element, *controls]}]}
    own = {"id": "k", "kind": "control", "controlId": "Region"}
    page = {**spec.body["pages"][0], "elements": [*spec.body["pages"][0]["elements"], own]}
    spec = Spec(key=key, generation="flat", name="Model", folder_id="f", body={"pages": [page]})
    model = kit.item("there", "data-model", 6000, "Certified", path=("Group",))
    maps = Maps(
        data_models=(Pair(source="Model", target="Group/Certified"),),
        controls=(Renamed(source="Region", target="Area"),),
    )
    world = kit.World(
        source=kit.here(kit.item("here", "data-model", 2, "Model")),
        dest=kit.there(model),
        plan=kit.plan(maps),
        scope=frozenset({key}),
        specs={key: spec},
        existing={model.key.id: Spec(key=model.key, generation="flat", name="Certified", folder_id="f", body=body)},
    )
    reader = reading(kit)
    del reader["elements"][0]["source"]["groupingId"], reader["elements"][1]["filters"][0]["source"]["groupingId"]
    done = world.draft(reader)
    assert done.refusals == ()
    assert done.holes == ()
    assert done.body["elements"][0]["source"]["elementId"] == "other"
    assert done.body["elements"][1]["parameters"][0]["controlId"] == "Area"
    assert done.body["elements"][1]["parameters"][0]["dataModelId"] == model.key.id


def test_sql_is_rewritten_kept_or_refused(kit):
    body = {
        "elements": [{"source": {"kind": "sql", "connectionId": kit.WARE, "statement": "select * from dw.fin.orders"}}]
    }
    done = kit.World().draft(body)
    assert "GDW.AU.FCT_ORDERS" in done.body["elements"][0]["source"]["statement"].upper()
    for sql, codes in (("keep", []), ("fail", ["sql_refused"])):
        maps = Maps(connections=(ConnectionMap(source="Ware", target="Group Ware", sql=sql),))
        done = kit.World(plan=kit.plan(maps)).draft(body)
        assert [p.code for p in done.refusals] == codes
        assert done.body["elements"][0]["source"]["statement"] == "select * from dw.fin.orders"


def test_links_between_workbooks(kit):
    other, own = kit.key("workbook", 3), kit.key("workbook", 1)
    address = f"https://app.sigmacomputing.com/here-slug/workbook/Sales-{to_url_id(other.id)}?:nodeId=el"
    body = {
        "elements": [
            {"kind": "text", "body": f"see [it]({address}) and https://wiki.example/x"},
            {
                "actions": [
                    {"effects": [{"effect": "open-document", "documentId": other.id, "documentType": "workbook"}]}
                ]
            },
        ]
    }
    world = kit.World(scope=frozenset({other, own}))
    done = world.draft(body, description=f"next to {address}")
    assert done.refusals == ()
    assert {hole.wants.kind for hole in done.holes} == {"document", "url"}
    copied = {other: Copied(id=kit.uuid(7003))}
    bound = bind(done, copied)
    new = address.replace("here-slug", "there-slug").replace(to_url_id(other.id), to_url_id(kit.uuid(7003)))
    assert bound["elements"][0]["body"] == f"see [it]({new}) and https://wiki.example/x"
    assert bound["elements"][1]["actions"][0]["effects"][0]["documentId"] == kit.uuid(7003)
    meanwhile = bind(done, {}, partial=True)
    assert meanwhile["elements"][1]["actions"][0]["effects"] == [{"effect": "open-url"}]
    assert to_url_id(other.id) not in meanwhile["elements"][0]["body"]
    assert len(unbound(done, {})) == 3
    assert isinstance(done.description_holes[0], Hole)


def test_a_link_to_what_is_not_copied(kit):
    body = {"elements": [{"effects": [{"effect": "open-document", "documentId": kit.uuid(77)}]}]}
    assert [p.code for p in kit.World().draft(body).refusals] == ["unknown_reference"]
    reported = kit.World(plan=kit.plan(policy=Policy(unsupported="report"))).draft(body)
    assert reported.refusals == ()
    assert [r.code for r in reported.residuals] == ["unknown_reference"]
    assert reported.body["elements"][0]["effects"] == [{"effect": "open-url"}]


def test_people_by_name_and_waived(kit):
    rule = {
        "kind": "specific-users-and-teams",
        "assignments": [{"type": "team", "teamId": kit.uuid(100)}, {"type": "team", "teamId": kit.uuid(101)}],
    }
    body = {"pages": [{"elements": [{"kind": "control", "columnSecurities": [{"id": "s", "criteria": rule}]}]}]}
    done = kit.World().draft(body, kind="data-model")
    assert [p.code for p in done.refusals] == ["security_unmapped"]
    assert "'Sales' does not exist in the target" in done.refusals[0].message
    waived = kit.World(plan=kit.plan(policy=Policy(security="waive", waived_by="Ada"))).draft(body, kind="data-model")
    criteria = waived.body["pages"][0]["elements"][0]["columnSecurities"][0]["criteria"]
    assert criteria["assignments"] == [{"type": "team", "teamId": kit.uuid(5100)}]
    assert "waived by Ada" in waived.residuals[0].message
    mapped = kit.World(plan=kit.plan(Maps(teams=(Pair(source="Sales", target="Group Sales"),)))).draft(body)
    criteria = mapped.body["pages"][0]["elements"][0]["columnSecurities"][0]["criteria"]
    assert [a["teamId"] for a in criteria["assignments"]] == [kit.uuid(5100), kit.uuid(5101)]


def test_a_waived_rule_without_anybody_lets_nobody_in(kit):
    lone = {"kind": "specific-users-and-teams", "assignments": [{"type": "team", "teamId": kit.uuid(101)}]}
    page = {"kind": "specific-users-and-teams", "assignments": {"users": ["nobodyKnown0123456789012345"], "teams": []}}
    body = {"pages": [{"id": "p", "visibility": page}], "elements": [{"columnSecurities": [{"criteria": lone}]}]}
    done = kit.World(plan=kit.plan(policy=Policy(security="waive", waived_by="Ada"))).draft(body)
    assert done.body["elements"][0]["columnSecurities"][0]["criteria"] == {"kind": "no-one-can-view"}
    assert done.body["pages"][0]["visibility"] == "hidden"


def test_attributes_and_teams_in_formulas(kit):
    formula = 'CurrentUserAttributeText("desk") = [A] and CurrentUserInTeam("Finance") and "CurrentUserInTeam(x)" = [B]'
    body = {"elements": [{"columns": [{"id": "c", "formula": formula}]}]}
    assert [p.code for p in kit.World().draft(body).refusals] == ["security_unmapped"]
    maps = Maps(user_attributes=(Pair(source="desk", target="office"),))
    done = kit.World(plan=kit.plan(maps)).draft(body)
    assert done.refusals == ()
    assert done.body["elements"][0]["columns"][0]["formula"] == formula.replace('"desk"', '"office"')


def test_unknown_places_are_caught(kit):
    body = {"elements": [{"id": "e", "brandNewThing": kit.uuid(100), "other": {"inodeRef": "inode-5m4XHmCqrmQYZws"}}]}
    done = kit.World().draft(body)
    assert [(p.code, p.path) for p in done.refusals] == [
        ("unknown_reference", "$.elements[0].brandNewThing"),
        ("unknown_reference", "$.elements[0].other.inodeRef"),
    ]
    assert "team 'Finance'" in done.refusals[0].message


def test_folder_mapping(kit):
    maps = Maps(
        folders=(
            Pair(source="Shared", target="Group/Au"),
            Pair(source="Shared/Fin", target="Fin"),
        )
    )
    item = kit.item("here", "workbook", 1, "Doc", path=("Shared", "Fin", "Q1"))
    world = kit.World(source=kit.here(item), plan=kit.plan(maps), scope=frozenset({item.key}))
    assert world.draft({"elements": []}).folder == ("Fin", "Q1")
    assert [w.code for w in world.context().warnings] == ["map_unmatched"]
    other = kit.item("here", "workbook", 1, "Doc", path=("Elsewhere", "x/y"))
    assert kit.World(source=kit.here(other), plan=kit.plan(maps)).draft({}).folder == ("Elsewhere", "x/y")


def test_names_resolve_to_exactly_one_thing(kit):
    maps = Maps(
        connections=(
            ConnectionMap(source="Ware", target="Group Wear"),
            ConnectionMap(source="Wear", target="Group Ware"),
        )
    )
    context = kit.World(plan=kit.plan(maps)).context()
    assert [(p.code, p.fix) for p in context.problems] == [("unresolved_name", "did you mean 'Group Ware'?")]
    assert [p.code for p in context.warnings] == ["map_unmatched"]


def test_entries_for_people_name_exactly_one(kit):
    maps = Maps(
        teams=(Pair(source="Sales", target="Group Sale"), Pair(source="Twins", target="Finance")),
        plugins=(Pair(source="Gage", target="Gauge"),),
        members=(Pair(source="*@here.example", target="*@there.example"),),
    )
    teams = kit.here().teams | {kit.uuid(8001): Named(id=kit.uuid(8001), name="Twins")}
    teams[kit.uuid(8002)] = Named(id=kit.uuid(8002), name="Twins")
    context = kit.World(source=kit.here(teams=teams), plan=kit.plan(maps)).context()
    assert [(p.code, p.path) for p in context.problems] == [
        ("unresolved_name", "map.teams.0.to"),
        ("ambiguous_name", "map.teams.1.from"),
    ]
    assert "did you mean 'Group Sales'?" in context.problems[0].message
    assert [(w.path, w.fix) for w in context.warnings] == [("map.plugins.0.from", "did you mean 'Gauge'?")]
    assert context.named["user"].ids == {"memberHereAda01234567890123": "memberThereAda0123456789012"}


def test_dependencies_no_spec_shows(kit):
    data = {"type": "dataset", "inodeId": "x"}, {"type": "data-model", "dataModelId": "m", "versionTagId": "t"}
    done = kit.World().draft({"elements": []}, sources=data)
    assert [p.code for p in done.refusals] == [r.code for r in done.residuals] == ["hidden_source"]
    item = kit.item("here", "workbook", 1, "Doc")
    item = replace(item, hidden_sources=("reads the legacy dataset x", "pinned to version tag t of data model m"))
    done = kit.World(source=kit.here(item)).draft({"elements": []})
    assert [p.code for p in done.refusals] == [r.code for r in done.residuals] == ["hidden_source"]


def test_sources_of_a_document_that_say_nothing_are_passed_over(kit):
    done = kit.World().draft({"elements": []}, sources=["odd", {"type": "data-model", "dataModelId": "m"}])
    assert (done.refusals, done.residuals) == ((), ())


def mapped_world(kit, here_columns, there_columns, *, there_name="E", controls=()):
    def model(alias, number, name, columns):
        element = {"id": f"e-{alias}", "kind": "table", "name": name, "columns": columns}
        element["source"] = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["DW", "FIN", "T"]}
        item = kit.item(alias, "data-model", number, f"Model {alias}")
        body = {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": [element]}]}
        return item, Spec(key=item.key, generation="flat", name=item.name, folder_id="f", body=body)

    mine, spec = model("here", 2, "E", here_columns)
    theirs, other = model("there", 6000, there_name, there_columns)
    maps = Maps(data_models=(Pair(source="Model here", target="Model there"),), controls=tuple(controls))
    return kit.World(
        source=kit.here(mine),
        dest=kit.there(theirs),
        plan=kit.plan(maps),
        specs={mine.key: spec},
        existing={theirs.key.id: other},
    )


def named(identity, name):
    return {"id": identity, "name": name, "formula": f"[T/{name}]"}


def read_from(kit, formula):
    source = {"kind": "data-model", "dataModelId": kit.uuid(2), "elementId": "e-here"}
    return {"elements": [{"id": "r", "kind": "table", "source": source, "columns": [{"id": "c", "formula": formula}]}]}


@pytest.mark.parametrize(
    "entry",
    [
        Renamed(source="Region", target="Area"),
        Renamed(source="Region", target="Area", kind="metric"),
        Renamed(source="Region", target="Area", kind="column", model="Other"),
        Renamed(source="Region", target="Area", kind="column", element="Other"),
        Renamed(source="Region", target="Area", kind="column", model="Other", element="E"),
    ],
)
def test_what_is_said_of_something_else_renames_no_column(kit, entry):
    there = [named("x", "Region"), named("y", "Area")]
    world = mapped_world(kit, [named("a", "Region")], there, controls=[entry])
    done = world.draft(read_from(kit, "[E/Region]"))
    assert done.refusals == ()
    assert done.body["elements"][0]["columns"][0]["formula"] == "[E/Region]"
    told = [w for w in world.context().warnings if w.path == "map.controls.0.from"]
    assert [w.code for w in told] == ["map_unmatched"]
    assert ("write kind: column" in told[0].fix) is (entry.kind != "column" and entry.model is None)


@pytest.mark.parametrize("model", [None, "Model here", "00000000-0000-4000-8000-000000000002"])
@pytest.mark.parametrize("element", [None, "E", "e-here"])
def test_what_is_said_of_a_column_renames_it_wherever_it_is_read(kit, model, element):
    entry = Renamed(source="Region", target="Area", kind="column", model=model, element=element)
    there = [named("x", "Region"), named("y", "Area")]
    world = mapped_world(kit, [named("a", "Region")], there, controls=[entry])
    done = world.draft(read_from(kit, "[E/Region]"))
    assert done.body["elements"][0]["columns"][0]["formula"] == "[E/Area]"
    assert [w for w in world.context().warnings if w.path.startswith("map.controls")] == []


def test_what_is_said_of_an_element_goes_before_what_is_said_of_all(kit):
    entries = [
        Renamed(source="Region", target="Zone", kind="column"),
        Renamed(source="Region", target="District", kind="column", model="Model here"),
        Renamed(source="Region", target="Area", kind="column", element="E"),
    ]
    there = [named("x", "Zone"), named("y", "Area"), named("z", "District")]
    for number, name in ((3, "Area"), (2, "District"), (1, "Zone")):
        world = mapped_world(kit, [named("a", "Region")], there, controls=entries[:number])
        done = world.draft(read_from(kit, "[E/Region]"))
        assert done.body["elements"][0]["columns"][0]["formula"] == f"[E/{name}]"


def test_formulas_follow_a_mapped_model_or_tell_the_gap(kit):
    def column(identity, name):
        return {"id": identity, "name": name, "formula": f"[T/{name}]"}

    world = mapped_world(
        kit,
        [column("a", "Amount"), column("b", "Gone")],
        [column("x", "Amount")],
        there_name="Facts",
        controls=[Renamed(source="E", target="Facts", kind="element")],
    )
    source = {"kind": "data-model", "dataModelId": kit.uuid(2), "elementId": "e-here"}

    def reader(formula):
        return {
            "elements": [{"id": "r", "kind": "table", "source": source, "columns": [{"id": "c", "formula": formula}]}]
        }

    done = world.draft(reader("Sum([E/Amount])"))
    assert done.refusals == ()
    assert done.body["elements"][0]["source"] == {
        "kind": "data-model",
        "dataModelId": kit.uuid(6000),
        "elementId": "e-there",
    }
    assert done.body["elements"][0]["columns"][0]["formula"] == "Sum([Facts/Amount])"
    gap = world.draft(reader("[E/Gone]"))
    assert [(p.code, p.path) for p in gap.refusals] == [("model_gap", "$.elements[0].columns[0].formula")]
    assert "'Gone'" in gap.refusals[0].message


def test_readers_follow_the_renamed_table_of_a_copied_model(kit):
    """An unnamed element is called after its table, so renaming the table renames it for its readers."""
    key = kit.key("data-model", 2)
    element = {"id": "e", "kind": "table", "columns": [{"id": "a", "formula": "[ORDERS/Amount]"}]}
    element["source"] = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": ["DW", "FIN", "ORDERS"]}
    body = {"schemaVersion": 1, "pages": [{"id": "p", "name": "P", "elements": [element]}]}
    spec = Spec(key=key, generation="flat", name="M", folder_id="f", body=body)
    world = kit.World(scope=frozenset({key}), specs={key: spec})
    source = {"kind": "data-model", "dataModelId": kit.uuid(2), "elementId": "e"}
    reader = {"id": "r", "kind": "table", "source": source, "columns": [{"id": "c", "formula": "[ORDERS/Amount]"}]}
    done = world.draft({"elements": [reader]})
    assert done.body["elements"][0]["columns"][0]["formula"] == "[FCT_ORDERS/Amount]"
    assert [r.row for r in done.references if r.row == "prefix"] == ["prefix"]
