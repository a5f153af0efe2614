"""Who am I, members, teams, user attributes, plugins, connectors, tags, account types, tenants (sigma-api 5.8, 5.9)."""

from __future__ import annotations

from collections.abc import Iterable

from migrate.sandbox.access import is_archived, may_see
from migrate.sandbox.answers import ApiError, forbidden, invalid, not_found
from migrate.sandbox.call import Call, text_of
from migrate.sandbox.ids import new_member_id
from migrate.sandbox.objects import (
    connector,
    document,
    file_entry,
    member_object,
    plugin,
    tag,
    team,
    thing_audit,
    url_of,
)
from migrate.sandbox.org import Inode, Json, Member, Thing
from migrate.sandbox.paging import by_page, by_token
from migrate.sandbox.router import Route
from migrate.sandbox.twins import twin_list

COLORS = ("cyan", "grass", "violet", "plum", "amber", "bronze")


def whoami(call: Call) -> Json:
    """The member and organization of the token (sigma-api 1.3)."""
    return {
        "userId": call.member.id,
        "organizationId": call.org.id,
        "accountType": call.member.account_type,
    }


def list_members(call: Call) -> Json:
    """Members, filtered by ``email``; a bare array where the organization still answers so."""
    return twin_list(call, _members(call), lambda member: member_object(call.org, member))


def _members(call: Call) -> list[Member]:
    email = call.query.get("email")
    return [member for member in call.org.members.values() if email is None or member.email == email]


def _member(call: Call) -> Member:
    member = call.org.members.get(call.params["id"])
    if member is None:
        raise not_found()
    return member


def get_member(call: Call) -> Json:
    """One member."""
    return member_object(call.org, _member(call))


def create_member(call: Call) -> Json:
    """A new member; 409 with its id in the message where the e-mail is taken (sigma-api 4.2)."""
    tree = call.tree()
    email = text_of(tree, "email") or ""
    for member in call.org.members.values():
        if member.email == email:
            raise ApiError(409, "conflict", f"Member already exists, member-id={member.id}")
    member = Member(
        id=new_member_id(call.sandbox.random),
        email=email,
        first_name=text_of(tree, "firstName") or "",
        last_name=text_of(tree, "lastName") or "",
        account_type=text_of(tree, "memberType", required=False) or "Viewer",
        home_folder_id=call.new_id(),
    )
    stamp = call.stamp
    home = Inode(
        id=member.home_folder_id,
        type="folder",
        name="My Documents",
        parent_id=None,
        owner_id=member.id,
        created_by=member.id,
        updated_by=member.id,
        created_at=stamp,
        updated_at=stamp,
    )
    call.org.members[member.id] = member
    call.org.inodes[home.id] = home
    call.created(home)
    return {"memberId": member.id}


def member_teams(call: Call) -> Json:
    """The teams of a member."""
    member = _member(call)
    rows = [one for one in call.org.teams.values() if member.id in one.extra.get("members", ())]
    return by_page(rows, call.query, lambda one: team(call.org, one))


def member_files(call: Call) -> Json:
    """What a member can see, in the bin or in another member's home excepted: a way to count what the caller cannot.

    Whether it is all a member can see or what the member owns is not recorded (switch ``member_files``).
    """
    member = _member(call)
    wanted = [part for value in call.every("typeFilters") for part in value.split(",")]
    owned = call.org.switches.member_files == "owned"
    rows = [
        inode
        for inode in call.org.inodes.values()
        if (inode.owner_id == member.id if owned else may_see(call.org, member, inode))
        and not is_archived(call.org, inode)
        and "tagged_from" not in inode.facts
        and (inode.type in wanted if wanted else inode.type != "workspace")
    ]
    return by_page(rows, call.query, lambda inode: file_entry(call.org, member, inode))


def list_teams(call: Call) -> Json:
    """Teams, filtered by ``name``."""
    name = call.query.get("name", "").lower()
    rows = [one for one in call.org.teams.values() if name in one.name.lower()]
    return twin_list(call, rows, lambda one: team(call.org, one))


def thing_at(call: Call, things: dict[str, Thing]) -> Thing:
    """The thing that the path names. Raises ApiError 404."""
    thing = things.get(call.params["id"])
    if thing is None:
        raise not_found()
    return thing


def get_team(call: Call) -> Json:
    """One team with its member ids."""
    thing = thing_at(call, call.org.teams)
    return {**team(call.org, thing), "members": list(thing.extra.get("members", ()))}


