"""The level ``security``: rules as sent, bound to what is there, and values where the source has them. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from migrate.check.compare import compare
from migrate.check.levels import Result, Scene, Unproven, in_sent_order, unexpected
from migrate.check.model import Difference
from migrate.check.rules import Named, about_security, named_in
from migrate.errors import MigrateError
from migrate.inventory.model import Inventory
from migrate.inventory.model import Named as Thing
from migrate.rewrite.context import NamedKind
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.tree import Json, json_path

_LISTINGS: Mapping[NamedKind, str] = MappingProxyType(
    {"team": "teams", "user": "members", "user-attribute": "user-attributes"}
)
_WORDS: Mapping[NamedKind, str] = MappingProxyType(
    {"team": "team", "user": "member", "user-attribute": "user attribute"}
)


async def security(scene: Scene) -> Result:
    """Every rule stands as it was sent and names what is in the target; attributes have values where they have here.

    Raises Unproven where nothing is wrong and something could not be looked at.
    """
    expected = scene.document.expected
    if expected is None:
        return unexpected(scene), ()
    body = in_sent_order(scene)
    compared = compare(expected, body, scene.document.outcome.key.kind, level="security")
    wrong = list(about_security(compared, expected, body))
    doubts: list[str] = []
    strangers = list(_strangers(body, scene.sides.dest, doubts))
    inherited = {one.what for one in _unknown(expected, scene.sides.source)} & {one.what for one in strangers}
    wrong += [_stranger(one) for one in strangers if one.what not in inherited]
    wrong += await _valueless(scene, expected, doubts)
    if wrong:
        return "fail", tuple(wrong)
    if doubts:
        raise Unproven("; ".join(dict.fromkeys(doubts)))
    return ("inherited" if strangers else "pass"), tuple(_stranger(one) for one in strangers)


def _strangers(body: Json, org: Inventory, doubts: list[str]) -> Iterator[Named]:
    """What the rules name and the organization does not have; what could not be listed becomes a doubt."""
    hidden = {problem.path for problem in org.unreadable if problem.code == "not_listed"}
    for one in _unknown(body, org):
        if _LISTINGS[one.kind] in hidden:
            doubts.append(f"whether there is a {_WORDS[one.kind]} {one.what!r} cannot be listed in {org.org}")
        else:
            yield one


def _unknown(body: Json, org: Inventory) -> Iterator[Named]:
    for one in named_in(body):
        there = things(org, one.kind)
        if not (any(thing.name == one.what for thing in there.values()) if one.by_name else one.what in there):
            yield one


def things(org: Inventory, kind: NamedKind) -> Mapping[str, Thing]:
    """The teams, members or user attributes of an organization, by id."""
    return {"team": org.teams, "user": org.members, "user-attribute": org.user_attributes}[kind]


def _stranger(one: Named) -> Difference:
    wanted = f"a {_WORDS[one.kind]} of the target"
    return Difference(
        level="security", path=json_path(one.path), expected=wanted, found=f"{one.what}: there is none", kind="changed"
    )


async def _valueless(scene: Scene, expected: Json, doubts: list[str]) -> list[Difference]:
    """Who has a value of an attribute in the source and none in the target, though both know them."""
    sides = scene.sides
    found: list[Difference] = []
    for there, path in _attributes(expected, sides.dest).items():
        here = [of for of, to in sides.counterparts.get("user-attribute", {}).items() if to == there]
        name = sides.dest.user_attributes[there].name
        if sides.source_client is None:
            doubts.append(f"who has a value of {name!r} in the source is not known: it is a bundle")
            continue
        try:
            given = [await holders(scene, sides.source_client, one) for one in here]
            have = await holders(scene, sides.client, there)
        except MigrateError as error:
            doubts.append(f"who has a value of the user attribute {name!r} cannot be read: {error.message}")
            continue
        for kind, holder in sorted({pair for one in given for pair in one}):
            counterpart = sides.counterparts.get(kind, {}).get(holder)
            if counterpart is not None and (kind, counterpart) not in have:
                who = f"{_WORDS[kind]} {things(sides.dest, kind)[counterpart].name!r}"
                found.append(
                    Difference(
                        level="security",
                        path=path,
                        expected=f"a value of the user attribute {name!r} for the {who}, as in the source",
                        found="",
                        kind="lost",
                    )
                )
    return found


def _attributes(body: Json, org: Inventory) -> Mapping[str, str]:
    """The ids of the user attributes that the rules of a body name, each with the path of its first place."""
    by_name = {thing.name: identity for identity, thing in org.user_attributes.items()}
    found: dict[str, str] = {}
    for one in named_in(body):
        identity = by_name.get(one.what) if one.by_name else one.what
        if one.kind == "user-attribute" and identity in org.user_attributes:
            found.setdefault(str(identity), json_path(one.path))
    return found


Holder = tuple[NamedKind, str]
"""A member or team, by id."""


async def holders(scene: Scene, client: Client, attribute: str) -> frozenset[Holder]:
    """Who has a value of an attribute; asked once a run. Raises MigrateError where it cannot be read."""
    key = client.org, attribute
    if key not in scene.holders:
        users = await api.attribute_values(client, attribute, "users")
        teams = await api.attribute_values(client, attribute, "teams")
        scene.holders[key] = frozenset(
            [("user", str(one["userId"])) for one in users] + [("team", str(one["teamId"])) for one in teams]
        )
    return scene.holders[key]
