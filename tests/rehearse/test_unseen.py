"""What a rehearsal still asks an organization, because a run asked its local copy and nobody asked it before."""

from __future__ import annotations

import orjson

from migrate.rehearse.overheard import Overheard
from migrate.rehearse.unseen import unasked
from migrate.sigma.model import Answer, Ask

HERE = "/v2/workbooks/w1/sources"


def answered(*asked):
    """What one organization said: (method, path, body of the question, tree of the answer)."""
    heard = Overheard()
    for method, path, body, tree in asked:
        ask = Ask(method=method, path=path, body=orjson.dumps(body) if body else None)
        heard.hear("target", ask, Answer(status=200, tree=tree, shape="json"))
    return heard.of("target")


def test_what_a_copy_alone_was_asked_is_asked_of_the_organization():
    copy = answered(
        ("GET", HERE, None, []),
        ("GET", "/v2/files/f1", None, {}),
        ("GET", "/v2/files/00000000-0000-0000-0000-000000000000", None, {}),
        ("GET", "/v2/members", None, []),
        ("GET", "/v2/dataModels/m1/spec", None, {}),
    )
    here = answered(("GET", "/v2/files/f1", None, {}))
    assert [one.path for one in unasked(copy, here)] == [HERE, "/v2/dataModels/m1/spec"]


def test_the_columns_of_each_table_that_was_found_are_asked_for_once():
    paths = {"t1": ["DW", "A"], "t2": ["DW", "B"], "s": ["DW"]}
    found = [
        (
            "POST",
            "/v2/connection/c1/lookup",
            {"path": path},
            {"inodeId": table, "kind": "scope" if table == "s" else "table"},
        )
        for table, path in paths.items()
    ]
    here = answered(*found, ("GET", "/v2/connections/tables/t1/columns", None, []))
    assert [one.path for one in unasked(answered(), here)] == ["/v2/connections/tables/t2/columns"]


def test_what_is_asked_of_copies_is_kept_without_the_bodies_of_documents():
    asked = Overheard(bodies=False)
    ask = Ask(method="GET", path="/v2/dataModels/m1/spec")
    asked.hear("target", ask, Answer(status=200, tree={"large": "body"}, shape="json"))
    [(question, answer)] = asked.of("target")
    assert (question.path, answer.status, answer.tree) == (ask.path, 200, None)
