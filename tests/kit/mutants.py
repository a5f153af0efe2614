"""Mutation runs: small wrong changes to the code that decides, and whether a test of its room fails for each.

``python tests/kit/mutants.py [MOST [FILE ...]]`` makes at most MOST mutants a file, the same ones every time, runs each
in a copy of the checkout, and prints those that no test noticed; 0 makes all of them. Some survivors change nothing
that could be seen (a longer list of hints, a quicker way to the same answer): a person reads them.
"""

from __future__ import annotations

import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

ROOT = Path(__file__).parents[2]
CATALOGUE = tuple(f"tests/rewrite/{name}" for name in ("catalogue", "test_draft.py", "test_fixups.py", "test_audit.py"))
ROOMS: dict[str, tuple[str, ...]] = {
    "migrate/change/settle.py": ("tests/change/test_settle.py", "tests/change/test_lost_answers.py"),
    "migrate/sigma/paging.py": ("tests/sigma/test_paging.py",),
    "migrate/run/narrow.py": ("tests/run/test_narrow.py",),
    "migrate/change/decide.py": ("tests/change/decide",),
    "migrate/change/waves.py": ("tests/change/decide",),
    **{
        f"migrate/rewrite/catalogue/{path.name}": CATALOGUE
        for path in sorted(ROOT.glob("migrate/rewrite/catalogue/*.py"))
    },
}
"""Each file that is mutated, with the tests that have to notice."""

SLOWER = 4
"""After so many times the seconds that the tests take without a mutant, one counts as noticed: it goes on for ever."""

_PAIRS = (
    (ast.Eq, ast.NotEq),
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.In, ast.NotIn),
    (ast.Is, ast.IsNot),
    (ast.And, ast.Or),
    (ast.Add, ast.Sub),
)
OTHER = {**dict(_PAIRS), **{other: one for one, other in _PAIRS}}
"""Each operator with the one that is put in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One changed file: where and how, and its text."""

    path: str
    line: int
    what: str
    text: str


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    """(in words, what stands there instead) for each way to spoil this node; None where a statement is left out."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in OTHER:
            yield "another comparison", replaced(node, ops=[OTHER[type(operator)]()])
        case ast.BoolOp():
            yield "and for or", replaced(node, op=OTHER[type(node.op)]())
            yield from (("a condition less", value) for value in node.values)
        case ast.BinOp() if type(node.op) in OTHER and not isinstance(node.left, ast.Constant):
            yield "another operator", replaced(node, op=OTHER[type(node.op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield "not is gone", node.operand
        case ast.Constant(value=bool()):
            yield "the other truth", ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield "one more", ast.Constant(node.value + 1)
        case ast.If() | ast.IfExp() | ast.While():
            yield "the other way", replaced(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.comprehension(ifs=[condition, *_]):
            yield "nothing is left out", replaced(node, ifs=node.ifs[1:])
            yield "the others", replaced(node, ifs=[ast.UnaryOp(ast.Not(), condition), *node.ifs[1:]])
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Break() | ast.Continue() | ast.Raise():
            yield "left out", None
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "nothing is returned", ast.Return(ast.Constant(None))


def replaced(node: ast.AST, **fields: object) -> ast.AST:
    """The node with other fields."""
    return type(node)(**{**vars(node), **fields})


class _Put(ast.NodeTransformer):
    """Puts another node in the place of one."""

    def __init__(self, old: ast.AST, new: ast.AST | None) -> None:
        self.old = old
        self.new = new

    def visit(self, node: ast.AST) -> ast.AST:
        return (self.new or ast.Pass()) if node is self.old else self.generic_visit(node)


def mutants(path: str) -> list[Mutant]:
    """Every mutant of a file, in the order of its lines."""
    text = (ROOT / path).read_text("utf-8")
    count = sum(1 for _ in ast.walk(ast.parse(text)))
    made = []
    for position in range(count):
        ways = len(list(changes(_at(ast.parse(text), position))))
        for way in range(ways):
            tree = ast.parse(text)
            node = _at(tree, position)
            what, new = list(changes(node))[way]
            line = getattr(node, "lineno", 0) or getattr(getattr(node, "target", None), "lineno", 0)
            spoiled = ast.unparse(ast.fix_missing_locations(_Put(node, new).visit(tree)))
            made.append(Mutant(path=path, line=line, what=what, text=spoiled))
    return sorted(made, key=lambda one: one.line)


def _at(tree: ast.AST, position: int) -> ast.AST:
    return next(node for number, node in enumerate(ast.walk(tree)) if number == position)


def noticed(mutant: Mutant, copies: SimpleQueue[Path], longest: float) -> bool:
    """Whether a test of the room fails for a mutant, or does not end within so many seconds."""
    folder = copies.get()
    try:
        (folder / mutant.path).write_text(mutant.text, "utf-8")
        return not passes(folder, ROOMS[mutant.path], longest)
    finally:
        shutil.copy(ROOT / mutant.path, folder / mutant.path)
        copies.put(folder)


def passes(folder: Path, tests: tuple[str, ...], longest: float | None = None) -> bool:
    """Whether these tests pass in a copy of the checkout, within so many seconds."""
    options = ["-q", "-x", "-p", "no:benchmark", "-p", "no:xdist", "-m"]
    command = [sys.executable, "-B", "-m", "pytest", *options, "not bench", *tests]
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    try:
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, timeout=longest, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def copied(folder: Path) -> Path:
    """A copy of what the tests need, where a mutant can stand."""
    folder.mkdir()
    for name in ("migrate", "tests", "plans", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def chosen(path: str, most: int) -> list[Mutant]:
    """At most so many mutants of a file, the same ones every time; 0 for all."""
    everything = mutants(path)
    if not most or len(everything) <= most:
        return everything
    return sorted(random.Random(path).sample(everything, most), key=lambda one: one.line)


def main(most: int, paths: list[str]) -> int:
    """Runs the mutants of these files and prints the survivors; 1 where the tests fail without one."""
    wide = min(4, os.cpu_count() or 1)
    with tempfile.TemporaryDirectory() as there, ThreadPoolExecutor(wide) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(wide):
            copies.put(copied(Path(there) / str(number)))
        seconds: dict[tuple[str, ...], float] = {}
        tried = survived = 0
        for path in paths:
            tests = ROOMS[path]
            if tests not in seconds:
                began = monotonic()
                if not passes(Path(there) / "0", tests):
                    print(f"{' '.join(tests)}: fails without a mutant")
                    return 1
                seconds[tests] = monotonic() - began
            some = chosen(path, most)
            killed = list(pool.map(lambda one, limit=SLOWER * seconds[tests]: noticed(one, copies, limit), some))
            alive = [one for one, dead in zip(some, killed, strict=True) if not dead]
            tried, survived = tried + len(some), survived + len(alive)
            print(f"{path}: {len(some)} mutants, {len(alive)} survived", flush=True)
            for one in alive:
                print(f"  {one.path}:{one.line} {one.what}", flush=True)
    print(f"{tried} mutants, {tried - survived} noticed, {survived} survived")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 12, sys.argv[2:] or list(ROOMS)))
