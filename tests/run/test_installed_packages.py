"""Rules and report formats of an installed package: found by name, run only where somebody allowed the package."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from kit.places import REPOSITORY
from migrate.check.causes import caused
from migrate.check.model import Reconciliation, ReportRow
from migrate.errors import InvalidInput, Usage
from migrate.report.render import CHECKSUMS, render
from migrate.run.folder import write_run
from migrate.run.functions import Named, imported
from migrate.words import OUTCOMES, VERDICTS

PLAN = """
version: 1
name: p
orgs:
  a: {base_url: "http://127.0.0.1:9", credentials: "env:A"}
  b: {base_url: "http://127.0.0.1:9", credentials: "env:B", expect: {slug: b}, access: write}
source: a
targets: [b]
select: {include: [{type: workbook}]}
rules: [{name: house-style, python: acme-house-style}]
"""
RUN = {"id": "r1", "kind": "apply", "plan": "p", "plan_sha256": "0" * 64, "status": "complete"}
RUN |= {"started_at": "2026-11-28T01:00:00Z", "finished_at": "2026-11-28T01:01:00Z"}


def found():
    row = {"target": "b", "type": "workbook", "source_id": "w1", "source_name": "=Weekly", "outcome": "failed"}
    rows, causes = caused([ReportRow(**row, reason_code="forbidden", thing="Shared")], RUN)
    total = {"in_scope": 1, **dict.fromkeys((*OUTCOMES, *VERDICTS), 0), "failed": 1, "left_scope": 0, "new": 0}
    shown = {"run": RUN, "orgs": (), "totals": {"b": total}, "residuals": (), "consistent": True, "exit_code": 1}
    return Reconciliation(rows=rows, causes=causes, **shown)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder into which the example package is built and installed, and nothing else."""
    folder = tmp_path_factory.mktemp("shelf")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    package = REPOSITORY / "examples" / "acme-rules"
    subprocess.run([*pip, "--target", folder, package], check=True, capture_output=True, timeout=100)
    return folder


@pytest.fixture
def call(shelf, tmp_path):
    """A command in a process of its own that finds the example package installed."""

    def run(*words):
        environ = {name: value for name, value in os.environ.items() if not name.startswith("SIGMA_")}
        environ["PYTHONPATH"] = os.pathsep.join([str(shelf), str(REPOSITORY)])
        line = [sys.executable, "-m", "migrate", *words]
        return subprocess.run(line, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=100)

    return run


def test_a_rule_of_an_installed_package_is_found_by_its_name_and_needs_leave(call, tmp_path):
    (tmp_path / "plan.yaml").write_text(PLAN)
    refused = call("validate", "plan.yaml")
    assert refused.returncode == 3
    assert "acme_rules.brand:house_style" in refused.stderr
    assert "--allow-python acme_rules" in refused.stderr
    assert call("validate", "plan.yaml", "--allow-python", "acme_rules").returncode == 0
    (tmp_path / "plan.yaml").write_text(PLAN.replace("python: acme-house-style", "python: another"))
    unknown = call("validate", "plan.yaml", "--allow-python", "acme_rules")
    assert unknown.returncode == 3
    assert "no installed package offers 'another'" in unknown.stderr
    assert "offered: acme-house-style" in unknown.stderr


def test_a_report_format_of_an_installed_package_writes_its_file_beside_ours(call, tmp_path):
    folder = tmp_path / "reports" / "r1"
    write_run(folder, RUN, found())
    refused = call("report", "r1", "--also", "acme-handover")
    assert (refused.returncode, list(folder.glob("report.*"))) == (3, [])
    done = call("report", "r1", "--also", "acme-handover", "--allow-python", "acme_rules", "--output", "json")
    assert done.returncode == 1, done.stderr
    written = folder / "report.acme-handover"
    assert json.loads(done.stdout)["files"]["acme-handover"] == str(written.relative_to(tmp_path))
    assert json.loads(written.read_text("utf-8"))["document"] == "=Weekly"
    digest = hashlib.sha256(written.read_bytes()).hexdigest()
    assert f"{digest}  report.acme-handover\n" in (folder / CHECKSUMS).read_text()


def raising(_report):
    raise SystemExit(0)


def test_a_format_that_gives_up_is_told_and_ours_stand(tmp_path):
    for also, told in (({"x": raising}, "SystemExit: 0"), ({"x": len}, "gave int, and not bytes or a text")):
        with pytest.raises(Usage, match=told):
            render(found(), tmp_path, ("json",), also=also)
        assert "report.json" in (tmp_path / CHECKSUMS).read_text()
        assert not (tmp_path / "report.x").exists()


def test_a_format_gets_a_tree_of_its_own_without_secrets(tmp_path):
    def spoiling(report):
        report["rows"].clear()
        return b"ok"

    made = render(
        found(), tmp_path, ("json",), also={"first": spoiling, "second": lambda report: str(len(report["rows"]))}
    )
    assert (made["first"].read_bytes(), made["second"].read_text()) == (b"ok", "1")


def test_nothing_is_imported_where_one_of_several_is_not_allowed():
    wanted = [
        Named(wanted_by="--also", written=written, group="sigma_migrate.report_formats")
        for written in ("json:dumps", "no_such_package.at_all:run")
    ]
    with pytest.raises(InvalidInput) as caught:
        imported(wanted, {"json"})
    assert [one.code for one in caught.value.problems] == ["python_not_allowed"]
    with pytest.raises(InvalidInput) as caught:
        imported(wanted, {"json", "no_such_package"})
    assert [(one.code, one.value) for one in caught.value.problems] == [("python_unusable", wanted[1].written)]
    assert imported(wanted[:1], {"json"}) == (json.dumps,)
