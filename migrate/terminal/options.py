"""The options that commands share, and how a command gives its data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from migrate.errors import FileError, Usage, file_error
from migrate.text import in_lines

if TYPE_CHECKING:
    from migrate.change.model import ChangeSet
    from migrate.events import Event
    from migrate.plan.model import Plan
    from migrate.terminal.watch import Log

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)
ONLY = click.option(
    "--only", default="", help="An id, a name glob, or failed, blocked or a reason code of the last run."
)
REPORTS = click.option(
    "--dir", "folder", type=FILE, default=Path("reports"), show_default=True, help="Where the runs are."
)
LOG = "Append events to this file, as JSON lines; with --verbose every request too."
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class _Duration(click.ParamType[float]):
    """A time span such as ``90s``, ``10m`` or ``1h``, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds of a text; a usage error where it is no span."""
        number, unit = str(value)[:-1], str(value)[-1:]
        if unit not in _SECONDS or not number.isascii() or not number.isdigit():
            self.fail(f"{value!r} is no time span; write 90s, 10m or 1h", param, ctx)
        return int(number) * _SECONDS[unit]


DURATION = _Duration()


@dataclass(slots=True)
class Settings:
    """The global options, given before or after the command; and what was in the way of giving its data."""

    output: str = "text"
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    log: Path | None = None
    allow_python: tuple[str, ...] = ()
    undelivered: FileError | None = None
    _log: Log | None = None

    def begin(self, command: str) -> None:
        """Opens the log where one is asked for, whatever the command does. Raises FileError."""
        if self.log is not None:
            from migrate.events import Began
            from migrate.terminal.watch import Log
            from migrate.version import __version__

            self._log = Log(self.log, debug=self.verbose)
            self.tell(Began(command=command, version=__version__))

    def tell(self, event: Event) -> None:
        """Writes an event to the log, if there is one."""
        if self._log is not None:
            self._log(event)

    def end(self, code: int) -> None:
        """Ends the log with the exit code."""
        if self._log is not None:
            from migrate.events import Ended

            self._log(Ended(exit_code=code))
            self._log.close()


def global_options_giving(*outputs: str) -> Callable[[F], F]:
    """Adds the options of contract section 4 that every command takes, with what standard output may hold."""
    return partial(_global_options, outputs)


def global_options(command: F) -> F:
    """Adds the options of contract section 4 that every command takes."""
    return _global_options(("text", "json"), command)


def _global_options(outputs: Sequence[str], command: F) -> F:
    """The command with these options; the later word wins."""

    @click.option("--output", type=click.Choice(outputs), default=None, help="What standard output holds.")
    @click.option("--quiet", is_flag=True, help="No progress, no prompts' explanations.")
    @click.option("--verbose", is_flag=True, help="Also list what does not change.")
    @click.option("--no-color", is_flag=True, help="No colours in the progress bars.")
    @click.option(
        "--log",
        type=FILE,
        default=None,
        help="Append events to this file, as JSON lines; with --verbose every request too.",
    )
    @click.pass_context
    @wraps(command)
    def taking(context: click.Context, /, *args: Any, **options: Any) -> Any:
        settings = context.ensure_object(Settings)
        settings.output = options.pop("output") or settings.output
        for flag in ("quiet", "verbose", "no_color"):
            setattr(settings, flag, options.pop(flag) or getattr(settings, flag))
        settings.log = options.pop("log") or settings.log
        if not isinstance(context.command, click.Group):
            settings.begin(context.command.name or "")
        return command(settings, *args, **options)

    return taking  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChoice:
    """The plan a command works on: its file, and what the flags lay over it."""

    orgs: Path | None
    settings: tuple[str, ...]
    targets: tuple[str, ...]

    def of(self, saved: ChangeSet) -> PlanChoice:
        """The same with what lay over the plan when a change set was saved."""
        settings = tuple(f"{name}={value}" for name, value in saved.settings.items())
        orgs = self.orgs or (Path(saved.orgs_file) if saved.orgs_file else None)
        alone = [target.target for target in saved.targets] if len(saved.targets) == 1 else []
        return PlanChoice(orgs=orgs, settings=settings, targets=tuple(alone))

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


ALLOW_PYTHON = click.option(
    "--allow-python", multiple=True, metavar="PACKAGE", help="Let functions of this package run, where they are named."
)
"""What nothing of another package runs without."""


def plan_options(command: F) -> F:
    """Adds what a CSV plan cannot say itself, and settings that go over the file's; gives a ``PlanChoice``."""

    @click.option("--orgs", type=FILE, default=None, help="A YAML file with the orgs: block, for a CSV plan.")
    @click.option("--set", "settings_", multiple=True, metavar="KEY=VALUE", help="Such as policy.existing=skip.")
    @click.option("--target", "targets", multiple=True, help="Only this target; can be repeated.")
    @ALLOW_PYTHON
    @wraps(command)
    def taking(
        *args: Any,
        orgs: Path | None,
        settings_: tuple[str, ...],
        targets: tuple[str, ...],
        allow_python: tuple[str, ...],
        **options: Any,
    ) -> Any:
        click.get_current_context().ensure_object(Settings).allow_python = allow_python
        choice = PlanChoice(orgs=orgs, settings=settings_, targets=targets)
        return command(*args, choice=choice, **options)

    return taking  # type: ignore[return-value]


def give(settings: Settings, text: str, tree: Callable[[], Any]) -> None:
    """Writes data to standard output: the text, or the tree as JSON; ``settings`` remember what was in the way.

    Whatever a text is made of, the paths that a person gave included, nothing in it moves a cursor.
    """
    from migrate.terminal.streams import deliver, json_text

    error = deliver(json_text(tree(), sys.stdout) if settings.output == "json" else f"{in_lines(text)}\n")
    if error is not None:
        settings.undelivered = file_error(error, "standard output")
