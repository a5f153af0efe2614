"""What the newest report of a fleet says, but for what is otherwise in every run."""

from __future__ import annotations

import json
from pathlib import Path

import orjson

_PASSING = ("attempts", "request_id", "duration_ms", "target_id", "target_url", "source_url", "wave")


def picture(tenants):
    """The newest report without what is otherwise in every run."""
    newest = max(Path(tenants.folder / "reports").glob("*/report.json"), key=lambda path: path.stat().st_mtime_ns)
    report = orjson.loads(newest.read_bytes())
    rows = sorted(report["rows"], key=lambda row: (row["target"], row["source_id"]))
    things = {thing["n"]: [thing["code"], thing["old"], thing["new_name"]] for thing in report["things"]}
    for row in rows:  # things are counted in the order in which documents were done
        row["replaced"] = [[things[one["thing"]], one["places"]] for one in row["replaced"]]
    names = {row["target_id"]: row["source_name"] for row in rows if row["target_id"]}
    kept = [{name: value for name, value in row.items() if name not in _PASSING} for row in rows]
    text = json.dumps([kept, report["totals"], report["causes"]], sort_keys=True)
    for identity, name in names.items():
        text = text.replace(identity, name)
    return json.loads(text)


def differing(found, expected):
    """The cells of rows that differ, each with both values; other parts as they are."""
    rows = [
        (one["target"], one["source_name"], name, one[name], other[name])
        for one, other in zip(found[0], expected[0], strict=True)
        for name in one
        if one[name] != other[name]
    ]
    return rows + [part for part, other in zip(found[1:], expected[1:], strict=True) if part != other]
