"""`lockstep test`: every check and test of the project, one part after the other, with the time of each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
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
from lockstep_cli.rust import SETUP, Rust, find_rust

Outcome = Literal["passed", "failed", "skipped"]
NO_TESTS_COLLECTED = 5
PYTEST = [sys.executable, "-m", "pytest", "-q"]
CHAIN_LEVELS = ("tests/integration", "tests/e2e", "tests/adversarial")
CONTRACTS = ROOT / "chains" / "evm" / "contracts"
PALLETS = ROOT / "pallets"


@dataclass(frozen=True, slots=True)
class Part:
    """One tool's run. `accepts`: exit codes that count as passed."""

    name: str
    command: Sequence[str]
    folder: Path = ROOT
    env: dict[str, str] = field(default_factory=dict)
    accepts: frozenset[int] = frozenset({0})


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
    results: list[Result] = []
    for part in chosen(python_parts(expression), only) if fast or expression else chosen(all_parts(console), only):
        if fast and part.name not in FAST_PARTS:
            continue
        results.append(part if isinstance(part, Result) else run(part, console, quiet=json))
        if fail_fast and results[-1].outcome == "failed":
            break
    failed = [result.name for result in results if result.outcome == "failed"]
    if json:
        parts = [
            {"name": r.name, "outcome": r.outcome, "seconds": round(r.seconds, 1), "note": r.note} for r in results
        ]
        print_json({"passed": not failed, "parts": parts})
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
    levels = [path for path in CHAIN_LEVELS if (ROOT / path).is_dir()]
    env = {"LOCKSTEP_ENV": "dev"}
    tests: list[Part | Result] = [
        Part("unit", [*PYTEST, "tests/unit", *select], env=env, accepts=accepts),
        Part("parity", [*PYTEST, "tests/parity", *select], env=env, accepts=accepts),
        # One process for the levels that need chains: they share one running system.
        Part("on chains", [*PYTEST, "--durations=8", *levels, *select], env=env, accepts=accepts),
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
    rebuilt = [sys.executable, "-m", "lockstep_cli", "artifacts", "check", "--rebuild"]
    return [Part("contracts rebuilt", rebuilt), Part("forge", [forge, "test"], CONTRACTS)]


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
    return [_cargo("clippy", rust), _cargo("cargo", rust)]


def _cargo(name: str, rust: Rust) -> Part:
    # The wasm is not built again for tests: the committed one was, and the manifest proves it current.
    env = {**rust.environment(), "SKIP_WASM_BUILD": "1"}
    if name == "clippy":
        command = ["cargo", "clippy", "--release", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]
    else:
        command = ["cargo", "test", "--release", "--locked", "--workspace"]
    return Part(name, command, PALLETS, env)


def in_ci() -> bool:
    """Whether skipping is not allowed."""
    return os.environ.get("CI", "").lower() == "true"


def run(part: Part, console: Console, *, quiet: bool) -> Result:
    """One part, its output as it comes (to standard error with --json)."""
    console.rule(f"[bold]{part.name}[/]", align="left")
    started = time.monotonic()
    env = {**os.environ, **part.env}
    program = shutil.which(part.command[0], path=env.get("PATH")) or part.command[0]
    finished = subprocess.run(
        [program, *part.command[1:]], cwd=part.folder, env=env, stdout=2 if quiet else None, check=False
    )
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
    shown.add_row("all", "", f"{sum(result.seconds for result in results):.1f}", "")
    return shown
