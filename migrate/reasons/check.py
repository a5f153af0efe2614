"""Reasons of stations 2 to 4 and 8 to 10, and of the program itself: reading, checking, files, the command line."""

from __future__ import annotations

from migrate.reasons.model import Reason

REASONS = (
    Reason(
        code="internal",
        sentence="The tool has a bug.",
        cause="Something happened that the program did not foresee.",
        fix="Run again with --log FILE and report the log; it holds no secrets.",
    ),
    Reason(
        code="verification_mismatch",
        sentence="What stands in the target differs from what was sent.",
        cause="Sigma changed it on storing, or somebody edited the copy between writing and reading it back.",
        fix="Look at the differences of the row; mend or exclude what does not hold, then run apply again.",
    ),
    Reason(
        code="not_verifiable",
        sentence="A check of the copy could not be made, so nothing is proven.",
        cause="The copy could not be read back, a query endpoint did not answer, or the source could not be asked.",
        fix="Run `sigma-migrate verify` on the plan once the cause in the row is gone.",
    ),
    Reason(
        code="broken_in_source_too",
        sentence="Something in the document is broken, in the source just as in the copy.",
        cause="A column or an element had an error before it was copied.",
        fix="Mend it in the source, then run apply again; or leave it as it was.",
    ),
    Reason(
        code="not_fetched",
        sentence="The contents of the document are not in the bundle.",
        cause="The bundle was exported with another selection, or files were taken out of it.",
        fix="Export the bundle again with this plan, or exclude the document.",
    ),
    Reason(
        code="generation_too_old",
        sentence="The target accepts only an older form of the document than its own.",
        cause="The two organizations serve different generations of the API; there is no way back.",
        fix="Ask Sigma to enable the newer generation in the target organization, or exclude the document.",
    ),
    Reason(
        code="bundle_invalid",
        sentence="The bundle cannot be read.",
        cause="A file of it is missing, was edited so that its digest no longer fits, or is not a document.",
        fix="Mend the file that is named, or export the bundle again.",
    ),
    Reason(
        code="run_unknown",
        sentence="There is no run of that name.",
        cause="Its folder was removed, or --dir names another place.",
        fix="Use one of the ids that are listed, or last.",
    ),
    Reason(
        code="run_unreadable",
        sentence="The record of the run cannot be read.",
        cause="run.json was cut off or edited, or it belongs to another program.",
        fix="Restore run.json from a copy, or run apply again; it writes a new one.",
    ),
    Reason(
        code="invalid_input",
        sentence="A file that was read is not as it must be.",
        cause="A plan, table, bundle or saved change set holds something that cannot be used.",
        fix="Mend each of the problems that are listed; each names its file and line.",
    ),
    Reason(
        code="usage",
        sentence="The command line was used wrongly.",
        cause="An option, an argument or a value is missing or unknown.",
        fix="Run the command with --help.",
    ),
    Reason(
        code="access",
        sentence="The credentials do not allow that.",
        cause="They are missing, were refused, or lack a permission.",
        fix="Run sigma-migrate doctor on the plan; it shows what each credential may do.",
    ),
    Reason(
        code="not_listed",
        sentence="A list of the organization could not be read.",
        cause="The account behind the credential may not list members, teams, attributes, plugins or connectors.",
        fix="Give the account that permission if the plan maps them; otherwise nothing is lost.",
    ),
    Reason(
        code="sources_unreadable",
        sentence="What a document reads could not be asked for.",
        cause="Sigma refused to list its sources.",
        fix="Check that the credential may read the document; what the document itself names is still followed.",
    ),
    Reason(
        code="not_run",
        sentence="It stands in the target, and nobody has checked it yet.",
        cause="Verification was stopped before it came to this document, or the plan asks for no level at all.",
        fix="Run `sigma-migrate verify PLAN`; it writes nothing.",
    ),
)
