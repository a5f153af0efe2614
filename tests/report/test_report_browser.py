"""The page in a real browser, where there is one: nothing hostile runs, our own script does, a phone can read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.assess.assess import assess
from migrate.assess.page import to_html as assessment_html
from migrate.check.model import Comparison
from migrate.inventory.model import Inventory
from migrate.inventory.scope import scope
from migrate.plan.selection import Select, Selector
from migrate.report.cards import with_cards
from migrate.report.page import DOCUMENTS_SHOWN, to_html
from migrate.report.plan_page import PlanReport
from migrate.report.plan_page import to_html as plan_html
from migrate.sigma.who import Identity

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


def plan_page(make):
    return plan_html(
        PlanReport(found=make.hostile(), forecasts=(), rows_costs=(), doubts=(), names={"group": "group"}, patches={})
    )


def assessment_page(_make):
    found = Inventory(org="north", identity=Identity(user_id="u", organization_id="o"))
    return assessment_html(assess(found, scope(Select(include=(Selector(),)), found), {}, {}))


def run_page(make):
    return to_html(make.hostile())


@pytest.mark.parametrize("page", [plan_page, assessment_page, run_page])
def test_a_phone_shows_rows_below_each_other_and_nothing_of_them_lies_outside(make, tmp_path, page):
    """The widest overhang, the first caption in lines of text, and the number of rows whose cells stand apart."""
    measure = b"""<script>
const rows = [...document.querySelectorAll("table.rows tbody tr")];
const wide = [...document.querySelectorAll(".wide")].filter(each => !each.querySelector(".matrix"));
const over = Math.max(...wide.map(each => each.scrollWidth - each.clientWidth));
const caption = document.querySelector(".rows caption").offsetHeight;
const apart = rows.filter(row => row.lastElementChild.offsetTop <= row.firstElementChild.offsetTop).length;
document.title = [over, Math.round(caption / 20), apart, rows.length].join(" ");
</script></body>"""
    bare = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", page(make))
    tree = seen(bare.replace(b"</body>", measure), tmp_path, width=390)
    over, caption, apart, rows = map(int, re.search(r"<title>(.+?)</title>", tree)[1].split())
    assert over <= 0
    assert caption <= 3
    assert (apart, rows > 0) == (0, True)


def opened(page: bytes, folder: Path, hash_: str) -> str:
    """What the list of documents holds after the page was opened at an address of its own."""
    at = f"<script>location.hash = {hash_!r}</script><script>".encode()
    bare = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", page)
    head, script, tail = bare.rpartition(b"<script>")
    assert script
    tree = seen(head + at + tail, folder)
    return tree[tree.index('id="filter"') : tree.index('id="map"')]


def test_the_filter_searches_every_document_also_those_without_markup(make, tmp_path):
    rows = [make.row(n, target="a") for n in range(DOCUMENTS_SHOWN)]
    rows += [make.row(DOCUMENTS_SHOWN + n, target="<b> & c") for n in range(3)]
    part = opened(to_html(make.reconciliation(rows)), tmp_path, "#t=%3Cb%3E%20%26%20c")
    assert "3 of 503 documents" in part
    assert part.count('class="doc"') == 3
    assert f"Margin {DOCUMENTS_SHOWN + 2}" in part
    part = opened(to_html(make.reconciliation(rows)), tmp_path, f"#q=margin%20{DOCUMENTS_SHOWN + 1}")
    assert "1 of 503 documents" in part


def test_a_document_and_a_cause_have_an_address(make, tmp_path):
    page = to_html(make.mixed())
    assert re.search(r'<details class="doc" id="d13"[^>]* open', opened(page, tmp_path, "#d13"))
    part = opened(page, tmp_path, "#c=1")
    assert "2 of 17 documents" in part
    assert part.count('class="doc"') == 2


@pytest.mark.parametrize(
    ("hash_", "documents"),
    [
        ("#k=data%20model", 1),
        ("#r=dependency_not_found", 1),
        ("#f=Shared%2FFinance", 17),
        ("#f=%2F", 0),
        ("#n=new", 2),
        ("#n=healed", 0),
        ("#s=created&k=workbook", 9),
    ],
)
def test_documents_are_found_by_kind_folder_reason_and_news(make, tmp_path, hash_, documents):
    found = make.mixed()
    bad = [(row.target, row.source_id) for row in found.rows if not row.good]
    news = Comparison(run="before", at="2026-11-21T10:15:00.000Z", new=tuple(bad[:2]), still=tuple(bad[2:]))
    part = opened(to_html(replace(found, previous=news)), tmp_path, hash_)
    assert f"{documents} of 17 documents" in part
    assert part.count('class="doc"') == documents


def test_documents_are_sorted_as_asked(make, tmp_path):
    part = opened(to_html(make.mixed()), tmp_path, "#o=name")
    names = re.findall(r'class="name"><bdi>([^<]*)<', part)
    assert len(names) == 17
    assert names == sorted(names)


def test_a_wide_table_is_cards_on_a_phone_and_a_narrow_one_fits():
    heads = '<thead><tr><th scope="col">What</th><th class="n">in <b>all</b></th><th></th></tr></thead>'
    rows = '<tbody><tr><th>a</th><td class="n">1</td><td>b</td></tr></tbody><tr class="x"><th>c</th><td>"2"</td></tr>'
    pair = "<thead><tr><th>A</th><th>B</th></tr></thead><tr><td>1</td><td>2</td></tr>"
    matrix = '<div class="wide"><table class="matrix"><thead></thead></table></div>'
    tables = (f"<caption>C</caption>{heads}{rows}", pair)
    page = with_cards(
        "".join(f'<div class="wide" tabindex="0"><table>{table}</table></div>' for table in tables) + matrix
    )
    assert '<table class="rows"><caption>' in page
    assert '<tr><th>a</th><td data-is="in all" class="n">1</td><td>b</td></tr>' in page
    assert '<tr class="x"><th>c</th><td data-is="in all">"2"</td></tr>' in page
    assert f'<table class="pairs">{pair}</table>' in page
    assert page.endswith(matrix)
