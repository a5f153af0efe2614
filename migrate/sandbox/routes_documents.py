"""Workbooks, data models and reports as objects: lists, metadata, versions, copies (sigma-api 5.1, 5.5)."""

from __future__ import annotations

from migrate.sandbox.access import archived_error, folder_for, get_inode, is_archived, may_see, writable
from migrate.sandbox.answers import ApiError, forbidden, incident, invalid, not_found
from migrate.sandbox.birth import new_inode, new_version
from migrate.sandbox.call import Call, text_of
from migrate.sandbox.objects import document
from migrate.sandbox.org import Inode, InodeType, Json, Thing, Version
from migrate.sandbox.paging import by_page, by_token
from migrate.sandbox.router import Route


def kind_of(call: Call) -> InodeType:
    """What the path is about."""
    if call.pattern.startswith("/v2/dataModels"):
        return "data-model"
    return "report" if call.pattern.startswith("/v2/reports") else "workbook"


def document_at(call: Call) -> Inode:
    """The document that the path names. Raises ApiError 404, 403, or 400 for an id of another kind."""
    inode = get_inode(call, call.params["id"])
    kind = kind_of(call)
    if inode.type == kind:
        return inode
    if {inode.type, kind} == {"report", "workbook"}:
        raise invalid(f"The inode {inode.id} does not belong to a {kind}")
    raise not_found()


def living(call: Call) -> Inode:
    """The document that the path names, if its contents can be read.

    Raises ApiError 409 for one in the bin, and what ``facts["unreadable"]`` says (sigma-specs 7).
    """
    inode = document_at(call)
    if is_archived(call.org, inode):
        raise archived_error()
    status = inode.facts.get("unreadable")
    if status == 500:
        raise incident(inode.id)
    if status == 403:
        raise forbidden()
    if status:
        raise ApiError(int(status), "invalid_request", "The document cannot be represented")
    return inode


def list_documents(call: Call) -> Json:
    """The documents of a kind that the caller can access; all of them with an admin's ``skipPermissionCheck``."""
    kind = kind_of(call)
    everything = call.flag("skipPermissionCheck")
    if everything and call.member.account_type != "Admin":
        raise forbidden("skipPermissionCheck requires an Admin")
    binned = call.flag("isArchived")
    rows = [
        inode
        for inode in call.org.inodes.values()
        if inode.type == kind
        and "tagged_from" not in inode.facts
        and is_archived(call.org, inode) is binned
        and (everything or may_see(call.org, call.member, inode))
        and (not call.org.switches.lag_documents or call.sandbox.clock() >= inode.listed_after)
    ]
    bare_tags = call.flag("excludeTags")
    return by_page(rows, call.query, lambda inode: _shown(call, inode, bare_tags=bare_tags))


def _shown(call: Call, inode: Inode, *, bare_tags: bool) -> Json:
    shown = document(call.org, inode)
    if bare_tags:
        shown.pop("tags", None)
    return shown


def get_document(call: Call) -> Json:
    """The metadata of one document, also of one in the bin."""
    return document(call.org, document_at(call))


def patch_nothing(call: Call) -> Json:
    """What ``PATCH /v2/workbooks/{id}`` does: answers 200 and changes nothing (sigma-api 5.1)."""
    return document(call.org, document_at(call))


def version_history(call: Call) -> Json:
    """The published versions, newest first."""
    inode = document_at(call)
    marks = inode.facts.get("tags", [])
    return listed(call, [_version(version, marks) for version in reversed(inode.versions)])


def _version(version: Version, marks: list[Json]) -> Json:
    shown = {"version": version.number, "publishedAt": version.published_at, "publishedBy": version.published_by}
    tags = [
        {
            "versionTagId": mark["versionTagId"],
            "taggedAt": mark.get("taggedAt") or mark["workbookTaggedAt"],
            "taggedBy": version.published_by,
        }
        for mark in marks
        if version.number == mark.get("sourceVersion", mark.get("sourceWorkbookVersion"))
    ]
    return {**shown, "tags": tags} if tags else shown


def listed(call: Call, rows: list[Json]) -> Json:
    """A page of what belongs to a document: dialect B for reports, dialect A without ``hasMore`` for the others."""
    if kind_of(call) == "report":
        return by_token(rows, call.query, lambda one: one)
    return by_page(rows, call.query, lambda one: one, has_more=False)


def version_of(inode: Inode, number: Json) -> Version:
    """A published version by its number. Raises ApiError 404."""
    for version in inode.versions:
        if version.number == number:
            return version
    raise not_found(f"Version {str(number)[:40]} not found")


