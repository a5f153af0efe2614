"""Where the source of a fleet run lies for all who work on it: a folder that they share, or a bucket of object storage.

In a bucket the file comes first and a marker with its digest last, so that what is not all there is not taken for it.
Credentials and endpoint are those of the environment (``AWS_…``), of each machine its own. The only file that knows
obstore.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from migrate.errors import FileError, InvalidInput, Problem, file_error
from migrate.files import make_private, open_regular
from migrate.plan.model import Plan

NAME = "source.gz"
COMPLETE = "complete"
_PART = 1 << 20


class Missing(Exception):
    """Nothing lies there, or not all of it; the message says what."""


class Place(Protocol):
    """Where one file of a run lies."""

    def put(self, draft: Path, digest: str) -> None:
        """Takes a file, whole or not at all. Raises FileError."""

    @contextmanager
    def opened(self, digest: str) -> Iterator[IO[bytes]]:
        """The file, from its beginning; whether it is the one with that digest is for the reader to see.

        Raises Missing, and FileError where the place cannot be had.
        """

    def drop(self) -> None:
        """Removes the file, if it is there."""


def place_of(plan: Plan, run: str) -> Place:
    """Where the source of a run of this plan lies. Raises InvalidInput where obstore is needed and not installed."""
    if plan.run.share is None:
        return InFolder(plan.report.dir / run)
    return InBucket(plan.run.share, run)


class InFolder:
    """The run's own folder, owner-only."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def put(self, draft: Path, _digest: str) -> None:
        """See ``Place``."""
        make_private(self.path.parent)
        try:
            with tempfile.NamedTemporaryFile(dir=self.path.parent, suffix=".part", delete=False) as part:  # owner-only
                try:
                    with draft.open("rb") as given:
                        shutil.copyfileobj(given, part, _PART)
                    part.close()
                    Path(part.name).replace(self.path)
                except BaseException:
                    Path(part.name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise file_error(error, self.path) from None

    @contextmanager
    def opened(self, _digest: str) -> Iterator[IO[bytes]]:
        """See ``Place``."""
        try:
            with open_regular(self.path) as file:
                yield file
        except OSError as error:
            raise Missing(f"cannot be read: {error.strerror or error}") from None

    def drop(self) -> None:
        """See ``Place``."""
        self.path.unlink(missing_ok=True)


class InBucket:
    """Two objects under the run's name below an address such as ``s3://bucket/prefix``."""

    def __init__(self, url: str, run: str) -> None:
        try:
            import obstore
            from obstore.store import from_url
        except ModuleNotFoundError as missing:
            message, fix = f"run.share needs the Python package {missing.name}", "pip install 'sigma-migrate[s3]'"
            raise InvalidInput([Problem(code="share_unusable", path="run.share", message=message, fix=fix)]) from None
        self._objects: Any = obstore
        self._url = f"{url.rstrip('/')}/{run}"
        self._names = f"{run}/{NAME}", f"{run}/{COMPLETE}"
        with self._told():
            self._store: Any = from_url(url)

    def put(self, draft: Path, digest: str) -> None:
        """See ``Place``."""
        file, complete = self._names
        with self._told():
            self._objects.put(self._store, file, draft)
            self._objects.put(self._store, complete, digest.encode())

    @contextmanager
    def opened(self, digest: str) -> Iterator[IO[bytes]]:
        """See ``Place``."""
        file, complete = self._names
        with tempfile.TemporaryFile() as kept:
            with self._told():
                try:
                    marked = bytes(self._objects.get(self._store, complete).bytes())
                    if marked != digest.encode():
                        raise Missing("is marked as another one")
                    for part in self._objects.get(self._store, file).stream(min_chunk_size=_PART):
                        kept.write(part)
                except FileNotFoundError:  # what obstore calls an object that is not there
                    raise Missing(f"is not there, or not complete yet: {self._url}") from None
            kept.seek(0)
            yield kept

    def drop(self) -> None:
        """See ``Place``; the marker goes first."""
        with self._told():
            for name in reversed(self._names):
                self._objects.delete(self._store, name)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Trouble of object storage, as a word about this machine."""
        try:
            yield
        except self._objects.exceptions.BaseError as error:
            why = str(error).partition("\n")[0][:300]
            raise FileError(
                f"{self._url} cannot be used: {type(error).__name__}: {why}.",
                code="share_unusable",
                next_action="check run.share, and AWS_ENDPOINT_URL, AWS_REGION and the credentials of this machine",
            ) from None
