"""The command line: options in, library calls, text or JSON out, errors as exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from migrate import __version__
from migrate.errors import Interrupted, MigrateError, Usage

if TYPE_CHECKING:
    from migrate.plan.model import Plan

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)


@dataclass(slots=True)
class Settings:
    """The global options, given before or after the command."""

    output: str = "text"
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    log: Path | None = None


def global_options(command: F) -> F:
    """Adds the options of contract section 4 that every command takes; the later word wins."""

    @click.option("--output", type=click.Choice(["text", "json"]), default=None, help="What standard output holds.")
    @click.option("--quiet", is_flag=True, help="No progress, no prompts' explanations.")
    @click.option("--verbose", is_flag=True, help="Also list what does not change.")
    @click.option("--no-color", is_flag=True, help="No colours in the progress bars.")
    @click.option("--log", type=FILE, default=None, help="Append every event to this file, as JSON lines.")
    @click.pass_context
    @wraps(command)
    def taking(context: click.Context, /, *args: Any, **options: Any) -> Any:
        settings = context.ensure_object(Settings)
        settings.output = options.pop("output") or settings.output
        for flag in ("quiet", "verbose", "no_color"):
            setattr(settings, flag, options.pop(flag) or getattr(settings, flag))
        settings.log = options.pop("log") or settings.log
        return command(settings, *args, **options)

    return taking  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChoice:
    """The plan a command works on: its file, and what the flags lay over it."""

    orgs: Path | None
    settings: tuple[str, ...]
    targets: tuple[str, ...]

    def load(self, path: Path) -> Plan:
        """The plan of a file. Raises InvalidInput with every problem, Usage for a malformed flag."""
        from migrate.plan.load import load

        overrides = {}
        for text in self.settings:
            name, mark, value = text.partition("=")
            if not mark:
                raise Usage(f"--set {text} is no KEY=VALUE.", next_action="write --set policy.existing=skip")
            overrides[name] = value
        only = self.targets[0] if len(self.targets) == 1 else None
        return load(path, orgs=self.orgs, overrides=overrides, target=only)


def plan_options(command: F) -> F:
    """Adds what a CSV plan cannot say itself, and settings that go over the file's; gives a ``PlanChoice``."""

    @click.option("--orgs", type=FILE, default=None, help="A YAML file with the orgs: block, for a CSV plan.")
    @click.option("--set", "settings_", multiple=True, metavar="KEY=VALUE", help="Such as policy.existing=skip.")
    @click.option("--target", "targets", multiple=True, help="Only this target; can be repeated.")
    @wraps(command)
    def taking(
        *args: Any, orgs: Path | None, settings_: tuple[str, ...], targets: tuple[str, ...], **options: Any
    ) -> Any:
        choice = PlanChoice(orgs=orgs, settings=settings_, targets=targets)
        return command(*args, choice=choice, **options)

    return taking  # type: ignore[return-value]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sigma-migrate")
@global_options
def cli(_settings: Settings) -> None:
    """Copies workbooks and data models between Sigma organizations, and proves that the copy is right."""


def give(settings: Settings, text: str, tree: Callable[[], Any]) -> None:
    """Writes data to standard output: the text, or the tree as JSON."""
    if settings.output == "json":
        import orjson

        sys.stdout.write(orjson.dumps(tree(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        sys.stdout.write(f"{text}\n")


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with a code of contract section 5."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """The exit code of a command line; the one place where errors become codes."""
    from migrate import commands

    commands.register(cli)
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
    except BrokenPipeError:
        return 0
    except MigrateError as error:
        return _failed(error, settings)
    except Exception as error:  # noqa: BLE001 - whatever nobody foresaw is a bug, and exit code 70 says so
        return _bug(error, settings)
    return code if isinstance(code, int) else 0


def _failed(error: MigrateError, settings: Settings) -> int:
    from migrate import show

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
