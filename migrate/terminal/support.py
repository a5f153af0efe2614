"""``support``: what somebody who helps needs to see, without what they must not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from migrate.terminal.options import FILE, REPORTS, PlanChoice, Settings, give, global_options, plan_options

if TYPE_CHECKING:
    from migrate.check.model import Reconciliation
    from migrate.report.redact import Digests

_LARGEST_LOG = 64 << 20
_LARGEST_PLAN = 16 << 20


@click.command()
@click.argument("plan_file", metavar="PLAN", type=FILE)
@click.option("-o", "--out", type=FILE, default=Path("support.zip"), show_default=True, help="The file to write.")
@click.option("--run", "run_name", default="last", show_default=True, help="The run to tell of: its id, or last.")
@click.option("--events", type=FILE, default=None, help="A file that --log of that run wrote.")
@REPORTS
@plan_options
@global_options
def support(
    settings: Settings,
    plan_file: Path,
    out: Path,
    run_name: str,
    events: Path | None,
    folder: Path,
    choice: PlanChoice,
) -> int:
    """Write a bundle for whoever helps: versions, and plan, report and log with every name as a digest. Offline."""
    from migrate.errors import InvalidInput
    from migrate.files import pretty, write_private
    from migrate.report.redact import digests_of
    from migrate.report.support import log_shape, problem_lines
    from migrate.terminal.versions import versions
    from migrate.text import one_line

    parts: dict[str, bytes] = {"versions.json": pretty(dict(versions()))}
    reports = folder
    try:
        reports = choice.load(plan_file).report.dir
    except InvalidInput as error:
        parts["problems.json"] = pretty(problem_lines(error.problems))
    found = _last(reports, run_name)
    to = digests_of(found)
    parts |= _plan(plan_file, to) | _report(found)
    if events is not None:
        parts["log.jsonl"] = log_shape(_read(events, _LARGEST_LOG), to)
    write_private(out, _zipped(parts))
    text = f"Wrote {one_line(out, 1000)}: {', '.join(parts)}.\n"
    text += "Names, texts and addresses in it are digests; look into it before you send it."
    give(settings, text, lambda: {"file": str(out), "parts": list(parts)})
    return 0


def _last(reports: Path, name: str) -> Reconciliation | None:
    """What a run came to; None where ``last`` was asked for and there is none. Raises InvalidInput."""
    from migrate.errors import InvalidInput
    from migrate.run.folder import find_run, read_run

    try:
        return read_run(find_run(reports, name))[1]
    except InvalidInput:
        if name == "last":
            return None
        raise


def _report(found: Reconciliation | None) -> dict[str, bytes]:
    from migrate.report.redact import redacted
    from migrate.report.render import WRITERS
    from migrate.report.scrub import scrubbed

    if found is None:
        return {}
    shown = scrubbed(redacted(found))
    return {"report.json": WRITERS["json"](shown), "report.md": WRITERS["md"](shown)}


def _plan(path: Path, to: Digests) -> dict[str, bytes]:
    """The plan's shape; nothing for a table, whose rows are names alone, or for what is no YAML."""
    from migrate.files import pretty
    from migrate.plan.schema import plan_schema
    from migrate.report.support import plan_shape, plan_words
    from migrate.yaml.read import UnreadableYaml, read_yaml

    try:
        tree = read_yaml(_read(path, _LARGEST_PLAN).decode("utf-8"))
    except (UnreadableYaml, UnicodeDecodeError):
        return {}
    return {"plan.json": pretty(plan_shape(tree, plan_words(plan_schema()), to))} if isinstance(tree, dict) else {}


def _read(path: Path, most: int) -> bytes:
    """The bytes of a file. Raises FileError."""
    from migrate.errors import file_error
    from migrate.files import read_regular

    try:
        return read_regular(path, most=most)
    except OSError as error:
        raise file_error(error, path, doing="read") from None


def _zipped(parts: dict[str, bytes]) -> bytes:
    """A zip of the parts, each without what the process knows as secret; their time says nothing."""
    import io
    import zipfile

    from migrate.secret import RING

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), RING.bytes_without(content), zipfile.ZIP_DEFLATED)
    return made.getvalue()
