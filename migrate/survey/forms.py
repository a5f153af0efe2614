"""In which form a target takes each kind of document that is to be written there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from migrate.errors import ApiRefusal, Problem, ServiceError
from migrate.inventory.model import Inventory, Key
from migrate.kinds import ENVELOPED
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.words import Generation, Kind


async def with_forms(client: Client, dest: Inventory, chosen: Iterable[Key]) -> Inventory:
    """The target with the forms of those kinds among the chosen documents whose form crawling did not find out.

    One request a kind: a document of it is read, or a route asked with nothing to write to. A kind for which nothing
    shows a form that could be written is among ``lacks`` then: an organization that does not know ``contents`` makes a
    blank document of them (sigma-specs 3.1; the published interface says so of reports).
    """
    wanted = {key.kind for key in chosen}
    forms: dict[Kind, Generation] = {}
    lacks: dict[Kind, Problem] = {}
    for row in ENVELOPED[1:]:
        if row.kind not in wanted or row.kind in dest.lacks:
            continue
        found = await _form(client, row.kind, dest)
        if found is not None:
            forms[row.kind] = found
        else:
            message = f"nothing shows in which form {dest.org} takes {row.plural}"
            lacks[row.kind] = Problem(code="kind_unavailable", message=message, path=row.root)
    if not (forms or lacks):
        return dest
    return replace(
        dest, forms=MappingProxyType({**dest.forms, **forms}), lacks=MappingProxyType({**dest.lacks, **lacks})
    )


async def _form(client: Client, kind: Kind, dest: Inventory) -> Generation | None:
    """The form of one kind; of documents that can be read the newest tells it."""
    there = [item for key, item in dest.items.items() if key.kind == kind and not item.archived]
    newest = max(there, key=lambda item: item.updated_at, default=None)
    try:
        return (await api.detect_form(client, kind, newest.key.id if newest else None)).generation
    except (ApiRefusal, ServiceError) as error:
        if isinstance(error, ServiceError) and not error.of_one:
            raise
    return (await api.detect_form(client, kind, None)).generation
