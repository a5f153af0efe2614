"""The calls of Sigma's API that the toolkit uses, one function each. All take a connected ``Client``.

Shapes follow ``sigma-api`` section 5. Reads raise ``ApiRefusal`` on a clear no, ``ServiceError`` after
retries; writes raise ``OutcomeUnknown`` where nobody knows whether they were done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from migrate.errors import ApiRefusal, OutcomeUnknown, Problem, ServiceError
from migrate.kinds import KINDS
from migrate.reasons import REASONS
from migrate.sigma.client import Client
from migrate.sigma.entries import (
    ANY,
    BESIDE,
    CONNECTION,
    DOCUMENT,
    ELEMENT,
    FILE,
    GRANT,
    HELD,
    HOLDER,
    PEOPLE,
    SOURCE,
    TABLE_COLUMN,
    TEAM_MEMBER,
    TENANT,
    WORKSPACE,
    Form,
    is_id,
    oddity,
    usable,
)
from migrate.sigma.identity import prove_identity
from migrate.sigma.model import WHOAMI_PATH, Answer
from migrate.sigma.paging import Dialect, every
from migrate.sigma.paths import segment
from migrate.sigma.spec_check import SpecCheck, shows_dry_runs, verify_spec
from migrate.sigma.specs import (
    NOWHERE,
    DocumentForm,
    create_document,
    detect_form,
    read_spec,
    replace_document,
    replace_nothing,
)
from migrate.tree import Json
from migrate.words import Kind

__all__ = [
    "DocumentForm",
    "SpecCheck",
    "attribute_values",
    "beside",
    "columns",
    "connection_grants",
    "connection_test",
    "create_document",
    "create_folder",
    "create_schedule",
    "create_workspace",
    "delete_file",
    "delete_schedule",
    "detect_form",
    "document_version",
    "element_query",
    "elements",
    "favourites",
    "get_document",
    "get_file",
    "grant",
    "is_hidden",
    "lineage",
    "list_all_documents",
    "list_connections",
    "list_documents",
    "list_files",
    "list_grants",
    "list_organization",
    "list_paths",
    "list_people",
    "list_tenants",
    "list_workspaces",
    "lookup",
    "member_files",
    "patch_file",
    "patch_schedule",
    "prove_identity",
    "put_tag",
    "read_spec",
    "replace_document",
    "replace_nothing",
    "restore_version",
    "revoke",
    "shows_dry_runs",
    "sources",
    "sync_path",
    "table_columns",
    "table_path",
    "take_tag",
    "team_members",
    "verify_spec",
    "version_history",
    "whoami",
]

_PEOPLE: dict[str, Dialect] = {
    "members": "limit",
    "teams": "limit",
    "user-attributes": "limit",
    "tags": "limit",
    "plugins": "pageSize",
    "api-connectors": "pageSize",
}


async def whoami(client: Client) -> Json:
    """``{userId, organizationId, …}`` of the credentials."""
    return _object(client, "GET", WHOAMI_PATH, await client.read("GET", WHOAMI_PATH), ANY)


# Documents


async def list_documents(
    client: Client, kind: Kind, odd: list[Problem] | None = None, *, everything: bool = False
) -> list[Json]:
    """All documents of a kind that the credential can see, every page; ``odd`` as in ``paging.every``.

    ``everything`` asks for those it has no access to as well, which only admins may.
    """
    params = {"skipPermissionCheck": True, "excludeExplorations": True} if everything else None
    return await every(client, KINDS[kind].root, params=params, form=DOCUMENT[kind], odd=odd)


async def list_all_documents(client: Client, kind: Kind) -> list[Json]:
    """All documents of a kind, those too that the credential may not see; only for administrators (403)."""
    row = KINDS[kind]
    return await every(client, row.root, params={"skipPermissionCheck": "true", **row.all_params}, form=DOCUMENT[kind])


async def get_document(client: Client, kind: Kind, document_id: str) -> Json | None:
    """The metadata object of one document; None where there is none (404)."""
    return await _found(client, f"{KINDS[kind].root}/{segment(document_id)}")


async def document_version(client: Client, kind: Kind, document_id: str) -> int | None:
    """The last published version of a document; None where there is no such document."""
    tree = await get_document(client, kind, document_id)
    if tree is None:
        return None
    version = tree.get("latestVersion")
    if not isinstance(version, int) or isinstance(version, bool):
        raise _odd(client, f"{kind} {document_id} shows no latestVersion")
    return version


async def version_history(client: Client, workbook_id: str) -> list[Json]:
    """``{version, publishedAt, publishedBy, tags?}`` of a workbook; data models have no such call."""
    return await every(client, f"/v2/workbooks/{segment(workbook_id)}/version-history")


async def restore_version(client: Client, workbook_id: str, version: int) -> Json:
    """Publishes a new version of a workbook with the content of an old one. Not idempotent."""
    path = f"/v2/workbooks/{segment(workbook_id)}/restoreVersion"
    return (await client.write("POST", path, json={"version": version})).tree


async def sources(client: Client, kind: Kind, document_id: str) -> list[Json]:
    """``/sources``: what the document reads. A bare array for some kinds, paged for others."""
    row = KINDS[kind]
    return await every(client, f"{row.root}/{segment(document_id)}/sources", dialect=row.sources, form=SOURCE)


async def columns(client: Client, kind: Kind, document_id: str) -> list[Json]:
    """Every column of every element with its type; ``type.type == "error"`` marks a broken formula."""
    return await _parts(client, kind, document_id, "columns")


async def elements(client: Client, kind: Kind, document_id: str) -> list[Json]:
    """Every element as the server sees it: ``{elementId, name?, type?, error?}``."""
    return await _parts(client, kind, document_id, "elements", ELEMENT)


async def element_query(client: Client, kind: Kind, document_id: str, element_id: str) -> Json | None:
    """``{elementId, sql?, error?}``; None where the element has no query (404)."""
    return await _found(client, f"{KINDS[kind].root}/{segment(document_id)}/elements/{segment(element_id)}/query")


async def queries(client: Client, kind: Kind, document_id: str) -> list[Json] | None:
    """The queries of all elements that have one, in one listing; None where there is no such route."""
    if not KINDS[kind].queries:
        return None
    try:
        return await _parts(client, kind, document_id, "queries", ELEMENT)
    except ApiRefusal as error:
        if error.status != 404:
            raise
        return None


async def lineage(client: Client, kind: Kind, document_id: str) -> list[Json] | None:
    """The lineage nodes of a document; None where the service refuses for good, as for many workbooks (400)."""
    try:
        return await _parts(client, kind, document_id, "lineage")
    except ApiRefusal as error:
        if error.status != 400:
            raise
        return None


async def _parts(client: Client, kind: Kind, document_id: str, what: str, form: Form = ANY) -> list[Json]:
    """A list of what is inside a document, paged as its kind pages."""
    row = KINDS[kind]
    return await every(client, f"{row.root}/{segment(document_id)}/{what}", dialect=row.parts, form=form)


# Files, folders, workspaces


async def list_files(
    client: Client,
    *,
    types: Sequence[str] = (),
    parent_id: str | None = None,
    name: str | None = None,
    odd: list[Problem] | None = None,
) -> list[Json]:
    """File entries (folders, workspaces, documents), every page; the listing lags behind creates.

    ``workspace`` is listed only when it is asked for alone (sigma-api section 5.6), so it is asked for apart.
    ``odd`` as in ``paging.every``.
    """
    together = [kind for kind in types if kind != "workspace"]
    entries: list[Json] = []
    if together or not types:
        entries += await _files(client, together, parent_id, name, odd)
    if "workspace" in types:
        entries += await _files(client, ["workspace"], parent_id, name, odd)
    return entries


async def _files(
    client: Client, types: Sequence[str], parent_id: str | None, name: str | None, odd: list[Problem] | None
) -> list[Json]:
    params = {"typeFilters": list(types), "parentId": parent_id, "name": name}
    return await every(client, "/v2/files", params=params, form=FILE, odd=odd)


async def member_files(client: Client, member_id: str, types: Sequence[str]) -> list[Json]:
    """The file entries of what a member can see, or of what is theirs: which of the two is not recorded."""
    path = f"/v2/members/{segment(member_id)}/files"
    return await every(client, path, params={"typeFilters": list(types)}, form=FILE, odd=[])


async def get_file(client: Client, file_id: str) -> Json | None:
    """One file entry by id, at once; None where there is none."""
    return await _found(client, f"/v2/files/{segment(file_id)}", form=FILE)


async def create_folder(client: Client, name: str, parent_id: str) -> Json:
    """A new folder's file entry. Not idempotent."""
    answer = await client.write("POST", "/v2/files", json={"type": "folder", "name": name, "parentId": parent_id})
    return _made(client, answer, "id")


