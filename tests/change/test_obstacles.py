"""What stops documents, grouped: each counts where it is stopped, and is freed where nothing else stops it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migrate.change.obstacles import Thing, obstacles_of, stopping
from migrate.inventory.model import Key

KEYS = tuple(Key(org="o", kind="workbook", id=str(number)) for number in range(8))
THINGS = tuple(Thing("code", f"thing {number}", "do it") for number in range(4))
STOPPED = st.dictionaries(
    st.sampled_from(THINGS), st.lists(st.sampled_from(KEYS), min_size=1, unique=True).map(dict.fromkeys), max_size=4
)
READS = st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(KEYS), max_size=3), max_size=8)


def reached(start, reads):
    """What waits for these, by asking again until nothing is new."""
    found = set(start)
    while more := {reader for reader, read in reads.items() if reader not in found and found & set(read)}:
        found |= more
    return found


@given(STOPPED, READS)
def test_sums_hold(stopped, reads):
    found = obstacles_of(stopped, reads, {})
    assert {one.message for one in found} == {thing.message for thing in stopped}
    by = stopping(found)
    for one in found:
        direct = set(stopped[Thing(one.code, one.message, one.fix)])
        assert set(one.direct) == direct
        assert {*one.direct, *one.behind} == reached(direct, reads)
        assert not direct & set(one.behind)
        assert set(one.frees) == {key for key in reached(direct, reads) if len(by[key]) == 1}
    assert [len(one.frees) for one in found] == sorted((len(one.frees) for one in found), reverse=True)
