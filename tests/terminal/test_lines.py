"""What people read on a terminal: lines of 80 columns, and no word cut."""

from __future__ import annotations

import io
import re

from hypothesis import given
from hypothesis import strategies as st

from migrate.events import Stage
from migrate.terminal.lines import WIDTH, columns, folded, reasoned, whole_words, wrapped
from migrate.terminal.watch import Progress

SENTENCES = st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=90), max_size=30)


@given(SENTENCES, st.sampled_from(["", "  ! ", "      "]), st.sampled_from(["", "        "]))
def test_no_word_is_cut_and_no_line_is_longer_than_it_must_be(words: list[str], first: str, rest: str) -> None:
    lines = wrapped(" ".join(words), first, rest).split("\n")
    assert lines[0].startswith(first.rstrip())
    assert all(line.startswith(rest) for line in lines[1:])
    found = [word for line in lines for word in line[len(first) if line is lines[0] else len(rest) :].split()]
    cut = found[-1:] == ["…"]
    assert found[: len(found) - cut] == words[: len(found) - cut]
    assert cut or found == words
    for number, line in enumerate(lines):
        indent = rest if number else first
        assert len(line) <= WIDTH or len(line[len(indent) :].split()) == 1


@given(st.text(max_size=60), st.integers(5, 40))
def test_a_long_text_ends_behind_a_word(text: str, most: int) -> None:
    shown = whole_words(text, most)
    assert len(shown) <= most + 1
    assert "\n" not in shown


def test_what_is_wrong_and_what_to_do_stand_below_each_other() -> None:
    lines = reasoned("drifted", "somebody " * 20, "look at it")
    assert [line.strip()[:8] for line in lines] == ["drifted:", "next: lo"]
    assert max(len(line) for text in lines for line in text.split("\n")) <= WIDTH


def test_every_command_keeps_to_80_columns(desk) -> None:
    plan = desk.plan(map={})
    calls = [("plan", plan), ("apply", plan, "--yes"), ("verify", plan), ("doctor", plan), ("assess", plan)]
    calls += [("drift", plan, "--verbose"), ("undo", "last", "--dry-run"), ("explain", "drifted")]
    for call in calls:
        said = desk.call(*call).stdout
        assert len(said) > 20, call
        long = [
            line for line in said.splitlines() if len(line) > WIDTH and "then: " not in line and "paste: " not in line
        ]
        long = [line for line in long if len(line.split()) > 2]
        assert not long, call


def test_characters_of_two_columns_are_counted_as_a_terminal_shows_them() -> None:
    lines = wrapped("収益認識 報告書 🎈🎈 plain " * 20, "  ! ", "      ").split("\n")
    widths = [columns(line) for line in lines]
    assert max(widths) <= WIDTH
    assert min(widths[:-1]) > WIDTH - 10, "no line is shorter than it must be"
    assert [len(line) for line in lines] != widths
    assert " ".join(" ".join(lines).removeprefix("  ! ").split()) == ("収益認識 報告書 🎈🎈 plain " * 20).strip()


def test_long_lines_are_folded_behind_their_indent_and_the_others_stay() -> None:
    text = f"Error: short\n  plan.yaml:26:7 {'word ' * 30}end\nNext: {'x' * 90}\n"
    short, *middle, marker, word, end = folded(text).split("\n")
    assert (short, marker, word, end) == ("Error: short", "Next:", f"  {'x' * 90}", "")
    assert middle[0].startswith("  plan.yaml:26:7 word")
    assert all(line.startswith("    word") and len(line) <= WIDTH for line in middle[1:])
    assert " ".join(" ".join(middle).split()) == f"plan.yaml:26:7 {'word ' * 30}end"


class Screen(io.StringIO):
    """What a terminal is sent."""

    def isatty(self) -> bool:
        return True


def test_a_bar_that_had_nothing_to_count_leaves_no_line() -> None:
    screen = Screen()
    progress = Progress(screen, colour=False)
    for event in (
        Stage(name="crawl", org="north", done=0, total=0),
        Stage(name="fetch", org="north", done=0, total=3),
        Stage(name="fetch", org="north", done=3, total=3),
        Stage(name="crawl", org="group", done=0, total=0),
    ):
        progress(event)
    progress.close()
    left = [line for line in drawn(screen.getvalue()) if line.strip()]
    assert [line.split(":")[0] for line in left] == ["Fetching north"]


def drawn(sent: str) -> list[str]:
    """The lines that a terminal shows in the end."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[A|\n|\r|[^\x1b\n\r]+", sent):
        if part == "\r":
            column = 0
        elif part == "\x1b[A":
            row -= 1
        elif part == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        else:
            lines[row] = lines[row][:column].ljust(column) + part + lines[row][column + len(part) :]
            column += len(part)
    return lines
