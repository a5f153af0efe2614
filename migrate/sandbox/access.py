"""The tree of inodes: what stands above what, who may see it, who may write there."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.sandbox.answers import ApiError, forbidden, invalid, not_found
from migrate.sandbox.call import Call
from migrate.sandbox.ids import uuid_of
from migrate.sandbox.org import Inode, Member, Org

HOLDERS = ("workspace", "folder")


def line(org: Org, inode: Inode) -> Iterator[Inode]:
    """An inode and all that stand above it, nearest first."""
    seen: set[str] = set()
    at: Inode | None = inode
    while at is not None and at.id not in seen:
        yield at
        seen.add(at.id)
        at = org.inodes.get(at.parent_id) if at.parent_id else None


def path_of(org: Org, inode: Inode) -> str:
    """The names of the ancestors joined by ``/``, without the inode's own (sigma-api 5.1); names are not escaped."""
    names = [above.name for above in line(org, inode)]
    return "/".join(reversed(names[1:]))


def is_archived(org: Org, inode: Inode) -> bool:
    """Whether it, or a folder above it, has been deleted."""
    return any(above.archived for above in line(org, inode))


def is_home(org: Org, inode: Inode) -> bool:
    """Whether this is somebody's ``My Documents``."""
    owner = org.members.get(inode.owner_id)
    return owner is not None and owner.home_folder_id == inode.id


def may_see(org: Org, member: Member, inode: Inode) -> bool:
    """Whether a member can view it: not denied anywhere above, and in nobody else's ``My Documents``."""
    return not any(
        member.id in above.denied_to or (above.owner_id != member.id and is_home(org, above))
        for above in line(org, inode)
    )


def may_write(org: Org, member: Member, inode: Inode) -> bool:
    """Whether a member can edit it, or create in it."""
    return may_see(org, member, inode) and not any(member.id in above.read_only_to for above in line(org, inode))


def get_inode(call: Call, inode_id: str) -> Inode:
    """The inode of a UUID or url id. Raises ApiError 404 or 403.

    A data model in somebody's personal space answers by its url id, though it is in no list (sigma-news 4).
    """
    by_url = inode_id not in call.org.inodes
    inode = call.org.inodes.get(uuid_of(inode_id) if by_url else inode_id)
    if inode is None:
        raise not_found()
    denied = any(call.member.id in above.denied_to for above in line(call.org, inode))
    if not may_see(call.org, call.member, inode) and (denied or not by_url or inode.type != "data-model"):
        raise forbidden()
    return inode


def writable(call: Call, inode: Inode) -> Inode:
    """The inode, if the member may edit it. Raises ApiError 403."""
    if not may_write(call.org, call.member, inode):
        raise forbidden()
    return inode


def folder_for(call: Call, folder_id: str) -> Inode:
    """The folder or workspace that something may be put in.

    Raises ApiError 404 ``No matching record`` where there is none, 400 where it is no folder, 403 where it is
    closed (sigma-specs 5.1 row 12).
    """
    folder = call.org.inodes.get(folder_id)
    if folder is None or is_archived(call.org, folder):
        raise not_found()
    if folder.type not in HOLDERS:
        raise invalid("document parent must be a folder")
    return writable(call, folder)


def archived_error() -> ApiError:
    """What an archived object answers (sigma-specs 7)."""
    return ApiError(409, "inode_archived", "The requested object has been archived")
