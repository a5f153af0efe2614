"""Branch coverage of the pure files: those that ``pyproject.toml`` names in the contract "Pure files take values ...".

``python tests/kit/pure_coverage.py`` runs the tests of the rooms that hold pure files, prints each such file with
branches that no test takes, and ends with 1 where less than FLOOR percent of all branches are taken.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOOR = 95.0
"""Percent of the branches of pure files that the tests take at least."""

ROOMS = (
    "bundle",
    "change",
    "check",
    "e2e/test_friendly_names.py",
    "inventory",
    "ledger/test_book.py",
    "plan",
    "report/test_text.py",
    "rewrite",
    "run",
    "terminal",
    "yaml",
)
"""What is run under ``tests/``: the rooms of the pure files, and a journey for what none of them takes."""

LONG = "not megabyte and not damage"
"""What is left out of them: how long the longest statement takes, and the suite of damages to finished copies."""

SHOWN = 15


def pure_files() -> list[str]:
    """Every file of the modules and packages that the contract of purity names."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (contract,) = [one for one in contracts if one["name"].startswith("Pure files")]
    found: list[Path] = []
    for module in contract["source_modules"]:
        at = ROOT.joinpath(*module.split("."))
        found += sorted(at.rglob("*.py")) if at.is_dir() else [at.with_suffix(".py")]
    return [str(path.relative_to(ROOT)) for path in found]


def measured(folder: Path) -> dict[str, dict[str, int]] | None:
    """The counts of each pure file by its path, from one run of the tests; None where a test fails."""
    settings, out = folder / "coveragerc", folder / "coverage.json"
    settings.write_text(f"[run]\nbranch = true\nsource = migrate\ndata_file = {folder / 'data'}\n", "utf-8")
    tests = [f"tests/{room}" for room in ROOMS]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", "-p", "no:benchmark"]
    marks = ["-m", "not bench and not chaos and not scale and not attack", "--timeout=600"]
    names = ["-k", LONG]
    report = ["--cov", f"--cov-config={settings}", f"--cov-report=json:{out}"]
    done = subprocess.run([*command, *marks, *names, *report, *tests], cwd=ROOT, check=False)
    if done.returncode:
        return None
    files = json.loads(out.read_text("utf-8"))["files"]
    return {name: files[name]["summary"] for name in pure_files()}


def main() -> int:
    """Prints what is not covered; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        counts = measured(Path(folder))
    if counts is None:
        print("no figures: a test failed")
        return 1
    open_branches = {name: one["missing_branches"] for name, one in counts.items() if one["missing_branches"]}
    for name, missing in sorted(open_branches.items(), key=lambda one: -one[1])[:SHOWN]:
        print(f"{name}: {missing} of {counts[name]['num_branches']} branches are taken by no test")
    branches = sum(one["num_branches"] for one in counts.values())
    lines = sum(one["num_statements"] for one in counts.values())
    missing_lines = sum(one["missing_lines"] for one in counts.values())
    taken = 100.0 * (1 - sum(open_branches.values()) / branches)
    run = 100.0 * (1 - missing_lines / lines)
    print(
        f"{len(counts)} pure files: {taken:.1f} % of {branches} branches, {run:.1f} % of {lines} lines; floor {FLOOR} %"
    )
    return 0 if taken >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
