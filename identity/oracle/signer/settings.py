"""Settings of one oracle signer."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from chains.settings import ChainSettings, require_independent_nodes
from identity.ports import is_development
from identity.settings import ServiceSettings


class SignerSettings(ServiceSettings):
    """What a signer is started with. Key, store and nodes are its own: it shares nothing with the oracle service."""

    model_config = SettingsConfigDict(env_prefix="LOCKSTEP_ORACLE_SIGNER_", env_nested_delimiter="__", extra="forbid")

    key_file: Path = Field(description="File with the signing key (32 bytes hex), readable by its owner only.")
    store: Path = Field(
        description="SQLite file with all that was ever signed; without it the key must not be used again."
    )
    chains: tuple[ChainSettings, ...] = Field(min_length=1, description="All chains of the assets that it signs for.")
    oracle_did: str = Field(description="The oracle that proofs of account control must name.")
    fetch_hosts: tuple[str, ...] = Field(min_length=1, description="Hosts (name or name:port) of issuers' documents.")
    roots: Path | None = Field(None, description="Further certificate authorities (PEM) for issuers' https.")
    clock: Literal["utc", "chains"] = "utc"
    token_file: Path | None = Field(
        None, description="File with the token that the oracle shows; none in development only. Nobody else is let in."
    )
    host: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65535, description="0 takes a free port and prints it.")
    certificate: Path | None = Field(None, description="PEM certificate to serve https with; none in development only.")
    certificate_key: Path | None = None
    grants_per_hour: int = Field(2_000, ge=1, description="Items that give something new, signed within an hour.")
    lifts_per_day: int = Field(10, ge=0, description="Blocks of investors that may be lifted within a day.")
    new_key: bool = Field(
        False,
        description="The key is new in a running oracle's set: its store may be empty. Otherwise an empty one was lost.",
    )
    replace_seconds: int = Field(60, ge=1, le=3_600)

    @model_validator(mode="after")
    def _nodes_are_independent(self) -> Self:
        require_independent_nodes(self.chains)
        return self

    @model_validator(mode="after")
    def _serves_safely(self) -> Self:
        """Loopback, by https, and for the oracle alone: what takes something away needs no grounds, so whoever may ask
        signers could take every investor's permissions."""
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key belong together")
        if self.certificate is None and not is_development():
            raise ValueError("a certificate is needed outside development")
        if self.token_file is None and not is_development():
            raise ValueError("a token_file is needed outside development")
        if not ipaddress.ip_address(self.host).is_loopback:
            raise ValueError("host must be a loopback address")
        return self
