"""`lockstep bench`: what the rules cost on both chains, compared with the committed snapshot; speed of issuance and of decisions."""

from __future__ import annotations

import json as json_
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chains.devnet.tools import foundry
from lockstep_cli.commands.bench_issuance import issuance
from lockstep_cli.commands.bench_oracle import decisions, policy, publishing
from lockstep_cli.errors import UserError
from lockstep_cli.output import Json, people_console, print_json
from lockstep_cli.paths import ROOT
from lockstep_cli.rust import CARGO_FEATURES, SETUP, claim_target, find_rust, target_folder

app = typer.Typer(
    help="Measure what the rules cost, and how fast credentials are issued and judged.", no_args_is_help=True
)
app.command("issuance")(issuance)
app.command("policy")(policy)
app.command("decisions")(decisions)
app.command("publishing")(publishing)

SNAPSHOT = ROOT / "chains" / "costs.json"
CONTRACTS = ROOT / "chains" / "evm" / "contracts"
PALLETS = ROOT / "pallets"
TOLERANCE_PERCENT = 2
"""By how much a figure may worsen before the tests fail."""

GOALS: Mapping[str, int] = {
    "evm.transfer.holders": 55_000,
    "evm.transfer.newHolder": 100_000,
    "evm.deliver.furtherLot": 135_000,
    "evm.deliver.freeToHolder": 110_000,
    "evm.deliver.twentyNewLots.each": 75_000,
    "evm.deliver.twentyFree.each": 65_000,
    "evm.initiate.free": 110_000,
    "evm.initiate.locked": 110_000,
    "evm.batch.fiftyRenewals.each": 10_000,
    "substrate.transfer.holders.reads": 7,
    "substrate.transfer.holders.writes": 4,
}
"""What a figure should not pass: gas of whole transactions; storage accesses beyond the framework's own."""

Figures = dict[str, int]


@dataclass(frozen=True, slots=True)
class Worse:
    """A figure that is missing, or more than TOLERANCE_PERCENT above the committed one."""

    name: str
    committed: int
    measured: int | None


@app.command("gas")
def gas(
    json: Json = False,
    write: Annotated[bool, typer.Option("--write", help="Make the measured figures the committed ones.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail when a figure is more than 2 % worse than the committed one.")
    ] = False,
    only: Annotated[str | None, typer.Option("--only", help="evm or substrate; without it, both.")] = None,
) -> None:
    """Measure the gas of whole transactions, and the storage reads and writes of each pallet call.

    The figures are counted, not timed: the same sources give the same figures on every machine.
    """
    if only not in (None, "evm", "substrate"):
        raise UserError(f"There is no chain called {only!r} to measure.", "Choose evm or substrate.")
    measured: Figures = {}
    if only in (None, "evm"):
        measured |= measure_evm()
    if only in (None, "substrate"):
        measured |= measure_substrate()
    committed = read_snapshot()
    if write:
        kept = {name: value for name, value in committed.items() if only and not name.startswith(f"{only}.")}
        SNAPSHOT.write_text(json_.dumps(kept | measured, indent=2, sort_keys=True) + "\n", "utf-8")
        committed = read_snapshot()
    mine = {name: value for name, value in committed.items() if only is None or name.startswith(f"{only}.")}
    worse = compare(mine, measured)
    if json:
        print_json(document(measured, worse))
    else:
        tell(measured, mine, worse)
    if check and worse:
        raise typer.Exit(1)


def measure_evm() -> Figures:
    """Gas of whole transactions, as the contracts' own gas tests measure them."""
    forge = foundry("forge")
    with tempfile.TemporaryDirectory(dir=ensured(CONTRACTS / "out" / "figures")) as folder:
        target = Path(folder) / "gas.json"
        environment = {**os.environ, "LOCKSTEP_GAS_FIGURES": str(target)}
        run([str(forge), "test", "--match-path", "test/Gas.t.sol"], CONTRACTS, environment)
        return figures_in(target)


