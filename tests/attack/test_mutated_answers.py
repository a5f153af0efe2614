"""Answers with a field, an entry or the whole of another kind, over every endpoint: one row or one sentence each."""

from __future__ import annotations

import re
from contextlib import suppress

import anyio
import httpx
import orjson
import pytest

from kit.attacks import Asked, Listening, copying, fault_on, judged, kinds, places, run, share, tell

pytestmark = [pytest.mark.attack, pytest.mark.timeout(3600)]

LONG = "x" * 70_000
DEEP = orjson.loads("[" * 240 + "]" * 240)
INTO = [
    *({"into": into} for into in ("drop", "null", "text", "number", "boolean", "list", "object")),
    *(
        {"into": "value", "value": value}
        for value in ("", "..", LONG, DEEP, -1, 2**63, 1.5, ["x"], [None], [[]], "a\n\x1b")
    ),
]
DEPTH = 4


def undisturbed(folder):
    """Every kind of request of a run with the tree that answers it."""
    stage = copying(folder)
    trees = {}

    def transport(url):
        def keep(request, response):
            with suppress(ValueError):
                trees.setdefault((url, request.method, request.url.path), orjson.loads(response.content))

        return Listening(httpx.ASGITransport(app=stage.apps[url.rstrip("/")]), keep)

    async def go():
        return await stage.run(stage.small_plan(), transport=transport)

    assert anyio.run(go).exit_code == 0
    return stage, trees


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """(kind of request, place, what it becomes), each once."""
    stage, trees = undisturbed(tmp_path_factory.mktemp("attack") / "before")
    found = []
    for asked in kinds(stage):
        shown = [tree for (_, method, path), tree in trees.items() if fits(asked, method, path)]
        spots = dict.fromkeys(place for tree in shown for place in places(tree, DEPTH))
        found += [(asked, place, into) for place in spots for into in INTO]
    return found


def fits(asked: Asked, method, path):
    return asked.method == method and re.search(asked.path, path) is not None


@pytest.mark.parametrize("part", range(4))
def test_no_mutated_answer_ends_a_run_as_a_bug(cases, tmp_path, record_property, part):
    tried = share(cases, 160)[part::4]
    through = []
    for number, (asked, place, into) in enumerate(tried):
        stage = copying(tmp_path / str(number))
        stage.sandbox.faults.add(fault_on(asked, action="mutate", at=place, **into))
        why = judged(stage, run(stage))
        if why:
            through.append(f"{asked.org} {asked.method} {asked.path} at {place!r} {str(into)[:60]}: {why}")
    tell(record_property, "mutated answers", len(tried), through)
