"""Somebody told of a run: a command that gets the outcome, or a webhook.

What a plan names is only used where this machine's owner allows it: a command needs ``--allow-command``, and the
address of a webhook comes from a variable, since such an address is a secret. What goes wrong here changes no exit
code: the run is over, and what it came to is told anyway.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from urllib.parse import urlsplit

import orjson

from migrate.errors import Refused
from migrate.hosts import is_loopback
from migrate.plan.running import OnFinish
from migrate.run.notice import Notice, body
from migrate.secret import RING
from migrate.tree import Json

SECONDS = 30.0
"""How long a command or an answer is waited for."""

_TRIES = 3


def check(on_finish: OnFinish | None, environ: Mapping[str, str], *, allowed: bool) -> None:
    """Raises Refused before a run begins where its ending could not be told to anybody."""
    if on_finish is None:
        return
    if on_finish.command and not allowed:
        raise Refused(
            f"the plan wants to run {on_finish.command[0]!r} when it has finished.",
            code="command_not_allowed",
            next_action="look at run.on_finish.command, then add --allow-command",
        )
    if on_finish.webhook:
        _address(on_finish.webhook, environ)


def tell(on_finish: OnFinish, notice: Notice, tree: Mapping[str, Json], environ: Mapping[str, str]) -> str:
    """Tells of a run; empty, or a sentence of what was in the way."""
    content = RING.bytes_without(orjson.dumps(body(on_finish.format, notice, tree)))
    if on_finish.command:
        return _command(on_finish.command, content, environ)
    return _webhook(_address(str(on_finish.webhook), environ), content)


def _address(named: str, environ: Mapping[str, str]) -> str:
    """The address that a variable holds. Raises Refused where it is not set or no https address."""
    variable = named.removeprefix("env:")
    address = environ.get(variable, "")
    RING.add(address)
    try:
        parts = urlsplit(address)
        fits = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    except ValueError:
        fits = False
    if not (fits and parts.hostname):
        what = "holds no https address" if address else "is not set"
        raise Refused(
            f"the variable {variable}, which run.on_finish.webhook names, {what}.",
            code="webhook_unusable",
            next_action="set it to the address of the webhook, or take run.on_finish out of the plan",
        )
    return address


def _command(command: tuple[str, ...], content: bytes, environ: Mapping[str, str]) -> str:
    """Runs a command with the outcome on its standard input, without what this run knows as secret."""
    clean = {name: value for name, value in environ.items() if not RING.is_in(os.fsencode(value))}
    try:
        done = subprocess.run(  # noqa: S603 - the owner of this machine allowed it by name
            command, input=content, env=clean, timeout=SECONDS, capture_output=True, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the command of run.on_finish did not end within {SECONDS:.0f} seconds and was stopped"
    except OSError as error:
        return f"the command of run.on_finish cannot be run: {error.strerror}"
    return f"the command of run.on_finish ended with exit code {done.returncode}" if done.returncode else ""


def _webhook(address: str, content: bytes) -> str:
    """Sends the outcome, again where the other side is not ready; follows no redirect."""
    import httpx
    from tenacity import RetryError, Retrying, retry_if_result, stop_after_attempt, wait_exponential

    def send() -> int:
        try:
            headers = {"Content-Type": "application/json"}
            with httpx.stream("POST", address, content=content, headers=headers, timeout=SECONDS) as answer:
                return answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            return 0

    try:
        status = Retrying(
            stop=stop_after_attempt(_TRIES),
            wait=wait_exponential(multiplier=0.2, max=2),
            retry=retry_if_result(lambda status: status in (0, 429) or status >= 500),
        )(send)
    except RetryError as error:
        status = int(error.last_attempt.result())
    if 200 <= status < 300:
        return ""
    told = f"answered {status}" if status else "did not answer"
    return f"the webhook of run.on_finish {told}; nobody was told"
