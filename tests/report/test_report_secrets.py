"""No file of a report holds what looks like a secret, whichever text of the run carried it."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.plan.proving import Format
from migrate.report.render import render
from migrate.report.scrub import TAKEN_OUT, clean_text, scrubbed
from migrate.run.folder import read_run, write_run
from migrate.secret import OUT

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhY21lIn0.c2lnbmF0dXJlLXZhbHVl"  # a made-up token
PLANTED = {
    "jwt": TOKEN,
    "bearer": "Authorization: Bearer 9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    "basic": "authorization: basic QUxBRERJTjpPUEVOU0VTQU1F1==",
    "form": "grant_type=client_credentials&client_secret=s3cr3t-planted-1&client_id=abc",
    "json": '{"access_token": "s3cr3t-planted-2", "token_type": "x"}',
    "url": "https://svc:s3cr3t-planted-3@warehouse.example/db",
    "password": "connection refused (password=s3cr3t-planted-4)",
    "key": "-----BEGIN PRIVATE KEY-----\ns3cr3t-planted-5\n-----END PRIVATE KEY-----",
}
NEEDLES = (TOKEN, "9f8e7d6c5b4a3928", "QUxBRERJTjpPUEVO", "s3cr3t-planted")


def planted(make):
    """Every text of a row, a residual, a warning and the run that can carry foreign words carries a secret."""
    everything = " | ".join(PLANTED.values())
    residual = make.residual() | {"message": everything, "next_action": everything}
    row = make.row(
        outcome="failed",
        source_name=everything,
        source_path=everything,
        reason_code="forbidden",
        reason=everything,
        next_action=everything,
        request_id=everything,
        target_url=f"https://x.example/?access_token={TOKEN}",
        detail=[make.difference(expected=everything, found=everything)],
        residuals=[residual],
        changes=[{"code": "rule:x", "path": "$", "before": everything, "after": everything}],
    )
    found = make.reconciliation([row], warnings=(everything,))
    return make.reconciliation([row], warnings=(everything,), run=dict(found.run) | {"error": everything})


@pytest.mark.parametrize("name", get_args(Format))
def test_no_file_holds_a_planted_secret(make, tmp_path, name):
    raw = render(planted(make), tmp_path, [name])[name].read_bytes()
    if name == "xlsx":
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            raw = b"".join(parts.read(part) for part in parts.namelist())
    text = raw.decode("utf-8", "replace")
    assert not [needle for needle in NEEDLES if needle in text]
    assert "looks like a secret" in text


def test_run_json_holds_none_either_and_still_reads_back(make, tmp_path):
    found = planted(make)
    write_run(tmp_path, found.run, found)
    text = (tmp_path / "run.json").read_text("utf-8")
    assert not [needle for needle in NEEDLES if needle in text]
    run, again = read_run(tmp_path)
    uncounted = {"left_scope": 0, "new": 0}
    totals = {target: {**uncounted, **total} for target, total in found.totals.items()}
    assert again == replace(scrubbed(found), totals=totals)
    assert run["id"] == found.run["id"]


@pytest.mark.parametrize("name", PLANTED)
def test_each_kind_is_taken_out_and_the_rest_stays(name):
    cleaned = clean_text(f"before {PLANTED[name]} after")
    assert TAKEN_OUT in cleaned or OUT in cleaned, "the ring of this process may know it from another test"
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    "plain",
    [
        "Basic understanding of margins",
        "basic transformations-of-things",
        "Token Economy",
        "my password is gone",
        "bearer bonds by maturity date",
        "https://app.sigmacomputing.com/acme/workbook/A-3h2k",
        "a@b.example:443/x",
        "Sum([Orders/Amount])",
        "07b52947-2f01-41ff-b3f4-331938ed3823",
        "secret santa 2026",
    ],
)
def test_ordinary_words_stay(plain):
    assert clean_text(plain) == plain


@pytest.mark.parametrize(
    "odd",
    [
        "pa\u017f\u017fword: hunter22",
        "PR\u0130VATE_KEY=abcdef",
        "prvate_key=abcdef".replace("pr", "pr\u0131"),
        "access_to\u212aen=abcdef",
        "BAS\u0130C dXNlcjpwYXNz1234567",
        "ba\u017f\u0131c dXNlcjpwYXNz1234567",
        f"gh\u017f_{'a' * 24}",
        f"AK\u0130A{'B' * 16}",
        f"a\u212aia{'b' * 16}",
        "-----BEG\u0131N PRIVATE KEY-----s3cr3t",
        "https://svc:\ud800s3cr3t@warehouse.example/db",
    ],
)
def test_letters_that_are_the_same_in_another_case_hide_none(odd):
    assert TAKEN_OUT in clean_text(odd)


@given(st.text(max_size=200))
def test_taking_out_twice_changes_nothing(raw):
    once = clean_text(raw)
    assert clean_text(once) == once


def test_counts_and_shapes_stay(make):
    found = make.mixed()
    assert scrubbed(found) == found


def test_files_belong_to_their_owner(make, tmp_path):
    files = render(make.mixed(), tmp_path / "run", get_args(Format))
    assert set(files) == set(get_args(Format))
    for path in files.values():
        assert path.stat().st_mode & 0o077 == 0
        assert path.stat().st_size > 500


@pytest.mark.parametrize(
    "text",
    [
        'select 1\n\n-- Sigma \u03a3 {"request-id": "1", "email": "ada@acme.example"}',
        'cut off: Sigma \u03a3 {"request-id": "1", "email": "ada@acme.example',
        "select 1 -- ask ada@acme.example or bob@acme.example",
        "select /* ada@acme.example */ 1",
        "select /* ada@acme.example",
    ],
)
def test_comments_of_sql_name_nobody(text):
    cleaned = clean_text(text)
    assert "acme.example" not in cleaned
    assert cleaned.startswith(text[:6])
    assert clean_text(cleaned) == cleaned


def test_other_addresses_stay():
    text = "an action sends to ada@acme.example; select 1 -- nobody"
    assert clean_text(text) == text
