"""Files, folders and workspaces (sigma-api 5.6)."""

from __future__ import annotations

from migrate.sandbox.access import (
    archived_error,
    folder_for,
    get_inode,
    is_archived,
    line,
    may_see,
    may_write,
    writable,
)
from migrate.sandbox.answers import forbidden, invalid, not_found
from migrate.sandbox.birth import new_inode
from migrate.sandbox.call import Call, text_of
from migrate.sandbox.objects import file_entry, workspace
from migrate.sandbox.org import Connection, Inode, Json, Table
from migrate.sandbox.paging import by_page
from migrate.sandbox.router import Route
from migrate.sandbox.table_files import table_at, table_entry, tables
from migrate.sandbox.twins import twin_list

TYPES = frozenset(
    {
        "workspace",
        "folder",
        "workbook",
        "dataset",
        "data-model",
        "sql",
        "worksheet",
        "dashboard",
        "template",
        "table",
        "symlink",
        "report",
    }
)
DEFAULT_TYPES = frozenset({"workbook", "folder", "data-model", "dataset", "report"})


def list_files(call: Call) -> Json:
    """What the caller can see, without what is too new to be listed.

    ``parentId`` lists all that is below, with ``directChildFilter=true`` only what lies directly in it; ``name`` finds
    parts of names, as the search of the app does. Workspaces come only where they are the single type asked for.
    """
    types = _types(call)
    name = call.query.get("name", "").lower()
    parent = call.query.get("parentId") or None
    direct = call.flag("directChildFilter")
    edit = call.query.get("permissionFilter") in ("edit", "organize")
    rows = [
        inode
        for inode in call.org.inodes.values()
        if inode.type in types
        and name in inode.name.lower()
        and _is_below(call, inode, parent, direct=direct)
        and "tagged_from" not in inode.facts
        and not is_archived(call.org, inode)
        and (may_write if edit else may_see)(call.org, call.member, inode)
    ]
    inodes = [inode for inode in rows if is_listed(call, inode)]
    found = [
        pair
        for pair in (tables(call.org) if "table" in types else ())
        if name in pair[1].path[-1].lower() and parent in (None, table_entry(call.org, *pair)["parentId"])
    ]
    everything: list[Inode | tuple[Connection, Table]] = [*inodes, *found]
    return by_page(everything, call.query, lambda one: _entry(call, one))


def _entry(call: Call, one: Inode | tuple[Connection, Table]) -> Json:
    if isinstance(one, Inode):
        return file_entry(call.org, call.member, one)
    return table_entry(call.org, *one)


def _types(call: Call) -> frozenset[str]:
    wanted = {part for value in call.every("typeFilters") for part in value.split(",") if part}
    unknown = wanted - TYPES
    if unknown:
        raise invalid(f"typeFilters: Invalid value: {min(unknown)[:100]}")
    if not wanted:
        return DEFAULT_TYPES
    return frozenset(wanted) if wanted == {"workspace"} else frozenset(wanted - {"workspace"})


def _is_below(call: Call, inode: Inode, parent: str | None, *, direct: bool) -> bool:
    if direct:
        return inode.parent_id == parent
    if parent is None:
        return True
    return inode.id != parent and any(above.id == parent for above in line(call.org, inode))


def is_listed(call: Call, inode: Inode) -> bool:
    """Whether a listing shows it yet; counts the listings that a new inode is still kept out of."""
    if inode.listings_hidden > 0:
        if not call.query.get("page"):
            inode.listings_hidden -= 1
        return False
    return call.sandbox.clock() >= inode.listed_after


def get_file(call: Call) -> Json:
    """One file by id: at once after its creation, deleted ones too; also a table of a catalog."""
    table = table_at(call.org, call.params["id"])
    if table is not None:
        return table_entry(call.org, *table)
    return file_entry(call.org, call.member, get_inode(call, call.params["id"]))


def create_file(call: Call) -> Json:
    """A new workspace, folder, blank workbook or report. Names may repeat."""
    tree = call.tree()
    kind = tree.get("type")
    if kind not in ("workspace", "folder", "workbook", "report"):
        raise invalid(f"type: Invalid value: {str(kind)[:100]}")
    name = text_of(tree, "name") or ""
    description = text_of(tree, "description", required=False)
    owner = _owner(call, tree) or call.member.id
    parent: str | None = None
    if kind != "workspace":
        wanted = text_of(tree, "parentId", required=False) or call.member.home_folder_id
        parent = folder_for(call, wanted).id
    inode = new_inode(call, kind, name, parent, description=description, owner_id=owner)
    return file_entry(call.org, call.member, inode)


def _owner(call: Call, tree: dict[str, Json]) -> str | None:
    owner = text_of(tree, "ownerId", required=False)
    if owner is not None and owner not in call.org.members:
        raise not_found()
    return owner


