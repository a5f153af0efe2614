"""What organizations answered, as it came: by alias and by what was asked, refusals among it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from urllib.parse import unquote, urlencode

import orjson

from migrate.sigma.model import WHOAMI_PATH, Answer, Ask, Params
from migrate.tree import Json

_PAGES = frozenset({"page", "pageToken"})
_PASSING = frozenset({401, 408, 429})
"""Statuses that say nothing of what was asked for, but of the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked: without credentials, and without where it was asked."""

    method: str
    path: str
    params: Params = ()
    body: bytes | None = None

    @property
    def place(self) -> str:
        """The path as a server reads it."""
        return unquote(self.path)

    @property
    def query(self) -> str:
        """The parameters as they go over the wire."""
        return urlencode(self.params)

    @property
    def whole(self) -> bool:
        """Whether it asks for no later page of a list."""
        return not any(name in _PAGES for name, _ in self.params)

    @property
    def json(self) -> Json:
        """The tree of its body; None where it has none."""
        return orjson.loads(self.body) if self.body else None


Told: TypeAlias = tuple[Question, Answer]


class Said:
    """What one organization answered, in the order in which it was first asked."""

    def __init__(self, answers: Mapping[Question, Answer]) -> None:
        self.answers = answers
        self._by_place: dict[str, list[Told]] = {}
        for question, answer in answers.items():
            self._by_place.setdefault(question.place, []).append((question, answer))

    def at(self, place: str) -> Sequence[Told]:
        """What was asked at a path, and answered."""
        return self._by_place.get(place, ())

    @property
    def places(self) -> Iterator[str]:
        """Every path that was asked."""
        return iter(self._by_place)

    def __iter__(self) -> Iterator[Told]:
        return iter(self.answers.items())


@dataclass(slots=True, kw_only=True)
class Overheard:
    """Everything that organizations answered; the last answer to a question counts.

    With ``bodies`` False only what was asked is kept, and how it ended: the bodies of all documents are a lot.
    """

    bodies: bool = True
    said: dict[str, dict[Question, Answer]] = field(default_factory=dict)

    def hear(self, org: str, ask: Ask, answer: Answer) -> None:
        """Keeps an answer, unless it is about the moment or may be that of a write."""
        question = Question(method=ask.method, path=ask.path, params=ask.params, body=ask.body)
        self.said.setdefault(org, {})
        if not ask.writes and answer.status not in _PASSING:
            self.said[org][question] = answer if self.bodies else replace(answer, tree=None)

    def of(self, org: str) -> Said:
        """What one organization answered so far."""
        return Said(dict(self.said.get(org, {})))


def entries(told: Iterable[Told]) -> Iterator[dict[str, Json]]:
    """The entries of all pages of a list, as they came; those that are no objects are left out."""
    for question, answer in told:
        if question.method == "GET" and answer.ok:
            tree = answer.tree.get("entries") if isinstance(answer.tree, dict) else answer.tree
            yield from (entry for entry in tree if isinstance(entry, dict)) if isinstance(tree, list) else ()


def listed(said: Said, place: str) -> bool:
    """Whether the list at a path was given."""
    return any(question.method == "GET" and answer.ok for question, answer in said.at(place))


def whoami(said: Said) -> dict[str, Json]:
    """Who the credentials were found to be."""
    answers = (answer.tree for _, answer in said.at(WHOAMI_PATH))
    return next((tree for tree in answers if isinstance(tree, dict)), {})


def text(entry: Json, key: str) -> str:
    """A text of an object; empty where there is none."""
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""
