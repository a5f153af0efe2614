"""Station 6: drafts x target x ledger -> the actions for one target. Pure.

Every document in scope gets exactly one action that gives it its row; folders, patches and repoints come beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from migrate.change.actions import (
    Adopt,
    Block,
    Create,
    DocumentAction,
    Keep,
    Move,
    Skip,
    Update,
    action_id,
    draft_of,
    target_id_of,
)
from migrate.change.barred import Folders, barred
from migrate.change.collide import apart
from migrate.change.contents import dropped_in_words
from migrate.change.model import TargetChanges
from migrate.change.surroundings.actions import guarded, round_waves
from migrate.change.view import (
    TargetView,
    described,
    drift_of,
    edited_since,
    free_name,
    item_of,
    kept_name,
    known_ids,
    same_as_sent,
    same_words,
    source_path,
    source_place,
    stands_in,
)
from migrate.change.waves import document_waves, folder_waves, missing_folders, needs, patches, reads, repoint_waves
from migrate.errors import Problem
from migrate.inventory.model import Item, Key
from migrate.inventory.scope import circles
from migrate.kinds import counted
from migrate.ledger.model import Copy
from migrate.reasons import REASONS
from migrate.rewrite.model import Drafted, IdMap
from migrate.text import join_path, named


def decide(view: TargetView) -> TargetChanges:
    """The actions for one target, in waves: folders by depth, documents by dependency, then patches and repoints."""
    ids = known_ids(view)
    folders_there = {folder.path: folder for folder in view.dest.folders.values()}
    actions: dict[Key, DocumentAction] = {
        key: _checked(_one(key, draft, view, ids), view, folders_there) for key, draft in view.drafts.items()
    }
    actions = apart(actions, view)
    actions = {key: guarded(action, view) for key, action in actions.items()}
    actions |= {key: _left_as_it_is(actions[key], view) for key in view.held if key in actions}
    actions |= {key: _unreadable(key, code, reason, view) for key, (code, reason) in view.unreadable.items()}
    for key, copied in view.mapped.items():
        actions[key] = Adopt(
            id=action_id("adopt", key),
            target=view.target,
            key=key,
            target_id=copied.id,
            elements=copied.elements,
            why="the plan maps it to an existing data model",
        )
    _block_unknown(actions, ids, view)
    _block_circles(actions, ids, view)
    _block_dependants(actions, ids, view)
    folders = missing_folders(actions.values(), view)
    ordered, cut = document_waves(actions, ids, folders)
    waves = (
        *folder_waves(folders, view.target),
        *ordered,
        patches(actions, cut, view.target),
        *repoint_waves(actions, ids, view.target),
        *round_waves(actions, folders, view),
    )
    return TargetChanges(
        target=view.target,
        organization_id=view.dest.identity.organization_id,
        waves=tuple(wave for wave in waves if wave),
    )


def _left_as_it_is(action: DocumentAction, view: TargetView) -> DocumentAction:
    """Nothing is written of a document of which the target's pin means no version that can be had."""
    if not action.writes and not isinstance(action, Block):
        return action
    why = view.held[action.key]
    return Skip(
        id=action_id("skip", action.key),
        target=view.target,
        key=action.key,
        draft=view.drafts[action.key],
        target_id=target_id_of(action),
        reason_code=why.code,
        why=why.message,
        next_action=why.fix,
    )


def _unreadable(key: Key, code: str, reason: str, view: TargetView) -> Block:
    item, known = view.source.get(key), REASONS.get(code)
    return Block(
        id=action_id("block", key),
        target=view.target,
        key=key,
        why=reason,
        name=join_path((*item.path, item.name)) if item else "",
        reason_code=code,
        next_action=known.fix if known else "exclude it from the plan, or mend it in the source",
    )


