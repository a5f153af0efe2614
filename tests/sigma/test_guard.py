from __future__ import annotations

import pytest
from starlette.responses import JSONResponse

from migrate.errors import AccessError, MigrateError, SafetyStop
from migrate.plan.orgs import Expect
from migrate.sigma import api
from migrate.sigma.identity import prove_identity, slug_of
from migrate.sigma.who import Identity

pytestmark = pytest.mark.anyio

CONTENTS = {"name": "n", "folderId": "f", "contents": {"schemaVersion": 1}}
WRITES = {
    "create": lambda c: api.create_document(c, "workbook", "document", {"document": {}}),
    "create model": lambda c: api.create_document(c, "data-model", "flat", {"pages": []}),
    "create contents": lambda c: api.create_document(c, "workbook", "contents", CONTENTS),
    "replace": lambda c: api.replace_document(c, "workbook", "w", "document", {"document": {}}),
    "folder": lambda c: api.create_folder(c, "n", "p"),
    "workspace": lambda c: api.create_workspace(c, "n"),
    "patch": lambda c: api.patch_file(c, "f", {"name": "x"}),
    "delete": lambda c: api.delete_file(c, "f"),
    "restore": lambda c: api.restore_version(c, "w", 3),
    "sync": lambda c: api.sync_path(c, "c", ["DB"]),
    "dry run": lambda c: api.verify_spec(c, "workbook", "contents", CONTENTS),
    "hidden post": lambda c: c.read("POST", "/v2/workbooks/spec", json={}),
    "hidden put": lambda c: c.read("PUT", "/v2/workbooks/spec/verify", json={}),
    "hidden delete": lambda c: c.read("DELETE", "/v2/files/f"),
    "hidden dry run": lambda c: c.read("DELETE", "/v2/files/f", dry_run=True),
}


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
async def test_no_write_leaves_a_client_that_only_reads(service, opened, call):
    async with opened(writable=False) as client:
        with pytest.raises(SafetyStop) as caught:
            await call(client)
        assert client.stats.requests == 0
    assert service.log == []
    assert caught.value.exit_code == 9


async def test_a_client_that_only_reads_may_look_up_and_verify(service, opened):
    service.on("POST", "/v2/connection/c1/lookup", {"kind": "table", "inodeId": "i", "url": "u"})
    service.on("POST", "/v2/workbooks/spec/verify", {"valid": True})
    async with opened(writable=False) as client:
        assert await api.lookup(client, "c1", ["DB", "S", "T"]) == {"kind": "table", "inodeId": "i", "url": "u"}
        assert await api.verify_spec(client, "workbook", "document", {"document": {}}) == api.SpecCheck()


@pytest.mark.parametrize("writable", [True, False])
async def test_nothing_leaves_before_the_identity_is_proven(service, opened, writable):
    async with opened(writable=writable, must_prove=True) as client:
        for call in (lambda: api.list_documents(client, "workbook"), lambda: api.get_file(client, "f")):
            with pytest.raises(SafetyStop) as caught:
                await call()
            assert caught.value.code == "identity_unproven"
        with pytest.raises(SafetyStop):
            await client.read("POST", "/v2/workbooks/spec/verify", json={}, identity=True)
        with pytest.raises(SafetyStop):
            await api.lookup(client, "c", [])
    assert service.log == []


def documents(url):
    return {"entries": [None, {"url": 7}, {"url": url}], "nextPage": None}


async def test_a_writable_client_must_prove_itself_by_default(service, opened):
    service.on("GET", "/v2/workbooks", documents("https://app.sigmacomputing.com/acme-au/workbook/Name-3kQz"))
    service.on("GET", "/v2/files/f", {"id": "f", "name": "F"})
    async with opened(writable=True, must_prove=None) as client:
        with pytest.raises(SafetyStop):
            await api.delete_file(client, "f")
        found = await prove_identity(client, Expect(organization_id="ORG-1", slug="acme-au"))
        assert found == client.identity == Identity(user_id="u1", organization_id="org-1", slug="acme-au")
        assert await api.get_file(client, "f") == {"id": "f", "name": "F"}