def team_members(call: Call) -> Json:
    """The members of a team."""
    thing = thing_at(call, call.org.teams)
    added_by = next(iter(call.org.members), "")
    rows = list(thing.extra.get("members", ()))
    return by_page(rows, call.query, lambda one: {"userId": one, "isTeamAdmin": False, "addedBy": added_by})


def named(call: Call, things: dict[str, Thing], tree: dict[str, Json], keys: Iterable[str]) -> Thing:
    """A new thing with a name and whichever of these keys the body has."""
    stamp = call.stamp
    extra: dict[str, Json] = {key: tree[key] for key in keys if tree.get(key) is not None}
    by = {"createdBy": call.member.id, "updatedBy": call.member.id, "createdAt": stamp, "updatedAt": stamp}
    thing = Thing(id=call.new_id(), name=text_of(tree, "name") or "", extra={**extra, **by})
    things[thing.id] = thing
    call.changed(thing.id)
    return thing


def create_team(call: Call) -> Json:
    """A new team."""
    tree = call.tree()
    members = tree.get("members", [])
    if not isinstance(members, list) or not all(isinstance(one, str) and one in call.org.members for one in members):
        raise invalid("members: unknown member")
    thing = named(call, call.org.teams, tree, ("description", "members", "visibility"))
    return {**team(call.org, thing), "members": members, "workspaceId": None}


def list_plugins(call: Call) -> Json:
    """Registered plugins: dialect B with a default of 100 (sigma-api 3.2)."""
    rows = list(call.org.plugins.values())
    return by_token(rows, call.query, lambda one: plugin(call.org, one), default=100)


def create_plugin(call: Call) -> Json:
    """A new plugin."""
    tree = call.tree()
    text_of(tree, "url")
    return plugin(call.org, named(call, call.org.plugins, tree, ("description", "url", "devUrl")))


def patch_plugin(call: Call) -> Json:
    """Renames a plugin; its url can never be changed (sigma-api 5.9)."""
    thing = thing_at(call, call.org.plugins)
    thing.name = text_of(call.tree(), "name", required=False) or thing.name
    call.changed(thing.id)
    return plugin(call.org, thing)


def list_connectors(call: Call) -> Json:
    """API connectors."""
    return by_token(list(call.org.connectors.values()), call.query, connector)


def list_account_types(call: Call) -> Json:
    """Account types, for admins only."""
    if call.member.account_type != "Admin":
        raise forbidden()
    names = sorted({"Admin", *(member.account_type for member in call.org.members.values())})
    return by_token(
        names,
        call.query,
        lambda name: {"accountTypeId": name.lower(), "accountTypeName": name, "description": "", "isCustom": False},
    )


def list_tags(call: Call) -> Json:
    """Version tags."""
    wanted = call.query.get("search", "").lower()
    rows = [one for one in call.org.tags.values() if wanted in one.name.lower()]
    return by_page(rows, call.query, lambda one: tag(call.org, one))


def create_tag(call: Call) -> Json:
    """A new version tag; names are unique, which the server refuses with 409 here (status not recorded)."""
    tree = call.tree()
    name = text_of(tree, "name")
    if any(one.name == name for one in call.org.tags.values()):
        raise ApiError(409, "conflict", f"Version tag already exists: {name}")
    if tree.get("color") not in COLORS:
        raise invalid(f"color: must be one of {', '.join(COLORS)}")
    thing = named(call, call.org.tags, tree, ("color", "description"))
    return {"name": thing.name, "versionTagId": thing.id}


def tagged_workbooks(call: Call) -> Json:
    """The workbooks that carry a tag."""
    thing = thing_at(call, call.org.tags)
    rows = [
        inode
        for inode in call.org.inodes.values()
        if any(one.get("versionTagId") == thing.id for one in inode.facts.get("tags", ()))
    ]
    return by_page(rows, call.query, lambda inode: document(call.org, inode))


def list_tenants(call: Call) -> Json:
    """The tenants of this organization, each with its API host (sigma-api 9; search and order as in its OpenAPI)."""
    if call.member.account_type != "Admin":
        raise forbidden()
    wanted = call.query.get("search", "").lower()
    rows = [_tenant(call, *pair) for pair in call.org.tenants.items()]
    rows = [
        row for row in rows if wanted in row["tenantOrganizationSlug"].lower() or wanted == row["createdBy"].lower()
    ]
    key = call.query.get("key")
    if key is not None and key not in _TENANT_KEYS:
        raise invalid(f"key: must be one of {', '.join(_TENANT_KEYS)}")
    if key is not None:
        rows.sort(key=lambda row: str(row[_TENANT_KEYS[key]]), reverse=call.query.get("order") == "desc")
    return by_token(rows, call.query, lambda row: row)


