"""Copies workbooks and data models between Sigma organizations, and proves that the copy is right.

The street, in the order data flows:

    plan       load    text -> Plan
    inventory  crawl   org -> Inventory          scope   Plan x Inventory -> Scope
    bundle     fetch   Scope -> Bundle           store   Bundle <-> folder of files
    rewrite    draft   Bundle x maps -> Drafts   bind, correlate
    change     decide  Drafts x target x ledger -> ChangeSet      apply -> Outcomes
    check      verify  Outcomes x read back -> Findings           tally -> Reconciliation
    report     render  Reconciliation -> files
"""

__version__ = "0.1.0"
