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


def test_gone_and_out_of_sight_are_told_apart_and_no_folder_is_told():
    copies = [copy("workbook", "a"), copy("workbook", "b"), copy("data-model", "a"), copy("folder", "x")]
    snapshot = Snapshot(home=HOME, copies={(one.kind, one.source_id): one for one in copies})
    fates = {("workbook", "b"): "gone", ("data-model", "a"): "not_visible"}
    gone, hidden = left_behind("group", snapshot, fates, Policy())
    assert gone == "workbook 'Close' (of b) is still in group, its source document is gone (source_gone)"
    assert "data-model 'Close' (of a)" in hidden
    assert "source_not_visible" in hidden
    assert "gone" not in hidden
    assert left_behind("group", snapshot, fates, Policy(deletes="never")) == [hidden]
    (unsure,) = left_behind("group", snapshot, {("workbook", "a"): "unknown"}, Policy())
    assert "not known" in unsure
