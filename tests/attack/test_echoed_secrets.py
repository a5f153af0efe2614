"""Whatever holds a secret of the run, and however it is spelled: nothing that is printed, logged or written does."""

from __future__ import annotations

import base64
import html
import json
import os
import subprocess
import sys
import zipfile
from urllib.parse import quote

import pytest
import yaml

from kit.attacks import FULL, plan_tree, small_world, tell
from migrate.sandbox.server import environment, serve
from migrate.secret import Ring, environment_secrets

pytestmark = [pytest.mark.attack, pytest.mark.timeout(3600)]

SPELLINGS = {
    "plain": str,
    "in a sentence": "why not use {}, said Ann".format,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 after one": lambda text: base64.b64encode(b"x" + text.encode() + b"yz").decode(),
    "base64 after two": lambda text: base64.urlsafe_b64encode(b"ab" + text.encode() + b"?").decode(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "query": lambda text: f"https://x.example/?t={quote(text)}",
    "capitals": str.upper,
    "cut off": lambda text: "x" * 20 + text[:-3][:30],
}
WORDS = ("3f9c1e77ab20d4e65c8812aa90b3f7d1" * 4, 'pass&word <"quoted"> \\ it\'s/+', "gr\u00fcss-Gott-2026")


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("spelled", [*SPELLINGS, "json", "html"])
def test_every_spelling_is_known(word, spelled):
    forms = {**SPELLINGS, "json": json.dumps, "html": html.escape}
    ring = Ring()
    ring.begin()
    ring.add(word)
    given = f"<{forms[spelled](word)}>"
    if spelled == "cut off" and len(word) < 32:
        assert ring.text_without(given) == given, "what is left of a short one says little"
    else:
        assert "***" in ring.text_without(given)
        assert ring.is_in(given.encode())


def test_ordinary_words_and_short_secrets_stay():
    ring = Ring()
    ring.begin()
    ring.add("secret", WORDS[0])
    text = "a secret meeting of 3f9c1e77 and others \udc80"
    assert ring.text_without(text) is text


def test_what_a_migration_knew_is_known_until_the_next_begins():
    ring = Ring()
    ring.begin()
    ring.begin()
    ring.add(WORDS[0])
    ring.end()
    ring.end()
    assert ring.is_in(WORDS[0].encode())
    ring.begin()
    assert not ring.is_in(WORDS[0].encode())


PASSWORDS = {
    "HTTPS_PROXY": "http://me:pr0xy-pass%2Bword@127.0.0.1:3128",
    "http_proxy": "http://me:0ther-pass-word@127.0.0.1:3128",
    "ALL_PROXY": "socks5://me:th1rd-pass-word@127.0.0.1",
    "PGPASSWORD": "ledg3r-pass-word",
    "NO_PROXY": "localhost",
    "HOME": "/home/me:no-pass-word@here",
}


def test_what_libraries_take_from_the_environment_is_known():
    told = set(environment_secrets(PASSWORDS))
    assert told == {"pr0xy-pass%2Bword", "pr0xy-pass+word", "0ther-pass-word", "th1rd-pass-word", "ledg3r-pass-word"}
    assert not any(environment_secrets({"HTTPS_PROXY": "http://proxy:3128", "https_proxy": ""}))


def everything(folder):
    """The text of every file below a folder but the ledger's; those inside of spreadsheets too."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                for part in parts.namelist():
                    yield f"{path.name}/{part}", parts.read(part).decode("utf-8", "replace")
        elif path.is_file() and not path.name.startswith("state.db") and path.name != "plan.yaml":
            yield path.name, path.read_text("utf-8", "replace")


def told(folder, needles):
    """The files that hold one of these."""
    return [
        name for name, text in everything(folder) if any(each.lower() in f"{name} {text}".lower() for each in needles)
    ]


@pytest.mark.parametrize("spelled", list(SPELLINGS) if FULL else ["in a sentence"])
def test_a_document_named_like_a_secret_gives_it_to_no_file_and_no_stream(tmp_path, record_property, spelled):
    world = small_world()
    secret = world.orgs["north"].clients[0].client_secret
    notes = next(inode for inode in world.orgs["north"].inodes.values() if inode.name == "Notes")
    notes.name = f"N {SPELLINGS[spelled](secret)}"[:255]
    through, tried = [], 0
    needles = (SPELLINGS[spelled](secret)[:40] if spelled != "in a sentence" else secret, secret)
    if spelled == "cut off":
        needles = (secret[:24], secret)
    if spelled == "query":
        needles = (secret,)
    with serve(world) as running:
        given = {**{k: v for k, v in os.environ.items() if not k.startswith("SIGMA_")}, **environment(running)}
        plan = plan_file(tmp_path, running)
        for number, command in enumerate(COMMANDS):
            done = subprocess.run(
                [sys.executable, "-m", "migrate", *(part.replace("PLAN", str(plan)) for part in command)],
                cwd=tmp_path,
                env=given,
                capture_output=True,
                text=True,
                check=False,
                timeout=100,
            )
            tried += 1
            shown = [each for each in needles if each.lower() in (done.stdout + done.stderr).lower()]
            if shown or done.returncode == 70 or (hid := told(tmp_path, needles)):
                through.append(f"{number} {command}: {done.returncode} {done.stderr[-300:]} {shown} {hid}")
    assert len(list(everything(tmp_path))) > 8
    tell(record_property, "secrets echoed in names", tried, through)


COMMANDS = (
    ("plan", "PLAN", "-o", "saved.json", "--log", "log.jsonl", "--verbose"),
    ("export", "PLAN", "-o", "bundle"),
    ("apply", "PLAN", "--yes", "--log", "log.jsonl", "--output", "json"),
    ("report", "last"),
    ("drift", "PLAN", "--output", "json"),
)


def plan_file(folder, running):
    """A plan from north to group in a file, every format of reports asked for."""
    tree = plan_tree(
        running, report={"formats": ["html", "xlsx", "csv", "json", "md"]}, state=f"sqlite:///{folder}/state.db"
    )
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return path
