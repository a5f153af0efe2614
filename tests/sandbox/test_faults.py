"""Faults: which calls they strike, and what they do in process and on real sockets."""

import gzip
import os
import signal
import subprocess
import sys
from email.utils import parsedate_to_datetime

import httpx
import pytest

from migrate.sandbox.answers import ApiError
from migrate.sandbox.faults import Fault, Faults, fault_from


def struck(faults, *calls):
    return [[fault.action for fault in faults.strike(*call, b"")] for call in calls]


GET = ("north", "GET", "/v2/workbooks")
POST = ("north", "POST", "/v2/workbooks/spec")


def test_a_fault_strikes_by_organization_method_path_and_body():
    faults = Faults()
    faults.add(Fault(action="reset", org="north", method="post", path=r"/spec$", body="Orders", count=0))
    assert faults.strike("north", "POST", "/v2/workbooks/spec", b'{"name":"Orders"}')
    assert not faults.strike("south", "POST", "/v2/workbooks/spec", b'{"name":"Orders"}')
    assert not faults.strike("north", "PUT", "/v2/workbooks/spec", b'{"name":"Orders"}')
    assert not faults.strike("north", "POST", "/v2/workbooks", b'{"name":"Orders"}')
    assert not faults.strike("north", "POST", "/v2/workbooks/spec", b'{"name":"Sales"}')


def test_a_fault_strikes_by_what_stands_after_the_question_mark():
    faults = Faults()
    faults.add(Fault(action="reset", query="^includeContents=true$", count=0))
    assert faults.strike(*GET, b"", "includeContents=true")
    assert not faults.strike(*GET, b"", "limit=10&includeContents=true")
    assert not faults.strike(*GET, b"")


def test_a_fault_strikes_the_nth_call_and_so_many_more():
    faults = Faults()
    faults.add(Fault(action="reset", method="GET", nth=2, count=2))
    assert struck(faults, GET, POST, GET, GET, GET) == [[], [], ["reset"], ["reset"], []]
    assert faults.dump()[0]["seen"] == 4
    assert faults.dump()[0]["struck"] == 2


def test_chance_is_seeded():
    def pattern(seed):
        faults = Faults()
        faults.add(Fault(action="reset", probability=0.4, seed=seed, count=0))
        return [bool(faults.strike(*GET, b"")) for _ in range(200)]

    assert pattern(1) == pattern(1)
    assert pattern(1) != pattern(2)
    assert 50 < sum(pattern(1)) < 110


def test_faults_can_be_taken_away():
    faults = Faults()
    name = faults.add(Fault(action="reset", count=0))
    assert faults.remove(name)
    assert not faults.remove(name)
    faults.add(Fault(action="reset", count=0))
    faults.clear()
    assert struck(faults, GET) == [[]]


@pytest.mark.parametrize(
    "tree",
    [
        [],
        {},
        {"action": "explode"},
        {"action": "reset", "paths": "x"},
        {"action": "reset", "path": "["},
        {"action": "reset", "nth": "1"},
        {"action": "reset", "effect": 1},
        {"action": "mutate", "into": "nonsense"},
        {"action": "mutate", "into": 7},
        {"action": "endless", "cursor": ""},
        {"action": "flood", "size": "1"},
        {"action": "reset", "query": "("},
    ],
)
def test_a_wrong_fault_is_refused(tree):
    with pytest.raises(ApiError):
        fault_from(tree)


NEW = {"type": "folder", "name": "New", "parentId": "11111111-1111-4111-8111-111111111111"}


def folders(org):
    return [inode for inode in org.inodes.values() if inode.name == "New"]


@pytest.mark.parametrize(
    ("fault", "error", "done"),
    [
        (Fault(action="lose_answer", method="POST"), httpx.ReadError, 1),
        (Fault(action="lose_answer", method="POST", drop=False), httpx.ReadError, 1),
        (Fault(action="reset", method="POST"), httpx.ReadError, 0),
        (Fault(action="truncate", method="POST"), httpx.RemoteProtocolError, 1),
    ],
)
def test_lost_connections_in_process(talk, fault, error, done):
    talk.sign_in().sandbox.faults.add(fault)
    with pytest.raises(error):
        talk("POST", "/v2/files", NEW)
    assert len(folders(talk.org)) == done
    entry = talk.sandbox.evidence.entries[-1]
    assert (entry.fault, entry.wrote, len(entry.created)) == (fault.action, bool(done), done)
    assert talk("POST", "/v2/files", NEW).status_code == 200