def patch_file(call: Call) -> Json:
    """Renames, describes, moves, gives to somebody else, restores; what is in the bin can only be restored."""
    inode = writable(call, get_inode(call, call.params["id"]))
    tree = call.tree()
    restore = tree.get("restore")
    if restore is not None and not isinstance(restore, bool):
        raise invalid("restore: Invalid boolean")
    if is_archived(call.org, inode) and not restore:
        raise archived_error()
    name = text_of(tree, "name", required=False)
    if name == "":
        raise invalid("name: must not be empty")
    description = text_of(tree, "description", required=False)
    owner = _owner(call, tree)
    parent = _new_parent(call, inode, tree)
    inode.archived = inode.archived and not restore
    inode.name = inode.name if name is None else name
    inode.description = inode.description if description is None else description
    inode.owner_id = owner or inode.owner_id
    inode.parent_id = inode.parent_id if parent is None else parent
    inode.updated_at, inode.updated_by = call.stamp, call.member.id
    call.changed(inode.id)
    return file_entry(call.org, call.member, inode)


def _new_parent(call: Call, inode: Inode, tree: dict[str, Json]) -> str | None:
    wanted = text_of(tree, "parentId", required=False)
    if wanted is None:
        return None
    folder = folder_for(call, wanted)
    if inode.type == "workspace" or any(above.id == inode.id for above in line(call.org, folder)):
        raise invalid("parentId: cannot be moved there")
    return folder.id


def delete_file(call: Call) -> Json:
    """Puts it in the bin, with everything below it; it can be restored."""
    inode = writable(call, get_inode(call, call.params["id"]))
    if any(member.home_folder_id == inode.id for member in call.org.members.values()):
        raise forbidden()
    if is_archived(call.org, inode):
        raise not_found()
    inode.archived = True
    inode.updated_at, inode.updated_by = call.stamp, call.member.id
    call.changed(inode.id)
    return {}


def list_workspaces(call: Call) -> Json:
    """Workspaces, by part of a name or by ``exactName``."""
    part, exact = call.query.get("name", "").lower(), call.query.get("exactName")
    rows = [
        inode
        for inode in call.org.inodes.values()
        if inode.type == "workspace"
        and not inode.archived
        and part in inode.name.lower()
        and (exact is None or inode.name == exact)
        and may_see(call.org, call.member, inode)
    ]
    return twin_list(call, rows, workspace)


def _workspace(call: Call) -> Inode:
    inode = get_inode(call, call.params["id"])
    if inode.type != "workspace" or inode.archived:
        raise not_found()
    return inode


def get_workspace(call: Call) -> Json:
    """One workspace."""
    return workspace(_workspace(call))


def create_workspace(call: Call) -> Json:
    """A new workspace; with ``noDuplicates`` the ids of those that have the name already, if any."""
    tree = call.tree()
    name = text_of(tree, "name") or ""
    same = [
        one for one in call.org.inodes.values() if one.type == "workspace" and one.name == name and not one.archived
    ]
    if tree.get("noDuplicates") is True and same:
        shown = [workspace(one) for one in same]
        return {
            "workspaceIds": [one["workspaceId"] for one in shown],
            "workspaceUrlIds": [one["workspaceUrlId"] for one in shown],
        }
    return workspace(new_inode(call, "workspace", name, None))


def patch_workspace(call: Call) -> Json:
    """Renames a workspace."""
    inode = writable(call, _workspace(call))
    inode.name = text_of(call.tree(), "name") or inode.name
    inode.updated_at, inode.updated_by = call.stamp, call.member.id
    call.changed(inode.id)
    return workspace(inode)


def delete_workspace(call: Call) -> Json:
    """Puts a workspace in the bin."""
    inode = writable(call, _workspace(call))
    inode.archived = True
    call.changed(inode.id)
    return {}


ROUTES = (
    Route(method="GET", pattern="/v2/files", handler=list_files, area="files"),
    Route(method="POST", pattern="/v2/files", handler=create_file, area="files", writes=True),
    Route(method="GET", pattern="/v2/files/{id}", handler=get_file, area="files"),
    Route(method="PATCH", pattern="/v2/files/{id}", handler=patch_file, area="files", writes=True),
    Route(method="DELETE", pattern="/v2/files/{id}", handler=delete_file, area="files", writes=True),
    Route(method="GET", pattern="/v2/workspaces", handler=list_workspaces, area="files"),
    Route(method="POST", pattern="/v2/workspaces", handler=create_workspace, area="files", writes=True),
    Route(method="GET", pattern="/v2.1/workspaces", handler=list_workspaces, area="files"),
    Route(method="GET", pattern="/v2/workspaces/{id}", handler=get_workspace, area="files"),
    Route(method="PATCH", pattern="/v2/workspaces/{id}", handler=patch_workspace, area="files", writes=True),
    Route(method="DELETE", pattern="/v2/workspaces/{id}", handler=delete_workspace, area="files", writes=True),
)
