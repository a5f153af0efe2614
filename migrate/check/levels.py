"""The named levels of verification, one function each: a scene -> how the level ended, and what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from migrate.bundle.document import document_of
from migrate.bundle.spec import parse_spec
from migrate.change.model import Outcome
from migrate.change.surroundings.rounds import Round
from migrate.change.view import same_words
from migrate.check.compare import aligned, compare
from migrate.check.leftovers import leftovers
from migrate.check.model import Difference
from migrate.check.server_errors import Broken, broken_columns, broken_elements, resolved_late
from migrate.check.wiring import Loose, loose_ends
from migrate.errors import MigrateError
from migrate.inventory.model import Inventory
from migrate.kinds import KINDS
from migrate.plan.proving import DataCheck
from migrate.rewrite.context import NamedKind
from migrate.rewrite.model import ElementIds
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.tree import Json, json_path
from migrate.words import LevelResult

Result = tuple[LevelResult, tuple[Difference, ...]]

Holders = dict[tuple[str, str], frozenset[tuple[NamedKind, str]]]
"""Who has a value of which user attribute, by organization and attribute, as far as it was asked in this run."""

Where = Literal["copy", "original"]
"""In which of two documents something was looked for: the copy, or its original."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """A document that stands in a target, and what should stand there.

    ``expected`` is the bound body, None for a model that the plan maps to an existing one. ``elements``
    maps source element ids to the target's (data models). ``around`` is what the plan carries beside its contents, None
    where it carries nothing, ``version`` the one that we wrote last. ``description`` is the one it should have, None
    where nobody can say. ``reported`` are the places of references that the draft said it leaves as they are. ``body``
    is what is known to stand there and ``file`` its file entry, each None where that has to be asked for.
    """

    outcome: Outcome
    expected: Json | None
    elements: Mapping[str, ElementIds] = field(default_factory=dict)
    description: str | None = None
    around: Round | None = None
    version: int = 0
    reported: frozenset[str] = frozenset()
    body: Json | None = None
    file: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The two organizations a check looks at; ``source_client`` is None where the source is a bundle."""

    client: Client
    dest: Inventory
    source: Inventory
    source_client: Client | None = None
    counterparts: Mapping[NamedKind, Mapping[str, str]] = field(default_factory=dict)
    """Teams, members and user attributes of the source, by kind and id, with the id that each has in the target."""
    copied: frozenset[str] = frozenset()
    """The ids of documents of the source that have a copy: inside one organization they stand on both sides."""
    data: DataCheck = field(default_factory=DataCheck)
    shown_others: list[bool] = field(default_factory=list)
    """Whether the target shows this account grants of others, once that was asked; empty before."""
    keeps_drift: bool = True
    """Whether the plan lets stand what people changed of the access to a copy, or has it set right when it writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One document under check; ``body`` is what stands in the target now, None where it cannot be read.

    ``asked`` is what was asked of it already: the broken columns of the copy and of its original.
    """

    document: Landed
    sides: Sides
    body: Json
    foreign: frozenset[str]
    holders: Holders = field(default_factory=dict)
    asked: dict[Where, frozenset[Broken]] = field(default_factory=dict)


class NotAsked(Exception):
    """A level says nothing of a document, by what it is or by what the plan chose; the message says why."""


class Unproven(Exception):
    """A level found nothing wrong and could not look at everything; the message says at what."""


async def exists(scene: Scene) -> Result:
    """The document is there, not archived, under its name, in its folder and with its description."""
    outcome = scene.document.outcome
    file = scene.document.file or await api.get_file(scene.sides.client, outcome.target_id)
    if file is None or file.get("isArchived"):
        found = "archived" if file else "nothing"
        return "fail", (_difference("exists", "$", outcome.target_id, found, "lost"),)
    wrong = []
    draft = outcome.draft
    name = outcome.target_name or (draft.name if draft else "")
    if name and file.get("name") != name:
        wrong.append(_difference("exists", "$.name", name, str(file.get("name")), "changed"))
    expected, told = scene.document.description, str(file.get("description") or "")
    if expected is not None and not same_words(told, expected):
        wrong.append(_difference("exists", "$.description", expected, told, "changed"))
    wrong += await _misplaced(scene, str(file.get("parentId") or ""))
    return ("fail" if wrong else "pass"), tuple(wrong)


