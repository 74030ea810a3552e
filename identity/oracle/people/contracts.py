"""Asks smart accounts about signatures (ERC-1271), always in the state of a final block.

A signature that a contract takes today it may refuse tomorrow: what counts is that it took it when the account was
linked. The oracle asks one node; a signer asks all of its own, which must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from chains.base import BlockRef
from chains.control import ManagedChain
from chains.evm.adapter import EvmChain
from chains.witness import Witness

Ask = Callable[[bytes, bytes, bytes], bool]
"""Contract (20 bytes), digest and signature to the contract's answer."""


class SmartAccounts(Protocol):
    """What a node of an EVM chain is asked."""

    def finalised(self) -> BlockRef:
        """The newest final block."""

    def accepts_signature(self, contract: bytes, digest: bytes, signature: bytes, at: BlockRef) -> bool:
        """The contract's answer in the state after `at`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One chain: how its CAIP-2 id is found, and how its contracts are asked."""

    caip2: Callable[[], str]
    ask: Ask


class ContractAnswers:
    """`proofs.ContractSignatures` over several chains."""

    def __init__(self, chains: Sequence[Asked]) -> None:
        self._chains = tuple(chains)

    def is_valid(self, chain: str, contract: bytes, digest: bytes, signature: bytes) -> bool:
        """The contract's answer; no for a chain that is not asked. RecoverableError when the chain can't be asked."""
        for one in self._chains:
            if one.caip2() == chain:
                return one.ask(contract, digest, signature)
        return False


def by_node(chain: SmartAccounts) -> Ask:
    """By one node, in its newest final block."""
    return lambda contract, digest, signature: chain.accepts_signature(contract, digest, signature, chain.finalised())


def by_witness(witness: Witness) -> Ask:
    """By all nodes of a witness, in one final block. NodesDisagree, TooFewNodes."""

    def ask(contract: bytes, digest: bytes, signature: bytes) -> bool:
        at = witness.finalised()

        def question(node: ManagedChain) -> bool:
            return isinstance(node, EvmChain) and node.accepts_signature(contract, digest, signature, at)

        return witness.ask("a smart account's answer", question)

    return ask
