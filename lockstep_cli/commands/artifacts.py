"""`lockstep artifacts`: the committed runtime and contracts, built and checked."""

from __future__ import annotations

import json as json_
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from chains import artifacts
from chains.devnet.tools import foundry
from lockstep_cli.errors import UserError
from lockstep_cli.output import Json, people_console, print_json, progress_console
from lockstep_cli.paths import ROOT
from lockstep_cli.rust import SETUP, claim_target, find_rust, target_folder

app = typer.Typer(
    help="Build the committed runtime and contracts, or check that they are current.", no_args_is_help=True
)
FORGE_PROJECT = ROOT / "chains" / "evm" / "contracts"
BUILT_WASM = Path("release/wbuild/lockstep-runtime") / artifacts.WASM.name

Only = Annotated[str | None, typer.Option("--only", help="runtime or contracts; without it, both.")]


@app.command("check")
def check(
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Also compile the contracts again and compare byte for byte.")
    ] = False,
    json: Json = False,
) -> None:
    """Check that every committed artifact is unchanged and was built from the sources as they are. Exit code 1 if not."""
    differences = artifacts.check(ROOT)
    if rebuild:
        differences += recompiled_differences(compile_contracts())
    if json:
        print_json(
            {
                "current": not differences,
                "differences": [{"artifact": d.artifact, "sentence": d.sentence} for d in differences],
            }
        )
    else:
        tell(differences)
    if differences:
        raise typer.Exit(1)


@app.command("build")
def build(only: Only = None, json: Json = False) -> None:
    """Build the artifacts from the sources, and write the manifest that proves them current.

    The contracts take seconds. The runtime needs Rust (scripts/setup-rust.sh) and takes minutes the first time.
    """
    if only is not None and only not in artifacts.SOURCES:
        raise UserError(f"There is no artifact called {only!r}.", f"Choose one of: {', '.join(artifacts.SOURCES)}.")
    chosen = [only] if only else list(artifacts.SOURCES)
    if "contracts" in chosen:
        write_contracts(compile_contracts())
    if "runtime" in chosen:
        build_runtime()
    artifacts.write_manifest(ROOT, chosen)
    if json:
        print_json({"built": chosen})
    else:
        people_console().print(f"Built: {', '.join(chosen)}. Commit them together with {artifacts.MANIFEST}.")


def tell(differences: Sequence[artifacts.Difference]) -> None:
    """For people."""
    console = people_console()
    if not differences:
        console.print("The committed artifacts are current.")
        return
    for difference in differences:
        console.print(f"{difference.artifact}: {difference.sentence}", markup=False)
    names = sorted({difference.artifact for difference in differences})
    console.print(f"Cure: ./lockstep artifacts build{f' --only {names[0]}' if len(names) == 1 else ''}")


def compile_contracts() -> dict[str, str]:
    """{contract: artifact text}, compiled now: ABI and creation bytecode only, and so the same everywhere."""
    run(
        [str(foundry("forge")), "build", "--skip", "test", "--skip", "script"],
        FORGE_PROJECT,
        {},
        "Compiling the contracts",
    )
    out = FORGE_PROJECT / "out"
    texts = {}
    for name in artifacts.CONTRACTS:
        compiled: dict[str, Any] = json_.loads((out / f"{name}.sol" / f"{name}.json").read_text("utf-8"))
        texts[name] = (
            json_.dumps({"abi": compiled["abi"], "bytecode": compiled["bytecode"]["object"]}, indent=1, sort_keys=True)
            + "\n"
        )
    return texts


def write_contracts(texts: Mapping[str, str]) -> None:
    """Over the committed artifacts."""
    folder = ROOT / artifacts.CONTRACT_ARTIFACTS
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text, "utf-8")


def recompiled_differences(texts: Mapping[str, str]) -> list[artifacts.Difference]:
    """Which committed contract artifacts the sources do not compile to."""
    committed = {name: ROOT / artifacts.CONTRACT_ARTIFACTS / f"{name}.json" for name in texts}
    changed = [name for name, path in committed.items() if not path.is_file() or path.read_text("utf-8") != texts[name]]
    return [artifacts.Difference("contracts", f"{name} does not compile to its committed artifact") for name in changed]


def build_runtime() -> None:
    """The runtime's wasm, into its committed place. UserError without a toolchain that can."""
    rust = find_rust()
    if rust is None or not rust.wasm:
        raise UserError(
            "This machine has no Rust that builds WebAssembly for the runtime.", f"Run {SETUP.relative_to(ROOT)} once."
        )
    command = ["cargo", "build", "--release", "--locked", "-p", "lockstep-runtime"]
    claim_target(target_folder(), ROOT)
    run(command, ROOT / "pallets", rust.environment(), "Building the runtime (minutes the first time)")
    destination = ROOT / artifacts.WASM
    destination.parent.mkdir(exist_ok=True)
    shutil.copyfile(target_folder() / BUILT_WASM, destination)


def run(command: Sequence[str], folder: Path, env: Mapping[str, str], what: str) -> None:
    """Run a build tool; its output goes to standard error. UserError when it fails."""
    progress_console().print(f"{what} ...")
    full = {**os.environ, **env}
    program = shutil.which(command[0], path=full.get("PATH")) or command[0]
    finished = subprocess.run([program, *command[1:]], cwd=folder, env=full, stdout=2, check=False)
    if finished.returncode != 0:
        raise UserError(f"{what} failed (exit code {finished.returncode}).", "The tool's own message is above.")
