"""`lockstep test`: every check and test of the project, one part after the other, with the time of each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from chains.devnet.errors import ToolMissing
from chains.devnet.tools import foundry
from lockstep_cli.errors import UserError
from lockstep_cli.output import Json, people_console, print_json, progress_console
from lockstep_cli.paths import ROOT
from lockstep_cli.rust import CARGO_FEATURES, SETUP, Rust, claim_target, find_rust, target_folder

Outcome = Literal["passed", "failed", "skipped"]
NO_TESTS_COLLECTED = 5
PYTEST = [sys.executable, "-m", "pytest", "-q"]
CHAIN_LEVELS = ("integration", "adversarial", "differential", "e2e")

CONTRACTS = ROOT / "chains" / "evm" / "contracts"
PALLETS = ROOT / "pallets"


@dataclass(frozen=True, slots=True)
class Part:
    """One tool's run. `accepts`: exit codes that count as passed.

    `lane`: parts of one lane run one after the other; lanes run side by side, because tests on chains mostly wait for blocks.
    """

    name: str
    command: Sequence[str]
    folder: Path = ROOT
    env: dict[str, str] = field(default_factory=dict)
    accepts: frozenset[int] = frozenset({0})
    lane: str = "tools"


@dataclass(frozen=True, slots=True)
class Result:
    """How a part ended, after how many seconds; `note` says why it was skipped."""

    name: str
    outcome: Outcome
    seconds: float
    note: str = ""


def run_all(
    fast: Annotated[
        bool,
        typer.Option("--fast", help="Only what needs no chain and no compiler: lint, types, artifacts, unit, parity."),
    ] = False,
    expression: Annotated[
        str | None, typer.Option("-k", help="Run only the Python tests that match, as pytest's -k.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Run only these parts (may be given again); see the table.")
    ] = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", "-x", help="Stop at the first part that fails.")] = False,
    json: Json = False,
) -> None:
    """Run every check and test: ruff, mypy, artifacts, pytest on all levels, forge, clippy and cargo.

    Rust parts are skipped with a notice where this machine has no Rust. Under CI=true nothing is skipped: what is missing
    is installed, or the run fails. The exit code is 1 when a part failed.
    """
    console = progress_console() if json else people_console()
    if in_ci():
        # A test that finds no server fails there and says so: what this could not install is not hidden.
        subprocess.run(["bash", str(ROOT / "scripts" / "setup-postgresql.sh")], check=False, stdout=sys.stderr)
    parts = chosen(python_parts(expression) if fast or expression else all_parts(console), only)
    if fast:
        parts = [part for part in parts if part.name in FAST_PARTS]
    results = run_lanes(parts, console, quiet=json, fail_fast=fail_fast)
    failed = [result.name for result in results if result.outcome == "failed"]
    if json:
        told = [{"name": r.name, "outcome": r.outcome, "seconds": round(r.seconds, 1), "note": r.note} for r in results]
        print_json({"passed": not failed, "parts": told})
    else:
        console.print(table(results))
    if failed:
        raise typer.Exit(1)


FAST_PARTS = frozenset({"ruff", "ruff format", "mypy", "artifacts", "unit", "parity"})


def chosen(parts: Sequence[Part | Result], only: Sequence[str] | None) -> list[Part | Result]:
    """The parts named by --only, in their own order. UserError for a name that is none."""
    names = [part.name for part in parts]
    for name in only or ():
        if name not in names:
            raise UserError(f"There is no part called {name!r}.", f"The parts are: {', '.join(names)}.")
    return [part for part in parts if not only or part.name in only]


def python_parts(expression: str | None = None) -> list[Part | Result]:
    """What needs nothing but the environment (and, for the upper levels, the chains in it)."""
    lockstep = [sys.executable, "-m", "lockstep_cli"]
    select, accepts = (["-k", expression], frozenset({0, NO_TESTS_COLLECTED})) if expression else ([], frozenset({0}))
    env = {"LOCKSTEP_ENV": "dev"}
    tests: list[Part | Result] = [
        Part("unit", [*PYTEST, "tests/unit", *select], env=env, accepts=accepts),
        Part("parity", [*PYTEST, "tests/parity", *select], env=env, accepts=accepts),
        *(
            Part(
                level,
                [*PYTEST, "--durations=8", f"tests/{level}", *select],
                env=env,
                accepts=accepts,
                lane=level,
            )
            for level in CHAIN_LEVELS
        ),
    ]
    if expression:
        return tests
    return [
        Part("ruff", [sys.executable, "-m", "ruff", "check", "."]),
        Part("ruff format", [sys.executable, "-m", "ruff", "format", "--check", "."]),
        Part("mypy", [sys.executable, "-m", "mypy"]),
        Part("artifacts", [*lockstep, "artifacts", "check"]),
        *tests,
    ]


def all_parts(console: Console) -> list[Part | Result]:
    """Everything, with the compilers' parts."""
    return [*python_parts(), *contract_parts(), *rust_parts(console)]


