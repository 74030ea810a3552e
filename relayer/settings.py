"""Settings shared by the processes here: which chains, through which nodes. From TOML or environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from chains.base import Chain
from chains.devnet.keys import ACCOUNTS, signer_addresses
from chains.evm.adapter import EvmChain, EvmContracts
from chains.substrate.adapter import SubstrateChain
from relayer.errors import SettingsRefused

DEVELOPMENT = "dev"

ClockSource = Literal["utc", "chains"]
"""Where a process takes the time from; `chains` in development only."""


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

    def connect(self, node: int) -> Chain:
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

    def connect(self, node: int) -> Chain:
        """The adapter over one node."""
        contracts = EvmContracts(bridge=self.bridge, lens=self.lens, authority=self.authority)
        return EvmChain(self.nodes[node].http, self.nodes[node].ws, contracts)


ChainSettings = Annotated[SubstrateSettings | EvmSettings, Field(discriminator="kind")]


class ProcessSettings(BaseSettings):
    """Settings of one process: the TOML file it is started with, under variables of the environment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


S = TypeVar("S", bound=ProcessSettings)


def load(kind: type[S], path: Path | None) -> S:
    """The settings of a process. SettingsRefused with every fault found."""
    if path is not None and not path.is_file():
        raise SettingsRefused(f"the settings file {path} is not there")

    from_file = type(
        kind.__name__, (kind,), {"model_config": SettingsConfigDict(**{**kind.model_config, "toml_file": path})}
    )
    try:
        return cast("S", from_file())
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
        raise SettingsRefused("\n".join(lines)) from error


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


class RelayerSettings(ProcessSettings):
    """What a relayer is started with. Without keys it only watches and keeps the journal."""

    model_config = SettingsConfigDict(env_prefix="LOCKSTEP_RELAYER_", env_nested_delimiter="__", extra="forbid")

    journal: Path = Field(description="SQLite file of the journal; it can be rebuilt from the chains.")
    chains: tuple[ChainSettings, ...] = Field(min_length=2)
    attestors: tuple[str, ...] = Field(min_length=1, description="Addresses of the attestors, http or https.")
    substrate_key_file: Path | None = Field(None, description="Seed, phrase or development path; pays fees only.")
    evm_key_file: Path | None = Field(None, description="32 bytes hex; pays fees only.")
    workers: int = Field(4, ge=1, le=64, description="Transfers that advance at the same time.")
    clock: ClockSource = "utc"
