"""Everything that Sigma is known to refuse of a workbook is mended, stopped with its cause, or foretold as a doubt."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from test_hazards import MAP

from migrate.change.actions import Block, main_actions
from migrate.sandbox.world import builtin

pytestmark = pytest.mark.anyio

ORDERS = {"kind": "table", "elementId": "orders"}
COLUMNS = [{"id": "x", "formula": "[Orders Table/Order Id]"}, {"id": "y", "formula": "Sum([Orders Table/Order Total])"}]
CLOSE = {"id": "a1", "trigger": "on-click", "effects": [{"kind": "close-overlay"}]}
AGENT = {"id": "ag", "name": "A", "greeting": "", "instructions": 'see @dataSource("orders")', "tools": []}
MODAL = {"width": "m", "footer": {"primaryCta": {"visible": "hidden"}}}
ON_CTA = {"id": "oa", "trigger": "on-primary-cta-click", "effects": [{"kind": "close-overlay"}]}


def element(body, rows=4, **node):
    """The body with one more element below the others."""
    top = 5 + 8 * len(body["elements"])
    body["elements"].append(node)
    placed = f'<Element elementId="{node["id"]}" gridColumn="1 / 25" gridRow="{top} / {top + rows}"/></Page>'
    body["layout"] = body["layout"].replace("</Page>", placed, 1)


def chart(kind, source=ORDERS, columns=COLUMNS, **node):
    return lambda body: element(body, id="ch", kind=kind, name="Chart", source=source, columns=columns, **node)


def control(number, **node):
    return lambda body: element(body, id=f"c{number}", kind="control", controlType="text", name=f"C{number}", **node)


def several(*steps):
    def apply(body):
        for step in steps:
            step(body)

    return apply


def button(number):
    return lambda body: element(body, id=f"b{number}", kind="button", text="B", actions=[CLOSE])


def table(**node):
    return lambda body: body["elements"][0].update(node)


def read_as(kind):
    return lambda body: body["elements"][0]["source"].update(kind=kind)


def laid_out(old, new):
    return lambda body: body.update(layout=body["layout"].replace(old, new))


def top(**node):
    return lambda body: body.update(node)


AXES = {"xAxis": {"columnId": "x"}, "yAxis": {"columnIds": ["y"]}}
GHOST = '<Element elementId="ghost" gridColumn="1 / 25" gridRow="50 / 55"/></Page>'
AGAIN = '<Element elementId="orders" gridColumn="1 / 25" gridRow="50 / 55"/></Page>'
NAVIGATION = {"navigation": {"style": "tabs"}}
COLOURS = {"theme": {"name": "Light", "overrides": {"colors": {"text": "rgb(1,2,3)"}}}}

REFUSED = {
    "base grouping": chart("bar-chart", {**ORDERS, "groupingId": "base"}, **AXES),
    "no such grouping": chart("bar-chart", {**ORDERS, "groupingId": "nope"}, **AXES),
    "stale sort": table(sort=[{"columnId": "gone", "direction": "ascending"}]),
    "stale filter": table(filters=[{"id": "f", "columnId": "gone", "kind": "list", "mode": "include", "values": []}]),
    "stale axis": chart("bar-chart", xAxis={"columnId": "gone"}, yAxis={"columnIds": ["y"]}),
    "bare comparison": chart("kpi-chart", value={"columnId": "y"}, comparison={"display": "delta"}),
    "total of one series": chart("waterfall-chart", **AXES, endTotal={"label": "T"}),
    "value in the hole": chart("donut-chart", value={"columnId": "y"}, holeValue={"columnId": "y"}),
    "not placed": lambda body: body["elements"].append({"id": "t", "kind": "text", "body": "hi"}),
    "ghost in the layout": laid_out("</Page>", GHOST),
    "placed twice": laid_out("</Page>", AGAIN),
    "old tags": laid_out("<Element ", "<LayoutElement "),
    "two elements of one id": lambda body: body["elements"].append({"id": "orders", "kind": "text", "body": "hi"}),
    "a control called as an element": control(1, controlId="orders"),
    "two controls of one id": several(control(1, controlId="cc"), control(2, controlId="cc")),
    "two actions of one id": several(button(1), button(2)),
    "an agent without its source": top(agents=[{**AGENT, "dataSources": []}]),
    "a repeated prefix": chart(
        "bar-chart",
        columns=[{"id": "x", "formula": "[Orders Table repeated container/Order Id]"}, COLUMNS[1]],
        **AXES,
    ),
    "what it reads is gone": chart("bar-chart", {"kind": "table", "elementId": "ghost"}, **AXES),
    "navigation": top(settings=NAVIGATION),
    "semantic view": read_as("semantic-view"),
    "a firewall's colours": top(settings=COLOURS),
    "a hidden call to action": top(
        overlays=[{"id": "ov", "type": "modal", "name": "M", "modal": MODAL, "actions": [ON_CTA]}]
    ),
    "a tall page break": lambda body: element(body, id="pb", kind="page-break"),
}


def stored(setting):
    """The source with a workbook of each sort in place of its own; none of them would be taken by a write."""
    org = setting.world.orgs["acme_au"]
    plain = next(one for one in org.inodes.values() if one.type == "workbook" and one.name.startswith("Plain"))
    for key in [one.id for one in org.inodes.values() if one.type in ("workbook", "report")]:
        del org.inodes[key]
    for number, (name, spoil) in enumerate(REFUSED.items()):
        one = copy.deepcopy(plain)
        one.id, one.name, one.generation = f"{number:08d}-0000-4000-8000-{number:012d}", name, "contents"
        spoil(one.versions[-1].body)
        org.inodes[one.id] = one


@pytest.mark.parametrize("dry_runs", ["doubtful", "none"])
async def test_nothing_fails_that_the_plan_did_not_name(stage, dry_runs):
    setting = stage(builtin("hazards"))
    stored(setting)
    chosen = {"select": {"include": [{"type": "workbook"}]}, "verify": ["exists"]}
    plan = setting.plan("acme_au", "group", map=MAP, policy={"breaker_percent": 100}, **chosen)
    plan = replace(plan, run=replace(plan.run, dry_runs=dry_runs))
    async with setting.migration(plan) as migration:
        planned = await migration.plan()
        assert not setting.sandbox.evidence.writes("group")
        result = await migration.apply(planned)
    foretold = {(key.id, doubt.code) for doubt in planned.changes.doubts for key in doubt.keys}
    stopped = {one.key.id for one in main_actions(planned.changes.targets[0].waves) if isinstance(one, Block)}
    ended = {row.source_name: row.outcome for row in result.reconciliation.rows}
    for row in result.reconciliation.rows:
        assert row.outcome != "failed" or (row.source_id, row.reason_code) in foretold, (row.source_name, row.reason)
        assert (row.outcome == "blocked") == (row.source_id in stopped), row.source_name
    failed = {name for name, outcome in ended.items() if outcome == "failed"}
    assert len(ended) == len(REFUSED)
    assert len(failed) > 10 if dry_runs == "none" else not failed
