"""What this process knows as secret, in every spelling, taken out of all that leaves it: the last ring.

Clients tell what they hold; everything that is printed, logged or written passes here, whoever made it. What a
migration knew is known until the next one begins, so that its errors and reports are covered too.
"""

from __future__ import annotations

import base64
import re
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OUT = "***"
_LEAST = 8  # characters of a secret; anything shorter would blank out ordinary words
_HEAD = 16  # characters by which a secret is known whose end was cut off


_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def environment_secrets(environ: Mapping[str, str]) -> Iterator[str]:
    """The passwords that libraries take from the environment by themselves: of proxies, and of a ledger's server."""
    for name, value in environ.items():
        if name == "PGPASSWORD":
            yield value
        elif name.upper() in _PROXIES:
            password = value.rpartition("@")[0].partition("://")[2].partition(":")[2]
            yield password
            yield unquote(password)


class _Pattern(Protocol):
    def search(self, text: bytes) -> object: ...
    def sub(self, repl: bytes, text: bytes) -> bytes: ...


class Ring:
    """The secrets of the migrations that are open, and of those that ended since one began."""

    __slots__ = ("_lock", "_open", "_pattern", "_words")

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._pattern: _Pattern | None = None
        self._open = 0
        self._lock = threading.Lock()  # migrations may run in threads of one process

    def begin(self) -> None:
        """A migration begins; what was known is forgotten unless another one is open."""
        with self._lock:
            if not self._open:
                self._words.clear()
                self._pattern = None
            self._open += 1

    def end(self) -> None:
        """A migration ended; what it knew stays known."""
        with self._lock:
            self._open -= 1

    def add(self, *words: str) -> None:
        """Remembers secrets."""
        with self._lock:
            new = {word for word in words if len(word) >= _LEAST} - self._words
            if new:
                self._words |= new
                self._pattern = None

    def bytes_without(self, content: bytes) -> bytes:
        """The bytes of a text without any secret."""
        if not self._words:
            return content
        pattern = self._pattern
        if pattern is None:
            with self._lock:
                pattern = self._pattern = _pattern(frozenset(self._words))
        return pattern.sub(OUT.encode(), content) if pattern.search(content) else content

    def text_without(self, text: str) -> str:
        """The text without any secret; the same object where there is none in it."""
        if not self._words:
            return text
        given = text.encode("utf-8", "surrogatepass")
        kept = self.bytes_without(given)
        return text if kept is given else kept.decode("utf-8", "surrogatepass")

    def is_in(self, content: bytes) -> bool:
        """Whether some bytes hold a secret."""
        return self.bytes_without(content) is not content


RING = Ring()
"""That of this process."""


@lru_cache(maxsize=8)
def _pattern(words: frozenset[str]) -> _Pattern:
    """One expression for all spellings of all secrets, matched in linear time, on bytes."""
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = 256 << 20
    options.log_errors = False
    spelled = sorted({form for word in words for form in _spellings(word)}, key=len, reverse=True)
    compiled: _Pattern = re2.compile("|".join(map(_expression, spelled)).encode(), options)
    return compiled


def _expression(form: str) -> str:
    """A spelling as an expression; a long one also where only its beginning is left."""
    if len(form) < 2 * _HEAD:
        return re.escape(form)
    return re.escape(form[:_HEAD]) + "[0-9A-Za-z+/=_.~%-]*"


def _spellings(word: str) -> Iterator[str]:
    """A secret as it stands, in JSON, in HTML, in an address, and in base64 at any place of a longer text."""
    import html
    import json

    raw = word.encode("utf-8", "surrogatepass")
    yield word
    yield json.dumps(word)[1:-1]
    yield json.dumps(word, ensure_ascii=False)[1:-1]
    yield html.escape(word)
    yield html.escape(word).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    yield quote(raw, safe="")
    yield quote_plus(raw)
    yield "".join(f"%{byte:02x}" for byte in raw)
    for shift in range(3):  # the characters that no neighbour has a share in
        inner = base64.b64encode(bytes(shift) + raw).decode()
        whole = inner[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        yield whole
        yield whole.translate(str.maketrans("+/", "-_"))
