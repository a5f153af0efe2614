"""The fingerprint of all that decides how a document is rewritten: the same tomorrow, the same draft tomorrow. Pure.

What holds for the whole target counts for every document: maps, rules, connections, addresses, this version of the
program. Of the long lists (documents, people, teams …) only what the document itself mentions counts, so that a new
colleague does not make every document of an organization look changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass

import orjson

from migrate.inventory.model import Key
from migrate.kinds import KINDS
from migrate.plan.model import Plan
from migrate.rewrite.context import TargetContext
from migrate.rewrite.model import Draft
from migrate.tree import Json, digest
from migrate.version import __version__

_LONGEST = 200
"""Characters of what a reference may hold to be looked up as it stands; longer ones are texts with ids in them."""

_ADDRESS = "://"
"""Stands among what a document mentions for all of its addresses."""

_TOKEN = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9A-Za-z]{20,29}")


def mentions(draft: Draft) -> tuple[str, ...]:
    """The ids and names of things outside of it that a document mentions."""
    found: set[str] = set()
    for reference in draft.references:
        if reference.resolution not in ("local", "opaque"):
            found.update(_TOKEN.findall(reference.before))
            found.update([reference.before] if len(reference.before) <= _LONGEST else [])
            found.update([_ADDRESS] if _ADDRESS in reference.before else [])
    return tuple(sorted(found))


class Ways:
    """The ways of one target; ``of`` gives the fingerprint for a document by what it mentions.

    The levels of checking count: a copy that was never checked for one of them has not been checked.
    """

    def __init__(self, plan: Plan, context: TargetContext) -> None:
        self._context = context
        self._whole = digest(
            _plain(
                [
                    __version__,
                    [sorted(plan.verify.levels), plan.verify.data, plan.carry],
                    [plan.map, plan.rules, context.policy],
                    [context.connections, context.folders, context.folder_ids, context.members],
                    [context.source.connections, context.dest.connections],
                    [context.source.identity.organization_id, context.dest.identity.organization_id],
                ]
            )
        )

    def of(self, mentioned: Iterable[str]) -> str:
        """The fingerprint for a document that mentions these."""
        return digest([self._whole, [self._way(text) for text in sorted(mentioned)]])

    def _way(self, text: str) -> Json:
        context = self._context
        org = context.source.org
        if text == _ADDRESS:  # an empty target does not show yet how its pages are addressed
            return [text, _plain([context.addresses.here, context.addresses.there, context.urls])]
        return [
            text,
            context.known.get(text),
            context.addresses.url_ids.get(text),
            [Key(org=org, kind=kind, id=text) in context.in_scope for kind in KINDS],
            text in context.theirs,
            [
                [kind, named.ids.get(text), named.names.get(text), named.gaps.get(text), text in named.there]
                for kind, named in sorted(context.named.items())
            ],
            self._mapped(text),
        ]

    def _mapped(self, text: str) -> Json:
        """A data model that an existing one of the target stands for: both as they are listed."""
        context = self._context
        model = context.models.get(text)
        if model is None:
            return None
        here = context.source.items.get(Key(org=context.source.org, kind="data-model", id=text))
        there = context.dest.items.get(Key(org=context.dest.org, kind="data-model", id=model.id))
        return [model.id, *([item.version, item.updated_at] if item else None for item in (here, there))]


def _plain(value: object) -> Json:
    """A value as JSON, the same in every process: sets in order, dataclasses as what they compare by."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value) if each.compare}
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((_plain(inner) for inner in value), key=orjson.dumps)
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