async def is_hidden(client: Client, kind: Kind | None) -> bool:
    """Whether the organization refuses (403) to say that what never was is not there; of a file where None."""
    try:
        await client.read("GET", f"{KINDS[kind].root if kind is not None else '/v2/files'}/{NOWHERE}")
    except ApiRefusal as error:
        return error.status == 403
    return False


async def list_workspaces(client: Client) -> list[Json]:
    """``{workspaceId, workspaceUrlId, name, …}`` of every workspace the credential can see."""
    return await every(client, "/v2/workspaces", form=WORKSPACE)


async def create_workspace(client: Client, name: str) -> str:
    """The id of a new workspace, never of one of that name which is there already. Not idempotent."""
    answer = await client.write("POST", "/v2/workspaces", json={"name": name})
    return str(_made(client, answer, "workspaceId")["workspaceId"])


async def patch_file(client: Client, file_id: str, changes: Json) -> Json:
    """The file entry after renaming, moving, re-owning or restoring (``{"restore": true}``)."""
    return (await client.write("PATCH", f"/v2/files/{segment(file_id)}", json=changes)).tree


async def delete_file(client: Client, file_id: str) -> bool:
    """Soft-deletes; False where it was gone already (404)."""
    return await _gone(client, f"/v2/files/{segment(file_id)}")


