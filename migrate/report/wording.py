"""What the words of a report mean, once for every format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from migrate import kinds

if TYPE_CHECKING:
    from migrate.rewrite.fixups import FixUp

OUTCOMES: Mapping[str, str] = {
    "created": "new in the target",
    "updated": "an earlier copy was brought up to date",
    "unchanged": "the copy was already up to date; nothing was written",
    "renamed": "only the name or the folder of the copy changed",
    "mapped": "an existing document of the target stands for it; nothing was written",
    "skipped": "left out, as the plan says",
    "blocked": "could not be sent; nothing was written",
    "failed": "Sigma refused it, or it could not be finished",
    "not_attempted": "the run ended before its turn",
}
CHECKED: Mapping[str, str] = {
    "unchanged": "a copy stands in the target, and was read again",
    "mapped": "an existing document of the target stands for it",
    "blocked": "has no copy, and could not be given one",
    "not_attempted": "has no copy in the target",
}
"""What outcomes mean where a run only looked."""

VERDICTS: Mapping[str, str] = {
    "match": "stands in the target exactly as it was sent",
    "match_declared": "stands in the target as sent, but for changes that are listed here",
    "broken_in_source_too": "equal; what is broken in it is broken in the source too",
    "unchanged_by_version": "not looked at: by the versions nothing changed since it was found to be right",
    "mismatch": "differs from what was sent",
    "not_verifiable": "a check was tried and could not be made: not proven, and not a pass",
    "not_run": "no check was made: not proven, and not a pass",
}
SIGNS: Mapping[str, str] = {
    "match": "✓ ",
    "match_declared": "✓ ",
    "broken_in_source_too": "≈ ",
    "unchanged_by_version": "= ",
    "mismatch": "✗ ",
    "failed": "✗ ",
    "not_verifiable": "? ",
    "not_run": "– ",
    "not_attempted": "– ",
    "blocked": "! ",
}
"""What stands before a state, so that it is told without its colour."""

RESULTS: Mapping[str, str] = {
    "pass": "checked, and equal",
    "declared": "equal but for changes that are listed here",
    "inherited": "broken, and broken in the source too",
    "fail": "checked, and different",
    "not_verifiable": "tried, and could not be checked",
    "not_run": "not checked",
}
LEVELS: Mapping[str, str] = {
    "exists": "It is there, not archived, under its name, in its folder and with its description.",
    "counts": "It has as many pages, elements of each kind, columns and metrics as were sent.",
    "hash": "Its whole contents, read back, equal what was sent.",
    "references": "No id or address of the source organization stands in it.",
    "columns": "No column has the type error, unless it has in the source.",
    "compile": "The query of every element compiles, unless it fails in the source.",
    "security": "Rules are as sent, name what is there, and attributes have values where they have in the source.",
    "wiring": "No control, filter, action, overlay or place leads nowhere, unless it does in the source.",
    "access": "Its owner and the grants on it are those that were planned, and nobody else was granted anything.",
    "data": "Chosen elements have as many rows, and their columns add up to the same, as in the source at that moment.",
}
RESOLUTIONS: Mapping[str, str] = {
    "mapped": "now points at the target's own thing",
    "by_name": "found in the target under the same name",
    "local": "points inside the document; stays",
    "opaque": "means the same in every organization; stays",
    "not_portable": "belongs to the source organization alone",
    "unknown": "nothing says what it points at",
}
LEFT_OUT: Mapping[str, str] = {
    "personal": "in personal folders, which are left out unless a rule of the plan names them",
    "excluded": "excluded by the plan",
    "archived": "archived in the source",
}
NOT_CARRIED = (
    "grants and owners",
    "scheduled exports",
    "materialization schedules",
    "saved views, comments and favourites",
    "version tags",
    "version history",
    "public embeds",
    "rows of input tables and uploaded files",
)
"""What the code representation of a document does not hold (Sigma's REST API has no part for it in a spec)."""

CARRIED = {"grants": "grants and owners", "tags": "version tags", "schedules": "scheduled exports"}
"""What of it a run may carry all the same, by what ``run.json`` says of it."""

ROWS = "rows and totals of the data that the documents show"
"""What no level looks at but ``data``, which has to be asked for."""
OTHER_ROWS = "rows and totals of the data of elements that were not chosen"
"""What ``data`` leaves out."""
NOT_COMPARED = "how a page looks on a screen"
"""What no level of verification looks at."""

EXIT_CODES: Mapping[int, str] = {
    0: "done",
    1: "finished; some documents failed or were blocked",
    3: "the plan is invalid",
    4: "refused before any write",
    5: "credentials, permission or identity",
    6: "network, throttling or service trouble",
    7: "another run held the lock",
    8: "written, but verification found a mismatch",
    9: "safety stop",
    70: "the numbers do not add up",
    130: "interrupted; apply goes on from there",
}
KINDS: Mapping[str, str] = {kind: row.singular for kind, row in kinds.KINDS.items()}


def label(name: str) -> str:
    """``not_verifiable`` as ``not verifiable``."""
    return name.replace("_", " ")


def counted(number: int, noun: str) -> str:
    """``1 document``, ``1,204 documents``."""
    return f"{number:,} {kinds.plural(noun, number)}"


def points_to(code: str) -> str:
    """What the references of a catalogue row point to, such as ``a warehouse connection``."""
    from migrate.rewrite.catalogue.table import CODES

    return CODES[code].points_to if code in CODES else code


def change_meaning(code: str) -> str:
    """What a named change did, in words; an unknown name is explained by its kind alone."""
    kind, _, name = code.partition(":")
    if kind == "rule":
        return f"the rule {name!r} of the plan"
    if kind == "fold":
        return "carried into the form that the target's generation of the API accepts"
    if kind == "fix":
        known = (fix.why for fix in _fix_ups() if fix.code == code)
        return next(known, "a value that Sigma gives out and refuses to take back")
    return "a change besides references"


def _fix_ups() -> tuple[FixUp, ...]:
    from migrate.rewrite.fixups import FIX_UPS

    return FIX_UPS
