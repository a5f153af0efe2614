"""Copies whose source document is gone."""

from __future__ import annotations

from migrate.ledger.model import Copy, Home, Snapshot
from migrate.plan.model import Policy
from migrate.run.prepare import left_behind

HOME = Home(plan="p", source_org="s", target_org="t")


def copy(kind, source_id):
    return Copy(
        home=HOME,
        kind=kind,
        source_id=source_id,
        target_id=f"of {source_id}",
        name="Close",
        folder_id="f",
        digest_sent="",
        digest_read="",
        version_read=1,
    )


def test_each_copy_without_a_source_is_named_and_no_folder():
    copies = [copy("workbook", "a"), copy("workbook", "b"), copy("data-model", "a"), copy("folder", "x")]
    snapshot = Snapshot(home=HOME, copies={(one.kind, one.source_id): one for one in copies})
    assert left_behind("group", snapshot, {("workbook", "a")}, Policy()) == [
        "workbook 'Close' (of b) is still in group, its source document is gone",
        "data-model 'Close' (of a) is still in group, its source document is gone",
    ]
    assert left_behind("group", snapshot, set(), Policy(deletes="never")) == []
