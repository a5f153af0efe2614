"""A script that knows nothing of this project goes through the whole built-in world."""

import json
import os
import subprocess
import sys
from pathlib import Path

from migrate.sandbox import world
from migrate.sandbox.server import serve

SCRIPT = Path(__file__).parent / "cases" / "independent.py"


def test_a_script_reads_the_built_in_world():
    built = world.builtin()
    org = built.orgs["acme_au"]
    with serve(built) as running:
        session = {"CLIENT_ID": org.clients[0].client_id, "CLIENT_SECRET": org.clients[0].client_secret}
        done = subprocess.run(
            [sys.executable, "-I", str(SCRIPT), running.base_urls["acme_au"]],
            env=os.environ | session,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        log = running.sandbox.evidence.of("acme_au")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["workbooks"] >= 25
    assert report["models"] >= 8
    assert report["read"] == report["workbooks"] + report["models"]
    assert report["verified"] == {"valid": True}
    assert not [entry for entry in log if entry.wrote or entry.status >= 500]
