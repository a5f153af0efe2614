from __future__ import annotations

import math

import pytest

from migrate.sigma.wire import read_answer, read_body, retry_after, throttles


@pytest.mark.parametrize(
    ("body", "content_type", "shape", "tree"),
    [
        (b'{"a": 1}', "text/html", "json", {"a": 1}),
        (b'\xef\xbb\xbf {"a": 1}\n', "", "json", {"a": 1}),
        (b"[]", "application/yaml", "json", []),
        (b"success: true\nworkbookId: x\n", "application/json", "yaml", {"success": True, "workbookId": "x"}),
        (b"- 1\n- on\n", "", "yaml", [1, "on"]),
        (b"---\na: 1\n", "", "yaml", {"a": 1}),
        (b"{a: 1}", "application/yaml", "yaml", {"a": 1}),
        (b"", "application/json", "empty", None),
        (b" \r\n", "", "empty", None),
        (b"<!DOCTYPE html><html>", "application/json", "html", None),
        (b"\n <html>", "", "html", None),
        (b"<?xml version='1.0'?>", "", "html", None),
        (b'{"a": 1', "application/json", "unreadable", None),
        (b'{"success":true,"workbookId":"7b0', "application/json", "unreadable", None),
        (b"{a: 1", "application/yaml", "unreadable", None),
        (b"upstream connect error", "text/plain", "unreadable", None),
        (b"\xff\xfe\x00", "", "unreadable", None),
        (b'{"n": 18446744073709551616}', "", "json", {"n": 2**64}),
        (
            b'{"n": 18446744073709551615, "t": "123456789012345678901"}',
            "",
            "json",
            {"n": 2**64 - 1, "t": "123456789012345678901"},
        ),
        (b'{"n": 1e999}', "", "json", {"n": math.inf}),
        (b'{"n": ' + b"7" * 5000 + b"}", "", "json", {"n": math.inf}),
        (b'{"t": "\\ud83d"}', "", "json", {"t": "\ud83d"}),
        (b'{"n": NaN}', "", "unreadable", None),
        (b'{"n": 123456789012345678901', "", "unreadable", None),
        (b"[" * 1500 + b"]" * 1500, "", "json", None),
        (b"n: 1e999\nm: " + b"7" * 5000, "", "yaml", {"n": math.inf, "m": math.inf}),
        (b"n: 18446744073709551616\nf: -1.5e3", "", "yaml", {"n": 2**64, "f": -1500.0}),
        (b"a: " + b"[" * 950 + b"]" * 950, "", "yaml", None),
    ],
)
def test_a_body_is_told_apart_by_looking_at_it(body, content_type, shape, tree):
    assert read_body(body, content_type) == (shape, tree)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, 90.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 400}, None),
        ({}, None),
    ],
)
def test_retry_after_in_both_forms(headers, seconds):
    assert retry_after(headers, wall=10.0) == seconds


@pytest.mark.parametrize(
    ("status", "body", "slow"),
    [
        (429, b"{}", True),
        (429, b"<html>", True),
        (200, b"<html>", True),
        (403, b"<html>", True),
        (401, b"<html>", True),
        (503, b"<html>", True),
        (404, b"<html>", False),
        (413, b"<html>", False),
        (502, b"<html>", False),
        (302, b"<html>", False),
        (403, b"{}", False),
        (503, b"{}", False),
        (200, b"{}", False),
    ],
)
def test_which_answers_ask_to_slow_down(status, body, slow):
    assert throttles(read_answer(status, {}, body)) is slow


@pytest.mark.parametrize(
    ("tree", "headers", "found"),
    [
        (b'{"requestId": "5dc7-1"}', {"x-request-id": "other"}, "5dc7-1"),
        (b"{}", {"x-request-id": "abc"}, "abc"),
        (b'{"requestId": "a\\nb"}', {}, ""),
        (b'{"requestId": 7}', {}, ""),
    ],
)
def test_the_request_id_is_kept_where_it_is_one(tree, headers, found):
    assert read_answer(400, headers, tree).request_id == found
