"""Whatever a plan may say is read by what does it: no key is documented, checked and then ignored."""

from __future__ import annotations

import ast
import dataclasses
import typing
from pathlib import Path

from migrate.plan.model import Plan

ROOT = Path(__file__).parents[2]
ASKED = {"match.py", "credentials.py", "lists.py", "roster.py", "pins.py"}
"""Files of ``plan/`` that later stations ask, or that do what a key says; the others read, check and write plans."""

NOT_KEYS = {"version", "origin", "sha256", "lines", "tenants", "variants", "pins", "pin"}
"""Of a plan: the format's own number, and what the loader adds to what the file says."""

FILES = [
    path
    for path in sorted((ROOT / "migrate").rglob("*.py"))
    if "sandbox" not in path.relative_to(ROOT).parts and (path.parent.name != "plan" or path.name in ASKED)
]
TREES = [ast.parse(path.read_text("utf-8")) for path in FILES]


def parts(hint):
    """The classes that a type is made of."""
    if dataclasses.is_dataclass(hint):
        yield hint
    for inner in typing.get_args(hint):
        yield from parts(inner)


def blocks(kind, holder):
    """(class, the name by which what holds it has it) of every block below a class, itself first."""
    yield kind, holder
    for name, hint in typing.get_type_hints(kind).items():
        for inner in parts(hint) if name not in NOT_KEYS else ():
            yield from blocks(inner, name)


def read_in(tree):
    """(classes that a file names, (what a field is taken from, field) of all its reads, (class, field) it matches)."""
    nodes = list(ast.walk(tree))
    named = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    taken = {
        (ast.unparse(node.value).rpartition(".")[2], node.attr)
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    loops = [node for node in nodes if isinstance(node, ast.For | ast.comprehension)]
    for loop in loops:  # an entry of what holds it, by the name that a loop gives it
        holder = ast.unparse(loop.iter).rstrip(")").rpartition(".")[2]
        names = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
        taken |= {(holder, field) for taken_from, field in taken if taken_from in names}
    matched = {
        (ast.unparse(node.cls), name) for node in nodes if isinstance(node, ast.MatchClass) for name in node.kwd_attrs
    }
    return named, taken, {name for _, name in taken}, matched


READS = [read_in(tree) for tree in TREES]


def reads(kind, holder, name):
    """Whether a file reads a field of a class: it names the class, or takes the field from what holds it."""
    marks = getattr(typing.get_type_hints(kind, include_extras=True).get(name), "__metadata__", ())
    only = any(getattr(mark, "only", False) for mark in marks)  # a key of one value is read where its class is
    return any(
        (only and kind.__name__ in named)
        or (kind.__name__, name) in matched
        or (holder, name) in taken
        or (kind.__name__ in named and name in fields)
        for named, taken, fields, matched in READS
    )


def unread(kinds):
    return sorted(
        f"{kind.__name__}.{field.name}"
        for kind, holders in kinds.items()
        for field in dataclasses.fields(kind)
        if field.name not in NOT_KEYS and not any(reads(kind, holder, field.name) for holder in holders)
    )


def every_block():
    kinds = {}
    for kind, holder in blocks(Plan, "plan"):
        kinds.setdefault(kind, set()).add(holder)
    return kinds


def test_every_key_of_a_plan_is_read_by_what_does_it():
    kinds = every_block()
    assert len(kinds) > 20
    assert unread(kinds) == []


def test_a_key_that_nothing_reads_would_be_found():
    """The test can fail: a field beside those of a block that is read everywhere is seen to be read by nobody."""
    more = dataclasses.make_dataclass("Policy", [("existing", str), ("at_most", float)])
    assert unread({more: {"policy"}}) == ["Policy.at_most"]


def test_annotations_of_what_a_plan_says_are_no_texts():
    """Each would be compiled by pydantic before any plan is read."""
    read = [
        path for path in (ROOT / "migrate" / "plan").glob("*.py") if "__pydantic_config__" in path.read_text("utf-8")
    ]
    assert len(read) >= 10
    assert [path.name for path in read if "\nfrom __future__ import annotations" in path.read_text("utf-8")] == []
