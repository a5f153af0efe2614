"""What rows hold many of: the same values packed as plain, for every reader, and a fraction of the memory."""

from __future__ import annotations

import sys
from dataclasses import replace

import orjson
import pytest
from pydantic import TypeAdapter

from migrate.check.model import Difference, Replaced, ReportRow
from migrate.check.packed import Packed, packed, unpacked
from migrate.report.scrub import TAKEN_OUT, clean
from migrate.report.tables import cell

DIFFERENCES = tuple(
    Difference(level="hash", path=f"$.elements[{at}].name", expected=f"Name {at}", found="", kind="lost")
    for at in range(30)
)
KEPT = packed(DIFFERENCES, lambda one: Difference(**one))
ROW = ReportRow(target="group", type="workbook", source_id="d", source_name="D", outcome="created")


def test_packed_values_read_like_plain_ones():
    assert KEPT == DIFFERENCES
    assert packed(list(DIFFERENCES), lambda one: Difference(**one)) == KEPT
    assert DIFFERENCES[1:] != KEPT
    assert hash(KEPT) == hash(DIFFERENCES)
    assert (len(KEPT), list(KEPT), KEPT[3], KEPT[-2:]) == (30, [*DIFFERENCES], DIFFERENCES[3], DIFFERENCES[-2:])
    assert DIFFERENCES[7] in KEPT
    assert repr(KEPT) == repr(DIFFERENCES)


def test_none_are_a_plain_nothing():
    assert packed(iter(()), str) == ()
    assert not packed((), str)


def test_memory_holds_bytes_and_no_values():
    assert isinstance(KEPT, Packed)
    size = sum(sys.getsizeof(getattr(KEPT, name)) for name in Packed.__slots__)
    assert size < 1_000 < sum(sys.getsizeof(one.path) for one in DIFFERENCES)


def test_a_row_says_the_same_in_files_and_comes_back_plain():
    row = replace(ROW, detail=KEPT, replaced=packed([Replaced(thing=1, count=2, places=("a",))], dict))
    plain = replace(row, detail=DIFFERENCES, replaced=(Replaced(thing=1, count=2, places=("a",)),))
    raw = orjson.dumps(row, unpacked)
    assert raw == orjson.dumps(plain)
    assert TypeAdapter(ReportRow).validate_json(raw) == plain
    assert cell(row.detail) == cell(plain.detail)
    with pytest.raises(TypeError):
        orjson.dumps({1j}, unpacked)


def test_secrets_are_taken_out_of_what_is_packed():
    assert clean(KEPT) is KEPT
    telling = packed([*DIFFERENCES, replace(DIFFERENCES[0], found="Bearer abcdefghij0123456789")], _difference)
    found = clean(telling)
    assert isinstance(found, Packed)
    assert (found[-1].found, found[:-1]) == (f"Bearer {TAKEN_OUT}", DIFFERENCES)


def _difference(one):
    return Difference(**one)
