"""Everything that is read has a limit: bodies after unpacking, headers, depth, numbers, cookies; one request each."""

from __future__ import annotations

import gzip
import zlib

import pytest
from starlette.responses import JSONResponse, Response

from migrate.errors import ApiRefusal, OutcomeUnknown, ServiceError
from migrate.sigma import api

pytestmark = pytest.mark.anyio

FILE = "/v2/files/f1"
MODEL = "/v2/dataModels/m1/spec"
MOST = 1_000_000


async def refused(opened, service, answer, *, tries=1, code="answer_too_large", **more):
    service.on("GET", FILE, answer)
    async with opened(**more) as client:
        with pytest.raises(ServiceError) as caught:
            await api.get_file(client, "f1")
    assert (caught.value.code, service.sent(FILE)) == (code, tries)
    assert caught.value.of_one


def padded(size):
    return b'{"id": "f1", "name": "' + b" " * size + b'"}'


async def test_a_body_up_to_the_limit_is_read_and_one_beyond_is_not(service, opened):
    service.on("GET", FILE, Response(padded(MOST - len(padded(0)))))
    async with opened(most_bytes=MOST) as client:
        assert (await api.get_file(client, "f1"))["id"] == "f1"
    await refused(opened, service, Response(padded(MOST - len(padded(0)) + 1)), tries=2, most_bytes=MOST)


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_the_limit_is_of_what_is_unpacked(service, opened, coding, pack):
    packed = pack(padded(MOST))
    assert len(packed) < MOST / 100
    await refused(opened, service, Response(packed, headers={"content-encoding": coding}), most_bytes=MOST)


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "gzip,deflate", "zstd", "x"])
async def test_what_was_not_asked_for_is_not_unpacked(service, opened, coding):
    packed = gzip.compress(gzip.compress(padded(1)))
    await refused(opened, service, Response(packed, headers={"content-encoding": coding}))


async def test_packed_answers_are_read(service, opened):
    service.on("GET", FILE, Response(gzip.compress(padded(3)), headers={"content-encoding": "gzip"}))
    async with opened() as client:
        assert await api.get_file(client, "f1") == {"id": "f1", "name": "   "}


async def test_a_write_with_too_large_an_answer_is_unknown_and_not_sent_again(service, opened):
    service.on("POST", "/v2/files", Response(padded(MOST)))
    async with opened(writable=True, most_bytes=MOST) as client:
        with pytest.raises(OutcomeUnknown):
            await api.create_folder(client, "n", "p")
    assert service.sent("/v2/files") == 1


async def test_no_more_is_read_of_a_flood_than_the_limit(loopback, raw_answer):
    """The server offers a terabyte and is hung up on."""
    asked = []

    def talk(request):
        asked.append(request)
        return raw_answer(b"[" + b" " * 3 * MOST, length=10**12), True

    async with loopback(talk, most_bytes=MOST) as client:
        with pytest.raises(ServiceError) as caught:
            await api.get_file(client, "f1")
    assert (caught.value.code, len(asked)) == ("answer_too_large", 1)


@pytest.mark.parametrize("head", [b"X-Long: " + b"x" * 300_000, b"\r\n".join([b"X-%d: y" % n for n in range(40_000)])])
async def test_headers_have_a_limit(loopback, short, head):
    def talk(request):
        return b"HTTP/1.1 200 OK\r\n" + head + b"\r\nContent-Length: 2\r\n\r\n{}", False

    async with loopback(talk, retries=short) as client:
        with pytest.raises(ServiceError) as caught:
            await api.get_file(client, "f1")
    assert caught.value.code == "unreachable"


BEYOND = {
    b'{"pages": ' + b"[" * 300 + b"]" * 300 + b"}": "unusable_spec",
    b'{"pages": ' + b"[" * 9000 + b"]" * 9000 + b"}": "unknown_shape",
    b"pages: " + b"[" * 300 + b"]" * 300: "unusable_spec",
    b'{"pages": 1e999}': "unusable_spec",
    b"pages: 1e999": "unusable_spec",
    b'{"pages": ' + b"9" * 5000 + b"}": "unusable_spec",
    b"pages: " + b"9" * 5000: "unusable_spec",
    b'{"pages": 18446744073709551616}': "unusable_spec",
    b'{"pages": "\\ud800"}': "unusable_spec",
    b"pages: &a [*a]": "odd_answer",
    b"pages: !!python/object/new:os.system [x]": "odd_answer",
}


@pytest.mark.parametrize(("body", "code"), BEYOND.items(), ids=lambda part: repr(part[:24]))
async def test_a_spec_that_no_reader_holds_concerns_that_spec_alone(service, opened, short, body, code):
    service.on("GET", MODEL, Response(body))
    async with opened(retries=short) as client:
        with pytest.raises((ApiRefusal, ServiceError)) as caught:
            await api.read_spec(client, "data-model", "m1", None)
    assert caught.value.code == code
    assert isinstance(caught.value, ApiRefusal) or caught.value.of_one


async def test_a_path_that_is_too_long_is_no_crash(service, opened):
    async with opened() as client:
        with pytest.raises(ServiceError) as caught:
            await api.get_file(client, "x" * 70_000)
    assert caught.value.code == "odd_answer"
    assert service.log[-1][2] != FILE


async def test_cookies_are_not_kept(service, opened):
    given = JSONResponse({"id": "f1", "name": "F"}, headers={"set-cookie": "a=" + "x" * 3000})
    service.on("GET", FILE, given)
    async with opened() as client:
        await api.get_file(client, "f1")
        await api.get_file(client, "f1")
    assert "cookie" not in service.log[-1][3].headers
