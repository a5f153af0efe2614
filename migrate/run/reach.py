"""How much of an organization a credential can see at all, as far as Sigma lets one count. Reads only.

An admin may list what it has no access to (``skipPermissionCheck``, sigma-api 5.1); else every member's own files tell,
where there are few of them. What neither tells is said not to be countable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrate.errors import ApiRefusal, ServiceError
from migrate.inventory.model import Inventory
from migrate.kinds import KINDS, counts, in_words, known_kind
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.workers import each
from migrate.tree import Json
from migrate.words import Kind

MOST_MEMBERS = 50
"""So many members are asked for their files at most: one request each, or more."""
_HOME = "My Documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The documents that are there beside those that are listed: their kinds, by whether they are in personal folders.

    ``how`` says what was counted by, ``why_not`` why nothing could be.
    """

    personal: tuple[Kind, ...] = ()
    shared: tuple[Kind, ...] = ()
    how: str = ""
    why_not: str = ""

    @property
    def told(self) -> str:
        """What is invisible, as the end of a sentence."""
        unseen = (*self.personal, *self.shared)
        if not unseen:
            return f"nothing else is there, by {self.how}"
        where = f", {len(self.personal):,} of them in personal folders" if self.personal else ""
        verb = "is" if len(unseen) == 1 else "are"
        return f"{in_words(counts(unseen), ', ')} more {verb} invisible to this credential{where}, by {self.how}"


async def reach_of(client: Client, inventory: Inventory) -> Reach:
    """What an organization holds that the credential does not see."""
    listed = {key.id for key in inventory.items}
    try:
        return _beside(listed, await _everything(client, inventory), "an admin's list of everything")
    except (ApiRefusal, ServiceError) as error:
        if isinstance(error, ServiceError) and not error.of_one:
            raise
        refused = error.message
    if not inventory.members:
        return Reach(why_not=f"{refused}; and no members are listed whose files could be counted")
    if len(inventory.members) > MOST_MEMBERS:
        count = len(inventory.members)
        return Reach(why_not=f"{refused}; and the files of {count:,} members would take as many requests")
    try:
        return _beside(listed, await _of_members(client, inventory), "what each member can see")
    except (ApiRefusal, ServiceError) as error:
        if isinstance(error, ServiceError) and not error.of_one:
            raise
        return Reach(why_not=f"{refused}; {error.message}")


Found = Mapping[str, tuple[Kind, bool]]
"""The kind of a document by its id, and whether it is in a personal folder."""


def _beside(listed: set[str], found: Found, how: str) -> Reach:
    unseen = [pair for document_id, pair in found.items() if document_id not in listed]
    return Reach(
        personal=tuple(kind for kind, home in unseen if home),
        shared=tuple(kind for kind, home in unseen if not home),
        how=how,
    )


async def _everything(client: Client, inventory: Inventory) -> Found:
    found: dict[str, tuple[Kind, bool]] = {}
    for kind, row in KINDS.items():
        if kind not in inventory.lacks:
            for entry in await api.list_documents(client, kind, [], everything=True):
                found[str(entry[row.id_field])] = kind, _is_home(entry)
    return found


def _is_home(entry: Json) -> bool:
    """Whether a document stands in a personal folder, which is called alike for everybody."""
    return str(entry.get("path") or "").split("/", 1)[0] == _HOME


async def _of_members(client: Client, inventory: Inventory) -> Found:
    found: dict[str, tuple[Kind, bool]] = {}

    async def one(member: str) -> None:
        for entry in await api.member_files(client, member, tuple(KINDS)):
            kind = known_kind(entry.get("type"))
            if kind is not None:
                found[str(entry["id"])] = kind, _is_home(entry)

    await each(sorted(inventory.members), one, workers=client.width)
    return found
