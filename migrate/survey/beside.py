"""What stands beside documents in lists of their own: schedules, embeds, materializations, saved views. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from migrate.errors import ApiRefusal, ServiceError
from migrate.inventory.model import Key, Named
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.workers import each
from migrate.tree import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The lists of one document by name, and those that could not be read, each with the reason."""

    lists: Mapping[str, tuple[Json, ...]] = field(default_factory=lambda: MappingProxyType({}))
    unreadable: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


async def read_beside(client: Client, keys: Iterable[Key], wanted: Collection[str]) -> dict[Key, Beside]:
    """The wanted lists of each document that has them, one request a list and document.

    What is refused for one document is told there and stops nothing.
    """
    found: dict[Key, Beside] = {}

    async def one(key: Key) -> None:
        lists: dict[str, tuple[Json, ...]] = {}
        unreadable: dict[str, str] = {}
        for name in (name for name in key.about.beside if name in wanted):
            try:
                lists[name] = tuple(await api.beside(client, key.kind, key.id, name))
            except (ApiRefusal, ServiceError) as error:
                if isinstance(error, ServiceError) and not error.of_one:
                    raise
                unreadable[name] = error.message
        found[key] = Beside(lists=MappingProxyType(lists), unreadable=MappingProxyType(unreadable))

    await each(sorted(keys), one, workers=client.width)
    return found


async def read_liked(client: Client, members: Iterable[Named]) -> dict[str, tuple[str, ...]]:
    """Who has what as a favourite: e-mail addresses by the id of a document or folder, one request a member.

    A member whose favourites may not be read is left out.
    """
    found: dict[str, list[str]] = {}

    async def one(member: Named) -> None:
        try:
            entries = await api.favourites(client, member.id)
        except ApiRefusal:
            return
        for entry in entries:
            found.setdefault(str(entry["id"]), []).append(member.name)

    await each(sorted(members, key=lambda member: member.id), one, workers=client.width)
    return {inode: tuple(sorted(names)) for inode, names in found.items()}
