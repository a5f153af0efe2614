"""What is remembered of the copies of one target: what is decided by at hand, what only reports say in the spool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from migrate.bundle.spool import Spool
from migrate.inventory.model import Key
from migrate.ledger.model import Look
from migrate.rewrite.model import Drafted
from migrate.rewrite.stowed import from_account
from migrate.run.source import Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Recollection:
    """How copies were found when somebody looked last, by (kind, source id).

    ``looks`` are without what reports say; of that ``accounts`` are what was drafted, and ``held`` says where in the
    spool the things of the source lie that a copy holds. What another version wrote in another way has no account.
    """

    looks: Mapping[Thing, Look] = field(default_factory=dict)
    accounts: Mapping[Thing, Drafted] = field(default_factory=dict)
    held: Mapping[Thing, str] = field(default_factory=dict)

    def held_by(self, keys: Iterable[Key]) -> dict[Key, str]:
        """Where the things lie that these documents hold."""
        return {key: self.held[key.kind, key.id] for key in keys if (key.kind, key.id) in self.held}

    def of(self, keys: Iterable[Key]) -> Recollection:
        """What a report says of the copies of these documents, and no more."""
        things = [(key.kind, key.id) for key in keys]
        return Recollection(
            looks={thing: replace(self.looks[thing], **_DECIDED) for thing in things},
            held={thing: self.held[thing] for thing in things if thing in self.held},
        )


_DECIDED: Mapping[str, Any] = {"digest_sent": "", "source": "", "ways": "", "needs": "", "reads": (), "mentions": ()}
"""What is asked of a look until all is decided on, as nothing."""


def recollected(looks: Iterable[Look], spool: Spool) -> Recollection:
    """What these looks say, each taken apart before the next is read."""
    found, accounts, held = dict[Thing, Look](), dict[Thing, Drafted](), dict[Thing, str]()
    for look in looks:
        thing = look.kind, look.source_id
        found[thing] = replace(look, account=None, held=None, levels={})
        if look.held is not None:
            held[thing] = spool.put(look.held)
        with suppress(ValueError):
            accounts[thing] = from_account(look.account)
    return Recollection(looks=found, accounts=accounts, held=held)
