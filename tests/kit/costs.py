"""What the program costs, as ratios: the table that ``make bench`` prints.

The organizations are served by this process, each command runs in one of its own, whose CPU and memory the system
accounts for. Of two sizes the difference counts, so that starting and the lists of an organization do not.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from typing import Literal

import httpx
import yaml

from kit.places import CORPUS, REPOSITORY

WIDTH = 8
"""Requests at once."""

ROUNDS = 4
"""How often the bare client does the same reads, so that they outweigh how long it takes to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a command took: seconds of CPU and of the clock, bytes of memory at most; and its exit code."""

    cpu: float
    wall: float
    memory: int
    code: int


def spent(*command: str, environ: dict[str, str] | None = None, folder: Path | None = None, told: bytes = b"") -> Spent:
    """Runs a command of this interpreter to its end; what it prints goes to a file beside."""
    folder = (folder or Path.cwd()).resolve()
    given, printed = folder / "given", folder / "printed.txt"
    given.write_bytes(told)
    # What is installed has its bytecode beside it, whatever this machine says of what is being worked on.
    known = {name: value for name, value in (environ or os.environ).items() if name != "PYTHONDONTWRITEBYTECODE"}
    measuring = [sys.executable, "-S", str(Path(__file__).with_name("measured.py")), str(given), str(printed)]
    told_of = subprocess.run(
        [*measuring, sys.executable, *command], env=known, cwd=folder, check=True, stdout=subprocess.PIPE
    )
    return Spent(**json.loads(told_of.stdout))


@dataclass(slots=True, kw_only=True)
class Copied:
    """A first copy and the night after it: their requests as (org, method, path), and what the copy took.

    ``run`` is the folder of the copy's reports, ``said`` what it printed; ``bare`` what bare clients took, by name, for
    the ``replayed`` reads, which are those among its requests.
    """

    documents: int
    first: list[tuple[str, str, str]]
    quiet: list[tuple[str, str, str]]
    took: Spent
    run: Path
    said: str
    bare: dict[str, Spent] = field(default_factory=dict)
    replayed: int = 0


def corpus() -> list[tuple[str, object, str]]:
    """The documents of the tests' corpus that can travel, as (kind, body, label): models first, workbooks read them."""
    from migrate.sandbox.yamltext import read_yaml

    folders = ("data-models", "workbooks")
    files = [(name.removesuffix("s"), path) for name in folders for path in sorted((CORPUS / name).glob("*.yaml"))]
    travel = ((kind, path) for kind, path in files if not path.name.startswith("stays-home"))
    return [(kind, read_yaml(path.read_bytes()), path.name) for kind, path in travel]


def copied(
    documents: int, folder: Path, *, night: bool = True, rounds: int = 0, delay: float = 0.0, width: int = WIDTH
) -> Copied:
    """Copies so many documents by the command line, then, for the ``night``, runs the same command again.

    Bare clients do as many reads as the copy sent requests, in so many ``rounds``. Every answer takes ``delay``
    seconds more, and so many requests are under way at once.
    """
    from migrate.sandbox.faults import Fault
    from migrate.sandbox.generate import generate
    from migrate.sandbox.server import environment, serve

    made = generate(corpus(), size=documents)
    folder.mkdir(parents=True)
    with serve(made.world) as running:
        if delay:
            running.sandbox.faults.add(Fault(action="delay", seconds=delay, count=0))
        environ = {**os.environ, **environment(running)}
        plan = folder / "plan.yaml"
        plan.write_text(yaml.safe_dump(plan_of(made, width), allow_unicode=True))
        evidence = running.sandbox.evidence
        apply = ("-m", "migrate", "apply", str(plan), "--yes", "--quiet")

        def requests() -> list[tuple[str, str, str]]:
            found = [(one.org, one.method, f"{one.path}?{one.query}") for one in evidence.entries]
            evidence.clear()
            return found

        took = spent(*apply, environ=environ, folder=folder)
        said, first = (folder / "printed.txt").read_text(), requests()
        (run,) = (path.parent for path in folder.glob("reports/*/run.json"))
        if night:
            spent(*apply, environ=environ, folder=folder)
        quiet = requests()
        asked = reads_among(first, running.base_urls) * rounds
        bare = replay_of(asked, running.base_urls, environ, folder, width) if asked else {}
    return Copied(
        documents=documents,
        first=first,
        quiet=quiet,
        took=took,
        run=run,
        said=said,
        bare=bare,
        replayed=len(asked),
    )


