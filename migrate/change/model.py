"""The change set: complete before the first write; printed, saved, applied and undone from the same values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from migrate.change.actions import Action
from migrate.inventory.model import Key
from migrate.rewrite.model import Drafted
from migrate.words import OutcomeName


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeChange:
    """A document that this plan copied before and no longer selects (``left_scope``), or that is ``new`` to it.

    ``source_path`` is where it stood when it was selected last, ``why`` a word for what happened and ``reason`` the
    sentence. ``since`` is when an earlier run found it out of scope, empty where this one is the first. ``result`` is
    ``to_archive``, then ``archived`` or ``not_archived``, where the plan says to archive copies; else empty.
    """

    target: str
    change: Literal["left_scope", "new"]
    kind: str
    source_id: str
    name: str
    source_path: str = ""
    target_id: str = ""
    why: str = ""
    reason_code: str = ""
    reason: str = ""
    next_action: str = ""
    since: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCopied:
    """What the selection takes and nobody copies: a dataset, a template …, and what to do about it."""

    kind: str
    source_id: str
    name: str
    source_path: str
    reason_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChanges:
    """The actions for one target, in waves: all of a wave may run at once.

    ``scope_changes`` is the selection against last time, ``copied_before`` how many of its copies were in scope then.
    """

    target: str
    organization_id: str
    waves: tuple[tuple[Action, ...], ...] = ()
    scope_changes: tuple[ScopeChange, ...] = ()
    copied_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something about documents that only writing them shows; ``code`` is the reason they fail for where it is so."""

    target: str
    code: str
    why: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """What a run would do, for all targets.

    ``made_from`` maps ``source``, each target alias and each document to the versions and digests it was
    computed from, so that a stale change set is noticed. ``unread`` is how many copies of each target were not looked
    at, since by the versions nothing changed; ``doubts`` are what only the write can show. ``settings`` are the flags
    that lay over the plan file, ``orgs_file`` the file with the organizations of a table. ``seal`` is the digest of
    everything else.
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
    not_copied: tuple[NotCopied, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    orgs_file: str = ""
    seal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """What stood in the target right after our last write to a document.

    ``body`` is its digest in the spool. ``name``, ``folder_id`` and ``description`` are None where that answer did not
    show them, or where they were changed since.
    """

    body: str
    name: str | None = None
    folder_id: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one document in one target; ``blocked_by`` is the root cause where another document is.

    ``thing`` is what its reason is about, by its name alone. ``read_back`` is what was seen of it after it was written;
    None where this run did not write it.
    """

    target: str
    key: Key
    outcome: OutcomeName
    draft: Drafted | None = None
    blocked_by: Key | None = None
    target_id: str = ""
    target_name: str = ""
    target_path: tuple[str, ...] = ()
    target_url: str = ""
    reason_code: str = ""
    reason: str = ""
    next_action: str = ""
    thing: str = ""
    attempts: int = 0
    request_id: str = ""
    duration_ms: int = 0
    read_back: ReadBack | None = None
