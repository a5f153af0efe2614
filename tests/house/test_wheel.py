"""The wheel: compiled where that can be done, plain Python elsewhere, and the same program either way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def build(where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The wheel of this checkout, built with what is installed, so without any network."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index"]
    return subprocess.run(
        [*command, "--verbose", "--wheel-dir", str(where), str(ROOT)],
        env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def compiled_modules() -> tuple[str, ...]:
    """The list in ``hatch_build.py``, which only a build can import."""
    text = "import hatch_build; print(*hatch_build.COMPILED)"
    return tuple(subprocess.check_output([sys.executable, "-c", text], cwd=ROOT, text=True).split())


@pytest.mark.timeout(400)
def test_compiled_it_is_the_same_program(tmp_path):
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if not shutil.which(compiler) or not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        pytest.skip(f"no C compiler ({compiler}) or no Python headers here")
    done = build(tmp_path / "wheel", SIGMA_MIGRATE_COMPILE="1")
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "there")
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    for module in compiled_modules():
        source = tmp_path / "there" / module
        assert source.exists()
        assert source.with_name(source.stem + suffix).exists()
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "there"), "PYTHONSAFEPATH": "1"}
    where = "import migrate.rewrite.find as find; print(find.__file__)"
    found = subprocess.check_output([sys.executable, "-c", where], env=environment, cwd=ROOT, text=True)
    assert found.strip() == str(tmp_path / "there" / "migrate" / "rewrite" / f"find{suffix}")
    again = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "not bench", "tests/rewrite", "tests/rewrite_text"],
        env=environment, cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stdout[-4000:]


def test_without_a_compiler_it_is_plain_python(tmp_path):
    """Here mypyc itself is missing; whatever else fails takes the same way."""
    (tmp_path / "mypyc").mkdir()
    (tmp_path / "mypyc" / "__init__.py").write_text("raise ImportError('there is no mypyc here')\n")
    done = build(tmp_path / "wheel", PYTHONPATH=str(tmp_path), SIGMA_MIGRATE_COMPILE="")
    assert done.returncode == 0, done.stderr
    assert [path.name.split("-", 2)[2] for path in (tmp_path / "wheel").iterdir()] == ["py3-none-any.whl"]
    assert "the wheel is plain Python: there is no mypyc here" in done.stdout + done.stderr
    asked = build(tmp_path / "other", PYTHONPATH=str(tmp_path), SIGMA_MIGRATE_COMPILE="1")
    assert asked.returncode != 0
    assert "there is no mypyc here" in asked.stdout + asked.stderr


def test_whoever_wants_it_plain_gets_it_plain(tmp_path):
    assert build(tmp_path, SIGMA_MIGRATE_COMPILE="0").returncode == 0
    (wheel,) = tmp_path.glob("*-py3-none-any.whl")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith((".so", ".pyd"))]
