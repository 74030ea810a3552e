"""The manifest that proves the committed artifacts current: hashes of what they are made from, and of themselves.

The runtime's wasm and the contracts' bytecode are committed, so that nobody needs Rust or a compiler to start. `check`
finds a source that changed after the artifact was built, and an artifact that was changed by hand. It can't prove that the
wasm was built from these sources: a wasm build differs between machines. Contracts are compiled again and compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import LockstepError

MANIFEST = Path("chains/artifacts.json")
WASM = Path("chains/substrate/artifacts/lockstep_runtime.compact.compressed.wasm")
CONTRACTS = (
    "AccessManager",
    "ComplianceBridge",
    "ComplianceLens",
    "ILockstepViews",
    "SecurityToken",
    "TokenControls",
    "TokenImport",
    "TokenSurface",
)
CONTRACT_ARTIFACTS = Path("chains/evm/artifacts")
NPM_LOCK = Path("chains/devnet/package-lock.json")
NPM_SOURCES = ("@openzeppelin/contracts", "solc")
# Compiled under cfg(test) only: a new test does not make the runtime stale.
TEST_NAMES = frozenset({"tests", "tests.rs", "mock", "mock.rs"})


class ManifestUnreadable(LockstepError):
    """The manifest is missing or no manifest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cure = "Restore it with git, or make it with ./lockstep artifacts build."
        super().__init__(f"the artifact manifest {path} is missing or damaged")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the manifest says: the artifact's name, and what is wrong in a sentence."""

    artifact: str
    sentence: str


Hashes = dict[str, str]


def sha256(data: bytes) -> str:
    """As hex."""
    return hashlib.sha256(data).hexdigest()


def hash_files(root: Path, paths: Iterable[Path]) -> Hashes:
    """{path inside the checkout: hash}, in the order of the paths' names."""
    return {path.relative_to(root).as_posix(): sha256(path.read_bytes()) for path in sorted(paths)}


def runtime_sources(root: Path) -> Hashes:
    """Everything the runtime is made from: Rust without its tests, manifests, the lock."""
    pallets = root / "pallets"
    found = [*pallets.rglob("*.rs"), *pallets.rglob("Cargo.toml"), pallets / "Cargo.lock"]
    built = pallets / "target"
    return hash_files(
        root, (path for path in found if not path.is_relative_to(built) and not TEST_NAMES & set(path.parts))
    )


def contract_sources(root: Path) -> Hashes:
    """Everything the contracts are made from: Solidity, the compiler's settings, the locked compiler and library."""
    contracts = root / "chains" / "evm" / "contracts"
    hashes = hash_files(root, [*(contracts / "src").rglob("*.sol"), contracts / "foundry.toml"])
    packages = json.loads((root / NPM_LOCK).read_text("utf-8"))["packages"]
    return hashes | {f"npm:{name}": packages[f"node_modules/{name}"]["integrity"] for name in NPM_SOURCES}


def outputs(root: Path, artifact: str) -> Hashes:
    """The committed files of an artifact; a missing one is not in the answer."""
    paths = [WASM] if artifact == "runtime" else [CONTRACT_ARTIFACTS / f"{name}.json" for name in CONTRACTS]
    return hash_files(root, (root / path for path in paths if (root / path).is_file()))


KINDS = ("sources", "outputs")
SOURCES = {"runtime": runtime_sources, "contracts": contract_sources}


def describe(root: Path, artifact: str) -> dict[str, Hashes]:
    """The manifest's entry for an artifact as it is now."""
    return {"sources": SOURCES[artifact](root), "outputs": outputs(root, artifact)}


def read_manifest(root: Path) -> dict[str, dict[str, Hashes]]:
    """The committed manifest. ManifestUnreadable."""
    path = root / MANIFEST
    try:
        manifest: Any = json.loads(path.read_text("utf-8"))
        return {artifact: {kind: dict(entry[kind]) for kind in KINDS} for artifact, entry in manifest.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ManifestUnreadable(path) from error


def write_manifest(root: Path, artifacts: Iterable[str] = SOURCES) -> None:
    """Writes the manifest anew for these artifacts; the others keep their entries."""
    path = root / MANIFEST
    manifest = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    for artifact in artifacts:
        manifest[artifact] = describe(root, artifact)
    path.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", "utf-8")


def check(root: Path) -> list[Difference]:
    """What is not as the manifest says. ManifestUnreadable."""
    manifest = read_manifest(root)
    found: list[Difference] = []
    for artifact in SOURCES:
        if artifact not in manifest:
            found.append(Difference(artifact, f"{artifact} is not in the manifest; it was never built"))
            continue
        now = describe(root, artifact)
        found += _compare(artifact, "source", manifest[artifact]["sources"], now["sources"])
        found += _compare(artifact, "artifact", manifest[artifact]["outputs"], now["outputs"])
    return found


def _compare(artifact: str, kind: str, then: Mapping[str, str], now: Mapping[str, str]) -> list[Difference]:
    sentences = [
        f"{kind} {path} changed since the artifact was built"
        for path in then
        if path in now and then[path] != now[path]
    ]
    sentences += [f"{kind} {path} is gone" for path in then if path not in now]
    sentences += [f"{kind} {path} is new since the artifact was built" for path in now if path not in then]
    return [Difference(artifact, sentence) for sentence in sentences]
