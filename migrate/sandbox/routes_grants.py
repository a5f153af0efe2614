"""Grants: who may do what with an inode; a level can only be raised (sigma-api 5.8, sigma-news 4)."""

from __future__ import annotations

from collections.abc import Callable

from migrate.sandbox.access import get_inode, line, writable
from migrate.sandbox.answers import invalid, not_found
from migrate.sandbox.call import Call, text_of
from migrate.sandbox.ids import uuid_of
from migrate.sandbox.org import Json, Org
from migrate.sandbox.paging import by_page
from migrate.sandbox.router import Area, Route

DOCUMENT_LEVELS = ("apply", "view", "annotate", "explore", "create", "organize", "edit")  # lowest first; order inferred
CONNECTION_LEVELS = ("usage", "annotate", "writeback", "update", "admin")
INODE_TYPES = {"folder": "folder", "workspace": "folder", "report": "report", "template": "template"}
NARROWER = {"workbooks": ("view", "explore", "edit"), "reports": ("view", "edit")}


def list_grants(call: Call) -> Json:
    """Grants by page: of one inode, team or member, or without any filter those of many documents.

    Whether an admin sees all of them is not recorded (switch ``grants_listed``), nor whether those of folders above
    come too where ``directGrantsOnly`` is not asked for (switch ``grants_inherited``).
    """
    rows = _visible(call)
    inode_id = call.query.get("inodeId")
    if inode_id is not None:
        wanted = _inodes(call, inode_id)
        rows = [grant for grant in rows if grant["inodeId"] in wanted]
    for key, name in (("teamId", "teamId"), ("userId", "memberId")):
        if key in call.query:
            rows = [grant for grant in rows if grant.get(name) == call.query[key]]
    return by_page(rows, call.query, lambda grant: grant)


def _visible(call: Call) -> list[dict[str, Json]]:
    rows = list(call.org.grants.values())
    if call.org.switches.grants_listed == "all" and call.member.account_type == "Admin":
        return rows
    me = call.member.id
    teams = {team.id for team in call.org.teams.values() if me in team.extra.get("members", ())}
    owned = {inode.id for inode in call.org.inodes.values() if inode.owner_id == me}
    return [grant for grant in rows if grant["memberId"] == me or grant["teamId"] in teams or grant["inodeId"] in owned]


def _inodes(call: Call, inode_id: str) -> set[str]:
    """The inode, and the folders above it where their grants come too."""
    inode = call.org.inodes.get(inode_id) or call.org.inodes.get(uuid_of(inode_id))
    if inode is None:
        return {inode_id}
    if not call.org.switches.grants_inherited or call.flag("directGrantsOnly"):
        return {inode.id}
    return {above.id for above in line(call.org, inode)}


def get_grant(call: Call) -> Json:
    """One grant."""
    grant = call.org.grants.get(call.params["id"])
    if grant is None:
        raise not_found()
    return grant


def create_grant(call: Call) -> Json:
    """A new grant on an inode, or the one that is there, raised; a lower level than that changes nothing."""
    tree = call.tree()
    return granted(call, text_of(tree, "inodeId") or "", tree)


def granted(call: Call, inode_id: str, tree: Json, *, levels: tuple[str, ...] = ()) -> dict[str, Json]:
    """The grant that stands after this one was asked for. Raises ApiError 400 or 404."""
    on_connection = inode_id in call.org.connections
    inode = None if on_connection else writable(call, get_inode(call, inode_id))
    inode_id = inode.id if inode is not None else inode_id
    order = CONNECTION_LEVELS if on_connection else DOCUMENT_LEVELS
    level = text_of(tree, "permission")
    if level not in (levels or order):
        raise invalid(f"permission: Invalid value: {str(level)[:100]}")
    member_id, team_id = _grantee(call.org, tree.get("grantee"))
    tag_id = text_of(tree, "tagId", required=False)
    if tag_id is not None and tag_id not in call.org.tags:
        raise not_found()
    for grant in call.org.grants.values():
        same = (grant["inodeId"], grant["memberId"], grant["teamId"], grant.get("tagId"))
        if same == (inode_id, member_id, team_id, tag_id):
            return _raised(call, grant, str(level), order)
    kind = "scope" if inode is None else INODE_TYPES.get(inode.type, "workbook")
    return _new(call, inode_id, kind, {"memberId": member_id, "teamId": team_id, "permission": level, "tagId": tag_id})


