"""What left the selection since the last run, why, and when that is too much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.change.left_scope import Selection, copied_before, scope_changes, selected_now, shrunk
from migrate.change.model import TargetChanges
from migrate.inventory.model import Item, Key
from migrate.ledger.model import Copy, Home, Selected, Snapshot
from migrate.plan.policies import Policy, ScopeShrink
from migrate.plan.selection import Select, Selector

HOME = Home(plan="p", source_org="s", target_org="t")
FINANCE = Select(include=(Selector(folder="Shared/Finance"),), exclude=(Selector(name="Old*"),))


def copy(source_id, kind="workbook"):
    return Copy(
        home=HOME,
        kind=kind,
        source_id=source_id,
        target_id=f"copy-{source_id}",
        name=f"Copy {source_id}",
        folder_id="f",
        digest_sent="",
        digest_read="",
        version_read=1,
    )


def item(source_id, name="Close", path=("Shared", "Finance"), folder="fin", **more):
    key = Key(org="au", kind="workbook", id=source_id)
    return Item(key=key, name=name, folder_id=folder, path=path, version=1, **more)


def was(source_id, name="Close", path="Shared/Finance", folder="fin", left_at=""):
    return Selected(kind="workbook", source_id=source_id, name=name, path=path, folder_id=folder, left_at=left_at)


def changes(
    *items, keys=(), copies=("a",), before=(), fates=None, policy=None, standing=("copy-a", "copy-b", "copy-c")
):
    now = Selection(
        target="group",
        select=FINANCE,
        keys=[one.key for one in items if one.key.id in keys],
        source={one.key: one for one in items},
        fates=fates or {},
        standing=standing,
        policy=policy or Policy(),
    )
    snapshot = Snapshot(
        home=HOME,
        copies={(one.kind, one.source_id): one for one in (*map(copy, copies), copy("Shared/Finance", "folder"))},
        selected={(one.kind, one.source_id): one for one in before},
    )
    return now, snapshot


def test_a_copy_that_nobody_has_any_more_does_not_stay():
    (found,) = scope_changes(*changes(item("a", archived=True), before=[was("a")], standing=()))
    assert found.reason.endswith("its copy copy-a is gone from group")


@pytest.mark.parametrize(
    ("now", "before", "why", "told"),
    [
        (item("a", path=("Shared", "Fin")), was("a"), "renamed_folder", "Shared/Finance is now Shared/Fin"),
        (item("a", path=("Shared", "Old"), folder="x"), was("a"), "moved", "moved from Shared/Finance to Shared/Old"),
        (item("a", name="Old Close"), was("a"), "excluded", "a rule of select.exclude takes it"),
        (item("a", archived=True), was("a"), "gone", "was archived"),
        (item("a", name="Shut"), was("a"), "moved", "renamed from 'Close'"),
        (item("a"), was("a"), "not_selected", "it stands in Shared/Finance, which the plan's select does not take"),
        (item("a"), None, "not_selected", "it stands in Shared/Finance"),
    ],
)
def test_what_is_listed_and_not_selected_says_where_it_went(now, before, why, told):
    (found,) = scope_changes(*changes(now, before=[before] if before else []))
    assert (found.change, found.why, found.target_id) == ("left_scope", why, "copy-a")
    assert told in found.reason
    assert found.reason.endswith("its copy copy-a stays in group")
    assert found.next_action
    assert found.source_path == "Shared/Finance"


@pytest.mark.parametrize(
    ("fate", "why", "code"),
    [
        ("gone", "gone", "source_gone"),
        ("not_visible", "not_visible", "source_not_visible"),
        ("unknown", "not_listed", "left_scope"),
        ("", "not_listed", "left_scope"),
    ],
)
def test_what_is_not_listed_is_gone_only_where_that_is_proven(fate, why, code):
    (found,) = scope_changes(*changes(before=[was("a", name="Shut")], fates={("workbook", "a"): fate}))
    assert (found.why, found.reason_code, found.name, found.source_path) == (why, code, "Shut", "Shared/Finance")
    (unremembered,) = scope_changes(*changes(fates={("workbook", "a"): fate}))
    assert (unremembered.name, unremembered.source_path) == ("Copy a", "")


def test_a_plan_that_never_reports_deletes_asks_for_nothing_about_what_is_gone():
    policy = Policy(deletes="never")
    (gone,) = scope_changes(*changes(fates={("workbook", "a"): "gone"}, policy=policy))
    (hidden,) = scope_changes(*changes(fates={("workbook", "a"): "not_visible"}, policy=policy))
    assert not gone.next_action
    assert hidden.next_action


def test_what_is_new_is_told_from_the_second_run_on_and_folders_are_no_documents():
    first = changes(item("a"), item("b"), keys="ab", copies="")
    assert scope_changes(*first) == ()
    found = scope_changes(*changes(item("a"), item("b", name="Budget"), item("c"), keys="abc", before=[was("c")]))
    assert [(one.change, one.name) for one in found] == [("new", "Budget")]


def test_what_was_selected_is_remembered_and_what_left_keeps_its_last_place_and_its_first_time():
    now, snapshot = changes(
        item("a"), item("b", path=("Else",)), keys="a", copies="abc", before=[was("b"), was("c", left_at="earlier")]
    )
    found = {one.source_id: one for one in selected_now(now, snapshot, at="now")}
    assert found["a"] == was("a")
    assert found["b"] == was("b", left_at="now")
    assert found["c"] == was("c", left_at="earlier")
    assert found.keys() == {"a", "b", "c"}
    assert {one.source_id: one.since for one in scope_changes(now, snapshot)} == {"b": "", "c": "earlier"}


def target(*left, before):
    rows = scope_changes(*changes(copies=[one.source_id for one in left], before=left))
    return TargetChanges(target="group", organization_id="o", scope_changes=rows, copied_before=before)


@pytest.mark.parametrize(
    ("left", "before", "most", "stops"),
    [
        (2, 20, 10, False),
        (3, 20, 10, True),
        (1, 2, 10, False),
        (1, 2, 0, True),
        (2, 2, 100, False),
        (0, 0, 0, False),
        (0, 5, 0, False),
    ],
)
def test_more_than_the_share_stops_but_one_document_alone_never(left, before, most, stops):
    policy = Policy(scope_shrink=ScopeShrink(max_percent=most))
    stop = shrunk(target(*(was(f"d{n}") for n in range(left)), before=before), policy)
    assert (stop is not None) == stops
    if stop is not None:
        assert (stop.code, stop.exit_code) == ("scope_shrunk", 9)
        assert f"{left} of the {before} documents" in stop.message


def test_what_left_in_an_earlier_run_does_not_stop_again():
    left = [was(f"d{n}", left_at="earlier") for n in range(9)]
    assert shrunk(target(*left, before=10), Policy()) is None
    _, snapshot = changes(copies=[one.source_id for one in left], before=left[:4])
    assert copied_before(snapshot) == 5


def test_the_stop_names_each_reason_once_the_most_frequent_first():
    items = [item(f"r{n}", path=("Shared", "Fin")) for n in range(3)] + [item("m", path=("X",), folder="x")]
    now, snapshot = changes(*items, copies=[one.key.id for one in items], before=[was(one.key.id) for one in items])
    rows = scope_changes(now, snapshot)
    stop = shrunk(TargetChanges(target="group", organization_id="o", scope_changes=rows, copied_before=9), Policy())
    assert stop is not None
    first, second = (
        stop.message.index("and 2 more: its folder Shared/Finance is now"),
        stop.message.index("moved from"),
    )
    assert first < second
    assert stop.message.count("is now Shared/Fin") == 1


def test_a_reason_that_stands_in_no_list_is_counted():
    items = [item(f"d{n}", path=(f"P{n}",), folder=f"{n}") for n in range(5)]
    now, snapshot = changes(*items, copies=[one.key.id for one in items], before=[was(one.key.id) for one in items])
    rows = scope_changes(now, snapshot)
    one = TargetChanges(target="group", organization_id="o", scope_changes=rows, copied_before=5)
    stop = shrunk(replace(one, copied_before=5), Policy())
    assert stop is not None
    assert "; and 2 more." in stop.message