def _checked(action: DocumentAction, view: TargetView, folders: Folders) -> DocumentAction:
    """The action, unless it would write a document of which a look at the target says that it cannot stand there."""
    if isinstance(action, Update) and action.key in view.drops and view.policy.removals == "fail":
        return _dropping(action, view.drops[action.key])
    if not isinstance(action, Create | Update | Move):
        return action
    if action.key in view.moved:
        return _moved_on(action, view.moved[action.key])
    missing = () if isinstance(action, Move) else view.missing.get(action.key, ())
    may_not = barred(action, view, folders)
    found = (*([may_not] if may_not is not None else []), *missing)
    if not found:
        return action
    draft = view.drafts[action.key]
    blocked = _refused(action.key, replace(draft, refusals=(*draft.refusals, *found)), view)
    return blocked if isinstance(action, Create) else replace(blocked, target_id=action.target_id)


def _moved_on(action: Create | Update | Move, why: Problem) -> Block:
    """Nothing is written of a document that is not what was saved of it."""
    return Block(
        id=action_id("block", action.key),
        target=action.target,
        key=action.key,
        draft=action.draft,
        target_id="" if isinstance(action, Create) else action.target_id,
        reason_code=why.code,
        why=why.message,
        next_action=why.fix,
    )


def _dropping(action: Update, added: Sequence[str]) -> Block:
    return Block(
        id=action_id("block", action.key),
        target=action.target,
        key=action.key,
        draft=action.draft,
        target_id=action.target_id,
        reason_code="would_drop",
        why=f"replacing {action.key.about.singular} {named(action.draft.name)} ({action.target_id}) would drop what"
        f" people added there: {dropped_in_words(added)}",
        next_action="copy these parts elsewhere, or set policy.removals to allow",
    )


def replaced(view: TargetView) -> dict[Key, str]:
    """The documents of the target that the policy lets be replaced though not as we left them, by what replaces them.

    What was added there can be known before the first write only by reading them.
    """
    found = {}
    for key, made in view.drafts.items():
        copy = view.snapshot.copies.get((key.kind, key.id))
        item = item_of(view.dest, key.kind, copy.target_id) if copy else None
        if made.refusals:
            continue
        if copy is not None and item is not None and not item.archived:
            if view.policy.drift == "overwrite" and edited_since(view, copy, item):
                found[key] = copy.target_id
        elif copy is None and view.policy.existing == "update":
            there = _in_the_way(key, made, view)
            found |= {key: there[0].key.id} if len(there) == 1 else {}
    return found


def _one(key: Key, draft: Drafted, view: TargetView, ids: IdMap) -> DocumentAction:
    """The action for one draft."""
    if draft.refusals:
        return _refused(key, draft, view)
    copy = view.snapshot.copies.get((key.kind, key.id))
    if copy is None:
        return _without_copy(key, draft, view)
    item = item_of(view.dest, key.kind, copy.target_id)
    if item is None or item.archived:
        return _create(key, draft, view, why=f"its copy {copy.target_id} is no longer there")
    return _with_copy(key, draft, copy, item, view, ids)


def _refused(key: Key, draft: Drafted, view: TargetView) -> Skip | Block:
    """A draft that cannot be sent under the plan's policy."""
    first = draft.refusals[0]
    more = f" (and {len(draft.refusals) - 1} more)" if len(draft.refusals) > 1 else ""
    skipped = view.policy.unsupported == "skip" and all(p.code != "security_unmapped" for p in draft.refusals)
    return (Skip if skipped else Block)(
        id=action_id("skip" if skipped else "block", key),
        target=view.target,
        key=key,
        draft=draft,
        why=f"{first.message}{more}",
        reason_code=first.code,
        next_action=first.fix,
        thing=first.thing,
    )


