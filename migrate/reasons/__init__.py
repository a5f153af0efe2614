"""Reason codes: what each means, why it happens, an example, and how to mend it.

Every row of a report that is not good carries one of these; ``sigma-migrate explain CODE`` prints it.
The table lies in one file a station; a new code is appended to the file of the station that reports it:

    plan     plan files, tables, credentials
    wire     answers of Sigma, hosts, identity, the network
    rewrite  references, rules, and what a document may lose
    change   deciding, writing, settling, undoing, the ledger
    check    reading an organization or a bundle, checking, run folders, the command line
"""

from __future__ import annotations

from migrate.reasons import change, check, plan, rewrite, wire
from migrate.reasons.model import Reason

__all__ = ["REASONS", "Reason"]

REASONS = {
    reason.code: reason
    for table in (plan.REASONS, wire.REASONS, rewrite.REASONS, change.REASONS, check.REASONS)
    for reason in table
}
"""Every reason code the program can report."""
