"""What a credential may not write in an organization at all, found out with calls that have nothing to write to.

A replace of the document that never is changes nothing whatever it is answered. An account type without the right to
write a kind of document, or an organization whose code representation is off, refuses it with 403, where one that would
take it says that there is no such document (sigma-api 4.3 and 5.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migrate.errors import ApiRefusal, ServiceError
from migrate.inventory.model import Inventory
from migrate.kinds import KINDS
from migrate.reasons import REASONS
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.words import ENVELOPES, Kind

_CLOSED = frozenset({"forbidden", "feature_off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Why nothing of a kind, or no folder, may be written: a reason code and a sentence without anything volatile."""

    code: str
    why: str

    @property
    def fix(self) -> str:
        """What to do about it."""
        return REASONS[self.code].fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was said of writing: the kinds that are ``closed``, and those of which a refusal says nothing."""

    closed: Mapping[Kind | None, Closed]
    untold: Mapping[Kind | None, Closed]


async def asked_to_write(client: Client, dest: Inventory, wanted: Iterable[Kind | None]) -> Asked:
    """What of the ``wanted`` kinds the credential may not write; None stands for folders, and for moving files.

    One call a kind, two where it is refused: an organization that answers 403 for whatever is not there says nothing.
    """
    closed: dict[Kind | None, Closed] = {}
    untold: dict[Kind | None, Closed] = {}
    for kind in dict.fromkeys(wanted):
        said = await _refused(client, dest, kind)
        if said is not None:
            (untold if await api.is_hidden(client, kind) else closed)[kind] = said
    return Asked(closed=closed, untold=untold)


async def _refused(client: Client, dest: Inventory, kind: Kind | None) -> Closed | None:
    """Why nothing of a kind is taken; where its form is not known, only if it is taken in none."""
    form = dest.generation_of(kind) if kind is not None and KINDS[kind].enveloped else "flat"
    found = None
    for generation in (form,) if form is not None else ENVELOPES:
        try:
            await api.replace_nothing(client, kind, generation)
        except ApiRefusal as error:
            if error.code in _CLOSED:
                thing = KINDS[kind].plural if kind is not None else "folders, and move no documents"
                said = "; ".join(error.said) or "no reason given"
                found = Closed(code=error.code, why=f"this credential may write no {thing} in {dest.org}: {said}")
            elif error.code != "no_such_route":
                return None
        except ServiceError as error:
            if not error.of_one:
                raise
            return None
        else:
            return None
    return found
