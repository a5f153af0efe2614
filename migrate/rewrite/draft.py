"""Station 5: a document of the source becomes a draft for a target, every reference accounted for."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from migrate.bundle.document import document_of
from migrate.bundle.spec import Spec
from migrate.errors import MigrateError, Problem
from migrate.kinds import KINDS
from migrate.plan.match import map_folder
from migrate.rewrite.audit import Suspect, judged
from migrate.rewrite.catalogue.recognition import looks_foreign
from migrate.rewrite.catalogue.row import CatalogueRow
from migrate.rewrite.catalogue.walk import ReferenceSite, find, look
from migrate.rewrite.context import TargetContext
from migrate.rewrite.dangling import dangling
from migrate.rewrite.drafting import Drafting, Resolver
from migrate.rewrite.edits import Edits, applied, spliced
from migrate.rewrite.fixups import mended
from migrate.rewrite.losses import losses
from migrate.rewrite.model import Draft, Hole
from migrate.rewrite.resolvers.assets import SETTLE as ASSETS
from migrate.rewrite.resolvers.links import SETTLE as LINKS
from migrate.rewrite.resolvers.models import SETTLE as MODELS
from migrate.rewrite.resolvers.people import SETTLE as PEOPLE
from migrate.rewrite.resolvers.people import close_empty_rules
from migrate.rewrite.resolvers.prefixes import follow
from migrate.rewrite.resolvers.sources import SETTLE as SOURCES
from migrate.rewrite.resolvers.statements import SETTLE as STATEMENTS
from migrate.rewrite.rules import Ruled, ruled
from migrate.rewrite.schema import strange
from migrate.rewrite.text.url import urls
from migrate.text import split_path
from migrate.tree import Path

RESOLVERS: Mapping[str, Resolver] = {**SOURCES, **STATEMENTS, **MODELS, **PEOPLE, **LINKS, **ASSETS}
"""How the sites of each row of the catalogue are resolved."""

_UNKNOWN = CatalogueRow(
    code="unknown",
    number="",
    points_to="something nobody knows",
    shape="text",
    resolve="reported with its place",
    dangling="unknown",
)


def draft(spec: Spec, context: TargetContext, target: str) -> Draft:
    """The draft of one document for one target, with its holes, changes, residuals and refusals.

    All sites are resolved against the original and exchanged at once. The generation stays that of the spec.
    What nobody foresaw about a document refuses that document and ends no run.
    """
    try:
        return _drafted(spec, context, target)
    except MigrateError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever one document holds, the others go on
        return _failed(spec, context, target, error)


def _failed(spec: Spec, context: TargetContext, target: str, error: Exception) -> Draft:
    """A draft that cannot be sent, with the place of the program that gave up; never with what the document holds."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    message = f"rewriting gave up on it: {type(error).__name__} in {PurePath(place.filename).name}, line {place.lineno}"
    fix = "exclude the document and report this line; the others are not concerned"
    refusal = Problem(code="draft_failed", message=message, fix=fix, path="$", value=spec.name[:200])
    folder, folder_id = _folder(source_path(spec, context), context)
    return Draft(
        key=spec.key,
        target=target,
        generation=spec.generation,
        name=spec.name,
        folder=folder,
        folder_id=folder_id,
        body=spec.body,
        refusals=(refusal,),
    )


def _drafted(spec: Spec, context: TargetContext, target: str) -> Draft:
    seen = look(spec.body, context.foreign)
    mended_body, mends = mended(spec.body, seen)
    if mends:
        seen = look(mended_body, context.foreign)
    path = source_path(spec, context)
    rule = ruled(spec, mended_body, path, context.rules)
    drafting = Drafting(
        spec=spec,
        context=context,
        body=mended_body,
        edits=rule.edits,
        set_paths=rule.set_paths,
        urls=rule.urls,
        raw_rule=rule.raw_rule,
        overridden=rule.overridden,
    )
    drafting.changes += [*mends, *rule.changes]
    document = document_of(mended_body)
    for found in dangling(document, seen, context.sources.bodies):
        drafting.dangling(found.path, found.what, found.entry, found.cut)
    for place, sentence in strange(document) if KINDS[spec.key.kind].closed else ():
        fix = "make it anew in Sigma, or correct the file that the document was read from"
        drafting.unsupported_at(place, "not_in_schema", f"{sentence}; Sigma refuses that", fix)
    for site in seen.sites:
        _resolve(site, drafting)
    close_empty_rules(drafting)
    follow(drafting, document)
    body, holes, texts = applied(drafting.body, drafting.edits)
    _look_again(drafting, seen.strange, texts)
    drafting.residuals += losses(document, seen)
    _told(drafting, rule)
    description, description_holes = _description(drafting, rule.description)
    folder, folder_id = _folder(path, context)
    return Draft(
        key=spec.key,
        target=target,
        generation=spec.generation,
        name=rule.name,
        folder=folder,
        folder_id=folder_id,
        description=description,
        description_holes=description_holes,
        body=body,
        holes=holes,
        references=tuple(drafting.references),
        changes=tuple(drafting.changes),
        residuals=tuple(drafting.residuals),
        refusals=tuple(drafting.refusals),
        used=tuple(sorted(drafting.used)),
    )


