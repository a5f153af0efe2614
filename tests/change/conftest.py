"""A small target organization in process, a clock that nobody waits for, and drafts to send there."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

import anyio
import anyio.lowlevel
import httpx
import pytest

from migrate.bundle.spool import Spool
from migrate.change.actions import Create, CreateFolder, Keep, Move, Patch, Repoint, Update
from migrate.change.apply import apply
from migrate.change.execution import execution
from migrate.change.model import TargetChanges
from migrate.change.run_context import Patience, RunContext
from migrate.events import Answered, Recorded, Sending
from migrate.inventory.model import Key
from migrate.ledger.book import open_book
from migrate.ledger.model import Home
from migrate.plan.model import Plan
from migrate.plan.orgs import Expect, FromEnvironment, Org, Source
from migrate.plan.policies import Policy
from migrate.plan.running import Limits
from migrate.rewrite.model import DocumentId, Draft, ElementId, Hole
from migrate.rewrite.stowed import drafted, stowed
from migrate.sandbox import org as box
from migrate.sandbox.app import OrgApp
from migrate.sandbox.faults import Fault
from migrate.sandbox.service import Sandbox
from migrate.sigma.client import connect
from migrate.sigma.identity import prove_identity
from migrate.sigma.model import Clock

ORG = "0e8e46c4-6b0c-4d0e-8a5f-3a0a3a5d9b01"
WORKSPACE = "7b0c2f6e-58a1-4c0e-9d55-0a4f1f6f2a10"
CONNECTION = "c3c1f1de-1f0e-4f57-9d1b-8f3c25b1c0aa"
MEMBER = "Kq3vT9xWb2LrYp7dHs5nZc8mJf4g"
SOMEBODY = "Zq3vT9xWb2LrYp7dHs5nZc8mJf4g"
HOME = Home(plan="acme", source_org="north-id", target_org=ORG)
STAMP = "2026-09-01T08:00:00.000Z"


@pytest.fixture
def anyio_backend():
    return "asyncio"


@dataclass
class Time:
    """Seconds that pass only where somebody sleeps."""

    seconds: float = 1_790_000_000.0
    slept: float = 0.0

    async def sleep(self, seconds):
        self.seconds += seconds
        self.slept += seconds
        await anyio.lowlevel.checkpoint()

    def __call__(self):
        return self.seconds

    def iso(self, skew=0.0):
        self.seconds += 0.001
        return (
            datetime.fromtimestamp(self.seconds + skew, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        )


@dataclass(frozen=True)
class Secret:
    client_id: str = "client-one"
    client_secret: str = field(default="s3cr3t-of-client-one", repr=False)


def world(**switches):
    org = box.Org(alias="group", id=ORG, slug="group", name="Group", switches=box.Switches(**switches))
    for member in (MEMBER, SOMEBODY):
        org.members[member] = box.Member(id=member, email=f"{member[:2].lower()}@group.example")
    org.clients = [box.Client(client_id="client-one", client_secret="s3cr3t-of-client-one", member_id=MEMBER)]
    org.connections[CONNECTION] = box.Connection(id=CONNECTION, name="Warehouse")
    org.inodes[WORKSPACE] = box.Inode(
        id=WORKSPACE,
        type="workspace",
        name="Shared",
        parent_id=None,
        owner_id=SOMEBODY,
        created_by=SOMEBODY,
        updated_by=SOMEBODY,
        created_at=STAMP,
        updated_at=STAMP,
    )
    return box.World(orgs={"group": org})


class Killed(BaseException):
    """The process ends here."""


class Target:
    """The organization that is written to, and everything needed to write to it, over several processes."""

    def __init__(self, url, **switches):
        self.time = Time()
        self.sandbox = Sandbox(world(**switches), clock=self.time, seed=7)
        self.org = self.sandbox.world.orgs["group"]
        self.url = url
        self.runs = 0
        self.policy = Policy(existing="fail")
        self.limits = Limits(concurrency=4, requests_per_second=10_000.0, write_concurrency=1)
        self.told = []
        self.die_at = 0
        self.skew = 0.0
        self.covered = lambda: True
        self.app = OrgApp

    @property
    def plan(self):
        org = Org(alias="group", base_url="http://127.0.0.1:9", credentials=FromEnvironment(prefix="X"))
        return Plan(
            name="acme",
            orgs={"group": org},
            source=Source(org="north"),
            targets=("group",),
            policy=self.policy,
            run=self.limits,
        )

    def fault(self, action, **more):
        self.sandbox.faults.add(Fault(action=action, **more))

    @property
    def struck(self):
        """How many calls each armed fault struck."""
        return [fault["struck"] for fault in self.sandbox.faults.dump()]

    def our_clock(self):
        """The time as our machine has it, ``skew`` seconds ahead of the organization's."""
        return self.time.iso(self.skew)

    def hear(self, event):
        self.told.append(event)
        if self.die_at and isinstance(event, Recorded | Sending | Answered):
            self.die_at -= 1
            if not self.die_at:
                raise Killed

    @asynccontextmanager
    async def process(self):
        """A process with its client and ledger."""
        async with AsyncExitStack() as stack:
            clock = Clock(
                now=self.time,
                wall=lambda: self.time.seconds + self.skew,
                sleep=self.time.sleep,
                luck=random.Random(3).random,
            )
            client = await stack.enter_async_context(
                connect(
                    org="group",
                    base_url="http://127.0.0.1:9",
                    secret=Secret(),
                    writable=True,
                    limits=self.limits,
                    transport=httpx.ASGITransport(self.app(self.sandbox, "group")),
                    clock=clock,
                    listener=self.hear,
                )
            )
            await prove_identity(client, Expect(organization_id=ORG))
            with open_book(self.url, listener=self.hear) as book, client.covered_by(self.covered):
                yield client, book

    async def run(self, changes, *, stop=lambda: False, grace=5.0, folders=None, run=None, mapped=None):
        """The outcomes of one process that applies a change set."""
        self.runs += 1
        async with self.process() as (client, book):
            return await apply(
                changes,
                run=RunContext(
                    id=run or f"run-{self.runs}",
                    now=self.our_clock,
                    listener=self.hear,
                    stop=stop,
                    sleep=self.time.sleep,
                    patience=Patience(grace=grace),
                ),
                client=client,
                book=book,
                home=HOME,
                plan=self.plan,
                folders=folders or {("Shared",): WORKSPACE},
                mapped=mapped,
                spool=SPOOL,
            )

    async def die_once(self, changes, at):
        """Applies and dies at the n-th request, answer or commit of the ledger; whether it got that far."""
        self.die_at = at
        try:
            await self.run(changes)
        except BaseException as error:
            if not killed(error):
                raise
            return True
        finally:
            self.die_at = 0
        return False

    async def die_when(self, changes, method, path, **more):
        """Applies and dies when the answer to such a request is in, before it is on record."""

        def hear(event):
            self.told.append(event)
            if isinstance(event, Answered) and (event.method, event.path) == (method, path):
                raise Killed

        self.hear = hear
        try:
            await self.run(changes, **more)
        except BaseException as error:
            if not killed(error):
                raise
            return True
        finally:
            del self.hear
        return False

    def work(self, client, book, run="undo-1"):
        context = RunContext(id=run, now=self.our_clock, sleep=self.time.sleep, listener=self.hear)
        return execution(client, book, HOME, context, self.policy, SPOOL)

    def living(self, kind=None):
        return [i for i in self.org.inodes.values() if not i.archived and i.type in ((kind,) if kind else KINDS)]

    def named(self, name, kind=None):
        found = [inode for inode in self.living(kind) if inode.name == name]
        assert len(found) == 1, f"{len(found)} of {name!r}: {[i.id for i in found]}"
        return found[0]

    def writes(self):
        return [entry for entry in self.sandbox.evidence.entries if entry.wrote and entry.path != "/v2/auth/token"]

    def picture(self):
        """What stands in the target, by path and content, with names in place of the ids given by the server."""
        names = {inode.id: inode.name for inode in self.living()}
        for model in self.living("data-model"):
            for page in model.versions[-1].body["pages"]:
                names[page["id"]] = f"{model.name}/{page['name']}"
                for element in page["elements"]:
                    names[element["id"]] = f"{model.name}/{element.get('name', element['kind'])}"
                    for column in element["columns"]:
                        names[column["id"]] = f"{model.name}/{element['name']}/{column['name']}"

        def told(value):
            if isinstance(value, dict):
                return {key: told(item) for key, item in value.items()}
            if isinstance(value, list):
                return [told(item) for item in value]
            return names.get(value, value) if isinstance(value, str) else value

        return sorted(
            (i.type, names.get(i.parent_id, ""), i.name, repr(told(i.versions[-1].body)) if i.versions else "")
            for i in self.living()
        )


