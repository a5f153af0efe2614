"""The one-file program, with a small one in the place of the real one; ``make zipapp`` builds and starts that."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys

import pytest

from kit.one_file import START, packed

HERE = runpy.run_path(str(START))["here"]()


@pytest.fixture
def program(tmp_path):
    """Builds the file for a kind of machine; its path."""

    def build(built_for=HERE, says="hello"):
        folder = tmp_path / "parts"
        (folder / "migrate").mkdir(parents=True, exist_ok=True)
        (folder / "migrate" / "__init__.py").touch()
        text = f"import sys\ndef main():\n    print({says!r}, __file__, *sys.argv[1:])\n"
        (folder / "migrate" / "cli.py").write_text(text, encoding="utf-8")
        packed(folder, tmp_path / "one.pyz", built_for)
        return tmp_path / "one.pyz"

    return build


def started(path, *arguments):
    environ = {**os.environ, "XDG_CACHE_HOME": str(path.parent / "cache")}
    return subprocess.run(
        [sys.executable, "-I", path, *arguments], env=environ, capture_output=True, text=True, check=False
    )


def test_it_lays_itself_out_once_and_runs(program):
    path = program()
    first, second = started(path, "status"), started(path, "status")
    assert first.stdout == second.stdout
    assert first.stdout.startswith(f"hello {path.parent / 'cache' / 'sigma-migrate'}")
    (place,) = (path.parent / "cache" / "sigma-migrate").iterdir()
    assert place.stat().st_mode & 0o077 == 0
    again = started(program(says="other"))
    assert again.stdout.startswith("other")
    assert len(list(place.parent.iterdir())) == 2


def test_on_another_kind_of_machine_it_says_so(program):
    done = started(program(built_for="cpython-27 amiga"))
    assert done.returncode == 1
    assert "was built for cpython-27 amiga" in done.stderr
    assert not (program().parent / "cache").exists()
