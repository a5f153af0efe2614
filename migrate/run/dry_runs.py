"""What a target itself says of documents before they are written: its verify call, or creates that are dry runs.

Nothing is asked of a target that has not shown that it reads the flag of a dry run, so that none is ever written by
one. A document that reads what is not copied yet cannot be asked about: the ids in it are not known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from migrate.bundle.spec import create_body
from migrate.bundle.spool import Spool
from migrate.change.actions import Create, Update, main_actions
from migrate.change.barred import nearest
from migrate.change.decide import decide
from migrate.change.view import TargetView, known_ids, source_place
from migrate.errors import ApiRefusal, Problem
from migrate.events import Listener, Stage
from migrate.inventory.access import READING
from migrate.inventory.model import Folder, Inventory, Key
from migrate.plan.model import Plan
from migrate.reasons import REASONS
from migrate.rewrite.bind import bind, bind_description
from migrate.rewrite.model import Drafted, IdMap
from migrate.rewrite.stowed import whole
from migrate.sigma import api
from migrate.sigma.client import Client
from migrate.sigma.workers import each
from migrate.text import one_line
from migrate.tree import Json
from migrate.words import Kind

_INCONCLUSIVE = frozenset({"not_found"})
"""Reasons that may be those of the dry run alone: it is a create, in a folder that may not be the document's."""


@dataclass(slots=True, kw_only=True)
class Tried:
    """What dry runs said: the documents that ``passed``, what refuses others, and warnings.

    Those that are ``waiting`` read what is not copied yet; of the ``unasked`` ones the target has told nothing.
    """

    passed: set[Key] = field(default_factory=set)
    refused: dict[Key, Problem] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    waiting: set[Key] = field(default_factory=set)
    unasked: set[Key] = field(default_factory=set)

    @property
    def says(self) -> str:
        """How many were asked about, in one sentence; empty where none was to be."""
        asked = len(self.passed) + len(self.refused)
        told = [f"{asked} tried in the target, which wrote nothing"] if asked else []
        told += [f"{len(self.refused)} would be refused"] if self.refused else []
        told += [f"{len(self.waiting)} not tried, as they read what is not copied yet"] if self.waiting else []
        untold = "as nothing shows that the target takes dry runs of them"
        told += [f"{len(self.unasked)} not tried, {untold}"] if self.unasked else []
        return "; ".join(told)


async def tried(
    client: Client,
    view: TargetView,
    plan: Plan,
    doubtful: Collection[Key],
    spool: Spool,
    listener: Listener,
) -> tuple[TargetView, Tried]:
    """The view with what dry runs refuse, and all they said of what would be written: the ``doubtful`` ones, or all.

    One request a document, and one a kind where dry runs have to show themselves first.
    """
    found, which = Tried(), plan.run.dry_runs
    if which == "all" or (which == "doubtful" and doubtful):
        await _try(client, view, None if which == "all" else doubtful, spool, listener, found)
    missing = {key: (*view.missing.get(key, ()), problem) for key, problem in found.refused.items()}
    return replace(view, missing={**view.missing, **missing}), found


async def _try(
    client: Client,
    view: TargetView,
    doubtful: Collection[Key] | None,
    spool: Spool,
    listener: Listener,
    found: Tried,
) -> None:
    """Asks about the documents that would be written, of the ``doubtful`` ones or of all (None)."""
    writing = {action.key: action for action in main_actions(decide(view).waves) if isinstance(action, Create | Update)}
    wanted = [key for key in writing if key.about.enveloped and (doubtful is None or key in doubtful)]
    todo = [key for key in wanted if _can_be_sent(view, key)]
    found.waiting.update(set(wanted) - set(todo))
    folder = _some_folder(view.dest)
    if not todo or not client.writable or folder is None:
        found.unasked.update(todo)
        return
    honoured = {kind: await _checks(client, view, kind, folder.id) for kind in {key.kind for key in todo}}
    paths = {one.path: one for one in view.dest.folders.values()}
    ids, done = known_ids(view), 0

    async def one(key: Key) -> None:
        nonlocal done
        known = writing[key].draft
        home = view.dest.folders.get(known.folder_id or "") or nearest(known.folder, paths)
        if honoured[key.kind]:
            where = home if home is not None and home.permission not in READING else folder
            await _ask(client, view, key, _body(known, ids, spool, where.id), found)
        else:
            found.unasked.add(key)
        done += 1
        listener(Stage(name="try", org=view.target, done=done, total=len(todo)))

    await each(todo, one, workers=client.width)


async def _checks(client: Client, view: TargetView, kind: Kind, folder_id: str) -> bool:
    """Whether the target can be asked about documents of a kind without a risk."""
    form = view.dest.generation_of(kind)
    return form == "document" or (form == "contents" and await api.shows_dry_runs(client, kind, folder_id))


async def _ask(client: Client, view: TargetView, key: Key, body: Json, found: Tried) -> None:
    """Asks about one document, and notes what was said."""
    try:
        said = await api.verify_spec(client, key.kind, view.drafts[key].generation, body)
    except ApiRefusal:  # neither yes nor no to this document: the call itself is closed
        said = None
    if said is None or said.failed or (said.errors and said.code in _INCONCLUSIVE):
        found.unasked.add(key)
        return
    found.warnings += [
        f"{source_place(view, key)}: {view.target} warns: {one_line(text, 300)}" for text in said.warnings
    ]
    if said.errors:
        words = one_line("; ".join(said.errors), 500)
        found.refused[key] = Problem(
            code=said.code,
            message=f"{view.target} would refuse it: {words}",
            fix=REASONS[said.code].fix,
            thing=one_line(words, 100),
        )
    elif view.drafts[key].generation == "contents":
        found.passed.add(key)
    else:
        found.unasked.add(key)


def _can_be_sent(view: TargetView, key: Key) -> bool:
    """Whether all ids are known that a document cannot stand without."""
    sending = view.sending.get(key)
    return sending is not None and bool(sending.digest or sending.left_open)


def _body(known: Drafted, ids: IdMap, spool: Spool, folder_id: str) -> Json:
    """What would be sent to create a document, with links left open to what is not there yet."""
    body = bind(whole(known, spool.get(known.digest)), ids, partial=True)
    return create_body(known.name, folder_id, bind_description(known, ids, partial=True), known.generation, body)


def _some_folder(dest: Inventory) -> Folder | None:
    """A folder of the target in which the credential may make something, as far as is told."""
    folders: Mapping[str, Folder] = dest.folders
    open_ones = [one for one in folders.values() if one.permission not in READING and not one.personal]
    return min(open_ones, key=lambda one: (not one.permission, one.path), default=None)
