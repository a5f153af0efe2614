"""Element ids of data models: as many as there are, and none of them in memory before it is asked for."""

import tracemalloc

import pytest

from migrate.ledger.book import open_book
from migrate.ledger.model import Copy, Home
from migrate.rewrite.model import ElementIds

HOME = Home(plan="acme", source_org="north", target_org="group")
MODELS = 20


def elements(number):
    """The ids of 40 elements with 25 columns each, about 50 KB of text."""
    return {
        f"element-{at}": ElementIds(
            id=f"new-{number}-{at}",
            columns={f"column-{at}-{column}": f"new-{number}-{at}-{column}" for column in range(25)},
            metrics={"m": "n"},
        )
        for at in range(40)
    }


def copy(number, ids):
    return Copy(
        home=HOME,
        kind="data-model",
        source_id=f"m{number}",
        target_id=f"t{number}",
        name="n",
        folder_id="f",
        digest_sent="s",
        digest_read="r",
        version_read=1,
        elements=ids,
    )


@pytest.fixture
def filled(tmp_path):
    url = f"sqlite:///{tmp_path}/state.db"
    with open_book(url) as book:
        for number in range(MODELS):
            book.adopt(copy(number, elements(number)))
        book.adopt(copy(MODELS, {}))
    return url


def test_copies_are_known_without_their_elements_in_memory(filled):
    with open_book(filled) as book:
        book.copies(HOME)  # what is loaded once whatever is read
        tracemalloc.start()
        known = book.copies(HOME)
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(known) == MODELS + 1
        assert held < MODELS * 6_000
        by_id = {one.source_id: one for one in known}
        for number in reversed(range(MODELS)):
            assert by_id[f"m{number}"].elements == elements(number)
        assert by_id[f"m{MODELS}"].elements == {}


def test_elements_outlive_the_ledger_they_were_read_from(filled):
    with open_book(filled) as book:
        found = book.copy(HOME, "data-model", "m3").elements
    assert (found["element-7"], "element-7" in found, len(found)) == (elements(3)["element-7"], True, 40)
    assert found.get("element-99") is None
    assert list(found) == list(elements(3))


def test_what_is_shelved_is_what_is_written(filled):
    with open_book(filled) as book:
        shelved = book.shelved(elements(1))
        book.adopt(copy(99, shelved))
        assert book.copy(HOME, "data-model", "m99").elements == elements(1) == shelved
