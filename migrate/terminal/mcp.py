"""``mcp``: the toolkit served to an agent."""

from __future__ import annotations

import click

from migrate.errors import Usage
from migrate.terminal.options import Settings, global_options


@click.command()
@click.option("--http", "port", type=click.IntRange(1, 65535), default=None, help="Serve HTTP on this loopback port.")
@click.option(
    "--allow-apply", is_flag=True, help="Let it apply saved change sets; without this it cannot write to Sigma."
)
@global_options
def mcp(settings: Settings, port: int | None, allow_apply: bool) -> None:
    """Serve plans of this folder to an agent over the Model Context Protocol (standard streams, or --http)."""
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise Usage("the server needs the package mcp.", next_action="pip install 'sigma-migrate[mcp]'")
    from migrate.agent.desk import here
    from migrate.agent.server import server

    made = server(here(may_apply=allow_apply, listener=settings.tell))
    if port is None:
        made.run("stdio")
    else:
        made.run("streamable-http", host="127.0.0.1", port=port)
