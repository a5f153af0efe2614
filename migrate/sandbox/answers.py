"""What goes back over the wire: JSON, YAML, the error envelope, and the pages that an edge answers instead."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from migrate.sandbox.org import Json

JSON = b"application/json; charset=utf-8"
HTML = b"text/html; charset=UTF-8"

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer, ready to be sent."""

    status: int = 200
    body: bytes = b""
    content_type: bytes = JSON
    headers: Headers = ()


class ApiError(Exception):
    """A clear no. It becomes the error envelope ``{requestId, code, message}`` (sigma-api 4.1)."""

    def __init__(self, status: int, code: str, message: str, **more: Json) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.more = more


def invalid(message: str) -> ApiError:
    """A 400 ``invalid_request``."""
    return ApiError(400, "invalid_request", message)


def not_found(message: str = "No matching record") -> ApiError:
    """A 404 for an id that leads nowhere."""
    return ApiError(404, "not_found", message)


def forbidden(message: str = "You do not have permission to perform this action") -> ApiError:
    """A 403: known, but not allowed (sigma-api 4.2)."""
    return ApiError(403, "forbidden", message)


def unauthorized(message: str = "Token missing or malformed") -> ApiError:
    """A 401 (sigma-api 4.2)."""
    return ApiError(401, "unauthorized", message)


def as_json(tree: Json, status: int = 200) -> Answer:
    """A tree as a JSON answer."""
    try:
        body = orjson.dumps(tree)
    except TypeError:  # half of a character in a name, which servers escape
        body = json.dumps(tree).encode("ascii")
    return Answer(status=status, body=body)


def envelope(error: ApiError, request_id: str) -> Answer:
    """The error envelope of a refusal."""
    tree = {"requestId": request_id, "code": error.code, "message": error.message, **error.more}
    return as_json(tree, error.status)


def unmatched() -> Answer:
    """What an unknown route answers: an empty body and a marker (sigma-api 4.1)."""
    return Answer(status=404, headers=((b"errorcause", b"UnmatchedHandler"),))


def incident(number: str) -> ApiError:
    """The masked failure with an incident id (sigma-api 4.3)."""
    text = f"An error has occurred. Please try again later (incident-id={number})"
    return ApiError(500, "service_error", text)


def page_of_the_edge(status: int, title: str, detail: str, headers: Headers = ()) -> Answer:
    """An HTML page as the content network in front of Sigma answers it (sigma-api 4.1, 4.4)."""
    text = (
        '<!DOCTYPE html>\n<html lang="en-US">\n<head><title>'
        f'{title} | api.sigmacomputing.com</title><meta charset="UTF-8"></head>\n'
        f'<body><div id="cf-wrapper"><h1>{title}</h1><p>{detail}</p>'
        '<p class="cf-error-footer">Cloudflare Ray ID: <strong>0000000000000000</strong></p></div></body>\n</html>\n'
    )
    return Answer(status=status, body=text.encode(), content_type=HTML, headers=headers)


def too_many(*, html: bool, headers: Headers, request_id: str) -> Answer:
    """A 429, as the envelope or as the edge's page (sigma-api 4.4)."""
    if html:
        return page_of_the_edge(429, "Error 1015", "You are being rate limited.", headers)
    answer = envelope(ApiError(429, "too_many_requests", "Rate limit exceeded"), request_id)
    return Answer(status=429, body=answer.body, headers=headers)


def header(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> str:
    """The value of a header, or an empty text."""
    for key, value in headers:
        if key.lower() == name:
            return value.decode("latin-1")
    return ""
