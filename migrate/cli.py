"""The command line: options in, library calls, text or JSON out, errors as exit codes."""

from __future__ import annotations

import sys

import click

from migrate.errors import Interrupted, MigrateError, Usage
from migrate.terminal import copying, reviewing, unlock
from migrate.terminal.options import Settings, give, global_options
from migrate.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sigma-migrate")
@global_options
def cli(_settings: Settings) -> None:
    """Copies workbooks and data models between Sigma organizations, and proves that the copy is right."""


for _command in (*copying.COMMANDS, *reviewing.COMMANDS, unlock.unlock):
    cli.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with a code of contract section 5."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """The exit code of a command line; the one place where errors become codes."""
    settings = Settings()
    try:
        code = cli.main(args=arguments, prog_name="sigma-migrate", standalone_mode=False, obj=settings)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return Usage.exit_code
    except click.ClickException as error:
        error.show()
        return Usage.exit_code
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("Interrupted.\n")
        return Interrupted.exit_code
    except MigrateError as error:
        return _failed(error, settings)
    except Exception as error:  # noqa: BLE001 - whatever nobody foresaw is a bug, and exit code 70 says so
        return _bug(error, settings)
    return code if isinstance(code, int) else 0


def _failed(error: MigrateError, settings: Settings) -> int:
    from migrate.terminal import show

    if settings.output == "json":
        give(settings, "", lambda: show.error_tree(error))
    sys.stderr.write(f"{show.error(error)}\n")
    return error.exit_code


def _bug(error: Exception, settings: Settings) -> int:
    import traceback

    where = "".join(traceback.format_tb(error.__traceback__)[-4:]) if settings.verbose else ""
    sys.stderr.write(
        f"{where}Error [internal]: a bug in sigma-migrate: {type(error).__name__}: {str(error)[:300]}\n"
        "Next: run again with --verbose --log FILE and report it; neither holds secrets\n"
    )
    return MigrateError.exit_code