def measure_substrate() -> Figures:
    """Distinct keys that each call reads and writes beyond what any extrinsic of the framework does."""
    rust = find_rust()
    if rust is None:
        raise UserError("Measuring the pallets needs Rust.", f"{SETUP.relative_to(ROOT)} installs it.")
    claim_target(target_folder(), ROOT)
    with tempfile.TemporaryDirectory(prefix="lockstep-figures-") as folder:
        target = Path(folder) / "accesses.json"
        environment = {
            **os.environ,
            **rust.environment(),
            "SKIP_WASM_BUILD": "1",
            "LOCKSTEP_ACCESS_FIGURES": str(target),
        }
        command = ["cargo", "test", "--release", "--locked", "--workspace", *CARGO_FEATURES, "accesses"]
        run(command, PALLETS, environment)
        return figures_in(target)


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
    """A tool whose output matters only when it fails."""
    done = subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UserError(
            f"{Path(command[0]).name} could not measure: {(done.stdout + done.stderr).strip()[-2_000:]}",
            "./lockstep test shows whether the sources are sound.",
        )


def ensured(folder: Path) -> Path:
    """The folder, made when it isn't there."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def figures_in(path: Path) -> Figures:
    """The figures in a file of whole numbers by name; nested objects join their names by dots."""
    if not path.is_file():
        raise UserError("The measuring tests wrote no figures.", "./lockstep test shows whether they ran.")
    return flat(json_.loads(path.read_text("utf-8")))


def flat(tree: Mapping[str, object], prefix: str = "") -> Figures:
    """A tree of numbers as one level: {"a": {"b": 1}} is {"a.b": 1}. Numbers may be written as text."""
    figures: Figures = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            figures |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, int | str):
            figures[f"{prefix}{name}"] = int(value)
        else:
            raise TypeError(f"{prefix}{name} is no whole number: {value!r}")
    return figures


def read_snapshot() -> Figures:
    """The committed figures; none before the first --write."""
    return flat(json_.loads(SNAPSHOT.read_text("utf-8"))) if SNAPSHOT.is_file() else {}


def compare(committed: Figures, measured: Figures) -> list[Worse]:
    """What is missing, new without being committed, or worse by more than the tolerance."""
    found = [
        Worse(name, value, measured.get(name))
        for name, value in committed.items()
        if name not in measured or measured[name] * 100 > value * (100 + TOLERANCE_PERCENT)
    ]
    return found + [Worse(name, 0, value) for name, value in measured.items() if name not in committed]


def document(measured: Figures, worse: list[Worse]) -> dict[str, object]:
    """What --json prints."""
    return {
        "figures": dict(sorted(measured.items())),
        "goals": {
            name: {"goal": goal, "measured": measured[name], "met": measured[name] <= goal}
            for name, goal in GOALS.items()
            if name in measured
        },
        "worse": [{"name": one.name, "committed": one.committed, "measured": one.measured} for one in worse],
    }


def tell(measured: Figures, committed: Figures, worse: list[Worse]) -> None:
    """For people."""
    table = Table("figure", "measured", "committed", "goal", header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    late = {one.name for one in worse}
    for name in sorted(measured):
        goal = GOALS.get(name)
        missed = goal is not None and measured[name] > goal
        table.add_row(
            name,
            f"[red]{measured[name]:,}[/]" if name in late else f"{measured[name]:,}",
            f"{committed[name]:,}" if name in committed else "-",
            "" if goal is None else f"[yellow]{goal:,} missed[/]" if missed else f"{goal:,}",
        )
    console = people_console()
    console.print(table)
    for one in worse:
        now = "is not measured any more" if one.measured is None else f"is {one.measured:,}"
        console.print(f"{one.name} {now}, committed {one.committed:,}. If that is meant: ./lockstep bench gas --write")
