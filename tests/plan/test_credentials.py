"""Credentials are found where the plan says, and never shown."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace

import pytest

from migrate.errors import AccessError
from migrate.plan.credentials import ClientKey, TenantKey, resolve
from migrate.plan.orgs import FromEnvironment, FromFile, FromKeyring, OfTenant, Org

SECRET = "s3cr3t" * 4
ORG = Org(alias="group", base_url="https://api.sigmacomputing.com", credentials=FromEnvironment(prefix="G"))


def in_file(path) -> Org:
    return replace(ORG, credentials=FromFile(path=path))


def test_from_the_environment():
    key = resolve(ORG, {"G_CLIENT_ID": "an id", "G_CLIENT_SECRET": SECRET + "\n"})
    assert isinstance(key, ClientKey)
    assert (key.client_id, key.client_secret) == ("an id", SECRET)


def test_a_secret_does_not_show():
    key = ClientKey(client_id="an id", client_secret=SECRET)
    for shown in (repr(key), str(key), f"{key}", repr(TenantKey(parent=ORG, key=key, tenant_id="t"))):
        assert SECRET not in shown
        assert "an id" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_missing_variables_are_named():
    with pytest.raises(AccessError, match="G_CLIENT_SECRET is not set") as caught:
        resolve(ORG, {"G_CLIENT_ID": "an id"})
    assert (caught.value.code, caught.value.exit_code) == ("credentials_missing", 5)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"client_id": "12345", "client_secret": "{SECRET}"}}',
        f"client_id: 12345\nclient_secret: {SECRET}\n",
        f"\ufeffclient_id: '12345'\nclient_secret: {SECRET}\n",
    ],
)
def test_from_a_private_file(tmp_path, text):
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    key = resolve(in_file(path), {})
    assert isinstance(key, ClientKey)
    assert (key.client_id, key.client_secret) == ("12345", SECRET)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_read_is_refused(tmp_path, mode):
    path = tmp_path / "key"
    path.write_text(f'{{"client_id": "a", "client_secret": "{SECRET}"}}')
    path.chmod(mode)
    with pytest.raises(AccessError, match="chmod 600") as caught:
        resolve(in_file(path), {})
    assert caught.value.code == "credentials_unsafe"


@pytest.mark.parametrize("text", ["", "[1]", SECRET, f"client_id: {SECRET}", f'{{"client_id": "{SECRET}"', "\x00\xff"])
def test_a_file_without_the_pair_is_refused_and_not_quoted(tmp_path, text):
    path = tmp_path / "key"
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(AccessError) as caught:
        resolve(in_file(path), {})
    assert caught.value.code == "credentials_unreadable"
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"client_id": "a", "client_id": "b", "client_secret": "{SECRET}"}}',
        f"client_id: a\nclient_secret: b\nclient_secret: {SECRET}\n",
    ],
)
def test_a_doubled_key_is_refused_since_either_may_be_meant(tmp_path, text):
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(AccessError) as caught:
        resolve(in_file(path), {})
    assert caught.value.code == "credentials_unreadable"
    assert SECRET not in str(caught.value)


def test_a_pipe_and_a_huge_file_are_no_credentials(tmp_path):
    pipe, huge = tmp_path / "pipe", tmp_path / "huge"
    os.mkfifo(pipe, 0o600)
    huge.write_text(f"client_id: a\nclient_secret: {SECRET}\n" + "#" * 70_000, encoding="utf-8")
    huge.chmod(0o600)
    for path, said in ((pipe, "no regular file"), (huge, "more than 65,536 bytes")):
        with pytest.raises(AccessError, match=said) as caught:
            resolve(in_file(path), {})
        assert caught.value.code == "credentials_unreadable"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(AccessError, match="cannot be read"):
        resolve(in_file(tmp_path / "none"), {})


def test_a_tenant_has_its_parents_key():
    tenant = replace(ORG, alias="north", credentials=OfTenant(parent="group", tenant_id="t-1"))
    found = resolve(tenant, {"G_CLIENT_ID": "an id", "G_CLIENT_SECRET": SECRET}, orgs={"group": ORG})
    assert isinstance(found, TenantKey)
    assert (found.parent.alias, found.key.client_id, found.tenant_id) == ("group", "an id", "t-1")
    with pytest.raises(AccessError, match="no credentials to exchange"):
        resolve(tenant, {})


def test_a_keyring_that_is_not_there_is_a_sentence():
    org = replace(ORG, credentials=FromKeyring(service="sigma-migrate-tests-no-such-service"))
    with pytest.raises(AccessError, match="keyring"):
        resolve(org, {})