KINDS = ("workspace", "folder", "workbook", "data-model")


def killed(error):
    if isinstance(error, BaseExceptionGroup):
        return any(killed(inner) for inner in error.exceptions)
    return isinstance(error, Killed)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
def target(url):
    return Target(url)


@pytest.fixture
def make_target(tmp_path):
    """Further targets, each with a ledger of its own."""
    numbers = iter(range(1000))
    return lambda **switches: Target(f"sqlite:///{tmp_path}/{next(numbers)}.db", **switches)


def key(kind, number):
    return Key(org="north", kind=kind, id=f"{kind}-{number}")


SPOOL = Spool()
"""The bodies of all drafts of these tests."""


def put_away(draft):
    """A draft whose body lies in the spool."""
    return drafted(draft, SPOOL.put(stowed(draft)))


def model_draft(number, name=None, *, statement="select 1 as a", folder=("Shared",), elements=("Rows",), reads=None):
    """A data model whose elements are queries, each with a column."""
    shown = [
        {
            "id": f"el-{number}-{at}",
            "kind": "table",
            "name": element,
            "source": {"kind": "sql", "connectionId": CONNECTION, "statement": statement},
            "columns": [{"id": f"col-{number}-{at}", "formula": "[Custom SQL/A]", "name": "A"}],
            "order": [f"col-{number}-{at}"],
        }
        for at, element in enumerate(elements)
    ]
    holes = ()
    if reads is not None:
        source = {"kind": "data-model", "dataModelId": "<pending>", "elementId": "<pending>"}
        columns = [{"id": f"col-{number}-r", "formula": "[Rows/A]", "name": "A"}]
        shown.append(
            {
                "id": f"el-{number}-{len(elements)}",
                "kind": "table",
                "name": "Rows",
                "source": source,
                "columns": columns,
                "order": [f"col-{number}-r"],
            }
        )
        at = ("pages", 0, "elements", len(elements), "source")
        holes = (
            Hole(path=(*at, "dataModelId"), key=key("data-model", reads), wants=DocumentId()),
            Hole(path=(*at, "elementId"), key=key("data-model", reads), wants=ElementId(element=f"el-{reads}-0")),
        )
    body = {"schemaVersion": 1, "pages": [{"id": f"page-{number}", "name": "Page", "elements": shown}]}
    return Draft(
        key=key("data-model", number),
        target="group",
        generation="flat",
        name=name or f"Model {number}",
        folder=folder,
        body=body,
        holes=holes,
    )


