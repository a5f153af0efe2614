"""What each further document leaves in memory, until the report is written: a few KB, however wide it is."""

from __future__ import annotations

import os

import pytest
import yaml
from staging import Stage

from kit.costs import corpus, plan_of, spent
from kit.held import held
from migrate.bundle.spec import Spec
from migrate.inventory.model import Key
from migrate.rewrite.model import Draft
from migrate.rewrite.resolvers.tables import Table
from migrate.sandbox.generate import generate
from migrate.sandbox.server import environment, serve
from migrate.sandbox.service import Sandbox
from migrate.survey.tables import one_of_each, places

FULL = os.environ.get("SCALE") == "full"
CONNECTION = "1f8e3c70-52b1-4f0e-9a6d-0c4b7e2d9a01"
FIRST, QUIET = 6_500, 11_000
"""Bytes for each further document, in a first run and in a quiet night."""


def tables(count, columns):
    """Elements that all read one table, each with so many columns."""

    def column(at, number):
        formula = f'If([SHOPS/Town] = "x{number}", "a longer text for column {number} of element {at}", [SHOPS/Town])'
        return {"id": f"c{at}-{number}", "name": f"Column {number} of {at}", "formula": formula}

    source = {"kind": "warehouse-table", "connectionId": CONNECTION, "path": ["OVEN", "DAILY", "SHOPS"]}
    made = [[column(at, number) for number in range(columns)] for at in range(count)]
    return [
        {
            "id": f"t{at}",
            "kind": "table",
            "name": f"Table {at}",
            "source": source,
            "columns": each,
            "order": [one["id"] for one in each],
        }
        for at, each in enumerate(made)
    ]


def workbook(count, columns=9):
    rows = "".join(
        f'<Element elementId="t{at}" gridColumn="1 / 25" gridRow="{1 + 5 * at} / {6 + 5 * at}"/>' for at in range(count)
    )
    head = '<Page type="grid" gridTemplateColumns="repeat(24, 1fr)" gridTemplateRows="auto" id="page-1">'
    contents = {
        "schemaVersion": 1,
        "kind": "workbook",
        "elements": tables(count, columns),
        "pages": [{"id": "page-1", "name": "Page 1"}],
        "layout": f'<?xml version="1.0" encoding="utf-8"?>{head}{rows}</Page>',
    }
    return [("workbook", {"name": "Wide", "contents": contents}, "wide")]


def model(count, columns=20):
    pages = [{"id": "p1", "name": "Page 1", "elements": tables(count, columns)}]
    return [("data-model", {"name": "Wide", "schemaVersion": 1, "pages": pages}, "model")]


async def left(documents, size, folder):
    """The bytes that a first run and a quiet night hold of so many documents when all is done."""
    made = generate(documents, size=size)
    folder.mkdir()
    setting = Stage(sandbox=Sandbox(made.world), folder=folder)
    plan = setting.plan("source", "target", map=made.mapping, policy={"existing": "rename", "unsupported": "report"})
    found = []
    for outcome in ("created", "unchanged"):
        async with setting.migration(plan) as migration:
            planned = await migration.plan()
            result = await migration.apply(planned)
            assert result.reconciliation.totals["target"][outcome] == size
            found.append(held(planned, result))
    return found


@pytest.mark.anyio
@pytest.mark.parametrize("documents", [workbook(20), model(12, 8)], ids=["workbooks", "models"])
async def test_a_wide_document_leaves_little_in_memory(documents, tmp_path):
    small, large = [await left(documents, size, tmp_path / str(size)) for size in (2, 6)]
    first, quiet = ((more - less) / 4 for less, more in zip(small, large, strict=True))
    assert 1_000 < first < FIRST
    assert 1_000 < quiet < QUIET


def test_a_table_that_all_elements_read_is_noted_once():
    key = Key(org="source", kind="workbook", id="w")
    body = {"elements": tables(40, 1), "pages": []}
    other = {"elements": [{**one, "source": {**one["source"], "path": ["A", "B", "C"]}} for one in body["elements"]]}
    made = Draft(key=key, target="target", generation="contents", name="W", folder=(), body=body)
    spec = Spec(key=key, generation="contents", name="W", folder_id="f", body=other)
    found = places(made, spec, {}, {})
    table, origin = Table(CONNECTION, ("OVEN", "DAILY", "SHOPS")), Table(CONNECTION, ("A", "B", "C"))
    (named,) = found
    assert (named.path, named.table, named.origin) == (("elements", 0, "source"), table, origin)
    known = {Table(*table): table}
    (shared,) = one_of_each(found, known)
    assert shared == named
    assert shared.table is table
    assert known[origin] is shared.origin


SHAPES = {"workbooks": workbook(142), "models": model(95), "corpus": corpus()}
SIZES = (
    {"workbooks": (100, 300), "models": (100, 300), "corpus": (500, 1300)} if FULL else dict.fromkeys(SHAPES, (4, 8))
)


@pytest.mark.scale
@pytest.mark.parametrize("shape", SHAPES)
def test_the_peak_of_a_run_grows_by_little(shape, tmp_path, capsys):
    """With ``make scale`` the peak of two sizes, in bytes of the process; without it that both runs end well."""
    peaks = {}
    for size in SIZES[shape]:
        made = generate(SHAPES[shape], size=size)
        folder = tmp_path / str(size)
        folder.mkdir()
        with serve(made.world) as running:
            (folder / "plan.yaml").write_text(yaml.safe_dump(plan_of(made), allow_unicode=True))
            apply = ("-m", "migrate", "apply", "plan.yaml", "--yes", "--quiet")
            took = [spent(*apply, environ=os.environ | environment(running), folder=folder) for _ in range(2)]
        assert [one.code for one in took] == [0, 0], (folder / "printed.txt").read_text()
        peaks[size] = [one.memory for one in took]
    (less, small), (more, large) = peaks.items()
    growth = [(after - before) / (more - less) for before, after in zip(small, large, strict=True)]
    with capsys.disabled():
        print(f"\n{shape}: {peaks}, KB for each further document: {[round(one / 1e3, 1) for one in growth]}")
    assert max(growth) < 30_000 or not FULL
    assert max(*small, *large) < 300e6
