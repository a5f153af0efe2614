"""One outcome a document: what became of its actions, told by the one that counts."""

from __future__ import annotations

import pytest

from migrate.change.actions import on_documents
from migrate.change.endings import Ending, Endings


def ended(make, **outcomes):
    """The endings of two workbooks that link to each other; ``outcomes`` by verb and number, such as ``create_3``."""
    one, other = make.workbook(3, links=4), make.workbook(4, links=3)
    changes = make.waves([make.create(one), make.create(other)], [make.patch(one, "create:workbook-4")])
    endings = Endings(changes)
    for action in on_documents(endings.actions()):
        outcome = outcomes[f"{action.verb}_{action.key.id.rpartition('-')[2]}"]
        bad = outcome in ("failed", "blocked")
        endings.record(
            Ending(
                action=action,
                outcome=outcome,
                target_id="" if bad else f"t-{action.key.id}",
                reason="the other one was refused" if bad else "",
                reason_code=("blocked_by" if outcome == "blocked" else "invalid_request") if bad else "",
            )
        )
    return {outcome.key.id.rpartition("-")[2]: outcome for outcome in endings.outcomes()}


def test_a_document_whose_link_waits_for_another_one_is_made_and_says_so(make):
    found = ended(make, create_3="created", create_4="failed", patch_3="blocked")
    assert (found["3"].outcome, found["3"].reason_code) == ("created", "link_left_open")
    assert found["3"].target_id == f"t-{found['3'].key.id}"
    assert "the other one was refused" in found["3"].reason
    assert found["4"].outcome == "failed"


@pytest.mark.parametrize(
    ("create", "patch", "outcome", "code"),
    [
        ("created", "updated", "created", ""),
        ("created", "failed", "failed", "invalid_request"),
        ("failed", "blocked", "failed", "invalid_request"),
        ("blocked", "blocked", "blocked", "blocked_by"),
    ],
)
def test_otherwise_the_worst_end_counts_then_the_first_write(make, create, patch, outcome, code):
    found = ended(make, create_3=create, create_4="created", patch_3=patch)
    assert (found["3"].outcome, found["3"].reason_code) == (outcome, code)
