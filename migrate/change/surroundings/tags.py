"""Three ways for the version tags of one document: what we put last, what the source has now, what stands there. Pure.

A tag says that one version is approved, so that it only ever goes to the version of the copy that holds what the tagged
version of the source holds: the newest, and what was the newest once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from migrate.inventory.model import Item, VersionTag
from migrate.ledger.model import Copy
from migrate.reasons import REASONS
from migrate.rewrite.model import Residual

TAG = "tag"
"""What the ledger calls a version tag."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """A tag of the target that is to stand on the newest version of a copy, or to be taken ``off`` it.

    ``version`` is the version of the source document that it stands on, ``before`` that of the copy on which it stands
    now, 0 for none. ``stands``: it is as it should be, unless the copy gets another version.
    """

    id: str
    name: str
    version: int
    before: int = 0
    off: bool = False
    stands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSides:
    """The tags of one document: ``there`` those of the target's organization by name, ``on_copy`` version by tag id.

    ``newest`` is the version of the copy that we wrote last, ``last`` what the ledger knows by tag id: ``name`` is the
    version of the copy, ``version_read`` that of the source. ``removable``: there is a call that takes a tag off.
    """

    item: Item
    there: Mapping[str, str]
    on_copy: Mapping[str, int] = field(default_factory=dict)
    newest: int = 0
    last: Mapping[str, Copy] = field(default_factory=dict)
    removable: bool = True
    drift: Literal["fail", "keep", "overwrite"] = "fail"
    follow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What is to be done about the tags of one copy, and what is to be said.

    ``after`` holds the versions on which they stand afterwards by tag id, 0 for the newest.
    """

    tags: tuple[Tagging, ...] = ()
    after: Mapping[str, int] = field(default_factory=dict)
    drifted: tuple[str, ...] = ()
    left: tuple[Residual, ...] = ()


def on_versions(tagged: tuple[VersionTag, ...]) -> dict[str, int]:
    """The version on which each tag stands, by the tag's id."""
    return {tag.id: tag.version for tag in tagged}


def tag_changes(sides: TagSides) -> Tags:
    """The difference to write to the tags of a copy."""
    found = _Found(sides)
    for tag in sides.item.tagged:
        found.one(tag)
    wanted = {sides.there.get(tag.name) for tag in sides.item.tagged}
    for tag_id, known in sides.last.items():
        if tag_id not in wanted and sides.on_copy.get(tag_id, 0) == int(known.name or 0):
            found.gone(tag_id, known)
    return Tags(
        tags=tuple(found.tags), after=found.after, drifted=tuple(found.drifted), left=tuple(map(_residual, found.left))
    )


class _Found:
    """What the tags seen so far come to."""

    def __init__(self, sides: TagSides) -> None:
        self.sides = sides
        self.names = {tag_id: name for name, tag_id in sides.there.items()}
        self.tags: list[Tagging] = []
        self.after: dict[str, int] = {}
        self.drifted: list[str] = []
        self.left: list[tuple[str, str, str]] = []

    def one(self, tag: VersionTag) -> None:
        """A tag that the source document has."""
        sides = self.sides
        tag_id = sides.there.get(tag.name)
        if tag_id is None:
            self.left.append(("tag_missing", tag.name, f"no version tag of the target is called {tag.name!r}"))
            return
        known, stands = sides.last.get(tag_id), sides.on_copy.get(tag_id, 0)
        ours = int(known.name or 0) if known else 0
        if known is not None and stands not in (ours, sides.newest):
            now = f"moved to version {stands}" if stands else "taken off"
            self.drifted.append(f"the tag {tag.name} was {now} in the target since")
        if tag.version != sides.item.version:
            self._older(tag, tag_id, known, stands)
        elif stands and stands == sides.newest and (known is None or known.version_read == tag.version):
            self._put(tag, tag_id, stands, stands=True)
        elif known is None and stands and sides.drift != "overwrite":
            message = f"somebody put the tag {tag.name} on version {stands} of the copy, where it stays"
            self.left.append(("tag_theirs", tag.name, message))
        elif known is None or stands in (ours, sides.newest) or sides.drift == "overwrite":
            self._put(tag, tag_id, stands, stands=False)

    def _older(self, tag: VersionTag, tag_id: str, known: Copy | None, stands: int) -> None:
        """A tag on a version that is not the newest: right where that was the newest when it was carried."""
        if known is not None and known.version_read == tag.version and stands == int(known.name or 0):
            self.after[tag_id] = stands
            return
        message = (
            f"the tag {tag.name} is on version {tag.version} of its source, whose newest is {self.sides.item.version},"
            " and only the newest is copied"
        )
        self.left.append(("tag_older", tag.name, message))

    def _put(self, tag: VersionTag, tag_id: str, before: int, *, stands: bool) -> None:
        put = Tagging(id=tag_id, name=tag.name, version=tag.version, before=before, stands=stands)
        self.tags.append(put)
        self.after[tag_id] = 0

    def gone(self, tag_id: str, known: Copy) -> None:
        """A tag that we put, and that the source document does not show any more."""
        name, before = self.names.get(tag_id, tag_id), int(known.name or 0)
        if self.sides.follow and self.sides.removable:
            self.tags.append(Tagging(id=tag_id, name=name, version=known.version_read, before=before, off=True))
            return
        why = "" if self.sides.removable else "; no call takes a tag off a document of this kind"
        message = f"its source does not show the tag {name} any more, which stays on version {before} of the copy{why}"
        self.left.append(("tag_taken_off", name, message))


def _residual(found: tuple[str, str, str]) -> Residual:
    code, thing, message = found
    return Residual(code=code, message=message, next_action=REASONS[code].fix, thing=thing)


def not_carried(item: Item) -> tuple[Residual, ...]:
    """What is said of the tags of a document where they are only reported."""
    if not item.tagged:
        return ()
    told = ", ".join(
        f"{tag.name} on version {tag.version}{' (the newest)' if tag.version == item.version else ''}"
        for tag in item.tagged
    )
    some = "a version tag that stays" if len(item.tagged) == 1 else "version tags that stay"
    message = f"its source has {some} behind: {told}"
    return (_residual(("tags_not_carried", ", ".join(tag.name for tag in item.tagged), message)),)
