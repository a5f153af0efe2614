"""What the ledger remembers, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrate.rewrite.model import ElementIds
from migrate.tree import Json
from migrate.words import UndoVerb, WriteState, WriteVerb


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Whose copy it is: one plan, one source organization, one target organization (ids, not aliases)."""

    plan: str
    source_org: str
    target_org: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One write of one run to one thing.

    Known when it is intended: ``kind`` is ``folder`` or that of a document; ``source_id`` is the source document's
    id, or the planned target path of a folder; ``digest_sent`` is of the bound body; ``pre_image`` of what it
    replaces; ``description`` is what stands beside the contents afterwards, None where that is not known;
    ``intended_at`` is the target organization's own time, by which nothing is decided; ``author`` is the member whose
    credentials write; ``undoes`` the sequence of the write that this one takes back; ``sequence`` orders all entries.

    Known from the answer: ``target_id`` of what was created (of everything else from the start) and ``request_id``.
    Known once it is done: ``digest_read`` of the read-back body, its ``version_read``, and ``elements``; a move, which
    leaves the contents alone, carries those of the copy. Known where it failed: ``reason_code`` and ``reason``.

    A ``grant``, an ``owner`` and a ``tag`` are called by what they stand round: ``name`` is the right, the owner's id,
    or the version of the copy that is tagged, and ``folder_id`` the document or folder of the target. ``version_read``
    of a tag is the version of the source document that it stands on; ``name`` of a ``schedule`` the digest of what was
    sent, or ``made`` before that.
    """

    run: str
    home: Home
    kind: str
    source_id: str
    verb: WriteVerb
    state: WriteState
    name: str
    folder_id: str = ""
    target_id: str = ""
    digest_sent: str = ""
    digest_read: str = ""
    version_read: int = 0
    elements: Mapping[str, ElementIds] = field(default_factory=dict)
    pre_image: str = ""
    attempts: int = 0
    request_id: str = ""
    reason_code: str = ""
    reason: str = ""
    intended_at: str = ""
    finished_at: str = ""
    author: str = ""
    undoes: int = 0
    description: str | None = None
    sequence: int = 0

    @property
    def reversed_by(self) -> UndoVerb | None:
        """What takes this write back, None where there is nothing to take back."""
        match self.verb, self.kind:
            case "create", "folder":
                return "remove-folder"
            case "create", _:
                return "delete"
            case "update" | "patch", _:
                return "restore"
            case "move", _:
                return "move-back"
            case "archive", _:
                return "unarchive"
            case "grant" | "revoke" | "own" | "tag" | "untag" | "schedule" | "unschedule", _:
                return "restore-access"
            case _:
                return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The current copy of a source document in a target: what later runs build on.

    ``description`` is the one we last wrote, empty for none, None where an earlier version of this program wrote it.
    """

    home: Home
    kind: str
    source_id: str
    target_id: str
    name: str
    folder_id: str
    digest_sent: str
    digest_read: str
    version_read: int
    elements: Mapping[str, ElementIds] = field(default_factory=dict)
    run: str = ""
    updated_at: str = ""
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a copy was made from and how it was found, when it was last looked at: while all stands, nobody need look.

    It speaks of the copy with this ``target_id`` that was made by sending ``digest_sent``. ``source`` marks how the
    source listed the document, ``source_version`` among it; ``ways`` is the fingerprint of all that decides how this
    document is rewritten, by what it ``mentions``, ``needs`` that of the ids it holds of other documents. ``reads`` and
    ``hidden`` are what it depends on, ``verdict`` and ``levels`` what checking found at ``looked_at``, ``account``
    what reports say of it, and ``held`` which things of the source it holds.
    """

    home: Home
    kind: str
    source_id: str
    target_id: str
    digest_sent: str
    source: str
    source_version: int
    ways: str
    needs: str
    verdict: str
    looked_at: str
    levels: Mapping[str, str] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    account: Json = None
    held: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a change set, or the undoing of one. ``status``: running, complete, interrupted, failed.

    ``attempt`` counts how often it was started; ``kind`` is ``apply`` or ``undo``, ``undoes`` the run taken back.
    """

    id: str
    plan: str
    plan_sha256: str
    started_at: str
    finished_at: str = ""
    status: str = "running"
    change_set: str = ""
    attempt: int = 1
    kind: str = "apply"
    undoes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRun:
    """A run that several processes work on, by the ``name`` that whoever started them gave it.

    ``version`` is that of the program which opened it, ``source`` the digest of what it read of the source, ``orgs``
    what reading that cost, ``roster`` the tenants that a parent organization listed then (``plan.roster``).
    """

    plan: str
    name: str
    run: str
    plan_sha256: str
    version: str
    source: str
    opened_at: str
    orgs: Json = None
    roster: Json = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One target of a fleet run, for whoever takes it.

    ``attempt`` counts how often it was taken, ``returned`` how often it was given back on purpose; ``organization`` is
    the one that was proven, ``worker`` who took it last. Once it is ``done``: its ``exit_code``, and how it ``ended``
    as far as gates ask.
    """

    run: str
    target: str
    wave: int
    attempt: int = 0
    returned: int = 0
    organization: str = ""
    worker: str = ""
    done: bool = False
    exit_code: int = 0
    ended: Json = None

    @property
    def place(self) -> str:
        """What the lock on the ticket is called; no organization is called so."""
        return f"ticket {self.run} {self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A document that the last run had in scope, as the source showed it then.

    ``path`` is that of its folder, as a plan writes it, ``folder_id`` the folder's id. ``left_at`` is when a run found
    it out of scope, empty while it is in: what left is told until its copy is gone, and counted as leaving once.
    """

    kind: str
    source_id: str
    name: str
    path: str
    folder_id: str
    left_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The ledger as ``decide`` reads it for one home: copies by (kind, source id), and open writes.

    ``open`` holds entries of earlier runs still ``intended`` or ``sent``: their outcome must be settled first.
    ``around`` is what we gave to copies and folders beside their contents, likewise. ``selected`` is what the last run
    had in scope, and what left since, by (kind, source id); empty before the first.
    """

    home: Home
    copies: Mapping[tuple[str, str], Copy] = field(default_factory=dict)
    open: tuple[Entry, ...] = ()
    selected: Mapping[tuple[str, str], Selected] = field(default_factory=dict)
    around: Mapping[tuple[str, str], Copy] = field(default_factory=dict)
