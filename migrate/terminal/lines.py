"""Text for people on a terminal: lines of at most 80 columns, broken between words and nowhere else. Pure."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from migrate.kinds import called, counted
from migrate.reasons import REASONS
from migrate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from migrate.change.model import NotCopied, ScopeChange
    from migrate.errors import MigrateError


WIDTH = 80
_MOST = 1000  # characters of a foreign text that are shown
_WIDE = "\0"  # stands behind a character of two columns while lines are counted; no text that is shown holds one


def wrapped(text: object, first: str = "", rest: str = "") -> str:
    """A text in lines of at most 80 columns; ``first`` leads the first line, ``rest`` the others.

    Words are kept whole: one that is longer than a line stands on a line of its own.
    """
    return "\n".join(_broken(whole_words(text), first, rest) or [first.rstrip()])


def folded(text: str) -> str:
    """A text of lines in which those of more than 80 columns are broken between words, and go on further in."""
    return "\n".join(each for line in text.split("\n") for each in _fold(line))


def _fold(line: str) -> list[str]:
    pad = line[: len(line) - len(line.lstrip())]
    return [line] if columns(line) <= WIDTH else _broken(line.strip(), pad, f"{pad}  ")


def _broken(text: str, first: str, rest: str) -> list[str]:
    """The text in lines, their columns counted as a terminal shows them."""
    spread = "".join(each + _WIDE if columns(each) > 1 else each for each in text)
    lines = wrap(
        spread,
        width=WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_WIDE, "") for line in lines]


def columns(text: str) -> int:
    """How many columns of a terminal a text without control characters takes, at most."""
    return len(text) if text.isascii() else sum(1 + (east_asian_width(each) in "WF") for each in text)


def pasted(first: str, patch: str, says: object = "") -> list[str]:
    """YAML to be pasted behind ``first``, with what it means as a comment, in lines that still say the same.

    Where all of it does not fit into one line the comment stands first and the YAML below it, broken between words; a
    patch that would say something else when it is broken stays whole.
    """
    note = f"  # {whole_words(says)}" if says else ""
    line = f"{first} {patch}{note}"
    if len(line) <= WIDTH:
        return [line]
    import yaml

    pad = " " * (len(first) - len(first.lstrip()) + 2)
    broken = wrap(patch, width=WIDTH - len(pad), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    same = yaml.safe_load("\n".join(broken)) == yaml.safe_load(patch)
    return [
        wrapped(f"{first.strip()}{note}", first[: -len(first.lstrip())], pad + "# "),
        *(pad + each for each in (broken if same else [patch])),
    ]


def whole_words(text: object, most: int = _MOST) -> str:
    """The text on one line, fit to be shown, its end left out behind a whole word where it is very long."""
    shown = one_line(text, most)
    kept, space, _cut = shown.removesuffix("…").rpartition(" ")
    return f"{kept} …" if shown.endswith("…") and space and not str(text).endswith("…") else shown


def left_out(counts: Mapping[str, int]) -> list[str]:
    """Lines for what the selection passed over."""
    words = {
        "personal": "in personal folders left out (name the folder to include them)",
        "excluded": "excluded by the plan",
        "archived": "archived in the source",
    }
    return [wrapped(f"{counted('document', number)} {words.get(why, why)}") for why, number in counts.items() if number]


_SCOPE_SHOWN = 20


def scope_lines(changes: Sequence[ScopeChange]) -> list[str]:
    """Lines for what left the scope since the last run, and how much is new to it."""
    told = [one for one in changes if one.change == "left_scope" and one.next_action]
    lines = []
    for one in told[:_SCOPE_SHOWN]:
        name = f"{called(one.kind)} {whole_words(one.name, 200)}"
        lines.append(wrapped(f"left the scope: {name}", "  - ", " " * 6))
        lines += reasoned(one.reason_code, one.reason, one.next_action)
    if len(told) > _SCOPE_SHOWN:
        lines.append(f"  … and {len(told) - _SCOPE_SHOWN} more that left the scope (--output json lists all)")
    new = sum(one.change == "new" for one in changes)
    return [*lines, *([f"  {counted('document', new)} new in scope since the last run"] if new else [])]


def not_copied(found: Sequence[NotCopied]) -> list[str]:
    """Lines for what the selection takes and nobody copies."""
    lines = []
    for one in found[:_SCOPE_SHOWN]:
        place = f" in {whole_words(one.source_path, 200)}" if one.source_path else ""
        lines.append(wrapped(f"not copied: {one.kind} {whole_words(one.name, 200)}{place}", "", "  "))
        reason = REASONS[one.reason_code]
        lines += reasoned(one.reason_code, reason.sentence, reason.fix)
    more = len(found) - _SCOPE_SHOWN
    return [*lines, *([f"… and {more} more that are not copied (--output json lists all)"] if more > 0 else [])]


def reasoned(code: str, reason: object, next_action: object = "") -> list[str]:
    """Why something is not as it should be, and what to do next, below what it is about."""
    lines = [wrapped(f"{code}: {whole_words(reason)}", " " * 6, " " * 8)]
    return [*lines, wrapped(f"next: {whole_words(next_action)}", " " * 6, " " * 8)] if next_action else lines


def not_looked_at(lost: Mapping[str, MigrateError]) -> list[str]:
    """A line for each target that could not be looked at."""
    return [wrapped(f"Target {target}: not looked at: {error}", "", "  ") for target, error in lost.items()]