@pytest.mark.parametrize(
    ("fault", "error", "done"),
    [
        (Fault(action="lose_answer", org="north", method="POST"), httpx.RemoteProtocolError, 1),
        (Fault(action="lose_answer", org="north", method="POST", drop=False), httpx.ReadTimeout, 1),
        (Fault(action="reset", org="north", method="POST"), httpx.ReadError, 0),
        (Fault(action="truncate", org="north", method="POST"), httpx.RemoteProtocolError, 1),
        (Fault(action="slow", org="north", method="POST", seconds=20), httpx.ReadTimeout, 1),
        (Fault(action="delay", org="north", method="POST", seconds=20), httpx.ReadTimeout, 0),
    ],
)
def test_lost_connections_on_sockets(running, http, fault, error, done):
    running.sandbox.faults.add(fault)
    with pytest.raises(error):
        http.post("/v2/files", json=NEW, timeout=0.5)
    assert len(folders(running.sandbox.world.orgs["north"])) == done
    assert http.get("/v2/whoami").status_code == 200


def test_a_slow_body_arrives_whole(running, http):
    running.sandbox.faults.add(Fault(action="slow", path="/v2/files$", seconds=0.2))
    assert http.get("/v2/files").json()["total"] == 5


@pytest.mark.parametrize(("effect", "done"), [(False, 0), (True, 1)])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_before_and_after_the_effect(talk, status, effect, done):
    talk.sign_in().sandbox.faults.add(Fault(action="status", status=status, effect=effect, method="POST"))
    answer = talk("POST", "/v2/files", NEW)
    assert answer.status_code == status
    assert set(answer.json()) == {"requestId", "code", "message"}
    assert len(folders(talk.org)) == done
    assert talk("POST", "/v2/files", NEW).status_code == 200


def test_a_refusal_has_the_words_that_it_is_given(talk):
    fault = Fault(action="status", path="/v2/files$", status=409, code="inode_archived", message="Put away")
    talk.sign_in().sandbox.faults.add(fault)
    answer = talk("GET", "/v2/files")
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (409, "inode_archived", "Put away")


def test_a_500_can_be_permanent(talk, ids):
    path = f"/v2/files/{ids['book']}"
    talk.sign_in().sandbox.faults.add(Fault(action="status", status=500, path=path, count=0))
    answers = [talk("GET", path) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [500] * 4
    assert "incident-id=" in answers[0].json()["message"]


def test_html_where_json_was_asked_for(talk):
    talk.sign_in().sandbox.faults.add(Fault(action="status", status=200, as_html=True, retry_after="7"))
    answer = talk("GET", "/v2/workbooks")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["retry-after"] == "7"


def test_a_token_expires_in_the_middle(talk):
    talk.sign_in().sandbox.faults.add(Fault(action="expire"))
    assert talk("GET", "/v2/whoami").status_code == 401
    assert talk("GET", "/v2/whoami").status_code == 401
    assert talk.sign_in()("GET", "/v2/whoami").status_code == 200


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ({"what": "edit", "name": "By hand"}, lambda inode: inode.versions[-1].body["pages"][0]["name"] == "By hand"),
        ({"what": "rename", "name": "By hand"}, lambda inode: inode.name == "By hand"),
        ({"what": "move", "parent": "11111111-1111-4111-8111-111111111111"}, lambda inode: inode.parent_id[0] == "1"),
        ({"what": "delete"}, lambda inode: inode.archived),
    ],
)
def test_a_person_acts_in_the_middle_of_a_run(talk, ids, fault, seen):
    talk.sign_in().sandbox.faults.add(Fault(action="person", path=f"/v2/workbooks/{ids['book']}", nth=2, **fault))
    inode = talk.org.inodes[ids["book"]]
    old = inode.versions[0].body
    talk("GET", f"/v2/workbooks/{ids['book']}")
    assert not seen(inode)
    talk("GET", f"/v2/workbooks/{ids['book']}")
    assert seen(inode)
    assert inode.updated_by == ids["viewer"]
    assert inode.versions[0].body is old
    assert old["pages"][0]["name"] == "on"


