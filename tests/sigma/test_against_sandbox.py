"""The wire against the local Sigma: every call, every generation, every way of losing an answer."""

from __future__ import annotations

from contextlib import asynccontextmanager

import anyio
import httpx
import pytest

from migrate.bundle.spec import create_body, generation_of, parse_spec, replace_body
from migrate.errors import AccessError, ApiRefusal, LockHeld, OutcomeUnknown, SafetyStop
from migrate.inventory.model import Key
from migrate.plan.orgs import Expect
from migrate.plan.running import Limits
from migrate.sandbox.faults import Fault
from migrate.sandbox.server import app, environment, serve
from migrate.sandbox.service import Sandbox
from migrate.sandbox.world import builtin
from migrate.sigma import api
from migrate.sigma.client import Tenant, connect

pytestmark = pytest.mark.anyio

FAST = Limits(concurrency=4, requests_per_second=5000.0, write_concurrency=2, timeout=10.0)


@pytest.fixture
def sandbox(time):
    return Sandbox(builtin(), clock=time.now, seed=7)


@pytest.fixture
def org(sandbox, time, events):
    """``async with org("group") as client``: in process, on the virtual clock that the sandbox shares."""

    @asynccontextmanager
    async def open_org(alias, **kwargs):
        given = {
            "org": alias,
            "base_url": f"https://{alias.replace('_', '-')}.sigmacomputing.com",
            "secret": sandbox.world.orgs[alias].clients[0],
            "writable": False,
            "limits": FAST,
            "transport": httpx.ASGITransport(app(sandbox, alias)),
            "clock": time.clock,
            "listener": events.append,
        } | kwargs
        async with connect(**given) as client:
            yield client

    return open_org


async def test_the_identity_of_a_full_and_of_an_empty_org(sandbox, org):
    async with org("acme_au", writable=True) as client:
        found = await api.prove_identity(client, Expect(slug="acme-au"))
        assert (found.organization_id, found.slug) == (sandbox.world.orgs["acme_au"].id, "acme-au")
    async with org("acme_au", writable=True) as client:
        with pytest.raises(SafetyStop) as caught:
            await api.prove_identity(client, Expect(slug="acme-group"))
        assert caught.value.code == "wrong_org"
    assert {entry.path for entry in sandbox.evidence.entries} <= {
        "/v2/auth/token",
        "/v2/whoami",
        "/v2/workbooks",
        "/v2/dataModels",
    }
    assert sandbox.evidence.writes() == []


async def test_every_listing_is_whole(sandbox, org):
    truth = sandbox.world.orgs["acme_au"]
    async with org("acme_au") as client:
        for kind in ("workbook", "data-model"):
            ids = {i.id for i in truth.inodes.values() if i.type == kind and not i.archived}
            field = "workbookId" if kind == "workbook" else "dataModelId"
            listed = {entry[field] for entry in await api.list_documents(client, kind)}
            assert listed
            assert listed <= ids
            for document_id in sorted(listed)[:3]:
                assert await api.document_version(client, kind, document_id)
                assert await api.sources(client, kind, document_id)
                assert await api.elements(client, kind, document_id)
                assert await api.columns(client, kind, document_id)
        for what in ("members", "teams", "user-attributes", "plugins", "api-connectors", "tags"):
            assert isinstance(await api.list_people(client, what), list)
        assert {one["connectionId"] for one in await api.list_connections(client)} == set(truth.connections)
        assert {f["type"] for f in await api.list_files(client, types=("workspace", "folder"))} == {
            "workspace",
            "folder",
        }
        for connection in truth.connections.values():
            table = next(t for t in connection.tables.values() if t.synced)
            found = await api.lookup(client, connection.id, table.path)
            assert found["inodeId"] == table.id
            assert [c["name"] for c in await api.table_columns(client, table.id)] == [c.name for c in table.columns]
            assert (await api.table_path(client, table.id))["path"] == list(table.path)
            assert await api.lookup(client, connection.id, ["NO", "SUCH", "TABLE"]) is None
    assert sandbox.evidence.writes() == []


@pytest.mark.parametrize("yaml", ["never", "unless_json", "always"])
@pytest.mark.parametrize("generation", ["flat", "document", "contents"])
async def test_a_workbook_of_each_generation_is_seen_read_checked_made_and_replaced(sandbox, org, generation, yaml):
    truth = sandbox.world.orgs["acme_au"]
    truth.switches.generation, truth.switches.yaml = generation, yaml
    async with org("acme_au", writable=True) as client:
        await api.prove_identity(client, Expect(slug="acme-au"))
        assert (await api.detect_form(client, "workbook", None)).generation == generation
        assert sandbox.evidence.writes() == []
        listed = await api.list_documents(client, "workbook")
        book = min(listed, key=lambda entry: entry["name"])
        assert (await api.detect_form(client, "workbook", book["workbookId"])).generation == generation
        for known in (None, generation):
            answer = await api.read_spec(client, "workbook", book["workbookId"], known)
            assert generation_of(answer, "workbook") == generation
        spec = parse_spec(answer, Key(org="acme_au", kind="workbook", id=book["workbookId"]))
        folder = (await api.get_file(client, book["workbookId"]))["parentId"]
        body = create_body("A copy", folder, None, generation, spec.body)
        clean = None if generation == "flat" else api.SpecCheck()
        assert await api.verify_spec(client, "workbook", generation, body) == clean
        assert sandbox.evidence.writes() == []
        for as_yaml in [False] if generation == "contents" else [False, True]:
            made = await api.create_document(client, "workbook", generation, body, as_yaml=as_yaml)
            again = await api.read_spec(client, "workbook", made, generation)
            assert parse_spec(again, spec.key).body == spec.body
            before = await api.document_version(client, "workbook", made)
            await api.replace_document(
                client,
                "workbook",
                made,
                generation,
                replace_body("workbook", generation, spec.body, None),
                as_yaml=as_yaml,
            )
            assert await api.document_version(client, "workbook", made) == before + 1
            await api.restore_version(client, made, before)
            assert await api.delete_file(client, made) is True


