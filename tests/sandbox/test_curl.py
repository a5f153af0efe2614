"""A plain curl session with every generation: nothing of ours stands between the shell and the sandbox."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SESSION = Path(__file__).parent / "cases" / "session.sh"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("generation", ["flat", "document", "contents"])
def test_a_curl_session(running, ids, book_body, flat_body, tmp_path, generation):
    running.sandbox.world.orgs["north"].switches.generation = generation
    body = flat_body if generation == "flat" else book_body
    changed = {**body, "pages": [{**body["pages"][0], "name": "Changed"}]}
    envelope = {"name": "By curl", "folderId": ids["folder"]}
    wrapped = (lambda inner: inner) if generation == "flat" else (lambda inner: {generation: inner})
    bodies = {"create": envelope | wrapped(body), "update": wrapped(changed)}
    bodies["dry"] = bodies["create"] | {"dryRun": True}
    for name, tree in bodies.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(tree))
    session = {"BASE_URL": running.base_urls["north"], "CLIENT_ID": "north-id", "CLIENT_SECRET": "north-secret"}
    session |= {"GENERATION": generation, "WORK": str(tmp_path)}
    done = subprocess.run(
        ["sh", str(SESSION)], env=os.environ | session, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    said = (tmp_path / "said").read_text().splitlines()
    assert said == [
        f"me {ids['admin']}",
        f"workbook {ids['book']}",
        "version 2",
        "without a token 401",
        "deleted at the workbook 404",
    ]
    read = json.loads((tmp_path / "read.json").read_text())
    assert (read if generation == "flat" else read[generation])["pages"][0]["name"] == "on"
    if generation == "document":
        assert json.loads((tmp_path / "verified.json").read_text()) == {"valid": True}
    created = json.loads((tmp_path / "created.json").read_text())["workbookId"]
    org = running.sandbox.world.orgs["north"]
    assert org.inodes[created].name == "By curl"
    assert org.inodes[ids["book"]].versions[-1].body["pages"][0]["name"] == "Changed"
    assert org.inodes[ids["book"]].archived
    assert len(running.sandbox.evidence.writes("north")) == 3
