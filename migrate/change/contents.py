"""What stands in a body, for telling documents apart and for guarding what people added. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from migrate.bundle.document import document_of
from migrate.bundle.spec import Spec
from migrate.change.rebase import rebased
from migrate.ledger.model import Copy
from migrate.rewrite.model import Draft, ElementIds
from migrate.rewrite.models.correlate import Ambiguous, Uncorrelated, correlate
from migrate.sigma.contract import settled_digest
from migrate.tree import Json, digest

Likeness = Literal["same", "alike", "other"]
"""``same``: equal but for ids the server gave. ``alike``: certainly sent by us, but changed since (by the
server's normalising or by a person). ``other``: nothing shows that it is ours."""


def parts(body: Json) -> Iterator[tuple[str, str, str]]:
    """(``page``, ``overlay``, ``panel`` or ``element``, id, name) of everything that stands in a body."""
    document = document_of(body)
    for surface in document.surfaces:
        yield surface.kind, surface.id, str(surface.node.get("name") or surface.node.get("title") or "")
    for element in document.elements:
        yield "element", element.id, str(element.node.get("name") or "")


def added_by_people(
    standing: Json, sending: Json, last_sent: Json | None, elements: Mapping[str, ElementIds]
) -> tuple[str, ...]:
    """Pages and elements that replacing ``standing`` by ``sending`` would drop, though we never wrote them.

    ``last_sent`` is what we wrote last (source ids; ``elements`` maps them to the target's), None where nothing
    of ours ever stood there. Pages count by id or name, since a server may give pages new ids,
    and another generation calls an overlay a page.
    """
    ours = {part for body in (sending, last_sent) for part in parts(body)}
    ids = {part_id for _, part_id, _ in ours} | {found.id for found in elements.values()}
    names = {name for what, _, name in ours if what != "element" and name}
    return tuple(
        f"{what} {name!r}" if name else f"{what} {part_id}"
        for what, part_id, name in parts(standing)
        if part_id not in ids and not (what != "element" and name in names)
    )


def would_drop(draft: Draft, copy: Copy | None, standing: Spec, last_sent: Json | None) -> tuple[str, ...]:
    """What people added to a document that replacing it by a draft would drop; holes of the draft change nothing.

    ``copy`` is None where what stands is not ours, ``last_sent`` what we wrote there last.
    """
    elements = copy.elements if copy else {}
    wire = rebased(draft.body, standing.body, elements) if draft.key.about.feeds else draft.body
    return added_by_people(standing.body, wire, last_sent, elements)


def dropped_in_words(added: Sequence[str]) -> str:
    """The first few of what would be dropped, and how many more there are."""
    return ", ".join(added[:5]) + (f" and {len(added) - 5} more" if len(added) > 5 else "")


def equal(one: Json, other: Json) -> bool:
    """Whether two bodies hold the same; ``kind`` of a data model is shown by some organizations only (specs 2.1)."""
    bodies = [{key: part for key, part in body.items() if key != "kind"} for body in (one, other)]
    return bodies[0] == bodies[1] or settled_digest(bodies[0]) == settled_digest(bodies[1])


def likeness(sent: Json | None, digest_sent: str, found: Spec) -> Likeness:
    """How a document that was found compares with what was sent.

    Creates are all or nothing, so what we made is the same but for new ids and normalising, unless a person
    edited it since.
    """
    if digest_sent and digest(found.body) == digest_sent:
        return "same"
    if sent is None:
        return "other"
    if equal(sent, found.body):
        return "same"
    if found.key.about.feeds:
        return "alike" if _correlates(sent, found.body) else "other"
    there = {part_id for what, part_id, _ in parts(found.body) if what == "element"}
    mine = {part_id for what, part_id, _ in parts(sent) if what == "element"}
    return "alike" if mine & there or mine == there else "other"


def _correlates(sent: Json, found: Json) -> bool:
    try:
        correlate(sent, found)
    except Ambiguous:
        return True  # all of it is there; which is which is for the read-back to say
    except Uncorrelated:
        return False
    return True
