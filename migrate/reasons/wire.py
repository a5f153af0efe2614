"""Reasons of the wire: what Sigma answers, and what stands between."""

from __future__ import annotations

from migrate.reasons.model import Reason

REASONS = (
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
)