@pytest.mark.parametrize(
    ("expect", "code"),
    [
        (Expect(organization_id="org-2"), "wrong_org"),
        (Expect(slug="acme-group"), "wrong_org"),
        (Expect(organization_id="org-1", slug="acme-group"), "wrong_org"),
        (Expect(), "identity_unproven"),
        (None, "identity_unproven"),
    ],
)
async def test_the_wrong_org_is_left_alone(service, opened, expect, code):
    service.on("GET", "/v2/workbooks", documents("https://app.sigmacomputing.com/acme-au/workbook/Name-3kQz"))
    async with opened(writable=True, must_prove=True) as client:
        with pytest.raises(MigrateError) as caught:
            await prove_identity(client, expect)
        with pytest.raises(SafetyStop):
            await api.get_file(client, "f")
    assert caught.value.code == code
    assert caught.value.exit_code == {"wrong_org": 9, "identity_unproven": 5}[code]
    if code == "wrong_org":
        assert "swapped" in caught.value.message
    assert {entry[2] for entry in service.log} <= {"/v2/auth/token", "/v2/whoami", "/v2/workbooks"}


@pytest.mark.parametrize(("slug", "code"), [("acme", None), ("other", "wrong_org")])
async def test_a_connection_shows_the_slug_of_an_org_without_documents(service, opened, envelope, slug, code):
    service.on("GET", "/v2/workbooks", {"entries": []})
    service.on("GET", "/v2/dataModels", {"entries": []})
    service.on(
        "GET",
        "/v2/connections",
        {"entries": [{"connectionId": ".."}, None, {"connectionId": "c 1"}, {"connectionId": "c2"}]},
    )
    service.on("POST", "/v2/connection/c%201/lookup", envelope(404, "not_found", "no"))
    service.on("POST", "/v2/connection/c2/lookup", {"kind": "scope", "url": "https://app.sigmacomputing.com/acme/t/x"})
    async with opened(writable=True, must_prove=True) as client:
        if code is None:
            assert (await prove_identity(client, Expect(slug=slug))).slug == "acme"
        else:
            with pytest.raises(SafetyStop) as caught:
                await prove_identity(client, Expect(slug=slug))
            assert caught.value.code == code


async def test_a_slug_alone_needs_something_that_shows_it(service, opened, envelope):
    service.on("GET", "/v2/workbooks", {"entries": []})
    service.on("GET", "/v2/dataModels", envelope(403, "forbidden", "no"))
    async with opened(writable=True, must_prove=True) as client:
        with pytest.raises(AccessError) as caught:
            await prove_identity(client, Expect(slug="acme"))
        assert caught.value.code == "identity_unproven"
        assert "org-1" in caught.value.message
        assert "organization_id" in caught.value.next_action
        found = await prove_identity(client, Expect(slug="acme", organization_id="org-1"))
    assert found.slug is None


async def test_an_org_that_is_read_may_be_whoever_it_is(service, opened):
    service.on("GET", "/v2/workbooks", {"entries": []})
    service.on("GET", "/v2/dataModels", documents("https://app.sigmacomputing.com/b%C3%BCro/data-model/x"))
    async with opened(must_prove=True) as client:
        assert (await prove_identity(client)).slug == "büro"


async def test_whoami_without_an_organization_proves_nothing(service, opened):
    service.on("GET", "/v2/whoami", JSONResponse([1]))
    async with opened() as client:
        with pytest.raises(AccessError, match="names no organization"):
            await prove_identity(client)


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://app.sigmacomputing.com/acme/workbook/x", "acme"),
        ("https://app.sigmacomputing.com/acme/data-model/x", "acme"),
        ("http://127.0.0.1:900/acme/workbook/x", "acme"),
        ("https://app.sigmacomputing.com/workbook/x", None),
        ("javascript:alert(1)/a/workbook/x", None),
        ("", None),
    ],
)
def test_the_slug_stands_before_the_kind(url, slug):
    assert slug_of([{"url": url}]) == slug
