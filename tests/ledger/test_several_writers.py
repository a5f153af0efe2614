"""Several processes on one ledger: one holder a lock, and equal bodies are nobody's trouble."""

import subprocess
import sys
from collections import Counter

import pytest
import sqlalchemy as sa

from migrate.ledger.book import open_book
from migrate.ledger.model import Copy, Home
from migrate.ledger.opening import open_engine
from migrate.ledger.statements import FENCE

LOCKS = """
import sys
from migrate.errors import LockHeld
from migrate.ledger.book import open_book
from migrate.ledger.owner import owner_here

url, name = sys.argv[1:]
with open_book(url) as book:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(60):
        try:
            book.lock(f"org-{number}", owner_here(name), ttl=600)
            print(number, flush=True)
        except LockHeld:
            pass
    print("done", flush=True)
    sys.stdin.readline()
"""

BODIES = """
import sys
from dataclasses import replace
from migrate.ledger.book import open_book
from migrate.ledger.model import Copy, Entry, Home
from migrate.ledger.owner import owner_here

url, first, last = sys.argv[1:]
BODIES = [{"pages": [], "number": number} for number in range(4)]
with open_book(url) as book:
    print("ready", flush=True)
    sys.stdin.readline()
    for tenant in range(int(first), int(last)):
        home = Home(plan="p", source_org="s", target_org=f"tenant-{tenant}")
        held = book.lock(home.target_org, owner_here("run"), ttl=600)
        for at in range(len(BODIES)):
            entry = Entry(run="run", home=home, kind="workbook", source_id="w", verb="update", state="planned", name="")
            before = BODIES[at - 1] if at else None
            # every other tenant goes through the bodies the other way, so that orders of locking would cross
            body, before = (BODIES[at], before) if tenant % 2 else (BODIES[-1 - at], BODIES[-at] if at else None)
            entry = book.sent(book.intend(entry, sent=body, replaced=before), "t")
            copy = Copy(home=home, kind="workbook", source_id="w", target_id="t", name="W", folder_id="f",
                        digest_sent=entry.digest_sent, digest_read="r", version_read=at)
            book.done(entry, copy)
        book.release(held)
    print("done", flush=True)
    sys.stdin.readline()
"""


def together(script, arguments):
    """What each of several processes printed that began at the same moment."""
    command = [sys.executable, "-c", script]
    processes = [
        subprocess.Popen([*command, *map(str, more)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for more in arguments
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    # All stay alive until all are through, so that none counts as gone.
    shown = [list(iter(lambda process=process: process.stdout.readline().strip(), "done")) for process in processes]
    for process in processes:
        process.communicate("end\n", timeout=120)
        assert process.returncode == 0
    return shown


@pytest.mark.timeout(180)
def test_three_processes_on_sixty_locks_get_each_one_once(url):
    with open_book(url) as book:
        shown = together(LOCKS, [(url, f"run-{number}") for number in range(3)])
        taken = Counter(number for lines in shown for number in lines)
        assert taken == {str(number): 1 for number in range(60)}
        holders = [book.holder(f"org-{number}") for number in range(60)]
        assert {held.fence for held in holders} == {1}
        for number, held in enumerate(holders):
            assert str(number) in shown[int(held.owner.run.removeprefix("run-"))]


@pytest.mark.timeout(180)
def test_forty_tenants_of_equal_bodies_at_once(url):
    with open_book(url):
        together(BODIES, [(url, first, first + 10) for first in range(0, 40, 10)])
    with open_book(url) as book:
        for tenant in range(40):
            (copy,) = book.copies(Home(plan="p", source_org="s", target_org=f"tenant-{tenant}"))
            assert copy.version_read == 3
            assert book.body(copy.digest_sent) is not None, "the body of a copy was dropped by a neighbour"
        entries = book.entries("run")
        assert len(entries) == 160
        assert all(book.body(entry.pre_image) is not None for entry in entries if entry.pre_image)


def test_a_ledger_of_the_first_schema_gets_its_new_columns(url):
    """As the version before made them: without fences and attempts."""
    with open_book(url):
        pass
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for column in ("boot", "pid_namespace", "started", "attempt", "fence"):
            connection.execute(sa.text(f"ALTER TABLE locks DROP COLUMN {column}"))
        for column in ("attempt", "kind", "undoes"):
            connection.execute(sa.text(f"ALTER TABLE runs DROP COLUMN {column}"))
        connection.execute(sa.text("UPDATE ledger_version SET version = 1"))
        connection.execute(
            sa.text("INSERT INTO runs VALUES ('run-0', 'acme', '00', '2026', '2026', 'complete', 'seal')")
        )
        connection.execute(sa.text("INSERT INTO locks VALUES ('org-b', 'run-0', 'h', 't', 1, 0, 99999999999)"))
    engine.dispose()
    with open_book(url) as book:
        (run,) = book.runs()
        assert (run.id, run.attempt, run.kind, run.undoes) == ("run-0", 1, "apply", "")
        held = book.holder("org-b")
        assert (held.owner.run, held.fence, held.working) == ("run-0", 0, True)
        assert book.unlock("org-b").owner.host == "h"


def test_of_copies_of_an_older_ledger_nobody_knows_the_description(url):
    home = Home(plan="p", source_org="s", target_org="t")
    copy = Copy(
        home=home,
        kind="workbook",
        source_id="w",
        target_id="t1",
        name="n",
        folder_id="f",
        digest_sent="",
        digest_read="",
        version_read=1,
        description="words",
    )
    with open_book(url) as book:
        book.adopt(copy)
        assert [one.description for one in book.copies(home)] == ["words"]
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for table in ("copies", "entries"):
            connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN description"))
        connection.execute(sa.text("UPDATE ledger_version SET version = 3"))
    engine.dispose()
    with open_book(url) as book:
        assert [one.description for one in book.copies(home)] == [None]
        assert book.runs() == ()


def test_a_connection_that_ended_under_a_statement_is_not_used_again(fresh_database):
    engine = open_engine(fresh_database())
    with engine.connect() as connection, engine.connect() as other:
        server = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        assert FENCE.execute(connection, {"org": "b"}) is None
        other.execute(sa.text(f"SELECT pg_terminate_backend({server}, 5000)"))
        with pytest.raises(sa.exc.DBAPIError):
            FENCE.execute(connection, {"org": "b"})
        assert connection.invalidated
    engine.dispose()