def test_a_persons_edit_is_a_version_conflict(talk, ids, model_body):
    path = f"/v2/dataModels/{ids['model']}/spec"
    talk.sign_in().sandbox.faults.add(Fault(action="person", method="PUT"))
    assert talk("PUT", path, {**model_body, "documentVersion": 1}).status_code == 409


def test_a_person_who_finds_nothing_is_noted(talk):
    talk.sign_in().sandbox.faults.add(Fault(action="person", inode="none"))
    assert talk("GET", "/v2/whoami").status_code == 200
    assert "No matching record" in talk.sandbox.evidence.entries[-1].trouble


@pytest.mark.parametrize(("effect", "done"), [(False, 1), (True, 1)])
def test_a_process_is_killed(talk, effect, done):
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        talk.sign_in().sandbox.faults.add(Fault(action="kill", pid=victim.pid, effect=effect, method="POST"))
        talk("POST", "/v2/files", NEW)
        assert victim.wait(10) == -signal.SIGKILL
        assert len(folders(talk.org)) == done
    finally:
        victim.kill()
        victim.wait()


@pytest.mark.parametrize("pid", [0, 1, -1, os.getpid()], ids=["group", "init", "everybody", "itself"])
def test_some_processes_are_not_killed(pid):
    with pytest.raises(ApiError):
        fault_from({"action": "kill", "pid": pid})


def mutate(talk, path, **fault):
    talk.sign_in().sandbox.faults.add(fault_from({"action": "mutate", "path": path, **fault}))


@pytest.mark.parametrize(
    ("into", "left"),
    [
        ("drop", "gone"),
        ("null", None),
        ("text", "seven"),
        ("number", 7),
        ("boolean", True),
        ("list", []),
        ("object", {}),
        ("other", 7),
    ],
)
def test_a_field_of_one_entry_is_another(talk, into, left):
    whole = talk.get("/v2/files")
    mutate(talk, "/v2/files$", at="entries/1/name", into=into)
    broken = talk.get("/v2/files")
    assert broken["entries"][1].pop("name", "gone") == left
    del whole["entries"][1]["name"]
    assert broken == whole
    assert "name" in talk.get("/v2/files")["entries"][1]


def test_a_field_of_every_entry_is_another(talk):
    mutate(talk, "/v2/files$", at="entries/*/id", into="value", value=["deep", {"er": 1}])
    assert [entry["id"] for entry in talk.get("/v2/files")["entries"]] == [["deep", {"er": 1}]] * 5


@pytest.mark.parametrize(("at", "into", "left"), [("", "list", b"[]"), ("", "null", b"null"), ("", "drop", b"")])
def test_a_whole_answer_is_another(talk, at, into, left):
    mutate(talk, "whoami", at=at, into=into)
    answer = talk("GET", "/v2/whoami")
    assert (answer.status_code, answer.content) == (200, left)


def test_an_entry_is_dropped_or_exchanged(talk):
    names = [entry["name"] for entry in talk.get("/v2/files")["entries"]]
    mutate(talk, "/v2/files$", at="entries/-1", into="drop")
    assert [entry["name"] for entry in talk.get("/v2/files")["entries"]] == names[:-1]
    mutate(talk, "/v2/files$", at="entries/0", into="other")
    assert isinstance(talk.get("/v2/files")["entries"][0], list)


def test_yaml_is_changed_as_yaml(talk, ids):
    mutate(talk, "/spec$", at="pages/0/name", into="number")
    answer = talk("GET", f"/v2/dataModels/{ids['model']}/spec", headers={"Accept": "application/yaml"})
    assert "yaml" in answer.headers["content-type"]
    assert "name: 7\n" in answer.text


@pytest.mark.parametrize("at", ["entries/9/name", "nothing", "entries/*/nothing", "entries/x", "total/deeper"])
def test_a_change_that_finds_nothing_is_noted(talk, at):
    whole = talk.get("/v2/files")
    mutate(talk, "/v2/files$", at=at)
    assert talk.get("/v2/files") == whole
    assert "nothing to change" in talk.sandbox.evidence.entries[-1].trouble


