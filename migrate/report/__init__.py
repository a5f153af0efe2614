"""Station 10: a reconciliation becomes files."""
