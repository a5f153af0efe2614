"""The vocabulary of the street: every set of words that more than one station uses, once.

What differs between kinds of documents is a row in a table (``migrate.kinds``), never a subclass.
"""

from typing import Literal, get_args

Kind = Literal["data-model", "workbook", "report"]
"""The kinds of documents, in the order in which they are written."""

Generation = Literal["flat", "document", "contents"]
"""The three shapes of the format of workbooks and reports in a year, oldest first; data models are always ``flat``."""

ENVELOPES: tuple[Generation, ...] = ("contents", "document")
"""The shapes that hold the document under a key of their name, newest first."""

ActionVerb = Literal[
    "create-folder",
    "create",
    "update",
    "patch",
    "repoint",
    "move",
    "adopt",
    "keep",
    "skip",
    "block",
    "archive",
    "share",
    "hand-over",
    "tag",
    "schedule",
]
"""What a change set plans for one thing; each is a type in ``change/actions``."""

OutcomeName = Literal[
    "created", "updated", "unchanged", "renamed", "mapped", "skipped", "blocked", "failed", "not_attempted"
]
"""How one document ended in one target: exactly one of these."""

OUTCOMES: tuple[OutcomeName, ...] = get_args(OutcomeName)

LANDED: frozenset[OutcomeName] = frozenset({"created", "updated", "unchanged", "renamed", "mapped"})
"""The outcomes after which a document stands in the target, so that it has a verdict."""

WRITTEN: frozenset[OutcomeName] = LANDED - {"unchanged", "mapped"}
"""Outcomes for which the run wrote to the document."""

GOOD_OUTCOMES: frozenset[OutcomeName] = LANDED | {"skipped"}
"""The outcomes that need nobody."""

Verdict = Literal[
    "match",
    "match_declared",
    "broken_in_source_too",
    "unchanged_by_version",
    "mismatch",
    "not_verifiable",
    "not_run",
]
"""What checking one document that landed came to; ``unchanged_by_version``: nobody looked, since by the versions
nothing changed since a check that found it good."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

FOUND_GOOD: frozenset[Verdict] = frozenset({"match", "match_declared", "broken_in_source_too"})
"""The verdicts of a copy that was looked at and is as it should be."""

GOOD_VERDICTS: frozenset[Verdict] = FOUND_GOOD | {"unchanged_by_version"}
"""The verdicts that need nobody."""

LevelResult = Literal["pass", "declared", "inherited", "fail", "not_verifiable", "not_run"]
"""What one level of checking came to."""

Level = Literal["exists", "counts", "hash", "references", "columns", "compile", "security", "wiring", "access", "data"]
"""What checking looks at, each by its own function (``check/verify``)."""

LEVELS: tuple[Level, ...] = get_args(Level)

USUAL_LEVELS: tuple[Level, ...] = ("exists", "counts", "hash", "references", "columns", "compile")
"""What is checked where a plan does not say; ``access`` comes with ``carry``."""

WriteVerb = Literal[
    "create",
    "update",
    "patch",
    "adopt",
    "move",
    "delete",
    "restore",
    "grant",
    "revoke",
    "own",
    "tag",
    "untag",
    "schedule",
    "unschedule",
    "archive",
    "unarchive",
]
"""What one write of the ledger does to one thing."""

AROUND: frozenset[str] = frozenset({"grant", "owner", "tag", "schedule"})
"""The kinds of things in the ledger that stand round a document or folder."""

WriteState = Literal["planned", "intended", "sent", "done", "failed"]
"""``intended`` is durable before the request leaves; ``sent`` when its answer named an id; ``done`` when it was read
back and its ids are known; ``failed`` when Sigma said no or the outcome was settled as not done."""

OPEN_STATES: tuple[WriteState, ...] = ("intended", "sent")
"""The states of a write whose outcome is not known yet."""

UndoVerb = Literal["delete", "restore", "move-back", "remove-folder", "restore-access", "unarchive", "keep"]
"""What taking back one write means."""

UndoResult = Literal[
    "deleted",
    "restored",
    "moved_back",
    "removed",
    "access_restored",
    "unarchived",
    "kept",
    "gone",
    "failed",
    "not_attempted",
]
"""What became of taking back one write; ``gone``: somebody removed it already, so nothing is left to take back."""
