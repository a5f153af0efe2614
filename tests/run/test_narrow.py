"""``--only``: whatever is kept finds everything that it waits for."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.change.actions import (
    Action,
    Adopt,
    Block,
    Create,
    CreateFolder,
    DocumentAction,
    Keep,
    Patch,
    Repoint,
    Update,
    folder_action_id,
    key_of,
    on_documents,
)
from migrate.change.model import TargetChanges
from migrate.check.model import ReportRow
from migrate.inventory.model import Key
from migrate.rewrite.model import Drafted
from migrate.run.narrow import matches_nothing, narrowed

FOLDERS = [("A",), ("A", "B"), ("C",)]


def draft(key: Key, folder: tuple[str, ...]) -> Drafted:
    return Drafted(key=key, target="t", name=f"name of {key.id}", folder=folder, generation="flat", digest="")


def of_kind(kind: str, key: Key, made: Drafted, after: tuple[str, ...]) -> DocumentAction:
    name, target_id = f"{kind}:{key.id}", f"t{key.id}"
    match kind:
        case "create":
            return Create(id=name, target="t", key=key, draft=made, after=after)
        case "update":
            return Update(id=name, target="t", key=key, draft=made, after=after, target_id=target_id)
        case "keep":
            return Keep(id=name, target="t", key=key, draft=made, target_id=target_id)
        case "adopt":
            return Adopt(id=name, target="t", key=key, target_id=target_id)
    return Block(id=name, target="t", key=key, reason_code="drifted")


@st.composite
def change_sets(draw: st.DrawFn) -> TargetChanges:
    """Folders by depth, documents each after some before it, then patches and repoints, as ``decide`` orders them."""
    folders = [
        CreateFolder(
            id=folder_action_id(path),
            target="t",
            folder=path,
            after=(folder_action_id(path[:-1]),) if len(path) > 1 else (),
        )
        for path in FOLDERS
    ]
    documents: list[DocumentAction] = []
    beside: list[Action] = []
    for number in range(draw(st.integers(1, 7))):
        key = Key(org="s", kind=draw(st.sampled_from(("data-model", "workbook"))), id=str(number))
        made = draft(key, draw(st.sampled_from(FOLDERS)))
        earlier = [action.id for action in documents if isinstance(action, Create | Update)]
        before = draw(st.sets(st.sampled_from(earlier), max_size=3)) if earlier else set()
        after = tuple(sorted({*before, folder_action_id(made.folder)}))
        kind = draw(st.sampled_from(("create", "update", "keep", "adopt", "block")))
        action = of_kind(kind, key, made, after)
        documents.append(action)
        if kind == "keep" and before:
            beside.append(Repoint(id=f"repoint:{key.id}", target="t", key=key, draft=made, after=tuple(sorted(before))))
    for action in documents:
        writes = [other.id for other in documents if isinstance(other, Create | Update)]
        if isinstance(action, Create) and draw(st.booleans()):
            others = draw(st.sets(st.sampled_from(writes), max_size=3))
            waits = tuple(sorted({action.id, *others}))
            beside.append(
                Patch(id=f"patch:{action.key.id}", target="t", key=action.key, draft=action.draft, after=waits)
            )
    waves = (tuple(folders), *((action,) for action in documents), tuple(beside))
    return TargetChanges(target="t", organization_id="o", waves=tuple(wave for wave in waves if wave))


def flat(changes: TargetChanges) -> list[Action]:
    return [action for wave in changes.waves for action in wave]


def ids(actions: Iterable[Action]) -> set[str]:
    return {action.id for action in actions}


@given(change_sets(), st.integers(0, 7))
def test_what_is_kept_finds_everything_it_waits_for(changes: TargetChanges, number: int) -> None:
    everything = flat(changes)
    meant = {action.id for action in on_documents(everything) if action.key.id == str(number)}
    kept = flat(narrowed(changes, str(number)))
    assert meant <= ids(kept)
    assert bool(meant) == bool(kept)
    assert [action for action in everything if action.id in ids(kept)] == kept, "in the order they were planned"
    for action in kept:
        assert set(action.after) <= ids(kept), "a data model, a folder, a document that a patch links to"
    documents = {key_of(action) for action in kept} - {None}
    assert {action.id for action in on_documents(everything) if action.key in documents} <= ids(kept)
    follow = {action.id for action in everything if isinstance(action, Repoint) and set(action.after) & ids(kept)}
    assert follow <= ids(kept), "a copy whose model may be replaced"


@given(change_sets(), st.integers(0, 7))
def test_nothing_is_kept_without_a_reason(changes: TargetChanges, number: int) -> None:
    kept = flat(narrowed(changes, str(number)))
    waited_for = {before for action in kept for before in action.after}
    documents = [action.key for action in on_documents(kept)]
    for action in kept:
        key = key_of(action)
        meant = key is not None and key.id == str(number)
        follows = isinstance(action, Repoint) and set(action.after) & ids(kept)
        assert meant or action.id in waited_for or follows or documents.count(key) > 1


@given(change_sets())
def test_without_a_word_everything_stays(changes: TargetChanges) -> None:
    assert narrowed(changes, "") == changes


def test_a_document_is_meant_by_its_name_in_the_source_and_in_the_target() -> None:
    key = Key(org="s", kind="workbook", id="1")
    unreadable = Key(org="s", kind="workbook", id="2")
    changes = TargetChanges(
        target="t",
        organization_id="o",
        waves=(
            (
                Create(id="create:1", target="t", key=key, draft=draft(key, ("A",))),
                Block(id="block:2", target="t", key=unreadable, reason_code="not_fetched"),
            ),
        ),
    )
    names = {key: "Margin", unreadable: "Ledger"}
    for only, found in (("Margin", {"create:1"}), ("name of *", {"create:1"}), ("Led*", {"block:2"}), ("x", set())):
        assert ids(flat(narrowed(changes, only, (), names))) == found


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("Magrin", "did you mean: Margin"),
        ("margin", "did you mean 'Margin', which differs in upper and lower case?"),
        ("Close ", "did you mean 'Close', which neither begins nor ends with a blank?"),
        ("table_not_fuond", "did you mean: table_not_found"),
        ("zzz", "in scope are: Close, Margin"),
        ("failed", "leave --only out, or name a document"),
    ],
)
def test_what_means_nothing_is_told_with_what_is_near(only: str, said: str) -> None:
    row = ReportRow(
        target="t",
        type="workbook",
        source_id="w",
        source_name="W",
        outcome="blocked",
        reason_code="table_not_found",
    )
    landed = ReportRow(target="t", type="workbook", source_id="v", source_name="V", outcome="created")
    error = matches_nothing(only, ["Margin", "Close", "Margin"], [row, landed])
    assert error.exit_code == 64
    assert error.next_action == said
