"""Puts the contracts on an EVM chain from the committed artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from bridge.types import SignerSet, Timing
from chains.accounts import Account
from chains.evm.artifacts import Artifact, artifact
from chains.evm.connection import EvmContracts
from chains.evm.rpc import EvmRpc
from chains.evm.transactions import EvmSender

GUARDIAN_ROLE = 1


@dataclass(frozen=True, slots=True)
class EvmSetup:
    """What a bridge is born with. `deployment` is 32 random bytes, drawn for this deployment and never used again.

    Guardians are accounts (32 bytes); the deployer becomes the admin. Controllers come with each asset.
    """

    deployment: bytes
    attestors: SignerSet
    oracle: SignerSet
    timing: Timing
    guardians: Sequence[bytes]


def deploy(http_url: str, ws_url: str, setup: EvmSetup, deployer: Account) -> EvmContracts:
    """Deploys authority, bridge, lens and the shared code, and hands out the roles. The errors of `chains.base.Chain` submissions."""
    rpc = EvmRpc(http_url)
    try:
        sender = EvmSender(rpc, ws_url)
        authority = _create(sender, deployer, artifact("AccessManager"), deployer.text)
        bridge = _create(
            sender,
            deployer,
            artifact("ComplianceBridge"),
            authority,
            setup.deployment,
            setup.attestors.to_values(),
            setup.oracle.to_values(),
            setup.timing.to_values(),
        )
        lens = _create(sender, deployer, artifact("ComplianceLens"), bridge)
        controls = _shared_code(sender, deployer)
        for account in setup.guardians:
            grant = artifact("AccessManager").calldata("grantRole", GUARDIAN_ROLE, account, 0)
            sender.send(deployer, authority, grant)
        return EvmContracts(bridge=bridge, lens=lens, authority=authority, controls=controls)
    finally:
        rpc.close()


def _shared_code(sender: EvmSender, deployer: Account) -> str:
    """The code that every token falls back to: three contracts, each naming the next, without state or rights."""
    address = _create(sender, deployer, artifact("TokenImport"))
    address = _create(sender, deployer, artifact("TokenSurface"), address)
    return _create(sender, deployer, artifact("TokenControls"), address)


def _create(sender: EvmSender, deployer: Account, contract: Artifact, *args: object) -> str:
    receipt = sender.send(deployer, None, contract.creation_code(*args))
    return str(to_checksum_address(receipt["contractAddress"]))
