"""A chain's process: readiness, death, stopping, and no orphans."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chains.devnet.errors import ChainDied, ChainNotReady
from chains.devnet.process import SUPERVISOR, ChainProcess

READY = re.compile(r"serving on (\d+)")
SERVES = "import signal; print('hello'); print('serving on 4711', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('serving on 1', flush=True)\nwhile True: signal.pause()"
PATIENCE = 20.0


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed process whose parent is gone may wait as a zombie for the machine's first process.
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until_gone(pid: int) -> bool:
    ends = time.monotonic() + PATIENCE
    while is_alive(pid) and time.monotonic() < ends:
        time.sleep(0.05)  # nobody tells a stranger that a process ended
    return not is_alive(pid)


def test_readiness_is_told_by_the_line_that_says_it(tmp_path: Path) -> None:
    chain = ChainProcess("toy", program(SERVES), tmp_path / "toy.log", READY)
    try:
        assert chain.wait_ready(PATIENCE).group(1) == "4711"
        chain.check()
    finally:
        chain.close()
    assert (tmp_path / "toy.log").read_text().splitlines() == ["hello", "serving on 4711"]


def test_a_chain_that_ends_before_it_is_ready_is_told_with_its_code_and_last_words(tmp_path: Path) -> None:
    code = "import sys; print('LOCKSTEP FAULT the disk is on fire'); sys.exit(70)"
    chain = ChainProcess("toy", program(code), tmp_path / "toy.log", READY)
    with pytest.raises(ChainDied, match="the toy chain ended with code 70: the disk is on fire") as told:
        chain.wait_ready(PATIENCE)
    chain.close()
    assert told.value.exit_code == 70
    assert told.value.last_log_lines == ("LOCKSTEP FAULT the disk is on fire",)


def test_a_chain_that_says_nothing_is_not_ready_in_time(tmp_path: Path) -> None:
    chain = ChainProcess("toy", program("import signal; signal.pause()"), tmp_path / "toy.log", READY)
    with pytest.raises(ChainNotReady, match="was not ready after 0 s"):
        chain.wait_ready(0.2)
    chain.close()


def test_a_chain_killed_in_the_middle_is_told_by_the_next_check(tmp_path: Path) -> None:
    chain = ChainProcess(
        "toy",
        program(f"import os; print(f'serving on {{os.getpid()}}', flush=True)\n{SERVES}"),
        tmp_path / "toy.log",
        READY,
    )
    os.kill(int(chain.wait_ready(PATIENCE).group(1)), signal.SIGKILL)
    assert chain.wait_end(PATIENCE)
    with pytest.raises(ChainDied) as told:
        chain.check()
    chain.close()
    assert told.value.exit_code == 128 + signal.SIGKILL


def test_closing_ends_a_program_that_ignores_requests(tmp_path: Path) -> None:
    chain = ChainProcess("toy", program(STUBBORN), tmp_path / "toy.log", READY)
    chain.wait_ready(PATIENCE)
    chain.close()
    chain.close()
    with pytest.raises(ChainDied):
        chain.check()


@pytest.mark.parametrize("victim", ["starter", "supervisor"])
def test_no_program_outlives_a_sigkill_of_those_above_it(victim: str) -> None:
    """The pipe closes with the starter; on Linux the kernel ends the program with its supervisor."""
    if victim == "supervisor" and sys.platform != "linux":
        pytest.skip("only Linux ends a process with its parent")
    inner = "import os, signal; print(os.getpid(), os.getppid(), flush=True); signal.pause()"
    starter = (
        "import subprocess, sys, signal\n"
        f"p = subprocess.Popen([sys.executable, {str(SUPERVISOR)!r}, sys.executable, '-c', {inner!r}], stdin=subprocess.PIPE)\n"
        "signal.pause()"
    )
    with subprocess.Popen(program(starter), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid, supervisor = map(int, process.stdout.readline().split())
        os.kill(process.pid if victim == "starter" else supervisor, signal.SIGKILL)
        assert wait_until_gone(pid)
        process.kill()
