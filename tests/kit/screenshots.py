"""The pictures of the documentation: ``make screenshots`` makes them from a real run, so that they are never old.

A run between the sandbox organizations is made anew, its pages are photographed by a headless Chromium (``CHROMIUM``
names another program than ``chromium``), and each picture is written as WebP by the browser's own canvas.
"""

from __future__ import annotations

import base64
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from kit.small_tenants import small_plan, small_world
from migrate.sandbox.server import environment, serve
from migrate.sandbox.world import builtin

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
MOST = 300_000
"""Bytes that all pictures together may take."""

FAST = ["--set", "run.requests_per_second=500", "--set", "run.concurrency=8", "--set", "run.write_concurrency=4"]

TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 22px 26px; background: #16181d; color: #d7dae0; }}
pre {{ font: 15px/1.45 "DejaVu Sans Mono", monospace; margin: 0; white-space: pre-wrap; }}
b {{ color: #8fc7ff; }}
</style><pre>{}</pre>"""

TO_WEBP = """<!doctype html><meta charset="utf-8"><body><script>
const image = new Image();
image.onload = () => {{
  const canvas = document.createElement("canvas");
  canvas.width = image.width; canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  document.body.textContent = canvas.toDataURL("image/webp", {});
}};
image.src = "data:image/png;base64,{}";
</script>"""


def chromium(folder, *arguments):
    """What the browser prints, run in a folder of its own."""
    program = os.environ.get("CHROMIUM", "chromium")
    fixed = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder / 'profile'}",
    ]
    done = subprocess.run([program, *fixed, *arguments], capture_output=True, check=True, timeout=120)
    return done.stdout.decode()


def photograph(page, name, size, folder, quality=0.8):
    """Writes the picture of a page, ``size`` pixels wide and high, into the documentation."""
    shot = folder / f"{name}.png"
    chromium(folder, f"--window-size={size[0]},{size[1]}", f"--screenshot={shot}", page.as_uri())
    turning = folder / f"{name}.html"
    turning.write_text(TO_WEBP.format(quality, base64.b64encode(shot.read_bytes()).decode()))
    found = re.search(r"data:image/webp;base64,([A-Za-z0-9+/=]+)", chromium(folder, "--dump-dom", turning.as_uri()))
    assert found, "the browser made no picture"
    (IMAGES / f"{name}.webp").write_bytes(base64.b64decode(found[1]))


def told(command, folder, environ):
    """What a command prints, with the command above it, as HTML."""
    words = [sys.executable, "-m", "migrate", *command.split()[1:]]
    quick = FAST if words[3] in ("plan", "apply") else []
    done = subprocess.run(
        [*words, "--quiet", *quick], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 4), done.stderr
    return f"<b>$ {html.escape(command)}</b>\n{html.escape(done.stdout)}"


TENANTS = [f"tenant_{number:03d}" for number in range(1, 61)]
LACKING = ("tenant_007", "tenant_019", "tenant_020", "tenant_044")
"""Tenants whose warehouse lacks a table that the pack reads."""


def fleet(folder):
    """The report of a night with sixty tenants: some lack a table, one has changed its secret, most are right."""
    folder.mkdir()
    world = small_world(folder, TENANTS)
    for name in LACKING:
        for connection in world.orgs[name].connections.values():
            connection.tables.pop(("GW", "AU", "ORDERS"))
    with serve(world) as running:
        environ = {key: value for key, value in os.environ.items() if not key.startswith("SIGMA_")}
        environ |= environment(running) | {"PYTHONPATH": str(ROOT), "SIGMA_TENANT_033_CLIENT_SECRET": "of yesterday"}
        rows = [
            f"{name},{environ[f'SIGMA_{name.upper()}_BASE_URL']},env:SIGMA_{name.upper()},{name}" for name in TENANTS
        ]
        report = {"dir": f"{folder}/reports", "formats": ["html"]}
        header = "tenant,base_url,credentials,slug"
        plan = small_plan(folder, rows, header=header, name="nightly-pack", report=report)
        apply = [sys.executable, "-m", "migrate", "apply", plan.name, "--yes", "--quiet", *FAST]
        done = subprocess.run(apply, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 5), done.stderr
    (page,) = folder.glob("reports/*/report.html")
    return page


def main():
    """All pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, serve(builtin()) as running:
        folder = Path(name)
        shutil.copytree(ROOT / "plans", folder / "plans")
        environ = {key: value for key, value in os.environ.items() if not key.startswith("SIGMA_")}
        environ |= environment(running) | {"PYTHONPATH": str(ROOT)}
        made = [
            told(command, folder, environ)
            for command in (
                "sigma-migrate init first.yaml --source acme_au --target group",
                "sigma-migrate plan first.yaml",
                "sigma-migrate assess first.yaml -o assessment",
                "sigma-migrate apply plans/demo.yaml --yes",
            )
        ]
        terminal = folder / "terminal.html"
        causes = "\n".join(made[1].splitlines()[:17])
        terminal.write_text(TERMINAL.format(f"{causes}\n...\n\n{made[3]}"))
        (report,) = folder.glob("reports/*/report.html")
        photograph(report, "report", (1200, 1000), folder)
        photograph(folder / "assessment" / "assessment.html", "assessment", (1200, 1000), folder)
        photograph(terminal, "terminal", (900, 610), folder)
        photograph(fleet(folder / "fleet"), "fleet", (1100, 1900), folder, quality=0.45)
    sizes = {path.name: path.stat().st_size for path in sorted(IMAGES.glob("*.webp"))}
    print(*(f"{name}: {size:,} bytes" for name, size in sizes.items()), sep="\n")
    assert sum(sizes.values()) <= MOST


if __name__ == "__main__":
    main()
