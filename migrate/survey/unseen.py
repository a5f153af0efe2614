"""Documents that an organization holds and this credential cannot see: counted where Sigma lets one count. Reads only.

An administrator may list documents without a look at permissions (sigma-api 5.1, 5.5); anybody else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from migrate.errors import ApiRefusal
from migrate.inventory.model import Inventory, Key
from migrate.kinds import KINDS, counts, in_words
from migrate.plan.match import within
from migrate.plan.selection import Select
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.tree import Json
from migrate.words import Kind

_NAMED = 10


async def unseen(client: Client, inventory: Inventory, select: Select) -> str:
    """A sentence about what is there and not in the inventory, that in selected folders first; empty for nothing.

    One listing more of every kind.
    """
    found: dict[str, Kind] = {}
    selected: set[str] = set()
    for kind, row in KINDS.items():
        if kind in inventory.lacks:
            continue
        try:
            listed = await api.list_all_documents(client, kind)
        except ApiRefusal as refusal:
            return f"what the account of {client.org} cannot see could not be counted: {refusal.message}"
        for entry in listed:
            document_id = str(entry[row.id_field])
            if Key(org=inventory.org, kind=kind, id=document_id) not in inventory.items:
                place = f"{entry.get('path') or ''}/{entry.get('name') or ''}".lstrip("/")
                found[place] = kind
                selected |= {place} if _selected(entry, select) else set()
    if not found:
        return ""
    order = [*sorted(selected), *sorted(found.keys() - selected)]
    more = f" and {len(order) - _NAMED} more" if len(order) > _NAMED else ""
    return (
        f"{in_words(counts(found.values()))} of {client.org} cannot be seen by its account,"
        f" {len(selected)} of them in folders that select names: {', '.join(order[:_NAMED])}{more}"
    )


def _selected(entry: Mapping[str, Json], select: Select) -> bool:
    """Whether a document stands in a folder that a rule of the selection names."""
    path = str(entry.get("path") or "").split("/")
    return any(rule.folder is not None and within(rule.folder, path) for rule in select.include)