async def _misplaced(scene: Scene, parent_id: str) -> list[Difference]:
    """Whether the document stands in another folder than planned; one the listings lag behind with is asked for."""
    outcome = scene.document.outcome
    draft = outcome.draft
    if draft is not None and draft.folder_id:
        there = parent_id == draft.folder_id
        return [] if there else [_difference("exists", "$.folderId", draft.folder_id, parent_id, "changed")]
    planned = outcome.target_path or (draft.folder if draft else ())
    folder = scene.sides.dest.folders.get(parent_id)
    if not planned or (folder is not None and folder.path == planned):
        return []
    if folder is None:
        unlisted = await api.get_file(scene.sides.client, parent_id) if parent_id else None
        found = str(unlisted.get("name", "")) if unlisted else "a folder that cannot be seen"
        same = found == planned[-1]
        return [] if same else [_difference("exists", "$.folderId", "/".join(planned), found, "changed")]
    return [_difference("exists", "$.folderId", "/".join(planned), "/".join(folder.path), "changed")]


def unexpected(scene: Scene) -> LevelResult:
    """How a level ends that has nothing to compare with: fine for a mapped model, else nobody can tell."""
    return "declared" if scene.document.outcome.outcome == "mapped" else "not_verifiable"


async def counts(scene: Scene) -> Result:
    """As many pages, elements of each kind, columns and controls as were sent."""
    expected = scene.document.expected
    if expected is None:
        return unexpected(scene), ()
    should, does = census(expected), census(scene.body)
    wrong = tuple(
        _difference("counts", f"$ {what}", str(should[what]), str(does[what]), "changed")
        for what in sorted(should.keys() | does.keys())
        if should[what] != does[what]
    )
    return ("fail" if wrong else "pass"), wrong


def census(body: Json) -> Counter[str]:
    """How many pages, overlays, panels, columns, metrics and elements of each kind a body holds, at any depth."""
    document = document_of(body)
    found: Counter[str] = Counter(f"{surface.kind}s" for surface in document.surfaces)
    for element in document.elements:
        found[f"element {element.kind or '?'}"] += 1
        for key in ("columns", "metrics"):
            found[key] += sum(1 for _ in element.listed(key))
    return found


async def hash_(scene: Scene) -> Result:
    """The body stands exactly as sent, but for named normalisations and the plan's own changes."""
    document = scene.document
    if document.expected is None:
        return unexpected(scene), ()
    differences = compare(document.expected, in_sent_order(scene), document.outcome.key.kind)
    if any(difference.kind != "normalised" for difference in differences):
        return "fail", differences
    draft = document.outcome.draft
    declared = differences or (draft is not None and (draft.changes or draft.residuals))
    return ("declared" if declared else "pass"), differences


def in_sent_order(scene: Scene) -> Json:
    """What stands in the target, with the elements of a data model in the order in which they were sent."""
    document = scene.document
    if document.expected is None or not document.outcome.key.about.feeds:
        return scene.body
    return aligned(document.expected, scene.body, {old: ids.id for old, ids in document.elements.items()})


async def references(scene: Scene) -> Result:
    """No id or address of the source organization stands in the target's document.

    What the draft reported, the plan let travel anyway, and was sent there counts as declared.
    """
    document = scene.document
    slug = scene.sides.source.identity.slug
    slug = None if slug == scene.sides.dest.identity.slug else slug
    there = tuple(leftovers(in_sent_order(scene), scene.foreign, slug))
    if not there:
        return "pass", ()
    sent = frozenset(leftovers(document.expected, scene.foreign, slug)) if document.expected is not None else None
    undeclared, left = [], []
    for path, token in there:
        found = _difference("references", json_path(path), "an id of the target", token, "changed")
        left.append(found)
        if found.path not in document.reported or (sent is not None and (path, token) not in sent):
            undeclared.append(found)
    if undeclared:
        return "fail", tuple(undeclared)
    return "declared", tuple(left)


