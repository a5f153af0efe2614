"""``explain``: a reason code in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from migrate.errors import Usage
from migrate.terminal.lines import wrapped
from migrate.terminal.options import Settings, give, global_options

if TYPE_CHECKING:
    from migrate.reasons import Reason


@click.command()
@click.argument("code")
@global_options
def explain(settings: Settings, code: str) -> None:
    """Print the cause, an example and the fix of a reason code."""
    from dataclasses import asdict
    from difflib import get_close_matches

    from migrate.reasons import REASONS

    reason = REASONS.get(code)
    if reason is None:
        near = ", ".join(get_close_matches(code, REASONS, n=3)) or ", ".join(sorted(REASONS)[:8])
        raise Usage(f"there is no reason code {code!r}.", next_action=f"did you mean one of: {near}")
    give(settings, explained(reason), lambda: asdict(reason))


def explained(reason: Reason) -> str:
    """A reason code in full."""
    parts = [f"{reason.code}: {reason.sentence}", f"Cause: {reason.cause}", f"Fix: {reason.fix}"]
    if reason.key:
        parts.append(f"In the plan: {reason.key}")
    if reason.example:
        parts.append(f"Example: {reason.example}")
    return "\n".join(wrapped(part, "", "  ") for part in parts)
