"""What a copy costs: requests a document by purpose, nothing asked twice, and how much is held of large documents."""

from __future__ import annotations

import re
import tracemalloc
from collections import Counter

import pytest
from samples import opened
from staging import Stage

from kit.places import CORPUS, document_files
from migrate.sandbox.generate import generate
from migrate.sandbox.service import Sandbox
from migrate.sandbox.synthesis import plain_workbook

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
SIZE = 60
POLICY = {"existing": "rename", "unsupported": "report"}
WRITES = ("POST /v2/workbooks", "POST /v2/dataModels/spec", "POST /v2/reports")
SPECS = ("GET /v2/workbooks/{id}", "GET /v2/dataModels/{id}/spec", "GET /v2/reports/{id}")


def corpus():
    """Our own documents, but for those that no organization takes."""
    files = [path for path in document_files(CORPUS) if "stays-home" not in path.name]
    return [(path.parent.name.removesuffix("s"), opened(path), path.name) for path in files]


@pytest.fixture
def copied(tmp_path):
    """Runs a copy of many documents; gives its result and what was asked of each organization, by purpose."""

    async def run(documents, size):
        made = generate(documents, generation="contents", size=size)
        setting = Stage(sandbox=Sandbox(made.world), folder=tmp_path)
        plan = setting.plan("source", "target", map=made.mapping, policy=POLICY)
        result = await setting.run(plan)
        return result, setting.sandbox.evidence.entries

    return run


def purposes(entries, org):
    return Counter(f"{one.method} {ID.sub('{id}', one.path)}" for one in entries if one.org == org)


async def test_what_a_first_copy_costs(copied):
    result, entries = await copied(corpus(), SIZE)
    written = result.reconciliation.totals["target"]["created"]
    assert written >= 40
    source, target = purposes(entries, "source"), purposes(entries, "target")
    about = {name: count for name, count in source.items() if "{id}" in name and "/connection" not in name}
    assert sum(about.values()) <= 1.3 * SIZE, "of the source: a spec each, and what is broken in a copy"
    assert not any(name.endswith("/sources") for name in source), "every spec says what its document depends on"
    assert sum(target[name] for name in WRITES) <= 1.05 * written
    assert sum(target[name] for name in SPECS) <= 1.1 * written, "what was read back is what is checked"
    assert target["GET /v2/files/{id}"] == 0, "names and folders come from specs and lists"
    assert not any("/query" in name for name in target), "of no element whose document shows no error"
    assert target["GET /v2/files"] <= 5, "folders are made without a look at each"
    about = {name: count for name, count in target.items() if "{id}" in name and "/connection" not in name}
    creates = sum(target[name] for name in WRITES)
    assert sum(about.values()) + creates <= 4 * written + 8, "four a document, and once a run what may be written"
    order = [name for one in entries for name in purposes([one], "target")]
    while_writing = order[: max(place for place, name in enumerate(order) if name in WRITES)]
    checked = sum(name.endswith("/columns") for name in while_writing)
    assert checked >= written - 20, "each is checked as soon as it stands, between the writes of others"


async def test_nothing_is_asked_twice(copied):
    _, entries = await copied(corpus(), 12)
    asked = Counter((one.org, one.method, one.path, one.query) for one in entries if one.method == "GET")
    again = {question: count for question, count in asked.items() if count > 1}
    forms = {one for one in again if one[2].startswith("/v2/workbooks/")}  # one shows what an organization serves
    assert len(forms) <= 2
    workspaces = ("target", "GET", "/v2/files", "typeFilters=workspace&limit=1000")  # before the first that is made
    assert again.keys() <= forms | {workspaces}


def large(number):
    """A workbook of about 1 MB."""
    body = plain_workbook(f"{number} " * 400_000, "contents")
    return "workbook", {"name": f"Large {number}", "contents": body}, str(number)


async def test_a_change_set_holds_digests_and_planning_no_bodies(tmp_path):
    held = {}
    for count in (12, 24):
        made = generate([large(number) for number in range(count)], generation="contents")
        setting = Stage(sandbox=Sandbox(made.world), folder=tmp_path / str(count))
        setting.folder.mkdir()
        plan = setting.plan("source", "target", map=made.mapping, policy=POLICY)
        async with setting.migration(plan) as migration:
            tracemalloc.start()
            planned = await migration.plan()
            held[count] = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
            assert 0 < planned.spool.kept <= 8 * 2**20
            result = await migration.apply(planned)
        assert result.reconciliation.totals["target"]["created"] == count
        changes = (result.folder / "changes.json").stat().st_size
        assert changes <= 2_000 * count + 3_000, "bodies by digest"
    assert held[24] - held[12] <= 12 * 100_000, "a body of 1 MB is not held for each document that is planned"
