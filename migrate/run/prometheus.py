"""Where a plan stands as metrics, in the text format that Prometheus' textfile collector reads. Pure.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from migrate.run.status import RunState, TargetState

_Samples = Iterable[tuple[Mapping[str, str], float]]

METRICS: Mapping[str, str] = {
    "sigma_migrate_copies": "Copies that the ledger holds, by kind.",
    "sigma_migrate_last_good_run_timestamp_seconds": "When the last apply ended that left nothing to do; 0: never.",
    "sigma_migrate_last_complete_run_timestamp_seconds": "When the last apply ended that was not cut off; 0: never.",
    "sigma_migrate_last_written_timestamp_seconds": "When a copy was last written; 0: never.",
    "sigma_migrate_wrong_documents": "Documents that were not right in the last apply.",
    "sigma_migrate_cause": "1 for each reason code why they were not.",
    "sigma_migrate_held_back": "1 where the target was not begun, because of those before it.",
    "sigma_migrate_drifted": "1 where the last apply found copies that people had edited.",
    "sigma_migrate_open_writes": "Writes of which no outcome is known.",
    "sigma_migrate_locked": "1 while a run works there.",
    "sigma_migrate_behind_documents": "Copied documents with newer versions in the source (--live).",
    "sigma_migrate_behind_versions": "Versions by which they are behind in all (--live).",
    "sigma_migrate_behind_seconds": "For how long the oldest of them has been changed (--live).",
    "sigma_migrate_not_copied_documents": "Selected documents without a copy (--live).",
    "sigma_migrate_edited_documents": "Copies of another version than was last written (--live).",
    "sigma_migrate_missing_documents": "Copies that are not there any more (--live).",
    "sigma_migrate_reachable": "1 where the organization said how it stands, 0 where it did not (--live).",
    "sigma_migrate_last_run_timestamp_seconds": "When the newest run of the plan began; 0: never.",
}
"""Every metric, with what it says; all are gauges, with the label plan, and target where it is about one."""

_DRIFTED = frozenset({"drifted", "access_drifted"})


def textfile(plan: str, targets: Sequence[TargetState], runs: Sequence[RunState]) -> str:
    """All metrics, each with its help and type once; a metric without a sample is left out."""
    found: dict[str, list[tuple[Mapping[str, str], float]]] = {name: [] for name in METRICS}
    for one in targets:
        for name, labels, value in _of(one):
            found[f"sigma_migrate_{name}"].append(({"plan": plan, "target": one.name, **labels}, value))
    newest = _seconds(runs[0].started_at) if runs else 0.0
    found["sigma_migrate_last_run_timestamp_seconds"].append(({"plan": plan}, newest))
    return "\n".join(line for name, samples in found.items() if samples for line in _lines(name, samples))


def _of(one: TargetState) -> Iterator[tuple[str, Mapping[str, str], float]]:
    for kind, count in one.copies.items():
        yield "copies", {"kind": kind}, count
    yield "last_good_run_timestamp_seconds", {}, _seconds(one.good_at)
    yield "last_complete_run_timestamp_seconds", {}, _seconds(one.run_at)
    yield "last_written_timestamp_seconds", {}, _seconds(one.written_at)
    yield "wrong_documents", {}, one.wrong
    for code in one.causes:
        yield "cause", {"code": code}, 1
    yield "held_back", {}, "held_back" in one.causes
    yield "drifted", {}, bool(_DRIFTED & {*one.causes})
    yield "open_writes", {}, one.open
    yield "locked", {}, bool(one.locked_by)
    if one.live is None:
        return
    yield "reachable", {}, not one.live.trouble
    if not one.live.trouble:
        yield "behind_documents", {}, one.live.behind
        yield "behind_versions", {}, one.live.versions
        yield "behind_seconds", {}, one.live.hours * 3600
        yield "not_copied_documents", {}, one.live.not_copied
        yield "edited_documents", {}, one.live.edited
        yield "missing_documents", {}, one.live.missing


def _lines(name: str, samples: _Samples) -> Iterator[str]:
    yield f"# HELP {name} {METRICS[name]}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{told}}} {float(value):.15g}"


def _escaped(text: str) -> str:
    r"""The value of a label: \\, \" and line feeds escaped, other characters that would break a line taken out."""
    kept = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return "".join(char for char in kept if char.isprintable())


def _seconds(at: str) -> float:
    try:
        return datetime.fromisoformat(at).timestamp()
    except ValueError:
        return 0.0
