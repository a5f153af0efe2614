"""What is sent again, what must be settled first, and what never: one ring, by the meaning of what came back.

A read is sent again after trouble that passes. A write is sent again only where the server certainly did
nothing: it was throttled, or no byte of it left. Anything else that is no clear yes or no raises
OutcomeUnknown: no idempotency key exists, and a repeated create makes a second document (sigma-api section 0).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from migrate.errors import MigrateError, OutcomeUnknown, ServiceError
from migrate.reasons import REASONS
from migrate.sigma.model import Answer, Ask, Clock, Hidden, NoAnswer, Send, Tally
from migrate.sigma.pace import Host
from migrate.sigma.refusals import moved, place, refusal, thing_of, words_of
from migrate.sigma.wire import retry_after, throttles

Meaning: TypeAlias = Literal["done", "refused", "moved", "unknown", "throttled", "blocked", "passing", "masked"]
"""``blocked``: an edge page under 403, which may be for good (its firewall dislikes the body);
``masked``: a 500, which may be a permanent validation failure (sigma-api section 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLimits:
    """How often each kind of trouble is met with another try, and the seconds that all waiting may take."""

    throttled: int = 10
    blocked: int = 3
    passing: int = 5
    masked: int = 3
    budget: float = 900.0
    first: float = 1.0
    most: float = 30.0

    def tries(self, meaning: Meaning) -> int:
        """How often a request is sent in all where this keeps coming back."""
        table = {"throttled": self.throttled, "blocked": self.blocked, "passing": self.passing, "masked": self.masked}
        return table.get(meaning, 1)


def meaning_of(ask: Ask, answer: Answer) -> Meaning:
    """What an answer means for the request that it answers."""
    if 200 <= answer.status < 300 and not ask.repeatable and not answer.ok:
        return "unknown"  # whatever the page says, the write may have been done
    if throttles(answer) and not (answer.status == 503 and not ask.repeatable):
        return "blocked" if answer.status == 403 else "throttled"
    if answer.ok:
        return "done"
    if 300 <= answer.status < 400:
        return "moved"
    if 400 <= answer.status < 500 and answer.status != 408:
        return "refused"
    if not ask.repeatable:
        return "unknown"
    return "masked" if answer.status == 500 else "passing"


def backoff(number: int, retries: RetryLimits, luck: float) -> float:
    """Seconds to wait after the ``number``-th trouble in a row, from 1: doubling, capped, half of it by luck."""
    return min(retries.first * 2.0 ** min(number - 1, 30), retries.most) * (0.5 + luck / 2)


class _Again(Exception):
    """A signal inside this ring: send it again after ``wait`` seconds, or give up with ``final``."""

    def __init__(self, meaning: Meaning, wait: float | None, final: MigrateError) -> None:
        super().__init__(meaning)
        self.meaning = meaning
        self.wait = wait
        self.final = final


def retrying(
    inner: Send, *, org: str, retries: RetryLimits, clock: Clock, host: Host, hidden: Hidden, tally: Tally
) -> Send:
    """The ring that sends again what may be sent again, within one budget of tries and time."""

    async def once(ask: Ask) -> Answer:
        trouble: MigrateError | _Again
        try:
            answer = await inner(ask)
        except NoAnswer as error:
            trouble = _no_answer(org, ask, error, hidden)
        else:
            meaning = meaning_of(ask, answer)
            if meaning == "done":
                return answer
            trouble = _trouble(org, ask, answer, meaning, hidden, clock)
        raise trouble  # outside of the handler, so that no error of the wire hangs on it

    async def send(ask: Ask) -> Answer:
        try:
            return await once(ask)  # nearly always enough, and then there is nothing to count or to wait for
        except _Again as again:
            first = again
        return await after(first, ask)

    async def after(first: _Again, ask: Ask) -> Answer:
        final: MigrateError
        loop = AsyncRetrying(
            sleep=clock.sleep,
            retry=retry_if_exception_type(_Again),
            stop=_stop(retries, clock, host),
            wait=_wait(retries, clock),
            reraise=True,
        )
        try:
            async for attempt in loop:
                with attempt:
                    number = attempt.retry_state.attempt_number
                    if number == 1:
                        raise first
                    tally.retries += 1
                    return await once(replace(ask, attempt=number))
        except _Again as again:
            final = again.final
        raise final

    return send


def _stop(retries: RetryLimits, clock: Clock, host: Host) -> Callable[[RetryCallState], bool]:
    """Gives up after so many tries of one kind, or where the wait ahead would outlast the budget."""
    counts: dict[Meaning, int] = {}
    began: list[float] = []

    def stop(state: RetryCallState) -> bool:
        again = _signal(state)
        began.append(clock.now())
        counts[again.meaning] = counts.get(again.meaning, 0) + 1
        ahead = max(host.remaining, again.wait or 0.0)
        return counts[again.meaning] >= retries.tries(again.meaning) or (
            clock.now() + ahead > began[0] + retries.budget
        )

    return stop


def _wait(retries: RetryLimits, clock: Clock) -> Callable[[RetryCallState], float]:
    """Nothing after a throttling answer, since the lane itself stands parked; else Retry-After or a backoff."""

    def wait(state: RetryCallState) -> float:
        again = _signal(state)
        if again.meaning in ("throttled", "blocked"):
            return 0.0
        return backoff(state.attempt_number, retries, clock.luck()) if again.wait is None else again.wait

    return wait


def _signal(state: RetryCallState) -> _Again:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, _Again):
        raise TypeError("only a signal of this ring is sent again")
    return error


