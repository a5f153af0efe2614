"""A stored document as the spec endpoint shows it: metadata round the document, and what reading loses.

Read-side hazards (sigma-specs 7) that are not in the stored body are in ``inode.facts["emits"]``, see ``hazards``.
"""

from __future__ import annotations

import re

from migrate.sandbox.ids import url_id
from migrate.sandbox.org import Inode, Json, Org, SpecDate, Version
from migrate.sandbox.specs.calendar import drop_defaults, respell, respell_body
from migrate.sandbox.specs.document import document_of
from migrate.sandbox.specs.folding import folded, unfolded
from migrate.sandbox.specs.hazards import emitted
from migrate.sandbox.specs.shape_actions import respell_actions
from migrate.sandbox.specs.trees import copied

HOST = "https://app.sigmacomputing.com"


def present(org: Org, inode: Inode, version: Version, generation: str) -> Json:
    """The answer tree of a spec GET in the wanted generation: metadata, then the document.

    Flat answers hold the document's keys beside the metadata; ``document`` and ``contents`` under that key.
    """
    body = emitted(inode, copied(version.body) if isinstance(version.body, dict) else {})
    answer = _metadata(inode, version, url_of(org, inode))
    if inode.type == "data-model":
        body.pop("kind", None)
        kind = {"kind": "data-model"} if org.switches.model_kind_emitted else {}
        return {**answer, **body, **kind}
    if inode.type in ("workbook", "report"):
        lifted = document_of(inode.type, body).lifted
        if generation == "flat" and lifted:
            body = unfolded(body)
        elif generation != "flat" and not lifted:
            body = folded(body, inode.type)
        _spell(body, org.switches.spec_date if generation != "flat" else "")
    return {**answer, **body} if generation == "flat" else {**answer, generation: body}


def _spell(body: dict[str, Json], date: SpecDate) -> None:
    """Bring a document to the spelling of the organization's date and leave out defaults, in place."""
    if not date:
        return
    document = document_of("workbook", body)
    for element in document.elements:
        respell(element, date)
        respell_actions(element, date)
        drop_defaults(element, date)
    for overlay in document.overlays:
        respell_actions(overlay, date)
    respell_body(body, date)


def url_of(org: Org, inode: Inode) -> str:
    """The address of a document in the app: its name in words and its url id (sigma-specs 5.1 row 28)."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", inode.name).strip("-")[:100]
    tail = f"{words}-{url_id(inode.id)}" if words else url_id(inode.id)
    return f"{HOST}/{org.slug}/{inode.type}/{tail}"


def _metadata(inode: Inode, version: Version, url: str) -> dict[str, Json]:
    key = {"data-model": "dataModelId", "report": "reportId"}.get(inode.type, "workbookId")
    answer = {
        key: inode.id,
        "name": inode.name,
        "url": url,
        "documentVersion": version.number,
        "latestDocumentVersion": inode.versions[-1].number if inode.versions else version.number,
        "ownerId": inode.owner_id,
        "folderId": inode.parent_id,
        "createdBy": inode.created_by,
        "updatedBy": inode.updated_by,
        "createdAt": inode.created_at,
        "updatedAt": inode.updated_at,
    }
    if inode.description is not None:
        answer["description"] = inode.description
    return answer
