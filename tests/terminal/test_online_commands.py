"""The commands against served organizations: exit codes, streams, saved change sets, secrets."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from dataclasses import replace

from migrate.sandbox.org import Version


def names(org):
    return sorted(inode.name for inode in org.inodes.values() if inode.versions)


def edit(org, name):
    inode = next(inode for inode in org.inodes.values() if inode.name == name)
    last = inode.versions[-1]
    body = json.loads(json.dumps(last.body).replace("Hello", "Hello again"))
    inode.versions.append(Version(number=last.number + 1, body=body, published_at="", published_by=last.published_by))


def test_a_whole_journey(desk):
    """Plan, apply, again, report, verify, undo: each with its code, its data and its silence."""
    plan = desk.plan()
    text = desk.call("plan", plan)
    assert text.returncode == 0
    assert "3 to create" in text.stdout
    assert "Reading" in text.stderr
    assert desk.call("plan", plan, "--detailed-exitcode", "--quiet").returncode == 2
    assert " requests to group, 1 second at 1000 requests a second: documents made 3 × 4 to 5" in " ".join(
        text.stdout.split()
    )
    looked = desk.call("plan", plan, "--report", "look", "--quiet")
    assert "Written: look/plan.html\nWritten: look/plan.xlsx" in looked.stdout
    assert "Nothing was written." in (desk.folder / "look" / "plan.html").read_text("utf-8")
    changes = desk.data("plan", plan)
    assert changes["plan"] == "test"
    assert [one["target"] for one in changes["forecast"]] == ["group"]
    assert changes["rows_forecast"] == []
    (rows,) = desk.data("plan", plan, "--set", "verify.levels=exists,data")["rows_forecast"]
    assert (rows["target"], rows["workbooks"], rows["requests"]) == ("group", 2, 4 * rows["elements"] + 2)
    assert names(desk.group) == [], "a plan writes nothing"

    done = desk.data("apply", plan, "--yes", "--log", "events.jsonl")
    assert done["totals"]["group"]["created"] == 3
    assert names(desk.group) == ["Notes", "Orders", "Sales"]
    events = (desk.folder / "events.jsonl").read_text("utf-8")
    assert all(json.loads(line)["event"] for line in events.splitlines())
    assert len(events.splitlines()) > 10
    written = {path for path in desk.folder.rglob("*") if path.is_file() and path.suffix != ".yaml"}
    for secret in desk.secrets:
        assert not [path for path in written if secret.encode() in path.read_bytes()]

    assert desk.call("plan", plan, "--detailed-exitcode", "--quiet").returncode == 0
    again = desk.call("apply", plan, "--quiet")
    assert again.returncode == 0, "nothing to write, nothing to ask"
    assert "3 unchanged" in again.stdout
    assert again.stderr == ""

    report = desk.data("report", "last")
    assert json.loads((desk.folder / report["files"]["json"]).read_text("utf-8"))["consistent"] is True
    assert desk.data("report", done["run"])["run"] == done["run"]
    assert desk.data("verify", done["run"])["totals"] == desk.data("verify", plan)["totals"]
    assert "there is no run 'no-such-run' in reports" in desk.call("verify", "no-such-run").stderr
    missing = desk.call("verify", "no-such-plan.yaml")
    assert missing.returncode == 3
    assert "no-such-plan.yaml" in missing.stderr
    assert "run" not in missing.stderr.split("no-such-plan.yaml")[1]
    edit(desk.group, "Notes")
    desk.data("verify", plan, code=8)
    assert desk.call("assess", plan).returncode == 0
    kept = desk.data("undo", done["run"], "--yes", code=1)
    assert {row["result"] for row in kept["rows"]} >= {"kept"}
    assert "Notes" in names(desk.group)


def test_apply_asks_and_refuses_where_nobody_can_answer(desk):
    plan = desk.plan()
    done = desk.call("apply", plan)
    assert done.returncode == 64
    assert "--yes" in done.stderr
    assert names(desk.group) == []


def answered(desk, plan, answer):
    """Runs apply on a terminal of its own, types an answer; comes back with its exit code."""
    return asked(desk, plan, answer)[0]


def asked(desk, plan, answer, command="apply"):
    """The same, with all that was said before the answer; of another command too."""
    controller, terminal = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "migrate", command, str(plan), "--quiet"],
            cwd=desk.folder,
            env={**os.environ, **desk.environ, "TERM": "dumb"},
            stdin=terminal,
            stdout=subprocess.DEVNULL,
            stderr=terminal,
        )
        os.close(terminal)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(controller, 4096)
        os.write(controller, answer)
        return process.wait(timeout=30), said
    finally:
        os.close(controller)


def test_a_no_writes_nothing_and_a_yes_does(desk):
    plan = desk.plan()
    assert answered(desk, plan, b"n\n") == 130
    assert names(desk.group) == []
    assert answered(desk, plan, b"y\n") == 0
    assert names(desk.group) == ["Notes", "Orders", "Sales"]


def test_the_question_names_the_organization_and_what_is_overwritten(desk):
    assert desk.call("apply", desk.plan(), "--yes", "--quiet", "--set", "state=sqlite:///other.db").returncode == 0
    code, said = asked(desk, desk.plan(policy={"existing": "update", "removals": "allow"}), b"n\n")
    assert code == 130
    told = " ".join(said.decode().split())
    assert f"3 writes to group ({desk.group.id})" in told
    assert "~ replaces what stands in 3: data model Orders in Shared" in told
    assert "! this plan did not make 3 of these: data model Orders in Shared" in told


def test_all_that_this_plan_did_not_make_is_named_before_it_is_replaced(desk):
    north = desk.running.sandbox.world.orgs["north"]
    notes = next(inode for inode in north.inodes.values() if inode.name == "Notes")
    for number in range(6):
        copy = replace(notes, id=f"{number:08d}-aaaa-4aaa-8aaa-aaaaaaaaaaaa", name=f"Notes-{number}")
        north.inodes[copy.id] = copy
    assert desk.call("apply", desk.plan(), "--yes", "--quiet", "--set", "state=sqlite:///other.db").returncode == 0
    code, said = asked(desk, desk.plan(policy={"existing": "update", "removals": "allow"}), b"n\n")
    assert code == 130
    replaced, _, foreign = " ".join(said.decode().split()).rpartition("! this plan did not make 9 of these: ")
    assert replaced.rstrip().endswith("and 4 more")
    for name in ("Orders", "Sales", "Notes", *(f"Notes-{number}" for number in range(6))):
        assert f" {name} in Shared" in foreign


def test_what_replacing_would_drop_is_told_by_plan_document_by_document_and_apply_keeps_it(desk):
    assert desk.call("apply", desk.plan(), "--yes", "--quiet", "--set", "state=sqlite:///other.db").returncode == 0
    for name in ("Notes", "Sales"):
        inode = next(one for one in desk.group.inodes.values() if one.name == name and one.versions)
        theirs = {"id": "theirs", "kind": "text", "name": f"Their words on {name}", "body": "Keep me"}
        inode.versions[-1].body["elements"].append(theirs)
    plan = desk.plan(policy={"existing": "update"})
    desk.running.sandbox.evidence.clear()
    done = desk.call("plan", plan, "--quiet")
    text = " ".join(done.stdout.split())
    assert done.returncode == 4, done.stdout
    for name in ("Notes", "Sales"):
        copy = next(one for one in desk.group.inodes.values() if one.name == name and one.versions)
        added = f"would drop what people added there: element 'Their words on {name}'"
        assert f"would_drop: replacing workbook {name} ({copy.id}) {added}" in text
        assert f"! block workbook {name} in Shared" in text
    assert not desk.running.sandbox.evidence.writes("group")
    done = desk.call("apply", plan, "--yes")
    assert (done.returncode, done.stderr.count("would_drop")) == (4, 3), done.stderr
    assert not desk.running.sandbox.evidence.writes("group")


def test_the_question_of_an_undo_names_the_organization(desk):
    assert desk.call("apply", desk.plan(), "--yes", "--quiet").returncode == 0
    code, said = asked(desk, "last", b"n\n", "undo")
    assert code == 130
    assert f"3 writes taken back in group ({desk.group.slug}, {desk.group.id}) Write this?" in " ".join(
        said.decode().split()
    )
    assert names(desk.group) == ["Notes", "Orders", "Sales"]
    code, _ = asked(desk, "last", b"y\n", "undo")
    assert code == 0
    assert [inode.name for inode in desk.group.inodes.values() if inode.versions and not inode.archived] == []


def test_a_target_that_is_down_ends_a_plan_with_its_own_code(desk):
    done = desk.call("plan", desk.plan(), "--quiet", environ={"SIGMA_GROUP_BASE_URL": "http://127.0.0.1:9"})
    assert done.returncode == 6, done.stderr
    assert "group" in done.stderr


def test_warnings_of_a_plan_are_told_before_the_first_write(desk):
    folders = [{"from": "Nowhere", "to": "Elsewhere"}]
    plan = desk.plan(map={"folders": folders}, select={"include": [{"type": "workbook", "name": "Notes"}]})
    warned = desk.call("plan", plan).stdout.count("Warning: ")
    assert warned == 1
    done = desk.call("apply", plan, "--yes", environ={"NO_COLOR": "1"})
    assert done.stderr.count("Warning: ") == warned
    assert "\x1b[3" not in done.stderr


def test_a_saved_change_set_is_applied_exactly_once(desk):
    plan = desk.plan()
    assert desk.call("plan", plan, "-o", "saved.yaml", "--only", "Notes").returncode == 0
    assert (desk.folder / "saved.yaml").stat().st_mode & 0o777 == 0o600
    narrowed = desk.call("apply", "saved.yaml", "--yes", "--only", "Sales")
    assert narrowed.returncode == 64
    assert names(desk.group) == []
    assert desk.data("apply", "saved.yaml", "--yes")["totals"]["group"]["in_scope"] == 1
    assert names(desk.group) == ["Notes"]
    assert desk.call("apply", "saved.yaml", "--yes").returncode == 9, "the target is no longer as it was"
    assert names(desk.group) == ["Notes"]


def test_a_stale_or_changed_change_set_is_refused(desk):
    plan = desk.plan()
    assert desk.call("plan", plan, "-o", "saved.json").returncode == 0
    saved = (desk.folder / "saved.json").read_bytes()
    (desk.folder / "other.json").write_bytes(saved.replace(b"Notes", b"Nodes"))
    assert desk.call("apply", "other.json", "--yes").returncode == 3
    edit(desk.running.sandbox.world.orgs["north"], "Notes")
    moved = desk.data("plan", plan, "--only", "Notes", "-o", "one.json")
    assert moved["settings"] == {}
    edit(desk.running.sandbox.world.orgs["north"], "Notes")
    stale = desk.call("apply", "one.json", "--yes")
    assert stale.returncode == 9
    assert "nothing is left of the change set" in stale.stderr
    assert "plan again" in stale.stderr
    plan.write_text(plan.read_text() + "\n# another word\n")
    assert desk.call("apply", "saved.json", "--yes").returncode == 9
    assert names(desk.group) == []


def test_credentials(desk):
    plan = desk.plan()
    missing = desk.call("plan", plan, environ={"SIGMA_GROUP_CLIENT_SECRET": ""})
    assert missing.returncode == 5
    assert "SIGMA_GROUP_CLIENT_SECRET" in missing.stderr
    wrong = desk.call("plan", plan, environ={"SIGMA_GROUP_CLIENT_SECRET": "not-the-secret"})
    assert wrong.returncode == 5
    assert "not-the-secret" not in wrong.stdout + wrong.stderr


def test_the_wrong_organization_stops_everything(desk):
    swapped = {
        f"SIGMA_GROUP_{name}": desk.environ[f"SIGMA_NORTH_{name}"]
        for name in ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET")
    }
    done = desk.call("apply", desk.plan(), "--yes", environ=swapped)
    assert done.returncode == 9
    assert desk.running.sandbox.evidence.writes("north") == []


def test_a_mapping_to_nothing_is_refused_before_any_write(desk):
    nowhere = {"connections": [{"from": "Warehouse", "to": "No Such Warehouse"}]}
    error = desk.data("apply", desk.plan(map=nowhere), "--yes", code=4)["error"]
    assert error["code"] == "unresolved_mapping"
    assert "No Such Warehouse" in str(error["problems"])
    assert names(desk.group) == []


def test_what_nothing_maps_is_blocked_and_the_rest_copied(desk):
    plan = desk.plan(map={})
    blocked = desk.call("plan", plan)
    assert blocked.returncode == 4
    assert "unresolved_connection" in blocked.stdout
    totals = desk.data("apply", plan, "--yes", code=1)["totals"]["group"]
    assert (totals["created"], totals["blocked"]) == (1, 2)
    assert names(desk.group) == ["Notes"]


def test_an_unknown_target_is_named(desk):
    done = desk.call("plan", desk.plan(), "--target", "nowhere")
    assert done.returncode == 3
    assert "nowhere" in done.stderr


def test_export_and_deploy_from_the_bundle(desk):
    counts = desk.data("export", desk.plan(), "-o", "bundle", "--format", "yaml")["counts"]
    assert counts == {"data-model": 1, "report": 0, "workbook": 2}
    plan = desk.plan("from.yaml", source={"bundle": "bundle"})
    assert desk.data("apply", plan, "--yes")["totals"]["group"]["created"] == 3


def test_a_frozen_selection_is_a_list_that_a_plan_takes(desk):
    frozen = desk.call("freeze", desk.plan())
    assert frozen.returncode == 0
    lines = frozen.stdout.splitlines()
    assert len(lines) == 3
    assert all("  # " in line for line in lines)
    assert "Wrote 3 documents" in desk.call("freeze", desk.plan(), "-o", "chosen.txt").stdout
    listed = desk.data("freeze", desk.plan())["documents"]
    assert [one["id"] for one in listed] == [line.split()[0] for line in lines]
    plan = desk.plan("listed.yaml", select={"include": [{"list": "chosen.txt"}]})
    assert desk.data("apply", plan, "--yes")["totals"]["group"]["created"] == 3
    (desk.folder / "chosen.txt").write_text(f"{lines[0]}\nnobody\n", encoding="utf-8")
    refused = desk.call("plan", plan)
    assert refused.returncode == 4
    assert "chosen.txt:2" in refused.stderr


def test_a_closed_pipe_does_not_hide_how_it_ended(desk):
    with subprocess.Popen(
        [sys.executable, "-m", "migrate", "plan", str(desk.plan()), "--detailed-exitcode", "--quiet"],
        cwd=desk.folder,
        env={**os.environ, **desk.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        told = process.stderr.read()
        assert process.wait(timeout=30) == 2
    assert told == b""


def test_a_sandbox_for_one_command(desk):
    program = "import os, sys; print(sorted(n for n in os.environ if n.startswith('SIGMA_'))); sys.exit(17)"
    done = desk.call("sandbox", "--state", "state.yaml", "--", sys.executable, "-c", program)
    assert done.returncode == 17
    for name in ("ACME_AU", "GROUP"):
        for part in ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET"):
            assert f"SIGMA_{name}_{part}" in done.stdout
    assert (desk.folder / "state.yaml").stat().st_mode & 0o777 == 0o600
    assert desk.call("sandbox", "--state", "state.yaml", "--", "no-such-command-anywhere").returncode == 127


def test_the_doctor_looks_before_anything_is_planned(desk):
    plan = desk.plan()
    well = desk.call("doctor", plan)
    assert well.returncode == 0, well.stderr
    assert "  ok    connection Group Warehouse: read SUCCESS" in well.stdout
    assert well.stdout.splitlines()[-1].endswith(" 0 wrong, 0 not verifiable")
    ill = desk.call("doctor", plan, environ={"SIGMA_GROUP_CLIENT_SECRET": "not-this-one"})
    assert ill.returncode == 5
    assert "  FAIL  identity: bad_credentials: " in ill.stdout
    assert "not-this-one" not in ill.stdout + ill.stderr
    checks = desk.data("doctor", plan, "--target", "group")["checks"]
    assert {check["org"] for check in checks} == {"north", "group"}
    assert not desk.running.sandbox.evidence.writes()


def test_drift_is_told_and_exits_2_where_asked(desk):
    plan = desk.plan()
    assert desk.call("drift", plan).stdout == "No copy is known in any target.\n"
    desk.data("apply", plan, "--yes")
    still = desk.call("drift", plan, "--detailed-exitcode")
    assert still.returncode == 0
    assert "3 as applied, 0 changed in the source, 0 in the target, 0 in both" in still.stdout
    edit(desk.group, "Notes")
    moved = desk.call("drift", plan, "--detailed-exitcode", "--only", "Notes")
    assert moved.returncode == 2
    assert "  < workbook Notes: edited in the target since (version 1 then, 2 now)" in moved.stdout
    (copy,) = desk.data("drift", plan, "--only", "Notes")["copies"]
    assert (copy["outcome"], copy["standing"], copy["source"]) == ("target_changed", "changed", "same")


def test_copies_whose_source_is_out_of_sight_are_no_run_as_if_all_were_well(desk):
    """A member that loses a document is told on every road, with the reason, and no exit is 0; one that is gone is."""
    plan = desk.plan()
    assert desk.call("apply", plan, "--yes").returncode == 0
    north = desk.running.sandbox.world.orgs["north"]
    notes = next(inode for inode in north.inodes.values() if inode.name == "Notes")
    notes.denied_to.add(north.clients[0].member_id)
    for command in (("plan", plan), ("apply", plan, "--yes"), ("drift", plan), ("verify", plan)):
        done = desk.call(*command)
        assert done.returncode == 1, (command, done.stdout)
        assert "source_not_visible" in done.stdout, command
    assert desk.call("plan", plan, "--detailed-exitcode").returncode == 1

    notes.denied_to.clear()
    notes.archived = True
    for command in (("plan", plan), ("apply", plan, "--yes"), ("drift", plan)):
        done = desk.call(*command)
        assert done.returncode == 0, (command, done.stdout)
        assert "source_gone" in done.stdout, command


def test_status_asks_no_organization_and_makes_no_ledger(desk):
    plan = desk.plan()
    before = {path for path in desk.folder.rglob("*") if path.is_file()}
    assert desk.call("status").stdout == "Runs: none\n"
    never = "Target group: no copy\n  last written never\n  last complete run unknown\nRuns: none\n"
    assert desk.call("status", plan).stdout == never
    assert {path for path in desk.folder.rglob("*") if path.is_file()} == before
    done = desk.data("apply", plan, "--yes")
    desk.running.sandbox.evidence.clear()
    found = desk.data("status", plan)
    assert [run["id"] for run in found["runs"]] == [done["run"]]
    assert found["targets"][0]["copies"] == {"data-model": 1, "workbook": 2}
    assert not desk.running.sandbox.evidence.dump()


def test_init_writes_a_first_plan_and_no_second(desk):
    done = desk.call("init", "first.yaml", "--source", "north")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Wrote first.yaml. ")
    text = (desk.folder / "first.yaml").read_text("utf-8")
    assert not any(secret in text for secret in desk.secrets)
    assert desk.call("init", "first.yaml", "--source", "north").returncode == 64
    assert (desk.folder / "first.yaml").read_text("utf-8") == text
    assert desk.call("init", "x.yaml", "--source", "nobody").returncode == 3
    assert not (desk.folder / "x.yaml").exists()


def test_a_rehearsal_and_what_was_kept_of_it(desk):
    """Rehearsed online, written down, and rehearsed from that: the organizations are only read, the report says so."""
    plan = desk.plan()
    seen = desk.data("inventory", plan, "-o", "seen")
    assert seen["orgs"]["north"]["documents"] >= 3
    text = desk.call("rehearse", plan, "--faults", "lost-answers,throttling")
    assert text.returncode == 0, text.stderr
    assert text.stdout.startswith("Rehearsal: carried out on local copies, nothing was written to Sigma.\n")
    assert "3 created = 3" in text.stdout
    asked = len(desk.running.sandbox.evidence.entries)
    offline = desk.data("rehearse", plan, "--from", "seen")
    assert offline["totals"]["group"]["created"] == 3
    assert offline["says"].startswith("Rehearsal on local copies, nothing was written to Sigma.")
    assert len(desk.running.sandbox.evidence.entries) == asked
    assert not desk.running.sandbox.evidence.writes()
    assert not (desk.folder / ".sigma-migrate").exists()
    runs = desk.data("status", plan)["runs"]
    assert [run["kind"] for run in runs] == ["rehearsal", "rehearsal"]
    assert desk.call("verify", "last").returncode == 3, "a rehearsal left nothing to verify"
    assert "knows no storms" in desk.call("rehearse", plan, "--faults", "storms").stderr


def test_a_rehearsal_that_is_stopped_leaves_nothing(desk):
    """Ctrl-C while the organizations are asked: exit 130, no report, and the place on disk is gone."""
    slow = desk.running.sandbox.world.orgs["north"].switches
    slow.latency_seconds = 0.3
    plan, place = desk.plan(), desk.folder / "tmp"
    place.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "migrate", "rehearse", str(plan)],
        cwd=desk.folder,
        env={**os.environ, **desk.environ, "TMPDIR": str(place)},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        for line in process.stderr:
            if line.startswith("Reading"):
                assert [path.stat().st_mode & 0o777 for path in place.glob("sigma-migrate-rehearsal-*")] == [0o700]
                process.send_signal(signal.SIGINT)
                break
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert list(place.iterdir()) == []
    assert not (desk.folder / "reports").exists()
