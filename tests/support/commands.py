"""The command line as people and scripts use it: a process per command."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCKSTEP = str(ROOT / "lockstep")


@contextmanager
def running_system() -> Iterator[dict[str, Any]]:
    """What `./lockstep up --json` said; it is told to stop afterwards and must leave nothing behind."""
    process = subprocess.Popen(
        [LOCKSTEP, "up", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    decoder, text = json.JSONDecoder(), ""
    for line in process.stdout:
        text += line
        if line.startswith("}"):
            break
    try:
        yield decoder.decode(text)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert not (ROOT / ".lockstep/run/up/system.json").exists()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command, to its end."""
    return subprocess.run([LOCKSTEP, *arguments], capture_output=True, text=True, check=False, timeout=240, cwd=ROOT)


def answer(*arguments: str, code: int = 0) -> Any:
    """What a command says with --json; it must end with `code`."""
    finished = run(*arguments, "--json")
    assert finished.returncode == code, finished.stderr + finished.stdout
    return json.loads(finished.stdout)
