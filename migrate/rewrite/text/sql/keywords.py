"""What the keywords of a statement open and close: clauses, joins, aliases, common table expressions.

A word is a keyword only where its place makes it one; each function says whether it took the word. The frames that
they work on are those of the walk (``migrate.rewrite.text.sql.walk``).
"""

from __future__ import annotations

from collections.abc import Mapping

from migrate.rewrite.text.sql.clauses import END_OF_FROM, WRITES
from migrate.rewrite.text.sql.reading import Named
from migrate.rewrite.text.sql.walk import Expressions, Frame, Keyword, Walk


def _select(walk: Walk, frame: Frame) -> bool:
    if frame.kind == "args" or frame.selected:
        if walk.text(walk.here - 1) == "|>":
            frame.clause = "select"
            return walk.taken()
        if frame.kind == "args":
            frame.kind, frame.parent = "query", frame.scope
        frame.scope = walk.scopes.add(frame.parent)
    frame.selected, frame.clause = True, "select"
    frame.expecting, frame.waiting, frame.source = False, False, None
    return walk.taken()


def _from(walk: Walk, frame: Frame) -> bool:
    before = walk.word(walk.here - 1)
    if frame.kind == "args" or (before == "DISTINCT" and walk.word(walk.here - 2) in ("IS", "NOT")):
        return walk.taken()
    if frame.clause == "other" and before in ("UNION", "ALL", "DISTINCT", "INTERSECT", "EXCEPT"):
        frame.scope = walk.scopes.add(frame.parent)
    frame.clause, frame.expecting, frame.source, frame.waiting = "from", True, None, False
    return walk.taken()


def _join(walk: Walk, frame: Frame) -> bool:
    if frame.kind == "args":
        return False
    if walk.word(walk.here - 1) == "ARRAY":
        frame.clause, frame.source = "view", None
    else:
        frame.clause, frame.expecting, frame.source = "from", True, None
    return walk.taken()


def _apply(walk: Walk, frame: Frame) -> bool:
    return walk.word(walk.here - 1) in ("CROSS", "OUTER") and _join(walk, frame)


def _condition(walk: Walk, frame: Frame) -> bool:
    frame.expecting, frame.source = False, None
    return walk.taken()


def _as(walk: Walk, frame: Frame) -> bool:
    """AS before an alias, a type or the body of an expression."""
    walk.here += 1
    if walk.word(walk.here) in ("OF", "NOT", "MATERIALIZED") or not walk.chains.begins(walk.here):
        return True
    if frame.source is not None:
        walk.alias(frame)
    else:
        chain, walk.here = walk.chains.read(walk.here)
        walk.as_names(chain)
    return True


def _with(walk: Walk, frame: Frame) -> bool:
    if walk.here == frame.begin or (frame.kind == "query" and not frame.clause):
        frame.clause, frame.waiting = "with", True
        frame.expressions = Expressions(frame.expressions)
    elif frame.source is not None and walk.word(walk.here + 1) == "OFFSET":
        walk.here += 1
        frame.alias_at = walk.here + 1
    return walk.taken()


def _recursive(walk: Walk, frame: Frame) -> bool:
    if walk.word(walk.here - 1) != "WITH" or frame.clause != "with":
        return False
    frame.recursive = True
    return walk.taken()


def _ordinality(walk: Walk, frame: Frame) -> bool:
    if walk.word(walk.here - 1) != "WITH" or frame.source is None:
        return False
    frame.alias_at = walk.here + 1
    return walk.taken()


def _table_word(walk: Walk, frame: Frame) -> bool:
    """TABLE(…) around a function or name, or ``TABLE t`` for all of a table."""
    if walk.text(walk.here + 1) == "(":
        walk.called = "TABLE"
    elif not frame.clause and frame.kind == "query":
        frame.clause, frame.expecting = "from", True
    elif frame.kind != "args":
        return False
    return walk.taken()


def _lateral(walk: Walk, frame: Frame) -> bool:
    if walk.word(walk.here + 1) == "VIEW":
        frame.clause, frame.source = "view", -1
        walk.here += 1 + (walk.word(walk.here + 2) == "OUTER")
    return walk.taken()


def _only(walk: Walk, frame: Frame) -> bool:
    return frame.expecting and walk.chains.begins(walk.here + 1) and walk.taken()


def _rows_from(walk: Walk, frame: Frame) -> bool:
    """``ROWS FROM (f(…), g(…))``: several functions read side by side."""
    if not frame.expecting or walk.word(walk.here + 1) != "FROM":
        return False
    walk.here += 1
    return walk.taken()


def _values(walk: Walk, frame: Frame) -> bool:
    if walk.text(walk.here + 1) != "(" or frame.kind == "args":
        return False
    if frame.expecting:
        frame.expecting, frame.source = False, -1
    return walk.taken()


def _into(walk: Walk, frame: Frame) -> bool:
    if frame.clause != "select" or frame.kind != "query":
        return False
    frame.expecting = True
    return walk.taken()


def _next_value(walk: Walk, _frame: Frame) -> bool:
    if walk.word(walk.here + 1) != "VALUE" or walk.word(walk.here + 2) != "FOR":
        return False
    walk.here += 3
    if walk.chains.begins(walk.here):
        chain, walk.here = walk.chains.read(walk.here)
        walk.as_names(chain)
        walk.others.append(Named(chain, "sequence"))
    return True


def _for(walk: Walk, frame: Frame) -> bool:
    if walk.word(walk.here + 1) in ("XML", "JSON", "BROWSE", "UPDATE", "SHARE", "NO", "KEY", "READ"):
        return _end_of_from(walk, frame)
    return walk.taken()


def _set_operation(walk: Walk, frame: Frame) -> bool:
    if frame.kind != "query" or (walk.text(walk.here - 1) == "*" and walk.text(walk.here + 1) == "("):
        return walk.taken()
    frame.clause, frame.source, frame.expecting = "other", None, False
    return walk.taken()


def _writes(walk: Walk, frame: Frame) -> bool:
    """DELETE and the like where a query should begin: what writes is not rewritten."""
    if frame.kind == "query" and frame.clause in ("", "with") and not frame.waiting:
        walk.problem = f"{walk.place(walk.here)}: the statement is no query"
    return False


def _end_of_from(walk: Walk, frame: Frame) -> bool:
    if frame.clause not in ("from", "view", "pipe"):
        return False
    frame.clause, frame.source, frame.expecting = "other", None, False
    return walk.taken()


KEYWORDS: Mapping[str, Keyword] = {
    "SELECT": _select,
    "FROM": _from,
    "JOIN": _join,
    "STRAIGHT_JOIN": _join,
    "APPLY": _apply,
    "ON": _condition,
    "USING": _condition,
    "AS": _as,
    "WITH": _with,
    "RECURSIVE": _recursive,
    "TABLE": _table_word,
    "LATERAL": _lateral,
    "ONLY": _only,
    "ROWS": _rows_from,
    "VALUES": _values,
    "INTO": _into,
    "NEXT": _next_value,
    "FOR": _for,
    "ORDINALITY": _ordinality,
    **dict.fromkeys(("UNION", "INTERSECT", "EXCEPT", "MINUS"), _set_operation),
    **dict.fromkeys(END_OF_FROM, _end_of_from),
    **dict.fromkeys(WRITES, _writes),
}
"""What each keyword does; each says whether it took the word, which otherwise is a name like any other."""
