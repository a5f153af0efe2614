"""Any text at all: nothing is raised, nothing outside an exchange moves, and the work grows with the length alone."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.sql_cases import renames, sql_cases
from migrate.rewrite.text.sql.dialects import dialect_of
from migrate.rewrite.text.sql.exchange import Renames, rewrite_sql
from migrate.rewrite.text.sql.raw_directive import raw_uses
from migrate.rewrite.text.sql.tokens import controls_of, split

DIALECTS = (
    "snowflake",
    "bigQuery",
    "databricks",
    "redshift",
    "postgres",
    "mysql",
    "sqlServer",
    "trino",
    "duckdb",
    "clickhouse",
    "oracle",
)
PIECES = [
    *["select", "from", "join", "with", "as", "where", "(", ")", "(", ")", ",", ",", ".", ";", "lateral", "view"],
    *["table", "union", "on", "using", "values"],
    *["DW.FIN.GL", "gl", "DW", '"DW"."FIN"', "`dw.fin.gl`", "[dw].[fin]", "acme-au.fin.gl", "@DW.FIN.S/a", "GL.A"],
    *["{{c}}", "{{#raw c}}", "{{#identifier [c]}}", '{{#formula [x] = "}}"}}', "{{", "}}", "GL_{{c}}", "DW.{{c}}.GL"],
    *["'", '"', "`", "[", "]", "$$", "$x$", "--", "/*", "*/", "#", "//", "\n", " ", "\\", "''", "q'[", "e'\\'", "::"],
    *["system", "{{system::CurrentUserInTeam::x}}", "{{system::", "identifier('DW.FIN.GL')", "sigma_element('q')", "*"],
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join),
    st.text(max_size=60),
).map(lambda text: "select " + text)
MAPS = renames({"DW.FIN.*": "PROD.AU_FIN.*", "DW.FIN.GL": "PROD.AU_FIN.FCT_GL", "acme-au.fin.*": "acme-b.c.*"})


def outside(text, spans):
    """What of a text stands between these spans."""
    found, done = [], 0
    for start, end in sorted(spans):
        found.append(text[done:start])
        done = end
    return [*found, text[done:]]


@given(TEXTS, st.sampled_from(DIALECTS))
@settings(max_examples=600, deadline=None)
def test_nothing_is_raised_and_nothing_else_moves(text, dialect):
    result = rewrite_sql(text, dialect=dialect, renames=MAPS)
    spans = [span for group in result.groups for span in group]
    assert len(set(spans)) == len(spans)
    rest = result.statement
    for piece, new in zip(
        outside(text, spans),
        [new for _, new in sorted((span, new) for group in result.groups for span, new in group.items())] + [""],
        strict=True,
    ):
        assert rest.startswith(piece + new)
        rest = rest[len(piece) + len(new) :]
    assert rest == ""
    inside = [control.span for control in result.controls]
    assert not [span for span in spans if any(a < span[1] and span[0] < b for a, b in inside)], "a control was touched"


@given(TEXTS, st.sampled_from(DIALECTS))
@settings(max_examples=300, deadline=None)
def test_tokens_are_the_text(text, dialect):
    known = dialect_of(dialect)
    found = split(text, known)
    ends = [0, *(token.end for token in found.tokens)]
    assert [token.start for token in found.tokens] == ends[:-1]
    assert found.problem or ends[-1] == len(text)
    for control in controls_of(text, known):
        start, end = control.span
        assert text[start : start + 2] == "{{"
        assert text[end - 2 : end] == "}}"
        assert text[slice(*control.body_span)] == control.body
    for use in raw_uses(text, known):
        assert use.control.directive == "raw"


PLAIN = [
    (name, case)
    for name, case in sql_cases()
    if "after" in case
    and case["dialect"] == "snowflake"
    and not case.get("told")
    and "DW.FIN.GL.ID" not in case["before"]
]


@pytest.mark.parametrize("case", [case for _, case in PLAIN], ids=[name for name, _ in PLAIN])
def test_there_and_back_names_the_same(case):
    """The names that the inverse maps lead to are those the statement began with, as the warehouse reads them."""
    there = rewrite_sql(case["before"], dialect="snowflake", renames=renames(case["paths"]))
    inverse = {new: old for old, new in case["paths"].items()}
    back = rewrite_sql(there.statement, dialect="snowflake", renames=renames(inverse))
    if back.problem:
        assert "is the name of a common table expression" in back.problem
        return
    assert [named.after or named.before for named in back.names] == [named.before for named in there.names]


def test_a_place_that_does_not_hold_the_name_is_not_exchanged():
    from dataclasses import replace

    from migrate.rewrite.text.sql import exchange
    from migrate.rewrite.text.sql.chains import Chain, Part
    from migrate.rewrite.text.sql.reading import Named, Reading

    statement, snowflake = "select * from DW.FIN.GL", dialect_of("snowflake")
    right = rewrite_sql(statement, dialect="snowflake", renames=MAPS).reading.tables[0]
    moved = tuple(replace(part, span=(part.span[0] - 1, part.span[1] - 1)) for part in right.chain.parts)
    wrong = Named(Chain(moved, right.chain.span, right.chain.path), "table", 0, True)
    assert isinstance(moved[0], Part)
    found = exchange.exchanged(statement, snowflake, Reading(tables=(wrong,), taken=(frozenset(),)), MAPS)
    assert found.statement == statement
    assert "does not stand where it was read" in found.left[0].sentence


def calls_made(statement, dialect):
    """How many functions of our own the reading of a statement calls."""
    made = 0

    def count(_frame, event, _argument):
        nonlocal made
        made += event == "call"

    sys.setprofile(count)
    try:
        rewrite_sql(statement, dialect=dialect, renames=Renames(whole=lambda name: (*name[:-1], "X")))
    finally:
        sys.setprofile(None)
    return made


GROWING = {
    "parentheses": lambda n: "select " + "(" * n + ")" * n + " from a.b.c",
    "tables": lambda n: "select * from " + ",".join(["a.b.c"] * n),
    "columns": lambda n: "select " + ",".join(["c.x"] * n) + " from a.b.c",
    "aliases": lambda n: "select t1.x from " + ",".join(f"a.b.c t{i}" for i in range(n)),
    "braces": lambda n: "select " + "{{" * n,
    "formulas": lambda n: "select " + "{{#formula " * n,
    "formulas in a text": lambda n: "select '" + "{{#formula " * n + "'",
    "fragments": lambda n: "select " + "{{#raw a}}," * n + "1",
    "bodies": lambda n: "select " + "$a$ " * n,
    "comments": lambda n: "select " + "/* " * n,
    "dots": lambda n: "select " + "a." * n + "a from t",
    "unions": lambda n: "select 1 " + "union select u.b from t.u " * n,
    "expressions": lambda n: "with " + ",".join(f"c{i} as (select * from c{i - 1})" for i in range(n)) + " select 1",
    "dashes": lambda n: "select * from a" + "-a" * n,
    "stages": lambda n: "select * from @" + "a/" * n,
}


@pytest.mark.parametrize("dialect", ["snowflake", "bigQuery", "postgres"])
@pytest.mark.parametrize("shape", GROWING)
def test_work_grows_with_the_length(shape, dialect):
    small, large = (calls_made(GROWING[shape](n), dialect) for n in (400, 1600))
    assert large < 4.6 * small + 1000


@pytest.mark.timeout(120)
@pytest.mark.parametrize("shape", GROWING)
def test_a_megabyte_comes_to_an_end(shape):
    """The patterns too: what is counted above are calls only."""
    text = GROWING[shape](10)
    text = GROWING[shape](max(5_000, 10 * 200_000 // len(text)))
    rewrite_sql(text, dialect="snowflake", renames=MAPS)


def test_ten_thousand_parentheses_are_read():
    statement = "select " + "(" * 10_000 + "1" + ")" * 10_000 + " from DW.FIN.GL"
    result = rewrite_sql(statement, dialect="snowflake", renames=MAPS)
    assert result.statement.endswith(" from PROD.AU_FIN.FCT_GL")


def test_queries_in_queries_are_read_to_a_depth_and_told_beyond():
    def nested(depth):
        return "select * from " + "(select * from " * depth + "DW.FIN.GL" + ")" * depth

    assert rewrite_sql(nested(250), dialect="snowflake", renames=MAPS).statement.count("PROD.AU_FIN.FCT_GL") == 1
    result = rewrite_sql(nested(5000), dialect="snowflake", renames=MAPS)
    assert "nested too deeply" in result.problem
    assert result.statement == nested(5000)
