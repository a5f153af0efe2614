"""What the code knows, the documentation tells, and the other way round.

``docs/reasons.md``, ``docs/plan.md`` and the end of ``docs/commands.md`` are written from the code, with
``DOCS=write pytest tests/house/test_docs.py``.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import click
import pytest

from migrate import __version__
from migrate.cli import cli
from migrate.errors import PRECEDENCE
from migrate.plan.schema import plan_schema
from migrate.reasons import REASONS

ROOT = Path(__file__).parents[2]
STATIONS = {
    "plan": "Plan files, tables, credentials",
    "wire": "Answers of Sigma, hosts, identity, the network",
    "rewrite": "References, rules, and what a document may lose",
    "change": "Deciding, writing, undoing, the ledger",
    "check": "Reading, checking, files, the command line",
}


def text_of(name):
    return (ROOT / name).read_text("utf-8")


def cell(text):
    return str(text).replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def reasons_page():
    lines = [
        "# Reason codes",
        "",
        "Every row of a report that is not good has one of these; `sigma-migrate explain CODE` prints it.",
        "",
    ]
    for station, title in STATIONS.items():
        lines += [f"## {title}", "", "| code | what happened | why | what to do |", "|---|---|---|---|"]
        table = [reason for reason in REASONS.values() if reason.station == station]
        for reason in sorted(table, key=lambda one: one.code):
            example = f" Example: `{cell(reason.example)}`" if reason.example else ""
            lines.append(
                f"| `{reason.code}` | {cell(reason.sentence)} | {cell(reason.cause)}{example} | {cell(reason.fix)} |"
            )
        lines.append("")
    return "\n".join(lines)


def plan_page():
    lines = [
        "# Every key of a plan file",
        "",
        "`sigma-migrate schema plan` prints the JSON Schema behind this table. A `*` stands for a name of your own,",
        "`[]` for each entry of a list. Examples that run are in [plans/](../plans/README.md).",
        "",
        "| key | what it says | values | default |",
        "|---|---|---|---|",
    ]
    told = {}
    for path, schema in keys(plan_schema()):
        told.setdefault(path, schema)  # the options of a union share some keys
    for path, schema in told.items():
        default = f"`{cell(written(schema['default']))}`" if "default" in schema else ""
        lines.append(f"| `{path}` | {cell(schema.get('description', ''))} | {cell(values(schema))} | {default} |")
    return "\n".join(lines) + "\n"


WRITTEN = "<!-- What follows is written by DOCS=write pytest tests/house/test_docs.py -->\n"


def commands_page():
    """The page as it is up to its mark, then every command with its options."""
    lines = [text_of("docs/commands.md").partition(WRITTEN)[0] + WRITTEN]
    shared = {option.name for option in cli.params}
    for name, command in sorted(cli.commands.items()):
        arguments = [one for one in command.params if isinstance(one, click.Argument)]
        options = [one for one in command.params if isinstance(one, click.Option) and one.name not in shared]
        words = [argument.make_metavar(click.Context(command)) for argument in arguments]
        help_text = re.sub(r"\n(?!\n)", " ", cell_free(command.help)).replace("\n ", "\n\n")
        lines += [f"## {name}", "", f"`sigma-migrate {' '.join([name, *words])}`", "", help_text, ""]
        if options:
            lines += ["| option | what it says | default |", "|---|---|---|", *map(option_row, options), ""]
    return "\n".join(lines)


def cell_free(text):
    return text.replace("\b\n", "").replace("<", "&lt;")


def option_row(option):
    """``| --name KIND | its help | its default |``."""
    kind = "" if option.is_flag or option.count else f" {option.make_metavar(click.Context(cli))}"
    default = f"`{option.default}`" if option.show_default and not option.is_flag else ""
    return f"| `{cell('`, `'.join(option.opts) + kind)}` | {cell(option.help or '')} | {default} |".replace("&lt;", "<")


def written(value):
    return str(value).lower() if isinstance(value, bool) else "[]" if value == [] else "{}" if value == {} else value


def keys(schema, path=""):
    """(dotted path, schema) of every key, parents first."""
    for name, inner in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here, inner
        yield from keys(inner, here)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from keys(schema["additionalProperties"], f"{path}.*")
    if "items" in schema:
        yield from keys(schema["items"], f"{path}[]")
    for option in schema.get("anyOf", ()):
        yield from keys(option, path)


def values(schema):
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(values(option) for option in schema["anyOf"]))
    kind = schema.get("type", "")
    if kind == "array":
        return f"list of {values(schema['items'])}"
    return {"object": "block", "integer": "whole number"}.get(kind, kind) if isinstance(kind, str) else "text"


PAGES = {"docs/reasons.md": reasons_page, "docs/plan.md": plan_page, "docs/commands.md": commands_page}


@pytest.mark.parametrize(("name", "page"), PAGES.items())
def test_generated_pages_are_what_the_code_says(name, page):
    wanted = page()
    if os.environ.get("DOCS") == "write":
        (ROOT / name).write_text(wanted, encoding="utf-8")
    assert text_of(name) == wanted, f"DOCS=write pytest tests/house/test_docs.py writes {name} anew"


def test_every_reason_code_has_a_row():
    assert set(re.findall(r"^\| `([a-z_]+)`", text_of("docs/reasons.md"), re.MULTILINE)) == set(REASONS)


def table(title, name="docs/commands.md"):
    """The first column of the table under a heading."""
    section = re.split(rf"^##+ {title}\n", text_of(name), flags=re.MULTILINE)[1]
    section = re.split(r"^##", section, flags=re.MULTILINE)[0]
    return re.findall(r"^\| *`?([^|`]+?)`? *\|", section, re.MULTILINE)[1:]


def test_every_command_is_in_the_table_and_no_other():
    told = {row.split()[0] for row in table("Commands") if not set(row) <= set("-")}
    assert told == set(cli.commands)


def test_every_option_of_every_command_is_explained():
    for name, command in cli.commands.items():
        assert command.help, name
        for option in command.params:
            if isinstance(option, click.Option) and option.name != "help":
                assert option.help or option.name == "form", f"{name} {option.opts}"


def test_every_exit_code_is_in_the_table_and_no_other():
    told = {int(row) for row in table("Exit codes") if row.isdigit()}
    assert told == set(PRECEDENCE)


def test_the_changelog_has_this_version():
    assert re.search(rf"^## \[?{re.escape(__version__)}\b", text_of("CHANGELOG.md"), re.MULTILINE)


def test_there_is_one_version():
    assert tomllib.loads(text_of("pyproject.toml"))["project"]["version"] == __version__


def test_every_link_inside_the_documentation_leads_somewhere():
    pages = [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "SECURITY.md",
        *(ROOT / "docs").glob("*.md"),
        ROOT / "plans" / "README.md",
    ]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_promise_of_security_names_tests_that_are_there():
    promises = re.findall(r"^\| ([^|]+) \| (`tests/[^|]+) \|$", text_of("SECURITY.md"), re.MULTILINE)
    assert len(promises) > 9
    for promise, tests in promises:
        for name in re.findall(r"`([^`]+)`", tests):
            path, _, test = name.partition("::")
            assert re.search(rf"^(async )?def {test}\(", text_of(path), re.MULTILINE), f"{promise}: {name}"


def test_every_class_of_attacks_stands_in_security():
    told = set(table("What was tried", "SECURITY.md")) - {"---"}
    source = "".join(path.read_text("utf-8") for path in sorted((ROOT / "tests" / "attack").glob("test_*.py")))
    tried = set(re.findall(r"tell\(record_property, f?\"([^\"(]+?)(?: \(\{command\}\))?\"", source))
    assert {row.partition(" (")[0] for row in told} == tried
