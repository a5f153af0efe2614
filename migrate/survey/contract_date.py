"""At which date of the spec contract a target stands, as far as what it serves shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrate.bundle.fetch import fetch
from migrate.events import Listener
from migrate.inventory.model import Inventory, Key
from migrate.sigma.client import Client
from migrate.sigma.contract import ContractDate, dates_of, respell
from migrate.sigma.spelling import taken_dates
from migrate.tree import Json

PROBES = 5
"""How many workbooks of the target are read at most to see how it spells them."""


async def contract_date(
    client: Client, dest: Inventory, bodies: Mapping[Key, Json], copies: Mapping[Key, str], listener: Listener
) -> tuple[ContractDate, str]:
    """The date whose spelling a target takes, and a sentence where nothing it serves shows it.

    ``bodies`` are the workbooks to be written, by source key, ``copies`` the ids of their copies, as far as there are
    any. Where they are spelled alike at every date in question, nothing is read. Copies of those that are not are the
    best witnesses, then the newest workbooks; they are read one by one until the date is known; then the verify call is
    asked. Nothing is ever written to find out: where nothing tells, the latest date that is possible is taken.
    """
    low, high = dest.dates
    telling = [] if dest.generation == "flat" else [key for key, body in bodies.items() if _differs(body, low, high)]
    if not telling:
        return high, ""
    for key in _witnesses(dest, (copies[key] for key in telling if key in copies))[:PROBES]:
        found = await fetch(client, dest, [key], listener=listener)
        seen_low, seen_high = dates_of(spec.body for spec in found.specs.values())
        low, high = max(low, seen_low), max(low, seen_low, min(high, seen_high))
        if not any(_differs(bodies[one], low, high) for one in telling):
            return high, ""
    low, high = await taken_dates(client, low, high)
    if not any(_differs(bodies[one], low, high) for one in telling):
        return high, ""
    return high, (
        f"neither a workbook nor the verify call of {dest.org} shows how it spells documents; they are written as of"
        f" {high}, and what stands at an earlier date may refuse them"
    )


def _witnesses(dest: Inventory, likely: Iterable[str]) -> list[Key]:
    """The workbooks of the target to be read, those first that are likely to show a date."""
    there = {key.id: key for key, item in dest.items.items() if key.about.enveloped and not item.archived}
    ours = [there[document_id] for document_id in likely if document_id in there]
    newest = sorted(there.values(), key=lambda key: dest.items[key].updated_at, reverse=True)
    return list(dict.fromkeys((*ours, *newest)))


def _differs(body: Json, low: ContractDate, high: ContractDate) -> bool:
    return low != high and bool(respell(body, low).body != respell(body, high).body)
