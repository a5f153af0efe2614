"""The ledger keeps what it is told, in one transaction each, on every database."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.errors import Refused, ServiceError
from migrate.events import Recorded
from migrate.ledger.book import open_book
from migrate.ledger.model import Copy, Entry, Home, Run
from migrate.rewrite.model import ElementIds
from migrate.text import join_path
from migrate.tree import digest

HOME = Home(plan="acme", source_org="org-a", target_org="org-b")
ELEMENTS = {"e1": ElementIds(id="x1", columns={"c1": "y1"}, groupings={"g": "h"}, metrics={"m": "n"})}


def entry(source_id="doc-1", **more):
    values = {
        "run": "run-1",
        "home": HOME,
        "kind": "data-model",
        "source_id": source_id,
        "verb": "create",
        "state": "planned",
        "name": "Orders",
        "folder_id": "f-1",
        "intended_at": "2026-09-01T10:00:00Z",
    }
    return Entry(**values | more)


def copy(source_id="doc-1", target_id="t-1", **more):
    values = {
        "home": HOME,
        "kind": "data-model",
        "source_id": source_id,
        "target_id": target_id,
        "name": "Orders",
        "folder_id": "f-1",
        "digest_sent": "s",
        "digest_read": "r",
        "version_read": 3,
        "elements": ELEMENTS,
        "run": "run-1",
        "updated_at": "2026-09-01T10:00:05Z",
    }
    return Copy(**values | more)


def test_a_write_goes_from_intended_to_done_and_leaves_its_copy(book, told):
    body = {"pages": [{"id": "p"}]}
    intended = book.intend(entry(), sent=body)
    assert intended.state == "intended"
    assert intended.digest_sent == digest(body)
    assert book.snapshot(HOME).open == (intended,)
    assert book.body(intended.digest_sent) == body

    sent = book.sent(intended, "t-1", "req-9")
    assert book.snapshot(HOME).open == (sent,)

    done = book.done(sent, copy(digest_sent=intended.digest_sent))
    assert (done.state, done.target_id, done.version_read, done.elements) == ("done", "t-1", 3, ELEMENTS)
    assert book.entries("run-1") == (done,)
    snapshot = book.snapshot(HOME)
    assert snapshot.open == ()
    assert snapshot.copies == {("data-model", "doc-1"): copy(digest_sent=intended.digest_sent)}
    assert book.body(intended.digest_sent) == body, "what a copy was last made from is kept"
    assert [event.what for event in told if isinstance(event, Recorded)] == ["intended", "sent", "done"]


def test_a_body_is_kept_as_long_as_something_needs_it(book):
    first = book.intend(entry(), sent={"v": 1})
    book.done(first, copy(digest_sent=first.digest_sent))
    second = book.intend(entry(verb="update"), sent={"v": 2})
    book.done(second, copy(digest_sent=second.digest_sent))
    assert book.body(first.digest_sent) is None
    third = book.intend(entry(verb="update"), sent={"v": 3})
    book.failed(third, "api_refused", "no")
    assert book.body(third.digest_sent) is None
    assert book.body(second.digest_sent) == {"v": 2}
    fourth, beside = (book.intend(entry(each), sent={"v": 4}) for each in ("doc-2", "doc-3"))
    book.failed(beside, "api_refused", "no")
    assert book.body(fourth.digest_sent) == {"v": 4}, "another write of the same body is still open"
    book.failed(fourth, "api_refused", "no")
    assert book.body(fourth.digest_sent) is None


def test_what_is_recorded_is_there_for_the_next_process(url):
    with open_book(url) as first:
        intended = first.intend(entry(), sent={"a": 1})
        first.start_run(Run(id="run-1", plan="acme", plan_sha256="00", started_at="2026-09-01T09:00:00Z"))
    with open_book(url) as second:
        assert second.snapshot(HOME).open == (intended,)
        assert second.run("run-1").status == "running"
        second.finish_run("run-1", "complete", "2026-09-01T11:00:00Z")
        assert [run.status for run in second.runs("acme")] == ["complete"]
        assert second.runs("other") == ()
        assert second.run("run-2") is None


def test_a_failed_write_leaves_the_copy_as_it_was(book):
    book.done(book.intend(entry(), sent={"v": 1}), copy())
    update = book.intend(entry(verb="update", target_id="t-1"), sent={"v": 2}, replaced={"v": 1})
    failed = book.failed(update, "api_refused", "Invalid kind", at="2026-09-01T10:01:00Z")
    assert book.copies(HOME) == (copy(),)
    assert book.entries("run-1")[1] == failed
    assert book.body(failed.pre_image) == {"v": 1}, "what was replaced is kept for undo"


def test_a_second_write_to_the_same_thing_is_refused_while_one_is_open(book):
    first = book.intend(entry())
    with pytest.raises(Refused):
        book.intend(entry(run="run-2"))
    book.intend(entry(source_id="doc-2"))
    book.failed(first, "not_done", "nothing was found")
    assert book.intend(entry(run="run-2")).sequence > first.sequence


def test_a_pre_image_equal_to_a_sent_body_survives_that_write(book):
    body = {"pages": []}
    first = book.done(book.intend(entry(), sent=body), copy())
    book.intend(entry(verb="update"), sent={"pages": [1]}, replaced=body)
    assert book.body(first.digest_sent) == body
    other = book.intend(entry(source_id="doc-2"), sent=body)
    book.done(other, copy("doc-2", "t-2"))
    assert book.body(first.digest_sent) == body


def test_a_delete_takes_the_copy_out_of_the_map(book):
    book.done(book.intend(entry()), copy())
    deleted = book.done(book.intend(entry(verb="delete", target_id="t-1")), None, at="2026-09-01T12:00:00Z")
    assert book.copies(HOME) == ()
    assert deleted.finished_at == "2026-09-01T12:00:00Z"


def test_copies_of_one_home_are_not_those_of_another(book):
    other = replace(HOME, plan="other")
    book.adopt(copy())
    book.adopt(copy(home=other, target_id="t-9"))
    assert book.copies(other) == (copy(home=other, target_id="t-9"),)
    assert set(book.owned("org-b")) == {"t-1", "t-9"}
    assert book.owned("org-c") == {}
    assert book.forget(HOME, kind="data-model", source_id="nothing") == 0
    assert book.forget(HOME) == 1
    assert set(book.owned("org-b")) == {"t-9"}


hostile = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    [
        "\x00",
        "\x1b0",
        "\x1b",
        "a\x00\x1bb",
        "=cmd()",
        "../../x",
        "<script>",
        "x" * 10_000,
        "日本\n\r",
        "'; DROP TABLE copies;--",
    ]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=hostile, source_id=hostile, old=hostile)
def test_every_text_comes_back_as_it_was(book, name, source_id, old):
    kept = copy(source_id=source_id, name=name, elements={old: ElementIds(id=name, columns={name: old})})
    book.adopt(kept)
    assert book.snapshot(HOME).copies[("data-model", source_id)] == kept
    recorded = book.intend(entry(source_id=source_id, name=name, reason=old), sent={name: old})
    assert book.snapshot(HOME).open == (recorded,)
    book.failed(recorded, "x", old)


@given(st.lists(st.text(max_size=4), min_size=1, max_size=4), st.lists(st.text(max_size=4), min_size=1, max_size=4))
def test_two_folder_paths_have_one_id_only_when_equal(one, other):
    assert (join_path(one) == join_path(other)) == (one == other)


def test_a_ledger_of_a_newer_version_is_left_alone(url):
    with open_book(url) as book:
        book.adopt(copy())
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE ledger_version SET version = 99"))
    engine.dispose()
    with pytest.raises(ServiceError, match="schema 99"):
        open_book(url)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version FROM ledger_version")).scalar() == 99
    engine.dispose()
