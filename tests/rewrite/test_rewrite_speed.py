"""What rewriting costs, as a ratio to reading and writing the same JSON with orjson; ``make bench`` prints it.

The second table of ``make bench`` is that of the wheel, whose hot modules are compiled where there is a C compiler.
"""

import time
from dataclasses import replace

import orjson
import pytest

from migrate.bundle.spec import Spec
from migrate.inventory.model import Connection, Identity, Inventory, Key
from migrate.plan.maps import ConnectionMap, Maps, PathMap
from migrate.plan.model import Plan
from migrate.plan.orgs import Source
from migrate.plan.policies import Policy
from migrate.rewrite.catalogue.walk import __file__ as find_file
from migrate.rewrite.catalogue.walk import find
from migrate.rewrite.draft import draft
from migrate.rewrite.mapping import resolve

OTHER = "ffffffff-ffff-4fff-8fff-{:012x}"
BYTES = 50_000  # a round goes on until so much has been rewritten


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


def values(body, code):
    found = (site.value for site in find(body) if site.row.code == code)
    return sorted({tuple(value) if isinstance(value, list) else value for value in found})


def side(alias, connections):
    return Inventory(
        org=alias,
        identity=Identity(user_id=f"somebody of {alias} 0123456789", organization_id=f"{alias} 0123456789 0123456789"),
        connections={i: Connection(id=i, name=i, type="snowflake", write_access=True) for i in connections},
    )


def crossing(spec, rename):
    """A document of the source and the way to another organization; ``rename`` gives its tables other names."""
    pairs = {one: OTHER.format(n) for n, one in enumerate(values(spec.body, "connection"))}
    tables = [PathMap(source=path, target=rename(path)) for path in values(spec.body, "path")] if rename else []
    maps = Maps(connections=tuple(ConnectionMap(source=a, target=b, paths=tuple(tables)) for a, b in pairs.items()))
    plan = Plan(
        name="p", orgs={}, source=Source(org="here"), targets=("there",), map=maps, policy=Policy(unsupported="report")
    )
    models = {Key(org="here", kind="data-model", id=identity) for identity in values(spec.body, "data-model")}
    spec = replace(spec, key=replace(spec.key, org="here"))
    dest = side("there", pairs.values())
    return spec, resolve(plan, "there", side("here", pairs), dest, frozenset({spec.key, *models}), {spec.key: spec}, {})


def samples(kit, rename=None):
    paths = sorted(kit.SPECS.glob("*/*")) if kit.SPECS.is_dir() else []
    found = (kit.load(path) for path in paths if path.suffix in (".json", ".yaml"))
    return [crossing(replace(spec, body=orjson.loads(orjson.dumps(spec.body))), rename) for spec in found if spec]


def synthetic(kit, size):
    body = orjson.loads(orjson.dumps(workbook(kit, size)))
    spec = Spec(key=kit.key("workbook", 1), generation="contents", name="W", folder_id="f", body=body)
    return spec, kit.World().context()


def size_of(case):
    return len(orjson.dumps(case[0].body))


def timed(work, times):
    started = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - started) / times


def measured(case, rounds):
    """Bytes of a document, seconds of reading and writing it, seconds of rewriting it: the best of some rounds."""
    spec, context = case
    raw = orjson.dumps(spec.body)
    times = max(1, BYTES // len(raw)) if rounds > 1 else 1
    read, rewritten = [], []
    # Turn by turn, so that whatever else the machine does falls on both.
    for _ in range(rounds):
        read.append(timed(lambda: orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS), times))
        rewritten.append(timed(lambda: draft(spec, context, "there"), times))
    return len(raw), min(read), min(rewritten)


def line(name, cases, rounds):
    found = [measured(case, rounds) for case in cases]
    size, read, rewritten = (sum(column) for column in zip(*found, strict=True))
    return (
        f"{name:<28} {len(cases):>4} {size / 1e3:>8.0f} {read * 1e3:>9.2f} {rewritten * 1e3:>9.2f}"
        f" {rewritten / read:>6.1f} {size / rewritten / 1e6:>6.1f}"
    )


def table(kit, rounds):
    """The table: what is rewritten, how many, kilobytes, milliseconds of either, their ratio, megabytes a second."""
    real = samples(kit)
    packs = {
        "samples up to 20 KB": [case for case in real if size_of(case) <= 20_000],
        "samples over 20 KB": [case for case in real if size_of(case) > 20_000],
        "all samples": real,
        "made-up workbook": [synthetic(kit, 400)],
    }
    packs["samples, databases mapped"] = samples(kit, lambda path: ("OTHER", *path[1:]))
    packs["samples, tables renamed"] = samples(kit, lambda path: (*path[:-1], f"{path[-1]}_NEW"))
    built = "as files" if find_file.endswith(".py") else "compiled"
    head = (
        f"{f'rewriting, {built}':<28} {'docs':>4} {'KB':>8} {'orjson ms':>9} {'draft ms':>9} {'ratio':>6} {'MB/s':>6}"
    )
    return [head, *(line(name, cases, rounds) for name, cases in packs.items() if cases)]


@pytest.mark.bench
def test_rewriting_against_reading_and_writing(kit, benchmark, request, capsys):
    """With ``make bench`` the whole table; by itself a few documents only, so that it cannot rot."""
    spec, context = synthetic(kit, 40)
    done = benchmark.pedantic(draft, (spec, context, "there"), rounds=5, warmup_rounds=1)
    assert done.refusals == ()
    assert len(done.references) == 2 * 8
    if not request.config.getoption("benchmark_only"):
        assert "made-up" in line("made-up", [(spec, context)], rounds=1)
        return
    with capsys.disabled():
        print("\n", *table(kit, rounds=7), sep="\n")
