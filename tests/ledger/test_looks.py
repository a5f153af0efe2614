"""How copies were found: kept beside the copies, on every database, and in ledgers of before."""

from dataclasses import replace

import sqlalchemy as sa

from migrate.ledger.book import open_book
from migrate.ledger.counts import SCHEMA
from migrate.ledger.model import Copy, Entry, Home, Look
from migrate.ledger.tables import looks, versions

HOME = Home(plan="acme", source_org="org-a", target_org="org-b")
LOOK = Look(
    home=HOME,
    kind="data-model",
    source_id="doc-1",
    target_id="t-1",
    digest_sent="sent",
    source="mark",
    source_version=7,
    ways="ways",
    needs="needs",
    verdict="match",
    looked_at="2026-09-01T10:00:00Z",
    levels={"exists": "pass"},
    reads=("m-1", "m-2"),
    hidden=("reads the legacy dataset d",),
    mentions=("m-1", "a\x00name"),
    account={"name": "Orders", "folder": ["A", "B"], "refusals": []},
)
COPY = Copy(
    home=HOME,
    kind="data-model",
    source_id="doc-1",
    target_id="t-1",
    name="Orders",
    folder_id="f",
    digest_sent="sent",
    digest_read="read",
    version_read=3,
)


def known(book, home=HOME):
    return {(look.kind, look.source_id): look for look in book.looks(home)}


def written(book, **more):
    """A write that leaves the copy, or none."""
    entry = Entry(
        run="run-1",
        home=HOME,
        kind="data-model",
        source_id="doc-1",
        verb="create",
        state="planned",
        name="Orders",
        intended_at="2026-09-01T10:00:00Z",
    )
    return book.done(book.intend(entry, sent={"a": 1}), more.get("copy", COPY))


def test_what_is_remembered_comes_back_and_the_newest_counts(url):
    with open_book(url) as book:
        book.remember(HOME, [LOOK, replace(LOOK, source_id="doc-2")])
        book.remember(HOME, [replace(LOOK, verdict="match_declared", account={"name": "Orders 2"})])
        book.remember(HOME, [])
    with open_book(url) as book:
        found = known(book)
        assert found["data-model", "doc-2"] == replace(LOOK, source_id="doc-2")
        assert found["data-model", "doc-1"].verdict == "match_declared"
        assert found["data-model", "doc-1"].account == {"name": "Orders 2"}
        assert known(book, replace(HOME, target_org="org-c")) == {}


def test_what_turned_out_wrong_is_forgotten_and_nothing_else(book):
    book.remember(HOME, [LOOK, replace(LOOK, source_id="doc-2"), replace(LOOK, kind="workbook")])
    book.remember(HOME, [], [("data-model", "doc-1")])
    assert sorted(known(book)) == [("data-model", "doc-2"), ("workbook", "doc-1")]


def test_a_copy_that_is_none_any_more_takes_its_look_along(book):
    written(book)
    book.remember(HOME, [LOOK, replace(LOOK, source_id="doc-2")])
    written(book, copy=None)
    assert list(known(book)) == [("data-model", "doc-2")]


def test_forgetting_copies_forgets_how_they_were_found(book):
    written(book)
    book.remember(HOME, [LOOK, replace(LOOK, kind="workbook")])
    assert book.forget(HOME, kind="data-model") == 1
    assert list(known(book)) == [("workbook", "doc-1")]
    book.forget(HOME)
    assert known(book) == {}


def test_a_ledger_of_the_fifth_schema_gets_its_place_for_looks_and_keeps_the_rest(url):
    with open_book(url) as book:
        written(book)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        looks.drop(connection)
        connection.execute(versions.update().values(version=5))
    engine.dispose()
    with open_book(url) as book:
        assert book.copies(HOME) == (COPY,)
        assert known(book) == {}
        book.remember(HOME, [LOOK])
    with open_book(url) as book:
        assert known(book) == {("data-model", "doc-1"): LOOK}
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(sa.select(versions.c.version)).scalar() == SCHEMA
    engine.dispose()