# Connections and their catalogs


async def list_connections(client: Client, odd: list[Problem] | None = None) -> list[Json]:
    """All connections; ``odd`` as in ``paging.every``."""
    return await every(client, "/v2/connections", form=CONNECTION, odd=odd)


async def connection_test(client: Client, connection_id: str) -> Json:
    """``{read, write}``, each SUCCESS, FAILED or (write) DISABLED, for whoever asks; a broken one can be a 500."""
    path = f"/v2/connections/{segment(connection_id)}/test"
    return _object(client, "GET", path, await client.read("GET", path), ANY)


async def lookup(client: Client, connection_id: str, path: Sequence[str]) -> Json | None:
    """``{kind, inodeId, url}`` of a warehouse path; None where the catalog does not hold it (404)."""
    route = f"/v2/connection/{segment(connection_id)}/lookup"  # singular, unlike every other call
    return await _found(client, route, method="POST", json={"path": list(path)})


async def list_paths(client: Client, connection_id: str) -> list[Json]:
    """``{path, …}`` of everything that the catalog of a connection holds: databases, schemas, tables."""
    return await every(client, "/v2/connections/paths", params={"connectionId": connection_id})


async def sync_path(client: Client, connection_id: str, path: Sequence[str]) -> None:
    """Has Sigma read a warehouse path into its catalog anew; needed for brand-new schemas before a lookup."""
    route = f"/v2/connections/{segment(connection_id)}/sync"
    await client.write("POST", route, json={"path": list(path)}, repeatable=True)


