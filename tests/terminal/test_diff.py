"""plan --diff, plan --markdown and diff on a terminal."""

from __future__ import annotations

import json

import pytest

from migrate.sandbox.org import Version


@pytest.fixture
def applied(desk):
    """A finished copy, of which one document was edited in the source since."""
    plan = desk.plan()
    desk.call("apply", plan, "--yes")
    inode = next(each for each in desk.running.sandbox.world.orgs["north"].inodes.values() if each.versions)
    last = inode.versions[-1]
    body = json.loads(json.dumps(last.body).replace("DW.SALES", "DW.SALES"))
    body["elements" if "elements" in body else "pages"][0]["name"] = "<b>New</b> `name` | @all"
    inode.versions.append(Version(number=last.number + 1, body=body, published_at="", published_by=last.published_by))
    return plan, inode.name


def test_a_difference_is_told_below_the_plan_and_only_where_asked(desk, applied):
    plan, name = applied
    plain = desk.call("plan", plan).stdout
    assert "would be written" not in plain
    told = desk.call("plan", plan, "--diff").stdout
    assert told.startswith(plain.rstrip()[:200])
    assert "would be written:" in told
    assert "+ <b>New</b> `name` | @all" in told
    assert name in told


def test_a_comment_begins_with_its_mark_and_calls_nobody(desk, applied):
    plan, _name = applied
    note = desk.call("plan", plan, "--markdown").stdout
    assert note.startswith("<!-- sigma-migrate plan -->\n")
    outside = "".join(part for at, part in enumerate(note.split("```")) if at % 2 == 0)
    assert "@all" not in outside
    assert "<b>" not in outside
    assert "````diff" in note or "```diff" in note
    assert len(note) < 65_536


def test_diff_names_a_document_and_json_holds_the_same(desk, applied):
    plan, name = applied
    told = desk.call("diff", plan, name)
    assert told.returncode == 0
    assert "would be written:" in told.stdout
    [one] = desk.data("diff", plan, name)["documents"]
    assert one["name"] == name
    assert [each["found"] for each in one["to_write"]] == ["<b>New</b> `name` | @all"]
    assert not desk.call("diff", plan, "no such document").stdout
    assert desk.call("diff", plan, "no such document").returncode == 64


def test_what_does_not_differ_says_so(desk):
    plan = desk.plan()
    desk.call("apply", plan, "--yes")
    assert "no difference" in desk.call("diff", plan, "*").stdout


def test_a_comment_is_no_json(desk):
    done = desk.call("plan", desk.plan(), "--markdown", "--output", "json")
    assert done.returncode == 64
    assert "--markdown" in done.stdout + done.stderr
    assert not desk.running.sandbox.evidence.entries, "nothing was asked first"
