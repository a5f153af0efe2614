"""A person who changes what stands round documents in the app: access, owners, tags, schedules, embeds, teams."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from migrate.sandbox.answers import invalid, not_found
from migrate.sandbox.ids import iso, url_id
from migrate.sandbox.objects import APP
from migrate.sandbox.org import Inode, Org, Thing
from migrate.sandbox.routes_attributes import assign
from migrate.sandbox.routes_grants import INODE_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a person does: to which inode, for whom (a member by id or e-mail, a team by id or name), and with what."""

    org: Org
    inode: Inode | None
    to: str
    name: str
    value: str
    who: str
    at: str

    @property
    def target(self) -> Inode:
        """The inode. Raises ApiError 404 where none was named."""
        if self.inode is None:
            raise not_found()
        return self.inode

    @property
    def member(self) -> str:
        """The member's id. Raises ApiError 404."""
        for member in self.org.members.values():
            if self.to in (member.id, member.email):
                return member.id
        raise not_found(f"no member {self.to[:100]}")

    @property
    def team(self) -> Thing:
        """The team. Raises ApiError 404."""
        return _called(self.org.teams, self.name)

    @property
    def grantee(self) -> tuple[str | None, str | None]:
        """(member id, team id), one of them."""
        for team in self.org.teams.values():
            if self.to in (team.id, team.name):
                return None, team.id
        return self.member, None


def act_around(org: Org, what: str, tree: Mapping[str, str], *, now: float) -> str:
    """Does it; comes back with the id of what was touched. Raises ApiError 404, or 400 for an unknown deed."""
    doing = DEEDS.get(what)
    if doing is None:
        raise invalid(f"what must be edit, rename, move, delete, {', '.join(DEEDS)}")
    inode = org.inodes.get(tree.get("inode", ""))
    others = [one for one in org.members if one not in {client.member_id for client in org.clients}]
    who = next(iter([*others, *org.members]), "")
    facts = {key: tree.get(key, "") for key in ("to", "name", "value")}
    doing(Deed(org=org, inode=inode, who=who, at=iso(now), **facts))
    return inode.id if inode is not None else tree.get("name", "")


def _called(things: Mapping[str, Thing], name: str) -> Thing:
    for thing in things.values():
        if name in (thing.id, thing.name):
            return thing
    raise not_found(f"nothing is called {name[:100]}")


def _grant(deed: Deed) -> None:
    member_id, team_id = deed.grantee
    _ungrant(deed)
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{deed.target.id}/{member_id or team_id}"))
    deed.org.grants[key] = {
        "grantId": key,
        "inodeId": deed.target.id,
        "organizationId": deed.org.id,
        "memberId": member_id,
        "teamId": team_id,
        "permission": deed.value or "view",
        "createdBy": deed.who,
        "updatedBy": deed.who,
        "createdAt": deed.at,
        "updatedAt": deed.at,
        "inodeType": INODE_TYPES.get(deed.target.type, "workbook"),
    }


def _ungrant(deed: Deed) -> None:
    wanted = (deed.target.id, *deed.grantee)
    for key, grant in list(deed.org.grants.items()):
        if (grant["inodeId"], grant["memberId"], grant["teamId"]) == wanted:
            del deed.org.grants[key]


def _own(deed: Deed) -> None:
    deed.target.owner_id = deed.member


def _untag(deed: Deed) -> None:
    tag = _called(deed.org.tags, deed.name)
    kept = [one for one in deed.target.facts.get("tags", []) if one["versionTagId"] != tag.id]
    deed.target.facts["tags"] = kept


def _schedule(deed: Deed) -> None:
    row = {
        "scheduledNotificationId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{deed.target.id}/{deed.at}/{deed.name}")),
        f"{deed.target.type}Id": deed.target.id,
        "schedule": {"cronSpec": deed.value or "0 7 * * 1", "timezone": "UTC"},
        "configV2": {"title": deed.name or "Weekly", "messageBody": "", "notificationAttachments": []},
        "isSuspended": False,
        "ownerId": deed.who,
        "lastUpdatedByUser": deed.who,
        "disabledAt": None,
        "disabledBy": None,
        "createdBy": deed.who,
        "updatedBy": deed.who,
        "createdAt": deed.at,
        "updatedAt": deed.at,
        "target": [{"email": deed.to or "someone@example.com"}],
    }
    deed.target.facts["schedules"] = [*deed.target.facts.get("schedules", []), row]


def _suspend(*, suspended: bool) -> Callable[[Deed], None]:
    def doing(deed: Deed) -> None:
        rows = deed.target.facts.get("schedules", [])
        facts = {"isSuspended": suspended, "updatedBy": deed.who, "updatedAt": deed.at}
        deed.target.facts["schedules"] = [{**row, **facts} for row in rows]

    return doing


def _embed(deed: Deed) -> None:
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{deed.target.id}/{deed.at}/embed"))
    row = {"embedId": key, "embedUrl": f"{APP}/embed/1-{url_id(key)}", "public": True, "sourceType": "workbook"}
    row |= {"sourceId": None, "sourceName": deed.target.name}
    deed.target.facts["embeds"] = [*deed.target.facts.get("embeds", []), row]


def _forget(key: str) -> Callable[[Deed], None]:
    def doing(deed: Deed) -> None:
        deed.target.facts.pop(key, None)

    return doing


def _favorite(deed: Deed) -> None:
    favorites = deed.org.members[deed.member].favorites
    if deed.target.id not in favorites:
        favorites.append(deed.target.id)


def _join(deed: Deed) -> None:
    members = deed.team.extra.setdefault("members", [])
    if deed.member not in members:
        members.append(deed.member)


def _leave(deed: Deed) -> None:
    members = deed.team.extra.get("members", [])
    deed.team.extra["members"] = [one for one in members if one != deed.member]


def _assign(deed: Deed) -> None:
    thing = _called(deed.org.user_attributes, deed.name)
    member_id, team_id = deed.grantee
    kind = "users" if member_id is not None else "teams"
    value = {"type": "string", "val": deed.value}
    assign(thing, kind, member_id or team_id or "", value, by=deed.who, at=deed.at)


DEEDS: Mapping[str, Callable[[Deed], None]] = MappingProxyType(
    {
        "grant": _grant,  # inode, to, value: the level, also a lower one
        "ungrant": _ungrant,  # inode, to
        "own": _own,  # inode, to
        "untag": _untag,  # inode, name of the tag
        "schedule": _schedule,  # inode, name, value: the cron line, to: an e-mail address
        "unschedule": _forget("schedules"),  # inode
        "pause": _suspend(suspended=True),  # inode
        "resume": _suspend(suspended=False),  # inode
        "embed": _embed,  # inode
        "unembed": _forget("embeds"),  # inode
        "favorite": _favorite,  # inode, to
        "join": _join,  # name of the team, to
        "leave": _leave,  # name of the team, to
        "assign": _assign,  # name of the attribute, to, value
    }
)
