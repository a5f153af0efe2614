"""Where a rehearsal keeps what it needs: for its owner alone, gone afterwards, also after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from kit.places import REPOSITORY
from migrate.rehearse.place import private_place

WAITS = """
import sys
from migrate.rehearse.place import private_place
with private_place() as folder:
    (folder / "secret").write_text("names of an organization")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process at work in a place of its own below ``tmp_path``; gives it and its place."""
    environ = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        [sys.executable, "-c", WAITS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ, text=True
    ) as process:
        yield process, tmp_path / process.stdout.readline().strip()
        process.kill()


def test_it_is_for_its_owner_alone_and_gone_at_the_end(tmp_path):
    with private_place(tmp_path) as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "below").mkdir()
    assert list(tmp_path.iterdir()) == []


def test_it_is_gone_where_the_work_fails(tmp_path):
    with pytest.raises(KeyError), private_place(tmp_path):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_a_living_one_has_stays(tmp_path, other):
    process, theirs = other
    with private_place(tmp_path):
        assert (theirs / "secret").is_file(), "somebody works there"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (theirs / "secret").is_file()
    with private_place(tmp_path):
        assert not theirs.exists()


def test_what_only_looks_like_such_a_place_stays(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "in-use").touch()
    (tmp_path / "sigma-migrate-rehearsal-link").symlink_to(elsewhere)
    (tmp_path / "sigma-migrate-rehearsal-file").touch()
    (tmp_path / "sigma-migrate-rehearsal-bare").mkdir()
    with private_place(tmp_path):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {
        "elsewhere",
        "sigma-migrate-rehearsal-link",
        "sigma-migrate-rehearsal-file",
        "sigma-migrate-rehearsal-bare",
    }
    assert (elsewhere / "in-use").is_file()