def plan_of(made, width: int = WIDTH) -> dict[str, object]:
    """A plan that copies all of a generated source into its target, as fast as the sandbox answers."""
    orgs = {
        alias: {"base_url": f"${{env.SIGMA_{alias.upper()}_BASE_URL}}", "credentials": f"env:SIGMA_{alias.upper()}"}
        for alias in ("source", "target")
    }
    orgs["target"] |= {"access": "write", "expect": {"organization_id": made.world.orgs["target"].id}}
    return {
        "version": 1,
        "orgs": orgs,
        "source": "source",
        "targets": ["target"],
        "select": {"include": [{}]},
        "map": made.mappings["target"],
        "policy": {"unsupported": "report"},
        "run": {"requests_per_second": 1000, "concurrency": width, "write_concurrency": width // 2},
        "report": {"formats": ["json", "csv"]},
    }


def is_list(path: str) -> bool:
    """Whether a path is a page of a list, a look at who answers, or a token; not of one document."""
    return re.search(r"/[0-9a-f]{8}-[0-9a-f]{4}-|/[A-Za-z0-9_-]{20,}", path.partition("?")[0]) is None


def spec_reads(requests: list[tuple[str, str, str]]) -> int:
    """How many specs were read: ``…/spec`` of a document, or a document's own address."""
    one = re.compile(r"/v2/(workbooks|dataModels|reports)/[^/?]+(/spec)?\?")
    return sum(method == "GET" and one.match(path) is not None for _, method, path in requests)


def writes(requests: list[tuple[str, str, str]]) -> int:
    """How many requests might have changed something: all but reads, tokens and look-ups."""
    return sum(method != "GET" and "/auth/token" not in path and "/lookup" not in path for _, method, path in requests)


# Bare clients: the same reads, each answer parsed, and nothing else.

Client = Literal["httpx", "aiohttp"]
CLIENTS: tuple[Client, ...] = ("httpx", "aiohttp")


def reads_among(requests: list[tuple[str, str, str]], urls: dict[str, str]) -> list[list[str]]:
    """As many reads as there are requests, as [address of the org, path]: those among them, over and over."""
    found = [[urls[org], path] for org, method, path in requests if method == "GET"]
    return list(islice(cycle(found), len(requests)))


def replay_of(
    asked: list[list[str]], urls: dict[str, str], environ: dict[str, str], folder: Path, width: int
) -> dict[str, Spent]:
    """What bare clients took to ask for the same, so many at once, without what it takes them to start."""
    tokens = {url: token(url, org, environ) for org, url in urls.items() if url in {one[0] for one in asked}}
    paths = os.pathsep.join([str(REPOSITORY / "tests"), environ.get("PYTHONPATH", "")])
    known = environ | {"PYTHONPATH": paths}
    found = {}
    for client in CLIENTS:
        told = [json.dumps([client, tokens, part, width]).encode() for part in (asked, [])]
        whole, start = (spent(__file__, environ=known, folder=folder, told=each) for each in told)
        if whole.code or start.code:
            raise RuntimeError((folder / "printed.txt").read_text())
        found[client] = replace(whole, cpu=whole.cpu - start.cpu, wall=whole.wall - start.wall)
    return found


def token(url: str, org: str, environ: dict[str, str]) -> str:
    """A token of the sandbox."""
    name = f"SIGMA_{org.upper()}"
    secret = {"client_id": environ[f"{name}_CLIENT_ID"], "client_secret": environ[f"{name}_CLIENT_SECRET"]}
    form = {"grant_type": "client_credentials", **secret}
    return httpx.post(f"{url}/v2/auth/token", data=form, trust_env=False).json()["access_token"]


async def ask_all(client: Client, tokens: dict[str, str], asked: list[list[str]], width: int) -> None:
    """Asks for all of it, so many at once; each answer is parsed."""
    import orjson

    todo = iter(asked)
    kept = {url: {"Authorization": f"Bearer {known}"} for url, known in tokens.items()}

    async def by_httpx() -> None:
        for url, path in todo:
            answer = await bare.get(url + path.rstrip("?"), headers=kept[url])
            if answer.raise_for_status().headers["content-type"].startswith("application/json"):
                orjson.loads(answer.content)

    async def by_aiohttp() -> None:
        for url, path in todo:
            async with bare.get(url + path.rstrip("?"), headers=kept[url], raise_for_status=True) as answer:
                content = await answer.read()
                if answer.content_type.startswith("application/json"):
                    orjson.loads(content)

    if client == "httpx":
        async with httpx.AsyncClient(trust_env=False, timeout=60) as bare:
            await asyncio.gather(*(by_httpx() for _ in range(width)))
    else:
        import aiohttp

        async with aiohttp.ClientSession() as bare:
            await asyncio.gather(*(by_aiohttp() for _ in range(width)))


# The table.


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table: what was measured, the bound, and what was seen; ``within`` None where no bound is held."""

    what: str
    bound: str
    seen: str
    within: bool | None = None


def counts(small: Copied, large: Copied) -> list[Row]:
    """What no other load of the machine changes: requests, reads, bytes."""
    more = large.documents - small.documents
    each = (len(large.first) - len(small.first)) / more
    of_source = sum(org == "source" for org, _, _ in large.first) - sum(org == "source" for org, _, _ in small.first)
    source = of_source / more
    changes = sum(sign * (one.run / "changes.json").stat().st_size for sign, one in ((1, large), (-1, small))) / more
    quiet = len(large.quiet) / sum(is_list(path) for _, _, path in large.quiet)
    reads, wrote = spec_reads(large.quiet), writes(large.quiet)
    return [
        Row(what="requests a document, first copy", bound="5.5", seen=f"{each:.2f}", within=each <= 5.5),
        Row(what="of these to the source", bound="1.3", seen=f"{source:.2f}", within=source <= 1.3),
        Row(what="quiet night: requests by pages of lists", bound="1.1", seen=f"{quiet:.2f}", within=quiet <= 1.1),
        Row(what="quiet night: specs read, writes", bound="0, 0", seen=f"{reads}, {wrote}", within=not reads + wrote),
        Row(what="changes.json, KB a document", bound="2", seen=f"{changes / 1e3:.2f}", within=changes <= 2_000),
    ]


def costs(small: Copied, large: Copied) -> list[Row]:
    """CPU and memory of a copy; CPU by what bare clients take for the same reads."""
    more = len(large.first) - len(small.first)
    request = (large.took.cpu - small.took.cpu) / more
    alone = {name: took.cpu / large.replayed for name, took in large.bare.items()}
    memory = (large.took.memory - small.took.memory) / (large.documents - small.documents)
    by_aiohttp = request / alone["aiohttp"]
    return [
        Row(what="CPU a request, ms", bound="", seen=f"{1e3 * request:.2f}"),
        *(Row(what=f"the same by {name} alone, ms", bound="", seen=f"{1e3 * cpu:.2f}") for name, cpu in alone.items()),
        Row(what="CPU a request by that of httpx alone", bound="", seen=f"{request / alone['httpx']:.1f}"),
        Row(what="CPU a request by that of aiohttp alone", bound="4", seen=f"{by_aiohttp:.1f}", within=by_aiohttp <= 4),
        Row(
            what="memory, MB in all", bound="300", seen=f"{large.took.memory / 1e6:.0f}", within=large.took.memory < 3e8
        ),
        Row(what="memory, KB for each further document", bound="", seen=f"{memory / 1e3:.0f}"),
    ]


def waiting(found: Copied) -> list[Row]:
    """How long a copy takes where each answer lets itself be waited for, by what a bare client waits for as many."""
    alone = found.bare["aiohttp"].wall
    ratio = found.took.wall / alone
    return [
        Row(what=f"{found.documents} documents at 50 ms, 16 at once, s", bound="", seen=f"{found.took.wall:.1f}"),
        Row(what="of these, CPU of the client, s", bound="", seen=f"{found.took.cpu:.1f}"),
        Row(what="as many reads by aiohttp alone, s", bound="", seen=f"{alone:.1f}"),
        Row(what="the one by the other", bound="1.15", seen=f"{ratio:.2f}", within=ratio <= 1.15),
    ]


def starting(folder: Path, rounds: int) -> list[Row]:
    """CPU of the commands that ask nobody, over that of a bare interpreter: the least of some rounds."""
    good = REPOSITORY / "tests" / "plan" / "cases" / "good" / "words.yaml"
    environ = {**os.environ, "A_CLIENT_ID": "a", "A_CLIENT_SECRET": "a", "B_CLIENT_ID": "b", "B_CLIENT_SECRET": "b"}
    commands = {
        "bare": ("-c", "pass"),
        "click alone": ("-c", "import click"),
        "--help": ("-m", "migrate", "--help"),
        "validate": ("-m", "migrate", "validate", str(good)),
        "status": ("-m", "migrate", "status", str(good)),
    }
    least = dict.fromkeys(commands, float("inf"))
    for _ in range(rounds):
        for name, command in commands.items():
            least[name] = min(least[name], spent(*command, environ=environ, folder=folder).cpu)
    bounds = {"click alone": 0, "--help": 85, "validate": 200, "status": 250}
    found = {name: 1e3 * (least[name] - least["bare"]) for name in bounds}
    return [
        Row(
            what=f"{name}, ms of CPU over a bare python",
            bound=str(bound or ""),
            seen=f"{found[name]:.0f}",
            within=found[name] <= bound if bound else None,
        )
        for name, bound in bounds.items()
    ]


def reports(run: Path, rows: int) -> list[Row]:
    """The spreadsheet by what pandas and xlsxwriter alone take for the same cells, and the size of the page.

    The rows are those of a run, repeated until there are enough.
    """
    import pandas as pd

    from migrate.report.page import to_html
    from migrate.report.sheet import to_xlsx
    from migrate.report.sheets import sheets
    from migrate.run.folder import read_run

    _, told = read_run(run)
    if told is None:
        raise RuntimeError("the run told nothing")
    found = replace(told, rows=tuple(islice(cycle(told.rows), rows)))

    def alone() -> None:
        with pd.ExcelWriter(BytesIO(), engine="xlsxwriter", engine_kwargs={"options": {"in_memory": True}}) as book:
            for sheet in sheets(found):
                sheet.table.to_excel(book, sheet_name=sheet.name, index=False)

    took = []
    for work in (alone, lambda: to_xlsx(found)):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    ratio, page = took[1] / took[0], len(to_html(found))
    return [
        Row(what=f"XLSX of {rows:,} rows by pandas alone", bound="1.5", seen=f"{ratio:.2f}", within=ratio <= 1.5),
        Row(what=f"HTML of {rows:,} rows, MB", bound="15", seen=f"{page / 1e6:.1f}", within=page < 15e6),
    ]


def table(rows: list[Row]) -> str:
    """The rows as lines: what, bound, seen, and a mark where it is above the bound."""
    lines = [f"{'what':<46} {'bound':>8} {'seen':>8}"]
    lines += [f"{row.what:<46} {row.bound:>8} {row.seen:>8}{'  above' if row.within is False else ''}" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    asyncio.run(ask_all(*json.load(sys.stdin)))  # a bare client, in a process of its own
