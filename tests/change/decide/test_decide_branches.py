"""Every way a document can go, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.change.actions import folder_action_id
from migrate.change.decide import decide
from migrate.errors import Problem
from migrate.rewrite.model import DocumentId, Hole, UrlId


def test_a_new_document_is_created(make):
    action = make.only(make.draft(make.wb(1)))
    assert (action.verb, action.outcome, action.target, action.key) == ("create", "created", "group", make.wb(1))
    assert action.after == ()


def test_a_document_that_cannot_be_read_is_blocked_with_its_reason(make):
    action = make.only(unreadable={make.wb(1): ("archived", "it is archived")})
    assert (action.verb, action.outcome, action.reason_code, action.why) == (
        "block",
        "blocked",
        "archived",
        "it is archived",
    )
    assert action.next_action


def test_a_mapped_model_is_adopted(make):
    elements = {"a": make.ElementIds(id="b")}
    action = make.only(mapped={make.dm(1): make.Copied(id="t1", elements=elements)})
    assert (action.verb, action.outcome, action.target_id, action.elements) == ("adopt", "mapped", "t1", elements)


REFUSALS = (
    Problem(code="not_portable", message="an image", fix="upload it"),
    Problem(code="sql_refused", message="some SQL"),
)


@pytest.mark.parametrize("policy", ["fail", "report"])
def test_a_refused_draft_is_blocked_by_its_first_cause(make, policy):
    action = make.only(make.draft(make.wb(1), refusals=REFUSALS), unsupported=policy)
    assert (action.verb, action.outcome, action.reason_code) == ("block", "blocked", "not_portable")
    assert action.why == "an image (and 1 more)"
    assert action.next_action == "upload it"


def test_what_cannot_travel_may_be_skipped(make):
    action = make.only(make.draft(make.wb(1), refusals=REFUSALS), unsupported="skip")
    assert (action.verb, action.outcome, action.reason_code) == ("skip", "skipped", "not_portable")


def test_a_security_rule_is_never_skipped(make):
    rule = Problem(code="security_unmapped", message="a row rule")
    action = make.only(make.draft(make.wb(1), refusals=(*REFUSALS, rule)), unsupported="skip")
    assert (action.verb, action.outcome) == ("block", "blocked")


# a document of that name is there and is not ours


def test_somebody_elses_document_is_in_the_way(make):
    action = make.only(make.draft(make.wb(1)), items=[make.there(make.wb(1), "t1")])
    assert (action.verb, action.outcome, action.reason_code) == ("block", "blocked", "name_taken")
    assert "t1" in action.why
    assert "policy.existing" in action.next_action


@pytest.mark.parametrize(
    "more",
    [{"name": "Other"}, {"path": ("Shared",), "folder_id": "x"}, {"archived": True}],
    ids=["name", "folder", "archived"],
)
def test_what_stands_elsewhere_is_not_in_the_way(make, more):
    assert make.only(make.draft(make.wb(1)), items=[make.there(make.wb(1), "t1", **more)]).verb == "create"


def test_a_model_is_not_in_the_way_of_a_workbook(make):
    item = make.there(make.dm(1), "t1", name="Name of w1")
    assert make.only(make.draft(make.wb(1)), items=[item]).verb == "create"


def test_a_folder_named_by_id_is_compared_by_id(make):
    draft = make.draft(make.wb(1), folder=(), folder_id="f-sales")
    assert make.only(draft, items=[make.there(make.wb(1), "t1")]).verb == "block"
    assert make.only(draft, items=[make.there(make.wb(1), "t1", folder_id="f-other")]).verb == "create"


def test_existing_skip(make):
    action = make.only(make.draft(make.wb(1)), items=[make.there(make.wb(1), "t1")], existing="skip")
    assert (action.verb, action.outcome, action.target_id) == ("skip", "skipped", "t1")
    assert action.reason_code == "name_taken"


def test_existing_update(make):
    action = make.only(make.draft(make.wb(1)), items=[make.there(make.wb(1), "t1", version=9)], existing="update")
    assert (action.verb, action.outcome, action.target_id, action.version) == ("update", "updated", "t1", 9)


def test_existing_update_of_one_of_several_is_refused(make):
    two = [make.there(make.wb(1), "t1"), make.there(make.wb(1), "t2")]
    action = make.only(make.draft(make.wb(1)), items=two, existing="update")
    assert (action.verb, action.reason_code) == ("block", "ambiguous_target")
    assert "t1" in action.why
    assert "t2" in action.why


def test_namesakes_take_one_free_name_each(make):
    drafts = [make.draft(make.wb(number), name="Sales") for number in (3, 1, 2)]
    taken = [make.there(make.wb(9), "t9", name="Sales"), make.there(make.wb(8), "t8", name="Sales (3)")]
    found = make.actions_of(decide(make.sight(*drafts, items=taken, existing="rename")))
    names = {action.key.id: action.draft.name for action in found.values() if action.key}
    assert names == {"w1": "Sales (2)", "w2": "Sales (4)", "w3": "Sales (5)"}


def test_existing_rename_takes_the_first_free_name(make):
    taken = [make.there(make.wb(1), "t1"), make.there(make.wb(1), "t2", name="Name of w1 (2)")]
    action = make.only(make.draft(make.wb(1)), items=taken, existing="rename")
    assert (action.verb, action.outcome, action.draft.name) == ("create", "created", "Name of w1 (3)")


def test_a_free_name_is_not_one_that_another_document_of_the_plan_gets(make):
    drafts = make.draft(make.wb(1)), make.draft(make.wb(2), name="Name of w1 (2)")
    found = make.actions_of(decide(make.sight(*drafts, items=[make.there(make.wb(1), "t1")], existing="rename")))
    assert found["create:workbook:w1"].draft.name == "Name of w1 (3)"


def test_a_copy_under_a_free_name_is_left_where_it_is(make):
    draft = make.draft(make.wb(1))
    items = [make.there(make.wb(1), "foreign"), make.there(make.wb(1), "t1", name="Name of w1 (2)")]
    ours = make.copy(make.wb(1), "t1", draft.body, name="Name of w1 (2)")
    action = make.only(draft, items=items, copies=[ours], existing="rename")
    assert (action.verb, action.outcome) == ("keep", "unchanged")
    changed = make.only(draft, items=items, copies=[replace(ours, digest_sent="old")], existing="rename")
    assert (changed.verb, changed.rename_to, changed.draft.name) == ("update", "", "Name of w1 (2)")
    alone = make.only(draft, items=items[1:], copies=[ours], existing="rename")
    assert (alone.verb, alone.rename_to) == ("move", "Name of w1"), "once the name is free it gets it"


def test_a_copy_of_another_document_keeps_its_name(make):
    first, second = make.draft(make.wb(1), name="Same"), make.draft(make.wb(2), name="Same")
    ours = make.copy(make.wb(1), "t1", first.body, name="Same")
    found = make.actions_of(
        decide(make.sight(first, second, items=[make.there(make.wb(1), "t1", name="Same")], copies=[ours]))
    )
    assert {action.verb for action in found.values()} == {"keep", "block"}
    assert found["block:workbook:w2"].reason_code == "name_collision"


# a copy of ours is there


def test_nothing_changed(make):
    draft = make.draft(make.wb(1))
    action = make.only(draft, items=[make.there(make.wb(1), "t1")], copies=[make.copy(make.wb(1), "t1", draft.body)])
    assert (action.verb, action.outcome, action.target_id) == ("keep", "unchanged", "t1")
    assert not action.writes


def test_the_source_changed(make):
    draft = make.draft(make.wb(1))
    action = make.only(draft, items=[make.there(make.wb(1), "t1")], copies=[make.copy(make.wb(1), "t1", {"old": 1})])
    assert (action.verb, action.outcome, action.version, action.target_id) == ("update", "updated", 5, "t1")
    assert action.rename_to == ""
    assert not action.moved


def test_what_is_compared_is_what_would_be_sent(make):
    draft = make.draft(make.wb(1), make.dm(1))
    bound = {**draft.body, "links": [{"documentId": "tm"}]}
    items = [make.there(make.wb(1), "t1"), make.there(make.dm(1), "tm")]
    model = make.draft(make.dm(1))
    copies = [make.copy(make.wb(1), "t1", bound), make.copy(make.dm(1), "tm", model.body)]
    found = make.actions_of(decide(make.sight(draft, model, items=items, copies=copies)))
    assert {action.outcome for action in found.values()} == {"unchanged"}


def test_a_copy_whose_model_went_away_is_brought_up_to_date(make):
    draft, model = make.draft(make.wb(1), make.dm(1)), make.draft(make.dm(1))
    bound = {**draft.body, "links": [{"documentId": "tm"}]}
    copies = [make.copy(make.wb(1), "t1", bound), make.copy(make.dm(1), "tm", model.body)]
    found = make.actions_of(decide(make.sight(draft, model, items=[make.there(make.wb(1), "t1")], copies=copies)))
    assert found["create:data-model:m1"].why == "its copy tm is no longer there"
    assert found["update:workbook:w1"].after == ("create:data-model:m1",)


@pytest.mark.parametrize("items", [[], ["archived"]])
def test_a_copy_that_is_gone_is_created_anew(make, items):
    there = [make.there(make.wb(1), "t1", archived=True)] if items else []
    draft = make.draft(make.wb(1))
    action = make.only(draft, items=there, copies=[make.copy(make.wb(1), "t1", draft.body)])
    assert action.verb == "create"
    assert "t1 is no longer there" in action.why


def test_a_copy_under_another_name_is_renamed(make):
    draft = make.draft(make.wb(1))
    items, copies = [make.there(make.wb(1), "t1", name="Old")], [make.copy(make.wb(1), "t1", draft.body, name="Old")]
    action = make.only(draft, items=items, copies=copies)
    assert (action.verb, action.outcome, action.rename_to, action.moved) == ("move", "renamed", "Name of w1", False)
    assert action.why == "its name changed"


def test_a_copy_in_another_folder_is_moved_and_the_folder_made_first(make):
    draft = make.draft(make.wb(1), folder=("Shared", "New"))
    items, copies = [make.there(make.wb(1), "t1", name="Old")], [make.copy(make.wb(1), "t1", draft.body, name="Old")]
    action = make.only(draft, items=items, copies=copies)
    assert (action.verb, action.moved, action.why) == ("move", True, "its name and folder changed")
    assert action.after == ("folder:Shared/New",)


def test_a_changed_copy_under_another_name_is_updated_and_renamed_at_once(make):
    draft = make.draft(make.wb(1))
    items, copies = [make.there(make.wb(1), "t1", name="Old")], [make.copy(make.wb(1), "t1", {"old": 1}, name="Old")]
    action = make.only(draft, items=items, copies=copies)
    assert (action.verb, action.outcome, action.rename_to) == ("update", "updated", "Name of w1")


@pytest.mark.parametrize(
    ("policy", "verb", "outcome", "code"),
    [
        ("fail", "block", "blocked", "drifted"),
        ("keep", "skip", "skipped", "drifted"),
        ("overwrite", "update", "updated", ""),
    ],
)
@pytest.mark.parametrize("sent", ["same", "changed"])
def test_a_copy_edited_in_the_target(make, policy, verb, outcome, code, sent):
    draft = make.draft(make.wb(1))
    copies = [make.copy(make.wb(1), "t1", draft.body if sent == "same" else {"old": 1})]
    action = make.only(draft, items=[make.there(make.wb(1), "t1", version=6)], copies=copies, drift=policy)
    assert (action.verb, action.outcome, action.target_id) == (verb, outcome, "t1")
    assert (action.version if verb == "update" else action.reason_code) == (code or 6)


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ({"name": "Mine"}, "renamed to 'Mine' in the target since"),
        ({"folder_id": "f-mine", "path": ("Mine",)}, "moved to 'Mine' in the target since"),
    ],
)
@pytest.mark.parametrize(
    ("policy", "verb", "outcome"),
    [("fail", "block", "blocked"), ("keep", "skip", "skipped"), ("overwrite", "move", "renamed")],
)
def test_a_copy_renamed_or_moved_in_the_target(make, there, told, policy, verb, outcome):
    draft = make.draft(make.wb(1))
    items, copies = [make.there(make.wb(1), "t1", **there)], [make.copy(make.wb(1), "t1", draft.body)]
    action = make.only(draft, items=items, copies=copies, drift=policy)
    assert (action.verb, action.outcome) == (verb, outcome)
    if policy != "overwrite":
        assert (action.reason_code, action.why) == ("drifted", f"its copy was {told}")
    else:
        assert (action.rename_to, action.moved) == (("Name of w1", False) if "name" in there else ("", True))


def test_people_may_do_what_the_plan_would(make):
    draft = make.draft(make.wb(1), name="New")
    items, copies = [make.there(make.wb(1), "t1", name="New")], [make.copy(make.wb(1), "t1", draft.body)]
    assert make.only(draft, items=items, copies=copies).outcome == "unchanged"


def test_a_new_version_with_the_same_contents_is_no_edit(make):
    draft = make.draft(make.wb(1))
    items, copies = [make.there(make.wb(1), "t1", version=6)], [make.copy(make.wb(1), "t1", draft.body)]
    assert make.only(draft, items=items, copies=copies, observed={"t1": "as read"}).outcome == "unchanged"
    assert make.only(draft, items=items, copies=copies, observed={"t1": "otherwise"}).outcome == "blocked"


# what depends on what


def test_the_root_cause_is_named_through_a_chain(make):
    drafts = [
        make.draft(make.wb(1), make.dm(1)),
        make.draft(make.dm(1), make.dm(2)),
        make.draft(make.dm(2), make.dm(3)),
        make.draft(make.dm(3), refusals=REFUSALS, name="The root"),
    ]
    for order in (drafts, drafts[::-1]):
        found = make.actions_of(decide(make.sight(*order)))
        assert {action.outcome for action in found.values()} == {"blocked"}
        for name in ("workbook:w1", "data-model:m1", "data-model:m2"):
            action = found[f"block:{name}"]
            assert (action.reason_code, action.blocked_by) == ("blocked_by", make.dm(3))
            assert "'The root'" in action.why


def test_an_unreadable_model_blocks_its_readers(make):
    found = make.actions_of(
        decide(make.sight(make.draft(make.wb(1), make.dm(1)), unreadable={make.dm(1): ("forbidden", "no access")}))
    )
    assert found["block:workbook:w1"].blocked_by == make.dm(1)


def test_a_blocked_update_of_a_model_that_stands_blocks_nobody(make):
    model = make.draft(make.dm(1))
    items, copies = [make.there(make.dm(1), "tm", version=6)], [make.copy(make.dm(1), "tm", model.body)]
    found = make.actions_of(decide(make.sight(make.draft(make.wb(1), make.dm(1)), model, items=items, copies=copies)))
    assert found["block:data-model:m1"].reason_code == "drifted"
    assert found["create:workbook:w1"].outcome == "created"


def test_a_skipped_document_that_is_not_ours_blocks_what_needs_it(make):
    drafts = make.draft(make.wb(1), make.dm(1)), make.draft(make.dm(1))
    found = make.actions_of(decide(make.sight(*drafts, items=[make.there(make.dm(1), "x")], existing="skip")))
    assert found["block:workbook:w1"].blocked_by == make.dm(1)


def test_what_needs_something_nobody_knows_is_blocked(make):
    action = make.only(make.draft(make.wb(1), make.dm(9)))
    assert (action.verb, action.outcome, action.reason_code) == ("block", "blocked", "unbound_reference")
    assert "m9" in action.why


def test_what_needs_a_mapped_model_comes_as_it_is(make):
    drafts = make.draft(make.wb(1), make.dm(1))
    found = make.actions_of(decide(make.sight(drafts, mapped={make.dm(1): make.Copied(id="t")})))
    assert found["create:workbook:w1"].after == ()


def test_models_come_before_their_readers(make):
    changes = decide(
        make.sight(make.draft(make.wb(1), make.dm(1)), make.draft(make.dm(1), make.dm(2)), make.draft(make.dm(2)))
    )
    assert [[a.key.id for a in wave] for wave in changes.waves] == [["m2"], ["m1"], ["w1"]]
    assert changes.waves[2][0].after == ("create:data-model:m1",)


def test_a_cycle_of_links_becomes_a_create_and_a_patch(make):
    changes = decide(make.sight(make.draft(make.wb(1), make.wb(2)), make.draft(make.wb(2), make.wb(1))))
    rows = [[a.id for a in wave] for wave in changes.waves]
    assert len(rows) == 3
    (patch,) = rows[2]
    found = make.actions_of(changes)
    first, second = rows[0][0], rows[1][0]
    assert patch.removeprefix("patch") == first.removeprefix("create")
    assert found[first].after == ()
    assert found[second].after == (first,)
    assert found[patch].after == tuple(sorted((first, second)))
    assert found[patch].beside, "the create is what counts"


def reading(make, key, read):
    """A draft that cannot be created without another document."""
    hole = Hole(path=("source", "dataModelId"), key=read, wants=DocumentId())
    draft = make.draft(key)
    return replace(draft, body={**draft.body, "source": {"dataModelId": "?"}}, holes=(hole,))


@pytest.mark.parametrize("first", [1, 2])
def test_a_link_waits_for_what_is_read_and_not_the_other_way_round(make, first):
    linking, reader = make.dm(first), make.dm(3 - first)
    changes = decide(make.sight(make.draft(linking, reader), reading(make, reader, linking)))
    assert [[one.id for one in wave] for wave in changes.waves] == [
        [f"create:data-model:{linking.id}"],
        [f"create:data-model:{reader.id}"],
        [f"patch:data-model:{linking.id}"],
    ]


def test_models_that_read_each_other_are_blocked_by_name_and_what_reads_them_waits(make):
    one, two = reading(make, make.dm(1), make.dm(2)), reading(make, make.dm(2), make.dm(1))
    found = make.actions_of(decide(make.sight(one, two, reading(make, make.wb(1), make.dm(1)))))
    codes = {action.key.id: (action.reason_code, action.verb) for action in found.values()}
    assert codes == {"m1": ("model_cycle", "block"), "m2": ("model_cycle", "block"), "w1": ("blocked_by", "block")}
    assert len({action.why for action in found.values() if action.reason_code == "model_cycle"}) == 1
    itself = make.only(reading(make, make.dm(1), make.dm(1)))
    assert "reads itself" in itself.why


def test_a_circle_that_a_copy_breaks_is_written(make):
    one, two = reading(make, make.dm(1), make.dm(2)), reading(make, make.dm(2), make.dm(1))
    items = [make.there(one.key, "t-m1")]
    sight = make.sight(one, two, items=items, copies=[make.copy(one.key, "t-m1", {"old": 1})])
    rows = [[action.id for action in wave] for wave in decide(sight).waves]
    assert rows[:2] == [["create:data-model:m2"], ["update:data-model:m1"]]


def test_what_reads_a_model_that_is_replaced_may_have_to_follow_and_the_plan_says_so(make):
    model, second = make.draft(make.dm(1)), make.draft(make.dm(2), make.dm(1))
    report, other = make.draft(make.wb(1), make.dm(2)), make.draft(make.wb(2))
    bodies = {
        model.key: {"old": 1},
        second.key: {**second.body, "links": [{"documentId": "t-m1"}]},
        report.key: {**report.body, "links": [{"documentId": "t-m2"}]},
        other.key: other.body,
    }
    items = [make.there(key, f"t-{key.id}") for key in bodies]
    copies = [make.copy(key, f"t-{key.id}", body) for key, body in bodies.items()]
    changes = decide(make.sight(model, second, report, other, items=items, copies=copies))
    found = make.actions_of(changes)
    assert found["update:data-model:m1"].outcome == "updated"
    assert {key for key in found if key.startswith("keep")} == {
        "keep:data-model:m2",
        "keep:workbook:w1",
        "keep:workbook:w2",
    }
    assert found["repoint:data-model:m2"].after == ("keep:data-model:m2", "update:data-model:m1")
    assert found["repoint:workbook:w1"].after == ("keep:workbook:w1", "repoint:data-model:m2")
    assert "repoint:workbook:w2" not in found
    assert [[a.id for a in wave] for wave in changes.waves[-2:]] == [["repoint:data-model:m2"], ["repoint:workbook:w1"]]
    assert all(action.beside for key, action in found.items() if key.startswith("repoint"))


def test_a_document_that_links_to_itself_is_patched(make):
    found = make.actions_of(decide(make.sight(make.draft(make.wb(1), make.wb(1)))))
    assert found["patch:workbook:w1"].after == ("create:workbook:w1",)


def test_a_copy_that_links_to_itself_needs_no_patch(make):
    draft = make.draft(make.wb(1), make.wb(1))
    items, copies = [make.there(make.wb(1), "t1")], [make.copy(make.wb(1), "t1", {"old": 1})]
    found = make.actions_of(decide(make.sight(draft, items=items, copies=copies)))
    assert list(found) == ["update:workbook:w1"]


def test_somebody_elses_document_replaced_by_one_that_links_to_itself_is_patched(make):
    draft = make.draft(make.wb(1), make.wb(1))
    found = make.actions_of(decide(make.sight(draft, items=[make.there(make.wb(1), "t1")], existing="update")))
    assert found.keys() == {"update:workbook:w1", "patch:workbook:w1"}


def test_a_link_to_a_copy_that_stands_needs_no_patch(make):
    one, other = make.draft(make.wb(1), make.wb(2)), make.draft(make.wb(2), make.wb(1))
    items, copies = [make.there(make.wb(1), "t1")], [make.copy(make.wb(1), "t1", {"old": 1})]
    found = make.actions_of(decide(make.sight(one, other, items=items, copies=copies)))
    patches = [a for a in found.values() if a.verb == "patch"]
    assert [a.key for a in patches] in ([], [make.wb(1)]), "only what is new may be missing"


def test_a_link_in_a_description_is_ordered_like_any_other(make):
    hole = Hole(path=("description",), key=make.wb(2), wants=UrlId(), span=(0, 1))
    first = make.draft(make.wb(1), description="x", description_holes=(hole,))
    found = make.actions_of(decide(make.sight(first, make.draft(make.wb(2)))))
    assert found["create:workbook:w1"].after == ("create:workbook:w2",)


# folders


def test_missing_folders_are_made_by_depth(make):
    deep = ("Shared", "A", "B", "C")
    changes = decide(make.sight(make.draft(make.wb(1), folder=deep), make.draft(make.wb(2), folder=("Shared", "A"))))
    assert [[a.folder for a in wave] for wave in changes.waves[:3]] == [[deep[:2]], [deep[:3]], [deep]]
    found = make.actions_of(changes)
    assert found["folder:Shared/A"].after == ()
    assert found["folder:Shared/A/B"].after == ("folder:Shared/A",)
    assert found["create:workbook:w1"].after == ("folder:Shared/A/B/C",)
    assert found["create:workbook:w2"].after == ("folder:Shared/A",)


def test_a_folder_named_by_id_is_never_made(make):
    assert make.only(make.draft(make.wb(1), folder=("New",), folder_id="f9")).after == ()


def test_no_folder_is_made_for_what_is_not_written(make):
    found = make.actions_of(decide(make.sight(make.draft(make.wb(1), folder=("New",), refusals=REFUSALS))))
    assert list(found) == ["block:workbook:w1"]


def test_what_is_not_written_waits_for_no_folder(make):
    drafts = make.draft(make.wb(1), folder=("New",)), make.draft(make.wb(2), folder=("New",), refusals=REFUSALS)
    found = make.actions_of(decide(make.sight(*drafts)))
    assert found["create:workbook:w1"].after == ("folder:New",)
    assert found["block:workbook:w2"].after == ()


def test_folder_names_with_slashes_are_other_folders(make):
    one, other = ("Shared", "a/b"), ("Shared", "a", "b")
    found = make.actions_of(
        decide(make.sight(make.draft(make.wb(1), folder=one), make.draft(make.wb(2), folder=other)))
    )
    assert found["create:workbook:w1"].after == ("folder:Shared/a\\/b",)
    assert found["create:workbook:w2"].after == ("folder:Shared/a/b",)
    assert folder_action_id(("a\\", "b")) != folder_action_id(("a\\/b",))


def test_an_empty_scope_is_an_empty_change_set(make):
    changes = decide(make.sight())
    assert changes.waves == ()
    assert changes.organization_id == "to"