def workbook_draft(number, name=None, *, folder=("Shared",), reads=None, links=None, text="Hello"):
    """A workbook with a text, a table that reads a model, and a button that opens another workbook."""
    elements = [{"id": f"text-{number}", "kind": "text", "body": text}]
    holes = []
    if reads is not None:
        elements.append(
            {
                "id": f"table-{number}",
                "kind": "table",
                "name": "Table",
                "source": {"kind": "data-model", "dataModelId": "<pending>", "elementId": "<pending>"},
                "columns": [{"id": f"c-{number}", "formula": "[Rows/A]", "name": "A"}],
                "order": [f"c-{number}"],
            }
        )
        at = ("elements", len(elements) - 1, "source")
        holes += [
            Hole(path=(*at, "dataModelId"), key=key("data-model", reads), wants=DocumentId()),
            Hole(path=(*at, "elementId"), key=key("data-model", reads), wants=ElementId(element=f"el-{reads}-0")),
        ]
    if links is not None:
        effect = {"effect": "open-document", "documentId": "<pending>", "openIn": "new-window"}
        elements.append(
            {
                "id": f"button-{number}",
                "kind": "button",
                "text": "Open",
                "actions": [{"trigger": "on-click", "effects": [effect]}],
            }
        )
        at = ("elements", len(elements) - 1, "actions", 0, "effects", 0, "documentId")
        holes.append(Hole(path=at, key=key("workbook", links), wants=DocumentId()))
    placed = "".join(
        f'<Element elementId="{element["id"]}" gridColumn="1 / 25" gridRow="{5 * at + 1} / {5 * at + 5}"/>'
        for at, element in enumerate(elements)
    )
    page = f"p-{number}"
    layout = f'<?xml version="1.0" encoding="utf-8"?>\n<Page type="grid" id="{page}">{placed}</Page>'
    body = {
        "schemaVersion": 1,
        "kind": "workbook",
        "elements": elements,
        "pages": [{"id": page, "name": "Page"}],
        "layout": layout,
    }
    return Draft(
        key=key("workbook", number),
        target="group",
        generation="contents",
        name=name or f"Workbook {number}",
        folder=folder,
        body=body,
        holes=tuple(holes),
    )


