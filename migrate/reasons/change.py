"""Reasons of stations 6 and 7: why a document was not written, or a run stopped."""

from __future__ import annotations

from migrate.reasons.model import Reason

REASONS = (
    Reason(
        code="blocked_by",
        sentence="A document it needs was not copied.",
        cause="A data model or workbook it depends on failed or was blocked.",
        fix="Mend the cause named in the row it points to, then run apply again.",
    ),
    Reason(
        code="safety_stop",
        sentence="A guard stopped the run.",
        cause="A request was about to leave that this plan does not allow.",
        fix="Read the message; nothing was sent.",
    ),
    Reason(
        code="not_available",
        sentence="The plan asks for something that this version does not do.",
        cause="The setting is part of the plan format, and refusing it is better than doing something else.",
        fix="Take the setting out as the message says.",
    ),
)
