"""The manifest finds whatever makes a committed artifact stale, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chains import artifacts

SOL = "chains/evm/contracts/src/Token.sol"
RUST = "pallets/bridge/src/lib.rs"


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small project with current artifacts."""
    write(tmp_path, SOL, "contract Token {}")
    write(tmp_path, "chains/evm/contracts/foundry.toml", "[profile.default]")
    write(tmp_path, RUST, "fn main() {}")
    write(tmp_path, "pallets/bridge/src/tests.rs", "#[test] fn works() {}")
    write(tmp_path, "pallets/Cargo.toml", "[workspace]")
    write(tmp_path, "pallets/Cargo.lock", "version = 4")
    packages = {f"node_modules/{name}": {"integrity": f"sha512-{name}"} for name in artifacts.NPM_SOURCES}
    write(tmp_path, str(artifacts.NPM_LOCK), json.dumps({"packages": packages}))
    write(tmp_path, str(artifacts.WASM), "wasm")
    for name in artifacts.CONTRACTS:
        write(tmp_path, str(artifacts.CONTRACT_ARTIFACTS / f"{name}.json"), "{}")
    artifacts.write_manifest(tmp_path)
    return tmp_path


def test_artifacts_just_built_are_current(checkout: Path) -> None:
    assert artifacts.check(checkout) == []


def change_library(root: Path) -> None:
    lock = root / artifacts.NPM_LOCK
    lock.write_text(lock.read_text().replace("sha512-@openzeppelin", "sha512-other"))


@pytest.mark.parametrize(
    ("change", "artifact", "sentence"),
    [
        (lambda root: write(root, SOL, "contract Token { }"), "contracts", f"source {SOL} changed"),
        (lambda root: write(root, RUST, "fn other() {}"), "runtime", f"source {RUST} changed"),
        (lambda root: write(root, "pallets/Cargo.lock", "version = 5"), "runtime", "source pallets/Cargo.lock changed"),
        (lambda root: (root / SOL).unlink(), "contracts", f"source {SOL} is gone"),
        (lambda root: write(root, "pallets/new/src/lib.rs", ""), "runtime", "source pallets/new/src/lib.rs is new"),
        (lambda root: write(root, str(artifacts.WASM), "evil"), "runtime", f"artifact {artifacts.WASM} changed"),
        (lambda root: (root / artifacts.WASM).unlink(), "runtime", f"artifact {artifacts.WASM} is gone"),
        (change_library, "contracts", "source npm:@openzeppelin/contracts changed"),
    ],
    ids=["solidity", "rust", "lock", "gone", "new", "wasm", "no wasm", "library"],
)
def test_a_change_is_found_and_named(
    checkout: Path, change: Callable[[Path], object], artifact: str, sentence: str
) -> None:
    change(checkout)
    found = artifacts.check(checkout)
    assert [(difference.artifact, difference.sentence.startswith(sentence)) for difference in found] == [
        (artifact, True)
    ]


def test_a_new_test_does_not_make_the_runtime_stale(checkout: Path) -> None:
    write(checkout, "pallets/bridge/src/tests.rs", "#[test] fn works_differently() {}")
    write(checkout, "pallets/bridge/src/tests/deliver.rs", "#[test] fn delivers() {}")
    write(checkout, "pallets/bridge/src/mock.rs", "struct Mock;")
    write(checkout, "pallets/target/release/build/out.rs", "generated")
    assert artifacts.check(checkout) == []


def test_one_artifact_can_be_renewed_alone(checkout: Path) -> None:
    write(checkout, SOL, "contract Other {}")
    write(checkout, RUST, "fn other() {}")
    artifacts.write_manifest(checkout, ["contracts"])
    assert {difference.artifact for difference in artifacts.check(checkout)} == {"runtime"}


@pytest.mark.parametrize("text", [None, "", "[]", "3", '{"runtime": {}}', '{"runtime": []}'])
def test_a_damaged_manifest_is_told(checkout: Path, text: str | None) -> None:
    manifest = checkout / artifacts.MANIFEST
    if text is None:
        manifest.unlink()
    else:
        manifest.write_text(text)
    with pytest.raises(artifacts.ManifestUnreadable):
        artifacts.check(checkout)


def test_an_artifact_that_was_never_built_is_told(checkout: Path) -> None:
    (checkout / artifacts.MANIFEST).unlink()
    artifacts.write_manifest(checkout, ["contracts"])
    assert [difference.artifact for difference in artifacts.check(checkout)] == ["runtime"]
