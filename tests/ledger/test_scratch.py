"""A ledger copied to try things with: everything that a plan's runs go by, and nothing written to the original."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migrate.errors import ServiceError
from migrate.ledger.book import open_book
from migrate.ledger.model import Copy, Entry, Home, Run, Selected
from migrate.ledger.opening import open_engine
from migrate.ledger.scratch import COPIED, copied
from migrate.ledger.tables import metadata, versions

HOME = Home(plan="nightly", source_org="s", target_org="t")
OTHER = Home(plan="another", source_org="s", target_org="t")
BODY = {"pages": ["a\x00b"]}


def filled(url):
    """A ledger with a copy of each of two plans, and an open write of the first; the sent digest of that."""
    with open_book(url) as book:
        for home in (HOME, OTHER):
            book.start_run(Run(id=f"of-{home.plan}", plan=home.plan, plan_sha256="", started_at="", change_set=""))
            named = {"name": "W", "folder_id": "f", "digest_sent": "s", "digest_read": "r", "version_read": 3}
            book.adopt(Copy(home=home, kind="workbook", source_id="w", target_id=home.plan, **named))
        entry = Entry(
            run="of-nightly", home=HOME, kind="workbook", source_id="v", verb="create", state="planned", name=""
        )
        book.remember_selection(HOME, [Selected(kind="workbook", source_id="w", name="W", path="A", folder_id="f")])
        return book.intend(entry, sent=BODY).digest_sent


def rows(url):
    """Every row of a ledger, by table."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            tables = [table for table in metadata.sorted_tables if table.name != "locks"]
            return {table.name: sorted(map(repr, connection.execute(sa.select(table)))) for table in tables}
    finally:
        engine.dispose()


def test_what_a_plan_goes_by_is_copied_and_the_ledger_stays_as_it_is(url, tmp_path):
    sent = filled(url)
    before = rows(url)
    made = copied(url, "nightly", tmp_path / "scratch.db")
    with open_book(made) as book, open_book(url) as real:
        assert book.snapshot(HOME) == real.snapshot(HOME)
        assert [one.source_id for one in book.snapshot(HOME).open] == ["v"]
        assert book.owned("t") == real.owned("t"), "copies of other plans are known too"
        assert book.body(sent) == BODY
        assert [run.id for run in book.runs()] == ["of-nightly"]
        book.failed(book.entries("of-nightly")[0], "gone", "tried only here")
        book.start_run(Run(id="more", plan="nightly", plan_sha256="", started_at="", change_set=""))
    assert rows(url) == before
    assert (tmp_path / "scratch.db").stat().st_mode & 0o777 == 0o600


def test_a_ledger_that_is_not_there_is_not_made(tmp_path):
    made = copied(f"sqlite:///{tmp_path}/none.db", "nightly", tmp_path / "scratch.db")
    with open_book(made) as book:
        assert book.runs() == ()
    assert not (tmp_path / "none.db").exists()


def test_an_older_ledger_is_read_as_it_is(tmp_path):
    url = f"sqlite:///{tmp_path}/old.db"
    filled(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE looks")
        connection.exec_driver_sql("ALTER TABLE entries DROP COLUMN description")
        connection.execute(versions.update().values(version=3))
    engine.dispose()
    with open_book(copied(url, "nightly", tmp_path / "scratch.db")) as book:
        assert [one.source_id for one in book.snapshot(HOME).open] == ["v"]
        assert list(book.looks(HOME)) == []
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(sa.select(versions.c.version)).scalar() == 3, "nobody brought it up to date"
    engine.dispose()


def test_a_newer_ledger_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path}/new.db"
    filled(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(versions.update().values(version=99))
    engine.dispose()
    with pytest.raises(ServiceError) as caught:
        copied(url, "nightly", tmp_path / "scratch.db")
    assert caught.value.code == "ledger_newer"


def test_every_table_is_copied_or_left_behind_by_intent():
    left = {"locks", "pauses", "ledger_version", "fleet_runs", "tickets"}
    assert {table.name for table in metadata.sorted_tables} == {table.name for table in COPIED} | left
