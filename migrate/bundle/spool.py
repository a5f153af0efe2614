"""Bodies on disk while a run is under way: put away by content, read back when they are in turn.

One file without a name holds them all, compressed: it is readable by nobody else, and is gone with the process,
however that ends. What is kept in memory is an address a body, and the few that were asked for last.
"""

from __future__ import annotations

import tempfile
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from migrate.bundle.spec import Spec
from migrate.errors import file_error
from migrate.inventory.model import Key
from migrate.tree import Json, digest

KEPT_BYTES = 4 * 2**20
"""So many bytes of JSON are kept as trees; as objects they take about eight times that."""

_FAST = 1  # zlib's level: a spec shrinks to a tenth or twentieth at any


class Spool:
    """Trees by the digest of their canonical bytes; a context manager. ``folder`` is where the file lies, which the
    system's own place for such files is by default; ``most`` bytes of JSON are kept as trees.
    """

    def __init__(self, folder: Path | None = None, *, most: int = KEPT_BYTES) -> None:
        self._most = most
        self._folder = folder or Path(tempfile.gettempdir())
        try:
            # Without a buffer: what a full disk did not take would be tried again at every read, and at the end.
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed with the spool
        except OSError as error:
            raise file_error(error, self._folder) from None
        self._closed = weakref.finalize(self, self._file.close)
        self._places: dict[str, tuple[int, int]] = {}
        self._recent: OrderedDict[str, tuple[Json, int]] = OrderedDict()
        self._recent_bytes = 0
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the disk space back; nothing can be read any more. Who forgets a spool closes it as well."""
        self._closed()
        self.let_go()

    @property
    def closed(self) -> bool:
        """Whether nothing can be read any more."""
        return self._file.closed

    @property
    def size(self) -> int:
        """The bytes on disk."""
        return self._end

    @property
    def kept(self) -> int:
        """The bytes of JSON that are kept as trees."""
        return self._recent_bytes

    def put(self, tree: Json) -> str:
        """The digest by which the tree is found again. Raises FileError where the disk takes no more."""
        name = digest(tree)
        if name not in self._places:
            self._write(name, orjson.dumps(tree))
        return name

    def put_text(self, raw: bytes) -> str:
        """The name by which the tree in a JSON text is found again. Raises FileError where the disk takes no more."""
        name = f"text:{sha256(raw).hexdigest()}"
        if name not in self._places:
            self._write(name, raw)
        return name

    def _write(self, name: str, raw: bytes) -> None:
        packed = zlib.compress(raw, _FAST)
        try:
            self._file.seek(self._end)
            left = memoryview(packed)
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise file_error(error, f"the bodies of a run that is under way, below {self._folder},") from None
        self._places[name] = self._end, len(packed)
        self._end += len(packed)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def get(self, name: str) -> Json:
        """The tree of a digest. Raises KeyError for one that was never put."""
        if name in self._recent:
            self._recent.move_to_end(name)
            return self._recent[name][0]
        raw = self._read(name)
        tree: Json = orjson.loads(raw)
        self._recent[name] = tree, len(raw)
        self._recent_bytes += len(raw)
        while self._recent_bytes > self._most:
            _, (_, dropped) = self._recent.popitem(last=False)
            self._recent_bytes -= dropped
        return tree

    def let_go(self) -> None:
        """Keeps no tree in memory any more; all are still found."""
        self._recent.clear()
        self._recent_bytes = 0

    def get_once(self, name: str) -> Json:
        """The tree of a digest that is not asked for again: it is not kept. Raises KeyError likewise."""
        return orjson.loads(self._read(name))

    def _read(self, name: str) -> bytes:
        start, length = self._places[name]
        self._file.seek(start)
        return zlib.decompress(self._file.read(length))


class Shelf(MutableMapping[Key, Spec]):
    """Specs by key whose bodies are in a spool: each is whole again when it is asked for."""

    def __init__(self, spool: Spool, specs: Mapping[Key, Spec] | None = None) -> None:
        self._spool = spool
        self._known: dict[Key, tuple[Spec, str, str]] = {}
        self.update(specs or {})

    def __setitem__(self, key: Key, spec: Spec) -> None:
        self._known[key] = replace(spec, body=None), self._spool.put(spec.body), spec.digest

    def __getitem__(self, key: Key) -> Spec:
        spec, body, _ = self._known[key]
        return replace(spec, body=self._spool.get(body))

    def __delitem__(self, key: Key) -> None:
        del self._known[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: object) -> bool:
        return key in self._known

    def digest(self, key: Key) -> str:
        """The digest of a spec, without reading it."""
        return self._known[key][2]
