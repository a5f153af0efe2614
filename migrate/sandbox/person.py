"""A person who works in the app while a program works through the API: edits, renames, moves, deletes."""

from __future__ import annotations

import re

from migrate.sandbox.answers import invalid, not_found
from migrate.sandbox.birth import publish
from migrate.sandbox.ids import iso
from migrate.sandbox.org import Inode, Json, Org


def act(org: Org, what: str, inode_id: str, *, now: float, name: str = "", parent: str = "") -> Inode:
    """The document after a person did something to it. Raises ApiError 404, or 400 where the deed makes no sense.

    ``edit`` publishes a new version whose first page has ``name`` (or its own with a mark); ``rename`` needs ``name``;
    ``move`` needs ``parent``, a folder.
    """
    inode = org.inodes.get(inode_id)
    if inode is None:
        raise not_found()
    who, at = _somebody(org, inode), iso(now)
    if what == "edit":
        if not inode.versions:
            raise invalid("nothing to edit in it")
        publish(inode, edited(inode.versions[-1].body, name), at=at, by=who)
    elif what == "rename":
        inode.name = name or f"{inode.name} (renamed)"
    elif what == "move":
        if parent not in org.inodes:
            raise not_found()
        inode.parent_id = parent
    elif what == "delete":
        inode.archived = True
    else:
        raise invalid("what must be edit, rename, move or delete")
    inode.updated_at, inode.updated_by = at, who
    return inode


def _somebody(org: Org, inode: Inode) -> str:
    """A member who holds no API client, else one who did not change the document last."""
    clients = {client.member_id for client in org.clients}
    others = [one for one in org.members if one not in clients]
    return next(iter([*others, *(one for one in org.members if one != inode.updated_by), inode.owner_id]))


def edited(body: Json, name: str) -> Json:
    """The body with another name on its first page; nothing of the old body is changed."""
    pages = body.get("pages") if isinstance(body, dict) else None
    if not isinstance(pages, list) or not pages or not isinstance(pages[0], dict):
        raise invalid("nothing to edit in it")
    first = {**pages[0], "name": name or f"{pages[0].get('name', 'Page')} (edited)"}
    return {**body, "pages": [first, *pages[1:]]}


def inode_in(path: str) -> str:
    """The document id that a request path names; empty where it names none."""
    match = re.match(r"/v2/(?:workbooks|dataModels|files|reports)/([^/]+)", path)
    return match[1] if match else ""
