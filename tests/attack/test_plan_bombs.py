"""Plans made to take all the time or memory there is: told, or taken, within the limits of an ordinary command."""

from __future__ import annotations

import json
import textwrap

import pytest

from kit.attacks import share, tell
from kit.confined import Confined
from migrate.yaml.places import MAX_TEXT

pytestmark = [pytest.mark.attack, pytest.mark.timeout(3600)]

HEAD = textwrap.dedent(
    """\
    version: 1
    name: bomb
    orgs:
      a: {base_url: "http://127.0.0.1:1", credentials: "env:SIGMA_A"}
      b: {base_url: "http://127.0.0.1:2", credentials: "env:SIGMA_B", access: write, expect: {slug: b}}
    source: a
    targets: [b]
    """
)
SELECT = "select: {include: [{}]}\n"
MANY, DEEP, LONG = 100_000, 20_000, 8 << 20
TOLD = 400_000
"""Characters that are told of a plan: 500 problems, and not a line of each longer than 600."""
MOST = MAX_TEXT - 100
"""Nearly as long as a text of a plan may be."""


def laughs(kind):
    """Anchors that each hold the one before ten times."""
    opened, closed = {"list": "[]", "mapping": "{}"}[kind]
    lines = [f"a0: &a0 {opened}x{': 1' if kind == 'mapping' else ''}{closed}"]
    for number in range(1, 12):
        inner = [f"{f'k{at}: ' if kind == 'mapping' else ''}*a{number - 1}" for at in range(10)]
        lines.append(f"a{number}: &a{number} {opened}{', '.join(inner)}{closed}")
    return "\n".join(lines)


def rules(pattern, count=1):
    """A plan whose selection names this pattern."""
    return HEAD + "select: {include: [" + ", ".join([f"{{name: {json.dumps(pattern)}}}"] * count) + "]}\n"


def mapped(start, to):
    """A plan with a mapping of folders."""
    return HEAD + SELECT + f"map: {{folders: [{{from: {json.dumps(start)}, to: {json.dumps(to)}}}]}}\n"


