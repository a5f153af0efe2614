"""Every fault of the sandbox at every kind of request, then a run without: the target is as if nothing had happened."""

import os
import random

import pytest

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(3600)]

FULL = os.environ.get("CHAOS") == "full"
NOTHING = {"duplicates": 0, "orphans": 0, "lost": 0, "open": 0}
FAULTS = {
    "answer lost": {"action": "lose_answer"},
    "reset": {"action": "reset"},
    "answer cut off": {"action": "truncate"},
    "slow answer": {"action": "slow", "seconds": 0.2},
    "delayed": {"action": "delay", "seconds": 0.2},
    "token expired": {"action": "expire"},
    "killed before": {"action": "kill"},
    "killed after": {"action": "kill", "effect": True},
    "429": {"action": "status", "status": 429, "retry_after": "1"},
    "429 page": {"action": "status", "status": 429, "as_html": True},
    "403 page": {"action": "status", "status": 403, "as_html": True},
    "500": {"action": "status", "status": 500},
    "500 though done": {"action": "status", "status": 500, "effect": True},
    "502 though done": {"action": "status", "status": 502, "effect": True, "as_html": True},
    "503": {"action": "status", "status": 503},
    "503 page": {"action": "status", "status": 503, "as_html": True},
    "504 though done": {"action": "status", "status": 504, "effect": True},
}
FEW = 4
WIDE = ("Shared/Sales/Stores", "Shared/Sales/Customers", "Shared/Sales/Online")


@pytest.mark.parametrize(
    "names", [[name] for name in FAULTS] if FULL else [[*FAULTS]], ids=FAULTS if FULL else ["some"]
)
def test_every_fault_at_every_kind_of_request(scene, figures, names):
    more = {"folders": WIDE if FULL else WIDE[:1]}
    with scene(**more) as undisturbed:
        assert undisturbed.run()["exit_code"] == 0
        expected, kinds = undisturbed.picture(), undisturbed.kinds()
    cases = [(kind, fault) for kind in kinds for fault in names]
    if not FULL:
        writes = [case for case in cases if case[0][1] != "GET" and "429" not in case[1] and "auth" not in case[0][2]]
        of_reports = [case for case in writes if "reports" in case[0][2]]
        cases = [*random.Random(11).sample(writes, FEW), *random.Random(11).sample(of_reports, FEW // 2)]
    unhealed = []
    for (org, method, path), name in cases:
        with scene(**more) as disturbed:
            fault = {**FAULTS[name], "org": org, "method": method, "path": path}
            if fault["action"] == "kill":
                disturbed.run(kill=fault)
            else:
                disturbed.fault(**fault)
                disturbed.run()
            struck = disturbed.running.sandbox.faults.dump()[0]["struck"]
            disturbed.running.sandbox.faults.clear()
            runs, last = disturbed.finish()
            found = {
                "struck": struck,
                "exit": last["exit_code"],
                "bad": last["bad"],
                "same": disturbed.picture() == expected,
                "losses": disturbed.losses(),
            }
            if found != {"struck": 1, "exit": 0, "bad": [], "same": True, "losses": NOTHING}:
                unhealed.append(((org, method, path, name), found))
        figures["faults injected"] += 1
        figures["runs that recovered from a fault"] += runs
    assert not unhealed, unhealed