async def wiring(scene: Scene) -> Result:
    """Nothing in it leads nowhere, does nothing or lies under something else, unless it does in the source too."""
    loose = loose_ends(scene.body)
    if not loose:
        return "pass", ()
    shown = tuple(
        Difference(level="wiring", path=json_path(one.path), expected="", found=one.told, kind="error") for one in loose
    )
    sides, key = scene.sides, scene.document.outcome.key
    if sides.source_client is None:
        return "not_verifiable", shown
    answer = await api.read_spec(sides.source_client, key.kind, sides.source.contents_id(key), sides.source.generation)
    here = loose_ends(parse_spec(answer, key).body)
    inherited = {_loose_in_target(one, scene.document.elements) for one in here}
    new = [text for one, text in zip(loose, shown, strict=True) if (one.holder, one.fault, one.thing) not in inherited]
    return ("fail" if new else "inherited"), tuple(new) or shown


def _loose_in_target(one: Loose, elements: Mapping[str, ElementIds]) -> tuple[str, str, str]:
    """What a loose end of the source is in the target, where a data model may have other ids."""
    ids = elements.get(one.holder)
    thing = elements[one.thing].id if one.thing in elements else one.thing
    return (ids.id, one.fault, ids.columns.get(one.thing, thing)) if ids else (one.holder, one.fault, thing)


async def columns(scene: Scene) -> Result:
    """No column of type ``error``, unless it is broken in the source too."""
    return await _against_source(scene, _columns, "columns")


async def compile_(scene: Scene) -> Result:
    """Every element's query compiles, unless it is broken in the source too."""
    return await _against_source(scene, _elements, "compile")


Look = Callable[[Scene, Client, str, Where], Awaitable[frozenset[Broken]]]
"""Finds what is broken in one of the two documents, by its client, its id and the name for what was asked of it."""


async def _columns(scene: Scene, client: Client, document_id: str, where: Where) -> frozenset[Broken]:
    if where not in scene.asked:
        scene.asked[where] = await broken_columns(client, scene.document.outcome.key.kind, document_id)
    return scene.asked[where]


async def _elements(scene: Scene, client: Client, document_id: str, where: Where) -> frozenset[Broken]:
    """The broken elements; those of a model with a broken column, or whose statement is resolved late, one by one."""
    kind = scene.document.outcome.key.kind
    if KINDS[kind].queries:
        return await broken_elements(client, kind, document_id, ())
    late = resolved_late(scene.body)
    if where == "original":
        here = {ids.id: old for old, ids in scene.document.elements.items()}
        late = frozenset(here.get(element, element) for element in late)
    columns = await _columns(scene, client, document_id, where)
    return await broken_elements(client, kind, document_id, late | {one.element for one in columns})


async def _against_source(scene: Scene, look: Look, level: str) -> Result:
    outcome = scene.document.outcome
    broken = await look(scene, scene.sides.client, outcome.target_id, "copy")
    if not broken:
        return "pass", ()
    shown = tuple(
        _difference(level, f"{b.element}/{b.column}" if b.column else b.element, "no error", b.message, "error")
        for b in sorted(broken)
    )
    baseline = await _baseline(scene, look)
    if baseline is None:
        return "not_verifiable", shown
    inherited = {_in_target(b, scene.document.elements) for b in baseline}
    return ("inherited" if {(b.element, b.column) for b in broken} <= inherited else "fail"), shown


async def _baseline(scene: Scene, look: Look) -> frozenset[Broken] | None:
    """What is broken in the source document; None where the source cannot be asked."""
    if scene.sides.source_client is None:
        return None
    try:
        at = scene.sides.source.contents_id(scene.document.outcome.key)
        return await look(scene, scene.sides.source_client, at, "original")
    except MigrateError:
        return None


def _in_target(broken: Broken, elements: Mapping[str, ElementIds]) -> tuple[str, str]:
    """Where a source column or element stands in the target; workbooks keep their ids."""
    ids = elements.get(broken.element)
    return (ids.id, ids.columns.get(broken.column, broken.column)) if ids else (broken.element, broken.column)


def _difference(
    level: str, path: str, expected: str, found: str, kind: Literal["lost", "changed", "error"]
) -> Difference:
    return Difference(level=level, path=path, expected=expected, found=found, kind=kind)
