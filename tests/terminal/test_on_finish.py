"""A run that ends tells whom the plan names: a webhook, or a command that somebody allowed."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import jsonschema
import pytest

from migrate import Plan
from migrate.ledger.book import open_book
from migrate.ledger.owner import owner_here
from migrate.report.outcome import outcome_schema


@pytest.fixture
def inbox():
    """A webhook on loopback: the address, what came, and the statuses it answers with (the last one for ever)."""
    came, statuses = [], [200]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.end_headers()

        def log_message(self, *_):
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook-token-3f9c", came, statuses
    server.shutdown()
    thread.join()
    server.server_close()


def told(desk, url, code=0, **run):
    """An apply with these settings of ``run``."""
    settings = {"requests_per_second": 1000, "concurrency": 8, **run}
    done = desk.call("apply", desk.plan(run=settings), "--yes", environ={"ALERT_URL": url})
    assert done.returncode == code, done.stderr
    return done


def test_a_webhook_gets_the_outcome_and_its_address_stays_secret(desk, inbox):
    url, came, _ = inbox
    done = told(desk, url, on_finish={"webhook": "env:ALERT_URL"}, alert="always")
    [one] = came
    assert (one["why"], one["verdict"], one["exit_code"]) == ("changes", "proven", 0)
    jsonschema.validate(one, outcome_schema())
    assert len(one["changed"]) == sum(total["created"] for total in one["totals"].values()) > 0
    assert url not in done.stdout + done.stderr
    files = [path.read_bytes() for path in (desk.folder / "reports").rglob("*") if path.is_file()]
    assert all(b"hook-token-3f9c" not in content for content in files)


def test_a_quiet_night_tells_nobody(desk, inbox):
    url, came, _ = inbox
    told(desk, url, on_finish={"webhook": "env:ALERT_URL"})
    told(desk, url, on_finish={"webhook": "env:ALERT_URL"})
    assert came == []


def test_a_webhook_that_is_busy_is_asked_again_and_one_that_refuses_changes_no_exit_code(desk, inbox):
    url, came, statuses = inbox
    statuses[:] = [503, 503, 200]
    done = told(desk, url, on_finish={"webhook": "env:ALERT_URL"}, alert="always")
    assert len(came) == 3
    assert "warning" not in done.stderr
    statuses[:] = [404]
    done = told(desk, url, on_finish={"webhook": "env:ALERT_URL"}, alert="always")
    assert "the webhook of run.on_finish answered 404; nobody was told" in done.stderr


@pytest.mark.parametrize("url", ["", "http://example.com/x", "ftp://x", "https://"])
def test_an_address_that_cannot_be_used_is_refused_before_anything_is_written(desk, url):
    done = told(desk, url, code=4, on_finish={"webhook": "env:ALERT_URL"})
    assert "ALERT_URL" in done.stderr
    assert not desk.running.sandbox.evidence.writes()


def test_a_command_runs_only_where_somebody_allowed_it(desk):
    script = desk.folder / "alert.py"
    script.write_text(
        "import json, os, sys\njson.dump([json.load(sys.stdin), dict(os.environ)], open('came.json', 'w'))\n", "utf-8"
    )
    plan = desk.plan(
        run={"requests_per_second": 1000, "on_finish": {"command": [sys.executable, str(script)]}, "alert": "always"}
    )
    done = desk.call("apply", plan, "--yes")
    assert done.returncode == 4
    assert "--allow-command" in done.stderr
    assert not (desk.folder / "came.json").exists()
    assert not desk.running.sandbox.evidence.writes()
    assert desk.call("apply", plan, "--yes", "--allow-command").returncode == 0
    outcome, environ = json.loads((desk.folder / "came.json").read_text("utf-8"))
    assert outcome["verdict"] == "proven"
    assert not [value for value in environ.values() if value in desk.secrets]


@pytest.mark.parametrize(
    ("command", "said"),
    [(["/nowhere/at/all"], "cannot be run"), ([sys.executable, "-c", "raise SystemExit(3)"], "ended with exit code 3")],
)
def test_a_command_that_fails_is_told(desk, command, said):
    plan = desk.plan(run={"requests_per_second": 1000, "on_finish": {"command": command}, "alert": "always"})
    done = desk.call("apply", plan, "--yes", "--allow-command")
    assert done.returncode == 0
    assert said in done.stderr


def test_the_outcome_is_as_its_schema_says_and_changes_have_an_exit_code(desk):
    plan = desk.plan()
    done = desk.call("apply", plan, "--yes", "--output", "json", "--detailed-exitcode")
    assert done.returncode == 2
    tree = json.loads(done.stdout)
    jsonschema.validate(tree, outcome_schema())
    assert tree["verdict"] == "proven"
    assert len(tree["changed"]) > 0
    again = desk.data("apply", plan, "--yes", "--detailed-exitcode")
    assert again["changed"] == []
    jsonschema.validate(json.loads(desk.call("verify", plan, "--output", "json").stdout), outcome_schema())
    assert json.loads(desk.call("schema", "outcome").stdout) == outcome_schema()


def test_a_run_that_could_not_begin_is_told_too(desk, inbox):
    url, came, _ = inbox
    plan = desk.plan(run={"requests_per_second": 1000, "on_finish": {"webhook": "env:ALERT_URL"}})
    wrong = {"ALERT_URL": url, "SIGMA_NORTH_CLIENT_SECRET": "deadbeef" * 8}
    done = desk.call("apply", plan, "--yes", environ=wrong)
    assert done.returncode == 5
    [one] = came
    assert (one["why"], one["verdict"], one["exit_code"], one["run"]) == ("trouble", "failed", 5, "")
    assert one["causes"][0]["says"]
    assert one["causes"][0]["fix"]
    assert "deadbeef" not in json.dumps(one)
    jsonschema.validate(one, outcome_schema())


def test_a_run_of_an_engine_that_could_not_begin_is_told_too(desk, inbox):
    url, came, _ = inbox
    engine = {"engine": "dask", "scheduler": "tcp://127.0.0.1:8786"}
    path = desk.plan(run={"requests_per_second": 1000, "on_finish": {"webhook": "env:ALERT_URL"}, **engine})
    plan = Plan.load(path, environ=desk.environ)
    with open_book(f"sqlite:///{desk.folder / plan.state.removeprefix('sqlite:///')}") as book:
        book.lock(f"leading {plan.name}", owner_here("another"), ttl=60)
        done = desk.call("apply", path, "--yes", environ={"ALERT_URL": url})
    assert done.returncode == 7
    assert "The plan is locked by run another" in done.stderr
    assert [(one["exit_code"], one["causes"][0]["code"]) for one in came] == [(7, "lock_held")]


def test_nobody_is_told_of_what_a_person_did_wrong_at_a_terminal(desk, inbox):
    url, came, _ = inbox
    plan = desk.plan(run={"requests_per_second": 1000, "on_finish": {"webhook": "env:ALERT_URL"}})
    assert desk.call("apply", plan, environ={"ALERT_URL": url}).returncode == 64
    assert came == []
