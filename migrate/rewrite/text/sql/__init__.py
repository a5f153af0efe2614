"""Custom SQL as Sigma reads it: a statement in a warehouse's dialect with controls in it.

``dialects`` holds what differs between warehouses, ``controls`` what stands between double braces, ``tokens`` splits a
statement, ``chains`` joins tokens into qualified names, ``walk`` goes through the clauses and ``reading`` is what comes
out; ``exchange`` renames in place, ``raw`` lists a directive that Sigma takes away.
"""
