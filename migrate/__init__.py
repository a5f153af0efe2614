"""Copies workbooks, data models and reports between Sigma organizations, and proves that the copy is right.

The street, in the order data flows:

    plan       load    text -> Plan
    inventory  crawl   org -> Inventory          scope   Plan x Inventory -> Scope
    bundle     fetch   Scope -> Bundle           store   Bundle <-> folder of files
    rewrite    draft   Bundle x maps -> Drafts   bind, correlate
    change     decide  Drafts x target x ledger -> ChangeSet      apply -> Outcomes
    check      verify  Outcomes x read back -> Findings           tally -> Reconciliation
    report     render  Reconciliation -> files

``run`` joins the stations for one command, ``migration`` is the library's one class, ``terminal`` and ``cli``
are what a person types and sees. ``sigma`` is the wire, ``yaml`` the one reader and writer of YAML, ``ledger`` the
durable record that ``change`` writes; ``sandbox`` is a local Sigma that knows nothing of the street.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrate.version import __version__

if TYPE_CHECKING:
    from migrate.migration import Migration
    from migrate.plan.model import Plan
    from migrate.rewrite.python_rules import RuleContext, RuleDocument
    from migrate.run.result import Result

__all__ = ["Migration", "Plan", "Result", "RuleContext", "RuleDocument", "__version__"]


def __getattr__(name: str) -> Any:
    """The public classes, imported when first asked for, so that ``--help`` costs little more than click."""
    if name == "Plan":
        from migrate.plan.model import Plan

        return Plan
    if name == "Migration":
        from migrate.migration import Migration

        return Migration
    if name == "Result":
        from migrate.run.result import Result

        return Result
    if name in ("RuleContext", "RuleDocument"):
        from migrate.rewrite import python_rules

        return getattr(python_rules, name)
    raise AttributeError(f"module 'migrate' has no attribute {name!r}")
