"""Ids and addresses of the source organization, wherever they hide."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from migrate.check.leftovers import foreign_ids, leftovers
from migrate.inventory.model import Connection, Folder, Identity, Inventory, Item, Key, Named
from migrate.rewrite.text.url import to_url_id

CONNECTION = "07b52947-2f01-41ff-b3f4-331938ed3823"
SHARED = "11111111-2f01-41ff-b3f4-331938ed3823"
BOOK = "22222222-2f01-41ff-b3f4-331938ed3823"
MEMBER = "Or3utqE3hK4BxYz01234567890abc"


def inventory(org, organization_id, *connections):
    key = Key(org=org, kind="workbook", id=BOOK if org == "north" else "other")
    return Inventory(
        org=org,
        identity=Identity(user_id="u", organization_id=organization_id, slug=org),
        connections=MappingProxyType({one: Connection(id=one, name="W", type="x") for one in connections}),
        items=MappingProxyType({key: Item(key=key, name="B", folder_id="", path=(), version=1)}),
        members=MappingProxyType({MEMBER: Named(id=MEMBER, name="a@b")} if org == "north" else {}),
        folders=MappingProxyType({"": Folder(id="", name="", parent_id=None, path=())}),
    )


FOREIGN = foreign_ids(
    inventory("north", "99999999-0000-4000-8000-000000000000", CONNECTION, SHARED), inventory("group", "o2", SHARED)
)


def found(body, slug="north"):
    return list(leftovers(body, FOREIGN, slug))


def test_only_what_the_target_does_not_have_is_foreign():
    assert {CONNECTION, BOOK, MEMBER, "99999999-0000-4000-8000-000000000000"} == FOREIGN


@pytest.mark.parametrize(
    "text",
    [
        CONNECTION,
        CONNECTION.upper(),
        f"see {CONNECTION}.",
        f"https://app.sigmacomputing.com/x/workbook/Sales-{to_url_id(BOOK)}",
        MEMBER,
        f"{{{{{CONNECTION}}}}}",
        f"select '{CONNECTION}'",
        f"a\n{CONNECTION}\nb",
        f"/{CONNECTION}/{SHARED}",
        f"nul\\n{CONNECTION}",
    ],
)
def test_an_id_is_found_in_any_text(text):
    assert [path for path, _ in found({"a": [{"b": text}]})] == [("a", 0, "b")]


def test_an_id_as_a_key_is_found():
    assert [path for path, _ in found({"a": {CONNECTION: 1}})] == [("a",)]


@pytest.mark.parametrize(
    "text",
    [
        SHARED,
        "",
        "Sales",
        "inode-4z4z4z4z4z4z4z4z4z4z4z/ORDER_ID",
        "https://app.sigmacomputing.com/group/x",
        "north",
        "x" * 10_000,
    ],
)
def test_what_is_not_foreign_is_left_alone(text):
    assert found({"a": text}) == []


@pytest.mark.parametrize(
    ("url", "hit"),
    [
        ("https://app.sigmacomputing.com/north", True),
        ("https://app.sigmacomputing.com/north/workbook/x", True),
        ("https://app.sigmacomputing.com/north?x=1", True),
        ("https://app.sigmacomputing.com/north-group/workbook/x", False),
        ("https://app.sigmacomputing.com/northern", False),
        ("https://north.example.com/north", False),
    ],
)
def test_addresses_of_the_source_organization(url, hit):
    assert bool(found(url)) is hit


def test_without_a_slug_addresses_cannot_be_told():
    assert found("https://app.sigmacomputing.com/north", slug=None) == []


def test_numbers_and_nothing_are_no_ids():
    assert found({"a": 1, "b": None, "c": True, "d": [1.5]}) == []
