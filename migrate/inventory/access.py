"""Who may do what in an organization: grants, teams with their members, and the people these come to. Pure.

A grant on a folder holds for all below it; whoever owns a document may do everything with it (sigma-api 5.8).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from migrate.inventory.model import Inventory

RIGHTS = ("apply", "view", "annotate", "explore", "create", "organize", "edit")
"""What a grant on a document or folder may allow, the least first; the order of the middle ones is inferred."""

READING = frozenset({"view", "explore", "annotate", "apply"})
"""Rights with which nothing may be made in a folder, and no document may be replaced (sigma-api 5.6)."""

OWNER = "edit"
"""What an owner may do without any grant."""

Grantee: TypeAlias = tuple[Literal["member", "team"], str]
"""Somebody who was granted something: a member or a team, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One grant, as it stands."""

    id: str
    inode_id: str
    grantee: Grantee
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The grants of one organization by inode, and the members of the teams in them by team.

    ``hidden`` are things of somebody else whose grants this account is shown none of, as far as its answers tell.
    """

    grants: Mapping[str, tuple[Grant, ...]] = field(default_factory=lambda: MappingProxyType({}))
    teams: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    hidden: frozenset[str] = frozenset()

    def direct(self, inode_id: str) -> dict[Grantee, Grant]:
        """The grants right on an inode, the highest of each grantee."""
        found: dict[Grantee, Grant] = {}
        for grant in self.grants.get(inode_id, ()):
            before = found.get(grant.grantee)
            if before is None or rank(grant.right) > rank(before.right):
                found[grant.grantee] = grant
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What one member may do, and by whom or what: a sentence part such as ``by team Finance on Shared/Finance``."""

    right: str
    by: str


def of_others(grants: Iterable[Grant], owners: Mapping[str, str], me: str, teams: Mapping[str, frozenset[str]]) -> bool:
    """Whether one of these grants is on something of somebody else and to somebody else.

    An account that is shown such a one is not shown its own alone. ``owners`` are by the id of what they own; of a
    thing whose owner is not known, and of a team whose members are not, nobody can say.
    """
    return any(
        owners.get(grant.inode_id) not in (None, "", me) and _to_others(grant.grantee, me, teams) for grant in grants
    )


def _to_others(grantee: Grantee, me: str, teams: Mapping[str, frozenset[str]]) -> bool:
    kind, one = grantee
    return one != me if kind == "member" else one in teams and me not in teams[one]


def rank(right: str) -> int:
    """How much a right allows; one that nobody knows counts as the least, nothing at all as less."""
    return RIGHTS.index(right) if right in RIGHTS else -1 if not right else 0


def line(inventory: Inventory, folder_id: str) -> tuple[str, ...]:
    """The ids of a folder and of those above it, nearest first; safe against loops."""
    found: list[str] = []
    step = folder_id
    while step and step not in found:
        found.append(step)
        folder = inventory.folders.get(step)
        step = (folder.parent_id or "") if folder else ""
    return tuple(found)


def reached(
    granted: Iterable[tuple[str, Mapping[Grantee, str]]],
    teams: Mapping[str, frozenset[str]],
    names: Mapping[str, str],
    owner: str = "",
) -> dict[str, Reach]:
    """Member id -> the most that grants on a document and the folders above it let a member do.

    ``granted`` are (place in words, grantee -> right), ``names`` those of teams by id.
    """
    found: dict[str, Reach] = {owner: Reach(right=OWNER, by="as the owner")} if owner else {}
    for place, rights in granted:
        for (kind, grantee_id), right in rights.items():
            people: Sequence[str] = [grantee_id] if kind == "member" else sorted(teams.get(grantee_id, ()))
            by = f"by team {names.get(grantee_id, grantee_id)} on {place}" if kind == "team" else f"on {place}"
            for member in people:
                if member not in found or rank(right) > rank(found[member].right):
                    found[member] = Reach(right=right, by=by)
    return found
