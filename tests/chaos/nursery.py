"""Migrations as processes of their own, each of which can be killed at any step.

Run as a script: one JSON command a line on standard input, one JSON answer a line on standard output. Every
command runs in a forked child that works and dies like the command line would, without paying for the imports
again. ``at`` is the n-th request, answer or commit of the ledger at which the child kills itself (SIGKILL), or what
else is to happen then; with ``writes`` it is the n-th write that is about to leave.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from dataclasses import replace
from pathlib import Path


def child(command: dict[str, object], out: int) -> None:
    """Plans and applies; writes what came of it, or dies on the way."""
    import anyio
    import httpx

    from migrate import Migration, Plan
    from migrate.change.run_context import Patience
    from migrate.events import Answered, Recorded, Sending
    from migrate.plan.running import Limits

    environ = {str(k): str(v) for k, v in dict(command["environ"]).items()}
    steps: list[str] = []

    def hear(event: object) -> None:
        leaves = (
            isinstance(event, Sending)
            and event.method != "GET"
            and not event.path.endswith(("/token", "/lookup", "/verify"))
        )
        if leaves if command.get("writes") else isinstance(event, Sending | Answered | Recorded):
            steps.append(type(event).__name__)
            if len(steps) == command["at"]:
                strike(command)

    async def work() -> dict[str, object]:
        plan = Plan.load(Path(str(command["plan"])), environ=environ)
        limits = Limits(
            concurrency=4, requests_per_second=1e6, write_concurrency=int(str(command["writers"])), timeout=10
        )
        lease, lock = (float(str(command.get(name) or seconds)) for name, seconds in (("lease", 120), ("lock", 60)))
        patience = Patience(waits=(0.02, 0.05, 0.1), lease=lease, lock=lock)
        plan = replace(plan, run=limits, state=str(command["state"]))
        async with Migration(plan, environ=environ, listener=hear, patience=patience) as migration:
            result = await migration.apply(await migration.plan())
        rows = result.reconciliation.rows
        bad = [(r.source_name, r.outcome, r.verdict, r.reason) for r in rows if r.verdict not in GOOD]
        return {
            "steps": len(steps),
            "exit_code": result.exit_code,
            "rows": len(rows),
            "bad": bad,
            "consistent": result.reconciliation.consistent,
        }

    if command.get("kill"):
        fault = {**dict(command["kill"]), "action": "kill", "pid": os.getpid()}
        httpx.post(f"{command['admin']}/faults", json=fault, trust_env=False).raise_for_status()
    try:
        told = anyio.run(work)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the answer
        code = getattr(error, "exit_code", 70)
        told = {"steps": len(steps), "error": f"{type(error).__name__}: {error}", "exit_code": code}
        if code == 70:
            told["error"] += "\n" + traceback.format_exc()
    os.write(out, json.dumps(told).encode())


def strike(command: dict[str, object]) -> None:
    """What happens at the chosen step: this process is killed or stopped, or the server of its ledger is killed."""
    if command.get("frozen"):
        Path(str(command["frozen"])).write_text(str(os.getpid()), encoding="ascii")
        os.kill(os.getpid(), signal.SIGSTOP)
    elif command.get("server"):
        import psutil

        server = psutil.Process(int(str(command["server"])))
        for process in (server, *server.children(recursive=True)):
            process.kill()
        if command.get("until"):
            Path(str(command["until"])).read_bytes()  # a pipe: until somebody has opened and closed it
    else:
        os.kill(os.getpid(), signal.SIGKILL)


GOOD = ("match", "match_declared", "broken_in_source_too", "unchanged_by_version", "not_run", "not_verifiable")


def main() -> None:
    """Serves commands until standard input ends."""
    from migrate import Migration  # noqa: F401 - imported once, before the forks

    for line in sys.stdin:
        command = json.loads(line)
        readable, writable = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(readable)
            child(command, writable)
            os._exit(0)
        os.close(writable)
        with os.fdopen(readable, "rb") as pipe:
            answer = pipe.read()
        _, status = os.waitpid(pid, 0)
        told = json.loads(answer) if answer else {}
        told["killed"] = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
