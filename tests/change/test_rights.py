"""One grant three ways, and who can do more or less with a copy than with its source."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from migrate.change.surroundings.rights import compared
from migrate.change.surroundings.rounds import Sides, by_place, rounds
from migrate.inventory.access import Access, Grant, line, rank, reached
from migrate.inventory.model import Folder, Identity, Inventory, Item, Key, Named
from migrate.ledger.model import Copy, Home
from migrate.plan.maps import Pair
from migrate.plan.policies import Carry, Policy
from migrate.rewrite.model import Draft

TEAM, MEMBER = ("team", "t"), ("member", "m")
NAMES = {TEAM: "Sales", MEMBER: "ada@acme.com"}


@pytest.mark.parametrize(
    ("want", "there", "last", "drift", "writes", "after", "told"),
    [
        ("view", "", "", "fail", ("view", ""), "view", ""),
        ("view", "view", "", "fail", None, "view", ""),
        ("edit", "view", "", "fail", ("edit", "view"), "edit", ""),
        ("view", "edit", "", "fail", None, "edit", ""),
        ("", "view", "", "fail", None, "view", ""),
        ("edit", "view", "view", "fail", ("edit", "view"), "edit", ""),
        ("view", "edit", "edit", "fail", ("view", "edit"), "view", ""),
        ("", "view", "view", "fail", ("", "view"), None, ""),
        ("view", "", "view", "fail", None, None, "view of team Sales was taken away in the target since"),
        ("view", "edit", "view", "keep", None, "edit", "view of team Sales was changed to edit in the target since"),
        ("view", "edit", "view", "overwrite", ("view", "edit"), "view", "view of team Sales was changed to edit"),
        ("view", "", "view", "overwrite", ("view", ""), "view", "taken away"),
        ("", "edit", "view", "overwrite", None, "edit", "changed to edit"),
        ("", "", "view", "fail", None, None, ""),
    ],
)
def test_three_ways(want, there, last, drift, writes, after, told):
    def one(right):
        return {TEAM: right} if right else {}

    found = compared(one(want), one(there), one(last), NAMES, drift, follow=True)
    assert [(r.right, r.before) for r in found.rights] == ([writes] if writes else [])
    assert found.after.get(TEAM) == after
    assert told in "".join(found.drifted)
    assert bool(found.drifted) == bool(told)


@pytest.mark.parametrize(("want", "writes", "kept"), [("", [], ("view of team Sales",)), ("apply", ["apply"], ())])
def test_what_the_source_does_not_show_any_more_is_taken_away_only_where_the_plan_follows(want, writes, kept):
    wanted = {TEAM: want} if want else {}
    found = compared(wanted, {TEAM: "view"}, {TEAM: "view"}, NAMES, "overwrite", follow=False)
    assert ([one.right for one in found.rights], found.kept) == (writes, kept)
    assert found.after == {TEAM: want or "view"}


def test_rights_have_an_order_and_an_unknown_one_is_the_least():
    assert rank("") < rank("something new") == rank("apply") < rank("view") < rank("explore") < rank("organize")
    assert rank("organize") < rank("edit")


def test_the_folders_above_end_at_the_top_and_at_a_loop():
    def folder(one, parent):
        return Folder(id=one, name=one, parent_id=parent, path=(one,))

    there = inventory("au", folders=[folder("a", "b"), folder("b", None), folder("x", "y"), folder("y", "x")])
    assert line(there, "a") == ("a", "b")
    assert line(there, "x") == ("x", "y")
    assert line(there, "") == ()


def test_a_person_has_the_most_of_what_reaches_them():
    granted = [("the document", {("team", "t"): "view"}), ("the folder F", {("team", "t"): "explore", MEMBER: "edit"})]
    found = reached(granted, {"t": frozenset({"m", "n"})}, {"t": "Sales"}, "o")
    assert {member: (one.right, one.by) for member, one in found.items()} == {
        "o": ("edit", "as the owner"),
        "n": ("explore", "by team Sales on the folder F"),
        "m": ("edit", "on the folder F"),
    }


def test_of_several_grants_the_highest_counts():
    grants = tuple(
        Grant(id=str(n), inode_id="d", grantee=TEAM, right=r) for n, r in enumerate(["view", "edit", "view"])
    )
    assert Access(grants=MappingProxyType({"d": grants})).direct("d")[TEAM].right == "edit"


def inventory(org, *items, folders=(), members=(), teams=()):
    return Inventory(
        org=org,
        identity=Identity(user_id="us", organization_id=org, slug=org),
        items=MappingProxyType({one.key: one for one in items}),
        folders=MappingProxyType({one.id: one for one in folders}),
        members=MappingProxyType({one: Named(id=one, name=f"{one}@acme.com") for one in members}),
        teams=MappingProxyType({one: Named(id=one, name=one.upper()) for one in teams}),
    )


KEY = Key(org="au", kind="workbook", id="w")
HERE = inventory(
    "au",
    Item(key=KEY, name="Close", folder_id="fin", path=("Shared", "Fin"), version=1, owner_id="ada"),
    folders=[
        Folder(id="shared", name="Shared", parent_id=None, path=("Shared",), type="workspace"),
        Folder(id="fin", name="Fin", parent_id="shared", path=("Shared", "Fin")),
    ],
    members=["ada", "bob", "eve"],
    teams=["s"],
)
THERE = inventory(
    "group",
    folders=[Folder(id="acme", name="Acme", parent_id=None, path=("Acme",), type="workspace")],
    members=["ada2", "bob2", "zoe"],
    teams=["s2"],
)


def access(teams, **grants):
    rows = {
        inode: tuple(
            Grant(id=f"{inode}{n}", inode_id=inode, grantee=(who, one), right=right)
            for n, (who, one, right) in enumerate(found)
        )
        for inode, found in grants.items()
    }
    return Access(grants=MappingProxyType(rows), teams=MappingProxyType(teams))


def round_of(here, there, *, carry=None, folder=("Acme", "Fin"), copy=None, made=(), last=()):
    sides = Sides(
        source=HERE,
        dest=THERE,
        here=here,
        there=there,
        members={"ada": "ada2", "bob": "bob2"},
        teams={"s": "s2"},
        carry=carry or Carry(grants="mapped"),
        policy=Policy(),
        folders=(Pair(source="Shared/Fin", target="Acme/Fin"),),
        ours="us",
        last=by_place(last or {}),
    )
    draft = Draft(key=KEY, target="group", generation="flat", name="Close", folder=folder, body={})
    found, folders = rounds(sides, {KEY: draft}, {("workbook", "w"): copy} if copy else {}, made)
    return found[KEY], folders


def test_grants_on_a_folder_that_is_to_be_made_come_along_and_those_above_it_do_not():
    here = access({"s": frozenset({"bob"})}, fin=[("team", "s", "organize")], shared=[("member", "eve", "view")])
    found, folders = round_of(here, access({"s2": frozenset({"bob2"})}))
    assert [(one.folder, one.rights[0].right, one.rights[0].id) for one in folders] == [
        (("Acme", "Fin"), "organize", "s2")
    ]
    assert (found.gained, found.rights) == ((), ())
    assert found.lost == ("ada@acme.com (edit here)", "eve@acme.com (view here, nobody there is mapped)")


def test_who_is_only_in_the_team_there_gains_and_is_named_with_the_way():
    here = access({"s": frozenset({"bob"})}, w=[("team", "s", "view")])
    there = access({"s2": frozenset({"bob2", "zoe"})})
    found, _ = round_of(here, there)
    assert found.gained == ("zoe@acme.com (view by team S2 on the document)",)
    for carry in (Carry(grants="mapped", widening="allow"), Carry(grants="mapped", wider=("Clo*",))):
        assert round_of(here, there, carry=carry)[0].waived
    assert not round_of(here, there, carry=Carry(grants="mapped", wider=("Other",)))[0].waived


def test_who_could_look_and_may_now_edit_gains_too():
    here = access({}, w=[("member", "bob", "view")])
    there = access({}, acme=[("member", "bob2", "edit")])
    assert round_of(here, there)[0].gained == ("bob2@acme.com (edit on the folder Acme)",)


def test_whoever_copies_and_the_owner_that_was_planned_gain_nothing():
    here = access({})
    there = access({}, acme=[("member", "us", "edit")])
    found, _ = round_of(here, there, carry=Carry(grants="mapped", owners="mapped"))
    assert found.gained == ()
    assert (found.owner, found.hand_over.id, found.hand_over.before) == ("ada2", "ada2", "us")
    assert "ada@acme.com" not in "".join(found.lost)


def test_a_folder_that_people_made_keeps_its_grants():
    here = access({"s": frozenset()}, fin=[("team", "s", "view")])
    _, folders = round_of(here, access({"s2": frozenset()}), folder=("Acme",))
    assert folders == ()


HOME = Home(plan="p", source_org="s", target_org="t")


def kept(kind, source_id, name, target="copy"):
    return Copy(
        home=HOME,
        kind=kind,
        source_id=source_id,
        target_id=target,
        name=name,
        folder_id=target,
        digest_sent="",
        digest_read="",
        version_read=0,
    )


def test_what_was_given_to_another_copy_is_not_ours_on_this_one():
    here = access({})
    there = access({"s2": frozenset()}, copy=[("team", "s2", "view")])
    thing = ("grant", "workbook:w/team:s2")
    carry = Carry(grants="mapped", revoked="follow")
    copy = kept("workbook", "w", "Close")
    stays, _ = round_of(here, there, copy=copy, last={thing: kept(*thing, "view")})
    assert (stays.rights, stays.kept) == ((), ("view of team S2",))
    ours, _ = round_of(here, there, copy=copy, last={thing: kept(*thing, "view")}, carry=carry)
    assert [(one.right, one.before) for one in ours.rights] == [("", "view")]
    theirs, _ = round_of(
        here, there, copy=kept("workbook", "w", "Close"), last={thing: kept(*thing, "view", "old")}, carry=carry
    )
    assert theirs.rights == ()
