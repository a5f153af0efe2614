"""Ctrl-C at the worst of moments."""

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios

from kit.places import REPOSITORY
from kit.waiting import until

TELLS = """
import sys
from migrate.terminal.session import Stopping
from migrate.terminal.streams import say
with Stopping() as stopping:
    say("x" * 1_000_000)
    say("all told")
    sys.exit(130 if stopping.asked() else 0)
"""


def waiting_in(pipe):
    """How many bytes nobody has read yet."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


def test_while_something_is_being_told():
    """Who tells it stands still in the middle of a line, since nobody reads; what was asked is heard all the same."""
    environ = os.environ | {"PYTHONUNBUFFERED": ""}  # as for people: without a buffer a signal cuts what is told
    process = subprocess.Popen([sys.executable, "-c", TELLS], cwd=REPOSITORY, env=environ, stderr=subprocess.PIPE)
    with process:
        until(lambda: waiting_in(process.stderr) >= 65_536)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told[-2000:]
    assert told.count(b"Stopping: finishing what is in flight") == 1
    assert told.count(b"x") == 1_000_000
    assert told.endswith(b"all told")
