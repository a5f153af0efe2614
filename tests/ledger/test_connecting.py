"""A server that is away, or has no connection to spare, is asked again; one that cannot be the right one is not."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa

from migrate.ledger.connecting import Connecting

BUSY = "FATAL: sorry, too many clients already"
WRONG = "FATAL: password authentication failed"


def refusing(said, dialect="postgresql+psycopg"):
    """An engine whose server says no, and how often it was asked."""
    asked = []

    def connect():
        asked.append(said)
        raise psycopg.OperationalError(said)

    return sa.create_engine(f"{dialect}://", creator=connect), asked


@pytest.mark.parametrize(("first", "said", "times"), [(False, WRONG, 4), (True, BUSY, 4), (True, WRONG, 1)])
def test_it_is_asked_again_where_that_may_help(first, said, times):
    engine, asked = refusing(said)
    with pytest.raises(sa.exc.OperationalError):
        Connecting(engine, (0.0, 0.0, 0.0)).connected(first=first)
    assert len(asked) == times


def test_nobody_waits_again_for_what_was_waited_for_in_vain(fresh_database):
    engine, asked = refusing(BUSY)
    ways = Connecting(engine, (0.0, 0.0))
    for times in (3, 4, 5):
        with pytest.raises(sa.exc.OperationalError):
            ways.connected()
        assert len(asked) == times
    ways.engine = sa.create_engine(fresh_database())
    ways.connected().close()
    ways.engine.dispose()
    ways.engine = engine
    with pytest.raises(sa.exc.OperationalError):
        ways.connected()
    assert len(asked) == 5 + 3, "it was back meanwhile"
