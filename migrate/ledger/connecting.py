"""Connections to a ledger, whose server may be away or full for a moment: it is asked again for half a minute.

Only what no statement has gone through yet is tried again, so that nothing is done twice.
"""

from __future__ import annotations

import re
import time
from typing import Any

import sqlalchemy as sa

WAITS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each further try."""

_FOR_A_MOMENT = re.compile(r"too many (clients|connections)|connection slots|is (starting up|shutting down)|recovery")
"""What PostgreSQL answers where it will take a connection soon (its messages, in English)."""


class Connecting:
    """Connects to one ledger. Once it was waited for in vain, nobody waits again until it is back."""

    def __init__(self, engine: sa.Engine, waits: tuple[float, ...] = WAITS) -> None:
        self.engine = engine
        self._all = waits if engine.dialect.name == "postgresql" else ()
        self._waits = self._all

    def connected(self, *, first: bool = False, **options: Any) -> sa.Connection:
        """A connection. On the ``first`` one an unknown trouble is told at once: it may be a wrong address.

        Raises sqlalchemy's DBAPIError where there is none to be had.
        """
        for wait in self._waits:
            try:
                return self.engine.connect().execution_options(**options)
            except sa.exc.OperationalError as error:
                if first and not _FOR_A_MOMENT.search(str(error.orig)):
                    raise
            time.sleep(wait)
        self._waits = ()
        connection = self.engine.connect().execution_options(**options)
        self._waits = self._all
        return connection
