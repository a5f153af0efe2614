"""Files that are none, or not what they should be, wherever a command takes one: a sentence that names it."""

from __future__ import annotations

import json
import os
import shutil
import socket

import click
import pytest
import yaml

from kit.attacks import plan_tree, share, small_world, tell
from kit.confined import Confined
from migrate.cli import cli
from migrate.sandbox.server import environment, serve
from migrate.text import one_line

pytestmark = [pytest.mark.attack, pytest.mark.timeout(3600)]

HUGE = 1 << 36


def _pipe(path):
    os.mkfifo(path)


def _listening(path):
    with socket.socket(socket.AF_UNIX) as one:
        here = os.open(path.parent, os.O_RDONLY)
        one.bind(f"/proc/self/fd/{here}/{path.name}")
        os.close(here)


def _closed(path):
    path.write_text("version: 1\n", encoding="utf-8")
    path.chmod(0)


def _closed_folder(path):
    path.mkdir()
    path.chmod(0)


def _sparse(path):
    with path.open("wb") as stream:
        stream.truncate(HUGE)


def _itself(path):
    path.symlink_to(path.name)


def _nowhere(path):
    path.symlink_to("gone/away")


def _to_pipe(path):
    _pipe(path.with_name("pipe"))
    path.symlink_to("pipe")


def _device(name):
    return lambda path: path.symlink_to(name)


def _holds(content):
    return lambda path: path.write_bytes(content)


KINDS = {
    "nothing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "a folder with things": lambda path: (path / "a" / "b").mkdir(parents=True),
    "a closed folder": _closed_folder,
    "a pipe": _pipe,
    "a link to a pipe": _to_pipe,
    "a socket": _listening,
    "no rights": _closed,
    "empty": _holds(b""),
    "binary": _holds(bytes(range(256)) * 40),
    "not UTF-8": _holds("version: 1\nname: Größe\n".encode("latin-1")),
    "UTF-16": _holds("version: 1\n".encode("utf-16")),
    "another kind of YAML": _holds(b"- 1\n- {a: [b]}\n"),
    "another kind of JSON": _holds(b'{"schema": "sigma-migrate.change-set/99"}'),
    "huge": _sparse,
    "a link to itself": _itself,
    "a link to nothing": _nowhere,
    "zeros without end": _device("/dev/zero"),
    "a full device": _device("/dev/full"),
}
"""What stands at a path, by what makes it."""

NAMES = {
    "plain": "odd{}",
    "a file below a file": "plan.yaml/odd{}",
    "a long name": "o" * 300 + "{}",
    "a long path": "o/" * 3000 + "{}",
    "a name that moves the cursor": "odd\x1b[2J\r\u202e{}",
    "a name of two lines": "odd\nfile{}",
    "a name that is no text": "odd\udcff\udc80{}",
    "a name like an option": "./-o{}",
}
"""How the path is written; all but the first are of nothing that is there."""

BEFORE = {
    "adopt": ("plan.yaml",),
    "apply": ("plan.yaml", "--yes"),
    "assess": ("plan.yaml",),
    "audit": ("plan.yaml",),
    "completion": ("bash",),
    "diff": ("plan.yaml", "*"),
    "doctor": ("plan.yaml",),
    "drift": ("plan.yaml",),
    "explain": ("drifted",),
    "export": ("plan.yaml", "-o", "bundle"),
    "freeze": ("plan.yaml",),
    "init": ("new.yaml", "--source", "north"),
    "inventory": ("plan.yaml", "-o", "seen"),
    "manual": (),
    "plan": ("plan.yaml",),
    "prune": ("plan.yaml",),
    "rehearse": ("plan.yaml",),
    "report": ("last",),
    "resolve": ("plan.yaml",),
    "sandbox": ("--", "true"),
    "schema": ("plan",),
    "status": ("plan.yaml",),
    "support": ("plan.yaml",),
    "undo": ("last", "--dry-run"),
    "unlock": ("group", "--plan", "plan.yaml", "--yes"),
    "validate": ("plan.yaml",),
    "verify": ("plan.yaml",),
}
"""A command line of each command that ends well."""


def stations():
    """(what it is, the command line with ODD for the file) of every place where a command takes a file."""
    for command, words in BEFORE.items():
        for parameter in cli.commands[command].params:
            if isinstance(parameter, click.Argument) and parameter.name in ("plan_file", "plan_or_bundle", "run_name"):
                yield f"{command} {parameter.name}", (command, "ODD", *words[1:])
            elif isinstance(parameter.type, click.Path):
                option = parameter.opts[-1]
                instead = "--source" if option == "--bundle" else option
                rest = words[: words.index(instead)] + words[words.index(instead) + 2 :] if instead in words else words
                yield f"{command} {option}", (command, option, "ODD", *rest)
    for command in ("apply", "drift", "status", "validate"):
        for number, name in enumerate(INSIDE):
            yield f"{command}, {name} of its plan", (command, f"inside-{number}.yaml", *BEFORE[command][1:])
    for command in ("report", "status", "undo", "verify"):
        run = {"report": ("RUN",), "undo": ("RUN", "--dry-run"), "verify": ("RUN",)}.get(command, ())
        yield f"{command}, run.json of a run", (command, *run, "--dir", "runs")


