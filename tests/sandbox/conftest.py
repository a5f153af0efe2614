"""A small world, and a way to talk to it in process or over a socket that knows nothing of the project's client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest

from migrate.sandbox.app import OrgApp
from migrate.sandbox.org import (
    Client,
    Column,
    Connection,
    Inode,
    Member,
    Org,
    Switches,
    Table,
    Thing,
    Version,
    World,
)
from migrate.sandbox.server import Running, serve
from migrate.sandbox.service import Sandbox

STAMP = "2026-09-01T08:00:00.000Z"
ADMIN = "AdMiNaDmInAdMiNaDmInAdMiNaDm"
VIEWER = "ViEwErViEwErViEwErViEwErViEw"
SPACE = "11111111-1111-4111-8111-111111111111"
FOLDER = "22222222-2222-4222-8222-222222222222"
DEEP = "33333333-3333-4333-8333-333333333333"
HOME = "44444444-4444-4444-8444-444444444444"
OTHER_HOME = "55555555-5555-4555-8555-555555555555"
MODEL = "66666666-6666-4666-8666-666666666666"
BOOK = "77777777-7777-4777-8777-777777777777"
LAKE = "88888888-8888-4888-8888-888888888888"
ORDERS = "99999999-9999-4999-8999-999999999999"
TEAM = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
IDS = {"space": SPACE, "folder": FOLDER, "deep": DEEP, "home": HOME, "other_home": OTHER_HOME, "model": MODEL}
IDS |= {"book": BOOK, "lake": LAKE, "orders": ORDERS, "team": TEAM, "admin": ADMIN, "viewer": VIEWER}

MODEL_BODY = {
    "schemaVersion": 1,
    "pages": [
        {
            "id": "page1",
            "name": "Orders",
            "elements": [
                {
                    "id": "orders",
                    "kind": "table",
                    "name": "Orders",
                    "source": {"kind": "warehouse-table", "connectionId": LAKE, "path": ["DW", "SALES", "ORDERS"]},
                    "columns": [
                        {"id": "c1", "formula": "[ORDERS/Order Id]"},
                        {"id": "c2", "formula": "[ORDERS/Amount]"},
                    ],
                }
            ],
        }
    ],
}

GRID = 'type="grid" gridTemplateColumns="repeat(24, 1fr)" gridTemplateRows="auto"'
BOOK_BODY = {
    "schemaVersion": 1,
    "kind": "workbook",
    "elements": [
        {
            "id": "orders1",
            "kind": "table",
            "name": "All orders",
            "source": {"kind": "data-model", "dataModelId": MODEL, "elementId": "orders"},
            "columns": [{"id": "a", "formula": "[Orders/Order Id]"}, {"id": "b", "formula": "[Orders/Amount]"}],
        }
    ],
    "pages": [{"id": "p1", "name": "on"}],
    "layout": f'<Page {GRID} id="p1"><Element elementId="orders1" gridColumn="1 / 25" gridRow="1 / 10"/></Page>',
}
FLAT_BODY = {
    "schemaVersion": 1,
    "pages": [{"id": "p1", "name": "on", "elements": BOOK_BODY["elements"]}],
    "layout": BOOK_BODY["layout"].replace("<Element ", "<LayoutElement "),
}


def make_inode(inode_id: str, kind: str, name: str, parent: str | None, body: Any = None, **more: Any) -> Inode:
    facts = {"owner_id": ADMIN, "created_by": ADMIN, "updated_by": ADMIN, "created_at": STAMP, "updated_at": STAMP}
    versions = [Version(number=1, body=body, published_at=STAMP, published_by=ADMIN)] if body else []
    return Inode(id=inode_id, type=kind, name=name, parent_id=parent, versions=versions, **{**facts, **more})


def make_org(alias: str, number: int, **switches: Any) -> Org:
    org = Org(
        alias=alias,
        id=f"0000000{number}-0000-4000-8000-00000000000{number}",
        slug=alias,
        name=alias.title(),
        switches=Switches(**switches),
    )
    org.members[ADMIN] = Member(id=ADMIN, email=f"admin@{alias}.example", home_folder_id=HOME)
    org.members[VIEWER] = Member(
        id=VIEWER, email=f"viewer@{alias}.example", home_folder_id=OTHER_HOME, account_type="Viewer"
    )
    org.clients = [
        Client(client_id=f"{alias}-id", client_secret=f"{alias}-secret", member_id=ADMIN),
        Client(client_id=f"{alias}-viewer", client_secret="viewer-secret", member_id=VIEWER),
    ]
    for inode in (
        make_inode(SPACE, "workspace", "Shared", None),
        make_inode(FOLDER, "folder", "Sales", SPACE),
        make_inode(DEEP, "folder", "North / East", FOLDER),
        make_inode(HOME, "folder", "My Documents", None),
        make_inode(OTHER_HOME, "folder", "My Documents", None, owner_id=VIEWER),
        make_inode(MODEL, "data-model", "Orders model", FOLDER, MODEL_BODY),
        make_inode(BOOK, "workbook", "Orders", DEEP, BOOK_BODY, generation="contents", description="All of them"),
    ):
        org.inodes[inode.id] = inode
    columns = [Column(name="ORDER_ID", type="integer"), Column(name="AMOUNT", type="number")]
    path = ("DW", "SALES", "ORDERS")
    late = ("DW", "SALES", "LATE")
    org.connections[LAKE] = Connection(
        id=LAKE,
        name="Lake",
        tables={path: Table(id=ORDERS, path=path, columns=columns), late: Table(id=TEAM, path=late, synced=False)},
    )
    org.teams[TEAM] = Thing(id=TEAM, name="Finance", extra={"members": [ADMIN]})
    return org


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


class Talk:
    """Plain HTTP to one organization in process, signed in unless told otherwise."""

    def __init__(self, sandbox: Sandbox, alias: str) -> None:
        self.sandbox = sandbox
        self.alias = alias
        self.org = sandbox.world.orgs[alias]
        self.token = ""

    def raw(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, as it is."""

        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=OrgApp(self.sandbox, self.alias))
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{self.alias}.sandbox") as client:
                return await client.request(method, path, **more)

        return anyio.run(go)

    def mint(self, client_id: str = "", secret: str = "", **form: str) -> httpx.Response:
        """A request to the token endpoint."""
        first = self.org.clients[0]
        fields = {"grant_type": "client_credentials", "client_id": client_id or first.client_id}
        fields |= {"client_secret": secret or first.client_secret, **form}
        return self.raw("POST", "/v2/auth/token", data=fields)

    def sign_in(self, client_id: str = "", secret: str = "") -> Talk:
        self.token = self.mint(client_id, secret).json()["access_token"]
        return self

    def __call__(self, method: str, path: str, tree: Any = None, **more: Any) -> httpx.Response:
        """One signed request; ``tree`` is sent as JSON."""
        if not self.token:
            self.sign_in()
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **more.pop("headers", {})}
        if tree is not None:
            more["json"] = tree
        return self.raw(method, path, headers=headers, **more)

    def get(self, path: str, **query: Any) -> Any:
        """The tree of a GET that must be a 200."""
        answer = self("GET", path, params=query) if query else self("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def bodies(self) -> Any:
        """Deep enough a picture of what is stored to see any write."""
        return {key: (one.name, one.parent_id, one.archived, len(one.versions)) for key, one in self.org.inodes.items()}


@pytest.fixture
def ids() -> dict[str, str]:
    return IDS


@pytest.fixture
def model_body() -> dict[str, Any]:
    return MODEL_BODY


@pytest.fixture
def book_body() -> dict[str, Any]:
    return BOOK_BODY


@pytest.fixture
def flat_body() -> dict[str, Any]:
    return FLAT_BODY


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    world = World(orgs={"north": make_org("north", 1), "south": make_org("south", 2)})
    world.orgs["north"].tenants[world.orgs["south"].id] = "south"
    world.orgs["south"].parent = "north"
    return Sandbox(world, clock=clock, seed=7)


@pytest.fixture
def talk(sandbox: Sandbox) -> Talk:
    return Talk(sandbox, "north")


@pytest.fixture
def talk_to(sandbox: Sandbox) -> Callable[[str], Talk]:
    return lambda alias: Talk(sandbox, alias)


@pytest.fixture
def talk_in() -> Callable[[World], list[Talk]]:
    """One talk for each organization of a world."""

    def talks(world: World) -> list[Talk]:
        shared = Sandbox(world)
        return [Talk(shared, alias) for alias in world.orgs]

    return talks


@pytest.fixture
def add_books(talk: Talk) -> Callable[[int], None]:
    """Fills the folder with so many workbooks."""

    def add(count: int) -> None:
        for number in range(count):
            inode_id = f"bbbbbbbb-0000-4000-8000-{number:012d}"
            talk.org.inodes[inode_id] = make_inode(inode_id, "workbook", f"Book {number}", FOLDER, BOOK_BODY)

    return add


@pytest.fixture
def running() -> Iterator[Running]:
    world = World(orgs={"north": make_org("north", 1), "south": make_org("south", 2)})
    with serve(world) as served:
        yield served


@pytest.fixture
def http(running: Running) -> Iterator[httpx.Client]:
    """A signed-in client on a real socket, to the first organization."""
    with httpx.Client(base_url=running.base_urls["north"], timeout=10) as client:
        form = {"grant_type": "client_credentials", "client_id": "north-id", "client_secret": "north-secret"}
        token = client.post("/v2/auth/token", data=form).json()["access_token"]
        client.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        yield client