def restore_version(call: Call) -> Json:
    """Publishes a new version with the contents of an old one."""
    inode = writable(call, living(call))
    number = call.tree().get("version")
    if not isinstance(number, int) or isinstance(number, bool):
        raise invalid("version: Invalid number")
    new_version(call, inode, version_of(inode, number).body, inode.generation)
    return document(call.org, inode)


def copy_document(call: Call) -> Json:
    """A copy in a folder of the same organization."""
    inode = living(call)
    return _copied(call, inode, inode.versions[-1].body)


def _copied(call: Call, inode: Inode, body: Json) -> Json:
    tree = call.tree()
    folder = folder_for(call, text_of(tree, "destinationFolderId") or "")
    made = new_inode(
        call,
        inode.type,
        text_of(tree, "name") or "",
        folder.id,
        description=text_of(tree, "description", required=False),
        body=body,
        generation=inode.generation,
    )
    return document(call.org, made)


def tag_workbook(call: Call) -> Json:
    """Tags a version of a workbook: a workbook of its own, with its own id, that holds that version (sigma-api 5.4)."""
    tree = call.tree()
    inode = writable(call, get_inode(call, text_of(tree, "workbookId") or ""))
    if inode.type != "workbook":
        raise not_found()
    tag = _tag_named(call, text_of(tree, "tag"))
    source = version_of(inode, tree.get("workbookVersion", inode.versions[-1].number))
    made = _tagged_copy(call, inode, source)
    mark = {
        "versionTagId": tag.id,
        "name": tag.name,
        "sourceWorkbookVersion": source.number,
        "taggedWorkbookId": made.id,
        "workbookTaggedAt": call.stamp,
    }
    _mark(call, inode, mark)
    return {"versionTagId": tag.id, "taggedWorkbookId": made.id, "taggedWorkbookVersion": made.versions[-1].number}


def tag_model(call: Call) -> Json:
    """Tags a version of a data model; its old versions stay readable by number (sigma-api 5.5)."""
    tree = call.tree()
    inode = writable(call, get_inode(call, text_of(tree, "dataModelId") or ""))
    if inode.type != "data-model":
        raise not_found()
    tag = _tag_named(call, text_of(tree, "tag"))
    source = version_of(inode, tree.get("dataModelVersion", inode.versions[-1].number))
    mark = {"versionTagId": tag.id, "tagName": tag.name, "sourceVersion": source.number, "taggedAt": call.stamp}
    _mark(call, inode, mark)
    return {"versionTagId": tag.id, "taggedDataModelId": inode.id, "taggedDataModelVersion": source.number}


def tag_report(call: Call) -> Json:
    """Tags a version of a report: a report of its own that holds that version, as with workbooks."""
    tree = call.tree()
    inode = writable(call, get_inode(call, text_of(tree, "reportId") or ""))
    if inode.type != "report":
        raise not_found()
    tag = _tag_named(call, text_of(tree, "tagName"))
    source = version_of(inode, tree.get("reportVersion", inode.versions[-1].number))
    made = _tagged_copy(call, inode, source)
    mark = {"tagName": tag.name, "sourceVersion": source.number, "taggedAt": call.stamp, "taggedReportId": made.id}
    _mark(call, inode, {"versionTagId": tag.id, **mark})
    return {"versionTagId": tag.id, "taggedReportId": made.id, "taggedReportVersion": made.versions[-1].number}


def _tagged_copy(call: Call, inode: Inode, source: Version) -> Inode:
    """A document of its own that holds a version of another and is in no list; its contents can be read."""
    made = new_inode(
        call,
        inode.type,
        inode.name,
        inode.parent_id,
        owner_id=inode.owner_id,
        body=source.body,
        generation=inode.generation,
    )
    made.facts["tagged_from"] = inode.id
    return made


def _mark(call: Call, inode: Inode, mark: dict[str, Json]) -> None:
    """Puts a tag on a document, instead of an earlier one of the same name."""
    kept = [one for one in inode.facts.get("tags", []) if one["versionTagId"] != mark["versionTagId"]]
    inode.facts["tags"] = [*kept, mark]
    call.changed(inode.id)


