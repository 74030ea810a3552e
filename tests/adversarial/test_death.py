"""A part of the local system dies in the middle: it is said plainly, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.chains


def chain_process(parent: int, word: bytes) -> int | None:
    """The descendant of a process whose command line holds a word."""
    children: dict[int, list[int]] = {}
    lines: dict[int, bytes] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                lines[int(entry.name)] = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    waiting = [parent]
    while waiting:
        process = waiting.pop()
        for child in children.get(process, []):
            if word in lines.get(child, b"") and b"supervise.py" not in lines[child]:
                return child
            waiting.append(child)
    return None


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes by /proc")
@pytest.mark.parametrize(("word", "name"), [(b"substrate.mjs", "substrate"), (b"anvil", "evm")])
def test_a_chain_that_dies_during_the_demonstration_is_named_and_nothing_is_left(word: bytes, name: str) -> None:
    demo = subprocess.Popen(
        [str(ROOT / "lockstep"), "demo", "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert demo.stderr is not None
    for line in demo.stderr:
        if "Substrate refuses" in line:
            break
    victim = chain_process(demo.pid, word)
    assert victim is not None
    others = chain_process(demo.pid, b"relayer.attestor")
    assert others is not None
    os.kill(victim, signal.SIGKILL)
    _, told = demo.communicate(timeout=150)
    assert demo.returncode == 1
    assert f"the {name} chain ended" in told.lower()
    assert "Traceback" not in told
    deadline = time.monotonic() + 10
    while Path(f"/proc/{others}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{others}").exists()
