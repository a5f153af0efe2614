"""Trouble with files and streams of this machine, with real ones: a sentence and exit 74, never a bug."""

from __future__ import annotations

import base64
import json
import os
import re
import resource
import socket
import subprocess
import sys
import threading

import pytest

from migrate.terminal.streams import json_text

FULL = "/dev/full"


def names(org):
    return sorted(inode.name for inode in org.inodes.values() if inode.versions)


def ended(done, *words):
    """Exit 74 with one sentence that holds these words, and what to do next."""
    assert done.returncode == 74, done.stderr
    for word in words:
        assert word in done.stderr
    assert "Next: " in done.stderr
    assert "bug" not in done.stderr


def limited(kind, most):
    """What a process does first: it takes a limit upon itself."""
    return lambda: resource.setrlimit(kind, (most, most))


PLACES = {
    "saved change set": lambda desk: desk.call("plan", desk.plan(), "-o", "file/saved.json"),
    "ledger": lambda desk: desk.call("apply", desk.plan(state="sqlite:///file/state.db"), "--yes"),
    "report": lambda desk: desk.call("apply", desk.plan(report={"dir": "file"}), "--yes"),
    "bundle": lambda desk: desk.call("export", desk.plan(), "-o", "file"),
    "plan file": lambda desk: desk.call("init", "file/plan.yaml", "--source", "north"),
    "log": lambda desk: desk.call("plan", desk.plan(), "--log", "file/log.jsonl"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_file_in_the_way_is_named(desk, place):
    (desk.folder / "file").write_text("mine")
    ended(PLACES[place](desk), "file")
    assert (desk.folder / "file").read_text() == "mine"
    assert names(desk.group) == [], "nothing was written to Sigma"
    assert not list(desk.folder.rglob("*.part"))


@pytest.mark.parametrize("most", [0, 5_000, 40_000])
def test_no_room_is_told_by_whoever_meets_it(desk, most):
    """A limit on the size of files answers as a full disk does."""
    plan = desk.plan()
    ended(desk.call("apply", plan, "--yes", preexec_fn=limited(resource.RLIMIT_FSIZE, most)), "no room is left")
    assert not list(desk.folder.rglob("*.part"))
    again = desk.call("apply", plan, "--yes")
    assert again.returncode == 0, again.stderr
    assert names(desk.group) == ["Notes", "Orders", "Sales"], "and no second one of any"


@pytest.mark.parametrize(("most", "who"), [(11, "connection"), (8, "ledger")])
def test_no_more_descriptors(desk, most, who):
    ended(desk.call("apply", desk.plan(), "--yes", preexec_fn=limited(resource.RLIMIT_NOFILE, most)), who, "ulimit -n")


def test_a_full_log_ends_no_run(desk):
    done = desk.call("apply", desk.plan(), "--yes", "--log", FULL)
    assert done.returncode == 0
    assert done.stderr.count("/dev/full cannot be written") == 1
    assert names(desk.group) == ["Notes", "Orders", "Sales"]


def test_a_log_into_a_pipe_that_nobody_reads_is_not_waited_for(desk):
    os.mkfifo(desk.folder / "pipe")
    ended(desk.call("plan", desk.plan(), "--log", "pipe"), "pipe")


@pytest.mark.parametrize("kind", ["a pipe", "too large"])
def test_a_run_that_is_no_file_is_told_and_the_others_are_shown(desk, kind):
    assert desk.call("apply", desk.plan(), "--yes").returncode == 0
    odd = desk.folder / "reports" / "odd" / "run.json"
    odd.parent.mkdir()
    if kind == "a pipe":
        os.mkfifo(odd)
    else:
        with odd.open("wb") as stream:
            stream.truncate(1 << 40)
    told = desk.call("report", odd.parent)
    assert told.returncode in (3, 64)
    assert str(odd.parent) in told.stderr
    again = desk.call("apply", desk.plan(), "--yes", "--only", "failed")
    assert again.returncode == 64, "the last run is read, and nothing of it failed"


def test_data_that_cannot_be_given_is_told_by_the_exit_code(desk):
    with open(FULL, "w", encoding="utf-8") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [sys.executable, "-m", "migrate", "validate", str(desk.plan())],
            cwd=desk.folder,
            env={**os.environ, **desk.environ},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    ended(done, "standard output cannot be written")


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "2>/dev/full"])
def test_streams_that_nobody_reads_end_nothing(desk, closed):
    arguments = [sys.executable, "-m", "migrate", "plan", str(desk.plan()), "--detailed-exitcode"]
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *arguments],
        cwd=desk.folder,
        env={**os.environ, **desk.environ, "PYTHONUNBUFFERED": ""},  # as for a user: written at the end
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2


