"""Members, teams, attributes, plugins, connectors and grants as they were listed -> the sandbox's."""

from __future__ import annotations

import re

from migrate.rehearse.overheard import Said, entries, text, whoami
from migrate.sandbox.org import Member, Org, Thing
from migrate.tree import Json

_THINGS = {
    "teams": ("/v2/teams", "teamId"),
    "user_attributes": ("/v2/user-attributes", "userAttributeId"),
    "plugins": ("/v2/plugins", "pluginId"),
    "connectors": ("/v2/api-connectors", "apiConnectorId"),
    "tags": ("/v2/tags", "versionTagId"),
}
_TEAM_MEMBERS = re.compile(r"/v2/teams/([^/]+)/members")


def add_people(org: Org, said: Said) -> None:
    """Puts everybody and everything that has a name into the organization."""
    for entry in entries(said.at("/v2/members")):
        member = _member(entry)
        if member.id:
            org.members[member.id] = member
    mine = whoami(said)
    me = text(mine, "userId")
    if me and me not in org.members:
        org.members[me] = Member(id=me, email="rehearsal@localhost")
    if me and text(mine, "accountType"):
        org.members[me].account_type = text(mine, "accountType")
    for kind, (path, id_field) in _THINGS.items():
        things: dict[str, Thing] = getattr(org, kind)
        for entry in entries(said.at(path)):
            thing_id = text(entry, id_field) or text(entry, "id")
            if thing_id:
                extra = {key: value for key, value in entry.items() if key not in (id_field, "id", "name")}
                things[thing_id] = Thing(id=thing_id, name=text(entry, "name"), extra=extra)
    for place in said.places:
        found = _TEAM_MEMBERS.fullmatch(place)
        if found and found[1] in org.teams:
            people = [text(one, "userId") or text(one, "memberId") for one in entries(said.at(place))]
            org.teams[found[1]].extra["members"] = list(dict.fromkeys(people))


def add_grants(org: Org, said: Said) -> None:
    """The grants on what is there; whether a list of all of them holds what answers about one thing hold is kept."""
    listed: set[str] = set()
    there = {*org.inodes, *org.connections}
    for question, answer in said.at("/v2/grants"):
        of_all = all(name != "inodeId" for name, _ in question.params)
        for entry in entries([(question, answer)]):
            name = text(entry, "grantId")
            if name and text(entry, "inodeId") in there:
                org.grants[name] = entry
                listed |= {name} if of_all else set()
    if org.grants.keys() - listed:
        org.switches.grants_listed = "own"


def _member(entry: dict[str, Json]) -> Member:
    return Member(
        id=text(entry, "memberId"),
        email=text(entry, "email"),
        first_name=text(entry, "firstName"),
        last_name=text(entry, "lastName"),
        home_folder_id=text(entry, "homeFolderId"),
        account_type=text(entry, "memberType") or "Viewer",
    )
