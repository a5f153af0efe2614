"""One organization as an ASGI app: the way of a request from its arrival to its answer, faults included.

A handler is one synchronous step, so each call is atomic: it has happened wholly or not at all, and what a fault does
to the answer afterwards cannot undo it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import traceback
from collections.abc import Sequence
from typing import get_args

from migrate.sandbox import person
from migrate.sandbox.answers import (
    Answer,
    ApiError,
    as_json,
    envelope,
    forbidden,
    header,
    incident,
    page_of_the_edge,
    unmatched,
)
from migrate.sandbox.auth import caller_of, mint
from migrate.sandbox.call import Call, pairs_of
from migrate.sandbox.evidence import Entry
from migrate.sandbox.faults import Around, Fault
from migrate.sandbox.flood import flood
from migrate.sandbox.ids import http_date, new_uuid
from migrate.sandbox.mutation import endless, mutated
from migrate.sandbox.person_around import act_around
from migrate.sandbox.router import decoded
from migrate.sandbox.routes import ROUTER
from migrate.sandbox.routes_specs import Blocked
from migrate.sandbox.service import Sandbox
from migrate.sandbox.wire import Receive, Scope, Send, Wire

SIGN_IN = "/v2/auth/token"


class OrgApp:
    """The ASGI app of one organization of a sandbox."""

    def __init__(self, sandbox: Sandbox, alias: str) -> None:
        self.sandbox = sandbox
        self.alias = alias
        self.org = sandbox.world.orgs[alias]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request and writes it into the log."""
        if scope["type"] != "http":
            raise RuntimeError("only HTTP is served here; run uvicorn with lifespan off")
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        sandbox = self.sandbox
        sandbox.in_flight[self.alias] += 1
        started = sandbox.clock()
        entry = Entry(
            org=self.alias,
            method=scope["method"],
            path=decoded(raw_path),
            query=query,
            started=started,
            in_flight=sandbox.in_flight[self.alias],
            request_id=new_uuid(sandbox.random),
        )
        sandbox.evidence.add(entry)
        try:
            await self._serve(Wire(scope, receive, send), entry, raw_path, list(scope["headers"]))
        except Exception as error:
            entry.trouble = entry.trouble or f"{type(error).__name__}: {error}"
            raise
        finally:
            sandbox.in_flight[self.alias] -= 1
            entry.seconds = sandbox.clock() - started

    async def _serve(self, wire: Wire, entry: Entry, raw_path: str, headers: list[tuple[bytes, bytes]]) -> None:
        body = await wire.body()
        switches, sandbox = self.org.switches, self.sandbox
        if switches.latency_seconds > 0:
            await asyncio.sleep(switches.latency_seconds)
        refused = sandbox.limiters[self.alias].refuse(
            switches,
            is_token=entry.path.lower() == SIGN_IN,
            in_flight=entry.in_flight,
            now=sandbox.clock(),
            request_id=entry.request_id,
        )
        if refused is not None:
            await self._send(wire, entry, refused)
            return
        faults = sandbox.faults.strike(self.alias, entry.method, entry.path, body, entry.query)
        entry.fault = " ".join(fault.action for fault in faults)
        for fault in faults:
            if await self._before(wire, entry, fault, headers):
                return
        answer = self._handle(entry, raw_path, headers, body)
        for fault in faults:
            answer = self._altered(entry, fault, answer, headers)
        for fault in faults:
            if await self._after(wire, entry, fault, answer):
                return
        await self._send(wire, entry, answer, date=self._date(faults))

    def _altered(self, entry: Entry, fault: Fault, answer: Answer, headers: list[tuple[bytes, bytes]]) -> Answer:
        """The answer as a fault changes it; a change that finds nothing to change is noted."""
        if fault.action == "revoke" and fault.effect:
            self.revoke(_bearer(headers))
        if fault.action not in ("mutate", "endless"):
            return answer
        query = dict(pairs_of(entry.query))
        changed = mutated(answer, fault) if fault.action == "mutate" else endless(answer, fault, query)
        if changed is answer:
            entry.trouble = f"{fault.action}: nothing to change in this answer"
        return changed

    def revoke(self, token: str) -> None:
        """Takes away the API client that a token belongs to, with every token that it got."""
        client_id = self.sandbox.tokens.client_of(token)
        if client_id:
            self.sandbox.revoke_client(self.org, client_id)

    async def _before(self, wire: Wire, entry: Entry, fault: Fault, headers: list[tuple[bytes, bytes]]) -> bool:
        """What a fault does before the call is handled; True where that is the end of it."""
        if fault.action == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault.action == "person":
            self._disturb(entry, fault)
        elif fault.action == "expire":
            self.sandbox.tokens.revoke(_bearer(headers))
        elif fault.action == "revoke" and not fault.effect:
            self.revoke(_bearer(headers))
        elif fault.action == "kill" and not fault.effect:
            os.kill(fault.pid, signal.SIGKILL)
        elif fault.action == "reset":
            await wire.reset()
            return True
        elif fault.action == "status" and not fault.effect:
            await self._send(wire, entry, faulty(fault, entry.request_id))
            return True
        return False

    async def _after(self, wire: Wire, entry: Entry, fault: Fault, answer: Answer) -> bool:
        """What a fault does to an answer; True where that is the end of it."""
        if fault.action == "kill" and fault.effect:
            os.kill(fault.pid, signal.SIGKILL)
        elif fault.action == "lose_answer":
            await (wire.lose() if fault.drop else wire.hang())
            return True
        elif fault.action == "truncate":
            entry.status = answer.status
            await wire.cut(answer, self._date(()), entry.request_id.encode())
            return True
        elif fault.action == "flood":
            entry.status = 200
            packed = ((b"content-encoding", b"gzip"),) if fault.coding == "gzip" else ()
            parts = flood(int(fault.size), fault.coding)
            await wire.pour(Answer(headers=packed), parts, self._date(()), entry.request_id.encode())
            return True
        elif fault.action == "slow":
            await self._send(wire, entry, answer, seconds=fault.seconds)
            return True
        elif fault.action == "status" and fault.effect:
            await self._send(wire, entry, faulty(fault, entry.request_id))
            return True
        return False

    def _disturb(self, entry: Entry, fault: Fault) -> None:
        """Lets a person act on the document of the fault or of the path; what is not there is noted, not raised."""
        inode_id = fault.inode or person.inode_in(entry.path)
        now = self.sandbox.now(self.org)
        more = {"inode": inode_id, "name": fault.name, "to": fault.to, "value": fault.level}
        try:
            if fault.what in get_args(Around):
                act_around(self.org, fault.what, more, now=now)
                return
            person.act(self.org, fault.what, inode_id, now=now, name=fault.name, parent=fault.parent)
        except ApiError as error:
            entry.trouble = f"person: {error.message}"

    def _handle(self, entry: Entry, raw_path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
        """The answer of the API: what a handler returns, or the envelope of what it raises."""
        try:
            return self._routed(entry, raw_path, headers, body)
        except ApiError as error:
            return envelope(error, entry.request_id)
        except Blocked as blocked:
            return blocked.answer
        except RecursionError:
            return envelope(ApiError(400, "invalid_request", "Request body is nested too deeply"), entry.request_id)
        except Exception as error:  # noqa: BLE001
            entry.trouble = "".join(traceback.format_exception(error))
            return envelope(ApiError(500, "sandbox_bug", f"{type(error).__name__}: {error}"), entry.request_id)

    def _routed(self, entry: Entry, raw_path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
        if entry.path.lower() == SIGN_IN and entry.method == "POST":
            return mint(self.sandbox, self.alias, headers, body)
        found = ROUTER.find(entry.method, raw_path)
        if found is None:
            return unmatched()
        route, params = found
        if route.about_reports and self.org.switches.reports == "absent":
            return unmatched()
        caller = caller_of(self.sandbox, self.alias, headers)
        entry.member, entry.org = caller.member.id, caller.org.alias
        if route.feature in caller.member.denied:
            raise forbidden(f"Your account type lacks the permission {route.feature}")
        if route.about_reports and caller.org.switches.reports == "off":
            raise forbidden("Reports are not enabled for your organization")
        call = Call(
            sandbox=self.sandbox,
            org=caller.org,
            member=caller.member,
            method=entry.method,
            path=entry.path,
            pattern=route.pattern,
            headers=headers,
            pairs=pairs_of(entry.query),
            body=body,
            entry=entry,
            params=params,
        )
        outcome = route.handler(call)
        return outcome if isinstance(outcome, Answer) else as_json(outcome)

    def _date(self, faults: Sequence[Fault]) -> bytes:
        """The Date header, wrong where a fault says so."""
        off = [fault for fault in faults if fault.action == "date"]
        said = next((fault.message for fault in off if fault.message), "")
        return (said or http_date(self.sandbox.now(self.org) + sum(fault.seconds for fault in off))).encode()

    async def _send(self, wire: Wire, entry: Entry, answer: Answer, *, seconds: float = 0.0, date: bytes = b"") -> None:
        entry.status = answer.status
        await wire.answer(answer, date or self._date(()), entry.request_id.encode(), seconds=seconds)


def _bearer(headers: list[tuple[bytes, bytes]]) -> str:
    return header(headers, b"authorization")[7:].strip()


def faulty(fault: Fault, request_id: str) -> Answer:
    """The answer that a ``status`` fault gives instead of the call's own."""
    headers = ((b"retry-after", fault.retry_after.encode()),) if fault.retry_after else ()
    if fault.as_html:
        return page_of_the_edge(
            fault.status, f"Error {fault.status}", fault.message or "The host is not well.", headers
        )
    error = incident(request_id) if fault.status == 500 and not (fault.message or fault.code) else None
    error = error or ApiError(fault.status, fault.code or _code(fault.status), fault.message or f"Fault {fault.status}")
    plain = envelope(error, request_id)
    return Answer(status=plain.status, body=plain.body, headers=headers)


def _code(status: int) -> str:
    known = {400: "invalid_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict"}
    return known.get(status, "too_many_requests" if status == 429 else "service_error")
