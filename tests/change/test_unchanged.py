"""Which copies nobody need look at: one that stands as it was found good, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate.change.unchanged import needs_mark, unchanged
from migrate.inventory.model import Identity, Inventory, Item, Key
from migrate.ledger.model import Copy, Home, Look, Snapshot
from migrate.rewrite.model import Copied, ElementIds

HOME = Home(plan="p", source_org="o", target_org="t")
BOOK = Key(org="au", kind="workbook", id="book")
MODEL = Key(org="au", kind="data-model", id="model")
KEYS = (MODEL, BOOK)
IDS = {MODEL: Copied(id="copy-model", elements={"e": ElementIds(id="new-e")}), BOOK: Copied(id="copy-book")}


def listed(key, **more):
    item = Item(key=key, name=key.id, folder_id="f", path=("Shared",), version=3, reads=())
    return replace(item, **more)


class Night:
    """A night in which nothing happened, until something is made to happen."""

    def __init__(self):
        self.source = {key: listed(key) for key in KEYS}
        self.source[BOOK] = listed(BOOK, reads=("model",))
        self.there = {
            key: listed(Key(org="group", kind=key.kind, id=f"copy-{key.id}"), name=key.id, version=7) for key in KEYS
        }
        self.copies = {
            key: Copy(
                home=HOME,
                kind=key.kind,
                source_id=key.id,
                target_id=f"copy-{key.id}",
                name=key.id,
                folder_id="f",
                digest_sent=f"sent-{key.id}",
                digest_read="read",
                version_read=7,
                description="",
            )
            for key in KEYS
        }
        self.needed = {MODEL: (), BOOK: (MODEL,)}
        self.marks = {key: f"mark-{key.id}" for key in KEYS}
        self.ids = dict(IDS)
        self.looks = {
            key: Look(
                home=HOME,
                kind=key.kind,
                source_id=key.id,
                source_version=3,
                target_id=f"copy-{key.id}",
                digest_sent=f"sent-{key.id}",
                source=f"mark-{key.id}",
                needs=needs_mark(self.needed[key], IDS),
                ways="way",
                verdict="match",
                looked_at=f"2026-11-2{at}",
            )
            for at, key in enumerate(KEYS)
        }
        self.way = "way"

    def passed_by(self, share=0.0):
        found = unchanged(
            KEYS,
            {(key.kind, key.id): look for key, look in self.looks.items()},
            source=Inventory(org="au", identity=Identity(user_id="", organization_id="o"), items=self.source),
            dest=Inventory(
                org="group",
                identity=Identity(user_id="", organization_id="t"),
                items={item.key: item for item in self.there.values()},
            ),
            snapshot=Snapshot(home=HOME, copies={(key.kind, key.id): copy for key, copy in self.copies.items()}),
            marks=self.marks,
            needs=lambda look: self.needed[next(key for key in KEYS if key.id == look.source_id)],
            ids=self.ids,
            same_way=lambda look: look.ways == self.way,
            share=share,
        )
        return set(found.passed_by)


def change(part, key, **more):
    def happen(night):
        table = getattr(night, part)
        table[key] = replace(table[key], **more)

    return happen


def put(part, key, value):
    return lambda night: getattr(night, part).__setitem__(key, value)


HAPPENED = {
    "it was never looked at": lambda night: night.looks.pop(BOOK),
    "there is no copy": lambda night: night.copies.pop(BOOK),
    "the copy is another document": change("copies", BOOK, target_id="other"),
    "something else was sent since": change("copies", BOOK, digest_sent="other"),
    "the copy is gone": lambda night: night.there.pop(BOOK),
    "the copy is archived": change("there", BOOK, archived=True),
    "the copy was edited": change("there", BOOK, version=8),
    "nobody says the version of the copy": change("there", BOOK, version=0),
    "the copy was renamed": change("there", BOOK, name="other"),
    "the copy was moved": change("there", BOOK, folder_id="other"),
    "the copy was described": change("there", BOOK, description="by somebody"),
    "nobody knows what description was written": change("copies", BOOK, description=None),
    "it was not right": change("looks", BOOK, verdict="mismatch"),
    "it could not be checked": change("looks", BOOK, verdict="not_verifiable"),
    "the source is listed otherwise": put("marks", BOOK, "other"),
    "the list proves nothing": lambda night: night.marks.pop(BOOK),
    "what it needs has another copy": put("ids", MODEL, Copied(id="another")),
    "what it needs has other elements": put("ids", MODEL, Copied(id="copy-model")),
    "what it needs has no copy": lambda night: night.ids.pop(MODEL),
    "nobody knows what it needs": change("looks", BOOK, needs=""),
    "it would be rewritten otherwise": change("looks", BOOK, ways="other"),
}


def test_a_version_that_nobody_ever_said_proves_nothing():
    night = Night()
    change("there", BOOK, version=0)(night)
    change("copies", BOOK, version_read=0)(night)
    assert night.passed_by() == set()


def test_what_waits_for_a_copy_that_there_is_none_of_is_looked_at():
    night = Night()
    night.ids.pop(MODEL)
    change("looks", BOOK, needs="")(night)
    assert night.passed_by() == set()


def test_a_night_in_which_nothing_happened_passes_all_by():
    assert Night().passed_by() == set(KEYS)


@pytest.mark.parametrize("name", HAPPENED, ids=str)
def test_what_something_happened_to_is_looked_at_and_what_it_reads_with_it(name):
    night = Night()
    HAPPENED[name](night)
    assert night.passed_by() == set(), "rewriting the workbook needs the body of the model that it reads"


@pytest.mark.parametrize("verdict", ["match", "match_declared", "broken_in_source_too", "not_run"])
def test_what_was_found_good_or_was_not_asked_for_is_passed_by(verdict):
    night = Night()
    change("looks", BOOK, verdict=verdict)(night)
    assert night.passed_by() == set(KEYS)


def test_readers_of_a_model_that_is_looked_at_are_looked_at():
    night = Night()
    put("marks", MODEL, "other")(night)
    assert night.passed_by() == set()


def test_readers_of_readers_too():
    night = Night()
    night.needed[MODEL] = (BOOK,)  # a link back
    night.looks[MODEL] = replace(night.looks[MODEL], needs=needs_mark((BOOK,), IDS))
    put("marks", MODEL, "other")(night)
    assert night.passed_by() == set()


def test_a_sample_takes_what_was_not_looked_at_for_the_longest_time():
    night = Night()
    night.needed = {MODEL: (), BOOK: ()}
    night.source[BOOK] = listed(BOOK)
    night.looks[BOOK] = replace(night.looks[BOOK], needs=needs_mark((), IDS))
    assert night.passed_by(share=0.5) == {BOOK}
    night.looks[MODEL] = replace(night.looks[MODEL], looked_at="2026-12-01")
    assert night.passed_by(share=0.5) == {MODEL}
    assert night.passed_by(share=1.0) == set()
    assert len(night.passed_by(share=0.01)) == 1, "however small the share, one is looked at"
