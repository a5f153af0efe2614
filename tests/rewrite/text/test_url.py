"""Addresses in texts, and the arithmetic between url ids and UUIDs."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.rewrite.text.url import is_sigma_host, sigma_urls, to_url_id, to_uuid, urls

UUIDS = st.uuids(version=4).map(str)
DOCUMENT = "07b52947-2f01-41ff-b3f4-331938ed3823"


@given(UUIDS)
def test_a_uuid_survives_base62(document):
    assert to_uuid(to_url_id(document)) == document
    assert to_url_id(document.upper()) == to_url_id(document)


@given(st.text(alphabet="0123456789abcdefXYZ-_é", max_size=24))
def test_only_version_four_comes_back(text):
    found = to_uuid(text)
    assert found is None or (uuid.UUID(found).version == 4 and to_url_id(found).lstrip("0") == text.lstrip("0"))


def test_a_leading_zero_is_read_and_written():
    """The one recorded pair whose UUID begins with a zero byte."""
    document, url_id = "005cff7c-c5da-49e3-a842-65f9886b4550", "0Gv0MxZH1k13nlbfE8XUQ"
    assert to_uuid(url_id) == document
    assert to_uuid(url_id[1:]) == document
    assert to_url_id(document) == url_id
    (found,) = sigma_urls(f"https://app.sigmacomputing.com/acme/workbook/X-{url_id}")
    assert (found.url_id, found.document_id) == (url_id, document)


@given(st.uuids(version=1).map(str))
def test_other_versions_are_none(document):
    assert to_uuid(to_url_id(document)) is None


def test_what_is_no_uuid_has_no_url_id():
    with pytest.raises(ValueError, match="not a UUID"):
        to_url_id("{07b52947-2f01-41ff-b3f4-331938ed3823}")


@given(UUIDS, st.sampled_from(["workbook", "data-model"]), st.text(alphabet="abcXYZ019-_.", max_size=12))
def test_a_document_address_is_taken_apart(document, kind, name):
    url_id = to_url_id(document)
    text = f"See [it](https://app.sigmacomputing.com/acme-au/{kind}/{name}-{url_id}?:nodeId=el_1-x&a=b) now."
    (found,) = sigma_urls(text)
    assert (found.kind, found.slug, found.url_id, found.document_id) == (kind, "acme-au", url_id, document)
    assert found.element_id == "el_1-x"
    assert found.element_span is not None
    for span, value in (
        (found.slug_span, "acme-au"),
        (found.url_id_span, url_id),
        (found.element_span, "el_1-x"),
        (found.span, found.text),
    ):
        assert text[slice(*span)] == value


ID = to_url_id(DOCUMENT)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"https://app.sigmacomputing.com/acme/workbook/{ID}", ("workbook", "acme", ID, DOCUMENT, None)),
        (
            f"https://aws-eu.sigmacomputing.com/acme/workbook/x-{ID}/element/abc",
            ("workbook", "acme", ID, DOCUMENT, "abc"),
        ),
        (
            f"https://app.sigmacomputing.com/acme/workbook/x-{ID}/tag/Prod?:nodeId=a%2Fb",
            ("workbook", "acme", ID, DOCUMENT, "a/b"),
        ),
        (f"https://app.sigmacomputing.com/acme/embed/workbook/x-{ID}", ("embed", "acme", ID, DOCUMENT, None)),
        (f"https://app.sigmacomputing.com/embed/1-{ID}?:mode=view", ("embed", "", ID, DOCUMENT, None)),
        (
            f"https://api.au.aws.sigmacomputing.com/v2/workbooks/{DOCUMENT}/spec",
            ("workbook", "", DOCUMENT, DOCUMENT, None),
        ),
        (f"https://aws-api.sigmacomputing.com/v2/dataModels/{DOCUMENT}", ("data-model", "", DOCUMENT, DOCUMENT, None)),
        ("https://app.sigmacomputing.com/acme/folder/abc", ("other", "acme", "", None, None)),
        ("https://api.sigmacomputing.com/v2/members/abc", ("other", "", "", None, None)),
        (f"https://app.sigmacomputing.com/acme/workbook/X-{DOCUMENT}", ("workbook", "acme", DOCUMENT, DOCUMENT, None)),
        ("https://app.sigmacomputing.com", ("other", "", "", None, None)),
        ("https://app.sigmacomputing.com/acme/workbook/xxxx", ("workbook", "acme", "xxxx", None, None)),
        ("https://staging.sigmacomputing.io/acme/data-model/é", ("data-model", "acme", "", None, None)),
        ("https://user:pw@app.sigmacomputing.com:443/acme/", ("other", "acme", "", None, None)),
    ],
)
def test_sigma_addresses(address, expected):
    for text in (address, f"a {address} b", f'<a href="{address}">x</a>', f"[x]({address})"):
        (found,) = sigma_urls(text)
        assert text[slice(*found.span)] == address
        assert (found.kind, found.slug, found.url_id, found.document_id, found.element_id) == expected


@pytest.mark.parametrize(
    "text",
    [
        "https://sigmacomputing.com.evil.example/acme/workbook/x-" + ID,
        "https://evil-sigmacomputing.com/acme",
        "https://wiki.example/?u=app.sigmacomputing.com",
        "app.sigmacomputing.com/acme/workbook/x",
        "sigmacomputing ://",
    ],
)
def test_what_only_looks_like_sigma(text):
    assert sigma_urls(text) == ()


def test_hosts():
    assert is_sigma_host("app.sigmacomputing.com")
    assert is_sigma_host("API.us-a.aws.sigmacomputing.com:443")
    assert not is_sigma_host("sigmacomputing.com.example")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://a.example/x.", ["https://a.example/x"]),
        ("(https://a.example/x_(y)) and http://b.example", ["https://a.example/x_(y)", "http://b.example"]),
        ("[t](https://a.example/x) [u](http://b.example/?q=1,2)", ["https://a.example/x", "http://b.example/?q=1,2"]),
        ('{"u": "https://a.example/x\\n"}', ["https://a.example/x"]),
        ("**https://a.example/x**", ["https://a.example/x"]),
        ("https://a.example/{{[id]}}/x", ["https://a.example/"]),
        ("https:// nothing", []),
        ("https://). https://... or https://a.example", ["https://a.example"]),
    ],
)
def test_addresses_of_any_host(text, expected):
    assert [url.text for url in urls(text)] == expected


@given(st.text(alphabet="htps:/.()[]{}a \"'\\", max_size=40))
def test_spans_are_true_and_apart(text):
    end = 0
    for url in urls(text):
        assert text[slice(*url.span)] == url.text
        assert url.span[0] >= end
        end = url.span[1]
