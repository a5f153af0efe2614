"""What drafts for a target are made of: specs of the source, existing models of the target, its date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.bundle.fetch import fetch
from migrate.bundle.spec import Spec
from migrate.events import Listener
from migrate.inventory.model import Inventory, Key
from migrate.inventory.scope import Scope
from migrate.kinds import ENVELOPED
from migrate.ledger.model import Home, Snapshot
from migrate.plan.model import Plan
from migrate.run.clients import Clients
from migrate.run.recollection import Recollection
from migrate.run.source import SourceSide, fetch_missing
from migrate.sigma.contract import ContractDate
from migrate.survey.contract_date import contract_date
from migrate.tree import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is known of a target before anything is read but lists.

    ``models`` maps ids of source models to those of the target that the plan maps them to, ``last`` is how its copies
    were found when somebody looked last.
    """

    plan: Plan
    target: str
    dest: Inventory
    home: Home
    snapshot: Snapshot
    scope: Scope
    models: Mapping[str, str]
    last: Recollection = field(default_factory=Recollection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What drafts are made of: what is to be drafted, as the source has it, and the existing models of the target.

    ``models`` maps ids of source models to those of the target that the plan maps them to. ``dest`` and ``date`` say
    what the target takes, ``doubts`` sentences about how that is spelled. ``unreadable`` are the documents that
    could not be read, and why; those that cannot be folded join them when their turn comes.
    """

    todo: tuple[Key, ...]
    models: Mapping[str, str]
    specs: Mapping[Key, Spec]
    existing: Mapping[str, Spec]
    dest: Inventory
    date: ContractDate
    unreadable: dict[Key, tuple[str, str]]
    doubts: tuple[str, ...] = ()


async def gather(
    clients: Clients, side: SourceSide, given: Given, dest: Inventory, todo: Sequence[Key], listener: Listener
) -> Material:
    """Reads what is still needed of the source, the models that the plan maps to, and how the target spells things."""
    await fetch_missing(clients, side, (*todo, *models_in(side, given.models)), listener)
    existing = {Key(org=dest.org, kind="data-model", id=model_id) for model_id in given.models.values()}
    client = await clients.client(dest.org)
    found = await fetch(client, dest, sorted(existing), listener=listener)
    date, doubt = await contract_date(client, dest, _Bodies(side, todo), _copies(given.snapshot, side), listener)
    not_part = "not_fetched", "its spec is not part of the bundle"
    return Material(
        todo=tuple(todo),
        models=given.models,
        specs=side.specs,
        existing={key.id: spec for key, spec in found.specs.items()},
        dest=dest,
        date=date,
        unreadable={
            key: (lack.code, lack.message) if (lack := dest.lacks.get(key.kind)) else side.unreadable.get(key, not_part)
            for key in todo
            if key not in side.specs or key.kind in dest.lacks
        },
        doubts=(doubt,) if doubt else (),
    )


class _Bodies(Mapping[Key, Json]):
    """The bodies to be drafted that dates spell, each read when it is asked for."""

    def __init__(self, side: SourceSide, todo: Iterable[Key]) -> None:
        self._specs = side.specs
        self._keys = {key: None for key in todo if key.about.enveloped and key in side.specs}

    def __getitem__(self, key: Key) -> Json:
        return self._specs[key].body

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _copies(snapshot: Snapshot, side: SourceSide) -> dict[Key, str]:
    """The ids of the copies that workbooks of the source have in the target."""
    return {
        Key(org=side.inventory.org, kind=row.kind, id=source_id): copy.target_id
        for (kind, source_id), copy in snapshot.copies.items()
        for row in ENVELOPED
        if kind == row.kind
    }


def models_in(side: SourceSide, models: Mapping[str, str]) -> list[Key]:
    """The data models of the source that have these ids."""
    return [key for key in side.inventory.items if key.about.feeds and key.id in models]
