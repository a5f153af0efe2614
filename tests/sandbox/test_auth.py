"""The token endpoint and whom tokens stand for (sigma-api 1.2, 1.3, 4.2)."""

import base64
import hashlib
import hmac
import json

import pytest

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT = "urn:ietf:params:oauth:token-type:jwt"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"


def signed(claims, *, kid="north-id", secret="north-secret", alg="HS256"):
    def part(tree):
        return base64.urlsafe_b64encode(json.dumps(tree).encode()).rstrip(b"=").decode()

    head = f"{part({'alg': alg, 'kid': kid})}.{part(claims)}"
    mac = hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def basic(text):
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_client_credentials_by_form(talk, ids):
    answer = talk.mint()
    assert set(answer.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 3599)
    assert talk.get("/v2/whoami")["organizationId"] == talk.org.id
    assert talk.get("/v2/whoami")["userId"] == ids["admin"]


def test_client_credentials_by_basic(talk):
    form = {"grant_type": "client_credentials"}
    answer = talk.raw("POST", "/v2/auth/token", data=form, headers=basic("north-id:north-secret"))
    assert answer.status_code == 200


def test_basic_is_refused_by_some_organizations(talk):
    talk.org.switches.basic_auth = False
    form = {"grant_type": "client_credentials"}
    answer = talk.raw("POST", "/v2/auth/token", data=form, headers=basic("north-id:north-secret"))
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_request"
    assert answer.json()["message"] == "Invalid access/refresh token"
    assert talk.mint().status_code == 200


@pytest.mark.parametrize(("client", "secret"), [("north-id", "wrong"), ("nobody", "north-secret"), ("ü", "ü")])
def test_wrong_credentials(talk, client, secret):
    assert talk.mint(client, secret).status_code == 401


def test_json_is_no_form(talk):
    tree = {"grant_type": "client_credentials", "client_id": "north-id", "client_secret": "north-secret"}
    assert talk.raw("POST", "/v2/auth/token", json=tree).status_code == 400


def test_refresh(talk, clock):
    refresh = talk.mint().json()["refresh_token"]
    answer = talk.raw("POST", "/v2/auth/token", data={"grant_type": "refresh_token", "refresh_token": refresh})
    assert answer.status_code == 200
    clock.now += 40 * 24 * 3600
    answer = talk.raw("POST", "/v2/auth/token", data={"grant_type": "refresh_token", "refresh_token": refresh})
    assert (answer.status_code, answer.json()["message"]) == (400, "Refresh token expired")


def test_tokens_expire(talk, clock):
    talk.org.switches.token_seconds = 60
    talk.sign_in()
    clock.now += 59
    assert talk("GET", "/v2/whoami").status_code == 200
    clock.now += 1
    answer = talk("GET", "/v2/whoami")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer nonsense", "Basic bm9wZQ=="])
def test_no_valid_token(talk, value):
    answer = talk.raw("GET", "/v2/whoami", headers={"Authorization": value} if value else {})
    assert answer.status_code == 401
    assert answer.json()["message"] == "Token missing or malformed"
    assert set(answer.json()) == {"requestId", "code", "message"}


def test_a_token_of_another_organization_is_not_taken(talk, talk_to):
    south = talk_to("south")
    south.token = talk.sign_in().token
    assert south("GET", "/v2/whoami").status_code == 401


def exchange(talk, claims, **more):
    form = {"grant_type": EXCHANGE, "subject_token": signed(claims), "subject_token_type": JWT}
    form |= {"actor_token": talk.sign_in().token, "actor_token_type": ACCESS, **more}
    return talk.raw("POST", "/v2/auth/token", data=form)


def test_token_exchange_for_a_tenant(talk, talk_to):
    south = talk_to("south")
    answer = exchange(talk, {"tenant": south.org.id})
    assert answer.json()["token_type"] == "Bearer"
    assert "refresh_token" not in answer.json()
    for host in (south, talk):
        host.token = answer.json()["access_token"]
        assert host.get("/v2/whoami")["organizationId"] == south.org.id
    assert talk.sandbox.evidence.entries[-1].org == "south"


def test_token_exchange_for_a_member(talk, ids):
    talk.token = exchange(talk, {"sub": "viewer@north.example"}).json()["access_token"]
    assert talk.get("/v2/whoami")["userId"] == ids["viewer"]


def test_token_exchange_is_refused(talk, talk_to, clock):
    assert exchange(talk, {"tenant": "not-a-tenant"}).status_code == 403
    assert exchange(talk, {"sub": "nobody@north.example"}).status_code == 401
    assert exchange(talk, {"sub": "viewer@north.example", "exp": clock.now - 1}).status_code == 401
    assert exchange(talk, {}, subject_token=signed({}, secret="other")).status_code == 401
    assert exchange(talk, {}, subject_token="x.y").status_code == 401
    assert exchange(talk, {}, actor_token="wrong").status_code == 401
    assert exchange(talk, {}, actor_token_type="other").status_code == 400


def test_tenants_name_their_hosts(talk):
    entry = talk.get("/v2/tenants")["entries"][0]
    assert (entry["tenantOrganizationSlug"], entry["tenantApiUrl"]) == ("south", "http://south.sandbox")


def test_tenants_are_searched_and_sorted(talk, ids):
    talk.org.tenants |= {"id-b": "b-tenant", "id-a": "a-tenant"}

    def slugs(**query):
        found = talk.raw(
            "GET", "/v2/tenants", params=query, headers={"Authorization": f"Bearer {talk.sign_in().token}"}
        )
        return [entry["tenantOrganizationSlug"] for entry in found.json()["entries"]]

    assert slugs() == ["south", "b-tenant", "a-tenant"]
    assert slugs(search="TENANT") == ["b-tenant", "a-tenant"]
    assert slugs(key="url", order="desc") == ["south", "b-tenant", "a-tenant"]
    assert slugs(key="url", pageSize="2") == ["a-tenant", "b-tenant"]
    talk.sign_in()
    assert talk("GET", "/v2/tenants?key=region").status_code == 400