async def table_columns(client: Client, table_id: str) -> list[Json]:
    """``{name, type, visibility}`` of each column of a table inode."""
    return await every(
        client, f"/v2/connections/tables/{segment(table_id)}/columns", dialect="pageSize", form=TABLE_COLUMN
    )


async def table_path(client: Client, inode_id: str) -> Json | None:
    """``{path, …}`` of a table inode; None where there is none (404)."""
    return await _found(client, f"/v2/connections/paths/{segment(inode_id)}")


# People and what is named


async def list_people(client: Client, what: str, odd: list[Problem] | None = None) -> list[Json]:
    """All entries of ``members``, ``teams``, ``user-attributes``, ``tags``, ``plugins`` or ``api-connectors``.

    ``odd`` as in ``paging.every``.
    """
    return await every(client, f"/v2/{what}", dialect=_PEOPLE[what], form=PEOPLE[what], odd=odd)


async def attribute_values(
    client: Client, attribute_id: str, holders: Literal["users", "teams"], odd: list[Problem] | None = None
) -> list[Json]:
    """``{userId, value, …}`` or ``{teamId, value, …}`` of all who were given a value of a user attribute."""
    path = f"/v2/user-attributes/{segment(attribute_id)}/{holders}"
    return await every(client, path, form=HOLDER[holders], odd=odd)


async def list_grants(client: Client, inode_id: str | None = None) -> list[Json]:
    """``{grantId, inodeId, memberId|null, teamId|null, permission, tagId?, …}`` right on an inode, or of many.

    Without an inode it is not recorded whether an account sees the grants of all documents (sigma-news 4).
    """
    params = {} if inode_id is None else {"inodeId": inode_id, "directGrantsOnly": "true"}
    return await every(client, "/v2/grants", params=params, form=GRANT)


async def grant(client: Client, inode_id: str, kind: Literal["member", "team"], grantee_id: str, right: str) -> Json:
    """The grant that stands afterwards. It can only raise; asked for twice it does no harm (sigma-api 5.8)."""
    body = {"inodeId": inode_id, "grantee": {f"{kind}Id": grantee_id}, "permission": right}
    return _made(client, await client.write("POST", "/v2/grants", json=body), "grantId")


async def revoke(client: Client, grant_id: str) -> bool:
    """Takes a grant away; False where it was gone already (404)."""
    return await _gone(client, f"/v2/grants/{segment(grant_id)}")


async def put_tag(client: Client, kind: Kind, document_id: str, name: str, version: int) -> None:
    """Puts a version tag of this name on a version of a document, instead of where it stood. Not idempotent."""
    row = KINDS[kind]
    body = dict(zip(row.tag_fields, (document_id, name, version), strict=True))
    await client.write("POST", f"{row.root}/tag", json=body)


async def take_tag(client: Client, kind: Kind, document_id: str, tag_id: str) -> bool:
    """Takes a version tag off a document; False where it was gone already (404). No call does that for data models."""
    return await _gone(client, f"{KINDS[kind].root}/{segment(document_id)}/tags/{segment(tag_id)}")


# Beside documents


async def beside(client: Client, kind: Kind, document_id: str, what: str) -> list[Json]:
    """A list of what stands round a document: ``schedules``, ``embeds``, ``materializations`` or ``saved_views``."""
    row = KINDS[kind]
    end, dialect = row.beside[what]
    return await every(client, f"{row.root}/{segment(document_id)}/{end}", dialect=dialect, form=BESIDE[what])


async def favourites(client: Client, member_id: str) -> list[Json]:
    """File entries of what a member has as favourites."""
    return await every(client, f"/v2/favorites/member/{segment(member_id)}", form=FILE)


