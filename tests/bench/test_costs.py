"""What the program costs: in every run of the tests a small size of the table of ``make bench``, its counts alone."""

from __future__ import annotations

import pytest

from kit.costs import ROUNDS, copied, costs, counts, reports, starting, table, waiting


def test_the_counts_of_a_small_copy(tmp_path):
    small, large = (copied(size, tmp_path / str(size), night=size > 6) for size in (6, 22))
    assert (small.took.code, large.took.code) == (0, 0), large.said
    rows = counts(small, large)
    above = [row.what for row in rows if not row.within]
    assert above == [], table(rows)
    assert len(large.first) > len(small.first) > len(large.quiet) > 0


@pytest.mark.bench
@pytest.mark.timeout(900)  # a machine that others work on takes its time
def test_the_whole_table(tmp_path, request, capsys, benchmark):
    """With ``make bench`` all of it; by itself one start of each command, so that it cannot rot."""
    if not request.config.getoption("benchmark_only"):
        assert "--help" in table(benchmark.pedantic(starting, (tmp_path, 1)))
        return
    small = copied(60, tmp_path / "small", night=False)
    large = benchmark.pedantic(copied, (260, tmp_path / "large"), {"rounds": ROUNDS})
    far = copied(500, tmp_path / "far", night=False, rounds=1, delay=0.05, width=16)
    rows = [*counts(small, large), *costs(small, large), *waiting(far), *starting(tmp_path, rounds=9)]
    rows += reports(small.run, 10_000)
    with capsys.disabled():
        print(f"\n{table(rows)}")
