"""Workers without a common folder: the source of a run lies in a bucket, the marker that it is all there comes last."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from staging import FAST, Stage

from kit.environs import known_here
from kit.small_tenants import DOCUMENTS, small_plan, small_world
from migrate import Plan
from migrate.errors import FileError, InvalidInput
from migrate.sandbox.service import Sandbox

pytest.importorskip("obstore", reason="pip install 'sigma-migrate[s3]'")
pytestmark = pytest.mark.anyio


@contextmanager
def bucket():
    """Object storage on loopback: what lies in it, every request so far, and the environment of who may use it."""
    kept, asked = {}, []

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self):
            kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200, b"", ETag='"1"')

        def do_GET(self):
            found = kept.get(self.path)
            self._answer(404 if found is None else 200, found or b"", ETag='"1"')

        def do_POST(self):
            """Several objects deleted at once, as S3 takes it."""
            names = re.findall(rb"<Key>(.*?)</Key>", self.rfile.read(int(self.headers["Content-Length"])))
            for name in names:
                kept.pop(f"{self.path.partition('?')[0].rstrip('/')}/{name.decode()}", None)
            gone = b"".join(b"<Deleted><Key>%s</Key></Deleted>" % name for name in names)
            self._answer(200, b"<DeleteResult>%s</DeleteResult>" % gone)

        def _answer(self, status, body, **headers):
            asked.append((self.command, self.path, self.headers.get("Authorization", "")))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.send_header("Last-Modified", "Sat, 28 Nov 2026 00:00:00 GMT")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            """Nothing: every request is in ``asked``."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    environ = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-bucket",
    }
    try:
        with known_here(environ):
            yield kept, asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def setting(tmp_path):
    return Stage(sandbox=Sandbox(small_world(tmp_path, ["one", "two"])), folder=tmp_path)


def planned(setting, machine):
    """The plan as one machine has it, with a folder for reports that no other one sees."""
    path = small_plan(setting.folder, ["one,one", "two,two"], run={"share": "s3://acme-migrations/nightly"})
    plan = Plan.load(path, environ=setting.environ)
    report = replace(plan.report, dir=setting.folder / machine)
    return replace(plan, run=replace(FAST, share=plan.run.share), report=report)


async def test_machines_that_share_nothing_but_the_ledger_and_a_bucket_do_one_run(setting):
    with bucket() as (kept, asked):
        for machine, target in (("first", "one"), ("second", "two")):
            async with setting.migration(planned(setting, machine)) as migration:
                (ticket,) = await migration.work("night", target)
                assert ticket.exit_code == 0
        puts = [path.rpartition("/")[2] for command, path, _ in asked if command == "PUT"]
        assert puts == ["source.gz", "complete"], "the source is read once, and the marker comes last"
        assert all(path.startswith("/acme-migrations/nightly/") for path in kept)
        async with setting.migration(planned(setting, "third")) as migration:
            result = await migration.gather("night")
        assert kept == {}, "what was shared is gone with the run"
        assert all(sign.startswith("AWS4-HMAC-SHA256 ") and "a-secret" not in sign for _, _, sign in asked)
    assert {name: total["created"] for name, total in result.reconciliation.totals.items()} == dict.fromkeys(
        ("one", "two"), DOCUMENTS
    )
    assert result.exit_code == 0
    assert result.files["json"].is_relative_to(setting.folder / "third")


async def test_what_is_not_all_there_or_was_changed_is_not_taken(setting):
    with bucket() as (kept, _):
        async with setting.migration(planned(setting, "first")) as migration:
            await migration.work("night", "one")
        (file,) = (path for path in kept if path.endswith("source.gz"))
        (marker,) = (path for path in kept if path.endswith("complete"))
        whole = dict(kept)
        for changed, said in (
            ({file: whole[file][:-9]}, "is not what the run was opened with"),
            ({marker: b"0" * 64}, "is marked as another one"),
            ({marker: None}, "not complete yet"),
            ({file: None}, "is not there"),
        ):
            kept.clear()
            kept.update({path: body for path, body in {**whole, **changed}.items() if body is not None})
            async with setting.migration(planned(setting, "second")) as migration:
                with pytest.raises(InvalidInput, match=said):
                    await migration.work("night", "two")
    assert not setting.sandbox.evidence.writes("two")


async def test_a_bucket_that_is_not_there_is_trouble_of_this_machine(setting):
    environ = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "x",
        "AWS_MAX_RETRIES": "0",
    }
    with known_here({**environ, "AWS_ACCESS_KEY_ID": "somebody", "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-bucket"}):
        async with setting.migration(planned(setting, "first")) as migration:
            with pytest.raises(FileError) as refused:
                await migration.work("night", "one")
    assert refused.value.code == "share_unusable"
    assert "a-secret" not in str(refused.value)
