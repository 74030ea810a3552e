"""Which Rust toolchain this machine has for the pallets, and how to call it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lockstep_cli.paths import ROOT

SETUP = ROOT / "scripts" / "setup-rust.sh"
CARGO_FEATURES = ("--features", "runtime-benchmarks,try-runtime")
"""What cargo's tests are built with: benchmarks and state checks run as tests. One set everywhere, so that the SDK is
compiled once."""


@dataclass(frozen=True, slots=True)
class Rust:
    """A toolchain: the PATH under which `cargo` is the right one, and whether it can build the runtime's wasm."""

    path: str
    version: str
    wasm: bool

    def environment(self) -> dict[str, str]:
        """What cargo gets beside this process's environment. Builds live in the user's cache: a fresh clone reuses them."""
        env = {
            "PATH": self.path,
            "CARGO_TARGET_DIR": str(target_folder()),
            "WASM_BUILD_WORKSPACE_HINT": str(ROOT / "pallets"),
        }
        return env if self.wasm else {**env, "SKIP_WASM_BUILD": "1"}


def target_folder() -> Path:
    """Where cargo builds."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "lockstep" / "target"


def claim_target(folder: Path, checkout: Path) -> bool:
    """Makes cargo build this checkout's own pallets in a shared folder; whether it changed hands.

    Cargo takes a crate as built when no source is newer than the last build, even if that was of another checkout: its
    crates would then be tested, or shipped, as ours. So when the folder changes hands the sources here are made new.
    """
    owner = folder / "checkout"
    if owner.is_file() and owner.read_text("utf-8") == str(checkout):
        return False
    for source in (checkout / "pallets").rglob("*"):
        if source.suffix in {".rs", ".toml"}:
            os.utime(source)
    folder.mkdir(parents=True, exist_ok=True)
    owner.write_text(str(checkout), "utf-8")
    return True


def find_rust() -> Rust | None:
    """The toolchain that can build wasm; else any cargo on PATH; else None."""
    asked = subprocess.run(["bash", str(SETUP), "--check"], capture_output=True, text=True, check=False)
    here = os.environ.get("PATH", os.defpath)
    if asked.returncode == 0:
        version = re.search(r"rustc [\d.]+\S*", asked.stdout)
        other = re.search(r"PATH=(\S+)", asked.stdout)
        return Rust(f"{other[1]}:{here}" if other else here, version[0] if version else "rustc", wasm=True)
    if shutil.which("cargo") is None:
        return None
    answer = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False)
    return Rust(here, answer.stdout.strip(), wasm=False) if answer.returncode == 0 else None
