"""A plan one can look at: what will happen, what it costs, what stops documents; and the cost is what apply sends."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from test_hazards import MAP
from test_journeys import loaded

from migrate.plan.running import Limits
from migrate.report.plan_page import to_html, to_xlsx
from migrate.run.plan_report import forecasts, write
from migrate.sandbox.person import act
from migrate.sandbox.world import builtin

pytestmark = pytest.mark.anyio
ORDERS = ("GROUP_DW", "AU_SALES", "FCT_ORDERS")


def sent(setting):
    """The requests that the target got since the last time, but for tokens and who it is."""
    found = [one for one in setting.sandbox.evidence.of("group") if one.path not in ("/v2/auth/token", "/v2/whoami")]
    setting.sandbox.evidence.clear()
    return len(found)


async def test_what_apply_sends_lies_within_what_was_forecast(stage, builtin_world):
    setting = stage(builtin_world())
    plan = loaded(setting, "demo.yaml")
    nights = []
    for night in range(3):
        async with setting.migration(plan) as migration:
            planned = await migration.plan()
            (cost,) = forecasts(planned)
            sent(setting)
            result = await migration.apply(planned)
        assert result.exit_code == 0
        nights.append((cost.least, sent(setting), cost.most))
        here = [one for one in setting.world.orgs["acme_au"].inodes.values() if one.type == "workbook" and one.versions]
        for number, inode in enumerate(here[:6] if night == 0 else ()):
            act(setting.world.orgs["acme_au"], "edit", inode.id, now=1_764_000_000.0)
            inode.name += " anew" if number < 2 else ""
    assert all(least <= found <= most for least, found, most in nights), nights
    assert nights[0][2] <= 1.35 * nights[0][0], "a range that says something"
    assert nights[2] == (0, 0, 0), "a quiet night asks nothing beside lists"


async def test_the_pace_of_the_plan_makes_minutes_of_requests(stage, builtin_world):
    setting = stage(builtin_world())
    plan = replace(loaded(setting, "demo.yaml"), run=Limits(requests_per_second=500.0))
    async with setting.migration(plan) as migration:
        (cost,) = forecasts(await migration.plan())
    assert cost.minutes == (cost.least / 500 / 60, cost.most / 500 / 60)
    assert cost.least == sum(part.count * part.least for part in cost.parts)
    span = f"{cost.least} to {cost.most} requests to group"
    assert cost.says == f"{span}, 1 second at 500 requests a second: {cost.formula}"
    assert "documents made 39 × 4 to 5" in cost.formula


async def test_the_page_says_what_will_happen_what_stops_and_what_only_the_write_can_show(stage, tmp_path):
    setting = stage(builtin("hazards"))
    plan = setting.plan("acme_au", "group", map=MAP, policy={"unsupported": "report"})
    async with setting.migration(plan) as migration:
        planned = await migration.plan(only="*a*")
        report = migration.plan_report(planned, await migration.differing(planned))
    files = write(tmp_path / "look", report)
    assert [file.name for file in files] == ["plan.html", "plan.xlsx"]
    assert not setting.sandbox.evidence.writes("group")
    page = files[0].read_text("utf-8")
    assert "Plan: what apply would do. Nothing was written." in page
    assert "<dt>Only</dt><dd>*a*</dd>" in page
    assert re.search(r"What stops documents: \d causes?", page)
    for doubt in report.doubts:
        assert doubt.why in page
    for one in report.forecasts:
        assert one.formula in page
    assert "Paste: " in page
    assert "<script>alert" not in page
    shown = re.findall(r'<tr><th scope="row"><bdi>', page)
    assert len(shown) == len(report.found.rows)
    assert report.found.consistent
    assert not re.search(r'(?:src|href)="(?!#)', page), "one file, which loads nothing"


async def test_the_spreadsheet_holds_the_plan_its_cost_and_every_document(stage, builtin_world):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("openpyxl")
    setting = stage(builtin_world())
    (connection,) = [one for one in setting.world.orgs["group"].connections.values() if one.name == "Group Snowflake"]
    del connection.tables[ORDERS]
    async with setting.migration(loaded(setting, "demo.yaml")) as migration:
        report = migration.plan_report(await migration.plan())
    book = pandas.read_excel(io.BytesIO(to_xlsx(report)), sheet_name=None, dtype=str, keep_default_na=False)
    assert list(book)[:2] == ["Plan", "Cost"]
    assert book["Plan"]["says"][0] == "a plan: what apply would do; nothing was written"
    assert len(book["Documents"]) == len(report.found.rows) == 39
    assert set(book["Documents"]["verdict"]) == {""}
    (cause,) = book["Causes"]["code"]
    assert cause == "table_not_found"
    assert to_html(report) == to_html(report)
