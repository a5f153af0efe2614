from __future__ import annotations

import pytest
from starlette.responses import JSONResponse

from migrate.errors import ServiceError
from migrate.events import Warned
from migrate.sigma import api
from migrate.sigma.paging import every

pytestmark = pytest.mark.anyio

BOOKS = "/v2/workbooks"


def paged(service, path, rows, *, size, cursor, sent_as, by_size, total=True, last=None):
    """A listing in one dialect that ignores a cursor under any other name, like Sigma's."""

    async def answer(request, body):
        asked = dict(request.query_params)
        assert set(asked) <= {by_size, sent_as}
        start = int(asked.get(sent_as, "0"))
        page = {"entries": rows[start : start + size]}
        following = start + size
        if following < len(rows):
            page[cursor] = str(following)
        elif last is not None:
            page[cursor] = last
        if total:
            page["total"] = len(rows)
        return JSONResponse(page)

    service.on("GET", path, answer)


async def test_pages_by_next_page(service, opened, events):
    paged(service, BOOKS, list(range(104)), size=50, cursor="nextPage", sent_as="page", by_size="limit")
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == list(range(104))
    assert [entry[3].query_params["limit"] for entry in service.log if entry[2] == BOOKS] == ["1000"] * 3
    assert not [event for event in events if isinstance(event, Warned)]


async def test_pages_by_next_page_token(service, opened):
    rows = [{"name": str(number)} for number in range(70)]
    path = "/v2/connections/tables/t1/columns"
    paged(service, path, rows, size=33, cursor="nextPageToken", sent_as="pageToken", by_size="pageSize", total=False)
    async with opened() as client:
        assert await api.table_columns(client, "t1") == rows


async def test_the_other_dialects_cursor_goes_back_under_its_own_name(service, opened):
    paged(service, BOOKS, list(range(9)), size=4, cursor="nextPageToken", sent_as="pageToken", by_size="limit")
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == list(range(9))


async def test_a_cursor_that_comes_twice_is_an_error(service, opened):
    async def first_page_for_ever(request, body):
        return JSONResponse({"entries": [1, 2], "nextPage": "50"})

    service.on("GET", BOOKS, first_page_for_ever)
    async with opened() as client:
        with pytest.raises(ServiceError) as caught:
            await api.list_documents(client, "workbook")
    assert caught.value.code == "paging_loop"
    assert service.sent(BOOKS) == 2


async def test_pages_without_entries_do_not_go_on_for_ever(service, opened):
    async def nothing(request, body):
        return JSONResponse({"entries": [], "nextPage": str(service.sent(BOOKS))})

    service.on("GET", BOOKS, nothing)
    async with opened() as client:
        with pytest.raises(ServiceError) as caught:
            await api.list_documents(client, "workbook")
    assert caught.value.code == "paging_loop"


async def test_a_bare_array_is_the_whole_listing_and_sources_are_asked_without_parameters(service, opened):
    service.on("GET", "/v2/workbooks/w1/sources", JSONResponse([{"type": "table", "inodeId": "i"}]))
    async with opened() as client:
        assert await api.sources(client, "workbook", "w1") == [{"type": "table", "inodeId": "i"}]
    assert service.log[-1][3].url.query == ""


@pytest.mark.parametrize("end", [None, "", False])
async def test_an_end_in_any_spelling(service, opened, end):
    service.on("GET", BOOKS, {"entries": [1], "nextPage": end, "nextPageToken": end, "hasMore": False})
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == [1]


async def test_a_total_that_differs_and_null_entries_are_said(service, opened, events):
    service.on("GET", BOOKS, {"entries": [{"a": 1}, None], "nextPage": None, "total": 5})
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == [{"a": 1}]
    assert [event.code for event in events if isinstance(event, Warned)] == ["paging_total", "null_entries"]


@pytest.mark.parametrize("tree", [{}, {"entries": {}}, {"entries": None}, 7])
async def test_a_page_of_another_shape_is_an_error(service, opened, tree):
    service.on("GET", BOOKS, JSONResponse(tree))
    async with opened() as client:
        with pytest.raises(ServiceError) as caught:
            await every(client, BOOKS)
    assert caught.value.code == "odd_answer"


async def test_several_types_repeat_their_key_and_workspaces_are_asked_for_apart(service, opened):
    async def answer(request, body):
        return JSONResponse({"entries": [request.query_params.getlist("typeFilters")], "nextPage": None})

    service.on("GET", "/v2/files", answer)
    async with opened() as client:
        found = await api.list_files(client, types=("folder", "workspace", "workbook"), parent_id="p", name="a/b&c")
        assert found == [["folder", "workbook"], ["workspace"]]
        assert await api.list_files(client) == [[]]
    asked = service.log[-2][3].query_params
    assert (asked["parentId"], asked["name"]) == ("p", "a/b&c")
