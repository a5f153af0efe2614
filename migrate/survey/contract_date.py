"""At which date of the spec contract a target stands, as far as what it serves shows."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.bundle.fetch import fetch
from migrate.events import Listener
from migrate.inventory.model import Inventory
from migrate.sigma.client import Client
from migrate.sigma.contract import ContractDate, dates_of, respell
from migrate.tree import Json

PROBES = 5
"""How many workbooks of the target are read at most to see how it spells them; newest first."""


async def contract_date(
    client: Client, dest: Inventory, bodies: Iterable[Json], listener: Listener
) -> tuple[ContractDate, str]:
    """The date whose spelling a target takes, and a sentence where nothing it serves shows it.

    ``bodies`` are what is to be written: where they are spelled alike at every date in question, nothing is read.
    Nothing is ever written to find out; where no workbook tells, the latest date that is possible is taken.
    """
    low, high = dest.dates
    if low == high or dest.generation == "flat" or not any(_differs(body, low, high) for body in bodies):
        return high, ""
    books = sorted(
        (item for item in dest.items.values() if item.key.kind == "workbook" and not item.archived),
        key=lambda item: item.updated_at,
        reverse=True,
    )
    found = await fetch(client, dest, [item.key for item in books[:PROBES]], listener=listener)
    seen_low, seen_high = dates_of(spec.body for spec in found.specs.values())
    low, high = max(low, seen_low), max(low, seen_low, min(high, seen_high))
    if low == high:
        return high, ""
    return high, (
        f"no workbook of {dest.org} shows how it spells documents; they are written as of {high}, and what stands at an"
        f" earlier date may refuse them"
    )


def _differs(body: Json, low: ContractDate, high: ContractDate) -> bool:
    return bool(respell(body, low).body != respell(body, high).body)