@pytest.mark.parametrize("as_yaml", [False, True])
async def test_a_model_is_made_replaced_and_guarded_by_its_version(sandbox, org, as_yaml):
    async with org("acme_au", writable=True) as client:
        await api.prove_identity(client, Expect(slug="acme-au"))
        listed = await api.list_documents(client, "data-model")
        model = min(listed, key=lambda entry: entry["name"])["dataModelId"]
        spec = parse_spec(
            await api.read_spec(client, "data-model", model, None), Key(org="a", kind="data-model", id=model)
        )
        body = create_body("A copy", spec.folder_id, None, "flat", spec.body)
        made = await api.create_document(client, "data-model", "flat", body, as_yaml=as_yaml)
        version = await api.document_version(client, "data-model", made)
        guarded = replace_body("data-model", "flat", spec.body, version)
        await api.replace_document(client, "data-model", made, "flat", guarded, as_yaml=as_yaml)
        with pytest.raises(ApiRefusal) as caught:
            await api.replace_document(client, "data-model", made, "flat", guarded, as_yaml=as_yaml)
    assert caught.value.code in ("conflict", "api_refused")


async def test_folders_and_workspaces(sandbox, org):
    async with org("group", writable=True) as client:
        await api.prove_identity(client, Expect(organization_id=sandbox.world.orgs["group"].id))
        workspace = await api.create_workspace(client, "Finance/../<script>")
        folder = await api.create_folder(client, "=cmd()\n", workspace)
        moved = await api.patch_file(client, folder["id"], {"name": "Plain"})
        assert (moved["name"], moved["parentId"]) == ("Plain", workspace)
        assert await api.delete_file(client, folder["id"]) is True
        restored = await api.patch_file(client, folder["id"], {"restore": True})
        assert restored["id"] == folder["id"]
        assert await api.get_file(client, "00000000-0000-4000-8000-000000000000") is None


@pytest.mark.parametrize("beta", [False])
async def test_an_org_without_the_feature_says_so(sandbox, org, beta):
    sandbox.world.orgs["acme_au"].switches.spec_beta = beta
    async with org("acme_au") as client:
        book = (await api.list_documents(client, "workbook"))[0]["workbookId"]
        with pytest.raises(ApiRefusal) as caught:
            await api.read_spec(client, "workbook", book, None)
        assert (await api.detect_form(client, "workbook", None)).generation is None
    assert caught.value.code == "feature_off"


@pytest.mark.parametrize("as_html", ["html", "json"])
@pytest.mark.parametrize("retry_after", ["none", "seconds", "date"])
async def test_a_throttled_org_is_read_whole_and_its_token_endpoint_left_alone(sandbox, org, as_html, retry_after):
    switches = sandbox.world.orgs["acme_au"].switches
    switches.requests_per_second, switches.throttle_as, switches.retry_after = 2.0, as_html, retry_after
    switches.token_per_second, switches.lock_token_after, switches.lock_token_seconds = 1.0, 3, 60.0
    async with org("acme_au") as client:
        books = [entry["workbookId"] for entry in await api.list_documents(client, "workbook")]
        found = {}

        async def one(book):
            found[book] = await api.sources(client, "workbook", book)

        async with anyio.create_task_group() as group:
            for book in books:
                group.start_soon(one, book)
        assert set(found) == set(books)
        assert client.stats.throttled > 0
        assert client.stats.paused_seconds > 0
    assert len([entry for entry in sandbox.evidence.entries if entry.path == "/v2/auth/token"]) == 1


async def test_a_token_that_ends_early_is_renewed_within_the_limit(sandbox, org, time):
    switches = sandbox.world.orgs["acme_au"].switches
    switches.token_seconds, switches.token_per_second, switches.basic_auth = 2, 1.0, False
    async with org("acme_au") as client:
        for _ in range(6):
            await api.whoami(client)
            time.time += 1.5
        assert client.stats.throttled == 0
        sandbox.tokens.revoke_all("acme_au")
        await api.whoami(client)


