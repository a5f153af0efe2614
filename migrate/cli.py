"""The command line: options in, library calls, text or JSON out, errors as exit codes."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

import click

from migrate.errors import Interrupted, MigrateError, Usage, classified, worst
from migrate.terminal.commands import Commands
from migrate.terminal.options import Settings, give, global_options
from migrate.terminal.streams import prepare, release, say
from migrate.version import __version__


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
    no_args_is_help=True,
)
@click.option("--version", is_flag=True, help="Show the version and exit; with --verbose, all that a bug report needs.")
@global_options
def cli(settings: Settings, *, version: bool) -> None:
    """Copies workbooks, data models and reports between Sigma organizations, and proves that the copy is right."""
    context = click.get_current_context()
    if version:
        _versions(settings)
        context.exit()
    if context.invoked_subcommand is None:
        raise click.UsageError("Missing command.", context)


def _versions(settings: Settings) -> None:
    from migrate.terminal.versions import versions

    all_of_them = dict(versions()) if settings.verbose or settings.output == "json" else {}
    text = "\n".join(f"{name} {value}" for name, value in all_of_them.items())
    give(settings, text or f"sigma-migrate, version {__version__}", lambda: all_of_them)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with a code of contract section 5.

    No plugin of pydantic takes part in reading a plan: to look for them, it reads what every installed package says.
    Until work on an organization begins, garbage is looked for less often: what is made first is classes, which stay.
    """
    gc.set_threshold(50_000, 20, 20)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    code = run(arguments)
    release()
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """The exit code of a command line; the one place where errors become codes."""
    settings = Settings()
    prepare()
    code = _ended(arguments, settings)
    if settings.undelivered is not None:
        code = worst((code, _failed(settings.undelivered, Settings())))
    settings.end(code)
    return code


def _ended(arguments: list[str] | None, settings: Settings) -> int:
    try:
        code = cli.main(args=arguments, prog_name="sigma-migrate", standalone_mode=False, obj=settings)
    except click.exceptions.NoArgsIsHelpError as error:
        return _misused(error)
    except click.ClickException as error:
        return _misused(error)
    except (click.Abort, KeyboardInterrupt):
        say("Interrupted.\n")
        return Interrupted.exit_code
    except BrokenPipeError:  # click's own pages (--help | head)
        return 0
    except Exception as error:  # noqa: BLE001 - whatever nobody foresaw is a bug, and exit code 70 says so
        return _failed(classified(error), settings)
    return code if isinstance(code, int) else 0


def _misused(error: click.ClickException) -> int:
    with suppress(OSError):
        error.show()
    return Usage.exit_code


def _failed(error: MigrateError, settings: Settings) -> int:
    from migrate.events import Failed
    from migrate.terminal import failure

    problems = len(getattr(error, "problems", ()))
    settings.tell(Failed(code=error.code, message=error.message, problems=problems))
    if settings.output == "json":
        give(settings, "", lambda: failure.error_tree(error))
    if settings.verbose and error.__cause__ is not None:
        import traceback

        say("".join(traceback.format_tb(error.__cause__.__traceback__)[-4:]))
    say(f"{failure.error(error)}\n", folds=True)
    return error.exit_code
