"""Where the devnet's programs are: Node.js, and Foundry's for this platform."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from chains.devnet.errors import ToolMissing

ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = Path(__file__).with_name("node_modules")
FOUNDRY_VERSION = "1.7.1"
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def node() -> Path:
    """The Node.js that set-up chose. ToolMissing."""
    path = ROOT / ".lockstep" / "bin" / "node"
    if path.exists():
        return path
    found = shutil.which("node")
    if found is None:
        raise ToolMissing("Node.js", "Run ./lockstep setup, which fetches it.")
    return Path(found)


def foundry(name: str) -> Path:
    """`anvil`, `forge` or `cast`: from the locked packages, else of the same version on PATH. ToolMissing."""
    machine = _MACHINES.get(platform.machine().lower(), platform.machine())
    locked = NODE_MODULES / "@foundry-rs" / f"{name}-{sys.platform}-{machine}" / "bin" / name
    if locked.exists():
        return locked
    found = shutil.which(name)
    if found is not None and foundry_version(Path(found)) == FOUNDRY_VERSION:
        return Path(found)
    raise ToolMissing(
        f"{name} {FOUNDRY_VERSION} for {sys.platform} on {machine}",
        f"Run ./lockstep setup; a platform without a locked package needs Foundry {FOUNDRY_VERSION} on PATH.",
    )


def foundry_version(program: Path) -> str | None:
    """The version that a Foundry program says it is."""
    answer = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False, timeout=20)
    found = re.search(r"Version:\s*(\d+\.\d+\.\d+)", answer.stdout)
    return found.group(1) if found else None
