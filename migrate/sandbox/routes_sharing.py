"""What people put round documents: public embeds, favourites, saved views (sigma-api 5.3, 5.4, 5.9)."""

from __future__ import annotations

from migrate.sandbox.access import get_inode, is_archived, writable
from migrate.sandbox.answers import invalid, not_found
from migrate.sandbox.call import Call, text_of
from migrate.sandbox.ids import url_id
from migrate.sandbox.objects import APP, file_entry
from migrate.sandbox.org import Json, Member
from migrate.sandbox.paging import by_page
from migrate.sandbox.router import Route
from migrate.sandbox.routes_documents import document_at, living
from migrate.sandbox.specs.document import Document, document_of, latest
from migrate.sandbox.specs.names import display_name
from migrate.sandbox.specs.trees import text

SOURCES = ("workbook", "page", "element")


def list_embeds(call: Call) -> Json:
    """The embeds of a workbook, page or element."""
    return by_page(document_at(call).facts.get("embeds", []), call.query, lambda one: one)


def create_embed(call: Call) -> Json:
    """A new public embed, which always gets an address of its own."""
    inode = writable(call, living(call))
    tree = call.tree()
    kind, source = tree.get("sourceType"), text_of(tree, "sourceId", required=False)
    if tree.get("embedType") != "public":
        raise invalid("embedType: only public embeds can be made")
    if kind not in SOURCES or (kind != "workbook" and source is None):
        raise invalid(f"sourceType: Invalid value: {str(kind)[:100]}")
    name = _source_name(document_of(inode.type, latest(inode)), str(kind), source)
    embed_id = call.new_id()
    url = f"{APP}/embed/1-{url_id(embed_id)}"
    row = {"embedId": embed_id, "embedUrl": url, "public": True, "sourceType": kind, "sourceId": source}
    inode.facts["embeds"] = [*inode.facts.get("embeds", []), {**row, "sourceName": name or inode.name}]
    call.changed(inode.id)
    return {"embedId": embed_id, "embedUrl": url}


def _source_name(document: Document, kind: str, source: str | None) -> str:
    """The name of what is embedded. Raises ApiError 404 where the workbook has no such page or element."""
    if kind == "element" and source in document.by_id:
        return display_name(document.by_id[source])
    pages = {text(page, "id"): text(page, "name") for page in document.pages}
    if kind == "page" and source in pages:
        return pages[source]
    if kind != "workbook":
        raise not_found()
    return ""


def delete_embed(call: Call) -> Json:
    """Takes an embed away; its address leads nowhere from then on."""
    inode = writable(call, document_at(call))
    rows = inode.facts.get("embeds", [])
    kept = [one for one in rows if one["embedId"] != call.params["embed"]]
    if len(kept) == len(rows):
        raise not_found()
    inode.facts["embeds"] = kept
    call.changed(inode.id)
    return {}


def list_bookmarks(call: Call) -> Json:
    """The saved views of a workbook: the caller's own and shared ones."""
    return by_page(document_at(call).facts.get("bookmarks", []), call.query, lambda one: one, has_more=False)


def _member(call: Call, member_id: str) -> Member:
    member = call.org.members.get(member_id)
    if member is None:
        raise not_found()
    return member


def add_favorite(call: Call) -> Json:
    """Marks a document as somebody's favourite; twice is once."""
    tree = call.tree()
    member = _member(call, text_of(tree, "memberId") or "")
    inode = get_inode(call, text_of(tree, "inodeId") or "")
    if inode.id not in member.favorites:
        member.favorites.append(inode.id)
        call.changed(inode.id)
    return {}


def list_favorites(call: Call) -> Json:
    """A member's favourites, as entries of files; without what is in the bin."""
    member = _member(call, call.params["id"])
    found = [call.org.inodes[one] for one in member.favorites if one in call.org.inodes]
    rows = [inode for inode in found if not is_archived(call.org, inode)]
    return by_page(rows, call.query, lambda inode: file_entry(call.org, member, inode))


def remove_favorite(call: Call) -> Json:
    """Takes a favourite away."""
    member = _member(call, call.params["id"])
    if call.params["inode"] not in member.favorites:
        raise not_found()
    member.favorites.remove(call.params["inode"])
    call.changed(call.params["inode"])
    return {}


_WB, _FAVORITES = "/v2/workbooks/{id}", "/v2/favorites/member/{id}"

ROUTES = (
    Route(method="GET", pattern=f"{_WB}/embeds", handler=list_embeds, area="workbooks"),
    Route(method="POST", pattern=f"{_WB}/embeds", handler=create_embed, area="workbooks", writes=True),
    Route(method="DELETE", pattern=f"{_WB}/embeds/{{embed}}", handler=delete_embed, area="workbooks", writes=True),
    Route(method="GET", pattern=f"{_WB}/bookmarks", handler=list_bookmarks, area="workbooks"),
    Route(method="POST", pattern="/v2/favorites", handler=add_favorite, area="people", writes=True),
    Route(method="GET", pattern=_FAVORITES, handler=list_favorites, area="people"),
    Route(method="GET", pattern="/v2/members/{id}/files/favorites", handler=list_favorites, area="people"),
    Route(method="DELETE", pattern=f"{_FAVORITES}/file/{{inode}}", handler=remove_favorite, area="people", writes=True),
)
