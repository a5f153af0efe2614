"""The two paging dialects, and lists that know none (sigma-api section 3)."""

import pytest


def test_dialect_a_defaults_to_fifty(talk, add_books):
    add_books(104)
    first = talk.get("/v2/workbooks")
    assert len(first["entries"]) == 50
    assert (first["nextPage"], first["total"], first["hasMore"]) == ("50", 105, True)
    last = talk.get("/v2/workbooks", page="100")
    assert len(last["entries"]) == 5
    assert last["nextPage"] is None


@pytest.mark.parametrize("path", ["/v2/workbooks", "/v2/files"])
def test_following_pages_gives_everything_once(talk, add_books, path):
    add_books(25)
    seen, page = [], None
    while True:
        answer = talk.get(path, limit=7, **({"page": page} if page else {}))
        seen += [entry.get("id") or entry.get("workbookId") for entry in answer["entries"]]
        page = answer["nextPage"]
        if page is None:
            break
    assert len(seen) == len(set(seen)) == answer["total"]


def test_dialect_b_and_a_token_under_the_wrong_name(talk, sandbox):
    columns = sandbox.world.orgs["north"].connections["88888888-8888-4888-8888-888888888888"].tables
    table = columns[("DW", "SALES", "ORDERS")]
    table.columns = [type(table.columns[0])(name=f"C{number}") for number in range(120)]
    path = f"/v2/connections/tables/{table.id}/columns"
    first = talk.get(path)
    assert len(first["entries"]) == 50
    assert "nextPage" not in first
    again = talk.get(path, page=first["nextPageToken"])
    assert again == first
    second = talk.get(path, pageToken=first["nextPageToken"])
    third = talk.get(path, pageToken=second["nextPageToken"], pageSize=50)
    assert third["entries"][0]["name"] == "C100"
    assert "nextPageToken" not in third


def test_plugins_default_to_a_hundred(talk, sandbox):
    things = sandbox.world.orgs["north"].plugins
    team = next(iter(sandbox.world.orgs["north"].teams.values()))
    things.update({f"p{number}": type(team)(id=f"p{number}", name=f"Plugin {number}") for number in range(101)})
    assert len(talk.get("/v2/plugins")["entries"]) == 100


@pytest.mark.parametrize("query", [{"limit": "1001"}, {"limit": "0"}, {"limit": "x"}, {"page": "x"}, {"limit": "-1"}])
def test_impossible_pages(talk, query):
    answer = talk("GET", "/v2/workbooks", params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_workbook_sources_are_a_bare_array_without_parameters(talk, ids):
    path = f"/v2/workbooks/{ids['book']}/sources"
    assert talk.get(path) == [{"type": "data-model", "dataModelId": ids["model"], "elementIds": ["orders"]}]
    assert talk("GET", path, params={"limit": 1000}).status_code == 400
    assert talk.get(f"/v2/dataModels/{ids['model']}/sources")["entries"][0]["type"] == "table"


@pytest.mark.parametrize("name", ["members", "teams", "workspaces"])
def test_lists_were_bare_before_june_2026(talk, name):
    assert set(talk.get(f"/v2/{name}")) >= {"entries", "nextPage"}
    talk.org.switches.bare_lists = True
    assert isinstance(talk.get(f"/v2/{name}"), list)
    assert set(talk.get(f"/v2/{name}", limit=1)) >= {"entries", "nextPage"}
    assert set(talk.get(f"/v2.1/{name}")) >= {"entries", "nextPage"}


def test_unknown_routes(talk, ids):
    for method, path in (
        ("GET", "/v2/nothing"),
        ("GET", f"/v2/connections/{ids['lake']}/tables"),
        ("POST", f"/v2/workbooks/{ids['book']}/query"),
        ("GET", f"/v2/workbooks/{ids['book']}/versions"),
        ("DELETE", f"/v2/workbooks/{ids['book']}"),
    ):
        answer = talk(method, path)
        assert (answer.status_code, answer.content) == (404, b"")
        assert answer.headers["errorcause"] == "UnmatchedHandler"
    assert not talk.org.inodes[ids["book"]].archived


def test_the_envelope(talk):
    answer = talk("GET", "/v2/workbooks/12345678-1234-4234-8234-123456789012")
    assert answer.status_code == 404
    assert set(answer.json()) == {"requestId", "code", "message"}
    assert answer.json()["requestId"] == answer.headers["x-request-id"]
