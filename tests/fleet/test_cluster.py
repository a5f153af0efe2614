"""A Dask cluster on loopback: by TLS, with a scheduler or workers that die, and workers that lack something."""

from __future__ import annotations

import os
import signal

import pytest
import trustme

from kit.engines import dask
from kit.pictures import differing, picture
from kit.waiting import until
from migrate.ledger.book import open_book

pytestmark = [pytest.mark.fleet, pytest.mark.timeout(900)]
full = pytest.mark.skipif(os.environ.get("FLEET") != "full", reason="make fleet")
NOTHING = {"duplicates": 0, "orphans": 0, "lost": 0, "open": 0}


def certified(folder, authority, name):
    """The environment of a process that shows a certificate of this authority, and trusts no other."""
    folder.mkdir(exist_ok=True)
    ca, cert, key = (str(folder / f"{name}-{part}.pem") for part in ("ca", "cert", "key"))
    authority.cert_pem.write_to_path(ca)
    shown = authority.issue_cert("127.0.0.1", "localhost")
    shown.private_key_pem.write_to_path(key)
    shown.cert_chain_pems[0].write_to_path(cert)
    start = "DASK_DISTRIBUTED__COMM__"
    roles = {f"{start}TLS__{role}__{part}": path for role in ROLES for part, path in (("KEY", key), ("CERT", cert))}
    return {**roles, f"{start}TLS__CA_FILE": ca, f"{start}REQUIRE_ENCRYPTION": "true"}


ROLES = ("SCHEDULER", "WORKER", "CLIENT")


def through(fleet, cluster, **run):
    """The plan of a run by this cluster, written."""
    fleet.engine = {"engine": "dask", "scheduler": cluster.address, **run}
    fleet.write()


def whole(fleet, expected):
    assert differing(picture(fleet), expected) == []
    assert fleet.losses() == {**NOTHING, "made": 3 * fleet.count}


def test_a_cluster_that_shows_and_asks_for_certificates(tenants, tmp_path):
    ours, theirs = trustme.CA(), trustme.CA()
    with tenants(1) as fleet:
        plain = dict(fleet.environ)
        mine = certified(tmp_path / "tls", ours, "ours")
        with dask(tmp_path, plain | mine, 1, protocol="tls") as cluster:
            assert cluster.address.startswith("tls://127.0.0.1:")
            through(fleet, cluster)
            fleet.environ = plain | certified(tmp_path / "tls", theirs, "theirs")
            assert fleet.run("--yes", out="stranger") == 6
            said = " ".join((fleet.folder / "stranger").read_text().split())
            assert "Error [engine_unusable]: the scheduler tls://127.0.0.1" in said, said
            assert "distributed.comm.tls.ca-file" in said, said
            assert not fleet.documents_sent()
            fleet.environ = plain | mine
            assert fleet.run("--yes") == 0, (fleet.folder / "out").read_text()
        assert fleet.losses() == {**NOTHING, "made": 3}


@full
def test_a_scheduler_that_is_killed(tenants, ledger, undisturbed, tmp_path):
    expected = undisturbed(8)
    with tenants(8, state=ledger, pace=20.0) as fleet, dask(tmp_path, fleet.environ, 2) as cluster:
        through(fleet, cluster)
        leader = fleet.start("--yes", out="leader")
        until(lambda: fleet.documents_sent() > 8)
        cluster.scheduler.kill()
        assert fleet.end(leader) == 6, (fleet.folder / "leader").read_text()
        assert f"the scheduler {cluster.address} is gone" in (fleet.folder / "leader").read_text()
        cluster.schedule(port=int(cluster.address.rpartition(":")[2]))  # the same plan, to the letter
        cluster.work()
        assert fleet.run("--yes", out="again") == 0, (fleet.folder / "again").read_text()
        whole(fleet, expected)


@full
def test_a_worker_that_its_nanny_starts_again(tenants, ledger, undisturbed, tmp_path):
    expected = undisturbed(6)
    with tenants(6, state=ledger, pace=20.0) as fleet, dask(tmp_path, fleet.environ, 0) as cluster:
        nanny = cluster.work(nanny=True)
        through(fleet, cluster)
        leader = fleet.start("--yes", out="leader")
        until(lambda: fleet.documents_sent() > 4)
        killed(fleet, *fleet.names)
        assert fleet.end(leader) == 0, (fleet.folder / "leader").read_text()
        assert nanny.poll() is None
        whole(fleet, expected)


def tickets(fleet):
    with open_book(fleet.state) as book:
        (run,) = book.runs("small")
        return {ticket.target: ticket for ticket in book.fleets.tickets(run.id)}


def killed(fleet, *targets):
    """Kills the worker that has one of these targets, as the ledger knows it; its attempt."""
    found = []

    def begun():
        found[:] = [one for one in tickets(fleet).values() if one.target in targets and one.attempt and not one.done]
        return found

    until(begun)
    os.kill(int(found[0].worker.split()[1]), signal.SIGKILL)
    return found[0].attempt


@full
def test_a_tenant_that_kills_its_worker_of_a_cluster(tenants, undisturbed, tmp_path):
    with tenants(4, pace=10.0, canaries=4) as fleet, dask(tmp_path, fleet.environ, 0) as cluster:
        for _ in range(2):
            cluster.work(slots=2, nanny=True)
        through(fleet, cluster)
        leader = fleet.start("--yes", out="leader")
        for attempt in (1, 2, 3):
            until(lambda attempt=attempt: begun(fleet) and tickets(fleet)["t002"].attempt == attempt)
            killed(fleet, "t002")
        assert fleet.end(leader) == 1, (fleet.folder / "leader").read_text()
        rows, _, _ = picture(fleet)
        assert {row["outcome"] for row in rows if row["target"] != "t002"} == {"created"}
        lost = {(row["outcome"], row["reason_code"]) for row in rows if row["target"] == "t002"}
        assert ("not_attempted", "worker_lost") in lost
        assert {**fleet.losses(), "made": 0, "open": 0} == {**NOTHING, "made": 0}


def begun(fleet):
    with open_book(fleet.state) as book:
        return book.runs("small")


@full
def test_credentials_that_a_worker_lacks_cost_its_targets_alone(tenants, tmp_path):
    with tenants(6, canaries=6, policy={"breaker_percent": 100}) as fleet, dask(tmp_path, fleet.environ, 0) as cluster:
        for mine in (fleet.names[:3], fleet.names[3:]):
            gone = {name: "" for name in fleet.environ if name.split("_")[1].lower() in mine and "SECRET" in name}
            cluster.work(slots=1, environ=gone)
        through(fleet, cluster)
        code = fleet.run("--yes", out="leader")
        rows, _, _ = picture(fleet)
        outcome = {row["target"]: row["outcome"] for row in rows}
        assert set(outcome.values()) <= {"created", "not_attempted"}
        assert code == (5 if "not_attempted" in outcome.values() else 0)
        for worker in cluster.workers:
            worker.kill()
        cluster.work()
        assert fleet.run("--yes", out="mended") == 0, (fleet.folder / "mended").read_text()
        assert fleet.losses() == {**NOTHING, "made": 3 * 6}
