"""What was overheard of an organization -> one of the sandbox's that shows the same, and refuses the same."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from migrate.bundle.spec import Spec
from migrate.inventory.model import Identity
from migrate.kinds import ENVELOPED, KINDS, DocumentKind
from migrate.rehearse.mirror_catalog import add_catalog, complete
from migrate.rehearse.mirror_documents import add_documents, asked_for, opened
from migrate.rehearse.mirror_people import add_grants, add_people
from migrate.rehearse.overheard import Said
from migrate.rehearse.refusals import refusals
from migrate.sandbox.census import Census
from migrate.sandbox.faults import Fault
from migrate.sandbox.org import Client, Org, Reports, SpecDate
from migrate.words import Generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """An organization of the sandbox, and the calls that it answers otherwise than a sandbox would."""

    org: Org
    faults: tuple[Fault, ...]


def mirrored(
    alias: str, identity: Identity, said: Said, *, form: Generation | None, date: SpecDate, sent: Census
) -> Mirrored:
    """The local counterpart of an organization, under its own ids.

    ``form`` is how documents are written where none of the organization shows it, ``date`` that of the spec contract as
    of which it takes them; one without a date is only read, and shows documents as they were read. ``sent`` is what the
    documents need that are written there: where the organization refuses to tell of a catalog, it is taken to be there.
    Features that no read shows are taken to be on.
    """
    me = identity.user_id
    org = Org(alias=alias, id=identity.organization_id, slug=identity.slug or alias, name=alias)
    forms = {row.kind: spec.generation for row, spec in shown(said)}
    org.switches.generation = forms.get(ENVELOPED[0].kind) or form or "contents"
    org.switches.spec_date = date
    org.switches.navigation = org.switches.semantic_views = True
    org.switches.reports = _reports(said, org.switches.generation, forms.get("report"))
    add_people(org, said)
    org.clients.append(Client(client_id=secrets.token_hex(16), client_secret=secrets.token_hex(32), member_id=me))
    add_catalog(org, said)
    add_documents(org, said, me)
    add_grants(org, said)
    complete(org, said, [inode for inode in org.inodes.values() if inode.versions], sent)
    return Mirrored(org=org, faults=tuple(refusals(org, said, source=not date)))


def _reports(said: Said, workbooks: Generation, reports: Generation | None) -> Reports:
    """Whether the organization has reports, and by which family of calls."""
    if any(answer.status == 404 and answer.shape == "empty" for _, answer in said.at(KINDS["report"].root)):
        return "absent"
    return "older" if workbooks == "contents" and reports == "document" else "on"


def shown(said: Said) -> Iterator[tuple[DocumentKind, Spec]]:
    """Every spec that was read of a kind whose specs have forms and dates."""
    for row in ENVELOPED:
        for document_id in {place.removeprefix(f"{row.root}/").removesuffix("/spec") for place in said.places}:
            for told in asked_for(said, row, document_id):
                spec = opened(row, told)
                if spec is not None:
                    yield row, spec
