"""The page in a real browser, where there is one: nothing hostile runs, our own script does, a phone can read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from migrate.report.page import to_html

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium here; the page is looked at only where there is one")


def seen(page: bytes, folder: Path, *, width: int = 1280) -> str:
    """The page's tree after the browser has built and run it, without any network."""
    file = folder / "page.html"
    file.write_bytes(page)
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-default-browser-check",
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={width},900",
        "--dump-dom",
        file.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, timeout=100, check=True)
    return done.stdout.decode()


def test_nothing_hostile_runs_and_our_own_script_does(make, tmp_path):
    tree = seen(to_html(make.hostile()), tmp_path)
    assert "<title>acme-au-to-group – run 20261122T101500Z-1f2e3d</title>" in tree
    assert re.search(r'id="filter"[^>]*Documents">', tree), "the filter appears only when the page's own script ran"
    assert "<h1>owned" not in tree


def test_the_policy_stops_a_script_that_got_in(make, tmp_path):
    page = to_html(make.mixed()).replace(b"<body>", b"<body><script>document.title='owned'</script>")
    assert "<title>owned" not in seen(page, tmp_path)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_never_wider_than_the_screen(make, tmp_path, width):
    measure = b"<script>document.title = document.documentElement.scrollWidth - innerWidth</script></body>"
    page = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", to_html(make.hostile()))
    tree = seen(page.replace(b"</body>", measure), tmp_path, width=width)
    assert int(re.search(r"<title>(-?\d+)</title>", tree)[1]) <= 0
