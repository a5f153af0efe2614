"""The objects of the API as they go over the wire, with the recorded field names (sigma-api section 5)."""

from __future__ import annotations

import re

from migrate.sandbox.access import is_archived, may_write, path_of
from migrate.sandbox.ids import url_id
from migrate.sandbox.org import Inode, Json, Member, Org, Thing

APP = "https://app.sigmacomputing.com"
EPOCH = "2026-01-05T09:00:00.000Z"


def audit(inode: Inode) -> dict[str, Json]:
    """Who made and changed it, and when."""
    return {
        "createdBy": inode.created_by,
        "updatedBy": inode.updated_by,
        "createdAt": inode.created_at,
        "updatedAt": inode.updated_at,
    }


def thing_audit(org: Org, thing: Thing) -> dict[str, Json]:
    """The audit fields of a team, attribute, plugin …; what its ``extra`` does not say is the first member's."""
    first = next(iter(org.members), "")
    keys = (("createdBy", first), ("updatedBy", first), ("createdAt", EPOCH), ("updatedAt", EPOCH))
    return {key: thing.extra.get(key, default) for key, default in keys}


def url_of(org: Org, inode: Inode) -> str:
    """The app URL of an inode: organization slug, type, and the name with the url id at its end."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", inode.name[:120]).strip("-")
    return f"{APP}/{org.slug}/{inode.type}/{words + '-' if words else ''}{url_id(inode.id)}"


def file_entry(org: Org, member: Member, inode: Inode) -> dict[str, Json]:
    """An entry of ``/v2/files``. What stands at the root has the organization as its parent."""
    parent = inode.parent_id or org.id
    entry: dict[str, Json] = {
        "id": inode.id,
        "urlId": url_id(inode.id),
        "name": inode.name,
        "type": inode.type,
        "parentId": parent,
        "parentUrlId": url_id(parent),
        "permission": "edit" if may_write(org, member, inode) else "view",
        "path": path_of(org, inode),
        "badge": inode.badge,
        "isArchived": is_archived(org, inode),
        "ownerId": inode.owner_id,
    }
    if inode.description is not None:
        entry["description"] = inode.description
    return {**entry, **audit(inode)}


def workspace(inode: Inode) -> dict[str, Json]:
    """A workspace."""
    return {"workspaceId": inode.id, "workspaceUrlId": url_id(inode.id), "name": inode.name, **audit(inode)}


def document(org: Org, inode: Inode) -> dict[str, Json]:
    """The metadata object of a workbook, report or data model."""
    prefix = {"workbook": "workbook", "report": "report", "template": "template"}.get(inode.type, "dataModel")
    shown: dict[str, Json] = {
        f"{prefix}Id": inode.id,
        f"{prefix}UrlId": url_id(inode.id),
        "name": inode.name,
        "url": url_of(org, inode),
        "path": path_of(org, inode),
        "latestVersion": inode.versions[-1].number if inode.versions else 1,
        "ownerId": inode.owner_id,
        **audit(inode),
        "isArchived": is_archived(org, inode),
    }
    if prefix != "dataModel" and inode.description is not None:
        shown["description"] = inode.description
    if inode.facts.get("tags"):
        shown["tags"] = inode.facts["tags"]
    return shown


def member_object(org: Org, member: Member) -> dict[str, Json]:
    """A member."""
    return {
        "organizationId": org.id,
        "memberId": member.id,
        "memberType": member.account_type,
        "firstName": member.first_name,
        "lastName": member.last_name,
        "email": member.email,
        "profileImgUrl": None,
        "createdBy": member.id,
        "updatedBy": member.id,
        "createdAt": EPOCH,
        "updatedAt": EPOCH,
        "homeFolderId": member.home_folder_id,
        "userKind": "internal",
        "isArchived": False,
        "isInactive": False,
    }


def team(org: Org, thing: Thing) -> dict[str, Json]:
    """A team as it is listed."""
    return {
        "teamId": thing.id,
        "name": thing.name,
        "description": thing.extra.get("description"),
        "visibility": thing.extra.get("visibility", "public"),
        "isArchived": False,
        **thing_audit(org, thing),
    }


def user_attribute(org: Org, thing: Thing) -> dict[str, Json]:
    """A user attribute."""
    return {
        "userAttributeId": thing.id,
        "name": thing.name,
        "description": thing.extra.get("description"),
        "defaultValue": thing.extra.get("defaultValue"),
        **thing_audit(org, thing),
    }


def plugin(org: Org, thing: Thing) -> dict[str, Json]:
    """A registered plugin."""
    return {
        "pluginId": thing.id,
        "name": thing.name,
        "description": thing.extra.get("description", ""),
        "url": thing.extra.get("url", ""),
        "devUrl": thing.extra.get("devUrl", ""),
        "type": "element",
        **thing_audit(org, thing),
    }


def connector(thing: Thing) -> dict[str, Json]:
    """An API connector as it is listed."""
    return {"apiConnectorId": thing.id, "name": thing.name, "description": thing.extra.get("description", "")}


def tag(org: Org, thing: Thing) -> dict[str, Json]:
    """A version tag."""
    first = next(iter(org.members), "")
    shown: dict[str, Json] = {
        "versionTagId": thing.id,
        "name": thing.name,
        "ownerId": thing.extra.get("ownerId", first),
        "color": thing.extra.get("color", "cyan"),
        "isArchived": False,
        **thing_audit(org, thing),
    }
    if thing.extra.get("description"):
        shown["description"] = thing.extra["description"]
    return shown
