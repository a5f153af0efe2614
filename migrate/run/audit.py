"""Who did what, when: a line for each write that left, from the ledger. In the folder of its run, and all of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from migrate.files import joined, write_private
from migrate.ledger.book import Book
from migrate.ledger.model import Entry, Run
from migrate.tree import Json

SCHEMA = "sigma-migrate.audit/1"
NAME = "audit.jsonl"


def write_audit(folder: Path, book: Book, run_id: str) -> None:
    """Writes what a run did into its folder; nothing where it did nothing. Raises as the ledger and the disk do."""
    run = book.run(run_id)
    found = book.entries(run_id) if run is not None else ()
    if run is not None and found:
        write_private(folder / NAME, joined(_line(run, entry) for entry in found))


def audit_lines(book: Book, plan: str, run_id: str = "") -> Iterator[bytes]:
    """The same lines of all runs of a plan (or of one), in the order in which they began."""
    for run in book.runs(plan):
        if run_id in ("", run.id):
            yield from (_line(run, entry) for entry in book.entries(run.id))


def rows_of(lines: Iterable[bytes]) -> list[Json]:
    """Lines as JSON values."""
    return [orjson.loads(line) for line in lines]


def _line(run: Run, entry: Entry) -> bytes:
    """One write: ``who`` is the member whose credentials sent it, ``at`` the target organization's own time.

    ``before`` and ``after`` are digests of the bodies, empty where there is none; ``read_back`` that of what stood
    there afterwards.
    """
    tree = {
        "schema": SCHEMA,
        "sequence": entry.sequence,
        "run": run.id,
        "kind": run.kind,
        "plan": run.plan,
        "plan_sha256": run.plan_sha256,
        "change_set": run.change_set,
        "who": entry.author,
        "at": entry.intended_at,
        "organization": entry.home.target_org,
        "what": entry.verb,
        "type": entry.kind,
        "source_id": entry.source_id,
        "target_id": entry.target_id,
        "name": entry.name,
        "state": entry.state,
        "reason_code": entry.reason_code or None,
        "request_id": entry.request_id,
        "before": entry.pre_image,
        "after": entry.digest_sent,
        "read_back": entry.digest_read,
        "undoes": entry.undoes or None,
        "finished_at": entry.finished_at,
    }
    return orjson.dumps(tree, option=orjson.OPT_APPEND_NEWLINE)
