"""Ids and addresses of the source organization that stand in a document of the target. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.inventory.model import Inventory
from migrate.rewrite.text.url import to_uuid
from migrate.tree import Json, Path, texts_in, walk

_TOKEN = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9A-Za-z]{20,29}")


def foreign_ids(source: Inventory, dest: Inventory) -> frozenset[str]:
    """Every id known in the source organization and not in the target's."""
    return _ids(source) - _ids(dest)


def _ids(inventory: Inventory) -> frozenset[str]:
    tables = (
        inventory.folders,
        inventory.connections,
        inventory.members,
        inventory.teams,
        inventory.user_attributes,
        inventory.plugins,
        inventory.connectors,
    )
    found = {entry for table in tables for entry in table}
    found |= {key.id for key in inventory.items}
    found.add(inventory.identity.organization_id)
    found.discard("")
    return frozenset(found)


def leftovers(body: Json, foreign: frozenset[str], slug: str | None) -> Iterator[tuple[Path, str]]:
    """Each place where an id of the source organization, or a URL with its slug, still stands.

    Url ids are decoded first (sigma-specs 6.1). Column ids such as ``inode-…/COL`` are opaque and travel
    as they are (section 5.1, row 32): a table's inode is no id of the inventory.
    """
    address = re.compile(rf"sigmacomputing\.(?:com|io)/{re.escape(slug)}(?![\w-])") if slug else None
    together = "\n".join(texts_in(body))  # no id and no address goes beyond a line, and nearly always there is none
    if not (_foreign_in(together, foreign) or (address and address.search(together))):
        return
    for path, value in walk(body):
        texts = [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []
        for text in texts:
            yield from ((path, token) for token in _foreign_in(text, foreign))
            if address and address.search(text):
                yield path, f"a URL of the organization {slug}"


def _foreign_in(text: str, foreign: frozenset[str]) -> list[str]:
    return [
        token
        for token in _TOKEN.findall(text)
        if token in foreign or token.lower() in foreign or to_uuid(token) in foreign
    ]