def _without_copy(key: Key, draft: Drafted, view: TargetView) -> DocumentAction:
    """Create, unless a document of that name is in the way (policy ``existing``)."""
    there = _in_the_way(key, draft, view)
    if not there:
        return _create(key, draft, view, why="it is not in the target yet")
    found = ", ".join(item.key.id for item in there)
    policy = view.policy.existing
    if policy == "skip":
        return Skip(
            id=action_id("skip", key),
            target=view.target,
            key=key,
            draft=draft,
            target_id=there[0].key.id,
            why=f"a document of that name is already there ({found})",
            reason_code="name_taken",
        )
    if policy == "rename":
        renamed = replace(draft, name=free_name(draft, view))
        return _create(key, renamed, view, why=f"the name is taken by {found}")
    if policy == "update" and len(there) == 1:
        return Update(
            id=action_id("update", key),
            target=view.target,
            key=key,
            draft=draft,
            target_id=there[0].key.id,
            version=there[0].version,
            redescribed=True,
            foreign=True,
            why="a document of that name is there and the plan says to replace it",
        )
    return Block(
        id=action_id("block", key),
        target=view.target,
        key=key,
        draft=draft,
        reason_code="name_taken" if len(there) == 1 else "ambiguous_target",
        why=f"in the way, and not made by this plan: {counted('document', len(there))} named {draft.name!r}: {found}",
        next_action="set policy.existing to skip, update or rename, or rename or move the document in the target",
    )


def _in_the_way(key: Key, draft: Drafted, view: TargetView) -> list[Item]:
    """The living documents that are not ours and stand where the draft is to stand, under its name."""
    ours = {copy.target_id for copy in view.snapshot.copies.values()}
    return [
        item
        for item in view.dest.items.values()
        if item.key.kind == key.kind
        and item.name == draft.name
        and stands_in(item, draft)
        and item.key.id not in ours
        and not item.archived
    ]


def _with_copy(key: Key, draft: Drafted, copy: Copy, item: Item, view: TargetView, ids: IdMap) -> DocumentAction:
    """Keep, move or update a copy of ours, unless somebody edited it since (policy ``drift``)."""
    same = same_as_sent(view, draft, copy)
    edited = edited_since(view, copy, item)
    draft = replace(draft, name=kept_name(draft, item, view))
    drift = drift_of(draft, copy, item, ids, edited=edited)
    if drift and view.policy.drift != "overwrite":
        return _drifted(key, draft, copy, drift, view)
    told = described(draft, copy, ids)
    renamed, moved = item.name != draft.name, not stands_in(item, draft)
    redescribed = told is not None and not same_words(told, item.description)
    update = Update(
        id=action_id("update", key),
        target=view.target,
        key=key,
        draft=draft,
        target_id=copy.target_id,
        version=item.version,
        rename_to=draft.name if renamed else "",
        moved=moved,
        redescribed=redescribed,
        why="it was edited in the target and the plan says to overwrite" if edited else "the source changed",
    )
    if edited or not same:
        return update
    changed = [word for word, is_so in (("name", renamed), ("folder", moved), ("description", redescribed)) if is_so]
    return _moved(update, changed) if changed else _kept(update)


def _moved(update: Update, changed: list[str]) -> Move:
    return Move(
        id=action_id("move", update.key),
        target=update.target,
        key=update.key,
        draft=update.draft,
        target_id=update.target_id,
        version=update.version,
        rename_to=update.rename_to,
        moved=update.moved,
        redescribed=update.redescribed,
        why=f"its {' and '.join(changed)} changed",
    )


def _kept(update: Update, why: str = "nothing changed") -> Keep:
    return Keep(
        id=action_id("keep", update.key),
        target=update.target,
        key=update.key,
        draft=update.draft,
        target_id=update.target_id,
        version=update.version,
        why=why,
    )


def _drifted(key: Key, draft: Drafted, copy: Copy, drift: str, view: TargetView) -> Skip | Block:
    """Our copy as people left it."""
    keep = view.policy.drift == "keep"
    return (Skip if keep else Block)(
        id=action_id("skip" if keep else "block", key),
        target=view.target,
        key=key,
        draft=draft,
        target_id=copy.target_id,
        reason_code="drifted",
        why=f"its copy was {drift}",
        next_action="set policy.drift to keep or overwrite, or take it back in Sigma",
    )


