"""Commands that are killed by SIGKILL in the middle, at an event: a line that they say, or something seen from outside."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

from tests.support.commands import LOCKSTEP, ROOT, run

PATIENCE = 120.0
LOOK_SECONDS = 0.002


def kill_at_line(words: str, *arguments: str, count: int = 1) -> None:
    """Runs a command, and kills it when it has told the `count`-th line of progress with these words."""
    with subprocess.Popen(
        [LOCKSTEP, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        told = []
        for line in process.stderr:
            told.append(line)
            if sum(words in one for one in told) == count:
                process.kill()
                break
        else:
            raise AssertionError(f"it never said {words!r} {count} times: {told}")
    assert process.returncode == -signal.SIGKILL


def kill_when(holds: Callable[[], bool], *arguments: str) -> None:
    """Runs a command, and kills it as soon as something holds outside of it."""
    with subprocess.Popen(
        [LOCKSTEP, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as process:
        ends = time.monotonic() + PATIENCE
        # No process tells a stranger when it has written a line of its journal.
        while not holds():
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < ends, f"not within {PATIENCE:.0f} s"
            time.sleep(LOOK_SECONDS)
        process.kill()
    assert process.returncode == -signal.SIGKILL


def repeat_while(kind: str, *arguments: str) -> Any:
    """What a command says with --json, run again as it asks for while it ends with an error of this kind."""
    ends = time.monotonic() + PATIENCE
    while True:
        finished = run(*arguments, "--json")
        said = json.loads(finished.stdout)
        if finished.returncode == 0:
            return said
        assert said["error"]["kind"] == kind, said
        assert time.monotonic() < ends, f"{kind} for {PATIENCE:.0f} s"
