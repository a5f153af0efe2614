"""What waits for the disk: an intent before its request leaves, and everything but the ends of writes."""

import pytest
import sqlalchemy as sa

from migrate.ledger.book import open_book
from migrate.ledger.model import Copy, Entry, Home

HOME = Home(plan="acme", source_org="north", target_org="group")
ENTRY = Entry(
    run="r",
    home=HOME,
    kind="workbook",
    source_id="w",
    verb="create",
    state="planned",
    name="n",
    folder_id="f",
    attempts=1,
    intended_at="2026-09-01T08:00:00.000Z",
)


@pytest.fixture
def said():
    """Every statement that SQLite executes, whoever gave it, as long as the test runs."""
    found = []

    def hear(connection, _record):
        connection.set_trace_callback(found.append)

    sa.event.listen(sa.Engine, "connect", hear)
    yield found
    sa.event.remove(sa.Engine, "connect", hear)


def waited(said, act):
    """How the transactions of a call wait for the disk."""
    said.clear()
    found = act()
    return found, [one.rpartition("=")[2] for one in said if "synchronous" in one]


def test_an_intent_is_on_the_disk_before_it_comes_back_and_its_end_with_the_next(tmp_path, said):
    with open_book(f"sqlite:///{tmp_path}/state.db") as book:
        entry, how = waited(said, lambda: book.intend(ENTRY, sent={"a": 1}))
        assert how == ["FULL"]
        entry, how = waited(said, lambda: book.sent(entry, "t"))
        assert how == ["NORMAL"]
        copy = Copy(
            home=HOME,
            kind="workbook",
            source_id="w",
            target_id="t",
            name="n",
            folder_id="f",
            digest_sent=entry.digest_sent,
            digest_read="d",
            version_read=1,
        )
        _, how = waited(said, lambda: book.done(entry, copy))
        assert how == ["NORMAL"]
        again, how = waited(said, lambda: book.intend(ENTRY, sent={"a": 2}))
        assert how == ["FULL"]
        _, how = waited(said, lambda: book.failed(again, "refused", "no"))
        assert how == ["NORMAL"]
        _, how = waited(said, lambda: book.adopt(copy))
        assert how == ["FULL"]
        _, how = waited(said, lambda: book.copies(HOME))
        assert how == []
