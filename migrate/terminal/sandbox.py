"""``sandbox``: local organizations to try everything against."""

from __future__ import annotations

from pathlib import Path

import click

from migrate.errors import Usage
from migrate.terminal.options import FILE, Settings, global_options


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--world", type=FILE, default=None, help="A world file or folder; the built-in world by default.")
@click.option("--state", type=FILE, default=None, help="Keep the organizations in this file between runs.")
@click.option("--port", "ports", multiple=True, metavar="ALIAS=PORT", help="A fixed port for an organization.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@global_options
def sandbox(
    _settings: Settings, world: Path | None, state: Path | None, ports: tuple[str, ...], command: tuple[str, ...]
) -> int:
    """Serve local Sigma organizations to try everything against.

    Prints shell export lines and serves until stopped; with a COMMAND, serves while it runs, with the
    organizations in its environment.
    """
    try:
        from migrate.sandbox.lifetime import remembered, run_during
        from migrate.sandbox.server import run_forever
    except ImportError as error:
        raise Usage(f"the sandbox needs {error.name}.", next_action="pip install 'sigma-migrate[sandbox]'") from None
    from migrate.sandbox.world import builtin, load

    fixed = {}
    for text in ports:
        alias, _, number = text.partition("=")
        if not number.isdigit():
            raise Usage(f"--port {text} is no ALIAS=PORT.", next_action="write --port group=8001")
        fixed[alias] = int(number)
    for path in (state, world):
        # A pipe is read without end, and a folder is no file to keep organizations in.
        if path is not None and path.exists() and not (path.is_file() or (path == world and path.is_dir())):
            raise Usage(f"{path} is no file.", next_action="name a file of your own")
    with remembered(state, load(world) if world else builtin()) as served:
        if command:
            return run_during(served, command, ports=fixed)
        run_forever(served, ports=fixed)
    return 0
