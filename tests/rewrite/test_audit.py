"""The audit finds what the catalogue does not know: any id or address, in any place, also as an object key."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from migrate.rewrite.audit import audit
from migrate.rewrite.catalogue.recognition import recognition_of
from migrate.rewrite.catalogue.walk import look
from migrate.rewrite.text.url import to_url_id
from migrate.tree import walk

KNOWN = {
    "memberHereAda01234567890123": "member 'Ada'",
    "abcdef": "something short",
    "0d3f1a52-77aa-4b1c-9d2e-5b8f0c6a1e77": "team 'A'",
}
UUIDS = st.uuids(version=4).map(str)
STRANGE = st.one_of(
    st.sampled_from(sorted(KNOWN)),
    UUIDS,
    UUIDS.map(str.upper),
    UUIDS.map(to_url_id).filter(lambda text: len(text) > 19),
    UUIDS.map(lambda text: f"inode-{to_url_id(text)}"),
    UUIDS.map(lambda text: f"{text}/{text}.png"),
    UUIDS.map(lambda text: f"urn:{text}"),
    st.sampled_from(
        ["app.sigmacomputing.com/acme", "https://staging.sigmacomputing.io/x", "see https://x.sigmacomputing.com/y z"]
    ),
)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_characters="-/."), max_size=40).filter(
        lambda text: text not in KNOWN
    )
)
NEW_KEYS = st.sampled_from(["novel", "ref", "target2", "newId", "thing"])
TREES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NEW_KEYS, inner, max_size=3), max_leaves=8
)


@st.composite
def hidden(draw):
    """A tree with one strange string somewhere in it, and the path of that string."""
    text = draw(STRANGE)
    tree, path = text, ()
    if draw(st.booleans()):
        tree, path = {text: draw(PLAIN)}, (text,)
    for key in draw(st.lists(NEW_KEYS | st.integers(0, 2), min_size=1, max_size=6)):
        if isinstance(key, int):
            tree, path = [*(draw(TREES) for _ in range(key)), tree], (key, *path)
        else:
            tree, path = {**draw(st.dictionaries(NEW_KEYS, TREES, max_size=2)), key: tree}, (key, *path)
    return {"elements": [{"id": "e", "kind": "novelty", "inside": tree}]}, ("elements", 0, "inside", *path), text


@settings(max_examples=300, deadline=None)
@given(hidden())
def test_a_strange_string_anywhere_is_unknown(case):
    body, path, text = case
    found = {suspect.path: suspect for suspect in audit(body, KNOWN)}
    assert found[path].classified == "unknown", (path, text)
    assert found[path].what == KNOWN.get(text, found[path].what)


@settings(max_examples=150, deadline=None)
@given(hidden())
def test_a_draft_reports_it_with_its_place(world_kit, case):
    body, path, text = case
    assume(text != "abcdef")  # known to this file's audit only
    assume("://" not in text)  # an address is settled as one; see test_links
    done = world_kit.World().draft(body)
    step = path[-1]
    assert any(problem.code == "unknown_reference" and str(step) in problem.path for problem in done.refusals)


@settings(max_examples=150, deadline=None)
@given(hidden(), TREES)
def test_what_is_not_strange_is_left_in_peace(case, tree):
    assert audit({"elements": [{"id": "e", "novel": tree}]}, KNOWN) == ()
    body, path, text = case
    strange = {suspect.path for suspect in audit(body, KNOWN)}
    assert strange <= {path} | {where for where, value in walk(body) if value == text}


def test_local_ids_column_ids_and_data_are_told_apart():
    here, column, data = (f"{n}aaaaaaa-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
    body = {
        "pages": [{"id": here}],
        "elements": [
            {"columns": [{"id": f"{column}/COL"}, {"id": "inode-5m4XHmCqrmQYZws/A_B"}], "order": [f"{column}/COL"]},
            {"filters": [{"kind": "list", "values": [data]}], "target": {"type": "page", "page": here}},
            {"columns": [{"formula": f'[Id] = "{data}"'}]},
        ],
    }
    assert [suspect.classified for suspect in audit(body, {})] == [
        "local",
        "column-id",
        "column-id",
        "column-id",
        "data",
        "local",
        "data",
    ]
    assert {suspect.what for suspect in audit(body, {data: "a team"}) if suspect.classified == "unknown"} == {"a team"}


def test_an_id_in_a_rule_is_no_definition():
    team = "0d3f1a52-77aa-4b1c-9d2e-5b8f0c6a1e77"
    body = {"assignments": {"newList": [{"type": "team", "id": team}]}}
    assert [suspect.classified for suspect in audit(body, {})] == ["unknown"]


def test_a_short_inode_is_seen_where_nothing_else_is_strange():
    body = {"elements": [{"columns": [{"id": "inode-A1/COL"}], "novel": "inode-A1"}]}
    assert [suspect.classified for suspect in audit(body, {})] == ["column-id", "unknown"]


@pytest.mark.parametrize("identity", ["ab", "abcd", "abcde", "a-team"])
def test_an_id_of_the_organization_is_seen_however_short_it_is(identity):
    foreign = recognition_of({identity: "team 'A'"})
    seen = look({"elements": [{"odd": identity, "other": f"{identity}x"}]}, foreign)
    assert seen.strange == [(("elements", 0, "odd"), identity)]
