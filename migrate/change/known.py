"""What is known of a target while it is written to: it grows with every write that is done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from migrate.change.actions import Repoint
from migrate.change.model import ReadBack
from migrate.inventory.model import Key
from migrate.kinds import known_kind
from migrate.ledger.model import Copy
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.model import Copied, Draft, Drafted
from migrate.tree import digest
from migrate.words import Kind

FolderPath = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Known:
    """Copies, ids and folders of one target, by (kind, source id), source document and path.

    ``source`` is the alias in the keys of the documents. ``moved`` are models whose elements got other ids when they
    were replaced. ``before`` holds the copies' target ids when the execution began, ``urls`` the addresses of documents
    by their id, ``url_ids`` how the service writes their ids in addresses, as far as it has said so.
    ``read_back`` is what was seen of documents after they were written, by their id; ``holders`` is of which source
    thing an id of the target is the copy.
    """

    source: str = ""
    folders: dict[FolderPath, str] = field(default_factory=dict)
    copies: dict[tuple[str, str], Copy] = field(default_factory=dict)
    ids: dict[Key, Copied] = field(default_factory=dict)
    moved: set[Key] = field(default_factory=set)
    before: dict[tuple[str, str], str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    url_ids: dict[str, str] = field(default_factory=dict)
    read_back: dict[str, ReadBack] = field(default_factory=dict)
    holders: dict[str, tuple[str, str]] = field(default_factory=dict)

    def recall(self, copies: Iterable[Copy]) -> None:
        """Learns all copies that the ledger holds when the execution begins."""
        for copy in copies:
            self.learn(copy)
        self.before = {thing: copy.target_id for thing, copy in self.copies.items()}

    def learn(self, copy: Copy) -> None:
        """Remembers a copy, so that what depends on it can be bound."""
        before = self.copies.get((copy.kind, copy.source_id))
        self.copies[copy.kind, copy.source_id] = copy
        self.holders[copy.target_id] = copy.kind, copy.source_id
        if copy.kind == "folder":
            return
        key = Key(org=self.source, kind=document_kind(copy.kind), id=copy.source_id)
        if before is not None and any(copy.elements.get(old, ids) != ids for old, ids in before.elements.items()):
            self.moved.add(key)
        url_id = self.url_ids.get(copy.target_id, "")
        self.ids[key] = Copied(id=copy.target_id, url_id=url_id, elements=copy.elements)

    def must_repoint(self, action: Repoint, whole: Callable[[Drafted], Draft]) -> bool:
        """Whether a copy points at element ids that are no more, because a model it reads was replaced.

        ``whole`` gives the draft with its body; it is asked only where such a model is read.
        """
        copy = self.copies.get((action.key.kind, action.key.id))
        if copy is None or not any(needed in self.moved for needed in action.draft.needs):
            return False
        draft = whole(action.draft)
        return not unbound(draft, self.ids) and digest(bind(draft, self.ids)) != copy.digest_sent


def document_kind(kind: str) -> Kind:
    """The kind of a document in the ledger. Raises ValueError for what is no document."""
    found = known_kind(kind)
    if found is None:
        raise ValueError(f"{kind} is no kind of document")
    return found
