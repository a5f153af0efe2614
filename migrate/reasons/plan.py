"""Reasons of station 1: what can be wrong with a plan file and its credentials."""

from __future__ import annotations

from migrate.reasons.model import Reason

REASONS = (
    Reason(
        code="plan_unreadable",
        sentence="A file that the plan needs cannot be read.",
        cause="The path is wrong, or the file is not readable.",
        fix="Check the path; files a plan names are relative to the plan file.",
    ),
    Reason(
        code="plan_encoding",
        sentence="A file is not UTF-8 text.",
        cause="Spreadsheets may save in another encoding; or it is not a text file at all.",
        fix="Save it as UTF-8 (in Excel: CSV UTF-8).",
    ),
    Reason(
        code="plan_empty",
        sentence="A plan or a table in it is empty.",
        cause="Nothing but comments or a header stands in it.",
        fix="Start from plans/demo.yaml or from sigma-migrate init.",
    ),
    Reason(
        code="plan_syntax",
        sentence="A file is not YAML or CSV.",
        cause="Indentation, a colon, a quote or a tab is not where the format wants it.",
        fix="Look at the line that is named and at the one above it.",
    ),
    Reason(
        code="plan_duplicate_key",
        sentence="A key stands twice.",
        cause="YAML would silently take the last one.",
        fix="Keep one of them.",
    ),
    Reason(
        code="plan_unknown_key",
        sentence="A key or a column is not known.",
        cause="It is misspelt or stands in the wrong block.",
        fix="Take the one that is proposed; sigma-migrate schema plan lists all.",
        example="selct: instead of select:",
    ),
    Reason(
        code="plan_missing_key",
        sentence="A key that is needed is missing.",
        cause="Some things have no safe default: source, targets and what is selected.",
        fix="Add the key that is named.",
        example="select: {include: [{folder: Shared/Finance}]}",
    ),
    Reason(
        code="plan_missing_value",
        sentence="A key or a cell is empty.",
        cause="It was left unfinished.",
        fix="Give it a value or remove it.",
    ),
    Reason(
        code="plan_missing_variable",
        sentence="An environment variable is not set.",
        cause="Orgs of a CSV plan and base URLs written ${env.NAME} come from the environment.",
        fix="Export the variables that are named, or describe the orgs in a file: --orgs orgs.yaml.",
        example="export SIGMA_GROUP_BASE_URL=https://api.us-a.aws.sigmacomputing.com",
    ),
    Reason(
        code="plan_wrong_type",
        sentence="A value is of the wrong kind.",
        cause="A text stands where a list or a mapping is wanted, or the other way round.",
        fix="Write it as the example shows.",
        example="targets: [group]",
    ),
    Reason(
        code="plan_bad_value",
        sentence="A value cannot be taken.",
        cause="It is misspelt, out of range or not one of the choices.",
        fix="Take one of those that are listed.",
        example="existing: fail | skip | update | rename",
    ),
    Reason(
        code="plan_conflict",
        sentence="Two things in the plan contradict each other.",
        cause="Keys that shut each other out stand together, or two names mean one thing.",
        fix="Keep one of the two.",
    ),
    Reason(
        code="plan_duplicate_mapping",
        sentence="One thing is mapped twice.",
        cause="Nobody could say which mapping is meant.",
        fix="Keep one of the two.",
    ),
    Reason(
        code="plan_pattern",
        sentence="A pattern is broken.",
        cause="A * of the target has no * in the source to repeat, or there are too many.",
        fix="Write as many * on both sides.",
        example="{from: DW.FIN.*, to: OTHER.FIN.*}",
    ),
    Reason(
        code="plan_template",
        sentence="A ${...} cannot be filled in.",
        cause="The table of tenants has no such column, or the cell is empty.",
        fix="Add the column, fill the cell, or write the value out.",
        example="${target.database}",
    ),
    Reason(
        code="plan_unknown_org",
        sentence="An org is not described.",
        cause="Its alias is misspelt or it is missing under orgs:.",
        fix="Take the alias that is proposed, or describe the org.",
    ),
    Reason(
        code="plan_needs_write",
        sentence="A target may not be written to.",
        cause="Only an org with access: write is ever written to.",
        fix="Add access: write to it, if it is really meant.",
    ),
    Reason(
        code="plan_needs_expect",
        sentence="A write org does not say who it must be.",
        cause="Its identity is proven before anything is written.",
        fix="Add expect: {slug: ...} or {organization_id: ...}.",
    ),
    Reason(
        code="plan_host",
        sentence="Credentials would go to a host that is not allowed.",
        cause="They go to https://*.sigmacomputing.com and to this machine only.",
        fix="Correct the host, or add allow_host: true to that org.",
    ),
    Reason(
        code="plan_secret",
        sentence="A literal secret stands in a plan or a table.",
        cause="Plans are shared and kept in git; secrets must not be.",
        fix="Change the secret if it was shared, and write credentials: env:PREFIX.",
        example="credentials: env:SIGMA_GROUP",
    ),
    Reason(
        code="credentials_missing",
        sentence="The credentials of an org were not found.",
        cause="A variable is not set, or the keyring holds nothing for it.",
        fix="Set what is named.",
        example="export SIGMA_GROUP_CLIENT_ID=…",
    ),
    Reason(
        code="credentials_unsafe",
        sentence="A file with credentials can be read by others.",
        cause="It is not owner-only.",
        fix="chmod 600 FILE",
    ),
    Reason(
        code="credentials_unreadable",
        sentence="A file with credentials cannot be used.",
        cause="It is not there, or it does not hold client_id and client_secret.",
        fix="Write client_id and client_secret into it, as JSON or YAML.",
    ),
)
