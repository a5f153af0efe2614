"""The worksheets of a mapping: their names, columns, and what may be chosen; written by assess, read by a plan."""

from __future__ import annotations

from collections.abc import Mapping

_PAIR = ("from", "to", "documents", "uses", "note", "candidate")
PAIRS = ("folders", "data_models", "members", "teams", "user_attributes", "plugins", "urls")
"""The sheets of which each row is one entry of the map of that name."""

SHEETS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("connections", *PAIRS), _PAIR),
    "paths": ("connection", "from", "to", "documents", "uses", "in_sql", "candidate"),
    "decisions": ("setting", "answer", "documents", "question"),
    "documents": ("document", "travels", "type", "folder", "id", "readiness", "why", "what_to_do"),
}

REQUIRED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("connections", *PAIRS), ("from", "to")),
    "paths": ("connection", "from", "to"),
    "decisions": ("setting", "answer"),
    "documents": ("id", "travels"),
}

BESIDE = ("read me", "lists")
"""Sheets that hold nothing to read."""

SETTINGS: Mapping[str, tuple[str, ...]] = {
    "policy.existing": ("fail", "skip", "update", "rename"),
    "policy.unsupported": ("fail", "report", "skip"),
    "policy.security": ("fail", "waive"),
    "policy.waived_by": (),
    "policy.dangling": ("fail", "drop", "report"),
}
"""The settings that a person may decide on a worksheet, and the answers."""

CHOICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {"documents": {"travels": ("yes", "no")}}
