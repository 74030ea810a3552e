"""Development keys, and where the programs are."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.devnet import keys, tools
from chains.devnet.embedded import EmbeddedDevnet, Options
from chains.devnet.errors import DevelopmentKeysRefused, NoRoom, PortTaken, RuntimeMissing, ToolMissing


@pytest.mark.parametrize("environment", [None, "", "production", "DEV"])
def test_development_keys_are_refused_outside_development(
    monkeypatch: pytest.MonkeyPatch, environment: str | None
) -> None:
    if environment is None:
        monkeypatch.delenv("LOCKSTEP_ENV", raising=False)
    else:
        monkeypatch.setenv("LOCKSTEP_ENV", environment)
    with pytest.raises(DevelopmentKeysRefused):
        keys.dev_evm(0)
    with pytest.raises(DevelopmentKeysRefused):
        keys.dev_substrate("Alice")


def test_development_keys_are_those_that_the_world_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first account of the test phrase, and Alice, as every tool's documentation shows them."""
    monkeypatch.setenv("LOCKSTEP_ENV", "dev")
    assert keys.dev_evm(0).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert keys.dev_substrate("Alice").ss58_address == "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


def test_signer_addresses_ascend() -> None:
    addresses = keys.signer_addresses(keys.ATTESTORS)
    assert len(addresses) == 3
    assert addresses == sorted(addresses)
    assert all(address == address.lower() for address in addresses)


def test_a_missing_program_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tools, "NODE_MODULES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match=r"anvil 1\.7\.1") as told:
        tools.foundry("anvil")
    assert "./lockstep setup" in told.value.cure


def test_a_program_of_another_version_on_path_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "anvil"
    other.write_text("#!/bin/sh\necho 'anvil Version: 1.2.3-stable'\n")
    other.chmod(0o755)
    monkeypatch.setattr(tools, "NODE_MODULES", tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ToolMissing):
        tools.foundry("anvil")


def test_a_missing_runtime_is_told_before_anything_starts(tmp_path: Path) -> None:
    devnet = EmbeddedDevnet(tmp_path / "run", options=Options(runtime=tmp_path / "no.wasm"))
    with pytest.raises(RuntimeMissing, match=r"no\.wasm is missing"):
        devnet.__enter__()


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        devnet = EmbeddedDevnet(tmp_path / "run", options=Options(evm_port=port))
        with pytest.raises(PortTaken, match=f"port {port} on 127.0.0.1 is in use"):
            devnet.__enter__()


def test_a_full_disk_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chains.devnet.embedded.NEEDED_BYTES", 10**18)
    with pytest.raises(NoRoom, match="MB free; the chains need"):
        EmbeddedDevnet(tmp_path / "run").__enter__()


def test_a_deployment_is_32_bytes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        EmbeddedDevnet(tmp_path, deployment=bytes(31))


def test_every_devnet_draws_a_deployment_of_its_own(tmp_path: Path) -> None:
    assert EmbeddedDevnet(tmp_path).deployment != EmbeddedDevnet(tmp_path).deployment
