"""The bundle for whoever helps: enough to help by, and nobody's names or secrets."""

from __future__ import annotations

import json
import zipfile

import orjson
import pytest
import yaml

from migrate.plan.schema import plan_schema
from migrate.report.redact import Digests
from migrate.report.support import log_shape, plan_shape, plan_words

SECRET = "planted-hunter2-secret"
TO = Digests(key=b"0" * 32)
WORDS = plan_words(plan_schema())


def parts(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_of_a_run_everything_is_told_but_names_and_secrets(desk):
    plan = desk.plan(rules=[{"name": SECRET, "replace": {"text": "North", "with": SECRET}}])
    done = desk.call("apply", plan, "--yes", "--log", "log.jsonl")
    assert done.returncode == 0, done.stderr
    with (desk.folder / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"event": "Warned", "code": "throttled", "message": SECRET, SECRET: 1}) + f"\n{SECRET}\n")
    done = desk.call("support", plan, "--events", "log.jsonl")
    assert done.returncode == 0, done.stderr
    found = parts(desk.folder / "support.zip")
    assert set(found) == {"versions.json", "plan.json", "report.json", "report.md", "log.jsonl"}
    names = [inode.name for org in desk.running.sandbox.world.orgs.values() for inode in org.inodes.values()]
    for name, content in found.items():
        for told in (SECRET, *desk.secrets, "127.0.0.1", "Group Warehouse", *(each for each in names if len(each) > 8)):
            assert told.encode() not in content, (name, told)
    shape = json.loads(found["plan.json"])
    assert (shape["version"], shape["run"]["concurrency"]) == (1, 8)
    assert shape["report"]["formats"] == ["json"]
    assert [event["event"] for event in map(json.loads, found["log.jsonl"].splitlines())][-2:] == ["Ended", "Warned"]
    assert json.loads(found["report.json"])["run"]["status"] == "complete"


def test_of_a_plan_that_is_wrong_the_places_are_told(desk):
    plan = desk.plan(selct={"include": [SECRET]})
    assert desk.call("support", plan, "-o", "out/help.zip").returncode == 0
    found = parts(desk.folder / "out" / "help.zip")
    told = json.loads(found["problems.json"])
    assert told[0]["code"] == "plan_unknown_key"
    assert told[0]["line"] > 1
    assert all(SECRET.encode() not in content and b"selct" not in content for content in found.values())


def test_a_run_that_is_not_there_is_told(desk):
    done = desk.call("support", desk.plan(), "--run", "20200101T000000Z-000000")
    assert done.returncode == 3
    assert "there is no run" in done.stderr


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("https://api.au.aws.sigmacomputing.com", True),
        ("https://api.example.com", False),
        ("overwrite", True),
        ("Overwrite", False),
        (4, True),
        (True, True),
        ("anna@example.com", False),
    ],
)
def test_what_stays_of_a_plan(value, kept):
    assert (plan_shape({"policy": {"drift": value}}, WORDS, TO) == {"policy": {"drift": value}}) is kept


def test_of_a_reference_the_scheme_stays():
    (org,) = plan_shape(yaml.safe_load("orgs: {acme: {credentials: 'env:ACME_KEY'}}"), WORDS, TO)["orgs"].items()
    assert org[0] == TO.name("acme")
    assert org[1] == {"credentials": f"env:{TO.name('ACME_KEY')}"}


def test_of_a_call_only_its_route_stays():
    line = {"event": "Sending", "method": "GET", "path": "/v2/workbooks/Anna's/schedules", "attempt": 1, "why": ["x"]}
    told = orjson.loads(log_shape(orjson.dumps(line), TO))
    person = TO.name("Anna's")
    assert told == {**line, "path": f"/v2/workbooks/{person}/schedules", "why": None}
