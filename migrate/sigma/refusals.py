"""From an answer that says no to the error a person reads: which reason it is, and the server's own words."""

from __future__ import annotations

import re

from migrate.errors import AccessError, ApiRefusal, MigrateError, ServiceError
from migrate.reasons import REASONS
from migrate.sigma.model import Answer, Ask, Hidden
from migrate.text import cut
from migrate.tree import Json

_BY_MESSAGE = (
    (r"dependency not found|cannot resolve columns|grouping not found|metric-view not found", "dependency_not_found"),
    (r"(is|are) not enabled", "feature_off"),
    (
        r"no longer supported|schemaversion: 1 \} at 0\.document|expecting .* at 0\.(document|contents)",
        "wrong_generation",
    ),
    (r"is not placed in layout|duplicate layout element id|layout parent not found", "layout_refused"),
    (r"element collisions found", "elements_overlap"),
    (r"does not belong to this (organization|workbook)", "not_of_this_org"),
    (r"no matching record", "not_found"),
)
"""Recorded messages (sigma-api section 4.3, sigma-specs sections 7 and 8) and the reason each stands for."""

_BY_API_CODE = {"inode_archived": "archived"}

_BY_STATUS = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "no_such_route",
    409: "conflict",
    413: "too_large",
}


def reason_of(answer: Answer) -> str:
    """The reason code of a refusing answer (4xx)."""
    if "errorcause" in answer.headers or (answer.status == 404 and not isinstance(answer.tree, dict)):
        return "no_such_route"  # a 404 about an object comes in the envelope (sigma-api section 4.1)
    if answer.shape == "html" and answer.status == 403:
        return "edge_blocked"
    code = _field(answer.tree, "code")
    if code in _BY_API_CODE:
        return _BY_API_CODE[code]
    return reason_of_words(words_of(answer)) or _BY_STATUS.get(answer.status, "api_refused")


def reason_of_words(words: str) -> str:
    """The reason code that recorded words of the server stand for; empty for others."""
    said = words.casefold()
    return next((reason for pattern, reason in _BY_MESSAGE if re.search(pattern, said)), "")


def words_of(answer: Answer) -> str:
    """The server's own words on one line, or what kind of body it sent instead."""
    return "an HTML page in place of an API answer" if answer.shape == "html" else "; ".join(sayings(answer))


def sayings(answer: Answer) -> list[str]:
    """The server's own message and error summaries, each once."""
    parts = [_field(answer.tree, "message"), *error_summaries(answer.tree)]
    return list(dict.fromkeys(part for part in parts if part))


def error_summaries(tree: Json) -> list[str]:
    """The ``errors[].summary`` texts of a verify or refusal body; an error of another form as its text."""
    errors = tree.get("errors") if isinstance(tree, dict) else None
    if not isinstance(errors, list):
        return []
    return [str(e.get("summary") or e.get("message") or e) if isinstance(e, dict) else str(e) for e in errors]


def refusal(org: str, ask: Ask, answer: Answer, hidden: Hidden) -> MigrateError:
    """The error of a clear no: AccessError for 401, ApiRefusal for any other 4xx."""
    code = reason_of(answer)
    api_code = hidden.clean(_field(answer.tree, "code"))
    said = hidden.clean(words_of(answer)) or "no reason given"
    message = f"org {org}: {place(ask, hidden)} was refused ({answer.status}{api_code and ' '}{api_code}): {said}"
    if answer.request_id:
        message += f" [request {answer.request_id}]"
    action = REASONS[code].fix
    if answer.status == 401:
        return AccessError(message, code=code, next_action=action)
    told = "" if answer.shape == "html" else hidden.clean("; ".join(sayings(answer)))
    for part in ask.ids:
        told = told.replace(part, "{id}")
    return ApiRefusal(
        message,
        status=answer.status,
        api_code=api_code,
        request_id=answer.request_id,
        code=code,
        next_action=action,
        thing=cut(f"{thing_of(ask, hidden, answer.status)}{told and ': '}{told}", 400),
        said=[hidden.clean(part) for part in sayings(answer)],
        judged=isinstance(answer.tree, dict) and answer.tree.get("valid") is False,
    )


def moved(org: str, ask: Ask, answer: Answer, hidden: Hidden) -> ServiceError:
    """The error of a redirect, which is never followed: credentials would travel along."""
    to = hidden.clean(answer.headers.get("location", "").split("?")[0])[:200] or "nowhere named"
    return ServiceError(
        f"org {org}: {place(ask, hidden)} was redirected ({answer.status}) to {to}; credentials do not follow.",
        code="redirected",
        next_action=REASONS["redirected"].fix,
        thing=thing_of(ask, hidden, answer.status),
    )


def place(ask: Ask, hidden: Hidden) -> str:
    """Method and path of a request, fit for a message."""
    return hidden.clean(str(ask))[:300]


def thing_of(ask: Ask, hidden: Hidden, status: int = 0) -> str:
    """What an error of the wire is about: ``GET /v2/workbooks/{id}/queries → 500``, without a status for no answer."""
    return f"{hidden.clean(ask.endpoint)[:300]}{f' → {status}' if status else ''}"


def _field(tree: Json, name: str) -> str:
    value = tree.get(name) if isinstance(tree, dict) else None
    return value if isinstance(value, str) else ""
