"""What really happened: a log of every request, and the state as a tree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrate.sandbox.org import Connection, Json, Org, World


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request. ``status`` stays 0 where no answer left; ``seconds`` is how long it was in flight.

    ``wrote`` says that state changed, also where the answer was lost or was an error by a fault.
    ``created`` holds the ids of inodes that it made, ``touched`` those that it changed.
    """

    org: str
    method: str
    path: str
    query: str
    started: float
    in_flight: int
    number: int = 0
    member: str = ""
    status: int = 0
    fault: str = ""
    wrote: bool = False
    created: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    seconds: float = 0.0
    request_id: str = ""
    trouble: str = ""


class Evidence:
    """The request log of a sandbox, in order of arrival."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._number = 0

    def add(self, entry: Entry) -> None:
        """Records the arrival of a request; its other fields are filled in as it goes on."""
        self._number += 1
        entry.number = self._number
        self.entries.append(entry)

    def clear(self) -> None:
        """Forgets all requests."""
        self.entries.clear()

    def of(self, org: str) -> list[Entry]:
        """The requests to one organization."""
        return [entry for entry in self.entries if entry.org == org]

    def writes(self, org: str | None = None) -> list[Entry]:
        """The requests that changed state."""
        return [entry for entry in self.entries if entry.wrote and org in (None, entry.org)]

    def most_in_flight(self, org: str) -> int:
        """The highest number of requests that one organization had to do with at once."""
        return max((entry.in_flight for entry in self.of(org)), default=0)

    def dump(self) -> list[Json]:
        """The log as JSON."""
        return [dataclasses.asdict(entry) for entry in self.entries]


def duplicates(org: Org) -> list[tuple[str, str, str, int]]:
    """(type, parent id, name, how many) of living documents that share a name in a folder; never tagged versions."""
    seen: dict[tuple[str, str, str], int] = {}
    for inode in org.inodes.values():
        shown = not inode.archived and "tagged_from" not in inode.facts
        if shown and inode.type in ("workbook", "data-model", "report"):
            place = (inode.type, inode.parent_id or "", inode.name)
            seen[place] = seen.get(place, 0) + 1
    return [(*place, count) for place, count in seen.items() if count > 1]


def leaks(org: Org, foreign: set[str]) -> list[tuple[str, str]]:
    """(document id, foreign id) for every id of another organization found in a living document's newest body."""
    found: list[tuple[str, str]] = []
    for inode in org.inodes.values():
        if inode.archived or not inode.versions:
            continue
        for text in _texts(inode.versions[-1].body):
            found.extend((inode.id, wanted) for wanted in foreign if wanted in text)
    return found


def _texts(tree: Json) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield key
            yield from _texts(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _texts(value)


def dump_world(world: World) -> Json:
    """The state of every organization as JSON; client secrets are left out."""
    return {alias: dump_org(org) for alias, org in world.orgs.items()}


def dump_org(org: Org) -> Json:
    """The state of one organization as JSON; client secrets are left out."""
    plain = {
        part.name: as_tree(getattr(org, part.name))
        for part in dataclasses.fields(org)
        if part.name not in ("clients", "connections")
    }
    plain["clients"] = [{"client_id": client.client_id, "member_id": client.member_id} for client in org.clients]
    plain["connections"] = {key: _connection(value) for key, value in org.connections.items()}
    return plain


def _connection(connection: Connection) -> Json:
    plain = {
        part.name: as_tree(getattr(connection, part.name))
        for part in dataclasses.fields(connection)
        if part.name != "tables"
    }
    return {**plain, "tables": [as_tree(table) for table in connection.tables.values()]}


def as_tree(value: Json) -> Json:
    """State as JSON: dataclasses and mappings as objects, sets as sorted lists."""
    if dataclasses.is_dataclass(value):
        return {part.name: as_tree(getattr(value, part.name)) for part in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): as_tree(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(as_tree(item) for item in value)
    if isinstance(value, list | tuple):
        return [as_tree(item) for item in value]
    return value
