"""Settings of one attestor."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from chains.settings import ChainSettings, require_independent_nodes
from relayer.attestor.access import OracleAccess
from relayer.settings import ClockSource, ProcessSettings


class AttestorSettings(ProcessSettings):
    """What an attestor is started with. Key, store and nodes are its own: it shares nothing with a relayer."""

    model_config = SettingsConfigDict(env_prefix="LOCKSTEP_ATTESTOR_", env_nested_delimiter="__", extra="forbid")

    key_file: Path = Field(description="File with the signing key (32 bytes hex), readable by its owner only.")
    store: Path = Field(
        description="SQLite file with all that was ever signed; without it the key must not be used again."
    )
    chains: tuple[ChainSettings, ...] = Field(min_length=2)
    clock: ClockSource = "utc"
    oracle: OracleAccess | None = Field(
        None,
        description="The compliance oracle to ask about assets with a policy; none: the chains' rules alone decide.",
    )
    host: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65535, description="0 takes a free port and prints it.")

    @model_validator(mode="after")
    def _nodes_are_independent(self) -> Self:
        require_independent_nodes(self.chains)
        return self

    @model_validator(mode="after")
    def _is_loopback(self) -> Self:
        """Plain HTTP leaves this machine never: a proxy with TLS stands before an attestor."""
        if not ipaddress.ip_address(self.host).is_loopback:
            raise ValueError("host must be a loopback address")
        return self