def contract_parts() -> list[Part | Result]:
    """forge's tests, and that the committed artifacts are what the sources compile to."""
    try:
        forge = str(foundry("forge"))
    except ToolMissing as error:
        if in_ci():
            raise
        return [Result("forge", "skipped", 0, f"{error}. {error.cure}")]
    lockstep = [sys.executable, "-m", "lockstep_cli"]
    return [
        Part("contracts rebuilt", [*lockstep, "artifacts", "check", "--rebuild"]),
        Part("forge", [forge, "test"], CONTRACTS),
        Part("gas", [*lockstep, "bench", "gas", "--only", "evm", "--check"]),
        Part("slither", [sys.executable, str(ROOT / "scripts" / "run_slither.py")]),
    ]


def rust_parts(console: Console) -> list[Part | Result]:
    """clippy and cargo's tests, where there is a toolchain; in CI there must be one."""
    rust = find_rust()
    if in_ci() and (rust is None or not rust.wasm):
        console.print(f"Rust for the pallets is not complete here; running {SETUP.relative_to(ROOT)}")
        subprocess.run(["bash", str(SETUP)], check=False)
        rust = find_rust()
        if rust is None or not rust.wasm:
            return [Result("cargo", "failed", 0, f"{SETUP.relative_to(ROOT)} could not install Rust for the pallets")]
    if rust is None:
        return [Result("cargo", "skipped", 0, f"no Rust on this machine; {SETUP.relative_to(ROOT)} installs it")]
    claim_target(target_folder(), ROOT)
    accesses = [sys.executable, "-m", "lockstep_cli", "bench", "gas", "--only", "substrate", "--check"]
    return [_cargo("clippy", rust), _cargo("cargo", rust), Part("accesses", accesses)]


def _cargo(name: str, rust: Rust) -> Part:
    # The wasm is not built again for tests: the committed one was, and the manifest proves it current.
    env = {**rust.environment(), "SKIP_WASM_BUILD": "1"}
    if name == "clippy":
        lints = ["--all-targets", "--", "-D", "warnings"]
        command = ["cargo", "clippy", "--release", "--locked", "--workspace", *CARGO_FEATURES, *lints]
    else:
        command = ["cargo", "test", "--release", "--locked", "--workspace", *CARGO_FEATURES]
    return Part(name, command, PALLETS, env)


def in_ci() -> bool:
    """Whether skipping is not allowed."""
    return os.environ.get("CI", "").lower() == "true"


def run_lanes(parts: Sequence[Part | Result], console: Console, *, quiet: bool, fail_fast: bool) -> list[Result]:
    """All parts, lanes side by side; in CI one after the other, where a machine may be slow and nobody waits.

    The first lane's output comes as it is made, that of the others when each of their parts is done.
    """
    lanes: dict[str, list[Part]] = {}
    for part in parts:
        if isinstance(part, Part):
            lanes.setdefault("tools" if in_ci() else part.lane, []).append(part)
    results = {part.name: part for part in parts if isinstance(part, Result)}
    stop = threading.Event()

    def run_lane(lane: Sequence[Part], *, shown: bool) -> None:
        for part in lane:
            if stop.is_set():
                return
            results[part.name] = run(part, console, quiet=quiet, shown=shown)
            if fail_fast and results[part.name].outcome == "failed":
                stop.set()

    first, *others = lanes.values() or [[]]
    with ThreadPoolExecutor(max(1, len(others))) as pool:
        running = [pool.submit(run_lane, lane, shown=False) for lane in others]
        run_lane(first, shown=True)
        for lane in running:
            lane.result()
    return [results[part.name] for part in parts if part.name in results]


def run(part: Part, console: Console, *, quiet: bool, shown: bool) -> Result:
    """One part. `shown`: its output as it comes (to standard error with --json), else in one piece at its end."""
    if shown:
        console.rule(f"[bold]{part.name}[/]", align="left")
    started = time.monotonic()
    env = {**os.environ, **part.env}
    program = shutil.which(part.command[0], path=env.get("PATH")) or part.command[0]
    command = [program, *part.command[1:]]
    if part.lane == "tools" and not in_ci() and (nice := shutil.which("nice")):
        # Chains keep to the clock on a busy machine only if compilers give way.
        command = [nice, "-n", "15", *command]
    if shown:
        finished = subprocess.run(command, cwd=part.folder, env=env, stdout=2 if quiet else None, check=False)
    else:
        with tempfile.TemporaryFile() as output:
            finished = subprocess.run(
                command, cwd=part.folder, env=env, stdout=output, stderr=subprocess.STDOUT, check=False
            )
            output.seek(0)
            console.rule(f"[bold]{part.name}[/]", align="left")
            console.print(output.read().decode(errors="replace"), markup=False, highlight=False, soft_wrap=True)
    outcome: Outcome = "passed" if finished.returncode in part.accepts else "failed"
    return Result(part.name, outcome, time.monotonic() - started)


def table(results: Sequence[Result]) -> Table:
    """How each part ended, and what it took."""
    colours = {"passed": "green", "failed": "red", "skipped": "yellow"}
    shown = Table(header_style="bold", title="Result", title_justify="left")
    for column in ("part", "outcome", "seconds", "note"):
        shown.add_column(column, justify="right" if column == "seconds" else "left")
    for result in results:
        shown.add_row(
            result.name, f"[{colours[result.outcome]}]{result.outcome}[/]", f"{result.seconds:.1f}", result.note
        )
    shown.add_section()
    shown.add_row("all, if one after the other", "", f"{sum(result.seconds for result in results):.1f}", "")
    return shown
