"""Reason codes: what each means, why it happens, an example, and how to mend it.

Every row of a report that is not good carries one of these; ``sigma-migrate explain CODE`` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason code in words."""

    code: str
    sentence: str
    cause: str
    fix: str
    example: str = ""


_TABLE = (
    Reason(
        code="internal",
        sentence="The tool has a bug.",
        cause="Something happened that the program did not foresee.",
        fix="Run again with --log FILE and report the log; it holds no secrets.",
    ),
    Reason(
        code="blocked_by",
        sentence="A document it needs was not copied.",
        cause="A data model or workbook it depends on failed or was blocked.",
        fix="Mend the cause named in the row it points to, then run apply again.",
    ),
    Reason(
        code="host_not_allowed",
        sentence="Credentials would go to a host that is not Sigma's.",
        cause="base_url names another host, or is not HTTPS.",
        fix=(
            "Write base_url as https://<API host> of *.sigmacomputing.com, or set allow_host: true on that org "
            "if it is really meant."
        ),
        example="base_url: https://api.sigma.example.com",
    ),
    Reason(
        code="wrong_org",
        sentence="The credentials belong to another organization than the plan expects.",
        cause=(
            "The organization id or slug that answered is not the one under expect; credentials of two orgs are "
            "likely swapped."
        ),
        fix="Compare the credentials and expect of that org in the plan; swap them back.",
        example="expect: {slug: acme-group} answered by acme-au",
    ),
    Reason(
        code="identity_unproven",
        sentence="Nothing shows which organization answered.",
        cause=(
            "Only a slug is expected, and no document of the org shows one; or nothing is expected of an org "
            "that is written to."
        ),
        fix="Add organization_id under expect of that org; doctor prints the id.",
        example="expect: {slug: acme-group} on an empty organization",
    ),
    Reason(
        code="bad_credentials",
        sentence="The token endpoint refused the credentials.",
        cause=(
            "Client id or secret is wrong or revoked, base_url is the host of another region, or an IP "
            "allow-list keeps this address out."
        ),
        fix=(
            "Check the client id and secret, that base_url is the host shown under Administration > Developer "
            "Access, and the IP allow-list."
        ),
    ),
    Reason(
        code="unauthorized",
        sentence="Sigma refused the token, also a fresh one.",
        cause="base_url is the host of another region, the credential was revoked, or the user behind it is inactive.",
        fix=(
            "Check base_url against Administration > Developer Access, and that the credential and its user are active."
        ),
    ),
    Reason(
        code="forbidden",
        sentence="The credential may not do that.",
        cause="The account type or the grants of the user behind the credential do not allow it.",
        fix="Grant the user access to that object, or use a credential whose account type allows it.",
    ),
    Reason(
        code="not_found",
        sentence="Sigma does not know that object.",
        cause="It was deleted, or the credential cannot see it, or base_url is the host of another region.",
        fix="Check that it still exists and that the credential's user can see it.",
    ),
    Reason(
        code="no_such_route",
        sentence="The host does not know that call.",
        cause="The organization serves another generation of the API, or base_url is not an API host.",
        fix="Run sigma-migrate doctor on the plan; it shows the API generation and host of every org.",
    ),
    Reason(
        code="conflict",
        sentence="The object changed meanwhile, or is there already.",
        cause="Somebody else wrote to it after it was read.",
        fix="Run plan again and apply the new change set.",
    ),
    Reason(
        code="archived",
        sentence="The document is archived.",
        cause="Archived documents can be listed but not read.",
        fix="Restore it in Sigma, or exclude it.",
    ),
    Reason(
        code="dependency_not_found",
        sentence="The document names something the target does not have.",
        cause="A column, element, model or path that it reads is absent in the target.",
        fix="Map it to something that exists in the target, or copy or sync it there first.",
        example="Dependency not found: 'ORDERS/Region'",
    ),
    Reason(
        code="feature_off",
        sentence="The organization has that feature switched off.",
        cause="Code representation, panels, navigation and semantic views are enabled per organization.",
        fix="Ask Sigma to enable the feature in that organization, or exclude the document.",
        example="panels: page headers and page sidebars are not enabled for this workspace",
    ),
    Reason(
        code="wrong_generation",
        sentence="The organization accepts another generation of the format.",
        cause="Sigma changed the shape of workbooks in August and September 2026.",
        fix="Run doctor to see which generation the org accepts, then plan again.",
        example="Expecting { schemaVersion: 1 } at 0.document",
    ),
    Reason(
        code="layout_refused",
        sentence="The layout does not place every element.",
        cause="An element of the document stands nowhere in its layout.",
        fix="Open the document in Sigma, place the element, publish, and run again.",
        example="element 'Ab12' is not placed in layout",
    ),
    Reason(
        code="not_of_this_org",
        sentence="The document holds something only its own organization can serve.",
        cause="Uploaded images and CSV tables belong to the organization they were uploaded to.",
        fix="Upload it in the target and replace it, or exclude the document.",
    ),
    Reason(
        code="too_large",
        sentence="The document is too large for the API.",
        cause="The request body exceeds what the service accepts.",
        fix="Split the document in Sigma.",
    ),
    Reason(
        code="api_refused",
        sentence="Sigma refused the request.",
        cause="The service answered with an error that has no closer reason here.",
        fix="Read the server's message; the request id identifies the call for Sigma's support.",
    ),
    Reason(
        code="edge_blocked",
        sentence="The firewall in front of Sigma blocks that request.",
        cause=(
            "An HTML page with status 403 came in place of an API answer, again and again; some contents, such "
            "as rgb() colours, trip the firewall."
        ),
        fix=(
            "If one document alone is hit, write its rgb() colours as hex in Sigma; if all are, ask who runs "
            "the network."
        ),
    ),
    Reason(
        code="redirected",
        sentence="The host answered with a redirect.",
        cause="base_url is not the API host, or something in between intercepts the traffic.",
        fix="Check base_url against Administration > Developer Access.",
    ),
    Reason(
        code="throttled",
        sentence="The service kept asking to slow down.",
        cause="More requests came from here than the edge allows, or it locked this address out for some minutes.",
        fix="Wait some minutes, lower requests_per_second and concurrency under run, then run again.",
    ),
    Reason(
        code="unreachable",
        sentence="The host could not be reached.",
        cause="Name, network, proxy or certificate trouble, or the service is down.",
        fix="Check base_url, network and proxy settings (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE), then run again.",
    ),
    Reason(
        code="service",
        sentence="The service did not answer usefully, after all retries.",
        cause="It kept failing, or sent what cannot be read.",
        fix="Run again later; apply goes on from there.",
    ),
    Reason(
        code="outcome_unknown",
        sentence="A write was sent and nobody knows whether it was done.",
        cause="The answer was lost: a timeout, a dropped connection, or a failure of the service.",
        fix="Run apply again; it looks for the result before it sends anything.",
    ),
    Reason(
        code="safety_stop",
        sentence="A guard stopped the run.",
        cause="A request was about to leave that this plan does not allow.",
        fix="Read the message; nothing was sent.",
    ),
    Reason(
        code="not_writable",
        sentence="A write to an org that is only read was stopped.",
        cause="Only orgs with access: write are ever written to.",
        fix="Set access: write on that org and name it under expect, if it is really a target.",
    ),
    Reason(
        code="dry_run_wrote",
        sentence="A check that must write nothing made a document.",
        cause="The organization ignores dryRun.",
        fix="Delete the document named in the message in Sigma, and take compile out of verify for that org.",
    ),
    Reason(
        code="paging_loop",
        sentence="A listing never ends.",
        cause="The service sent the same page cursor twice.",
        fix="Run again; if it stays, report the call to Sigma's support.",
    ),
    Reason(
        code="paging_total",
        sentence="A listing is not as long as it says.",
        cause="Entries appeared or vanished while it was read, or the service counts others than it shows.",
        fix="Run again while nobody edits; compare the counts if it stays.",
    ),
    Reason(
        code="null_entries",
        sentence="A listing held empty entries.",
        cause="The service lists objects that the credential cannot see as null.",
        fix="Nothing needs to be done; grant access if something is missing.",
    ),
    Reason(
        code="odd_answer",
        sentence="An answer is not of the shape it should be.",
        cause="The API may be newer than this version of the tool.",
        fix="Look for a newer version of sigma-migrate; report the log of the run if there is none.",
    ),
    Reason(
        code="bad_id",
        sentence="An id is not usable in a request.",
        cause="It is empty or made of dots, so it would address another thing.",
        fix="Check where that id comes from.",
    ),
    Reason(
        code="unknown_shape",
        sentence="The document came in a shape this version does not know.",
        cause="Sigma's format may be newer than this version of the tool.",
        fix="Look for a newer version of sigma-migrate; leave the document out until then.",
    ),
    Reason(
        code="permanent_error",
        sentence="Sigma fails on that document every time.",
        cause="A failure with an incident id that stays: often a document or layout the service itself cannot read.",
        fix="Open the document in Sigma and look for broken elements; Sigma's support can look up the incident id.",
        example="An error has occurred. Please try again later (incident-id=...)",
    ),
    Reason(
        code="unresolved_connection",
        sentence="A connection of the source has no counterpart in the target.",
        cause="No entry of map.connections names it.",
        fix="Add it to map.connections.",
    ),
    Reason(
        code="unresolved_name",
        sentence="A name in the plan's map does not exist in the target.",
        cause="It is misspelled, or was never made there.",
        fix="Correct the name, or create the thing in the target.",
    ),
    Reason(
        code="ambiguous_name",
        sentence="A name in the plan's map means several things.",
        cause="Sigma lets several things share a name.",
        fix="Write the id of the one that is meant; the message lists them.",
    ),
    Reason(
        code="map_conflict",
        sentence="Two entries of a map speak of the same thing.",
        cause="It was mapped once by name and once by id, or twice.",
        fix="Keep one of the entries.",
    ),
    Reason(
        code="map_unmatched",
        sentence="An entry of the plan's map matched nothing.",
        cause="It is misspelled, or what it names is not in scope.",
        fix="Correct or remove the entry.",
    ),
    Reason(
        code="rule_unmatched",
        sentence="A rule of the plan changed nothing.",
        cause="Its text, address or path stands nowhere, or its where chose no document.",
        fix="Correct or remove the rule.",
    ),
    Reason(
        code="unresolved_model",
        sentence="A data model that is read is neither copied nor mapped.",
        cause="It is not in scope, or the credential cannot see it.",
        fix="Select it, set dependencies: include, or map it in map.data_models.",
    ),
    Reason(
        code="model_gap",
        sentence="A mapped data model lacks something that is read.",
        cause="The model of the target has no element, column or control of that name.",
        fix="Add it there, name its counterpart in map.controls, or copy the model instead.",
    ),
    Reason(
        code="dangling_reference",
        sentence="The source document points at something that is not there.",
        cause="An element, grouping or column was deleted after it was used.",
        fix="Mend the document in the source.",
    ),
    Reason(
        code="unbound_reference",
        sentence="An id that a document needs does not exist yet.",
        cause="What it points to was not copied before it.",
        fix="Run apply again after what it needs was copied.",
    ),
    Reason(
        code="unknown_reference",
        sentence="A place of the document points at something nobody could place.",
        cause="A link to a document that is not copied, or a field this version does not know.",
        fix="Select or map what it points to, exchange it by a rule, or set unsupported: report.",
    ),
    Reason(
        code="security_unmapped",
        sentence="A row or column rule names somebody the target does not have.",
        cause="The team, member or user attribute is missing there.",
        fix="Create it, map it, or have a named person waive the rule (security: waive, waived_by).",
    ),
    Reason(
        code="unresolved_plugin",
        sentence="A plugin is not registered in the target.",
        cause="Plugins belong to an organization.",
        fix="Register it there under the same name, or map it in map.plugins.",
    ),
    Reason(
        code="unresolved_connector",
        sentence="An API or MCP connector does not exist in the target.",
        cause="Connectors belong to an organization.",
        fix="Create it there under the same name.",
    ),
    Reason(
        code="not_portable",
        sentence="Part of the document cannot leave its organization.",
        cause="Uploaded images and CSV files, themes and agent sequences cannot be copied by any call.",
        fix="Replace it by a rule, or set unsupported: report and redo it by hand.",
    ),
    Reason(
        code="sql_unparsed",
        sentence="A custom SQL statement could not be rewritten.",
        cause="The parser does not know something in it.",
        fix="Rewrite it by a rule, or set sql: keep on the connection if its names are right.",
    ),
    Reason(
        code="sql_refused",
        sentence="The plan refuses custom SQL on this connection.",
        cause="sql: fail is set on it.",
        fix="Set sql: rewrite or sql: keep.",
    ),
    Reason(
        code="sql_dynamic",
        sentence="A custom SQL statement makes names while it runs.",
        cause="Such names cannot be followed.",
        fix="Read the statement and try it in the target.",
    ),
    Reason(
        code="no_write_access",
        sentence="An input table would use a connection without write access.",
        cause="Input tables write to the warehouse.",
        fix="Enable write access on that connection, or map another.",
    ),
    Reason(
        code="export_recipients",
        sentence="An action of the document sends to people.",
        cause="Both organizations may now send the same.",
        fix="Check who should receive it from where.",
    ),
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
    Reason(
        code="ambiguous_prefix",
        sentence="A formula cannot be made to follow a renamed table without guessing.",
        cause="Several things share the name, and only some of them move.",
        fix="Give the element or join leg a name of its own in the source.",
    ),
    Reason(
        code="hidden_source",
        sentence="The document depends on something that no document shows.",
        cause="It reads a dataset, or is pinned to a tagged version of a data model.",
        fix="Turn the dataset into a data model, or tag the copied model and pin the copy.",
    ),
    Reason(
        code="rule_left_name",
        sentence="A rule left a name alone because formulas name it.",
        cause="Exchanging it would break those formulas.",
        fix="Rename the element in the source.",
    ),
    Reason(
        code="overlay_unreachable",
        sentence="Nothing opens an overlay of the document.",
        cause="The action that opens it may be lost on reading.",
        fix="Open the original in Sigma and set the action again in the copy.",
    ),
    Reason(
        code="input_table_rows",
        sentence="The rows of an input table stay behind.",
        cause="They stand in the warehouse, not in the document.",
        fix="Carry them over in the warehouse.",
    ),
    Reason(
        code="input_table_unwritten",
        sentence="No action writes an input table that nobody may type into.",
        cause="The action may be lost on reading.",
        fix="Open the original in Sigma and set the action again in the copy.",
    ),
    Reason(
        code="button_without_action",
        sentence="A button has no action.",
        cause="It may be lost on reading.",
        fix="Open the original in Sigma and set the action again in the copy.",
    ),
    Reason(
        code="python_runtime",
        sentence="A Python element needs a runtime that belongs to the organization.",
        cause="Runtimes are not part of a document.",
        fix="Check that it runs in the target.",
    ),
    Reason(
        code="broken_in_source",
        sentence="A formula points at something that was deleted in the source.",
        cause="It was broken before the copy.",
        fix="Mend it in the source.",
    ),
    Reason(
        code="hidden_title",
        sentence="An element hides its title, so its name is lost, and others read it by name.",
        cause="The read API does not give hidden names.",
        fix="Give it a name in the source.",
    ),
    Reason(
        code="not_placed",
        sentence="An element is nowhere in the layout.",
        cause="Children of stacked containers are lost on reading.",
        fix="Place it again in the copy.",
    ),
    Reason(
        code="text_normalized",
        sentence="A text loses empty lines.",
        cause="The service takes several in a row out.",
        fix="Look at the text in the copy.",
    ),
    Reason(
        code="edited_meanwhile",
        sentence="The document was edited in the target after the plan was made, so it was not overwritten.",
        cause="Somebody published a version between plan and write, or while a lost write was being settled.",
        fix="Run plan again and decide about the edit with policy.drift.",
    ),
    Reason(
        code="would_drop",
        sentence="Replacing the document would drop pages or elements that people added in the target.",
        cause="They stand in the copy, but neither in the source nor in what was written there before.",
        fix="Copy these parts elsewhere, or set policy.removals to allow.",
    ),
    Reason(
        code="gone_meanwhile",
        sentence="The document was deleted in the target after the plan was made.",
        cause="Somebody archived it between plan and write.",
        fix="Run plan again; it will be created anew.",
    ),
    Reason(
        code="folder_missing",
        sentence="The folder a document belongs in is not in the target.",
        cause="It could not be made, or it was deleted after the plan was made.",
        fix="Mend the cause that the row names, then run plan again.",
    ),
    Reason(
        code="ambiguous_folder",
        sentence="Several folders of one name stand side by side in the target.",
        cause="Sigma allows it, and a path of names then means more than one folder.",
        fix="Rename or archive all but one, or map the folder by id.",
    ),
    Reason(
        code="ambiguous_outcome",
        sentence="The answer to a create was lost, and several documents may be what it made.",
        cause="They have the planned name, folder, author and time.",
        fix="Archive those that are not the copy, then run apply again.",
    ),
    Reason(
        code="not_done",
        sentence="The answer to a write was lost, and nothing in the target shows that it was done.",
        cause="The request did not arrive, or the service did nothing.",
        fix="Nothing; it is sent again.",
    ),
    Reason(
        code="written_not_found",
        sentence="A document was written and cannot be found now.",
        cause="Somebody deleted it at once.",
        fix="Look for it in the target's trash, then run apply again.",
    ),
    Reason(
        code="write_still_open",
        sentence="An earlier write to the same document has no known outcome yet.",
        cause="A run was killed, or another one is at work.",
        fix="Run apply again; it settles what is open first.",
    ),
    Reason(
        code="stopped_on_error",
        sentence="The run stopped at its first error, as the plan says.",
        cause="policy.on_error is stop.",
        fix="Mend the error that the failed row names, then run apply again.",
    ),
    Reason(
        code="breaker",
        sentence="The run stopped because too many writes failed.",
        cause="The share of failures passed policy.breaker_percent; something concerns all documents.",
        fix="Mend the cause that the failed rows name, then run apply again.",
    ),
    Reason(
        code="interrupted",
        sentence="The run was stopped before this document was done.",
        cause="Ctrl-C, SIGTERM, or the end of the machine.",
        fix="Run apply again; it goes on from here.",
    ),
    Reason(
        code="lock_held",
        sentence="Another run works on this target.",
        cause="Its lock has not expired, or was taken over by a later run.",
        fix="Wait for that run to end.",
    ),
    Reason(
        code="ledger_unusable",
        sentence="The ledger cannot be read or written.",
        cause="The place does not exist, is full, is not writable, or its server does not answer.",
        fix="Check state of the plan, and the place it names.",
    ),
    Reason(
        code="ledger_newer",
        sentence="The ledger was written by a newer version.",
        cause="It has a schema that this version does not know.",
        fix="Use that version or a newer one.",
    ),
    Reason(
        code="invalid_state",
        sentence="The state of the plan is no URL of a ledger.",
        cause="Only SQLite files and PostgreSQL databases can hold one.",
        fix="Write sqlite:///FOLDER/state.db or postgresql+psycopg://HOST/DATABASE.",
    ),
    Reason(
        code="edited_since",
        sentence="It was changed after the run that is to be undone, so it stays.",
        cause="Somebody, or a later run, edited, renamed or moved it.",
        fix="Take that change back first, or remove the document by hand.",
    ),
    Reason(
        code="gone_already",
        sentence="There is nothing to take back: it is not there any more.",
        cause="Somebody deleted it, or it was undone before.",
        fix="Nothing.",
    ),
    Reason(
        code="folder_in_use",
        sentence="The folder stays, because something stands in it.",
        cause="Only empty folders are removed.",
        fix="Empty the folder, then remove it by hand.",
    ),
    Reason(
        code="ambiguous_copy",
        sentence="Several documents in the target may be the copy.",
        cause="They have the planned name and folder, and content alone does not decide.",
        fix="Name the copy in the plan by id, or rename the others.",
    ),
    Reason(
        code="ids_ambiguous",
        sentence="Several parts of a copied data model look the same.",
        cause="The service gave them new ids, and nothing tells them apart.",
        fix="Give them different names in the source, then run apply again.",
    ),
    Reason(
        code="ids_incomplete",
        sentence="Parts of a data model that were sent are not in its copy.",
        cause="The service dropped or changed them.",
        fix="Compare the copy with its source in Sigma.",
    ),
    Reason(
        code="ids_uncorrelated",
        sentence="Which part of a copied data model is which is not certain.",
        cause="The service gave new ids and changed more than ids.",
        fix="Compare the copy with its source in Sigma.",
    ),
)

REASONS = {reason.code: reason for reason in _TABLE}
"""Every reason code the program can report."""