_TENANT_KEYS = {
    "createdAt": "createdAt",
    "createdBy": "createdBy",
    "name": "tenantOrganizationName",
    "url": "tenantOrganizationSlug",
}


def _tenant(call: Call, tenant_id: str, alias: str) -> Json:
    other = call.sandbox.world.orgs.get(alias)
    shown: dict[str, Json] = {
        "tenantOrganizationId": tenant_id,
        "parentOrganizationId": call.org.id,
        "tenantOrganizationName": other.name if other else alias,
        "tenantOrganizationSlug": other.slug if other else alias,
        **thing_audit(call.org, Thing(id=tenant_id, name=alias)),
    }
    if other is None:
        return shown
    hosted = {"tenantCloudProvider": other.cloud, "tenantRegion": other.region}
    told = {name: value for name, value in hosted.items() if value}
    return {**shown, **told, "tenantApiUrl": call.sandbox.base_urls[alias]}


def get_tenant(call: Call) -> Json:
    """One tenant."""
    return _tenant(call, *_tenant_at(call))


def _tenant_at(call: Call) -> tuple[str, str]:
    if call.member.account_type != "Admin":
        raise forbidden()
    alias = call.org.tenants.get(call.params["id"])
    if alias is None:
        raise not_found()
    return call.params["id"], alias


def deployed_workbook(call: Call) -> Json:
    """What a workbook of this organization was deployed as in a tenant (sigma-news 4)."""
    _, alias = _tenant_at(call)
    other = call.sandbox.world.orgs.get(alias)
    wanted = call.query.get("parentWorkbookId")
    for inode in other.inodes.values() if other else ():
        if other and wanted and inode.facts.get("deployed_from") == wanted:
            return {"workbookId": inode.id, "workbookUrl": url_of(other, inode)}
    raise not_found()


ROUTES = (
    Route(method="GET", pattern="/v2/whoami", handler=whoami),
    Route(method="GET", pattern="/v2/members", handler=list_members, area="people"),
    Route(method="POST", pattern="/v2/members", handler=create_member, area="people", writes=True),
    Route(method="GET", pattern="/v2.1/members", handler=list_members, area="people"),
    Route(method="GET", pattern="/v2/members/{id}", handler=get_member, area="people"),
    Route(method="GET", pattern="/v2/members/{id}/teams", handler=member_teams, area="people"),
    Route(method="GET", pattern="/v2/members/{id}/files", handler=member_files, area="people"),
    Route(method="GET", pattern="/v2/teams", handler=list_teams, area="people"),
    Route(method="POST", pattern="/v2/teams", handler=create_team, area="people", writes=True),
    Route(method="GET", pattern="/v2.1/teams", handler=list_teams, area="people"),
    Route(method="GET", pattern="/v2/teams/{id}", handler=get_team, area="people"),
    Route(method="GET", pattern="/v2/teams/{id}/members", handler=team_members, area="people"),
    Route(method="GET", pattern="/v2/plugins", handler=list_plugins, area="people"),
    Route(method="POST", pattern="/v2/plugins", handler=create_plugin, area="people", writes=True),
    Route(method="PATCH", pattern="/v2/plugins/{id}", handler=patch_plugin, area="people", writes=True),
    Route(method="GET", pattern="/v2/api-connectors", handler=list_connectors, area="people"),
    Route(method="GET", pattern="/v2/accountTypes", handler=list_account_types, area="people"),
    Route(method="GET", pattern="/v2/tags", handler=list_tags, area="tags"),
    Route(method="POST", pattern="/v2/tags", handler=create_tag, area="tags", writes=True),
    Route(method="GET", pattern="/v2/tags/{id}/workbooks", handler=tagged_workbooks, area="tags"),
    Route(method="GET", pattern="/v2/tenants", handler=list_tenants, area="tenants"),
    Route(method="GET", pattern="/v2/tenants/{id}", handler=get_tenant, area="tenants"),
    Route(method="GET", pattern="/v2/tenants/{id}/workbooks", handler=deployed_workbook, area="tenants"),
)
