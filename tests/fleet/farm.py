"""Workers as processes of their own, each of which can be killed.

Run as a script: one JSON command a line on standard input, one JSON answer a line on standard output. ``start`` runs a
command line in a forked child, which costs no imports, and answers with its process id; ``end`` waits for one of them.
"""

from __future__ import annotations

import json
import os
import sys


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
        answer = (start if command["do"] == "start" else end)(command)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