def _resolve(site: ReferenceSite, drafting: Drafting) -> None:
    """Resolver a site, unless a rule of the plan has set its value."""
    rule = _overriding(site.path, drafting) if drafting.overridden else None
    if rule is None:
        RESOLVERS[site.row.code](site, drafting)
    else:
        drafting.note(site, "mapped", note=f"set by rule {rule}")


def _overriding(path: Path, drafting: Drafting) -> str | None:
    return next((rule for size in range(len(path) + 1) if (rule := drafting.overridden.get(path[:size]))), None)


def _told(drafting: Drafting, rule: Ruled) -> None:
    """Note what no spec shows, and what rules left alone."""
    for name, path in rule.left:
        message = f"rule {name!r} left this name alone, since formulas name it"
        drafting.residual("rule_left_name", message, "rename it in the source", path, name)
    item = drafting.context.source.items.get(drafting.spec.key)
    for sentence in item.hidden_sources if item and drafting.spec.sources is None else ():
        if "dataset" in sentence:
            fix = "turn the dataset into a data model in the source"
            drafting.unsupported_at((), "hidden_source", f"the document {sentence}, which nothing copies", fix)
        else:
            message = f"the document is {sentence}; the copy reads the current version"
            drafting.residual("hidden_source", message, "tag the copied model and pin the copy in Sigma")
    for source in drafting.spec.sources or ():
        if not isinstance(source, dict):
            continue
        if source.get("type") == "dataset":
            message = f"it reads dataset {source.get('inodeId', '')!r}, which no document shows and nothing copies"
            fix = "turn the dataset into a data model in the source"
            drafting.unsupported_at((), "hidden_source", message, fix, drafting.called(source.get("inodeId", "")))
        elif source.get("versionTagId"):
            message = "it reads a tagged version of a data model; the copy reads the current one"
            drafting.residual("hidden_source", message, "tag the copied model and pin the copy in Sigma")


def _look_again(drafting: Drafting, strange: Sequence[tuple[Path, str]], texts: Mapping[Path, str]) -> None:
    """Report whatever still looks like the source organization's and is not accounted for.

    What stands in the draft is what stood in the original, but for the edits; so the strange strings of the original
    that no edit took away are judged, and those that an edit brought in; ``texts`` are those that changed in part.
    """
    edits = drafting.edits
    left = [(path, text) for path, text in strange if path not in edits.values and path not in edits.spans]
    for path, value in edits.values.items():
        if path not in drafting.accounted:
            seen = look([value], drafting.context.foreign)
            left += [((*path, *inner[1:]), text) for inner, text in seen.strange]
    known = drafting.context.known
    left += [(path, text) for path, text in texts.items() if looks_foreign(text, known)]
    left = [
        (path, rest) for path, text in left if (rest := _without_addresses(text)) is text or looks_foreign(rest, known)
    ]
    if not left:
        return
    for suspect in judged(drafting.body, left, known):
        if (
            suspect.classified == "unknown"
            and suspect.value not in drafting.context.theirs
            and not _covered(suspect, drafting)
        ):
            _unknown(drafting, suspect)


def _without_addresses(text: str) -> str:
    """A text without its addresses, which have been resolved one by one."""
    found = urls(text) if "://" in text else ()
    return spliced(text, {url.span: "" for url in found})[0] if found else text


def _covered(suspect: Suspect, drafting: Drafting) -> bool:
    path = suspect.path
    return any(path[:size] in drafting.accounted for size in range(len(path), 0, -1))


def _unknown(drafting: Drafting, suspect: Suspect) -> None:
    site = ReferenceSite(_UNKNOWN, suspect.path, suspect.value[:200], {})
    looks = (
        suspect.what
        or {
            "uuid": "something with a UUID",
            "url-id": "something with a url id",
            "inode": "a warehouse object of the source",
            "sigma-host": "a page of Sigma",
            "known-id": "something of the source",
        }[suspect.suspicion]
    )
    message = f"{suspect.value[:120]!r} points at {looks}, in a place this version does not know"
    fix = "exchange it by a replace rule at this path, or set unsupported: report"
    drafting.unsupported(site, "unknown_reference", message, fix, suspect.value[:120])


def _description(drafting: Drafting, text: str | None) -> tuple[str | None, tuple[Hole, ...]]:
    """The description with its addresses rewritten, and the holes in it."""
    if text is None:
        return None, ()
    outer = drafting.edits
    drafting.edits = Edits()
    for site in find({"description": text}):
        RESOLVERS[site.row.code](site, drafting)
    done, holes, _texts = applied({"description": text}, drafting.edits)
    drafting.edits = outer
    return done["description"], holes


def source_path(spec: Spec, context: TargetContext) -> tuple[str, ...]:
    """The names of the folders above a document of the source."""
    item = context.source.items.get(spec.key)
    folder = context.source.folders.get(spec.folder_id)
    return item.path if item else folder.path if folder else ()


def _folder(path: tuple[str, ...], context: TargetContext) -> tuple[tuple[str, ...], str | None]:
    """Where the document goes: a path of names, or the id of a folder that a mapping names."""
    moved, by = map_folder(context.folders, path)
    if by is None or by.target not in context.folder_ids:
        return moved, None
    below = path[len(split_path(by.source)) :]
    there = context.dest.folders[by.target].path
    return (*there, *below), (by.target if not below else None)
