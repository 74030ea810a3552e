"""`lockstep doctor`: what this machine has, what is missing, and the cure."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import typer

from bridge.errors import LockstepError
from chains import artifacts
from chains.devnet import tools
from chains.devnet.embedded import NEEDED_BYTES
from chains.devnet.errors import ToolMissing
from lockstep_cli.output import Json, people_console, print_json
from lockstep_cli.paths import ROOT, RUN
from lockstep_cli.rust import SETUP, find_rust

Health = Literal["ok", "note", "failed"]
MARKS: dict[Health, str] = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "failed": "[red]failed[/]"}
MIN_NODE = 20
WANTED_MEMORY = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `note` hinders nothing but is good to know; `failed` stops the local system."""

    name: str
    health: Health
    found: str
    cure: str = ""


def doctor(json: Json = False) -> None:
    """Check this machine: programs, disk, memory, ports, artifacts. The exit code is 1 when something needs a cure."""
    console = people_console()
    findings = []
    for check in CHECKS:
        finding = run(check)
        findings.append(finding)
        if not json:
            console.print(f"Checking {finding.name:<18} {finding.found} ... {MARKS[finding.health]}", soft_wrap=True)
            if finding.cure:
                console.print(f"  {finding.cure}", markup=False, soft_wrap=True)
    failed = any(finding.health == "failed" for finding in findings)
    if json:
        print_json({"healthy": not failed, "checks": [asdict(finding) for finding in findings]})
    elif not failed:
        console.print("Everything that Lockstep needs is here.")
    if failed:
        raise typer.Exit(1)


def run(check: Callable[[], Finding]) -> Finding:
    """A check; one that meets an error says so instead of ending the list."""
    try:
        return check()
    except (LockstepError, OSError, subprocess.SubprocessError) as error:
        return Finding(
            check.__name__.removeprefix("check_").replace("_", " "), "failed", str(error), getattr(error, "cure", "")
        )


def check_python() -> Finding:
    """The interpreter that runs this."""
    return Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def check_node() -> Finding:
    """The Node.js of the Substrate chain and the Solidity compiler."""
    program = tools.node()
    version = subprocess.run(
        [str(program), "--version"], capture_output=True, text=True, check=True, timeout=20
    ).stdout.strip()
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < MIN_NODE:
        return Finding(
            "node",
            "failed",
            f"{version} is too old",
            f"Node.js {MIN_NODE} or newer is needed: ./lockstep setup fetches one.",
        )
    return Finding("node", "ok", f"{version} ({program.resolve()})")


def check_substrate_chain() -> Finding:
    """Chopsticks, from the locked packages."""
    package = tools.NODE_MODULES / "@acala-network" / "chopsticks" / "package.json"
    if not package.is_file():
        return Finding("substrate chain", "failed", "Chopsticks is not installed", "Run ./lockstep setup.")
    return Finding("substrate chain", "ok", "Chopsticks, from the locked packages")


def check_evm_chain() -> Finding:
    """anvil, and that it starts on this machine."""
    program = tools.foundry("anvil")
    version = tools.foundry_version(program)
    if version != tools.FOUNDRY_VERSION:
        return Finding(
            "evm chain", "failed", f"anvil does not run ({version})", "Its package may be for another platform."
        )
    return Finding("evm chain", "ok", f"anvil {version}")


def check_contract_tools() -> Finding:
    """forge and the compiler; needed to change the contracts only."""
    try:
        tools.foundry("forge")
    except ToolMissing as error:
        return Finding("contract tools", "note", str(error), f"Needed only to change the contracts. {error.cure}")
    wrapper = ROOT / "chains" / "evm" / "solc"
    asked = subprocess.run([str(wrapper), "--version"], capture_output=True, text=True, check=False, timeout=60)
    if asked.returncode != 0:
        return Finding("contract tools", "failed", "the Solidity compiler does not start", "Run ./lockstep setup.")
    return Finding(
        "contract tools", "ok", f"forge {tools.FOUNDRY_VERSION}, solc {asked.stdout.rpartition('Version: ')[2].strip()}"
    )


def check_disk() -> Finding:
    """Room for the chains' logs and state."""
    free = shutil.disk_usage(ROOT).free
    health: Health = "ok" if free >= NEEDED_BYTES else "failed"
    return Finding("disk", health, f"{free / 1e9:.1f} GB free", "" if health == "ok" else "Free some space.")


def check_memory() -> Finding:
    """Memory for both chains, three attestors and a relayer."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if pages < WANTED_MEMORY:
        return Finding(
            "memory",
            "note",
            f"{pages / 1e9:.1f} GB",
            f"The local system likes {WANTED_MEMORY / 1e9:.0f} GB; it may be slow.",
        )
    return Finding("memory", "ok", f"{pages / 1e9:.1f} GB, {os.cpu_count()} cores")


def check_ports() -> Finding:
    """Whether programs may listen on the loopback here."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        probe.listen()
        return Finding("ports", "ok", f"free ports on 127.0.0.1 (such as {probe.getsockname()[1]})")


def check_run_folder() -> Finding:
    """Where the local system keeps its logs and journals."""
    RUN.mkdir(parents=True, exist_ok=True)
    if not os.access(RUN, os.W_OK):
        return Finding("run folder", "failed", f"{RUN} is not writable", "The checkout must belong to you.")
    return Finding("run folder", "ok", str(RUN.relative_to(ROOT)))


def check_artifacts() -> Finding:
    """Whether the committed runtime and contracts are current."""
    differences = artifacts.check(ROOT)
    if differences:
        more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
        return Finding(
            "artifacts", "note", differences[0].sentence + more, "./lockstep artifacts build makes them anew."
        )
    return Finding("artifacts", "ok", "the committed runtime and contracts are current")


def check_rust() -> Finding:
    """Rust, for those who change the pallets."""
    rust = find_rust()
    if rust is None or not rust.wasm:
        found = "none" if rust is None else f"{rust.version}, which can't build the runtime's WebAssembly"
        return Finding(
            "rust (optional)",
            "note",
            found,
            f"Needed only to change the pallets: {SETUP.relative_to(ROOT)} installs what is missing.",
        )
    return Finding("rust (optional)", "ok", rust.version)


def check_environment() -> Finding:
    """Whether development keys may be used."""
    environment = os.environ.get("LOCKSTEP_ENV")
    if environment not in (None, "dev"):
        return Finding(
            "environment",
            "failed",
            f"LOCKSTEP_ENV is {environment}",
            "The local system needs LOCKSTEP_ENV=dev, or none.",
        )
    return Finding("environment", "ok", "development")


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python,
    check_node,
    check_substrate_chain,
    check_evm_chain,
    check_contract_tools,
    check_disk,
    check_memory,
    check_ports,
    check_run_folder,
    check_artifacts,
    check_rust,
    check_environment,
)
