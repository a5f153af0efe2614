"""What a ledger holds of each target, counted by the database: the same whichever way it is asked."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.errors import MigrateError
from migrate.ledger.book import open_book
from migrate.ledger.counts import SCHEMA, Counted, counts_in
from migrate.ledger.model import Copy, Entry, Home
from migrate.ledger.opening import STEPS
from migrate.ledger.owner import owner_here

HERE = Home(plan="acme", source_org="org-a", target_org="org-b")
ODD = Home(plan="acme", source_org="org-a", target_org="org\x00\x1bc")


def copy_of(home, kind, source_id, updated_at, **more):
    return Copy(
        home=home,
        kind=kind,
        source_id=source_id,
        target_id=f"t-{source_id}",
        name="N",
        folder_id="f",
        digest_sent="s",
        digest_read="r",
        version_read=1,
        updated_at=updated_at,
        **more,
    )


def filled(book):
    """Two targets, one with a grant beside its copies, one with nothing but a write still open; another plan's copy."""
    book.adopt(copy_of(HERE, "workbook", "w1", "2026-09-01T10:00:00Z"))
    book.adopt(copy_of(HERE, "workbook", "w2", "2026-09-03T10:00:00Z"))
    book.adopt(copy_of(HERE, "folder", "d", "2026-09-02T10:00:00Z"))
    book.adopt(copy_of(HERE, "grant", "g", "2026-09-09T10:00:00Z"))
    book.adopt(copy_of(replace(HERE, plan="another"), "workbook", "w1", "2026-10-01T10:00:00Z"))
    book.intend(Entry(run="r", home=ODD, kind="report", source_id="w", verb="create", state="planned", name="W"))
    failed = Entry(run="r", home=HERE, kind="report", source_id="x", verb="create", state="planned", name="X")
    book.failed(book.intend(failed), "forbidden", "no")
    return book.lock("org-b", owner_here("r2"), ttl=60)


def test_copies_open_writes_and_locks_of_each_target(url):
    with open_book(url) as book:
        held = filled(book)
        odd, here = counts_in(url, "acme")
        assert (odd, here) == book.counts("acme")
        assert here.held == held
        book.renew(held, ttl=-1)
        assert counts_in(url, "acme")[1].held.expired
        book.unlock("org-b")
    free = replace(here, held=None)
    assert counts_in(url, "acme")[1] == free
    copies = {"folder": 1, "workbook": 2}
    assert free == Counted(target_org="org-b", copies=copies, written_at="2026-09-03T10:00:00Z", open=0)
    assert odd == Counted(target_org="org\x00\x1bc", open=1)
    assert counts_in(url, "nobody's") == ()


def test_a_ledger_that_is_not_there_is_not_made(tmp_path):
    assert counts_in(f"sqlite:///{tmp_path / 'none.db'}", "acme") == ()
    assert list(tmp_path.iterdir()) == []


def test_the_newest_schema_is_asked_directly_and_any_other_the_usual_way(tmp_path):
    assert len(STEPS) == SCHEMA
    file = Path(tmp_path) / "state.db"
    with open_book(f"sqlite:///{file}") as book:
        filled(book)
        expected = book.counts("acme")
    for version in (SCHEMA - 1, SCHEMA):
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE ledger_version SET version = ?", (version,))
        assert counts_in(f"sqlite:///{file}", "acme") == expected
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE ledger_version SET version = ?", (SCHEMA + 1,))
    with pytest.raises(MigrateError) as newer:
        counts_in(f"sqlite:///{file}", "acme")
    assert newer.value.code == "ledger_newer"
    file.write_bytes(b"no database at all, but long enough to be looked at as one" * 40)
    with pytest.raises(MigrateError) as broken:
        counts_in(f"sqlite:///{file}", "acme")
    assert broken.value.code == "ledger_unusable"
