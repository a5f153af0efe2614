"""What organizations refused, and answers of an odd shape, as faults by which a sandbox answers the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from migrate.bundle.spec import Spec
from migrate.kinds import KINDS
from migrate.rehearse.mirror_catalog import LOOKUP
from migrate.rehearse.mirror_documents import asked_for, opened
from migrate.rehearse.overheard import Question, Said, text
from migrate.sandbox.faults import Fault
from migrate.sandbox.org import Org
from migrate.sandbox.specs.present import present
from migrate.sigma.model import Answer
from migrate.tree import DEEPEST, Json, unportable

_VERIFY = frozenset(row.verify for row in KINDS.values() if row.enveloped)
_SPEC = re.compile(rf"({'|'.join(re.escape(row.root) for row in KINDS.values())})/([^/]+)(?:/spec)?")
_ROOTS = {row.root: row for row in KINDS.values()}


def refusals(org: Org, said: Said, *, source: bool) -> Iterator[Fault]:
    """A fault for every question that ``org`` would answer otherwise than what it is a copy of.

    Of a ``source``, which nobody writes to, documents are shown to the letter, whatever a sandbox makes of them.
    """
    for question, answer in said:
        if question.method == "PUT" or (answer.status == 404 and _natural(question, answer)):
            continue
        if answer.status >= 400:
            if question.place not in _VERIFY or answer.status in (403, 404):
                yield _refusal(org.alias, question, answer)
        elif _is_odd(said, question) or (source and _is_shown_otherwise(org, question, answer)):
            yield _as_it_came(org.alias, question, answer.tree)


def _natural(question: Question, answer: Answer) -> bool:
    """Whether a sandbox gives this 404 by itself: for a path that is not there, for calls that it does not know."""
    return LOOKUP.fullmatch(question.place) is not None or answer.shape == "empty"


def _refusal(alias: str, question: Question, answer: Answer) -> Fault:
    page = answer.tree is None
    return replace(
        _calls(alias, question),
        status=answer.status,
        as_html=page,
        code="" if page else text(answer.tree, "code"),
        message="" if page else text(answer.tree, "message"),
    )


def _as_it_came(alias: str, question: Question, tree: Json) -> Fault:
    """An answer to the letter; in place of one that cannot be written stands one as bad."""
    if unportable(tree) is not None:
        deep: Json = []
        for _ in range(DEEPEST + 1):
            deep = [deep]
        tree = {"contents": {"pages": deep}, "pages": deep}
    return replace(_calls(alias, question), action="mutate", into="value", value=tree)


def _of_contents(said: Said, question: Question) -> list[Spec | None]:
    """The specs in all that was answered about the contents of the document that a question asks for."""
    found = _SPEC.fullmatch(question.place)
    told = [*asked_for(said, _ROOTS[found[1]], found[2])] if found else []
    if not found or all(asked != question for asked, _ in told):
        return []
    return [opened(_ROOTS[found[1]], (asked, answer)) for asked, answer in told if answer.status < 400]


def _is_odd(said: Said, question: Question) -> bool:
    """Whether contents were asked for, and nothing that came is a spec of a known shape."""
    specs = _of_contents(said, question)
    return bool(specs) and all(spec is None for spec in specs)


def _is_shown_otherwise(org: Org, question: Question, answer: Answer) -> bool:
    """Whether a sandbox that holds a document shows other contents than those that were read."""
    found = _SPEC.fullmatch(question.place)
    inode = org.inodes.get(found[2]) if found else None
    if found is None or inode is None or not inode.versions:
        return False
    row = _ROOTS[found[1]]
    spec = opened(row, (question, answer))
    if spec is None:
        return False
    shown = opened(row, (question, replace(answer, tree=present(org, inode, inode.versions[-1], spec.generation))))
    return shown is None or shown.body != spec.body


def _calls(alias: str, question: Question) -> Fault:
    """A fault of all calls that ask this question."""
    body = question.body if question.place not in _VERIFY else None
    return Fault(
        action="status",
        org=alias,
        method=question.method,
        path=_exactly(question.place),
        query=_exactly(question.query) if question.params else "",
        body=_exactly(body.decode()) if body else "",
        count=0,
    )


def _exactly(words: str) -> str:
    """The regular expression of one text."""
    return f"^{re.escape(words)}$"
