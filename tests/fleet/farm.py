"""Workers as processes of their own, each of which can be killed.

Run as a script: one JSON command a line on standard input, one JSON answer a line on standard output. ``start`` runs a
command line in a forked child, which costs no imports, and answers with its process id; ``end`` waits for one of them.
``work`` is a child that takes part in a run as the library does it: with locks that last ``lease`` seconds, a clock
that is ``skew`` seconds off, and ``at`` an event (``Sending POST /spec``, ``Recorded ticket``) it ``strikes`` itself.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path


def start(command: dict[str, object]) -> dict[str, object]:
    """The process id of a new child; what it says goes to a file."""
    pid = os.fork()
    if pid:
        return {"pid": pid}
    from migrate.cli import run

    out = os.open(str(command["out"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update({str(name): str(value) for name, value in dict(command["environ"]).items()})
    code = run([str(word) for word in command["arguments"]])
    sys.stdout.flush()
    os._exit(code)


def work(command: dict[str, object]) -> dict[str, object]:
    """The process id of a new child that takes part in a run."""
    pid = os.fork()
    if pid:
        return {"pid": pid}
    os._exit(took_part(command))


def took_part(command: dict[str, object]) -> int:
    """The exit code of a part in a run, of the one target or of all that are free."""
    import anyio

    from migrate import Migration, Plan
    from migrate.change.run_context import Patience

    environ = {str(name): str(value) for name, value in dict(command["environ"]).items()}
    waits = list(command.get("at") or ())
    skew = timedelta(seconds=float(str(command.get("skew") or 0)))

    def hear(event: object) -> None:
        told = " ".join(
            [type(event).__name__, *(str(getattr(event, name, "")) for name in ("what", "org", "method", "path"))]
        )
        if waits and all(word in told for word in str(waits[0]).split()):
            waits.pop(0)
            os.kill(os.getpid(), int(str(command["strikes"])))

    async def main() -> None:
        plan = Plan.load(Path(str(command["plan"])), environ=environ)
        patience = Patience(lease=float(str(command.get("lease") or 120)))

        def now() -> str:
            return (datetime.now(UTC) + skew).isoformat(timespec="seconds")

        async with Migration(plan, environ=environ, listener=hear, patience=patience, now=now) as migration:
            await migration.work("night", str(command.get("target") or ""))

    try:
        anyio.run(main)
    except BaseException as error:  # noqa: BLE001 - whatever it is, its exit code is the answer
        return int(getattr(error, "exit_code", 70))
    return 0


def end(command: dict[str, object]) -> dict[str, object]:
    """How a child ended: its exit code, or the signal that killed it as a negative number."""
    _, status = os.waitpid(int(str(command["pid"])), 0)
    return {"code": os.waitstatus_to_exitcode(status)}


def main() -> None:
    """Serves commands until standard input ends."""
    from migrate import Migration  # noqa: F401 - imported once, before the forks
    from migrate.cli import run  # noqa: F401

    for line in sys.stdin:
        command = json.loads(line)
        answer = {"start": start, "work": work, "end": end}[command["do"]](command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
