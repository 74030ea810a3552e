"""Puts the contracts on an EVM chain from the committed artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from bridge.domains import evm_of_account
from bridge.types import SignerSet
from chains.accounts import Account
from chains.evm.adapter import CONTROLLER_ROLE, EvmContracts
from chains.evm.artifacts import Artifact, artifact
from chains.evm.rpc import EvmRpc
from chains.evm.transactions import EvmSender

GUARDIAN_ROLE = 1


@dataclass(frozen=True, slots=True)
class EvmSetup:
    """What a bridge is born with. `deployment` is 32 random bytes, drawn for this deployment and never used again.

    Guardians and controllers are accounts (32 bytes); the deployer becomes the admin.
    """

    deployment: bytes
    attestors: SignerSet
    oracle: SignerSet
    guardians: Sequence[bytes]
    controllers: Sequence[bytes] = ()


def deploy(http_url: str, ws_url: str, setup: EvmSetup, deployer: Account) -> EvmContracts:
    """Deploys authority, bridge and lens, and hands out the roles. The errors of `chains.base.Chain` submissions."""
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
        )
        lens = _create(sender, deployer, artifact("ComplianceLens"), bridge)
        for role, accounts in ((GUARDIAN_ROLE, setup.guardians), (CONTROLLER_ROLE, setup.controllers)):
            for account in accounts:
                address = to_checksum_address(evm_of_account(account))
                sender.send(deployer, authority, artifact("AccessManager").calldata("grantRole", role, address, 0))
        return EvmContracts(bridge=bridge, lens=lens, authority=authority)
    finally:
        rpc.close()


def _create(sender: EvmSender, deployer: Account, contract: Artifact, *args: object) -> str:
    receipt = sender.send(deployer, None, contract.creation_code(*args))
    return str(to_checksum_address(receipt["contractAddress"]))
