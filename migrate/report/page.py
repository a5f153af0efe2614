"""The report as one self-contained HTML page."""

from __future__ import annotations

from importlib.resources import files

from migrate.check.model import Reconciliation
from migrate.check.tally import is_good


def to_html(found: Reconciliation) -> bytes:
    """``report.html``: opens offline, holds no script; every name in it is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("migrate.report").joinpath("page.html.jinja").read_text("utf-8"))
    bad = [row for row in found.rows if not is_good(row)]
    return template.render(found=found, bad=bad).encode()
