"""User attributes and who has which value of them (sigma-api 5.8); team members, who get values through their team.

Assignments live in ``extra`` of the attribute: ``users`` and ``teams``, by id, each with its value and when it was set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from migrate.sandbox.answers import invalid, not_found
from migrate.sandbox.call import Call
from migrate.sandbox.objects import user_attribute
from migrate.sandbox.org import Json, Thing
from migrate.sandbox.paging import by_page
from migrate.sandbox.router import Handler, Route
from migrate.sandbox.routes_people import named, thing_at

HOLDERS = {"users": "userId", "teams": "teamId"}


def list_user_attributes(call: Call) -> Json:
    """User attributes, filtered by ``name``."""
    name = call.query.get("name")
    rows = [one for one in call.org.user_attributes.values() if name is None or one.name == name]
    return by_page(rows, call.query, lambda one: user_attribute(call.org, one), has_more=False)


def get_user_attribute(call: Call) -> Json:
    """One user attribute."""
    return user_attribute(call.org, thing_at(call, call.org.user_attributes))


def create_user_attribute(call: Call) -> Json:
    """A new user attribute; its default is a value like any other."""
    tree = call.tree()
    if tree.get("defaultValue") is not None:
        _value(tree["defaultValue"])
    thing = named(call, call.org.user_attributes, tree, ("description", "defaultValue"))
    return user_attribute(call.org, thing)


def delete_user_attribute(call: Call) -> Json:
    """Takes a user attribute away, with every assignment."""
    thing = thing_at(call, call.org.user_attributes)
    del call.org.user_attributes[thing.id]
    call.changed(thing.id)
    return {}


def _value(value: Json) -> Json:
    if not isinstance(value, dict) or value.get("type") != "string" or not isinstance(value.get("val"), str):
        raise invalid("value: expecting { type: string, val }")
    return {"type": "string", "val": value["val"]}


def _assigned(thing: Thing, kind: str) -> dict[str, Json]:
    found: dict[str, Json] = thing.extra.setdefault(kind, {})
    return found


def _list(kind: str) -> Handler:
    key = HOLDERS[kind]

    def handler(call: Call) -> Json:
        rows = list(_assigned(thing_at(call, call.org.user_attributes), kind).items())
        priority = {"priority": 0} if kind == "teams" else {}
        return by_page(rows, call.query, lambda row: {key: row[0], **row[1], **priority}, has_more=False)

    return handler


def _assign(kind: str) -> Handler:
    key = HOLDERS[kind]

    def handler(call: Call) -> Json:
        thing = thing_at(call, call.org.user_attributes)
        asked = call.tree().get("assignments")
        if not isinstance(asked, list):
            raise invalid("assignments: Invalid array")
        known: Mapping[str, object] = call.org.members if kind == "users" else call.org.teams
        ready = {_holder(one, key, known): _value(one.get("value")) for one in asked}
        for holder, value in ready.items():
            assign(thing, kind, holder, value, by=call.member.id, at=call.stamp)
        call.changed(thing.id)
        return {}

    return handler


def assign(thing: Thing, kind: str, holder: str, value: Json, *, by: str, at: str) -> None:
    """Gives a member or team a value of an attribute; an earlier one is overwritten."""
    before = _assigned(thing, kind).get(holder, {})
    made = {"createdBy": before.get("createdBy", by), "createdAt": before.get("createdAt", at)}
    _assigned(thing, kind)[holder] = {"value": value, **made, "updatedBy": by, "updatedAt": at}


def _holder(one: Json, key: str, known: Mapping[str, object]) -> str:
    holder = one.get(key) if isinstance(one, dict) else None
    if not isinstance(holder, str):
        raise invalid(f"assignments[].{key}: Invalid string")
    if holder not in known:
        raise not_found()
    return holder


def _unassign(kind: str, taken: Callable[[Call], list[str]]) -> Handler:
    def handler(call: Call) -> Json:
        thing = thing_at(call, call.org.user_attributes)
        for holder in taken(call):
            if _assigned(thing, kind).pop(holder, None) is None:
                raise not_found()
        call.changed(thing.id)
        return {}

    return handler


def _in_path(call: Call) -> list[str]:
    return [call.params["holder"]]


def _in_body(key: str) -> Callable[[Call], list[str]]:
    def taken(call: Call) -> list[str]:
        asked = call.tree().get("delete")
        if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
            raise invalid("delete: Invalid array")
        names = [one.get(key) for one in asked]
        if not all(isinstance(name, str) for name in names):
            raise invalid(f"delete[].{key}: Invalid string")
        return names

    return taken


def team_attributes(call: Call) -> Json:
    """The values that a team has."""
    team = thing_at(call, call.org.teams)
    rows = [
        {"userAttributeId": one.id, "userAttributeName": one.name, "value": _assigned(one, "teams")[team.id]["value"]}
        for one in call.org.user_attributes.values()
        if team.id in _assigned(one, "teams")
    ]
    return by_page(rows, call.query, lambda row: row, has_more=False)


def patch_team_members(call: Call) -> Json:
    """Adds people to a team and takes others out: all or none."""
    team = thing_at(call, call.org.teams)
    tree = call.tree()
    added, removed = tree.get("add", []), tree.get("remove", [])
    for names in (added, removed):
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise invalid("add: Invalid array")
        if any(one not in call.org.members for one in names):
            raise not_found()
    before = [one for one in team.extra.get("members", []) if one not in removed]
    team.extra["members"] = [*before, *(one for one in dict.fromkeys(added) if one not in before)]
    call.changed(team.id)
    return {}


def _holders(kind: str) -> tuple[Route, ...]:
    root = f"/v2/user-attributes/{{id}}/{kind}"
    many = _unassign(kind, _in_body(HOLDERS[kind]))
    one = _unassign(kind, _in_path)
    return (
        Route(method="GET", pattern=root, handler=_list(kind), area="people"),
        Route(method="POST", pattern=root, handler=_assign(kind), area="people", writes=True),
        Route(method="PATCH", pattern=root, handler=many, area="people", writes=True),
        Route(method="DELETE", pattern=f"{root}/{{holder}}", handler=one, area="people", writes=True),
    )


_ONE = "/v2/user-attributes/{id}"

ROUTES = (
    Route(method="GET", pattern="/v2/user-attributes", handler=list_user_attributes, area="people"),
    Route(method="POST", pattern="/v2/user-attributes", handler=create_user_attribute, area="people", writes=True),
    Route(method="GET", pattern=_ONE, handler=get_user_attribute, area="people"),
    Route(method="DELETE", pattern=_ONE, handler=delete_user_attribute, area="people", writes=True),
    *_holders("users"),
    *_holders("teams"),
    Route(method="GET", pattern="/v2/teams/{id}/user-attributes", handler=team_attributes, area="people"),
    Route(method="PATCH", pattern="/v2/teams/{id}/members", handler=patch_team_members, area="people", writes=True),
    Route(method="POST", pattern="/v2/teams/{id}/members", handler=patch_team_members, area="people", writes=True),
)
