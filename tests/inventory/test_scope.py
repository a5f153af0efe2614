"""What a selection takes, what it needs besides, and in which order: every rule, and the order as a property."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.inventory.model import Identity, Inventory, Item, Key, Other
from migrate.inventory.scope import choose, circles, layers, passed_by, scope
from migrate.plan.selection import Select, Selector

ALL = Select(include=(Selector(),))


def model(number):
    return Key(org="north", kind="data-model", id=f"m{number}")


def book(number):
    return Key(org="north", kind="workbook", id=f"w{number}")


def item(key, *reads, name="", path=("Shared",), **more):
    return Item(key=key, name=name or key.id, folder_id="f", path=path, version=1, reads=tuple(reads), **more)


def inventory(*items):
    return Inventory(
        org="north",
        identity=Identity(user_id="u", organization_id="o", slug="north"),
        items=MappingProxyType({one.key: one for one in items}),
    )


def select(*rules, **more):
    return Select(include=tuple(Selector(**rule) for rule in rules), **more)


def test_the_models_a_workbook_reads_come_along_however_deep():
    found = scope(
        select({"type": "workbook"}),
        inventory(item(book(1), "m1"), item(model(1), "m2"), item(model(2)), item(model(3))),
    )
    assert found.chosen == (book(1),)
    assert found.needed == {model(1): (book(1),), model(2): (model(1),)}
    assert found.waves == ((model(2),), (model(1),), (book(1),))
    assert found.keys == (model(2), model(1), book(1))


def test_a_chosen_model_is_not_also_needed():
    found = scope(ALL, inventory(item(book(1), "m1"), item(model(1))))
    assert found.needed == {}
    assert found.chosen == (model(1), book(1))


def test_a_model_nobody_can_see_is_missing_with_its_readers():
    found = scope(ALL, inventory(item(book(1), "m9"), item(book(2), "m9")))
    assert found.missing == {"m9": (book(1), book(2))}
    assert set(found.keys) == {book(1), book(2)}


def test_with_existing_dependencies_nothing_is_pulled_in():
    chosen = select({"type": "workbook"}, dependencies="existing")
    found = scope(chosen, inventory(item(book(1), "m1", "m2"), item(model(1)), item(model(2))), ["m2"])
    assert found.missing == {"m1": (book(1),)}
    assert found.keys == (model(2), book(1)), "the mapped one is in scope, it ends as mapped"


def test_with_existing_dependencies_a_chosen_model_is_no_gap():
    chosen = select({}, dependencies="existing")
    found = scope(chosen, inventory(item(book(1), "m1"), item(model(1), "m2"), item(model(2))))
    assert found.missing == {}


def test_what_a_mapped_model_reads_is_not_followed():
    found = scope(
        select({"type": "workbook"}), inventory(item(book(1), "m1"), item(model(1), "m2"), item(model(2))), ["m1"]
    )
    assert found.keys == (model(1), book(1))
    assert found.missing == {}


def test_rules_are_alternatives_and_their_keys_all_hold():
    things = [
        item(book(1), name="FY25", path=("Shared", "Sales")),
        item(book(2), name="Plan", path=("Shared", "Sales", "AU")),
        item(book(3), name="FY25", path=("Shared", "HR")),
        item(model(1), name="FY25", path=("Shared", "Sales")),
    ]
    both = select({"type": "workbook", "folder": "Shared/Sales", "name": "FY*"}, {"id": "w3"})
    assert choose(both, inventory(*things))[0] == (book(1), book(3))


def test_a_rule_may_name_a_document_by_the_id_in_its_address():
    assert choose(select({"id": "4ZbUrl"}), inventory(item(book(1), url_id="4ZbUrl"), item(book(2))))[0] == (book(1),)


def test_what_is_passed_over_is_counted():
    things = [
        item(book(1), name="copy of x"),
        item(book(2), archived=True),
        item(book(3), personal=True),
        item(book(4)),
        item(book(5), archived=True, personal=True, name="copy of y"),
    ]
    chosen, left_out = choose(select({}, exclude=(Selector(name="copy of *"),)), inventory(*things))
    assert chosen == (book(4),)
    assert left_out == {"personal": 1, "excluded": 1, "archived": 2}


def test_what_no_rule_means_is_not_counted():
    _, left_out = choose(select({"type": "data-model"}), inventory(item(book(1), archived=True)))
    assert left_out == {"personal": 0, "excluded": 0, "archived": 0}


@pytest.mark.parametrize("rule", [{"folder": "Ann"}, {"id": "w1"}])
def test_a_personal_document_travels_where_a_rule_names_it(rule):
    things = inventory(item(book(1), personal=True, path=("Ann",)))
    assert choose(select({}), things)[0] == ()
    assert choose(select({}, rule), things)[0] == (book(1),)


def test_a_name_alone_does_not_name_a_personal_document():
    assert choose(select({"name": "*"}), inventory(item(book(1), personal=True)))[0] == ()


def test_scope_says_only_what_was_left_out():
    found = scope(ALL, inventory(item(book(1), archived=True)))
    assert found.left_out == {"archived": 1}


def test_a_model_that_reads_itself_is_no_cycle():
    assert scope(ALL, inventory(item(model(1), "m1"))).waves == ((model(1),),)


def test_a_cycle_of_models_is_cut_once():
    found = scope(ALL, inventory(item(model(1), "m2"), item(model(2), "m3"), item(model(3), "m1")))
    assert sorted(found.keys) == [model(1), model(2), model(3)]
    assert len(found.waves) == 3


NODES = st.integers(0, 9)
GRAPHS = st.dictionaries(NODES, st.frozensets(NODES, max_size=4), max_size=10)


@pytest.mark.parametrize(("reader", "read"), [(1, 2), (2, 1)])
def test_what_is_kept_is_not_what_a_cycle_is_cut_at(reader, read):
    graph = {model(1): {model(2)}, model(2): {model(1)}}
    waves, cut = layers(graph, {model(reader): {model(read)}})
    assert (waves, cut) == (((model(read),), (model(reader),)), ((model(read), model(reader)),))
    assert layers({book(1): {book(1)}}, {book(1): {book(1)}})[1] == ((book(1), book(1)),), "it has no other"


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        ({1: [2], 2: [3], 3: []}, []),
        ({1: [1]}, [[1]]),
        ({3: [1], 1: [2], 2: [3], 4: [1]}, [[1, 2, 3]]),
        ({1: [2], 2: [1], 3: [4], 4: [3], 5: [1, 3]}, [[1, 2], [3, 4]]),
        ({1: [9], 2: [1]}, []),
    ],
)
def test_circles_are_named_from_their_least_node_on(reads, expected):
    found = circles({model(node): {model(each) for each in read} for node, read in reads.items()})
    assert sorted(found) == [tuple(map(model, circle)) for circle in expected]


@given(GRAPHS)
def test_layers_hold_every_node_once_and_every_edge_that_was_not_cut(numbers):
    graph = {model(n): {model(b) for b in before} for n, before in numbers.items()}
    waves, cut = layers(graph)
    at = {node: index for index, wave in enumerate(waves) for node in wave}
    assert sorted(at) == sorted(graph)
    assert sum(len(wave) for wave in waves) == len(graph)
    for node, before in graph.items():
        for one in before & graph.keys():
            assert (node, one) in cut or at[one] < at[node]
    assert all(before in graph[node] for node, before in cut)


@given(GRAPHS)
def test_nothing_is_cut_without_a_cycle(numbers):
    graph = {model(n): {model(b) for b in before if b < n} for n, before in numbers.items()}
    assert layers(graph)[1] == ()


@given(GRAPHS, st.randoms(use_true_random=False))
def test_the_order_things_come_in_does_not_matter(numbers, random):
    graph = {model(n): {model(b) for b in before} for n, before in numbers.items()}
    nodes = list(graph)
    random.shuffle(nodes)
    assert layers({node: graph[node] for node in nodes}) == layers(graph)


@given(
    reads=st.dictionaries(NODES, st.lists(NODES, max_size=4), max_size=8),
    books=st.lists(st.lists(NODES, max_size=4), max_size=4),
)
def test_a_model_never_comes_after_its_reader_unless_a_cycle_was_cut(reads, books):
    models = [item(model(n), *(f"m{other}" for other in before if other < n)) for n, before in reads.items()]
    found = scope(ALL, inventory(*models, *(item(book(n), *(f"m{r}" for r in row)) for n, row in enumerate(books))))
    at = {key: index for index, wave in enumerate(found.waves) for key in wave}
    for one in (*models, *(item(book(n), *(f"m{r}" for r in row)) for n, row in enumerate(books))):
        for read in one.reads:
            assert (Key(org="north", kind="data-model", id=read) in at) == (read not in found.missing)
            if read not in found.missing:
                assert at[Key(org="north", kind="data-model", id=read)] < at[one.key]


PROGRAM = """
from migrate.inventory.model import Key
from migrate.inventory.scope import layers
def key(n): return Key(org="north", kind="workbook", id=f"w{n}")
graph = {key(n): {key((n * k + 1) % 40) for k in range(1, 6)} for n in range(40)}
print([[k.id for k in wave] for wave in layers(graph)[0]], [(a.id, b.id) for a, b in layers(graph)[1]])
"""


def test_two_processes_cut_the_same_links():
    told = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1


def other(number, kind="dataset", path=("Shared", "Finance"), name="Numbers", **more):
    return Other(kind=kind, id=f"o{number}", name=name, path=path, url_id=f"u{number}", **more)


def test_what_stands_beside_documents_is_taken_by_the_same_rules():
    others = (
        other(1),
        other(2, kind="template", path=("Shared", "Sales")),
        other(3, archived=True),
        other(4, name="Old numbers"),
        other(5, personal=True),
        other(6, kind="template", path=("Else",)),
    )
    there = replace(inventory(), others=others)

    def taken(*include, exclude=()):
        return [one.id for one in passed_by(Select(include=include, exclude=exclude), there)]

    assert taken(Selector()) == ["o1", "o2", "o4", "o6"]
    assert taken(Selector(folder="Shared")) == ["o1", "o2", "o4", "o5"]
    assert taken(Selector(folder="Shared"), exclude=(Selector(name="Old*"),)) == ["o1", "o2", "o5"]
    assert taken(Selector(type="workbook")) == []
    assert taken(Selector(id="u6")) == ["o6"]