def untag(call: Call) -> Json:
    """Takes a tag off a document; the tagged version goes into the bin."""
    inode = writable(call, document_at(call))
    marks = inode.facts.get("tags", [])
    gone = [mark for mark in marks if mark["versionTagId"] == call.params["tag"]]
    if not gone:
        raise not_found()
    inode.facts["tags"] = [mark for mark in marks if mark not in gone]
    for mark in gone:
        made = call.org.inodes.get(mark.get("taggedWorkbookId") or mark.get("taggedReportId") or "")
        if made is not None:
            made.archived = True
    call.changed(inode.id)
    return {}


def copy_tagged(call: Call) -> Json:
    """A copy of a tagged version, by the tag's name or id, in a folder of the same organization (sigma-api 5.1)."""
    inode = living(call)
    wanted = call.params["tag"]
    for mark in inode.facts.get("tags", []):
        if wanted in (mark["versionTagId"], mark.get("name"), mark.get("tagName")):
            number = mark.get("sourceVersion", mark.get("sourceWorkbookVersion"))
            return _copied(call, inode, version_of(inode, number).body)
    raise not_found(f"Version tag not found: {wanted[:200]}")


def get_dataset(call: Call) -> Json:
    """One dataset; a document may depend on one that can no longer be resolved: 409 (sigma-news 4)."""
    wanted = {call.params["id"]}
    hidden = (source for inode in call.org.inodes.values() for source in inode.hidden_sources)
    if any(wanted & {source.get("inodeId"), source.get("datasetId")} for source in hidden if isinstance(source, dict)):
        raise archived_error()
    raise not_found()


def _tag_named(call: Call, name: str | None) -> Thing:
    for tag in call.org.tags.values():
        if tag.name == name:
            return tag
    raise not_found(f"Version tag not found: {str(name)[:200]}")


def document_tags(call: Call) -> Json:
    """The version tags on a document."""
    return listed(call, document_at(call).facts.get("tags", []))


def nothing(call: Call) -> Json:
    """A paged list that is always empty here: datasets, templates."""
    return by_page([], call.query, lambda one: one)


_HISTORY = "/v2/workbooks/{id}/version-history"
_RESTORE = "/v2/workbooks/{id}/restoreVersion"


def _tagged(one: str) -> tuple[Route, ...]:
    return (
        Route(method="DELETE", pattern=f"{one}/tags/{{tag}}", handler=untag, area="workbooks", writes=True),
        Route(method="POST", pattern=f"{one}/tag/{{tag}}/copy", handler=copy_tagged, area="workbooks", writes=True),
    )


ROUTES = (
    Route(method="GET", pattern="/v2/workbooks", handler=list_documents, area="workbooks"),
    Route(method="PATCH", pattern="/v2/workbooks/{id}", handler=patch_nothing, area="workbooks"),
    Route(method="GET", pattern=_HISTORY, handler=version_history, area="workbooks"),
    Route(method="POST", pattern=_RESTORE, handler=restore_version, area="workbooks", writes=True),
    Route(method="POST", pattern="/v2/workbooks/{id}/copy", handler=copy_document, area="workbooks", writes=True),
    Route(method="POST", pattern="/v2/workbooks/tag", handler=tag_workbook, area="workbooks", writes=True),
    Route(method="GET", pattern="/v2/workbooks/{id}/tags", handler=document_tags, area="workbooks"),
    Route(method="GET", pattern="/v2/dataModels", handler=list_documents, area="data-models"),
    Route(method="GET", pattern="/v2/dataModels/{id}", handler=get_document, area="data-models"),
    Route(method="POST", pattern="/v2/dataModels/tag", handler=tag_model, area="data-models", writes=True),
    Route(method="GET", pattern="/v2/dataModels/{id}/tags", handler=document_tags, area="data-models"),
    Route(method="GET", pattern="/v2/reports", handler=list_documents, area="workbooks"),
    Route(method="GET", pattern="/v2/reports/{id}/version-history", handler=version_history, area="workbooks"),
    Route(method="POST", pattern="/v2/reports/{id}/copy", handler=copy_document, area="workbooks", writes=True),
    Route(method="POST", pattern="/v2/reports/tag", handler=tag_report, area="workbooks", writes=True),
    Route(method="GET", pattern="/v2/reports/{id}/tags", handler=document_tags, area="workbooks"),
    *_tagged("/v2/workbooks/{id}"),
    *_tagged("/v2/reports/{id}"),
    Route(method="GET", pattern="/v2/datasets", handler=nothing, area="workbooks"),
    Route(method="GET", pattern="/v2/datasets/{id}", handler=get_dataset, area="workbooks"),
    Route(method="GET", pattern="/v2/templates", handler=nothing, area="workbooks"),
)
