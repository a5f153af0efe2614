"""What a target is pinned to, as it is written and as its list says."""

import pytest

from migrate.plan.pins import Pin, pin_of, wrong


def pinned(text, written="list:october.txt"):
    problems = []
    found = pin_of(written, lambda name: (f"plans/{name}", text), problems)
    return found, [(one.code, one.message, one.file, one.line) for one in problems]


def test_a_tag_reads_no_file():
    assert pinned("", "tag:Ready to go") == (Pin(written="tag:Ready to go", tag="Ready to go"), [])


def test_a_list_says_which_versions_are_meant():
    found, problems = pinned("# October\nb 12\na\n\nc 0\n")
    assert found == Pin(written="list:october.txt", versions=(("a", 0), ("b", 12), ("c", 0)))
    assert problems == []


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "no document is listed", 0),
        ("a 1\nb twelve\n", "'twelve' is no version", 2),
        ("a 1\nb 1 2\n", "'1 2' is no version", 2),
        ("a 1\nb 10000000000\n", "'10000000000' is no version", 2),
        ("a 1\nb ١\n", "'١' is no version", 2),
        ("a 1\nb 1\na 2\n", "a is listed twice", 3),
    ],
)
def test_what_is_wrong_with_a_list_has_its_line(text, message, line):
    _, problems = pinned(text)
    assert [(told, at) for _, told, _, at in problems] == [(message, line)]
    assert all(file == "plans/october.txt" for *_, file, _ in problems)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tag:Ready", ""),
        ("list:a.txt", ""),
        ("tag:", "this is neither a version tag nor a list"),
        ("Ready", "this is neither a version tag nor a list"),
        ("tag: Ready", "this is neither a version tag nor a list"),
    ],
)
def test_how_a_pin_is_written(text, told):
    assert wrong(text) == told
