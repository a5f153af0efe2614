"""The commands: the line each has in ``--help``, and each from its file once it is asked for.

A command's file brings what it works with; to import them all takes longer than ``--help`` takes to be printed.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import click

LINES = {
    "adopt": "Rebuild a lost ledger from the targets, by name, folder and content.",
    "apply": "Copy: execute, verify, report.",
    "assess": "How ready a plan's selection, or a bundle, is to travel; a --target only feeds the worksheets.",
    "audit": "Print every write that left, a JSON line each: who, what, when, digests before and after.",
    "completion": "Print what makes a shell complete commands and options.",
    "diff": "What differs in DOCUMENT (an id or a name glob): last applied, source now, target now.",
    "doctor": "Check hosts, credentials, identity, permissions and connections of every org.",
    "drift": "Compare every copy three ways: last applied, source now, target now.",
    "explain": "Print the cause, an example and the fix of a reason code.",
    "export": "Write the documents in scope as a bundle: files to review, keep in git, and deploy.",
    "freeze": "Write the list of documents that the rules of a plan take today, for `list:` of a rule.",
    "init": "Write a plan file from a look at an organization or a bundle.",
    "inventory": "Write down what the organizations of a plan show, to rehearse it offline.",
    "manual": "Print the manual page, made from the commands.",
    "mcp": "Serve plans of this folder to an agent over the Model Context Protocol (standard streams, or --http).",
    "plan": "Read both sides and print what apply would do.",
    "prune": "Remove the reports of old runs, and what the ledger keeps for nobody.",
    "rehearse": "Carry a plan out on local copies of its organizations, and report.",
    "report": "Build the reports of a run again (RUN: its id, its folder, or last).",
    "resolve": "Ask every open decision and write the answers into PLAN_FILE, comments kept.",
    "sandbox": "Serve local Sigma organizations to try everything against.",
    "schema": (
        "Print the JSON Schema of a file (plan, change-set, report, assessment) or of what a command prints as JSON."
    ),
    "status": "Show the runs, and with a plan how each target stands.",
    "support": "Write a bundle for whoever helps: versions, and plan, report and log with every name as a digest.",
    "undo": "Take back exactly what a run did, unless it has been edited since.",
    "unlock": "Break the lock on a target, by your word that its holder has ended.",
    "validate": "Check a plan file, offline; every problem at once.",
    "verify": "Check every copy again, against what the plan (or that of a run) says now.",
}
"""Name of a command, which is also that of its file -> the first sentence of its help."""


class _OnDemand(MutableMapping[str, click.Command]):
    """The commands by name; one is imported when it is looked up."""

    def __init__(self) -> None:
        self._all: dict[str, click.Command | None] = dict.fromkeys(LINES)

    def __getitem__(self, name: str) -> click.Command:
        found = self._all[name]
        if found is None:
            found = self._all[name] = getattr(import_module(f"migrate.terminal.{name}"), name)
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._all[name] = command

    def __delitem__(self, name: str) -> None:
        del self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


class Commands(click.Group):
    """A group of the commands that tells what they are for without importing them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(commands=_OnDemand(), **options)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Writes a line for each command, as click writes those of commands that are there."""
        limit = formatter.width - 6 - max(map(len, LINES))
        rows = [(name, click.Command(name, help=line).get_short_help_str(limit)) for name, line in LINES.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
