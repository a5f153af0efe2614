"""The admin port, the evidence, and how a sandbox is served."""

import io
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading

import httpx
import pytest

from migrate.sandbox.evidence import dump_world, duplicates, leaks
from migrate.sandbox.server import app, exports, loopback, serve, variable


@pytest.fixture
def admin(running):
    with httpx.Client(base_url=running.admin_url) as client:
        yield client


def test_the_log_says_what_happened(running, http, admin, ids):
    made = http.post("/v2/files", json={"type": "folder", "name": "New", "parentId": ids["space"]}).json()
    http.get("/v2/workbooks?limit=5")
    log = admin.get("/log", params={"org": "north"}).json()
    assert [(one["method"], one["path"], one["status"], one["wrote"]) for one in log] == [
        ("POST", "/v2/auth/token", 200, False),
        ("POST", "/v2/files", 200, True),
        ("GET", "/v2/workbooks", 200, False),
    ]
    assert log[1]["created"] == [made["id"]]
    assert (log[1]["member"], log[2]["query"], log[2]["in_flight"]) == (ids["admin"], "limit=5", 1)
    assert log[0]["started"] <= log[1]["started"]
    assert admin.get("/log", params={"org": "south"}).json() == []
    assert admin.delete("/log").json() == {}
    assert admin.get("/log").json() == []


def test_the_state_holds_everything_but_secrets(admin, ids):
    answer = admin.get("/state")
    assert answer.json()["north"]["inodes"][ids["book"]]["versions"][0]["number"] == 1
    assert answer.json()["north"]["connections"][ids["lake"]]["tables"][0]["path"] == ["DW", "SALES", "ORDERS"]
    assert "north-secret" not in answer.text
    assert admin.get("/state", params={"org": "south"}).json()["alias"] == "south"
    assert admin.get("/state", params={"org": "west"}).status_code == 404


def test_faults_come_and_go(http, admin):
    name = admin.post("/faults", json={"action": "status", "status": 503, "path": "whoami", "count": 0}).json()["id"]
    assert http.get("/v2/whoami").status_code == 503
    assert admin.get("/faults").json()[0]["struck"] == 1
    assert admin.delete(f"/faults/{name}").status_code == 200
    assert admin.delete(f"/faults/{name}").status_code == 404
    assert http.get("/v2/whoami").status_code == 200
    admin.post("/faults", json={"action": "status", "count": 0})
    admin.delete("/faults")
    assert http.get("/v2/whoami").status_code == 200
    assert admin.post("/faults", json={"action": "nonsense"}).status_code == 400
    assert admin.post("/faults", json={"action": "reset", "org": "west"}).status_code == 404
    assert admin.post("/faults", content=b"{").status_code == 400


def test_switches_are_set_at_run_time(http, admin, running):
    shown = admin.patch("/orgs/north/switches", json={"generation": "flat", "accepts": ["document"]}).json()
    assert (shown["generation"], shown["accepts"]) == ("flat", ["document"])
    assert admin.patch("/orgs/north/switches", json={"requests_per_second": 0.001}).status_code == 200
    assert [http.get("/v2/whoami").status_code for _ in range(2)] == [200, 429]
    for wrong in (
        {"nonsense": 1},
        {"generation": "old"},
        {"lag_listings": "2"},
        {"panels": 1},
        {"accepts": "flat"},
        [],
    ):
        assert admin.patch("/orgs/north/switches", json=wrong).status_code == 400
    assert running.sandbox.world.orgs["north"].switches.lag_listings == 0
    assert admin.patch("/orgs/west/switches", json={}).status_code == 404


def test_a_person_acts_at_run_time(admin, http, ids):
    tree = {"what": "rename", "inode": ids["book"], "name": "By hand"}
    assert admin.post("/orgs/north/person", json=tree).json() == {"id": ids["book"], "version": 1}
    assert http.get(f"/v2/workbooks/{ids['book']}").json()["name"] == "By hand"
    assert admin.post("/orgs/north/person", json={"what": "edit", "inode": ids["book"]}).json()["version"] == 2
    assert admin.post("/orgs/north/person", json={"what": "edit", "inode": "none"}).status_code == 404
    assert admin.post("/orgs/north/person", json={"what": "sing", "inode": ids["book"]}).status_code == 400
    assert admin.post("/orgs/north/person", json={"who": "x"}).status_code == 400


