"""The words of the page for a client, in the language of who reads it: a TOML file with the keys of the English one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from migrate.errors import Usage
from migrate.files import read_regular
from migrate.reasons import REASONS
from migrate.report.template import template_text
from migrate.text import visible
from migrate.tree import Json

ENGLISH = "languages/en.toml"
MOST_BYTES = 1_000_000
MOST_TOLD = 10

_BY_CODE = ("reasons", "fixes")
_TABLES = ("words", "states", "kinds", "levels", "phrases")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Texts by key, in tables.

    ``reasons`` puts codes into words, ``fixes`` says by code what to do; what they do not name stays English.
    """

    lang: str
    direction: str
    words: Mapping[str, str]
    states: Mapping[str, str]
    kinds: Mapping[str, str]
    levels: Mapping[str, str]
    phrases: Mapping[str, str]
    reasons: Mapping[str, str]
    fixes: Mapping[str, str]

    def say(self, key: str, **filled: object) -> str:
        """A text with what stands in braces filled in."""
        return self.words[key].format(**filled)

    def counted(self, count: int) -> str:
        """So many documents."""
        return self.say("count_one" if count == 1 else "count_other", count=f"{count:,}")

    def reason(self, code: str) -> str:
        """What a reason code means."""
        return self.reasons.get(code) or (REASONS[code].sentence if code in REASONS else "")

    def fix(self, code: str) -> str:
        """What to do about a reason code."""
        return self.fixes.get(code) or (REASONS[code].fix if code in REASONS else "")

    def untold(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Those of these codes that a page in this language would put into English words."""
        if self.lang == english().lang:
            return ()
        known = self.reasons.keys() & self.fixes.keys()
        return tuple(sorted({code for code in codes if code in REASONS and code not in known}))


@cache
def english() -> Language:
    """The language that comes with the program."""
    return _language(tomllib.loads(template_text(ENGLISH)))


def read_language(path: Path) -> Language:
    """A language from a file.

    Raises Usage, naming the file and up to ``MOST_TOLD`` things, where it is no TOML, lacks a key of the English one,
    has one that nothing reads, or fills in what the English text does not have. Raises OSError as files do.
    """
    try:
        tree = tomllib.loads(read_regular(path, most=MOST_BYTES).decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise Usage(f"{visible(path, 200)} is no TOML in UTF-8: {visible(error, 200)}") from error
    wrong = list(_wrong(tree))
    if wrong:
        more = f"; and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
        told = "; ".join(wrong[:MOST_TOLD])
        raise Usage(f"{visible(path, 200)} is no language: {told}{more} (begin with a copy of report/{ENGLISH})")
    return _language(tree)


def _language(tree: Mapping[str, Json]) -> Language:
    return Language(**{"reasons": {}, "fixes": {}, **tree})


def _wrong(tree: Mapping[str, Json]) -> Iterator[str]:
    """What is wrong with a language, each as a few words."""
    ours = tomllib.loads(template_text(ENGLISH))
    for name in sorted({*ours, *tree}):
        theirs = tree.get(name)
        if name not in ours:
            yield f"nothing reads {visible(name, 60)}"
        elif name in _BY_CODE:
            yield from _wrong_by_code(name, {} if theirs is None else theirs)
        elif name not in _TABLES:
            if not isinstance(theirs, str) or not theirs.isascii() or not theirs.replace("-", "").isalpha():
                yield f"{name} is no such word as {ours[name]!r}"
            elif name == "direction" and theirs not in ("ltr", "rtl"):
                yield "direction is neither ltr nor rtl"
        elif not isinstance(theirs, dict):
            yield f"the table {name} is missing"
        else:
            yield from _wrong_table(name, ours[name], theirs)


def _wrong_table(name: str, ours: Mapping[str, str], theirs: Mapping[str, Json]) -> Iterator[str]:
    for key in sorted({*ours, *theirs}):
        text = theirs.get(key)
        if key not in ours:
            yield f"nothing reads {name}.{visible(key, 60)}"
        elif not isinstance(text, str) or not text.strip():
            yield f"{name}.{key} has no text"
        elif not _filled_in(text) <= _filled_in(ours[key]):
            allowed = ", ".join(sorted(f"{{{one}}}" for one in _filled_in(ours[key]))) or "nothing in braces"
            yield f"{name}.{key} may have {allowed}"


def _wrong_by_code(name: str, theirs: Json) -> Iterator[str]:
    if not isinstance(theirs, dict):
        yield f"{name} is no table"
        return
    for code, text in theirs.items():
        if code not in REASONS:
            yield f"nothing reads {name}.{visible(code, 60)}"
        elif not isinstance(text, str) or not text.strip():
            yield f"{name}.{code} has no text"


def _filled_in(text: str) -> frozenset[str]:
    """What stands in braces; text of its own where the braces do not match."""
    try:
        found = [(name, spec, form) for _, name, spec, form in Formatter().parse(text) if name is not None]
    except ValueError:
        return frozenset({"braces that do not match"})
    return frozenset(name + (f":{spec}" if spec else "") + (f"!{form}" if form else "") for name, spec, form in found)
