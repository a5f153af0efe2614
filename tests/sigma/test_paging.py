from __future__ import annotations

import json

import pytest
from starlette.responses import JSONResponse, Response

from migrate.errors import ServiceError
from migrate.events import Warned
from migrate.sigma import api
from migrate.sigma.entries import DOCUMENT
from migrate.sigma.paging import CURSOR_LENGTH, EMPTY_PAGES, ENTRIES_BEYOND, STALE_PAGES, every

pytestmark = pytest.mark.anyio

BOOKS = "/v2/workbooks"


def books(count, first=0):
    return [{"workbookId": f"w{number}", "name": str(number)} for number in range(first, first + count)]


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
    paged(service, BOOKS, books(104), size=50, cursor="nextPage", sent_as="page", by_size="limit")
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == books(104)
    assert [entry[3].query_params["limit"] for entry in service.log if entry[2] == BOOKS] == ["1000"] * 3
    assert not [event for event in events if isinstance(event, Warned)]


async def test_pages_by_next_page_token(service, opened):
    rows = [{"name": str(number)} for number in range(70)]
    path = "/v2/connections/tables/t1/columns"
    paged(service, path, rows, size=33, cursor="nextPageToken", sent_as="pageToken", by_size="pageSize", total=False)
    async with opened() as client:
        assert await api.table_columns(client, "t1") == rows


async def test_the_other_dialects_cursor_goes_back_under_its_own_name(service, opened):
    paged(service, BOOKS, books(9), size=4, cursor="nextPageToken", sent_as="pageToken", by_size="limit")
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == books(9)


async def test_a_cursor_that_comes_twice_is_an_error(service, opened):
    async def first_page_for_ever(request, body):
        return JSONResponse({"entries": books(2), "nextPage": "50"})

    service.on("GET", BOOKS, first_page_for_ever)
    async with opened() as client:
        with pytest.raises(ServiceError) as caught:
            await api.list_documents(client, "workbook")
    assert caught.value.code == "paging_loop"
    assert service.sent(BOOKS) == 2


async def endless(service, opened, page):
    """How many pages are asked for of a listing whose page comes by its number, from 1, and never ends."""

    async def answer(request, body):
        return JSONResponse(page(service.sent(BOOKS)))

    service.on("GET", BOOKS, answer)
    async with opened() as client:
        with pytest.raises(ServiceError) as caught:
            await api.list_documents(client, "workbook")
    assert caught.value.code == "paging_loop"
    return service.sent(BOOKS)


async def test_cursors_that_take_turns_end_the_listing(service, opened):
    def page(number):
        return {"entries": books(2, number * 2), "nextPage": "ab"[number % 2]}

    assert await endless(service, opened, page) == 3


async def test_pages_without_entries_do_not_go_on_for_ever(service, opened):
    assert await endless(service, opened, lambda number: {"entries": [], "nextPage": str(number)}) == EMPTY_PAGES


async def test_the_same_entries_under_ever_new_cursors_end_the_listing(service, opened):
    def page(number):
        return {"entries": books(2), "nextPage": str(number)}

    assert await endless(service, opened, page) == 1 + STALE_PAGES


async def test_a_listing_far_beyond_its_own_total_ends(service, opened):
    def page(number):
        return {"entries": books(500, number * 500), "nextPage": str(number), "total": 200}

    assert await endless(service, opened, page) == (ENTRIES_BEYOND + 2 * 200) // 500 + 1


async def test_a_page_that_moved_meanwhile_is_no_loop(service, opened):
    """Two documents came in front while it was read, so the second page begins with what the first ended with."""
    pages = [
        {"entries": books(2), "nextPage": "2"},
        {"entries": books(2), "nextPage": "4"},
        {"entries": books(2, 2), "nextPage": None},
    ]
    service.on("GET", BOOKS, [JSONResponse(page) for page in pages])
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == [*books(2), *books(2), *books(2, 2)]


@pytest.mark.parametrize("cursor", ["x" * (CURSOR_LENGTH + 1), "a\nb", True, 1.5, {"at": 1}, ["1"]])
async def test_a_cursor_that_cannot_be_sent_back_is_an_odd_answer(service, opened, cursor):
    service.on("GET", BOOKS, JSONResponse({"entries": books(1), "nextPage": cursor}))
    async with opened() as client:
        with pytest.raises(ServiceError) as caught:
            await api.list_documents(client, "workbook")
    assert caught.value.code == "odd_answer"
    assert service.sent(BOOKS) == 1


ODD = [
    *("odd", 7, True, [books(1)], {}, {"name": "no id"}, {"workbookId": 7, "name": "x"}),
    *({"workbookId": "w9"}, {"workbookId": "w9", "name": ["x"]}, {"workbookId": "", "name": "x"}),
    *(
        {"workbookId": "..", "name": "x"},
        {"workbookId": "w" * 70_000, "name": "x"},
        {"workbookId": "a\nb", "name": "x"},
    ),
]