def _raised(call: Call, grant: dict[str, Json], level: str, order: tuple[str, ...]) -> dict[str, Json]:
    if order.index(level) > order.index(grant["permission"]):
        grant |= {"permission": level, "updatedBy": call.member.id, "updatedAt": call.stamp}
        call.changed(grant["inodeId"])
    return grant


def _new(call: Call, inode_id: str, kind: str, facts: dict[str, Json]) -> dict[str, Json]:
    by, at = call.member.id, call.stamp
    grant: dict[str, Json] = {
        "grantId": call.new_id(),
        "inodeId": inode_id,
        "organizationId": call.org.id,
        **{key: value for key, value in facts.items() if key != "tagId" or value is not None},
        "createdBy": by,
        "updatedBy": by,
        "createdAt": at,
        "updatedAt": at,
        "inodeType": kind,
    }
    call.org.grants[grant["grantId"]] = grant
    call.changed(inode_id)
    return grant


def _grantee(org: Org, grantee: Json) -> tuple[str | None, str | None]:
    """(member id, team id), one of them. Raises ApiError 400, or 404 for nobody of this organization."""
    if not isinstance(grantee, dict) or len(grantee) != 1 or set(grantee) - {"memberId", "teamId"}:
        raise invalid("grantee: expecting memberId or teamId")
    member_id, team_id = grantee.get("memberId"), grantee.get("teamId")
    known = org.members if "memberId" in grantee else org.teams
    if not isinstance(member_id or team_id, str) or (member_id or team_id) not in known:
        raise not_found()
    return member_id, team_id


def delete_grant(call: Call) -> Json:
    """Takes a grant away."""
    grant = call.org.grants.pop(call.params.get("grant") or call.params["id"], None)
    if grant is None:
        raise not_found()
    call.changed(grant["inodeId"])
    return {}


def _several(levels: tuple[str, ...]) -> Callable[[Call], Json]:
    """Grants on the object that the path names: all of them, or none where one is wrong."""

    def handler(call: Call) -> Json:
        asked = call.tree().get("grants")
        if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
            raise invalid("grants: Invalid array")
        for one in asked:
            _grantee(call.org, one.get("grantee"))
            if one.get("permission") not in levels:
                raise invalid(f"permission: Invalid value: {str(one.get('permission'))[:100]}")
        for one in asked:
            granted(call, call.params["id"], one, levels=levels)
        return {}

    return handler


def _on(root: str, area: Area, levels: tuple[str, ...]) -> tuple[Route, ...]:
    one = f"{root}/{{id}}/grants"
    return (
        Route(method="POST", pattern=one, handler=_several(levels), area=area, writes=True),
        Route(method="DELETE", pattern=f"{one}/{{grant}}", handler=delete_grant, area=area, writes=True),
    )


def object_grants(call: Call) -> Json:
    """The grants on a workspace or a connection, without their inode type."""
    rows = [grant for grant in call.org.grants.values() if grant["inodeId"] == uuid_of(call.params["id"])]
    return by_page(rows, call.query, lambda grant: {key: value for key, value in grant.items() if key != "inodeType"})


ROUTES = (
    Route(method="GET", pattern="/v2/grants", handler=list_grants, area="people"),
    Route(method="POST", pattern="/v2/grants", handler=create_grant, area="people", writes=True),
    Route(method="GET", pattern="/v2/grants/{id}", handler=get_grant, area="people"),
    Route(method="DELETE", pattern="/v2/grants/{id}", handler=delete_grant, area="people", writes=True),
    Route(method="GET", pattern="/v2/workspaces/{id}/grants", handler=object_grants, area="files"),
    Route(method="GET", pattern="/v2/connections/{id}/grants", handler=object_grants, area="connections"),
    *_on("/v2/workbooks", "workbooks", NARROWER["workbooks"]),
    *_on("/v2/reports", "workbooks", NARROWER["reports"]),
    *_on("/v2/workspaces", "files", ("view", "explore", "organize", "edit")),
    *_on("/v2/connections", "connections", ("usage", "annotate", "writeback")),
)