def test_a_reader_of_progress_that_goes_away_ends_nothing(desk):
    with subprocess.Popen(
        [sys.executable, "-m", "migrate", "apply", str(desk.plan()), "--yes"],
        cwd=desk.folder,
        env={**os.environ, **desk.environ, "PYTHONUNBUFFERED": ""},  # as for a user: written at the end
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stderr.close()
        told = process.stdout.read()
        assert process.wait(timeout=60) == 0
    assert b"3 created" in told


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_every_encoding_takes_every_name(desk, encoding):
    north = desk.running.sandbox.world.orgs["north"]
    next(inode for inode in north.inodes.values() if inode.name == "Notes").name = "Größe → 漢字 🎈"
    environ = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    text = desk.call("plan", desk.plan(), environ=environ, encoding=encoding)
    assert text.returncode == 0, text.stderr
    assert "\\u6f22\\u5b57 \\U0001f388" in text.stdout
    data = desk.call("plan", desk.plan(), "--output", "json", environ=environ, encoding=encoding)
    actions = [action for wave in json.loads(data.stdout)["targets"][0]["waves"] for action in wave]
    assert "Größe → 漢字 🎈" in {action["draft"]["name"] for action in actions if action.get("draft")}


def test_certificates_that_are_not_there_are_named(desk):
    ended(desk.call("plan", desk.plan(), environ={"SSL_CERT_FILE": str(desk.folder / "none.pem")}), "SSL_CERT_FILE")


def test_a_proxy_that_is_none_is_named_without_its_password(desk):
    orgs = {
        "north": {"base_url": "https://api.sigmacomputing.com", "credentials": "env:SIGMA_NORTH"},
        "group": {
            "base_url": "${env.SIGMA_GROUP_BASE_URL}",
            "credentials": "env:SIGMA_GROUP",
            "access": "write",
            "expect": {"organization_id": desk.group.id},
        },
    }
    done = desk.call("plan", desk.plan(orgs=orgs), environ={"HTTPS_PROXY": "gopher://me:s3cr3t@127.0.0.1:1"})
    assert done.returncode == 6, done.stderr
    assert "HTTPS_PROXY" in done.stderr
    assert "s3cr3t" not in done.stderr


def echo(listening, told):
    """A proxy that says in its refusals what it was told."""
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            head = connection.recv(65536).decode("latin-1")
            (given,) = re.findall(r"(?i)proxy-authorization: basic (\S+)", head)
            told.append(base64.b64decode(given).decode())
            answer = f"HTTP/1.1 407 {given} {told[-1]}\r\nX-Said: {told[-1]}\r\nContent-Length: 0\r\n\r\n"
            connection.sendall(answer.encode("latin-1"))


def test_a_proxy_that_echoes_its_password_tells_it_to_nobody(desk):
    orgs = {
        alias: {"base_url": "https://api.sigmacomputing.com", "credentials": f"env:SIGMA_{alias.upper()}"}
        for alias in ("north", "group")
    }
    orgs["group"] |= {"access": "write", "expect": {"organization_id": desk.group.id}}
    told = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=echo, args=(listening, told), daemon=True).start()
        proxy = f"http://me:hunter2-pass%2Bword@127.0.0.1:{listening.getsockname()[1]}"
        done = desk.call(
            "doctor", desk.plan(orgs=orgs), "--log", "log.jsonl", "--output", "json", environ={"HTTPS_PROXY": proxy}
        )
        listening.shutdown(socket.SHUT_RDWR)
    assert told[0] == "me:hunter2-pass+word"
    everything = done.stdout + done.stderr + (desk.folder / "log.jsonl").read_text("utf-8")
    assert "407" in everything
    assert "hunter2" not in everything
    assert base64.b64encode(told[0].encode()).decode() not in everything
    assert "\x1b" not in everything


NAME = "a\x1b[2J\u202eb\x9b\U000e0041ü"


def test_json_for_a_terminal_moves_no_cursor():
    controller, terminal = os.openpty()
    with os.fdopen(controller, "rb"), os.fdopen(terminal, "w", encoding="utf-8") as stream:
        text = json_text({"name": NAME}, stream)
    assert json.loads(text) == {"name": NAME}
    assert text.replace("\n", "").isprintable()
    assert "ü" in text


def test_json_for_a_file_is_as_it_is(tmp_path):
    with (tmp_path / "x").open("w", encoding="utf-8") as stream:
        text = json_text({"name": NAME}, stream)
    assert json.loads(text) == {"name": NAME}
    assert "\u202e" in text
