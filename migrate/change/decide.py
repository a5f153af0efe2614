"""Station 6: drafts x target x ledger -> the actions for one target. Pure.

Every document in scope gets exactly one action that ends in an outcome; folders and patches come beside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from migrate.change.model import Action, TargetChanges
from migrate.change.view import TargetView, drift_of, edited_since, free_name, item_of, kept_name, known_ids, stands_in
from migrate.inventory.model import Item, Key
from migrate.inventory.scope import layers
from migrate.ledger.model import Copy
from migrate.rewrite.bind import bind, unbound
from migrate.rewrite.model import Draft, Hole, IdMap
from migrate.text import join_path
from migrate.tree import digest


def decide(view: TargetView) -> TargetChanges:
    """The actions for one target, in waves: folders by depth, documents by dependency, patches last."""
    ids = known_ids(view)
    actions = {key: _one(key, draft, view, ids) for key, draft in view.drafts.items()}
    for key, (code, reason) in view.unreadable.items():
        actions[key] = Action(
            id=_id("block", key),
            verb="block",
            target=view.target,
            key=key,
            why=reason,
            reason_code=code,
            outcome="blocked",
            next_action="give the source credential access to it, or exclude it from the plan",
        )
    for key, copied in view.mapped.items():
        actions[key] = Action(
            id=_id("adopt", key),
            verb="adopt",
            target=view.target,
            key=key,
            target_id=copied.id,
            elements=copied.elements,
            why="the plan maps it to an existing data model",
            outcome="mapped",
        )
    _block_unknown(actions, ids)
    _block_dependants(actions, view.target, ids)
    folders = _missing_folders(actions.values(), view)
    document_waves, cut = _document_waves(actions, ids, folders)
    waves = (*_folder_waves(folders, view.target), *document_waves)
    patches = _patches(actions, cut, view.target)
    if patches:
        waves = (*waves, patches)
    return TargetChanges(target=view.target, organization_id=view.dest.identity.organization_id, waves=waves)


def _one(key: Key, draft: Draft, view: TargetView, ids: IdMap) -> Action:
    """The action for one draft."""
    if draft.refusals:
        first = draft.refusals[0]
        more = f" (and {len(draft.refusals) - 1} more)" if len(draft.refusals) > 1 else ""
        skipped = view.policy.unsupported == "skip" and all(p.code != "security_unmapped" for p in draft.refusals)
        return Action(
            id=_id("block", key),
            verb="skip" if skipped else "block",
            target=view.target,
            key=key,
            draft=draft,
            why=f"{first.message}{more}",
            reason_code=first.code,
            next_action=first.fix,
            outcome="skipped" if skipped else "blocked",
        )
    copy = view.snapshot.copies.get((key.kind, key.id))
    if copy is None:
        return _without_copy(key, draft, view)
    item = item_of(view.dest, key.kind, copy.target_id)
    if item is None or item.archived:
        return _create(key, draft, view, why=f"its copy {copy.target_id} is no longer there")
    return _with_copy(key, draft, copy, item, view, ids)


def _without_copy(key: Key, draft: Draft, view: TargetView) -> Action:
    """Create, unless a document of that name is in the way (policy ``existing``)."""
    ours = {copy.target_id for copy in view.snapshot.copies.values()}
    there = [
        item
        for item in view.dest.items.values()
        if item.key.kind == key.kind
        and item.name == draft.name
        and stands_in(item, draft)
        and item.key.id not in ours
        and not item.archived
    ]
    if not there:
        return _create(key, draft, view, why="it is not in the target yet")
    found = ", ".join(item.key.id for item in there)
    policy = view.policy.existing
    if policy == "skip":
        return Action(
            id=_id("skip", key),
            verb="skip",
            target=view.target,
            key=key,
            draft=draft,
            target_id=there[0].key.id,
            why=f"a document of that name is already there ({found})",
            reason_code="name_taken",
            outcome="skipped",
        )
    if policy == "rename":
        renamed = replace(draft, name=free_name(draft, view))
        return _create(key, renamed, view, why=f"the name is taken by {found}")
    if policy == "update" and len(there) == 1:
        return Action(
            id=_id("update", key),
            verb="update",
            target=view.target,
            key=key,
            draft=draft,
            target_id=there[0].key.id,
            version=there[0].version,
            outcome="updated",
            why="a document of that name is there and the plan says to replace it",
        )
    return Action(
        id=_id("block", key),
        verb="block",
        target=view.target,
        key=key,
        draft=draft,
        outcome="blocked",
        reason_code="name_taken" if len(there) == 1 else "ambiguous_target",
        why=f"{len(there)} document(s) named {draft.name!r} that this plan did not make are in the way: {found}",
        next_action="set policy.existing to skip, update or rename, or rename or move the document in the target",
    )


def _with_copy(key: Key, draft: Draft, copy: Copy, item: Item, view: TargetView, ids: IdMap) -> Action:
    """Skip, move or update a copy of ours, unless somebody edited it since (policy ``drift``)."""
    same = not unbound(draft, ids) and digest(bind(draft, ids)) == copy.digest_sent
    edited = edited_since(view, copy, item)
    draft = replace(draft, name=kept_name(draft, item, view))
    renamed = item.name != draft.name
    moved = not stands_in(item, draft)
    told = draft.description if key.kind == "workbook" and not draft.description_holes else None
    redescribed = told is not None and told != item.description  # listings show no description of a data model
    drift = drift_of(draft, copy, item, edited=edited)
    if drift and view.policy.drift != "overwrite":
        keep = view.policy.drift == "keep"
        return Action(
            id=_id("skip" if keep else "block", key),
            verb="skip" if keep else "block",
            target=view.target,
            key=key,
            draft=draft,
            target_id=copy.target_id,
            version=item.version,
            outcome="skipped" if keep else "blocked",
            reason_code="drifted",
            why=f"its copy was {drift}",
            next_action="set policy.drift to keep or overwrite, or take it back in Sigma",
        )
    base = Action(
        id=_id("update", key),
        verb="update",
        target=view.target,
        key=key,
        draft=draft,
        target_id=copy.target_id,
        version=item.version,
        rename_to=draft.name if renamed else "",
        moved=moved or redescribed,
        outcome="updated",
        why="it was edited in the target and the plan says to overwrite" if edited else "the source changed",
    )
    if edited or not same:
        return base
    if renamed or moved or redescribed:
        changed = (("name", renamed), ("folder", moved), ("description", redescribed))
        why = " and ".join(word for word, is_so in changed if is_so)
        return replace(base, id=_id("move", key), verb="move", outcome="renamed", why=f"its {why} changed")
    return replace(base, id=_id("skip", key), verb="skip", outcome="unchanged", why="nothing changed")


def _create(key: Key, draft: Draft, view: TargetView, *, why: str) -> Action:
    return Action(
        id=_id("create", key), verb="create", target=view.target, key=key, draft=draft, why=why, outcome="created"
    )


def _id(verb: str, key: Key) -> str:
    return f"{verb}:{key.kind}:{key.id}"


def _block_unknown(actions: dict[Key, Action], ids: IdMap) -> None:
    """Blocks whatever needs a document that is neither in scope nor known in the target."""
    for key, action in actions.items():
        needed = next((hole.key for hole in _holes(action) if hole.key not in actions and hole.key not in ids), None)
        if needed is not None:
            actions[key] = replace(
                action,
                id=_id("block", key),
                verb="block",
                outcome="blocked",
                reason_code="unbound_reference",
                why=f"it needs {needed.kind} {needed.id}, which is neither in scope nor mapped nor copied before",
                next_action="select that document too, or map it to one of the target",
            )


def _block_dependants(actions: dict[Key, Action], target: str, ids: IdMap) -> None:
    """Blocks whatever needs a document that will not be there, naming the root cause."""
    stuck = {key for key, action in actions.items() if action.verb in ("block", "skip") and key not in ids}
    names = {key: action.draft.name for key, action in actions.items() if action.draft is not None}
    again = True
    while again:
        again = False
        for key, action in actions.items():
            cause = next((hole.key for hole in _holes(action) if hole.key in stuck and hole.key != key), None)
            if cause is None or key in stuck:
                continue
            root = actions[cause].blocked_by or cause
            actions[key] = Action(
                id=_id("block", key),
                verb="block",
                target=target,
                key=key,
                draft=action.draft,
                outcome="blocked",
                reason_code="blocked_by",
                blocked_by=root,
                why=f"it needs {root.kind} {names.get(root, root.id)!r}, which will not be in the target",
                next_action="mend the cause named in that row, then apply again",
            )
            stuck.add(key)
            again = True


def _holes(action: Action) -> tuple[Hole, ...]:
    """The holes that must be filled before this action; none where nothing will be sent."""
    if action.draft is None or action.verb not in ("create", "update"):
        return ()
    return (*action.draft.holes, *action.draft.description_holes)


def _document_waves(
    actions: Mapping[Key, Action], ids: IdMap, folders: Collection[tuple[str, ...]]
) -> tuple[tuple[tuple[Action, ...], ...], frozenset[tuple[Key, Key]]]:
    """Actions in waves so that every hole is filled by an earlier one, and the edges left to a patch.

    An edge stays open where a cycle of links was cut, or where a document that is new to us links to itself.
    """
    writing = {key for key, action in actions.items() if action.verb in ("create", "update")}
    graph = {
        key: {hole.key for hole in _holes(action) if hole.key in writing and hole.key != key}
        for key, action in actions.items()
    }
    waves, cut = layers(graph)
    left_open = {(key, before) for key, before in cut if before not in ids}
    left_open |= {(key, key) for key, a in actions.items() if key not in ids and any(h.key == key for h in _holes(a))}
    ordered = []
    for wave in waves:
        row = []
        for key in wave:
            after = {actions[before].id for before in graph[key] if (key, before) not in cut}
            draft = actions[key].draft
            if draft is not None and draft.folder in folders and actions[key].verb in ("create", "update", "move"):
                after.add(folder_action_id(draft.folder))
            row.append(replace(actions[key], after=tuple(sorted(after))))
        ordered.append(tuple(row))
    return tuple(ordered), frozenset(left_open)


def _patches(actions: Mapping[Key, Action], cut: frozenset[tuple[Key, Key]], target: str) -> tuple[Action, ...]:
    """A patch for every document that was created with holes left open by a cycle."""
    needs: dict[Key, set[Key]] = {}
    for key, before in cut:
        needs.setdefault(key, set()).add(before)
    return tuple(
        Action(
            id=_id("patch", key),
            verb="patch",
            target=target,
            key=key,
            draft=actions[key].draft,
            after=tuple(sorted({actions[key].id, *(actions[k].id for k in before)})),
            why="it links to documents that did not exist when it was created",
        )
        for key, before in sorted(needs.items())
    )


def _missing_folders(actions: Iterable[Action], view: TargetView) -> frozenset[tuple[str, ...]]:
    """Every folder path that some action needs and the target does not have."""
    there = {folder.path for folder in view.dest.folders.values()}
    return frozenset(
        action.draft.folder[:depth]
        for action in actions
        if action.draft and not action.draft.folder_id and action.verb in ("create", "update", "move")
        for depth in range(1, len(action.draft.folder) + 1)
        if action.draft.folder[:depth] not in there
    )


def _folder_waves(folders: Collection[tuple[str, ...]], target: str) -> tuple[tuple[Action, ...], ...]:
    """Missing folders by depth, parents first."""
    depths = sorted({len(path) for path in folders})
    return tuple(
        tuple(
            Action(
                id=folder_action_id(path),
                verb="create-folder",
                target=target,
                folder=path,
                after=(folder_action_id(path[:-1]),) if path[:-1] in folders else (),
                why="a document is to stand in it",
            )
            for path in sorted(folders)
            if len(path) == depth
        )
        for depth in depths
    )


def folder_action_id(path: tuple[str, ...]) -> str:
    """The action id of a folder path; ``/`` inside names is escaped as the contract writes it."""
    return f"folder:{join_path(path)}"
