"""Who may do what in an organization, read for the documents of a plan and the folders above them. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from migrate.errors import ApiRefusal
from migrate.inventory.access import Access, Grant, of_others
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.workers import each
from migrate.tree import Json

PROBES = 3
"""So many things without a listed grant are asked for theirs, before a listing is believed to hold all."""


async def read_access(
    client: Client, inodes: Sequence[str], owners: Mapping[str, str] = MappingProxyType({})
) -> Access:
    """The grants right on these documents and folders, and the members of the teams in them.

    One listing of all pages where it holds what single answers hold; else one request a thing, because an account may
    be shown its own grants only (sigma-news 4). With ``owners``, by id, what belongs to somebody else counts as hidden
    unless some answer shows that grants of others are told. Raises ApiRefusal where they may not be read.
    """
    wanted = frozenset(inodes)
    found: dict[str, list[Grant]] = {}
    listed = await _all(client)
    for grant in listed:
        if grant is not None and grant.inode_id in wanted:
            found.setdefault(grant.inode_id, []).append(grant)
    bare = [inode for inode in inodes if inode not in found]
    probed = {inode: await direct(client, inode) for inode in bare[:PROBES]}
    if any(probed.values()):
        rest = [inode for inode in inodes if inode not in probed]

        async def one(inode: str) -> None:
            probed[inode] = await direct(client, inode)

        await each(rest, one, workers=client.width)
        found = {inode: list(grants) for inode, grants in probed.items() if grants}
    grants = {inode: tuple(each) for inode, each in found.items()}
    teams = await read_teams(client, grants.values())
    me = client.identity.user_id if client.identity is not None else ""
    seen = (*(one for one in listed if one is not None), *(one for each in grants.values() for one in each))
    hidden = (
        set() if of_others(seen, owners, me, teams) else {one for one in inodes if owners.get(one, me) not in ("", me)}
    )
    return Access(grants=MappingProxyType(grants), teams=teams, hidden=frozenset(hidden))


async def shown_others(client: Client, owners: Mapping[str, str]) -> bool:
    """Whether the listing shows a grant on something of somebody else to somebody else; ``owners`` are by id."""
    listed = [one for one in await _all(client) if one is not None]
    me = client.identity.user_id if client.identity is not None else ""
    return of_others(listed, owners, me, await read_teams(client, [listed]))


async def _all(client: Client) -> list[Grant | None]:
    """The grants that one listing shows; none where the organization wants to be asked for each thing (400)."""
    try:
        return [*map(_grant, await api.list_grants(client))]
    except ApiRefusal as refusal:
        if refusal.status != 400:
            raise
        return []


async def direct(client: Client, inode: str) -> tuple[Grant, ...]:
    """The grants right on one document or folder."""
    grants = map(_grant, await api.list_grants(client, inode))
    return tuple(grant for grant in grants if grant is not None and grant.inode_id == inode)


async def read_teams(client: Client, grants: Iterable[Iterable[Grant]]) -> MappingProxyType[str, frozenset[str]]:
    """The members of every team that was granted something, one request a team."""
    return await read_members(client, {g.grantee[1] for group in grants for g in group if g.grantee[0] == "team"})


async def read_members(client: Client, teams: Iterable[str]) -> MappingProxyType[str, frozenset[str]]:
    """The members of teams, by team id."""
    found: dict[str, frozenset[str]] = {}

    async def one(team: str) -> None:
        found[team] = frozenset(await api.team_members(client, team))

    await each(sorted(teams), one, workers=client.width)
    return MappingProxyType(found)


def _grant(entry: Json) -> Grant | None:
    """A grant as it is listed; None for one on a tagged version, which is no grant on the document itself."""
    member, team = entry.get("memberId"), entry.get("teamId")
    if entry.get("tagId") or not (member or team):
        return None
    return Grant(
        id=str(entry["grantId"]),
        inode_id=str(entry["inodeId"]),
        grantee=("member", str(member)) if member else ("team", str(team)),
        right=str(entry["permission"]),
    )
