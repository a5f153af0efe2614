"""How ready a document is, in words for people."""

from __future__ import annotations

from collections.abc import Mapping

from migrate.assess.model import Readiness

READINESS_WORDS: Mapping[Readiness, str] = {
    "ready": "ready",
    "after_mapping": "ready after mapping",
    "by_hand": "work by hand",
    "decision": "needs a decision",
    "cannot_travel": "cannot travel",
}

READINESS_MEANS: Mapping[Readiness, str] = {
    "ready": "needs nothing that a target lacks",
    "after_mapping": "travels once connections, people or teams have their counterparts",
    "by_hand": "travels, and a person does something in the copy afterwards",
    "decision": "is stopped until somebody decides, creates or selects something",
    "cannot_travel": "has to be changed in the source, or built anew",
}