async def test_a_tenant_is_reached_with_its_parents_credential(sandbox, org, hosts):
    parent_org, tenant_org = sandbox.world.orgs["acme_au"], sandbox.world.orgs["emea"]
    parent_org.tenants[tenant_org.id] = tenant_org.alias
    tenant_org.parent = parent_org.alias
    async with (
        org("acme_au", hosts=hosts) as parent,
        org("emea", hosts=hosts, secret=Tenant(parent=parent, tenant_id=tenant_org.id)) as tenant,
    ):
        assert (await api.prove_identity(tenant)).organization_id == tenant_org.id
    async with (
        org("acme_au", hosts=hosts) as parent,
        org("group", hosts=hosts, secret=Tenant(parent=parent, tenant_id="not-a-tenant")) as tenant,
    ):
        with pytest.raises(AccessError):
            await api.whoami(tenant)


@pytest.mark.parametrize(
    ("fault", "written"),
    [
        (Fault(action="lose_answer", path="/v2/files", method="POST"), 1),
        (Fault(action="truncate", path="/v2/files", method="POST"), 1),
        (Fault(action="reset", path="/v2/files", method="POST"), 0),
        (Fault(action="status", status=504, effect=True, path="/v2/files", method="POST"), 1),
        (Fault(action="lose_answer", drop=False, path="/v2/files", method="POST"), 1),
    ],
    ids=lambda value: getattr(value, "action", value),
)
async def test_a_lost_answer_is_an_unknown_outcome_over_real_sockets(fault, written):
    world = builtin()
    with serve(world) as running:
        truth = world.orgs["group"]
        async with connect(
            org="group",
            base_url=running.base_urls["group"],
            secret=truth.clients[0],
            writable=True,
            limits=Limits(requests_per_second=1000.0, timeout=1.0),
            must_prove=False,
        ) as client:
            home = next(i.id for i in truth.inodes.values() if i.type == "workspace")
            running.sandbox.faults.add(fault)
            with pytest.raises(OutcomeUnknown):
                await api.create_folder(client, "Once", home)
            assert (await api.create_folder(client, "Twice", home))["name"] == "Twice"
        posts = [e for e in running.sandbox.evidence.entries if e.method == "POST" and e.path == "/v2/files"]
        assert len(posts) == 2
        assert sum(entry.wrote for entry in posts) == written + 1


async def test_a_dry_run_that_is_not_honoured_leaves_nothing_and_is_asked_for_once(sandbox, org, events):
    truth = sandbox.world.orgs["acme_au"]
    truth.switches.dry_run = "ignored"
    async with org("acme_au", writable=True) as client:
        await api.prove_identity(client, Expect(slug="acme-au"))
        before = {one["workbookId"] for one in await api.list_documents(client, "workbook")}
        book = await api.get_file(client, min(before))
        inner = {"schemaVersion": 1, "kind": "workbook", "elements": [], "pages": []}
        body = create_body("Probe", book["parentId"], None, "contents", inner)
        assert await api.verify_spec(client, "workbook", "contents", body) is None
        assert {one["workbookId"] for one in await api.list_documents(client, "workbook")} == before
        sandbox.evidence.clear()
        assert await api.verify_spec(client, "workbook", "contents", body) is None
        assert sandbox.evidence.of("acme_au") == [], "no dry run is asked for again"
    assert [event.code for event in events if getattr(event, "code", "") == "dry_run_wrote"] == ["dry_run_wrote"]


async def test_the_warnings_of_a_dry_run_are_returned(sandbox, org):
    async with org("acme_au", writable=True) as client:
        await api.prove_identity(client, Expect(slug="acme-au"))
        book = (await api.list_documents(client, "workbook"))[0]
        folder = (await api.get_file(client, book["workbookId"]))["parentId"]
        inner = {"schemaVersion": 1, "kind": "workbook", "elements": [], "pages": []}
        found = await api.verify_spec(
            client, "workbook", "contents", create_body("Probe", folder, None, "contents", inner)
        )
        assert found is not None
        assert found.errors == ()
        assert sandbox.evidence.writes() == []


@pytest.mark.parametrize("held", range(4))
async def test_no_write_leaves_a_socket_once_its_lock_is_lost(held):
    """The lock is looked at when it is the turn of the write, before its head, and before its body."""
    world = builtin()
    org = world.orgs["group"]
    parent = next(inode.id for inode in org.inodes.values() if inode.type == "workspace")
    with serve(world) as running:
        given = {"base_url": environment(running)["SIGMA_GROUP_BASE_URL"], "secret": org.clients[0]}
        async with connect(org="group", writable=True, limits=FAST, **given) as client:
            await api.prove_identity(client, Expect(organization_id=org.id))
            left = [True] * held
            with client.covered_by(lambda: bool(left) and left.pop()):
                if held < 3:
                    with pytest.raises(LockHeld):
                        await api.create_folder(client, "New", parent)
                else:
                    await api.create_folder(client, "New", parent)
            names = [file["name"] for file in await api.list_files(client, types=("folder",), parent_id=parent)]
        made = [entry for entry in running.sandbox.evidence.writes("group") if entry.path == "/v2/files"]
    assert names.count("New") == len(made) == (held == 3)
    assert left == []
