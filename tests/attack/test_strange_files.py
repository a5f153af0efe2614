"""Files that a run wrote and somebody changed: runs, saved change sets and bundles of any shape are a sentence."""

from __future__ import annotations

import copy
import random
from dataclasses import replace

import anyio
import orjson
import pytest
from staging import FAST

from kit.attacks import Ending, copying, judged, places, run, share, tell
from migrate.change import seal
from migrate.cli import run as command_line
from migrate.errors import MigrateError
from migrate.plan.model import Plan

pytestmark = [pytest.mark.attack, pytest.mark.timeout(3600)]

GONE = object()
VALUES = (
    GONE,
    None,
    "",
    "..",
    "a\n\x1b[2J\u202e",
    -1,
    2**63,
    1.5e308,
    True,
    [],
    {},
    ["x"],
    [None],
    [[]],
    {"": {}},
    [{}],
)
WHOLE = (
    b"",
    b"\x00",
    b"[" * 3000,
    b'{"schema":',
    b"\xff\xfe{}",
    b"null",
    b"[]",
    b"7",
    b'{"schema": []}',
    b'{"a":' * 3000,
    b"1e999",
    b"-" * 70_000,
)


def changed(tree, place, value):
    """A copy of a tree with something else at a place, or nothing."""
    if not place:
        return None if value is GONE else value
    tree = copy.deepcopy(tree)
    *way, last = [int(part) if part.lstrip("-").isdigit() else part for part in place.split("/")]
    inner = tree
    for part in way:
        inner = inner[part]
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    return tree


def shapes(content, size, depth=5):
    """(what was done, the bytes) of a file changed at each of its places, and of files that are none."""
    tree = orjson.loads(content)
    cases = [(place, value) for place in dict.fromkeys(places(tree, depth)) for value in VALUES]
    for place, value in share(cases, size):
        yield f"{place!r} is {'gone' if value is GONE else repr(value)}", orjson.dumps(changed(tree, place, value))
    yield from ((f"the whole is {whole[:20]!r}", whole) for whole in WHOLE)
    cuts = [random.Random(3).randrange(len(content)) for _ in range(8)]
    yield from ((f"cut at {cut}", content[:cut]) for cut in cuts)


def ended(capsys, *arguments):
    """The exit code of a command in this process, and what it told."""
    code = command_line([*map(str, arguments)])
    return code, capsys.readouterr().err[-300:]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A stage on which a run ended well."""
    stage = copying(tmp_path_factory.mktemp("strange") / "run")
    assert run(stage).code == 0
    return stage


@pytest.mark.parametrize("command", ["report", "status"])
def test_no_shape_of_a_run_ends_a_command_as_a_bug(ran, capsys, record_property, command):
    (path,) = ran.folder.glob("reports/*/run.json")
    content, through, tried = path.read_bytes(), [], 0
    arguments = {"report": ["report", path.parent], "status": ["status", "--dir", path.parents[1]]}[command]
    try:
        for what, given in shapes(content, 40):
            path.write_bytes(given)
            code, told = ended(capsys, *arguments)
            tried += 1
            if code == 70 or list(ran.folder.rglob("*.part")):
                through.append(f"{what}: {code} {told}")
    finally:
        path.write_bytes(content)
    tell(record_property, f"shapes of run.json ({command})", tried, through)


def applied(stage, path):
    """How a saved change set ends that is taken as it stands in a file."""

    async def go():
        async with stage.migration(stage.small_plan()) as migration:
            return (await migration.apply(seal.read(path))).exit_code

    try:
        return Ending(anyio.run(go))
    except MigrateError as error:
        return Ending(error.exit_code, str(error) if error.exit_code == 70 else "")
    except Exception as error:  # noqa: BLE001 - what nobody foresaw is what is looked for here
        return Ending(70, f"{type(error).__name__}: {str(error)[:200]}")


def sealed_again(content):
    """A change set whose seal fits what somebody made of it: the seal is no secret."""
    try:
        tree = orjson.loads(content)
        inner = {name: value for name, value in tree.items() if name != "schema"}
        return orjson.dumps({**tree, "seal": seal._seal_of_tree(inner)})
    except (ValueError, AttributeError, TypeError):
        return content


def test_no_shape_of_a_saved_change_set_writes_what_was_not_planned(tmp_path, record_property):
    stage = copying(tmp_path / "saved")

    async def planned():
        async with stage.migration(stage.small_plan()) as migration:
            return (await migration.plan()).changes

    path, through, tried = tmp_path / "saved.json", [], 0
    for what, given in shapes(seal.dump(anyio.run(planned)), 60, depth=6):
        path.write_bytes(sealed_again(given))
        before = len(stage.sandbox.evidence.writes("group"))
        ending = applied(stage, path)
        tried += 1
        if ending.bug or judged(stage, ending):
            through.append(f"{what}: {ending.code} {ending.bug}")
        elif ending.code and len(stage.sandbox.evidence.writes("group")) > before:
            through.append(f"{what}: {ending.code} after writes")
        if len(stage.sandbox.evidence.writes("group")) > before:
            stage = copying(tmp_path / f"saved-{tried}")
    tell(record_property, "shapes of a saved change set", tried, through)


def from_bundle(stage, folder):
    """How an apply from a bundle ends."""
    path = stage.small_plan().origin
    path.write_text(path.read_text("utf-8").replace("source: north", f"source: {{bundle: {folder}}}"), encoding="utf-8")
    plan = replace(Plan.load(path, environ=stage.environ), run=FAST)

    async def go():
        return (await stage.run(plan)).exit_code

    try:
        return Ending(anyio.run(go))
    except MigrateError as error:
        return Ending(error.exit_code, str(error) if error.exit_code == 70 else "")
    except Exception as error:  # noqa: BLE001 - as above
        return Ending(70, f"{type(error).__name__}: {str(error)[:200]}")


def test_no_shape_of_a_bundle_ends_a_run_as_a_bug(tmp_path, record_property):
    stage = copying(tmp_path / "bundle")
    folder = tmp_path / "exported"

    async def export():
        async with stage.migration(stage.small_plan()) as migration:
            await migration.export(folder)

    anyio.run(export)
    through, tried = [], 0
    for path in sorted(folder.rglob("*.json")):
        content = path.read_bytes()
        for what, given in share([*shapes(content, 40)], 2):
            path.write_bytes(given)
            stage = copying(tmp_path / f"b{tried}")
            ending = from_bundle(stage, folder)
            tried += 1
            if ending.bug:
                through.append(f"{path.name}: {what}: {ending.code} {ending.bug}")
        path.write_bytes(content)
    tell(record_property, "shapes of a bundle", tried, through)
