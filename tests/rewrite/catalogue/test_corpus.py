"""Our own documents hold every row of the catalogue under every key, every kind of element and of source."""

from __future__ import annotations

from collections import Counter

import orjson
import yaml

from kit.places import CORPUS, document_files
from migrate.rewrite.catalogue.table import INSIDE, OUTSIDE
from migrate.rewrite.catalogue.walk import find
from migrate.rewrite.names.explanation import explain
from migrate.sigma.contract import OLDEST, respell
from migrate.tree import walk
from migrate.yaml.read import read_yaml

CHARTS = "area line bar combo scatter pie donut waterfall box treemap sankey funnel gauge kpi"
ELEMENTS = {f"{kind}-chart" for kind in CHARTS.split()} | {
    *("progress", "value-list", "geography-map", "point-map", "region-map", "table", "pivot-table", "input-table"),
    *("control", "text", "image", "divider", "embed", "button", "chat", "form", "navigation", "page-break", "plugin"),
    *("code", "container", "tabbed-container", "repeated-container", "single-row-container"),
}
SOURCES = {
    *("warehouse-table", "sql", "table", "data-model", "join", "union", "transpose", "csv-table", "metric-view"),
    *("semantic-view", "code-output", "empty", "linked"),
}

BEFORE_SEPTEMBER = {("page", "pageLabels")}
"""Labels of pages as a map: nothing carries them over, so no document of ours holds them; their row has an example."""


def bodies():
    found = {path.name: read_yaml(path.read_text("utf-8")) for path in document_files(CORPUS)}
    return {
        name: next((tree[key] for key in ("contents", "document") if key in tree), tree) for name, tree in found.items()
    }


def test_every_generation_and_kind_of_document_is_there():
    files = document_files(CORPUS)
    trees = [read_yaml(path.read_text("utf-8")) for path in files]
    assert Counter(path.parent.name for path in files) == {"data-models": 2, "workbooks": 6, "reports": 1}
    forms = Counter(next((key for key in ("contents", "document") if key in tree), "flat") for tree in trees)
    assert forms == {"contents": 3, "document": 2, "flat": 4}
    kinds = Counter(body.get("kind") for body in bodies().values())
    assert kinds == {"workbook": 6, "data-model": 1, "report": 1, None: 1}


def test_every_row_stands_somewhere_under_every_key():
    wanted = {(row.code, key) for row in (*OUTSIDE, *INSIDE) for key in row.keys}
    seen = set()
    for body in bodies().values():
        for site in (*find(body, inside=True), *find(respell(body, OLDEST).body, inside=True)):
            seen |= {(site.row.code, step) for step in site.path[-3:] if step in site.row.keys}
    assert wanted - seen == BEFORE_SEPTEMBER
    assert len(wanted) > 90


def test_every_kind_of_element_and_source_is_there():
    elements, sources = set(), set()
    for body in bodies().values():
        for path, value in walk(body):
            if isinstance(value, dict) and isinstance(value.get("kind"), str):
                (sources if path[-1:] == ("source",) else elements).add(value["kind"])
    assert ELEMENTS - elements == set()
    assert SOURCES - sources == set()


def test_every_meaning_of_a_name_in_a_formula_is_there():
    found = Counter(each.meaning for body in bodies().values() for each in explain(body))
    sourced = {"element", "table", "model_element", "leg_table", "leg_element", "leg_name", "sql", "union", "metric"}
    assert sourced | {"relationship", "other_element", "column", "control"} <= found.keys()
    assert found["unresolved"] == 0


def test_the_files_are_plain_yaml_that_any_reader_takes():
    for path in document_files(CORPUS):
        text = path.read_text("utf-8")
        assert orjson.dumps(yaml.safe_load(text)) == orjson.dumps(read_yaml(text)), path.name
