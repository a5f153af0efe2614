"""Runs one command to its end and prints what it took, as JSON. A script, small on purpose.

The system remembers of a process how large it was before it became another program, which is how large the process was
that started it. So what is measured is never started by a run of tests, which may have a gigabyte.
"""

import json
import os
import sys
import time

if __name__ == "__main__":
    given, printed, *command = sys.argv[1:]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, given, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    began = time.monotonic()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, used = os.wait4(child, 0)
    took = {
        "cpu": used.ru_utime + used.ru_stime,
        "wall": time.monotonic() - began,
        "memory": used.ru_maxrss * 1024,
        "code": os.waitstatus_to_exitcode(status),
    }
    sys.stdout.write(json.dumps(took))