def create(draft, *after):
    return Create(id=f"create:{draft.key.id}", target="group", key=draft.key, draft=put_away(draft), after=after)


def update(draft, inode, *, version=None, **more):
    return Update(
        id=f"update:{draft.key.id}",
        target="group",
        key=draft.key,
        draft=put_away(draft),
        target_id=inode.id,
        version=inode.versions[-1].number if version is None else version,
        **more,
    )


def patch(draft, *after):
    return Patch(
        id=f"patch:{draft.key.id}",
        target="group",
        key=draft.key,
        draft=put_away(draft),
        after=(f"create:{draft.key.id}", *after),
    )


def repoint(draft, *after):
    return Repoint(id=f"repoint:{draft.key.id}", target="group", key=draft.key, draft=put_away(draft), after=after)


def keep(draft, inode):
    return Keep(id=f"keep:{draft.key.id}", target="group", key=draft.key, draft=put_away(draft), target_id=inode.id)


def move(draft, inode, *after, rename_to="", moved=False):
    return Move(
        id=f"move:{draft.key.id}",
        target="group",
        key=draft.key,
        draft=put_away(draft),
        after=after,
        target_id=inode.id,
        version=inode.versions[-1].number,
        rename_to=rename_to,
        moved=moved,
    )


def make_folder(*path, after=()):
    return CreateFolder(id="folder:" + "/".join(path), target="group", folder=path, after=after)


def waves(*rows):
    return TargetChanges(target="group", organization_id=ORG, waves=tuple(tuple(row) for row in rows))


def small_world():
    """A change set with everything that has an order: folders, models that read models, workbooks, a cycle of links."""
    deep = ("Shared", "Finance", "Close")
    first, second = model_draft(1, folder=deep[:2]), model_draft(2, folder=deep[:2], reads=1, elements=())
    table, twin = workbook_draft(1, folder=deep, reads=1), workbook_draft(2, "Workbook 1", folder=deep[:2], reads=2)
    one, other = workbook_draft(3, folder=deep, links=4), workbook_draft(4, folder=deep, links=3)
    finance, close = "folder:Shared/Finance", "folder:Shared/Finance/Close"
    model = "create:data-model-1"
    return waves(
        [make_folder(*deep[:2])],
        [make_folder(*deep, after=(finance,))],
        [create(first, finance)],
        [create(second, finance, model), create(table, close, model), create(one, close), create(other, close)],
        [create(twin, finance, "create:data-model-2")],
        [patch(one, "create:workbook-4"), patch(other, "create:workbook-3")],
    )


@pytest.fixture
def make():
    """Drafts, actions and change sets."""
    return SimpleNamespace(
        model=model_draft,
        workbook=workbook_draft,
        create=create,
        update=update,
        patch=patch,
        repoint=repoint,
        move=move,
        keep=keep,
        folder=make_folder,
        waves=waves,
        small_world=small_world,
        key=key,
        home=HOME,
        shared=WORKSPACE,
        me=MEMBER,
        somebody=SOMEBODY,
    )
