"""``completion``: what makes a shell complete commands and options."""

from __future__ import annotations

import sys

import click

from migrate.terminal.options import Settings, global_options

VARIABLE = "_SIGMA_MIGRATE_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@global_options
def completion(_settings: Settings, shell: str) -> None:
    """Print what makes a shell complete commands and options.

    Put into its start file: eval "$(sigma-migrate completion bash)"
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        program = click.get_current_context().find_root().command
        sys.stdout.write(kind(program, {}, "sigma-migrate", VARIABLE).source())
