"""One chain's process: started under a supervisor, its output kept, its readiness and its death told."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from chains.devnet.errors import ChainDied, ChainNotReady

LAST_LINES = 30
STOP_SECONDS = 8.0
SUPERVISOR = Path(__file__).with_name("supervise.py")


class ChainProcess:
    """A child process in a session of its own: Ctrl-C in the terminal reaches this program, which then stops it."""

    def __init__(
        self, name: str, argv: Sequence[str], log: Path, ready: re.Pattern[str], env: Mapping[str, str] | None = None
    ) -> None:
        """Starts at once. `ready` is searched in each line of output; `env` is added to this process's environment."""
        self.name, self.log = name, log
        self._ready_pattern = ready
        self._ready: re.Match[str] | None = None
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._changed = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(SUPERVISOR), *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        if self._process.stdout is None:
            raise RuntimeError("a pipe was asked for")
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout,), name=f"log of {name}", daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        return self._process.pid

    def _read(self, output: BinaryIO) -> None:
        # The file is unbuffered: the last lines before a death are the ones that matter.
        with output, self.log.open("wb", buffering=0) as log:
            for raw in output:
                log.write(raw)
                line = raw.decode(errors="replace").rstrip()
                with self._changed:
                    if line:
                        self._lines.append(line)
                    if self._ready is None:
                        self._ready = self._ready_pattern.search(line)
                    self._changed.notify_all()
        self._process.wait()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_ready(self, seconds: float) -> re.Match[str]:
        """The match of the line that says the chain serves. ChainDied; ChainNotReady after `seconds`."""
        ends = time.monotonic() + seconds
        with self._changed:
            while self._ready is None:
                if self._ended:
                    raise self._death()
                if not self._changed.wait(ends - time.monotonic()) and time.monotonic() >= ends:
                    raise ChainNotReady(self.name, seconds, self.log)
            return self._ready

    def wait_end(self, seconds: float | None) -> bool:
        """Wait until the chain's process has ended by itself. False when it still runs after `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._ended, seconds)

    def check(self, within: float = 0.0) -> None:
        """ChainDied when the process has ended, or ends in the next `within` seconds.

        Whoever lost its connection to a dying process may ask before that death is known here.
        """
        if self.wait_end(within):
            raise self._death()

    def _death(self) -> ChainDied:
        return ChainDied(self.name, self._process.returncode, tuple(self._lines), self.log)

    def ask_to_stop(self) -> None:
        """Close the pipe: the supervisor ends the chain. Returns at once; `close` waits."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()

    def kill(self) -> None:
        """End program and supervisor as a crash would: SIGKILL, nothing is closed. Returns once both are gone."""
        with suppress(ProcessLookupError):
            # The supervisor leads a group of its own, and the program is in it.
            os.killpg(self._process.pid, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Stop the chain and wait for its end; a second call does nothing."""
        self.ask_to_stop()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # on Linux the chain dies with its supervisor
            self._process.wait()
        self._reader.join(STOP_SECONDS)
