"""Table names in SQL: exchanged in place, in every dialect, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.places import at_least
from migrate.rewrite.text.sql.dialects import dialect_of
from migrate.rewrite.text.sql.exchange import Renames, rewrite_sql


def renamer(**pairs):
    """Renames by dotted names, without regard to case."""
    table = {tuple(old.lower().split("__")): tuple(new.split("__")) for old, new in pairs.items()}
    return Renames(whole=lambda names: table.get(tuple(name.lower() for name in names)))


def triples(result):
    """The tables of a result as (before, after, span)."""
    return [(each.before, each.after, each.span) for each in result.names if each.kind == "table"]


MOVE = renamer(db__s__t="NDB__NS__FCT", s__t="NS__FCT", t="FCT", db__s__u="NDB__NS__U")


@pytest.mark.parametrize(
    ("dialect", "before", "after"),
    [
        ("snowflake", "select * from DB.S.T", "select * from NDB.NS.FCT"),
        ("snowflake", "select * from db . s.\nt -- db.s.t", "select * from NDB . NS.\nFCT -- db.s.t"),
        ("snowflake", 'select * from "DB"."S"."T"', 'select * from "NDB"."NS"."FCT"'),
        ("snowflake", 'select * from DB."S".T x, s.t y', 'select * from NDB."NS".FCT x, NS.FCT y'),
        ("snowflake", "select 'DB.S.T', /* DB.S.T */ 1 from DB.S.T", "select 'DB.S.T', /* DB.S.T */ 1 from NDB.NS.FCT"),
        ("snowflake", "select T.a, DB.S.T.b from DB.S.T", "select FCT.a, NDB.NS.FCT.b from NDB.NS.FCT"),
        ("snowflake", "select T.a from DB.S.T T", "select T.a from NDB.NS.FCT T"),
        (
            "snowflake",
            "with T as (select * from DB.S.T) select * from T",
            "with T as (select * from NDB.NS.FCT) select * from T",
        ),
        (
            "snowflake",
            "with x as (select T.a from t) select T.a from x T",
            "with x as (select FCT.a from FCT) select T.a from x T",
        ),
        (
            "snowflake",
            "select (select max(T.a) from S.U where U.b = T.b) from S.T",
            "select (select max(FCT.a) from S.U where U.b = FCT.b) from NS.FCT",
        ),
        (
            "snowflake",
            "select * from DB.S.T where a = {{Ctl}} and b in ({{DB.S.T}})",
            "select * from NDB.NS.FCT where a = {{Ctl}} and b in ({{DB.S.T}})",
        ),
        (
            "snowflake",
            "select * from a union all select * from DB.S.T",
            "select * from a union all select * from NDB.NS.FCT",
        ),
        ("snowflake", "select 'ü€😀', * from DB.S.T", "select 'ü€😀', * from NDB.NS.FCT"),
        (
            "snowflake",
            "select f.value from DB.S.T, lateral flatten(input => T.a) f",
            "select f.value from NDB.NS.FCT, lateral flatten(input => FCT.a) f",
        ),
        ("bigQuery", "select * from `db.s.t`", "select * from `NDB.NS.FCT`"),
        ("bigQuery", "select * from `db`.s.`t`", "select * from `NDB`.NS.`FCT`"),
        ("bigQuery", "select x from db.s.t, t.items x", "select x from NDB.NS.FCT, FCT.items x"),
        (
            "databricks",
            "select * from db.s.t join db.s.u using (k)",
            "select * from NDB.NS.FCT join NDB.NS.U using (k)",
        ),
        ("redshift", 'select * from db.s."t"', 'select * from "NDB"."NS"."FCT"'),
        ("postgres", "select t.a::text from s.t", 'select "FCT".a::text from "NS"."FCT"'),
        ("mysql", "select * from `s`.`t`", "select * from `NS`.`FCT`"),
        (
            "sqlServer",
            "select top 5 * from [db].[s].[t] with (nolock)",
            "select top 5 * from [NDB].[NS].[FCT] with (nolock)",
        ),
        ("sqlServer", "with t as (select 1 a) select * from t", "with t as (select 1 a) select * from t"),
    ],
)
def test_statements(dialect, before, after):
    result = rewrite_sql(before, dialect=dialect, renames=MOVE)
    assert not result.problem
    if dialect == "redshift":
        # the unquoted parts come out quoted, since they would be read in lower case
        assert result.statement == after
        return
    assert result.statement == after
    for names, new, span in triples(result):
        assert before[slice(*span)].strip('`"[]')[0].lower() == names[0][0].lower()
        assert new is None or new[-1] in ("FCT", "U")


def test_a_swap_works():
    swap = renamer(d__s__a="D__S__B", d__s__b="D__S__A")
    statement = "select A.x, B.y from D.S.A join D.S.B on A.k = B.k"
    there = rewrite_sql(statement, dialect="snowflake", renames=swap)
    assert there.statement == "select B.x, A.y from D.S.B join D.S.A on B.k = A.k"
    assert rewrite_sql(there.statement, dialect="snowflake", renames=swap).statement == statement


@pytest.mark.parametrize(
    ("dialect", "statement", "why"),
    [
        ("snowflake", "call DB.S.P()", "no query"),
        ("snowflake", "drop table DB.S.T", "no query"),
        ("snowflake", "", "no query"),
        ("snowflake", "select * from DB.S.T where (", "line 1"),
        ("snowflake", "select * from DB.S.T where x = 'open", "not closed"),
        ("papyrus", "select * from DB.S.T", "no SQL dialect"),
        ("snowflake", "select " + "(select " * 400 + "1" + ")" * 400 + " from DB.S.T", "nested too deeply"),
        ("snowflake", "select T.a, U.b from DB.S.T, X.FCT, U where FCT.a = 1", "both be called FCT"),
        ("snowflake", "with FCT as (select 1) select * from T, FCT", "common table expression"),
        ("snowflake", "select T.a from DB.S.T, X.Y FCT", "already an alias"),
    ],
)
def test_what_cannot_be_done_is_left_and_told(dialect, statement, why):
    result = rewrite_sql(statement, dialect=dialect, renames=MOVE)
    assert result.statement == statement
    assert result.problem
    assert why in result.problem
    assert all(after is None for _, after, _ in triples(result))
    assert "\x1b" not in result.problem


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("select * from identifier($t)", "named by a value in IDENTIFIER"),
        ("select * from identifier('DB.S' || x)", "named by a value in IDENTIFIER"),
        ("select * from 'DB.S.T'", "names what is read by a text"),
        ("select * from openquery(x, 'select 1 from DB.S.T')", "may hold a query as text"),
        ("select x from DB.S.U u where DB.S.T.x = 1", "DB.S.T stands where no table is read"),
    ],
)
def test_names_that_cannot_be_followed_are_told(statement, told):
    result = rewrite_sql(statement, dialect="snowflake", renames=MOVE)
    sentences = [remark.sentence for remark in (*result.remarks, *result.left)]
    assert any(told in sentence for sentence in sentences)


def test_a_table_named_by_a_control_stays():
    result = rewrite_sql(
        "select * from {{db}}.S.T", dialect="snowflake", renames=Renames(whole=lambda names: ("X", "Y", "Z"))
    )
    assert triples(result)[0][1] is None
    assert result.statement == "select * from {{db}}.S.T"


@pytest.mark.parametrize("name", ["bigQuery", "SQL Server", "azure-sql-database", "postgreSQL", "Snowflake"])
def test_connection_types_are_known(name):
    assert dialect_of(name) is not None


IDENTIFIERS = st.sampled_from(["ORDERS", "dim_store", '"Mixed Case"', '"a.b"', "T$1", '"ORDERS"'])
SPACE = st.sampled_from([" ", "\n", " /* ORDERS */ ", " -- dim_store\n", "\t"])
TABLES = st.lists(IDENTIFIERS, min_size=1, max_size=3).map(".".join)


@st.composite
def statements(draw):
    """A statement, with the places of its tables."""
    text, places = f"select{draw(SPACE)}x.*,{draw(SPACE)}'ORDERS' || {{{{dim_store}}}} from", []
    for number in range(draw(st.integers(1, 3))):
        text += draw(SPACE) if number == 0 else f"{draw(SPACE)}join{draw(SPACE)}"
        table = draw(TABLES)
        places.append((len(text), len(text) + len(table)))
        text += f"{table} as x{number or ''}"
        text += f" on x{number}.k = x.k" if number else ""
    return text + draw(SPACE), places


@given(statements(), st.sampled_from(["snowflake", "postgres", "redshift"]))
@settings(max_examples=150, deadline=None)
def test_only_the_tables_change(case, dialect):
    text, places = case
    kept = rewrite_sql(text, dialect=dialect)
    assert not kept.problem
    assert kept.statement == text
    assert [span for _, _, span in triples(kept)] == places
    moved = rewrite_sql(text, dialect=dialect, renames=Renames(whole=lambda names: (*names[:-1], names[-1] + "_new")))
    outside, again = [], 0
    for start, end in places:
        outside.append(text[again:start])
        again = end
    outside.append(text[again:])
    rest = moved.statement
    for piece in outside:
        assert piece in rest
        rest = rest[rest.index(piece) + len(piece) :]
    back = rewrite_sql(
        moved.statement,
        dialect=dialect,
        renames=Renames(whole=lambda names: (*names[:-1], names[-1].removesuffix("_new"))),
    )
    assert [names for names, _, _ in triples(kept)] == [after for _, after, _ in triples(back)]


@given(st.text(max_size=80), st.sampled_from(["snowflake", "bigQuery", "sqlServer", "databricks"]))
@settings(max_examples=100, deadline=None)
def test_any_text_comes_back_when_nothing_is_renamed(text, dialect):
    assert rewrite_sql("select " + text, dialect=dialect).statement == "select " + text


def test_the_samples_statements_are_read(samples):
    def statements_in(node):
        if isinstance(node, dict):
            if isinstance(node.get("statement"), str):
                yield node["statement"]
            for value in node.values():
                yield from statements_in(value)
        elif isinstance(node, list):
            for value in node:
                yield from statements_in(value)

    found = [statement for body in samples.values() for statement in statements_in(body)]
    assert len(found) >= at_least(3, 8)
    tables = 0
    for statement in found:
        read = [rewrite_sql(statement, dialect=d) for d in ("snowflake", "bigQuery")]
        understood = [result for result in read if not result.problem]
        assert understood
        tables += len(understood[0].names)
    assert tables > 0
