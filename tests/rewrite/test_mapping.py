"""What the maps of a plan come to between two organizations: found once, or told with the place in the plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.inventory.model import Named
from migrate.plan.maps import ConnectionMap, Maps, Pair


def problems(context):
    return [(each.path, each.code, each.message) for each in context.problems]


def context(kit, maps, **sides):
    return kit.World(plan=kit.plan(maps), **sides).context()


def test_a_connection_that_is_mapped_twice(kit):
    entries = (
        ConnectionMap(source="Ware", target="Group Ware"),
        ConnectionMap(source=kit.WARE, target="Group Lake"),
    )
    found = context(kit, Maps(connections=entries))
    assert problems(found) == [("map.connections.1", "map_conflict", "connection 'Ware' is mapped twice")]
    assert found.connections[kit.WARE].name == "Group Ware"


def test_a_name_of_two_connections_wants_an_id(kit):
    source = kit.here()
    connections = {each.id: replace(each, name="Ware") for each in source.connections.values()}
    maps = Maps(connections=(ConnectionMap(source="Ware", target="Group Ware"),))
    found = context(kit, maps, source=replace(source, connections=connections))
    said = f"connection 'Ware' is 2 things in source: {kit.WARE}, {kit.LAKE}"
    assert problems(found) == [("map.connections.0.from", "ambiguous_name", said)]
    assert found.connections == {}


def test_a_data_model_that_is_mapped_twice(kit):
    mine = kit.item("here", "data-model", 2, "Sales")
    theirs = [kit.item("there", "data-model", number, name) for number, name in ((7002, "Orders"), (7003, "Other"))]
    maps = Maps(data_models=(Pair(source="Sales", target="Orders"), Pair(source=kit.uuid(2), target="Other")))
    found = context(kit, maps, source=kit.here(mine), dest=kit.there(*theirs))
    assert problems(found) == [("map.data_models.1", "map_conflict", "this model is mapped twice")]
    assert found.models[kit.uuid(2)].id == kit.uuid(7002)


def test_a_thing_mapped_by_its_id(kit):
    maps = Maps(teams=(Pair(source=kit.uuid(101), target="Group Sales"),))
    found = context(kit, maps)
    assert problems(found) == []
    assert found.named["team"].ids[kit.uuid(101)] == kit.uuid(5101)


@pytest.mark.parametrize(
    ("theirs", "ids", "gap"),
    [
        (["https://gauge.example/app"], True, ""),
        (["https://other.example"], False, "plugin 'Gauge' does not exist in the target"),
        (["https://gauge.example/app"] * 2, False, "plugin 'Gauge' is 2 things in the target"),
    ],
)
def test_a_plugin_of_another_name_is_known_by_its_address(kit, theirs, ids, gap):
    def plugins(name, start, urls):
        listed = [Named(id=kit.uuid(start + n), name=f"{name}{n or ''}", url=url) for n, url in enumerate(urls)]
        return {each.id: each for each in listed}

    found = context(
        kit,
        Maps(),
        source=kit.here(plugins=plugins("Gauge", 140, ["https://gauge.example/app"])),
        dest=kit.there(plugins=plugins("Dial", 5140, theirs)),
    ).named["plugin"]
    assert found.ids == ({kit.uuid(140): kit.uuid(5140)} if ids else {})
    assert found.gaps.get(kit.uuid(140), "").startswith(gap)


def test_two_teams_of_one_name_want_an_id(kit):
    teams = {kit.uuid(n): Named(id=kit.uuid(n), name="Sales") for n in (101, 102)}
    found = context(kit, Maps(teams=(Pair(source="Sales", target="Group Sales"),)), source=kit.here(teams=teams))
    said = f"team 'Sales' is 2 things in the source: {kit.uuid(101)}, {kit.uuid(102)}"
    assert problems(found) == [("map.teams.0.from", "ambiguous_name", said)]
