"""Links: other documents, and web addresses in any text."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.inventory.model import Key
from migrate.kinds import KINDS
from migrate.plan.maps import Pair
from migrate.rewrite.catalogue.walk import ReferenceSite
from migrate.rewrite.drafting import Drafting, Resolver
from migrate.rewrite.model import DocumentId, ElementId, Hole, UrlId
from migrate.rewrite.models.mapped_model import MappedModel
from migrate.rewrite.text.formula import Span
from migrate.rewrite.text.url import SigmaUrl, sigma_urls, to_url_id, urls
from migrate.tree import Json

DEAD_CLICK: Mapping[str, Json] = {"effect": "open-url"}
"""An effect that does nothing and is accepted (sigma-specs section 8.2: open-url without url)."""


def document(site: ReferenceSite, drafting: Drafting) -> None:
    """A workbook that an action opens: the copy of this run."""
    key = _document(drafting, site.value)
    if key is not None:
        drafting.hole(site, Hole(path=site.path, key=key, wants=DocumentId()))
        return
    what = drafting.context.known.get(site.value, f"document {site.value!r}, which the source does not show")
    message = f"an action opens {what}, which is not copied"
    fix = "select that document too, or remove the action"
    if drafting.unsupported(site, "unknown_reference", message, fix, drafting.called(site.value)):
        drafting.edits.set(site.path[:-1], dict(DEAD_CLICK))


def _document(drafting: Drafting, identity: str) -> Key | None:
    """The key of a document that travels too; a model that is mapped to an existing one does not."""
    kinds = (kind for kind, row in KINDS.items() if not (row.feeds and identity in drafting.context.models))
    return next((key for kind in kinds if (key := drafting.context.has(kind, identity)) is not None), None)


def target_controls(site: ReferenceSite, drafting: Drafting) -> None:
    """Controls of another workbook keep their names."""
    drafting.note(site, "opaque", note="control names survive a copy")


def url(site: ReferenceSite, drafting: Drafting) -> None:
    """Every web address of a text."""
    if site.path[-1] == "statement":
        return
    ours = {found.span: found for found in sigma_urls(site.value)}
    for address in urls(site.value):
        found = ours.get(address.span)
        if found is None:
            _foreign(site, drafting, address.span, address.text)
        else:
            _sigma(site, drafting, found)


def _foreign(site: ReferenceSite, drafting: Drafting, span: Span, text: str) -> None:
    pair = drafting.address(site.path, text)
    if pair is None:
        drafting.note(site, "opaque", before=text)
    else:
        _by_map(site, drafting, span, text, pair)


def _by_map(site: ReferenceSite, drafting: Drafting, span: Span, text: str, pair: Pair) -> None:
    _exchange(site, drafting, (span[0], span[0] + len(pair.source)), pair.target)
    drafting.note(site, "mapped", before=text, after=pair.target + text[len(pair.source) :])


def _exchange(site: ReferenceSite, drafting: Drafting, span: Span, after: str) -> None:
    if site.value[slice(*span)] != after:
        drafting.edits.part(site.path, span, after)


def _sigma(site: ReferenceSite, drafting: Drafting, found: SigmaUrl) -> None:
    identity = drafting.context.addresses.url_ids.get(found.url_id) or found.document_id or ""
    to = drafting.context.models.get(identity)
    key = None if to else _document(drafting, identity)
    if to is not None:
        _organization(site, drafting, found)
        _exchange(
            site, drafting, found.url_id_span, to.id if found.url_id == identity else to.url_id or to_url_id(to.id)
        )
        _mapped_element(site, drafting, found, to)
        drafting.note(site, "mapped", before=found.text, note=f"model {to.name!r}")
    elif key is not None:
        _organization(site, drafting, found)
        wants = DocumentId() if found.url_id == identity else UrlId()
        drafting.edits.hole(Hole(path=site.path, key=key, wants=wants, span=found.url_id_span))
        if found.element_id and found.element_span and key.about.feeds:
            element = ElementId(element=found.element_id, quoted=True)
            drafting.edits.hole(Hole(path=site.path, key=key, wants=element, span=found.element_span))
        drafting.note(site, "mapped", before=found.text, note=f"the copy of {key.kind} {key.id}")
    else:
        pair = drafting.address(site.path, found.text)
        if pair is not None:
            _by_map(site, drafting, found.span, found.text, pair)
        else:
            _elsewhere(site, drafting, found)


def _organization(site: ReferenceSite, drafting: Drafting, found: SigmaUrl) -> None:
    """Host and slug of the target, as far as they are known."""
    here, there = drafting.context.addresses.here, drafting.context.addresses.there
    if there.host and found.host == here.host:
        start = found.span[0] + found.text.index("://") + 3
        _exchange(site, drafting, (start, start + len(found.host)), there.host)
    if not found.slug:
        return
    if there.slug:
        _exchange(site, drafting, found.slug_span, there.slug)
    elif found.slug == here.slug or not here.slug:
        message = "the target organization's slug is not known, so an address keeps the source's"
        drafting.unsupported_at(
            site.path, "unknown_reference", message, "give expect.slug of the target org in the plan", found.slug
        )


def _mapped_element(site: ReferenceSite, drafting: Drafting, found: SigmaUrl, to: MappedModel) -> None:
    ids = to.elements.get(found.element_id or "")
    if ids is not None and found.element_span is not None:
        _exchange(site, drafting, found.element_span, ids.id)


def _elsewhere(site: ReferenceSite, drafting: Drafting, found: SigmaUrl) -> None:
    """An address of Sigma that leads to no document in scope."""
    here = drafting.context.addresses.here
    what = drafting.context.known.get(found.document_id or "") or drafting.context.known.get(found.url_id)
    home = bool(here.slug) and found.slug == here.slug
    if not found.url_id and home:
        _organization(site, drafting, found)
        drafting.note(site, "mapped", before=found.text, note="a page of the organization")
    elif what or home or (found.url_id and not here.slug) or found.kind == "embed":
        leads = what or ("an embed" if found.kind == "embed" else "a page of the source organization")
        message = f"an address leads to {leads}, which is not copied: {found.text[:200]}"
        fix = "select that document too, or map the address in map.urls"
        which = found.document_id or drafting.context.addresses.url_ids.get(found.url_id, "")
        thing = drafting.context.source.name_of(which) or found.text[:200]
        drafting.unsupported(site, "unknown_reference", message, fix, thing, before=found.text)
    else:
        drafting.note(site, "opaque", before=found.text, note="not of the source organization")


SETTLE: Mapping[str, Resolver] = {"document": document, "target-controls": target_controls, "url": url}
