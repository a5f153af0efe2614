"""What an editor makes of the schema of plans, by the language server that editors use, where it is at hand.

``YAML_LANGUAGE_SERVER`` names its script (``npm install yaml-language-server``); it runs on node and is asked on its
standard input.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kit.places import REPOSITORY
from migrate.report.schema import schema_of

NODE = shutil.which("node") or ""
SERVER = Path(os.environ.get("YAML_LANGUAGE_SERVER", "no such file"))

pytestmark = pytest.mark.skipif(
    not NODE or not SERVER.is_file(), reason="no node or no yaml-language-server here; named by YAML_LANGUAGE_SERVER"
)

CAN = {"textDocument": {"completion": {"completionItem": {"documentationFormat": ["markdown"]}}}}


class Editor:
    """An editor with one file open."""

    def __init__(self, folder):
        schema = folder / "plan.schema.json"
        schema.write_text(json.dumps(schema_of("plan")), "utf-8")
        self.head = f"# yaml-language-server: $schema={schema.as_uri()}\n"
        self.uri = (folder / "plan.yaml").as_uri()
        self.process = subprocess.Popen([NODE, SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.asked = 0
        self.ask("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": CAN})
        self.send({"method": "initialized", "params": {}})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def told(self, wanted):
        """The next message that is wanted; questions about settings are answered with none."""
        while True:
            length = 0
            while line := self.process.stdout.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            message = json.loads(self.process.stdout.read(length))
            if "method" in message and "id" in message:
                items = message.get("params", {}).get("items", ())
                self.send({"id": message["id"], "result": [{} for _ in items]})
            elif wanted(message):
                return message

    def ask(self, method, params):
        self.asked += 1
        number = self.asked
        self.send({"id": number, "method": method, "params": params})
        return self.told(lambda message: message.get("id") == number)["result"]

    def open(self, text):
        """What is wrong with a text, as lines under it say."""
        document = {"uri": self.uri, "languageId": "yaml", "version": 1, "text": self.head + text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        found = self.told(lambda message: message.get("method") == "textDocument/publishDiagnostics")
        return [one["message"] for one in found["params"]["diagnostics"]]

    def offered(self, line, column):
        """What is offered at a place, with what it teaches."""
        place = {"line": line + 1, "character": column}
        found = self.ask("textDocument/completion", {"textDocument": {"uri": self.uri}, "position": place})
        return {one["label"]: str(one.get("documentation", "")) for one in found["items"]}

    def close(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def editor(tmp_path):
    found = Editor(tmp_path)
    yield found
    found.close()


@pytest.mark.timeout(100)
@pytest.mark.parametrize("name", ["reference", "demo", "replicate-pack", "from-bundle"])
def test_our_own_plans_have_nothing_wrong(editor, name):
    assert editor.open((REPOSITORY / "plans" / f"{name}.yaml").read_text("utf-8")) == []


@pytest.mark.timeout(100)
def test_what_is_wrong_is_underlined(editor):
    text = (REPOSITORY / "plans" / "demo.yaml").read_text("utf-8")
    found = editor.open(f"{text}\nselct: {{}}\npolicy: {{existing: perhaps}}\n")
    assert any("selct" in one for one in found), found
    assert any("update" in one for one in found) or any("perhaps" in one for one in found), found


@pytest.mark.timeout(100)
def test_completion_offers_keys_and_says_what_they_do(editor):
    editor.open("version: 1\npolicy:\n  \n")
    found = editor.offered(2, 2)
    assert {"existing", "drift", "security"} <= found.keys()
    said = schema_of("plan")["properties"]["policy"]["properties"]["drift"]["description"]
    assert said[:40] in found["drift"]
