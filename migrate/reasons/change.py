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
    Reason(
        code="drifted",
        sentence="The copy was edited in the target since it was written.",
        cause="Somebody published a new version of the copy in the target organization.",
        fix="Set policy.drift to keep or overwrite, or take the edit back with the version history of the document.",
    ),
    Reason(
        code="name_taken",
        sentence="A document of that name stands there already and is not ours.",
        cause="Somebody made it by hand, another plan made it, or the ledger of an earlier run was lost.",
        fix="Set policy.existing to skip, update or rename, rename or move the document in the target, or adopt it.",
    ),
    Reason(
        code="ambiguous_target",
        sentence="Several documents of that name stand there, none of them ours.",
        cause="Names need not be unique in Sigma, so which one was meant cannot be told.",
        fix="Rename or move all but one of them in the target, or set policy.existing to skip or rename.",
    ),
    Reason(
        code="change_set_invalid",
        sentence="The file is no change set, or was changed after it was saved.",
        cause="Its seal does not fit its contents, it is of another version, or it is another kind of file.",
        fix="Save it again with `sigma-migrate plan PLAN -o FILE`, review it, and apply that file.",
    ),
    Reason(
        code="stale_change_set",
        sentence="Something changed since the change set was saved.",
        cause="The plan file, the source or the target is no longer what the change set was computed from.",
        fix="Plan again, review the new change set, and apply that.",
    ),
    Reason(
        code="unresolved_mapping",
        sentence="The plan names something that is not there, or leaves something open.",
        cause="A connection, table, data model or team cannot be found under its name, or several have it.",
        fix="Correct the plan as the problems that are listed say; nothing was written.",
    ),
    Reason(
        code="same_organization",
        sentence="The target is the organization that documents come from.",
        cause="The credentials of the target belong to the source organization.",
        fix="Give the target the credentials of the organization that it is meant to be.",
    ),
    Reason(
        code="refused",
        sentence="The run was refused before anything was written.",
        cause="The plan and the two organizations do not fit together yet.",
        fix="Mend what the message lists, then run again.",
    ),
    Reason(
        code="not_copied",
        sentence="The document has no copy in the target yet.",
        cause="It was never applied, or its copy was deleted.",
        fix="Run sigma-migrate apply on the plan.",
    ),
)
