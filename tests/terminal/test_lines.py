"""What people read on a terminal: lines of 80 columns, and no word cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migrate.terminal.lines import WIDTH, reasoned, whole_words, wrapped

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
