"""``report.html`` is one file that holds what the data holds, and nothing in the data can become markup."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from migrate.report.display import safe_link, ticks, when
from migrate.report.page import DOCUMENTS_SHOWN, GROUP_SHOWN, to_html
from migrate.report.render import render
from migrate.report.tables import to_json
from migrate.report.wording import OTHER_ROWS, ROWS
from migrate.text import named, visible
from migrate.words import LANDED, OUTCOMES, VERDICTS


def page(found):
    return html.document_fromstring(to_html(found).decode())


def text(node) -> str:
    return " ".join(" ".join(node.itertext()).split())


def test_it_is_one_file_that_loads_and_runs_nothing_else(make):
    for found in (make.mixed(), make.hostile()):
        tree = page(found)
        assert not tree.xpath("//link | //img | //iframe | //object | //embed | //base | //form | //video | //audio")
        assert not tree.xpath("//@src | //@style | //@*[starts-with(name(), 'on')]")
        assert len(tree.xpath("//script[not(@type)]")) == len(tree.xpath("//style")) == 1
        assert tree.xpath("//script/@type") == ["application/json"]
        assert all(safe_link(url) or url.startswith("#") for url in tree.xpath("//@href"))


def test_the_policy_allows_exactly_its_own_style_and_script(make):
    tree = page(make.hostile())
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        own = base64.b64encode(hashlib.sha256(tree.xpath(f"//{tag}[not(@type)]")[0].text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{own}'" in policy


def test_names_are_shown_as_they_are_and_only_shown(make):
    shown = {node.text_content() for node in page(make.hostile()).xpath("//details[@class='doc']//bdi")}
    for name in make.hostile_names:
        assert named(name) in shown
    assert all(len(one) < 450 for one in shown)
    assert not any(unicodedata.bidirectional(c) in {"RLO", "LRO"} for one in shown for c in one)


def test_the_first_screen_says_what_ran_where_and_whether_it_adds_up(make):
    found = make.mixed()
    tree = page(found)
    first = text(tree.xpath("//header")[0]) + text(tree.xpath("//section[@aria-label='The run']")[0])
    for org in found.orgs:
        assert {org["alias"], org["slug"], org["organization_id"]} <= set(first.split())
    for fact in (found.run["id"], found.run["plan_sha256"], found.run["change_set"], "2026-11-22 10:18:12 UTC"):
        assert fact in first
    assert "3 min 12 s" in first
    proof = text(tree.get_element_by_id("proof"))
    assert "17 in scope = 10 created + 1 updated" in proof
    assert proof.count("✓ adds up") == 2


def test_a_sum_that_fails_cannot_be_overlooked(make):
    good = make.reconciliation([make.row()])
    totals = {"group": {**good.totals["group"], "in_scope": 2}}
    tree = page(make.reconciliation([make.row()], totals=totals))
    assert "do not add up" in text(tree.find_class("headline")[0])
    assert tree.find_class("headline")[0].get("class") == "headline bad"
    assert "2 in scope is not 1 created ✗ does not add up" in text(tree.get_element_by_id("proof"))
    assert "DO NOT ADD UP" in text(tree.get_element_by_id("sign-off"))


def test_each_row_in_need_has_its_sentence_code_next_step_and_request(make):
    found = make.mixed()
    part = text(page(found).get_element_by_id("attention"))
    failed = next(row for row in found.rows if row.outcome == "failed")
    words = failed.reason.partition(": ")[2], failed.next_action.replace("`", "")
    for fact in (*words, failed.reason_code, failed.request_id):
        assert fact in part
    assert "sigma-migrate apply plans/acme.yaml --target group --only dependency_not_found" in part
    assert "2 documents (1 directly, 1 behind)" in part
    assert "needs Margin 20" in part
    for state in ("mismatch", "not verifiable", "not run", "blocked", "not attempted"):
        assert state in part


def test_residuals_changes_references_and_the_map_are_there(make):
    found = make.mixed()
    tree = page(found)
    assert "carry the rows over in the warehouse" in text(tree.get_element_by_id("residuals"))
    assert "the rule 'brand' of the plan" in text(tree.get_element_by_id("changes"))
    assert "46 found" in text(tree.get_element_by_id("references"))
    assert "a warehouse connection connection 41" in text(tree.get_element_by_id("references"))
    ids = text(tree.get_element_by_id("map"))
    for row in found.rows:
        assert (row.outcome in LANDED) == (row.target_id is not None and row.target_id in ids)
    assert "4 documents in personal folders" in text(tree.get_element_by_id("checks"))


def test_the_digest_is_that_of_the_file_beside_it(make, tmp_path):
    files = render(make.mixed(), tmp_path, ["html", "json"])
    digest = hashlib.sha256(files["json"].read_bytes()).hexdigest()
    assert digest in files["html"].read_text("utf-8")
    assert to_json(make.mixed()) == files["json"].read_bytes()


def test_what_is_not_proven_never_has_a_colour_of_a_pass(make):
    style = page(make.mixed()).xpath("//style")[0].text
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", style)
    green = [selectors for selectors, body in rules if re.search(r"(?:color|fill|background):\s*var\(--good", body)]
    assert any(".match" in selectors for selectors in green)
    for word in ("not_verifiable", "not_run", "not_attempted", "not_asked", "mismatch", "fail", "blocked", "skipped"):
        assert not any(re.search(rf"\.{word}\b", selectors) for selectors in green)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OUTCOMES), st.sampled_from(VERDICTS)), max_size=20))
def test_the_totals_shown_are_those_of_the_rows(make, states):
    rows = [make.row(n, outcome=o, verdict=v if o in LANDED else None) for n, (o, v) in enumerate(states)]
    tree = page(make.reconciliation(rows))
    shown = {}
    for key in tree.get_element_by_id("proof").find_class("key"):
        for part in key:
            name, _, count = text(part).rpartition(" ")
            shown[name.replace(" ", "_")] = int(count)
    expected = {name: sum(row.outcome == name for row in rows) for name in OUTCOMES}
    expected |= {name: sum(row.verdict == name for row in rows) for name in VERDICTS}
    assert shown == {name: count for name, count in expected.items() if count}
    assert len(tree.find_class("doc")) == len(rows)


def test_a_large_run_is_cut_with_a_pointer_and_the_bad_ones_first(make):
    rows = [make.row(n) for n in range(DOCUMENTS_SHOWN)] + [
        make.row(DOCUMENTS_SHOWN + n, outcome="failed", reason_code="forbidden") for n in range(GROUP_SHOWN + 5)
    ]
    tree = page(make.reconciliation(rows))
    documents = tree.get_element_by_id("documents")
    assert len(documents.find_class("doc")) == DOCUMENTS_SHOWN
    assert "failed" in text(documents.find_class("doc")[0])
    assert f"{GROUP_SHOWN + 5} more documents are found with the filter above" in text(documents)
    assert "and 5 more: all documents of this cause" in text(tree.get_element_by_id("attention"))
    assert f"{len(rows):,} in scope" in text(tree.get_element_by_id("proof"))


def test_ten_thousand_documents_stay_a_page(make):
    """What a browser has to read and to build, counted: it takes 2.5 seconds at most on two busy cores."""
    found = make.mixed(copies=600)
    assert len(found.rows) > 10_000
    raw = to_html(found)
    assert len(raw) < 8_000_000
    assert len(list(html.document_fromstring(raw.decode()).iter())) < 50_000


def test_a_command_to_paste_is_broken_between_its_words_alone(make):
    (command, *_) = page(make.mixed()).find_class("command")
    words = [text(word) for word in command.find_class("word")]
    assert " ".join(words) == command.text_content() == make.mixed().causes[0].command


@pytest.mark.parametrize(("levels", "told"), [({"hash": "pass"}, ROWS), ({"data": "pass"}, OTHER_ROWS)])
def test_rows_are_not_called_uncompared_where_they_were_compared(make, levels, told):
    shown = text(page(make.reconciliation([make.row(levels=levels)])).get_element_by_id("checks"))
    assert [one for one in (ROWS, OTHER_ROWS) if one in shown] == [told]


def test_the_details_of_one_document_are_cut_with_a_pointer(make):
    many = make.row(
        verdict="mismatch",
        reason_code="verification_mismatch",
        detail=[make.difference(n) for n in range(50)],
        residuals=[make.residual(f"Log {n}") for n in range(9)],
    )
    tree = page(make.reconciliation([many]))
    assert "and 30 more in the sheet Differences of report.xlsx" in text(tree.get_element_by_id("attention"))
    assert "and 45 more in the sheet Differences of report.xlsx" in text(tree.get_element_by_id("documents"))
    assert "and 4 more in the sheet Residuals" in text(tree.get_element_by_id("documents"))
    assert "Log 8" in text(tree.get_element_by_id("residuals"))


def test_of_many_targets_the_bad_ones_have_a_line_and_the_right_ones_share_one(make):
    rows = [make.row(n, target=f"tenant_{n % 6}") for n in range(12)]
    rows.append(make.row(12, target="tenant_3", outcome="failed", reason_code="forbidden"))
    tree = page(make.reconciliation(rows))
    assert "13 in scope = 12 created + 1 failed" in text(tree.get_element_by_id("proof"))
    targets = tree.get_element_by_id("targets")
    assert [text(row)[:8] for row in targets.xpath(".//tbody/tr")] == ["tenant_3"]
    assert targets.xpath(".//tbody//a/@href") == ["#t=tenant_3", "#c1"]
    assert "5 targets right: 10 of 10 documents verified" in text(targets)


def test_a_bundle_as_the_source_and_a_run_without_times(make):
    run = {"id": "r", "plan": "p", "plan_sha256": "s", "status": "complete", "started_at": None, "finished_at": None}
    found = make.reconciliation([make.row()], orgs=(), run=run)
    assert "a bundle → group" in text(page(found).xpath("//h1")[0])


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x00\x1b[31m", "\\x00\\x1b[31m"),
        ("safe\u202egpj.exe", "safe\\u202egpj.exe"),
        ("x" * 300, "x" * 200 + "… (300 characters)"),
        ("👩‍👩‍👧 مرحبا", "👩‍👩‍👧 مرحبا"),
    ],
)
def test_visible_text(raw, shown):
    assert visible(raw) == shown


@given(st.text(max_size=500), st.integers(10, 200))
def test_visible_text_is_one_short_line(raw, width):
    shown = visible(raw, width)
    assert len(shown) <= width * 2 + 30
    assert len(shown.splitlines()) <= 1
    assert shown.isprintable() or not any(unicodedata.category(c) == "Cc" for c in shown)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://app.sigmacomputing.com/acme/workbook/A-1", True),
        ("http://127.0.0.1:8123/x", True),
        ("http://localhost/", True),
        ("http://localhost.evil.example/", False),
        ("http://app.example/", False),
        ("javascript:alert(1)", False),
        ("https://x/\u202e", False),
        ('https://x/"onclick="y', False),
        (None, False),
    ],
)
def test_only_safe_addresses_become_links(url, safe):
    assert bool(safe_link(url)) is safe


def test_backticks_become_code_and_nothing_else_does():
    assert ticks("run `a<b` & go") == "run <code>a&lt;b</code> &amp; go"
    assert ticks("one ` only <b>") == "one ` only &lt;b&gt;"


def test_times():
    assert when("2026-11-22T23:27:19.773Z") == "2026-11-22 23:27:19 UTC"
    assert when(None) == "–"
    assert when("<soon>") == "<soon>"


def test_what_was_exchanged_is_shown_with_names_and_places(make):
    found = make.mixed()
    tree = page(found)
    things = text(tree.get_element_by_id("references"))
    for word in (
        "AU Snowflake 1",
        "Group Snowflake 1",
        "AU_DW.FIN.COSTS",
        "GROUP_DW.AU_FIN.COSTS",
        "map.urls.0",
        "same name",
    ):
        assert word in things
    held = text(tree.get_element_by_id("d2"))
    assert "2 things exchanged" in held
    assert "Detail › table 'Costs' › source connection" in held
    sql = tree.get_element_by_id("d3")
    assert "1 statement of SQL rewritten" in text(sql)
    assert [text(one) for one in sql.iter("del")]
    assert [text(one) for one in sql.iter("ins")]