@pytest.mark.parametrize("entry", ODD, ids=lambda entry: str(entry)[:30])
async def test_an_entry_that_is_no_such_thing_is_told_with_its_place_or_ends_the_listing(service, opened, entry):
    service.on("GET", BOOKS, {"entries": [*books(2), entry, *books(1, 5)], "nextPage": None})
    odd = []
    async with opened() as client:
        assert await every(client, BOOKS, form=DOCUMENT["workbook"], odd=odd) == [*books(2), *books(1, 5)]
        assert [(problem.code, problem.path) for problem in odd] == [("odd_answer", BOOKS)]
        assert odd[0].message.startswith(f"org acme: GET {BOOKS}: entry 3 ")
        with pytest.raises(ServiceError) as caught:
            await api.list_documents(client, "workbook")
    assert caught.value.code == "odd_answer"
    assert caught.value.of_one
    assert "entry 3" in caught.value.message


HALF = {"name": "a\ud800b", "path": "\ud83d\ude00"}


def in_escapes(entry):
    """An answer that spells halves of characters, which the encoder of the framework refuses."""
    return Response(json.dumps({"entries": [entry]}), media_type="application/json")


async def test_half_a_character_in_a_name_ends_no_listing(service, opened, events):
    (book,) = books(1)
    service.on("GET", BOOKS, in_escapes({**book, **HALF}))
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == [{**book, "name": "a\ufffdb", "path": "\U0001f600"}]
    (told,) = [event.message for event in events if isinstance(event, Warned)]
    assert "half a character, read as U+FFFD, in so many entries: 1" in told


async def test_where_odd_entries_are_kept_apart_half_a_character_keeps_only_that_of_its_name_out(service, opened):
    (book,) = books(1)
    odd = []
    async with opened() as client:
        service.on("GET", BOOKS, in_escapes({**book, "path": "a\ud800b"}))
        assert await every(client, BOOKS, form=DOCUMENT["workbook"], odd=odd) == [{**book, "path": "a\ufffdb"}]
        assert odd == []
        service.on("GET", BOOKS, in_escapes({**book, **HALF}))
        assert await every(client, BOOKS, form=DOCUMENT["workbook"], odd=odd) == []
    assert "half of a character" in odd[0].message


FIELDS = {
    "latestVersion": ["12", 1.5, True, -1, 2**60, {"a": 1}],
    "url": [7, ["x"]],
    "createdBy": [{}],
    "isArchived": ["no", 0],
}


@pytest.mark.parametrize(("field", "value"), [(name, value) for name, values in FIELDS.items() for value in values])
async def test_a_field_of_another_type_counts_as_absent_and_is_told(service, opened, events, field, value):
    (book,) = books(1)
    service.on("GET", BOOKS, {"entries": [{**book, field: value, "ownerId": None, "later": [1]}], "nextPage": None})
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == [{**book, "later": [1]}]
    told = [event.message for event in events if isinstance(event, Warned) and event.code == "odd_answer"]
    assert [f"{field} of entry 1" in message for message in told] == [True]


async def test_however_many_fields_are_odd_the_warning_stays_one_line(service, opened, events):
    entries = [{**book, "url": 1} for book in books(500)]
    service.on("GET", BOOKS, {"entries": entries, "nextPage": None})
    async with opened() as client:
        await api.list_documents(client, "workbook")
    (told,) = [event.message for event in events if isinstance(event, Warned)]
    assert "url of entry 3 and 497 more" in told


async def test_a_bare_array_is_the_whole_listing_and_sources_are_asked_without_parameters(service, opened):
    service.on("GET", "/v2/workbooks/w1/sources", JSONResponse([{"type": "table", "inodeId": "i"}]))
    async with opened() as client:
        assert await api.sources(client, "workbook", "w1") == [{"type": "table", "inodeId": "i"}]
    assert service.log[-1][3].url.query == ""


@pytest.mark.parametrize("end", [None, "", False])
async def test_an_end_in_any_spelling(service, opened, end):
    service.on("GET", BOOKS, {"entries": books(1), "nextPage": end, "nextPageToken": end, "hasMore": False})
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == books(1)


async def test_a_total_that_differs_and_null_entries_are_said(service, opened, events):
    service.on("GET", BOOKS, {"entries": [*books(1), None], "nextPage": None, "total": 5})
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == books(1)
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
        shown = {"id": "f", "name": "F", "asked": request.query_params.getlist("typeFilters")}
        return JSONResponse({"entries": [shown], "nextPage": None})

    service.on("GET", "/v2/files", answer)
    async with opened() as client:
        found = await api.list_files(client, types=("folder", "workspace", "workbook"), parent_id="p", name="a/b&c")
        assert [entry["asked"] for entry in found] == [["folder", "workbook"], ["workspace"]]
        assert [entry["asked"] for entry in await api.list_files(client)] == [[]]
    asked = service.log[-2][3].query_params
    assert (asked["parentId"], asked["name"]) == ("p", "a/b&c")


async def test_a_total_of_nothing_is_a_total(service, opened, events):
    service.on("GET", BOOKS, [JSONResponse({"entries": books(2), "total": 0})])
    async with opened() as client:
        assert await api.list_documents(client, "workbook") == books(2)
    assert [event.code for event in events if isinstance(event, Warned)] == ["paging_total"]
