"""Reconciliations made by hand: what the reports are tested with."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from migrate.check.causes import caused
from migrate.check.model import Difference, Mapped, Reconciliation, Replaced, ReportRow, Statement, Thing
from migrate.check.tally import adds_up, exit_code
from migrate.words import LANDED, OUTCOMES, VERDICTS

HOSTILE_NAMES = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "</title></style></script><h1>owned</h1>",
    "{{ 7 * 7 }}{% raw %}",
    '=HYPERLINK("https://evil.example","click")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "-2+3",
    "'quoted",
    "name\nwith\r\nlines\tand\x00nulls\x1b[31m",
    "safe\u202egpj.exe",
    "x" * 10_000,
    "Å\u0301" * 300 + "👩‍👩‍👧",
    "`tick` **bold** [link](https://evil.example) @everyone #1 | pipe |",
    "``` \n## heading\n<details>",
    "a/b\\c\\/d",
    "_x0041_ and \ufffe",
    "",
    " ",
    "مرحبا بالعالم",
)


SQL, REWRITTEN = "select net from AU_DW.FIN.COSTS", "select net from GROUP_DW.AU_FIN.COSTS"


def thing(number: int = 1, **changes: object) -> Thing:
    made = {
        "n": number,
        "target": "group",
        "code": "connection",
        "points_to": "a warehouse connection",
        "old": f"aaaaaaaa-0000-4000-8000-{number:012d}",
        "old_name": f"AU Snowflake {number}",
        "new": f"bbbbbbbb-0000-4000-8000-{number:012d}",
        "new_name": f"Group Snowflake {number}",
        "resolution": "mapped",
        "count": 9,
        "documents": 1,
        "example": "Margin 3: Board › table 'Margin' › source connection",
    }
    return Thing(**made | changes)


def mapped(**changes: object) -> Mapped:
    made = {
        "target": "group",
        "kind": "connection",
        "source": "AU Snowflake 1",
        "to": "Group Snowflake 1",
        "place": "map.connections.0",
        "documents": 1,
        "example": "Margin 3",
    }
    return Mapped(**made | changes)


RUN = {
    "id": "20261122T101500Z-1f2e3d",
    "plan": "acme-au-to-group",
    "plan_file": "plans/acme.yaml",
    "plan_sha256": "a" * 64,
    "change_set": "b" * 64,
    "started_at": "2026-11-22T10:15:00.000Z",
    "finished_at": "2026-11-22T10:18:12.000Z",
    "status": "complete",
}


def row(number: int = 1, **changes: object) -> ReportRow:
    """A row of contract section 6; by default a workbook that arrived and matches."""
    outcome = changes.get("outcome", "created")
    landed = outcome in LANDED
    made = {
        "target": "group",
        "type": "workbook",
        "source_id": f"00000000-0000-4000-8000-{number:012d}",
        "source_name": f"Margin {number}",
        "source_path": "Shared/Finance",
        "source_version": 12,
        "target_id": f"11111111-0000-4000-8000-{number:012d}" if landed else None,
        "target_name": f"Margin {number}" if landed else None,
        "target_path": "Acme AU/Finance" if landed else None,
        "target_url": f"https://app.sigmacomputing.com/acme-group/workbook/M-{number:022d}" if landed else None,
        "outcome": outcome,
        "verdict": "match" if landed else None,
        "levels": {"exists": "pass", "hash": "pass"} if landed else {},
        "reason_code": None,
        "reason": None,
        "next_action": None,
        "detail": [],
        "references": {"mapped": 3, "kept": 1, "unknown": 0},
        "changes": [],
        "residuals": [],
        "depends_on": [],
        "attempts": 1,
        "request_id": None,
        "duration_ms": 120,
        "source_url": f"https://app.sigmacomputing.com/acme-au/workbook/M-{number:022d}",
    }
    made |= changes
    lists = ("detail", "changes", "residuals", "depends_on")
    return ReportRow(**{name: tuple(value) if name in lists else value for name, value in made.items()})


def totals(rows: list[ReportRow], targets: list[str]) -> dict[str, dict[str, int]]:
    """What the tally would count."""
    found = {}
    for target in targets:
        mine = [one for one in rows if one.target == target]
        counts = {"in_scope": len(mine)}
        counts |= {name: sum(one.outcome == name for one in mine) for name in OUTCOMES}
        counts |= {name: sum(one.verdict == name for one in mine) for name in VERDICTS}
        found[target] = counts
    return found


def reconciliation(rows: list[ReportRow] | None = None, **changes: object) -> Reconciliation:
    """A reconciliation whose totals are those of its rows."""
    rows = [row()] if rows is None else rows
    targets = list(dict.fromkeys(str(one.target) for one in rows)) or ["group"]
    counts = changes.pop("totals", None) or totals(rows, targets)
    consistent = all(adds_up(total) for total in counts.values())
    who = ("target", "type", "source_id", "source_name")
    run = changes.pop("run", RUN)
    caused_rows, causes = caused(rows, run)
    fields = {
        "run": run,
        "orgs": (org("acme_au"), *(org(target) for target in targets)),
        "totals": counts,
        "rows": caused_rows,
        "causes": causes,
        "residuals": tuple({name: getattr(one, name) for name in who} | left for one in rows for left in one.residuals),
        "consistent": consistent,
        "exit_code": exit_code(rows, consistent=consistent),
        "coverage": (
            {"row": "connection", "resolution": "mapped", "count": 41},
            {"row": "url", "resolution": "opaque", "count": 4},
            {"row": "url", "resolution": "unknown", "count": 1},
        ),
        "left_out": {"personal": 4, "archived": 0},
    }
    return Reconciliation(**(fields | changes))


def org(alias: str) -> dict[str, object]:
    return {
        "alias": alias,
        "organization_id": f"7c1d0000-0000-4000-8000-{sum(map(ord, alias)):012d}",
        "slug": alias.replace("_", "-"),
        "requests": 1243,
        "throttled": 3,
        "paused_seconds": 4.25,
    }


def difference(number: int = 0, **changes: object) -> Difference:
    made = {
        "level": "hash",
        "path": f"$.elements[{number}].columns[2].formula",
        "expected": "Sum([Orders/Amount])",
        "found": "Sum([Orders/Net])",
        "kind": "changed",
        "page": "Board",
        "element": f"table 'Margin {number}'",
        "column": "column 'Net'",
        "what": "formula",
    }
    return Difference(**made | changes)


def residual(name: str = "Decision Log") -> dict[str, object]:
    return {
        "code": "input_table_rows",
        "message": f"the rows of input table {name!r} are not part of the document and stay behind",
        "next_action": "carry the rows over in the warehouse",
        "path": "$.elements[1]",
        "thing": name,
    }


def mixed(copies: int = 1, targets: tuple[str, ...] = ("group",)) -> Reconciliation:
    """Something of every outcome and verdict, for each target."""
    rows = []
    for target in targets:
        for copy in range(copies):
            rows += [replace(one, target=target) for one in _mixed(100 * copy)]
    idle = mapped(kind="url", source="https://wiki.acme.example/", place="map.urls.0", documents=0, example="")
    return reconciliation(
        rows,
        warnings=("group: map.urls.0 matched nothing in any document",),
        things=(
            thing(1),
            thing(2, code="path", old="AU_DW.FIN.COSTS", old_name="", new="GROUP_DW.AU_FIN.COSTS", new_name=""),
        ),
        mappings=(mapped(), idle, mapped(kind="team", source="Finance", to="Finance", place="")),
    )


def _mixed(at: int) -> list[ReportRow]:
    change = {"code": "rule:brand", "path": "$.title", "before": "Acme AU", "after": "Acme Group"}
    fold = {"code": "fold:overlays", "path": "$", "before": "", "after": "3 times"}
    mend = {"code": "fix:base-grouping@1", "path": "$.pages[0]", "before": "base", "after": ""}
    rejected = {
        "reason_code": "dependency_not_found",
        "reason": "acme-group: POST /v2/workbooks/spec answered 400: Dependency not found: 'ORDERS/Region'",
        "next_action": "map `ORDERS/Region` to something that exists in the target, then run apply again",
        "request_id": "req-8f31c0de77",
        "attempts": 2,
        "thing": "POST /v2/workbooks/spec → 400: Dependency not found: 'ORDERS/Region'",
    }
    rows = [row(at + n, outcome=name) for n, name in enumerate(("created",) * 6 + ("updated", "unchanged", "mapped"))]
    rows[0] = replace(rows[0], changes=(change, fold, mend), verdict="match_declared", residuals=(residual(),))
    here, there = "Board › table 'Margin' › source connection", "Detail › table 'Costs' › source connection"
    rows[2] = replace(rows[2], replaced=(Replaced(thing=1, count=2, places=(here, there)), Replaced(thing=2, count=7)))
    rows[3] = replace(rows[3], sql=(Statement(place="Board › table 'Costs' › SQL", before=SQL, after=REWRITTEN),))
    rows[1] = replace(rows[1], residuals=(residual("Review"), residual("Notes")))
    differing = [difference(n) for n in range(3)]
    broken = [difference(level="columns", kind="error", expected="no error", found="Unknown column [Cost]")]
    rows += [
        row(at + 20, outcome="failed", **rejected),
        row(
            at + 21,
            outcome="blocked",
            reason_code="blocked_by",
            reason="it needs 'Sales Model', which failed",
            depends_on=[f"00000000-0000-4000-8000-{at + 20:012d}"],
        ),
        row(at + 22, outcome="not_attempted", reason_code="interrupted", reason="the run ended before its turn"),
        row(at + 23, outcome="skipped", reason_code="exists", reason="a document of that name is there"),
        row(
            at + 24,
            verdict="mismatch",
            levels={"exists": "pass", "hash": "fail"},
            detail=differing,
            reason_code="verification_mismatch",
            reason="hash: changed at $.elements[0].columns[2].formula and 2 more",
        ),
        row(
            at + 25,
            verdict="not_verifiable",
            levels={"exists": "pass", "compile": "not_verifiable"},
            reason_code="not_verifiable",
            reason="the level compile could not be checked: 503",
        ),
        row(at + 26, verdict="not_run", levels={}),
        row(
            at + 27,
            type="data-model",
            verdict="broken_in_source_too",
            levels={"columns": "inherited"},
            reason_code="broken_in_source_too",
            reason="columns: error at Costs/Cost",
            detail=broken,
        ),
    ]
    return rows


def hostile() -> Reconciliation:
    """Every text that a document or an organization can carry is an attack or a nuisance."""
    rows = []
    for number, name in enumerate(HOSTILE_NAMES):
        left = {"code": name[:40] or "x", "message": name, "next_action": name, "path": name, "thing": name}
        rows.append(
            row(
                number,
                outcome="failed" if number % 2 else "created",
                verdict=None if number % 2 else "mismatch",
                source_name=name,
                source_path=name,
                target_name=name,
                target_path=name,
                target_url="javascript:document.title='owned'",
                source_url=f"https://app.example/{name}",
                reason_code="dependency_not_found",
                reason=name,
                next_action=name,
                request_id=name,
                thing=name,
                detail=[difference(path=name, expected=name, found=name)],
                changes=[{"code": f"rule:{name}", "path": name, "before": name, "after": name}],
                residuals=[left],
            )
        )
    for at, name in enumerate(HOSTILE_NAMES):
        told = Replaced(thing=at + 1, count=1, places=(name,))
        rows[at] = replace(rows[at], replaced=(told,), sql=(Statement(place=name, before=name, after=f"{name}!"),))
    texts = ("old", "old_name", "new", "new_name", "points_to", "example", "code", "resolution", "target")
    things = tuple(thing(at + 1, **dict.fromkeys(texts, name)) for at, name in enumerate(HOSTILE_NAMES))
    entries = ("kind", "source", "to", "place", "example", "target")
    mappings = tuple(mapped(**dict.fromkeys(entries, name)) for name in HOSTILE_NAMES)
    return reconciliation(rows, warnings=HOSTILE_NAMES, things=things, mappings=mappings)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The builders: ``make.reconciliation(rows)``, ``make.row(...)``, ``make.mixed()`` and the rest"""
    return SimpleNamespace(
        row=row,
        reconciliation=reconciliation,
        difference=difference,
        residual=residual,
        thing=thing,
        mapped=mapped,
        mixed=mixed,
        hostile=hostile,
        hostile_names=HOSTILE_NAMES,
    )
