"""The change set: complete before the first write; printed, saved, applied and undone from the same values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.inventory.model import Key
from migrate.rewrite.model import Draft, ElementIds
from migrate.words import ActionVerb, OutcomeName


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One planned step for one target.

    * ``create-folder``: ``folder`` is the whole path to make; ``key`` is None
    * ``create``: a new document from ``draft``
    * ``update``: replace the contents of ``target_id``, which stood at ``version`` when planned;
      ``rename_to``/``moved`` say that its name, or its folder or description, change too
    * ``patch``: fill the holes that a cycle left open, after everything exists
    * ``move``: only name, folder or description of ``target_id`` change (outcome ``renamed``)
    * ``adopt``: ``target_id`` is taken as the copy of ``key``; nothing is written (``mapped`` or settled); ``elements``
      maps the source's element ids to its own
    * ``skip``: nothing to do; ``outcome`` says whether ``unchanged`` or ``skipped``
    * ``block``: cannot be done; ``reason_code`` and ``why`` say why, ``blocked_by`` the root cause

    ``id`` is unique in the change set; ``after`` names the actions that must have succeeded before.
    """

    id: str
    verb: ActionVerb
    target: str
    key: Key | None = None
    draft: Draft | None = None
    why: str = ""
    reason_code: str = ""
    next_action: str = ""
    blocked_by: Key | None = None
    after: tuple[str, ...] = ()
    folder: tuple[str, ...] = ()
    folder_id: str | None = None
    target_id: str = ""
    version: int = 0
    rename_to: str = ""
    moved: bool = False
    outcome: OutcomeName | None = None
    settles: int = 0
    elements: Mapping[str, ElementIds] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChanges:
    """The actions for one target, in waves: all of a wave may run at once."""

    target: str
    organization_id: str
    waves: tuple[tuple[Action, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """What a run would do, for all targets.

    ``made_from`` maps ``source``, each target alias and each document to the versions and digests it was
    computed from, so that a stale change set is noticed. ``seal`` is the digest of everything else.
    """

    plan: str
    plan_sha256: str
    created_at: str
    source_organization_id: str
    targets: tuple[TargetChanges, ...]
    plan_file: str = ""
    only: str = ""
    made_from: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    seal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one document in one target."""

    target: str
    key: Key
    outcome: OutcomeName
    action: Action
    target_id: str = ""
    target_name: str = ""
    target_path: tuple[str, ...] = ()
    target_url: str = ""
    reason_code: str = ""
    reason: str = ""
    next_action: str = ""
    attempts: int = 0
    request_id: str = ""
    duration_ms: int = 0
