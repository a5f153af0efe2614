"""New inodes and new versions: the two ways in which documents come to be and change."""

from __future__ import annotations

from migrate.sandbox.call import Call
from migrate.sandbox.org import Inode, InodeType, Json, Org, Version
from migrate.sandbox.specs.envelope import blank_body, generation_of


def new_inode(
    call: Call,
    kind: InodeType,
    name: str,
    parent_id: str | None,
    *,
    description: str | None = None,
    owner_id: str | None = None,
    body: Json = None,
    generation: str | None = None,
) -> Inode:
    """A new inode of the caller, put into the organization; documents get their first version.

    It is kept out of file listings for as long as the organization's listings lag (sigma-api 5.6).
    """
    switches = call.org.switches
    stamp = call.stamp
    inode = Inode(
        id=call.new_id(),
        type=kind,
        name=name,
        parent_id=parent_id,
        owner_id=owner_id or call.member.id,
        created_by=call.member.id,
        updated_by=call.member.id,
        created_at=stamp,
        updated_at=stamp,
        description=description,
        listed_after=call.sandbox.clock() + switches.lag_seconds,
        listings_hidden=switches.lag_listings,
        generation=generation or _generation(call.org, kind),
    )
    if kind in ("workbook", "data-model", "report"):
        first = body if body is not None else blank_body(call.org, {"name": inode.id}, kind)
        number = switches.first_version
        inode.versions.append(Version(number=number, body=first, published_at=stamp, published_by=call.member.id))
    call.org.inodes[inode.id] = inode
    call.created(inode)
    return inode


def new_version(call: Call, inode: Inode, body: Json, generation: str) -> Version:
    """One more published version of a document; numbers grow by one (sigma-api 10)."""
    version = publish(inode, body, at=call.stamp, by=call.member.id, generation=generation)
    call.changed(inode.id)
    return version


def publish(inode: Inode, body: Json, *, at: str, by: str, generation: str | None = None) -> Version:
    """The same for whoever does it."""
    number = inode.versions[-1].number + 1 if inode.versions else 1
    version = Version(number=number, body=body, published_at=at, published_by=by)
    inode.versions.append(version)
    inode.generation = generation or inode.generation
    inode.updated_at, inode.updated_by = at, by
    return version


def _generation(org: Org, kind: InodeType) -> str:
    return "flat" if kind == "data-model" else generation_of(org, kind)