def _create(key: Key, draft: Drafted, view: TargetView, *, why: str) -> Create:
    return Create(id=action_id("create", key), target=view.target, key=key, draft=draft, why=why)


def _block_unknown(actions: dict[Key, DocumentAction], ids: IdMap, view: TargetView) -> None:
    """Blocks whatever needs a document that is neither in scope nor known in the target."""
    for key, action in actions.items():
        needed = next((key for key in needs(action) if key not in actions and key not in ids), None)
        if needed is not None:
            actions[key] = Block(
                id=action_id("block", key),
                target=action.target,
                key=key,
                draft=draft_of(action),
                target_id=target_id_of(action),
                reason_code="unbound_reference",
                thing=source_path(view, needed),
                why=f"it needs {source_place(view, needed)}, which is neither in scope nor mapped nor copied before",
                next_action="select that document too, or map it to one of the target",
            )


def _block_circles(actions: dict[Key, DocumentAction], ids: IdMap, view: TargetView) -> None:
    """Blocks documents that read each other in a circle, of which none can be created first.

    A link may be set afterwards, and so no circle of links is one.
    """
    for circle in circles(reads(actions, ids)):
        names = [source_place(view, key) for key in circle]
        for key in circle:
            action = actions[key]
            actions[key] = Block(
                id=action_id("block", key),
                target=action.target,
                key=key,
                draft=draft_of(action),
                target_id=target_id_of(action),
                reason_code="model_cycle",
                thing=", ".join(source_path(view, one) for one in circle),
                why=in_a_circle(names),
                next_action=REASONS["model_cycle"].fix,
            )


def in_a_circle(names: Sequence[str]) -> str:
    """That documents read each other, of which none can be created first."""
    if len(names) == 1:
        return f"{names[0]} reads itself, so that it cannot be created"
    return f"{' reads '.join((*names, names[0]))}, so that none of them can be created first"


def _block_dependants(actions: dict[Key, DocumentAction], ids: IdMap, view: TargetView) -> None:
    """Blocks whatever needs a document that will not be there, naming the root cause."""
    stuck = {key for key, action in actions.items() if isinstance(action, Block | Skip) and key not in ids}
    names = {key: item.name for key, item in view.source.items()}
    names |= {key: draft.name for key, action in actions.items() if (draft := draft_of(action)) is not None}
    again = True
    while again:
        again = False
        for key, action in actions.items():
            cause = next((needed for needed in needs(action) if needed in stuck and needed != key), None)
            if cause is None or key in stuck:
                continue
            if isinstance(action, Update) and _as_left_open(action, view):
                actions[key] = _kept(
                    action, why=f"nothing changed; its link to {names.get(cause, cause.id)!r} stays open"
                )
                continue
            before = actions[cause]
            root = (before.blocked_by if isinstance(before, Block) else None) or cause
            actions[key] = Block(
                id=action_id("block", key),
                target=view.target,
                key=key,
                draft=draft_of(action),
                reason_code="blocked_by",
                blocked_by=root,
                thing=names.get(root, root.id),
                why=f"it needs {root.kind} {names.get(root, root.id)!r}, which will not be in the target",
                next_action="mend the cause named in that row, then apply again",
            )
            stuck.add(key)
            again = True


def _as_left_open(update: Update, view: TargetView) -> bool:
    """Whether a copy stands as it was sent, with links left open to what is still not there."""
    copy, now = view.snapshot.copies.get((update.key.kind, update.key.id)), view.sending.get(update.key)
    if copy is None or now is None or update.rename_to or update.moved or update.redescribed:
        return False
    return bool(now.left_open) and now.left_open == copy.digest_sent
