"""Bodies on disk: each comes back as it was put, once, and few are in memory."""

from __future__ import annotations

import os
import re
import resource
import tempfile

import pytest

from migrate.bundle.spec import Spec
from migrate.bundle.spool import KEPT_BYTES, Shelf, Spool
from migrate.errors import FileError
from migrate.inventory.model import Key
from migrate.tree import digest


def body(number, size=10):
    return {"z": number, "a": [1.5, None, True, "ü"], "fill": "x" * size}


def test_a_tree_comes_back_with_its_keys_in_their_order():
    with Spool() as spool:
        name = spool.put(body(1))
        assert name == digest(body(1))
        assert spool.get(name) == body(1)
        assert list(spool.get(name)) == ["z", "a", "fill"]


def test_what_is_the_same_is_kept_once():
    with Spool() as spool:
        spool.put(body(1, 10_000))
        size = spool.size
        assert spool.put(dict(reversed(body(1, 10_000).items()))) == digest(body(1, 10_000))
        assert spool.size == size
        assert 0 < size < 1_000, "it is compressed"


def test_nothing_of_it_has_a_name(tmp_path):
    with Spool(tmp_path) as spool:
        spool.put(body(1))
        assert list(tmp_path.iterdir()) == []


def test_few_trees_are_kept_in_memory_and_all_are_found():
    size = KEPT_BYTES // 10
    with Spool() as spool:
        names = [spool.put(body(number, size)) for number in range(40)]
        for number, name in enumerate(names):
            assert spool.get(name) == body(number, size)
        assert spool.kept <= KEPT_BYTES
        assert spool.get(names[0]) == body(0, size)
        assert spool.get(names[0]) is spool.get(names[0]), "what was asked for last is at hand"


def test_what_is_read_once_is_not_kept():
    with Spool() as spool:
        name = spool.put(body(1))
        assert spool.get_once(name) == body(1)
        assert spool.kept == 0
        assert spool.get(name) == body(1)
        assert spool.kept > 0


def test_what_was_never_put_is_not_found():
    with Spool() as spool, pytest.raises(KeyError):
        spool.get("0" * 64)


def test_a_full_disk_is_said_to_be_full():
    with Spool(most=0) as spool:
        name = spool.put(body(1))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (spool.size + 10, hard))
        try:
            for size in (200_000, 500):
                with pytest.raises(FileError, match=re.escape(f"below {tempfile.gettempdir()}, cannot be written")):
                    spool.put({"noise": os.urandom(size).hex()})
                assert spool.get(name) == body(1), "what is there can still be read"
            with Spool() as other, pytest.raises(FileError):
                other.put({"noise": os.urandom(200_000).hex()})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert spool.get(spool.put(body(2))) == body(2)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(FileError, match="nowhere") as caught:
        Spool(tmp_path / "nowhere")
    assert caught.value.code


def test_a_shelf_gives_specs_as_they_were():
    key = Key(org="north", kind="workbook", id="w1")
    spec = Spec(key=key, generation="contents", name="Sales", folder_id="f", body=body(1), server={"url": "u"})
    with Spool() as spool:
        shelf = Shelf(spool, {key: spec})
        assert shelf[key] == spec
        assert shelf.digest(key) == spec.digest
        assert (list(shelf), len(shelf), key in shelf) == ([key], 1, True)
        del shelf[key]
        assert key not in shelf
