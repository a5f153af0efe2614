"""What processes that ask the same hosts tell each other: how long a host is left alone, and who may ask for a token.

Time is the database's, so that clocks of several machines need not agree.
"""

from __future__ import annotations

import sqlalchemy as sa

from migrate.ledger.tables import insert, pauses, seconds_now
from migrate.ledger.transactions import Transactions


class Pauses:
    """The pauses and token turns of hosts, for every process on this ledger (a ``sigma.pace.Board``)."""

    def __init__(self, at: Transactions) -> None:
        self._at = at

    def pause(self, host: str, seconds: float) -> None:
        """Notes that a host is to be left alone for so long; a longer pause that stands is not made shorter."""
        with self._at.writing(waits=False) as connection:
            dialect = connection.dialect.name
            until = seconds_now(dialect) + seconds
            query = insert(dialect, pauses).values(host=host, until=until, token_free_at=0.0)
            query = query.on_conflict_do_update(
                index_elements=[pauses.c.host], set_={"until": until}, where=pauses.c.until < until
            )
            connection.execute(query)

    def remaining(self, host: str) -> float:
        """For how many seconds a host is to be left alone still; 0 where it may be asked."""
        with self._at.reading() as connection:
            left = pauses.c.until - seconds_now(connection.dialect.name)
            return max(0.0, float(connection.execute(sa.select(left).where(pauses.c.host == host)).scalar() or 0.0))

    def token_turn(self, host: str, gap: float) -> float:
        """Seconds until a turn at the token endpoint that nobody else has; the next one is ``gap`` seconds later."""
        with self._at.writing(waits=False) as connection:
            dialect = connection.dialect.name
            now = seconds_now(dialect)
            begin = sa.case((pauses.c.token_free_at > now, pauses.c.token_free_at), else_=now)
            query = insert(dialect, pauses).values(host=host, until=0.0, token_free_at=now + gap)
            query = query.on_conflict_do_update(index_elements=[pauses.c.host], set_={"token_free_at": begin + gap})
            wait = pauses.c.token_free_at - gap - now
            return max(0.0, float(connection.execute(query.returning(wait)).scalar_one()))