BOMBS = {
    "aliases of lists": lambda: HEAD + laughs("list") + "\nselect: *a11\n",
    "aliases of mappings": lambda: HEAD + laughs("mapping") + "\nselect: *a11\n",
    "aliases in the selection": lambda: HEAD + laughs("list").replace("a0:", "x0:") + "\nselect: {include: *a11}\n",
    "merged mappings": lambda: HEAD + laughs("mapping").replace(": *", ": {<<: *").replace(",", "},") + "\n",
    "an anchor in itself": lambda: HEAD + "select: &a {include: *a}\n",
    "a list in itself": lambda: HEAD + "select: &a [*a]\n",
    "many anchors": lambda: HEAD + "".join(f"k{n}: &n{n} x\n" for n in range(MANY)),
    "many aliases of one": lambda: HEAD + "k: &k x\nselect: {include: [" + "*k," * MANY + "]}\n",
    "deep lists": lambda: HEAD + "select: " + "[" * DEEP + "]" * DEEP,
    "deep mappings": lambda: HEAD + "select: " + "{a: " * DEEP + "}" * DEEP,
    "deep by indentation": lambda: HEAD + "select:\n" + "".join(" " * n + "- a:\n" for n in range(1, 3000, 2)),
    "deep without an end": lambda: HEAD + "select: " + "[{" * DEEP,
    "dashes": lambda: "- " * MANY,
    "questions": lambda: "? " * MANY,
    "an enormous key": lambda: "k" * LONG + ": 1\n" + HEAD,
    "an enormous key of a rule": lambda: HEAD + "select: {include: [{" + "k" * LONG + ": x}]}\n",
    "an enormous value": lambda: HEAD.replace("name: bomb", "name: " + "n" * LONG) + SELECT,
    "an enormous number": lambda: HEAD.replace("version: 1", "version: " + "9" * LONG) + SELECT,
    "an enormous number of requests": lambda: HEAD + SELECT + "run: {concurrency: " + "9" * 5000 + "}\n",
    "an exponent": lambda: HEAD + SELECT + "run: {requests_per_second: 1e999999999}\n",
    "many unknown keys": lambda: HEAD + SELECT + "".join(f"k{n}: 1\n" for n in range(MANY)),
    "a key by the hundred thousand": lambda: HEAD + SELECT + "name: x\n" * MANY,
    "many rules": lambda: HEAD + "select: {include: [" + "{name: x}," * MANY + "]}\n",
    "many wrong rules": lambda: HEAD + "select: {include: [" + "{nmae: x}," * MANY + "]}\n",
    "many targets": lambda: HEAD.replace("targets: [b]", "targets: [" + "b," * MANY + "]") + SELECT,
    "many unknown targets": lambda: HEAD.replace("[b]", "[" + ",".join(f"t{n}" for n in range(MANY)) + "]") + SELECT,
    "many orgs": lambda: (
        HEAD.replace("source:", "".join(f"  o{n}: {{}}\n" for n in range(30_000)) + "source:") + SELECT
    ),
    "many documents": lambda: HEAD + SELECT + "---\n" * MANY,
    "many tags": lambda: HEAD + "select: " + "!!seq [" * DEEP,
    "tags of objects": lambda: HEAD + "select: !!python/object/apply:os.system [exit 7]\n",
    "a binary": lambda: HEAD + "select: !!binary " + "QUJD" * MANY + "\n",
    "tabs": lambda: "\t" * LONG,
    "comments": lambda: "#" * LONG + "\n" + HEAD + SELECT,
    "one line": lambda: " " * LONG + "x",
    "quotes": lambda: '"' + "\\x41" * (LONG // 4) + '"',
    "a folded text": lambda: HEAD + "name: >\n" + "  x\n" * MANY + SELECT,
    "zero bytes": lambda: "\0" * LONG,
    "marks of order": lambda: "\ufeff" * MANY + HEAD + SELECT,
    "variables of themselves": lambda: mapped("${target.x}", "${target.${target.${target.x}}}"),
    "many variables": lambda: mapped("F", "${target.tenant}" * (MOST // 16)),
    "variables that are not closed": lambda: mapped("F", "${target." * (MOST // 9)),
    "variables of the environment": lambda: HEAD.replace("http://127.0.0.1:1", "${env.HOME}" * (MOST // 11)) + SELECT,
    "a pattern that goes back": lambda: rules("re:(a+)+$"),
    "a pattern that multiplies": lambda: rules("re:" + "(" * 10 + "a{1000}" + "){1000}" * 10),
    "a pattern of a thousand": lambda: rules("re:(x{1000}){1000}"),
    "an enormous pattern": lambda: rules("re:" + "a|" * (MOST // 2)),
    "many open braces": lambda: mapped("${" * (MOST // 2), "x"),
    "many long texts": lambda: (
        HEAD + SELECT + "map: {folders: [" + f"{{from: {'${target.' * 5000}, to: x}}," * 150 + "]}\n"
    ),
    "aliases of a long text": lambda: HEAD + f"name: &n {'n' * MOST}\nselect: {{include: [" + "*n," * MANY + "]}\n",
    "a key of a rule that is told": lambda: HEAD + "select: {include: [{? " + "k" * MOST + " : x}]}\n",
    "deep pattern": lambda: rules("re:" + "(" * DEEP + ")" * DEEP),
    "many patterns": lambda: rules("re:^(x|y)+[a-z]{0,99}$", 20_000),
    "stars": lambda: rules("*" * MOST),
    "stars between letters": lambda: rules("*a" * (MOST // 2) + "b"),
    "classes": lambda: rules("[" * MOST),
    "a path of slashes": lambda: mapped("/" * MOST, "x"),
    "a path of backslashes": lambda: mapped("\\" * MOST, "\\" * MOST),
    "a path of stars": lambda: (
        HEAD
        + SELECT
        + "map: {connections: [{from: a, to: b, paths: [{from: "
        + json.dumps(".".join("*" * 10_000))
        + ", to: x}]}]}\n"
    ),
}
ROW = "source_org,target_org,kind,source,target\n"
TABLES = {
    "a million columns": lambda: ",".join(f"c{n}" for n in range(1_000_000)) + "\n" + "," * 1_000_000,
    "a million equal columns": lambda: ",".join(["source"] * 1_000_000) + "\n",
    "a million cells in a row": lambda: ROW + "a,b,folder,x,y" + "," * 1_000_000 + "\n",
    "a million rows": lambda: ROW + "a,b,folder,x,y\n" * 1_000_000,
    "many wrong rows": lambda: ROW + "a,b,floder,x,y\n" * MANY,
    "many orgs": lambda: ROW + "".join(f"a{n},b{n},folder,x,y\n" for n in range(MANY)),
    "an enormous cell": lambda: ROW + "a,b,folder," + "x" * LONG + ",y\n",
    "a quote without an end": lambda: ROW + 'a,b,folder,"' + "x\n" * (LONG // 2),
    "quotes": lambda: ROW + "a,b,folder," + '"' * LONG,
    "blank lines": lambda: "\n" * LONG,
    "separators": lambda: ";" * LONG,
    "comments": lambda: "#\n" * (LONG // 2) + ROW,
    "zero bytes": lambda: ROW + "\0" * LONG,
}


def bombs():
    """(what it is, name of the file, what makes its text)."""
    yield from ((name, "plan.yaml", made) for name, made in BOMBS.items())
    yield from ((f"table: {name}", "plan.csv", made) for name, made in TABLES.items())
    yield from ((f"tenants: {name}", "tenants.csv", made) for name, made in TABLES.items())
    yield from ((f"orgs: {name}", "orgs.yaml", made) for name, made in BOMBS.items())


def lit(confined, folder, file, text):
    """What a command does with a folder in which one file is a bomb, where it does more than it may; or nothing."""
    (folder / "plan.yaml").write_text(HEAD.replace("[b]", "{csv: tenants.csv}") + SELECT, encoding="utf-8")
    (folder / "plan.csv").write_text(ROW + "a,b,folder,x,y\n", encoding="utf-8")
    (folder / file).write_text(text, encoding="utf-8")
    given = ("plan.csv" if file in ("plan.csv", "orgs.yaml") else "plan.yaml",)
    done = confined.run(folder, "validate", *given, *(("--orgs", file) if file == "orgs.yaml" else ()))
    if done.code not in (0, 3):
        return f"exit {done.code}: {done.err[:300]}"
    if done.code and not done.err.strip():
        return "nothing is told"
    return f"{len(done.err)} characters are told: {done.err[:300]}" if len(done.err) > TOLD else ""


@pytest.mark.parametrize("part", range(2))
def test_no_plan_takes_all_there_is(tmp_path, record_property, part):
    cases = share(list(bombs()), 20)[part::2]
    environ = {f"SIGMA_{org}_{name}": "x" for org in "AB" for name in ("CLIENT_ID", "CLIENT_SECRET")}
    confined, through = Confined({**environ, "SIGMA_A_BASE_URL": "http://127.0.0.1:1"}, seconds=20), []
    for name, file, made in cases:
        text = made().replace("source_org", "tenant") if file == "tenants.csv" else made()
        if why := lit(confined, tmp_path, file, text):
            through.append(f"{name}: {why}")
    confined.close()
    tell(record_property, "plan bombs", len(cases), through)
