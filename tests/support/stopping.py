"""Processes of a running system that stop for a while (SIGSTOP), as a machine that hangs, and go on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUPERVISOR = "supervise.py"
"""Each process has one above it with the same words in its command line; that one goes on."""


def pid_of(words: str) -> int:
    """The one process with these words in its command line or environment. AssertionError for none, or several."""
    found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _is_it(entry, words)]
    assert len(found) == 1, f"{len(found)} processes have {words!r}"
    return found[0]


@contextmanager
def stopped(words: str) -> Iterator[None]:
    """Stops the one process with these words, and lets it go on at the end."""
    pid = pid_of(words)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _is_it(entry: Path, words: str) -> bool:
    try:
        command = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
        if "python" not in command or SUPERVISOR in command:
            return False
        return words in command or words in (entry / "environ").read_bytes().decode("utf-8", "replace")
    except OSError:
        # It ended meanwhile, or is somebody else's.
        return False
