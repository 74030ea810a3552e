"""Settings shared by the processes that read chains: which chains, through which nodes, and with which keys not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chains.base import Chain
from chains.control import ManagedChain
from chains.devnet.keys import ACCOUNTS, signer_addresses
from chains.errors import SettingsRefused
from chains.evm.adapter import EvmChain, EvmContracts
from chains.substrate.adapter import SubstrateChain
from chains.witness import Witness

DEVELOPMENT = "dev"


def is_development() -> bool:
    """Whether this process runs for development: LOCKSTEP_ENV is `dev`."""
    return os.environ.get("LOCKSTEP_ENV") == DEVELOPMENT


def _bytes32_text(value: str) -> str:
    if len(bytes.fromhex(value.removeprefix("0x"))) != 32:
        raise ValueError("must be 32 bytes as hex")
    return value


Bytes32Text = Annotated[str, AfterValidator(_bytes32_text)]


class SubstrateSettings(BaseModel):
    """A Substrate chain: websocket addresses of its nodes, the first used for everything that decides nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["substrate"] = "substrate"
    nodes: tuple[str, ...] = Field(min_length=1)
    start: int = Field(1, ge=0, description="First height that can hold an event of this deployment.")
    domain: Bytes32Text | None = Field(None, description="The domain the chain must state; a wrong chain is refused.")

    def connect(self, node: int) -> ManagedChain:
        """The adapter over one node."""
        return SubstrateChain(self.nodes[node])


class EvmNode(BaseModel):
    """One EVM node: HTTP for requests, websocket for heads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    http: str
    ws: str


class EvmSettings(BaseModel):
    """An EVM chain: its nodes and the addresses of the contracts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["evm"] = "evm"
    nodes: tuple[EvmNode, ...] = Field(min_length=1)
    bridge: str
    lens: str
    authority: str
    start: int = Field(0, ge=0, description="First height that can hold an event of this deployment.")
    domain: Bytes32Text | None = Field(None, description="The domain the chain must state; a wrong chain is refused.")

    def connect(self, node: int) -> ManagedChain:
        """The adapter over one node."""
        contracts = EvmContracts(bridge=self.bridge, lens=self.lens, authority=self.authority)
        return EvmChain(self.nodes[node].http, self.nodes[node].ws, contracts)


ChainSettings = Annotated[SubstrateSettings | EvmSettings, Field(discriminator="kind")]


def require_domain(chain: Chain, settings: SubstrateSettings | EvmSettings) -> bytes:
    """The domain of a chain, which must be the one the settings name, if they name one. SettingsRefused."""
    domain = chain.domain
    if settings.domain is not None and domain != bytes.fromhex(settings.domain.removeprefix("0x")):
        raise SettingsRefused(f"{chain.name} states domain {domain.hex()}, the settings say {settings.domain}")
    return domain


def require_unpublished(address: bytes) -> None:
    """Refuses the development keys, which everyone knows, outside development. SettingsRefused."""
    if not is_development() and "0x" + address.hex() in signer_addresses(tuple(range(ACCOUNTS))):
        raise SettingsRefused(f"0x{address.hex()} is one of the published development keys")


def require_independent_nodes(chains: Sequence[SubstrateSettings | EvmSettings]) -> None:
    """Two nodes per chain at least and no address twice, as whoever signs needs; one may stand twice in development only.

    Raises:
        ValueError: a chain has fewer.
    """
    for chain in chains:
        addresses = [str(node) for node in chain.nodes]
        if not is_development() and (len(set(addresses)) < 2 or len(set(addresses)) != len(addresses)):
            raise ValueError(f"{chain.kind}: two different nodes are needed, only development may do with one")


def open_witness(settings: SubstrateSettings | EvmSettings) -> tuple[bytes, Witness]:
    """A chain through all its nodes. One address given twice (in development) is one node: it can't confirm itself.

    Raises:
        SettingsRefused: the nodes are of different chains, or of another than the settings name.
    """
    places = [settings.nodes.index(node) for node in dict.fromkeys(settings.nodes)]
    nodes = [settings.connect(place) for place in places]
    witness = Witness(nodes, quorum=min(2, len(nodes)))
    domains = {require_domain(node, settings) for node in nodes}
    if len(domains) != 1:
        raise SettingsRefused(f"the nodes of {witness.name} are of different chains")
    return domains.pop(), witness
