"""What only the write can show, said before it: which documents may be refused, and for which reason. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from migrate.change.actions import Create, Update, main_actions
from migrate.change.barred import nearest
from migrate.change.model import Doubt, TargetChanges
from migrate.change.view import TargetView
from migrate.inventory.model import Key
from migrate.rewrite.features import FEATURES
from migrate.rewrite.oddities import ODDITIES

_REFUSED_FOR: Mapping[str, tuple[str, str]] = {
    "elements_overlap": ("elements_overlap", "its elements overlap, which Sigma may refuse"),
    "shared_control_id": ("api_refused", "controls share an id, which Sigma may refuse"),
    "hidden_title": ("dependency_not_found", "an element hides the title that others name it by"),
}
"""The residuals of a draft that may end in a refusal: for which reason, and in words."""


def doubtful(view: TargetView, features: Mapping[Key, Collection[str]], silent: Collection[Key]) -> frozenset[Key]:
    """The drafts whose contents the target may refuse for what nobody but it can know; arguments as for ``doubts``."""
    return frozenset(
        key
        for key, draft in view.drafts.items()
        if features.get(key) or key in silent or any(one.code in _REFUSED_FOR for one in draft.residuals)
    )


def doubts(
    changes: TargetChanges,
    view: TargetView,
    features: Mapping[Key, Collection[str]],
    silent: Collection[Key],
    passed: Collection[Key] = (),
) -> tuple[Doubt, ...]:
    """What only writing the documents of a change set shows, each thing once with the documents it concerns.

    ``features`` are those that documents use, and what is odd about them; ``silent`` the documents of which the catalog
    did not tell whether all their tables are there. The contents of those that ``passed`` a dry run are no matter of
    doubt.
    """
    found: dict[tuple[str, str], dict[Key, None]] = {}
    folders = {folder.path: folder for folder in view.dest.folders.values()}
    for action in main_actions(changes.waves):
        if not isinstance(action, Create | Update):
            continue
        asked = action.key in passed
        told = [] if asked else [*_of_draft(action, features), *([_CATALOG] if action.key in silent else [])]
        about = action.key.about
        told += [_FORM] if about.enveloped and view.dest.generation_of(about.kind) is None else []
        if isinstance(action, Create):
            draft = action.draft
            near = view.dest.folders.get(draft.folder_id) if draft.folder_id else nearest(draft.folder, folders)
            told += [_WORKSPACE] if near is None else [] if near.permission else [_PERMISSION]
        for code, why in told:
            found.setdefault((code, why), {})[action.key] = None
    return tuple(
        Doubt(target=changes.target, code=code, why=why, keys=tuple(keys))
        for (code, why), keys in sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    )


_CATALOG = ("dependency_not_found", "the catalog did not tell whether all tables and columns are there")
_FORM = ("wrong_generation", "nothing shows in which form the target takes documents of this kind")
_WORKSPACE = ("folder_missing", "a workspace has to be made for it, which not every account may")
_PERMISSION = ("forbidden", "whether the credential may make something there is not told")


def _of_draft(action: Create | Update, features: Mapping[Key, Collection[str]]) -> Iterator[tuple[str, str]]:
    for name in features.get(action.key, ()):
        if name in ODDITIES:
            odd_code, odd = ODDITIES[name]
            yield odd_code, f"{odd}, which Sigma may refuse"
            continue
        code = "api_refused" if name == "procedure" else "feature_off"
        yield code, f"uses {FEATURES[name]}, which may be off there"
    codes = dict.fromkeys(residual.code for residual in action.draft.residuals)
    yield from (_REFUSED_FOR[code] for code in codes if code in _REFUSED_FOR)
