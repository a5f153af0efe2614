"""``manual``: the page that ``man`` shows, made from the commands."""

from __future__ import annotations

import re
import sys

import click

from migrate.terminal.options import Settings, global_options

_PARAGRAPH = ".PP\n"


@click.command()
@global_options
def manual(_settings: Settings) -> None:
    """Print the manual page, made from the commands.

    sigma-migrate manual > sigma-migrate.1, then man ./sigma-migrate.1
    """
    program = click.get_current_context().find_root().command
    if isinstance(program, click.Group):
        sys.stdout.write(_page(program))


def _page(program: click.Group) -> str:
    """The page in the language of ``man``, without a date, so that it changes only when a command does."""
    from migrate.version import __version__

    parts = [
        f'.TH SIGMA-MIGRATE 1 "" "sigma-migrate {__version__}"\n',
        f".SH NAME\nsigma-migrate \\- {_plain(program.help or '')}\n",
        ".SH SYNOPSIS\n.B sigma-migrate\n.I command\n[options]\n",
        ".SH COMMANDS\n",
    ]
    shared = {option.name for option in program.params}
    for name, command in sorted(program.commands.items()):
        parts += [_command(name, command, shared)]
    parts += [".SH OPTIONS OF EVERY COMMAND\n", *_options(list(program.params))]
    return "".join(parts)


def _command(name: str, command: click.Command, shared: set[str]) -> str:
    context = click.Context(command)
    words = [each.make_metavar(context) for each in command.params if isinstance(each, click.Argument)]
    own = [each for each in command.params if each.name not in shared]
    head = f".SS {_plain(' '.join([name, *words]))}\n"
    told = _PARAGRAPH.join(f"{_plain(part)}\n" for part in (command.help or "").split("\n\n"))
    return "".join([head, told, *_options(own)])


def _options(options: list[click.Parameter]) -> list[str]:
    context = click.Context(click.Command("sigma-migrate"))
    records = [option.get_help_record(context) for option in options if isinstance(option, click.Option)]
    return [f".TP\n.B {_plain(record[0])}\n{_plain(record[1])}\n" for record in records if record]


def _plain(text: str) -> str:
    """A text on one line, in which nothing is a command of the page's language."""
    line = " ".join(text.replace("\b", "").split()).replace("\\", "\\e").replace("-", "\\-")
    line = re.sub(r"(?<=\w)\|(?=\w)", r"|\\:", line)  # where a long choice may be broken
    return f"\\&{line}" if line.startswith((".", "'")) else line
