"""Runs one program for as long as the process that started this one lives.

    python supervise.py PROGRAM [ARGUMENT ...]

The starter holds the other end of this process's stdin. However the starter ends - also by SIGKILL, when nobody can
clean up - the pipe closes, and the program gets SIGTERM and a little later SIGKILL. Standard library only, so that it
starts in an instant. Exit code: the program's; 128 + n when signal n ended it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

GRACE_SECONDS = 4.0
PR_SET_PDEATHSIG = 1


def dies_with_its_parent(parent: int) -> Callable[[], None] | None:
    """On Linux: what the program does before it starts, so that even a SIGKILL of this supervisor ends it."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the supervisor ended between the fork and the line above
            os._exit(1)

    return bind


def stop(program: subprocess.Popen[bytes]) -> None:
    """Ask, wait, then end it."""
    program.terminate()
    try:
        program.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()


def watch_starter(program: subprocess.Popen[bytes]) -> None:
    """Wait until the starter's end of the pipe closes."""
    while os.read(0, 4096):
        pass
    stop(program)


def main(argv: list[str]) -> int:
    """Run `argv`; see the module's docstring."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, preexec_fn=dies_with_its_parent(os.getpid()))  # noqa: PLW1509
    signal.signal(signal.SIGTERM, lambda _number, _frame: program.terminate())
    threading.Thread(target=watch_starter, args=(program,), daemon=True).start()
    code = program.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
