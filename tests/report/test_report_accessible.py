"""axe-core looks at the pages in a real browser: no serious finding, light or dark.

It is looked for in the package ``axe-playwright-python`` (``pip install --no-deps`` is enough) and in ``AXE``, the path
of an ``axe.min.js``; nothing else of the project needs it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from kit.places import CORPUS
from migrate.assess.assess import assess
from migrate.assess.page import to_html as assessment
from migrate.bundle.read import load
from migrate.inventory.scope import scope
from migrate.plan.model import Select, Selector
from migrate.report.client import Look, to_client_html
from migrate.report.page import to_html

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
_SPEC = importlib.util.find_spec("axe_playwright_python")
AXE = Path(os.environ.get("AXE") or (Path(_SPEC.origin or "").parent / "axe.min.js" if _SPEC else "axe.min.js"))

pytestmark = pytest.mark.skipif(
    not CHROMIUM or not AXE.is_file(),
    reason="no chromium or no axe-core here; pages are held against it where both are",
)

ASKED = """
<script>
axe.run(document, {resultTypes: ["violations"]}).then(found => {
  const told = found.violations.map(one => [one.impact, one.id, one.nodes.map(node => node.html.slice(0, 200))]);
  const shown = Object.assign(document.createElement("pre"), {id: "told", textContent: JSON.stringify(told)});
  document.body.replaceChildren(shown);
});
</script></body>"""


@cache
def corpus():
    inventory, bundle = load(CORPUS)
    found = scope(Select(include=(Selector(),)), inventory)
    return assess(inventory, found, bundle.specs, bundle.unreadable)


PAGES = {
    "a report": lambda make: to_html(make.mixed()),
    "a report of hostile names": lambda make: to_html(make.hostile()),
    "a report of many targets": lambda make: to_html(make.mixed(targets=tuple(f"tenant-{n}" for n in range(12)))),
    "a page for a client": lambda make: to_client_html(make.mixed(), Look(title="What moved")),
    "an assessment": lambda make: assessment(corpus()),
}


def findings(page: bytes, folder: Path) -> list[list[object]]:
    """What axe found: how serious, which rule, and the places."""
    bare = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", page)
    script = b"<script>" + AXE.read_bytes().replace(b"</script", b"<\\/script") + b"</script>"
    head, _, tail = bare.rpartition(b"</body>")
    file = folder / "page.html"
    file.write_bytes(head + script + ASKED.encode() + tail)
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += ["--no-first-run", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=60000", "--dump-dom"]
    done = subprocess.run([*command, file.as_uri()], capture_output=True, timeout=300, check=True)
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout.decode(), re.DOTALL)
    assert told, "axe said nothing"
    return json.loads(told[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("made", PAGES.values(), ids=PAGES)
def test_axe_finds_nothing_serious(make, tmp_path, made, dark):
    page = made(make)
    if dark:
        assert b"(prefers-color-scheme: dark)" in page
        page = page.replace(b"(prefers-color-scheme: dark)", b"(min-width: 1px)")
    found = findings(page, tmp_path)
    assert [one for one in found if one[0] in ("serious", "critical", "moderate")] == []


def test_what_is_wrong_is_found(make, tmp_path):
    page = to_html(make.mixed()).replace(b"</main>", b"<input><img src='data:,'></main>")
    assert {"label", "image-alt"} <= {one[1] for one in findings(page, tmp_path)}
