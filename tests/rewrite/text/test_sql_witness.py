"""A second reader of SQL, sqlglot, sees the same tables; where the two differ there is a reason written down."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from kit.sql_cases import sql_cases
from migrate.rewrite.text.sql.dialects import dialect_of
from migrate.rewrite.text.sql.statement import read

NAMED_BY_TEXT = ("identifier('", "table('", "table_changes('", "::regclass", "@")
"""Forms in which a name stands that is no table there: inside a text, or as a stage."""

OTHERWISE = (
    "select (select count(*) from gl.items) from fin.gl",  # a column that is read as a table
    "select * from srv.DW.dbo.GL",  # a server before the database
    "select * into #t from DW.dbo.GL; select * from #t",  # a table of the session
)
"""Statements that the other reader takes in another way."""


def seen_there(statement, dialect):
    """The last names of all tables that are no common table expressions; None where it does not understand."""
    try:
        trees = [tree for tree in sqlglot.parse(statement, dialect=dialect) if tree]
    except SqlglotError:
        return None
    if any(tree.find(exp.Command) for tree in trees):
        return None
    hidden = {cte.alias.lower() for tree in trees for cte in tree.find_all(exp.CTE)}
    return {
        table.name.lower().rpartition(".")[2]
        for tree in trees
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and (table.db or table.name.lower() not in hidden)
    }


def seen_here(statement, dialect):
    reading = read(statement, dialect)
    hidden = {name.lower() for name in reading.expressions}
    if reading.problem:
        return None
    return {
        named.chain.path[-1].lower()
        for named in reading.tables
        if len(named.chain.parts) > 1 or named.chain.path[-1].lower() not in hidden
    }


def test_both_see_the_same_tables():
    compared, different = 0, []
    for _name, case in sql_cases():
        statement, dialect = case["before"], dialect_of(case["dialect"])
        if "{{" in statement or "problem" in case or any(form in statement for form in NAMED_BY_TEXT):
            continue
        there = seen_there(statement, dialect.name)
        if there is not None and statement not in OTHERWISE:
            compared += 1
            different += [] if there == seen_here(statement, dialect) else [(statement, there)]
    assert different == []
    assert compared > 120


QUERIES = """
    with a as ((select b.x from d.b) union all (select c.x from d.c)) select * from a
    select * from (((select 1 from d.a) union select 2 from d.b) order by x limit 1)
    with t as (select 1) ((((select a from t, d.u))))
    select * from d.x where y in (with z as (select 1 from d.q) select * from z)
    select * from d.x where y in ((select 1 from d.a) except (select 2 from d.b))
    select * from d.a left join d.b on a.x = b.x and b.y in (select y from d.c), d.e
    with recursive t(n) as (select 1 union all select n + 1 from t) select sum(n) from t join d.u using (n)
    with a as (select * from d.x), c as (with e as (select * from a) select * from e) select * from c
    select case when exists (select 1 from d.u where u.a = t.a) then 'from d.x' else (select 1 from d.v) end from d.t
    select substring(a from 1 for 2), trim(both from y), extract(day from z) from d.t
    select a is distinct from b, c is not distinct from d from d.t
    select * from (d.tbl1 join (d.tbl2 join d.tbl3 on 1 = 1) on 2 = 2)
    select * from d.a cross join d.b cross join (values (1), (2)) as v(x)
    select x from d.t where a > all (select 1 from d.w) group by grouping sets (x, (x, y), ()) having count(*) > 1
    select (select (select x from d.a) from d.b) from d.c
    select coalesce((select x from d.a limit 1), (select y from d.b limit 1)) as z
    select first, last, level, a.key from d.t a full outer join d.b on true
    select nullif(a, b), left(a, 2), replace(c, 'x', 'y') from d.t left join d.u on left(t.a, 1) = u.a
    select max(a) over (partition by b order by c rows between unbounded preceding and current row) from d.t
"""
TONGUES = ("snowflake", "bigquery", "databricks", "redshift", "postgres", "mysql", "tsql", "trino", "duckdb", "oracle")


@pytest.mark.parametrize("tongue", TONGUES)
def test_both_see_the_same_tables_in_every_tongue(tongue):
    compared = 0
    for query in QUERIES.strip().splitlines():
        for tree in sqlglot.parse(query, dialect="postgres"):
            statement = tree.sql(dialect=tongue)
            there = seen_there(statement, tongue)
            if there is not None:
                compared += 1
                assert seen_here(statement, dialect_of(tongue)) == there, statement
    assert compared > 14