def _no_answer(org: str, ask: Ask, error: NoAnswer, hidden: Hidden) -> MigrateError | _Again:
    why = hidden.clean(error.message)
    if error.left and not ask.repeatable:
        return _unknown(org, ask, why, hidden, status=0, request_id="")
    code = "throttled" if error.throttled else "unreachable"
    final = _service(org, ask, code, why, hidden)
    return _Again("throttled" if error.throttled else "passing", None, final)


def _trouble(
    org: str, ask: Ask, answer: Answer, meaning: Meaning, hidden: Hidden, clock: Clock
) -> MigrateError | _Again:
    if meaning == "refused":
        return refusal(org, ask, answer, hidden)
    if meaning == "moved":
        return moved(org, ask, answer, hidden)
    said = f"{answer.status} {_said(answer)}".strip()
    if meaning == "unknown":
        return _unknown(org, ask, said, hidden, status=answer.status, request_id=answer.request_id)
    if answer.shape == "too_large":  # it would be as large again
        return _service(org, ask, "answer_too_large", said, hidden, answer)
    wait = retry_after(answer.headers, clock.wall())
    if meaning == "blocked":
        return _Again(meaning, wait, refusal(org, ask, answer, hidden))
    code = {"throttled": "throttled", "masked": "permanent_error"}.get(meaning, "service")
    if meaning == "passing" and answer.status < 300:
        code = "odd_answer"  # whole, and yet no value: it is this answer, not the service
    return _Again(meaning, wait, _service(org, ask, code, said, hidden, answer))


def _said(answer: Answer) -> str:
    if answer.shape == "too_large":
        return "with a body that is larger, or packed in more ways, than any that is read"
    if answer.shape == "unreadable":
        return "with a body that is cut off, neither JSON nor YAML, or nested too deep"
    return words_of(answer)


def _service(org: str, ask: Ask, code: str, why: str, hidden: Hidden, answer: Answer | None = None) -> ServiceError:
    request = f" [request {answer.request_id}]" if answer is not None and answer.request_id else ""
    return ServiceError(
        f"org {org}: {place(ask, hidden)} got no useful answer after all retries: {hidden.clean(why)}{request}.",
        code=code,
        next_action=REASONS[code].fix,
        thing=thing_of(ask, hidden, answer.status if answer is not None else 0),
    )


def _unknown(org: str, ask: Ask, why: str, hidden: Hidden, *, status: int, request_id: str) -> OutcomeUnknown:
    request = f" [request {request_id}]" if request_id else ""
    return OutcomeUnknown(
        f"org {org}: {place(ask, hidden)} was sent, but its outcome is unknown: {hidden.clean(why)}{request}.",
        next_action=REASONS["outcome_unknown"].fix,
        thing=thing_of(ask, hidden, status),
        status=status,
        request_id=request_id,
    )
