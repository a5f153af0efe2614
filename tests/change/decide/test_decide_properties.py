"""Whatever there is on both sides: one action a document, everything in order, every hole filled by something."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.change.actions import main_actions
from migrate.change.decide import decide
from migrate.change.view import known_ids
from migrate.errors import Problem
from migrate.words import OUTCOMES

NUMBERS = st.integers(0, 6)
FOLDERS = st.sampled_from(
    [("Shared", "Sales"), ("Shared",), ("New",), ("New", "Deep", "er"), ("a/b",), ("a", "b"), ("..",)]
)
REFUSAL = Problem(code="not_portable", message="an image")
POLICIES = {
    "existing": st.sampled_from(["fail", "skip", "update", "rename"]),
    "drift": st.sampled_from(["fail", "keep", "overwrite"]),
    "unsupported": st.sampled_from(["fail", "skip"]),
}


@st.composite
def sights(draw, make):
    """Up to seven workbooks and models that need one another, some of them there already, in all kinds of states."""
    numbers = draw(st.lists(NUMBERS, unique=True, max_size=7))
    keys = [make.wb(n) if n % 2 else make.dm(n) for n in numbers]
    everything = [*keys, make.wb(91), make.dm(92), make.dm(93)]
    drafts, items, copies = [], [], []
    for key in keys:
        models = [other for other in everything if other.kind == "data-model" and other.id < key.id]
        needed = st.lists(st.sampled_from(everything if key.kind == "workbook" else models or [key]), max_size=3)
        needs = [one for one in draw(needed) if key.kind == "workbook" or one != key]
        refusals = (REFUSAL,) if draw(st.integers(0, 5)) == 0 else ()
        draft = make.draft(key, *needs, folder=draw(FOLDERS), refusals=refusals)
        drafts.append(draft)
        state = draw(st.sampled_from(["new", "new", "taken", "copied", "gone", "drifted", "elsewhere"]))
        if state == "taken":
            items.append(make.there(key, f"x-{key.id}", path=draft.folder))
        if state in ("copied", "drifted", "elsewhere"):
            path = ("Elsewhere",) if state == "elsewhere" else draft.folder
            items.append(make.there(key, f"t-{key.id}", path=path, version=6 if state == "drifted" else 5))
        if state in ("copied", "drifted", "gone", "elsewhere"):
            bound = [{"documentId": "mapped" if one == make.dm(92) else f"t-{one.id}"} for one in needs]
            body = draw(st.sampled_from([draft.body, {**draft.body, "links": bound}, {"old": 1}]))
            copies.append(make.copy(key, f"t-{key.id}", body))
    return make.sight(
        *drafts,
        items=items,
        copies=copies,
        mapped={make.dm(92): make.Copied(id="mapped")},
        unreadable={make.dm(93): ("forbidden", "no access")},
        **{name: draw(one) for name, one in POLICIES.items()},
    )


def checked(make):
    """Runs a check over many sights."""

    def over(check):
        few = settings(max_examples=60, deadline=None)
        few(given(sights(make))(lambda sight: check(SimpleNamespace(sight=sight, changes=decide(sight)))))()

    return over


def test_every_document_in_scope_gets_exactly_one_action_that_ends_in_an_outcome(make):
    @checked(make)
    def check(case):
        counts = Counter(a.key for a in main_actions(case.changes.waves))
        wanted = {*case.sight.drafts, *case.sight.mapped, *case.sight.unreadable}
        assert counts == dict.fromkeys(wanted, 1)
        assert all(action.outcome in OUTCOMES for action in main_actions(case.changes.waves))


def test_nothing_waits_for_something_of_its_own_or_a_later_wave(make):
    @checked(make)
    def check(case):
        before = set()
        for wave in case.changes.waves:
            for action in wave:
                assert set(action.after) <= before, action.id
            ids = [action.id for action in wave]
            assert len(set(ids)) == len(ids)
            assert not before & set(ids), "an id stands twice"
            before |= set(ids)


def test_every_hole_is_filled_by_an_earlier_action_the_ledger_or_a_patch(make):
    @checked(make)
    def check(case):
        ids = set(known_ids(case.sight))
        patched = {a.key for wave in case.changes.waves for a in wave if a.verb == "patch"}
        there = set(ids)
        for wave in case.changes.waves:
            for action in (a for a in wave if a.verb in ("create", "update", "patch")):
                missing = {*action.draft.needs} - there
                assert not missing or (action.key in patched and action.verb != "patch"), action.id
            there |= {a.key for a in wave if a.verb in ("create", "update", "adopt")}


def test_what_waits_for_a_document_waits_for_it_by_name(make):
    @checked(make)
    def check(case):
        ids = known_ids(case.sight)
        by_key = {a.key: a for a in main_actions(case.changes.waves)}
        for action in by_key.values():
            if action.verb not in ("create", "update"):
                continue
            for needed in action.draft.needs:
                other = by_key.get(needed)
                new = other is not None and other.verb == "create" and needed not in ids and needed != action.key
                patches = [a for w in case.changes.waves for a in w if a.verb == "patch" and a.key == action.key]
                assert not new or other.id in action.after or any(other.id in patch.after for patch in patches)


def test_what_is_blocked_or_skipped_says_why(make):
    @checked(make)
    def check(case):
        for wave in case.changes.waves:
            for action in wave:
                assert action.why
                if action.verb in ("block", "skip"):
                    assert action.reason_code
                if action.verb == "block" and action.reason_code == "blocked_by":
                    root = next(a for a in main_actions(case.changes.waves) if a.key == action.blocked_by)
                    assert root.reason_code != "blocked_by", "the root cause, not the next in the chain"


def test_deciding_twice_is_deciding_once(make):
    @checked(make)
    def check(case):
        assert decide(case.sight) == case.changes


def test_every_folder_that_is_written_to_is_there_or_made_first(make):
    @checked(make)
    def check(case):
        there = {folder.path for folder in case.sight.dest.folders.values()}
        for wave in case.changes.waves:
            for action in wave:
                if action.verb == "create-folder":
                    assert action.folder[:-1] == () or action.folder[:-1] in there
                    assert action.folder not in there
                if action.verb in ("create", "move") or (action.verb == "update" and action.moved):
                    assert action.draft.folder_id or action.draft.folder in there
            there |= {action.folder for action in wave if action.verb == "create-folder"}