def test_tokens_are_revoked(admin, http):
    assert admin.delete("/orgs/north/tokens").json() == {"revoked": 1}
    assert http.get("/v2/whoami").status_code == 401


def test_clients_are_taken_away(admin, http, running):
    assert admin.delete("/orgs/north/clients/nobody").status_code == 404
    assert admin.delete("/orgs/north/clients/north-viewer").json() == {"revoked": 0}
    assert http.get("/v2/whoami").status_code == 200
    assert admin.delete("/orgs/north/clients").json() == {"revoked": 1}
    assert http.get("/v2/whoami").status_code == 401
    assert running.sandbox.world.orgs["north"].clients == []


def test_the_organizations_and_their_ports(admin, running):
    shown = admin.get("/orgs").json()
    assert shown["north"]["base_url"] == running.base_urls["north"]
    assert len({*running.base_urls.values(), running.admin_url}) == 3


def test_evidence_of_duplicates_and_leaks(talk, ids, book_body):
    assert duplicates(talk.org) == []
    for _ in range(2):
        talk("POST", "/v2/workbooks", {"name": "Twice", "folderId": ids["folder"], "contents": book_body})
    assert duplicates(talk.org) == [("workbook", ids["folder"], "Twice", 2)]
    assert (ids["book"], ids["model"]) in leaks(talk.org, {ids["model"]})
    assert leaks(talk.org, {"not there"}) == []
    assert [entry.path for entry in talk.sandbox.evidence.writes("north")] == ["/v2/workbooks"] * 2


def test_stopping_gives_the_ports_back(sandbox):
    with serve(sandbox) as running:
        port = int(running.base_urls["north"].rsplit(":", 1)[1])
        with httpx.Client() as client:
            client.get(running.base_urls["north"] + "/v2/whoami")
    assert not [one for one in threading.enumerate() if one.name == "sandbox"]
    with serve(sandbox, ports={"north": port}) as running:
        assert running.base_urls["north"].endswith(f":{port}")


def test_a_taken_port_is_an_error(sandbox):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            serve(sandbox, ports={"south": taken.getsockname()[1]}).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.com"])
def test_only_loopback(sandbox, host):
    with pytest.raises(ValueError, match="loopback"):
        serve(sandbox, host=host)
    assert loopback("localhost") == "127.0.0.1"


def test_the_exports_can_be_evaluated(running):
    lines = exports(running)
    found = dict(shlex.split(line)[1].split("=", 1) for line in lines)
    assert found["SIGMA_NORTH_BASE_URL"] == running.base_urls["north"]
    assert found["SIGMA_SOUTH_CLIENT_ID"] == "south-id"
    assert found["SIGMA_SOUTH_CLIENT_SECRET"] == "south-secret"
    assert variable("acme-au") == "ACME_AU"


SERVE = """
import sys
from migrate.sandbox.org import Org, World
from migrate.sandbox.server import run_forever
run_forever(World(orgs={"a": Org(alias="a", id="0", slug="a", name="A")}))
print("stopped")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_until_a_signal(number):
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        url = shlex.split(first)[1].split("=", 1)[1]
        assert httpx.get(url + "/v2/whoami").status_code == 401
        os.kill(process.pid, number)
        rest, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert rest.endswith("stopped\n")


def test_an_app_of_a_world_shares_what_is_handed_in(sandbox):
    assert app(sandbox, "north").sandbox is sandbox
    assert app(sandbox.world, "north", evidence=sandbox.evidence).sandbox.evidence is sandbox.evidence


def test_the_dump_has_every_organization(sandbox):
    assert set(dump_world(sandbox.world)) == {"north", "south"}
    assert io.StringIO(str(dump_world(sandbox.world))).read().count("secret") == 0
