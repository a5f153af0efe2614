"""What rewriting costs, as a ratio to reading and writing the same JSON with orjson; ``make bench`` prints it."""

import time

import orjson
import pytest

from migrate.rewrite.draft import draft

ROUNDS = 7


def best(work):
    """Seconds of the fastest of a few rounds."""
    found = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return min(found)


def element(kit, number):
    name = f"Element {number}"
    if number % 5 == 0:
        table = ["DW", "FIN", f"T{number}"]
        source = {"kind": "warehouse-table", "connectionId": kit.WARE, "path": table}
        prefix = table[-1]
    else:
        source, prefix = (
            {"kind": "table", "elementId": f"el{number - number % 5:08d}"},
            f"Element {number - number % 5}",
        )
    columns = [
        {"id": f"c{number:04d}{n:05d}", "name": f"Column {n}", "formula": f"Sum([{prefix}/Column {n}])"}
        for n in range(12)
    ]
    chart = {"xAxis": {"columnId": columns[0]["id"]}, "yAxis": {"columnIds": [c["id"] for c in columns[1:4]]}}
    order = [column["id"] for column in columns]
    return {
        "id": f"el{number:08d}",
        "kind": "table",
        "name": name,
        "source": source,
        "columns": columns,
        "order": order,
    } | chart


def workbook(kit, size):
    elements = [element(kit, number) for number in range(size)]
    layout = "".join(f'<Element elementId="{e["id"]}" gridColumn="1 / 9" gridRow="1 / 6"/>' for e in elements)
    pages = [{"id": "p", "name": "P"}]
    return {"schemaVersion": 1, "kind": "workbook", "pages": pages, "elements": elements, "layout": layout}


@pytest.mark.bench
@pytest.mark.parametrize("size", [4, 40, 400])
def test_rewriting_against_reading_and_writing(kit, size, benchmark, capsys):
    from migrate.bundle.spec import Spec

    raw = orjson.dumps(workbook(kit, size))
    spec = Spec(
        key=kit.key("workbook", 1), generation="contents", name="W", folder_id="f", body=orjson.loads(raw)
    )  # fmt: skip
    atlas = kit.World().atlas()
    base = best(lambda: orjson.dumps(orjson.loads(raw)))
    done = benchmark.pedantic(draft, (spec, atlas, "there"), rounds=ROUNDS, warmup_rounds=1)
    cost = best(lambda: draft(spec, atlas, "there"))
    assert done.refusals == ()
    assert len(done.references) == 2 * -(-size // 5)
    with capsys.disabled():
        speed = len(raw) / cost / 1e6
        print(f"\nrewrite {len(raw):>8} bytes: {cost / base:5.1f} x orjson parse and dump, {speed:6.1f} MB/s")