def cursors(talk, path, sent, key, turns=5):
    found, query = [], {}
    for _ in range(turns):
        found.append(talk.get(path, **query)[key])
        query = {sent: found[-1]}
    return found


@pytest.mark.parametrize(
    ("cursor", "how_many", "turns_back"), [("alternate", 2, True), ("same", 1, True), ("fresh", 5, False)]
)
@pytest.mark.parametrize(
    ("path", "sent", "key"),
    [("/v2/workbooks", "page", "nextPage"), ("/v2/plugins", "pageToken", "nextPageToken")],
    ids=["page", "token"],
)
def test_a_list_never_ends(talk, path, sent, key, cursor, how_many, turns_back):
    talk.sign_in().sandbox.faults.add(Fault(action="endless", count=0, cursor=cursor))
    found = cursors(talk, path, sent, key)
    assert len(set(found)) == how_many
    assert (found[0] == found[2]) is turns_back


def test_what_is_no_list_has_no_end_to_lose(talk):
    talk.sign_in().sandbox.faults.add(Fault(action="endless"))
    assert "userId" in talk.get("/v2/whoami")
    assert "nothing to change" in talk.sandbox.evidence.entries[-1].trouble


def test_a_flood_ends_when_the_client_has_enough(running, http):
    running.sandbox.faults.add(Fault(action="flood", path="whoami", size=1 << 40))
    with http.stream("GET", "/v2/whoami") as answer:
        assert "content-length" not in answer.headers
        read = 0
        for part in answer.iter_raw():
            read += len(part)
            if read > 4 << 20:
                break
    assert http.get("/v2/whoami").status_code == 200


@pytest.mark.parametrize("size", [0, 1000, (3 << 20) + 17])
def test_a_flood_is_as_long_as_said(running, http, size):
    running.sandbox.faults.add(Fault(action="flood", path="whoami", size=size))
    answer = http.get("/v2/whoami")
    assert len(answer.content) == max(size, 30)
    assert set(answer.json()) == {"entries", "filling"}


def test_a_packed_flood_is_small_on_the_wire(running, http):
    running.sandbox.faults.add(Fault(action="flood", path="whoami", size=5 << 20, coding="gzip"))
    with http.stream("GET", "/v2/whoami") as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert len(raw) < (5 << 20) / 500
    assert len(gzip.decompress(raw)) == 5 << 20


@pytest.mark.parametrize("seconds", [7200, -7200])
def test_a_date_is_off(talk, clock, seconds):
    right = talk("GET", "/v2/whoami").headers["date"]
    talk.sandbox.faults.add(Fault(action="date", seconds=seconds))
    off = talk("GET", "/v2/whoami").headers["date"]
    assert (parsedate_to_datetime(off) - parsedate_to_datetime(right)).total_seconds() == seconds
    assert talk("GET", "/v2/whoami").headers["date"] == right


def test_a_date_is_nonsense(talk):
    talk.sign_in().sandbox.faults.add(Fault(action="date", message="yesterday"))
    assert talk("GET", "/v2/whoami").headers["date"] == "yesterday"


@pytest.mark.parametrize(("effect", "first"), [(False, 401), (True, 200)])
def test_credentials_are_revoked_in_the_middle(talk, effect, first):
    refresh = talk.mint().json()["refresh_token"]
    talk.sign_in().sandbox.faults.add(Fault(action="revoke", path="whoami", effect=effect))
    assert talk("GET", "/v2/whoami").status_code == first
    assert talk("GET", "/v2/workbooks").status_code == 401
    assert talk.mint("north-id", "north-secret").status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert talk.raw("POST", "/v2/auth/token", data=form).status_code == 400
    assert talk.mint("north-viewer", "viewer-secret").status_code == 200


def test_the_clock_can_be_ahead(talk, clock, ids):
    talk.org.switches.clock_skew_seconds = 3600
    answer = talk("POST", "/v2/files", NEW)
    ahead = answer.json()["createdAt"]
    talk.org.switches.clock_skew_seconds = 0
    behind = talk("POST", "/v2/files", NEW)
    assert ahead[:13] != behind.json()["createdAt"][:13]
    assert answer.headers["date"] != behind.headers["date"]
