"""One organization's wire."""

from __future__ import annotations


class Client:
    """A connected organization."""

    org: str