async def create_schedule(client: Client, kind: Kind, document_id: str, body: Json) -> str:
    """The id of a new scheduled export of a workbook or report, which runs from now on. Not idempotent."""
    made = await client.write("POST", _schedules(kind, document_id), json=body)
    return str(_made(client, made, "scheduledNotificationId")["scheduledNotificationId"])


async def patch_schedule(client: Client, kind: Kind, document_id: str, schedule: str, body: Json) -> None:
    """Changes a scheduled export: its times, settings, recipients, or ``suspensionAction: pause | resume``."""
    await client.write("PATCH", f"{_schedules(kind, document_id)}/{segment(schedule)}", json=body)


async def delete_schedule(client: Client, kind: Kind, document_id: str, schedule: str) -> bool:
    """Takes a scheduled export away; False where it was gone already (404)."""
    return await _gone(client, f"{_schedules(kind, document_id)}/{segment(schedule)}")


def _schedules(kind: Kind, document_id: str) -> str:
    return f"{KINDS[kind].root}/{segment(document_id)}/schedules"


async def team_members(client: Client, team_id: str) -> list[str]:
    """The ids of a team's members."""
    entries = await every(client, f"/v2/teams/{segment(team_id)}/members", form=TEAM_MEMBER)
    return [str(entry.get("userId") or entry.get("memberId")) for entry in entries]


_ORGANIZATION: dict[str, tuple[str, Dialect]] = {
    "translations": ("/v2/translations/organization", "limit"),
    "account types": ("/v2/accountTypes", "pageSize"),
}


async def list_organization(client: Client, what: str) -> list[Json]:
    """All ``translations`` (``{lng, lng_variant}``) or ``account types`` (``{accountTypeId, accountTypeName}``)."""
    path, dialect = _ORGANIZATION[what]
    return await every(client, path, dialect=dialect)


async def connection_grants(client: Client, connection_id: str) -> list[Json]:
    """``{grantId, memberId|null, teamId|null, permission}`` of a connection."""
    return await every(client, f"/v2/connections/{segment(connection_id)}/grants", form=HELD)


async def list_tenants(client: Client, odd: list[Problem] | None = None) -> list[Json]:
    """``{tenantOrganizationId, tenantOrganizationSlug, tenantApiUrl?, …}`` of a parent org's tenants; Admins only."""
    return await every(client, "/v2/tenants", dialect="pageSize", form=TENANT, odd=odd)


async def _found(client: Client, path: str, *, method: str = "GET", json: Json = None, form: Form = ANY) -> Json | None:
    """The tree of one object; None for a 404 that speaks of the object, an error for one that knows no such call."""
    try:
        answer = await client.read(method, path, json=json)
    except ApiRefusal as error:
        if error.status == 404 and error.code == "not_found":
            return None
        raise
    return _object(client, method, path, answer, form)


async def _gone(client: Client, path: str) -> bool:
    """Deletes; False where nothing was there any more (404)."""
    try:
        await client.write("DELETE", path)
    except ApiRefusal as error:
        if error.code != "not_found":
            raise
        return False
    return True


def _object(client: Client, method: str, path: str, answer: Answer, form: Form) -> Json:
    """The one object of an answer, through the same gate as the entries of a listing."""
    why = oddity(answer.tree, form)
    if why:
        raise _odd(client, f"{method} {path} answered {answer.status}, and what came {why}")
    return usable(answer.tree)[0]


def _made(client: Client, answer: Answer, id_field: str) -> Json:
    tree = answer.tree
    if isinstance(tree, dict) and is_id(tree.get(id_field)):
        return tree
    raise OutcomeUnknown(
        f"org {client.org}: a create answered {answer.status} without {id_field}.",
        next_action=REASONS["outcome_unknown"].fix,
        status=answer.status,
        request_id=answer.request_id,
    )


def _odd(client: Client, what: str) -> ServiceError:
    return ServiceError(f"org {client.org}: {what[:300]}.", code="odd_answer", next_action=REASONS["odd_answer"].fix)
