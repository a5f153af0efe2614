"""The source as of what a target is pinned to: a version tag, or a list of documents and versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import anyio

from migrate.bundle.spool import Shelf, Spool
from migrate.errors import Problem, Refused
from migrate.events import Listener
from migrate.inventory.model import Inventory, Item, Key
from migrate.plan.model import Plan
from migrate.plan.pins import Pin
from migrate.plan.suggest import did_you_mean
from migrate.run.clients import Clients
from migrate.run.source import Memory, SourceSide, follow

_ABSENT = "pin_absent"
_UNREADABLE = "pin_unreadable"


async def as_pinned(
    clients: Clients, side: SourceSide, plan: Plan, spool: Spool, memory: Memory, listener: Listener
) -> SourceSide:
    """The source as a target's plan means it, which is read once for all targets of one pin.

    Raises Refused for a pin that means no document of the source.
    """
    pin = plan.pin
    if pin is None:
        return side
    async with side.pinning:
        if pin.written not in side.pinned:
            inventory, held = as_of(pin, side.inventory)
            side.pinned[pin.written] = replace(
                side,
                inventory=inventory,
                specs=Shelf(spool),
                unreadable={},
                fetching=anyio.Lock(),
                held=held,
                pinned={},
                pinning=anyio.Lock(),
            )
        own = side.pinned[pin.written]
        await follow(clients, own, plan, memory, listener)
        return own


def as_of(pin: Pin, source: Inventory) -> tuple[Inventory, Mapping[Key, Problem]]:
    """The inventory with the versions that a pin means, and the documents of which none can be had. Pure.

    Raises Refused for a pin that means no document at all.
    """
    found = {key: _as_of(pin, item) for key, item in source.items.items()}
    held = {key: one for key, one in found.items() if isinstance(one, Problem)}
    if all(one.code == _ABSENT for one in held.values()) and len(held) == len(found):
        known = dict.fromkeys(tag for item in source.items.values() for tag in item.tags)
        raise Refused(
            f"no document of {source.org} is one of {pin.written}.",
            code=_ABSENT,
            next_action=did_you_mean(pin.tag, [*known]) or "correct the pin, or put the tag on what is meant",
        )
    items = {key: item if isinstance(now := found[key], Problem) else now for key, item in source.items.items()}
    return replace(source, items=MappingProxyType(items)), MappingProxyType(held)


def _as_of(pin: Pin, item: Item) -> Item | Problem:
    """A document as a pin means it; or why it is left as it is."""
    if pin.tag:
        tag = next((tag for tag in item.tagged if tag.name == pin.tag), None)
        return _absent(pin) if tag is None else _version(item, tag.version, tag.copy_id)
    wanted = dict(pin.versions).get(item.key.id)
    if wanted is None:
        return _absent(pin)
    copies = [tag.copy_id for tag in item.tagged if tag.version == wanted and tag.copy_id]
    return _version(item, wanted or item.version, copies[0] if copies and wanted != item.version else "")


def _version(item: Item, version: int, copy_id: str) -> Item | Problem:
    if copy_id:  # that it changed since says nothing of that version
        return replace(item, version=version, read_as=copy_id, updated_at="")
    if version == item.version:
        return item
    return Problem(
        code=_UNREADABLE,
        message=f"version {version} is meant, version {item.version} is published, and Sigma hands out no other",
        fix="let the pin mean the published version, or put a version tag on a workbook or report that is to be kept",
    )


def _absent(pin: Pin) -> Problem:
    return Problem(
        code=_ABSENT,
        message=f"it is none of {pin.written}, to which the target is pinned",
        fix="put the tag on it, or add it to the list, when the target is to have it",
    )