class Quoted(str):
    """A text that YAML writes in double quotes."""

    __slots__ = ()


class Quoting(yaml.SafeDumper):
    """Writes ``Quoted`` texts so."""


Quoting.add_representer(Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))

INSIDE = {
    "ledger": {"state": Quoted("sqlite:///ODD")},
    "report folder": {"report": {"dir": Quoted("ODD")}},
    "tenants": {"targets": {"csv": Quoted("ODD")}},
    "worksheets": {"map": {"worksheets": Quoted("ODD")}},
    "bundle": {"source": {"bundle": Quoted("ODD")}},
    "credentials": {"orgs": {"north": {"credentials": Quoted("file:ODD")}}},
}
"""Files that a plan names, as what is laid over the plan."""


def laid_over(tree, more):
    """A tree with another one laid over it."""
    if not (isinstance(tree, dict) and isinstance(more, dict)):
        return more
    return {**tree, **{name: laid_over(tree.get(name), value) for name, value in more.items()}}


def test_every_command_is_tried():
    assert {*BEFORE, "mcp"} == cli.commands.keys(), "mcp takes no file but a log, and serves until it is ended"
    tried = dict(stations())
    assert len(tried) > 60
    assert all(f"{command} --log" in tried for command in BEFORE)


CASES = [
    (station, line, name, kind)
    for station, line in stations()
    for name in NAMES
    for kind in KINDS
    if (name == "plain" or kind == "nothing") and not (name == "a name that is no text" and "inside-" in line[1])
]
"""YAML cannot say a name that is no text."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder in which a run ended well, and what runs commands there."""
    folder = tmp_path_factory.mktemp("odd") / "template"
    folder.mkdir()
    world = small_world()
    with serve(world) as running:
        tree = plan_tree(running, report={"formats": ["json", "md"]})
        (folder / "plan.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
        confined = Confined(environment(running))
        for command in (("apply", "plan.yaml", "--yes"), ("status", "plan.yaml")):
            done = confined.run(folder, *command)
            assert done.code == 0, done
        yield folder, tree, confined
        confined.close()


def prepared(place, folder, line, name, kind):
    """A case: a copy of the folder with the odd file in it; the path as it is given, and the command line."""
    template, tree, _ = place
    shutil.copytree(template, folder)
    given = NAMES[name].format(".yaml" if "plan_file" not in line else "")
    if "runs" in line:
        (run,) = (folder / "reports").iterdir()
        (folder / "runs").mkdir()
        run.rename(folder / "runs" / run.name)
        given = f"runs/{run.name}/run.json"
        (folder / given).unlink()
        line = tuple(run.name if word == "RUN" else word for word in line)
    if kind != "nothing":
        KINDS[kind](folder / given)
    for number, more in enumerate(INSIDE.values()):
        text = yaml.dump(laid_over(tree, more), Dumper=Quoting).replace("ODD", json.dumps(given)[1:-1])
        (folder / f"inside-{number}.yaml").write_text(text, encoding="ascii")
    return given, tuple(given if word == "ODD" else word for word in line)


def found_wrong(done, given, line):
    """What got through, or nothing."""
    told = done.out + done.err
    if done.code in (70, 71) or done.code < 0 or "Traceback" in told:
        return f"exit {done.code}: {done.err[-400:]}"
    if any(ord(char) < 32 and char not in "\n\t" for char in told) or "\u202e" in told:
        return f"moves the cursor: {told[-300:]!r}"
    if done.code == 0 or "(name_taken)" in done.err:  # an empty ledger is one: what it does not know was not made by it
        return ""
    shown = one_line(given, 10**6)
    names = {given, shown, shown.replace("\\", "\\\\"), given[:100], shown[:60], given.removeprefix("./")}
    names |= {given.split("/")[1]} if "runs" in line else set()
    names |= {"orgs.north.credentials", " state: "}  # what stands there may be a secret, and is never told
    names |= {"plan.yaml cannot be"} if given.startswith("plan.yaml/") else set()  # what is in the way of the other
    if not any(name in done.err.replace("\n  ", " ") for name in names):
        return f"exit {done.code} without naming it: {done.err[-400:]}"
    if "Next: " not in done.err and "(" not in done.err and "Usage:" not in done.err:
        return f"exit {done.code} and nothing to do: {done.err[-400:]}"
    return ""


@pytest.mark.parametrize("part", range(4))
def test_no_odd_file_ends_a_command_as_a_bug(place, tmp_path, record_property, part):
    tried, through = share(CASES, 80)[part::4], []
    for number, (station, line, name, kind) in enumerate(tried):
        folder = tmp_path / str(number)
        given, line = prepared(place, folder, line, name, kind)
        done = place[2].run(folder, *line)
        why = found_wrong(done, given, line)
        litter = list(folder.rglob("*.part"))
        if why or litter:
            through.append(f"{station} | {name} | {kind}: {why} {litter or ''}")
        for path in folder.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o700)
        shutil.rmtree(folder)
    tell(record_property, "odd files", len(tried), through)
