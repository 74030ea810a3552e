"""Settings of one oracle process."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from chains.settings import ChainSettings, require_independent_nodes
from identity.errors import IdentityError
from identity.ports import is_development
from identity.settings import ServiceSettings
from identity.tls.policy import require_public_url


class OracleSettings(ServiceSettings):
    """What an oracle is started with. The keys that sign for the chains are not among it: signers hold those."""

    model_config = SettingsConfigDict(env_prefix="LOCKSTEP_ORACLE_", env_nested_delimiter="__", extra="forbid")

    public_url: str = Field(description="The oracle's address as wallets and attestors see it; its did:web follows.")
    database: str = Field(description="sqlite:////path/oracle.sqlite, or postgresql+psycopg://...")
    keystore: Path = Field(description="The encrypted key file.")
    passphrase_file: Path = Field(description="File with the key store's passphrase, readable by its owner only.")
    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65_535)
    certificate: Path | None = Field(None, description="PEM certificate to serve https with; none behind a TLS proxy.")
    certificate_key: Path | None = None
    roots: Path | None = Field(None, description="Further certificate authorities (PEM): issuers' and signers' https.")
    trusted_signers: Path | None = Field(
        None, description="Certificate authorities (PEM) that may certify issuers' signing keys (x5c)."
    )
    fetch_hosts: frozenset[str] = Field(
        description="Hosts (name or name:port) that issuers' keys and status lists may be fetched from."
    )
    chains: tuple[ChainSettings, ...] = Field(min_length=1)
    signers: tuple[str, ...] = Field(min_length=1, description="Addresses of the oracle's signers, https.")
    substrate_key_file: Path = Field(description="Seed, phrase or development path; submits batches, pays fees only.")
    evm_key_file: Path = Field(description="32 bytes hex; submits batches, pays fees only.")
    rhythm_seconds: int = Field(15, ge=1, le=3_600, description="Seconds between batches that only grant.")
    heartbeat_seconds: int = Field(300, ge=10, le=3_600, description="Seconds without a batch until an empty one.")
    webhook_secrets: dict[str, Path] = Field(
        default_factory=dict, description="By screening provider: file with the secret its results are signed with."
    )

    @field_validator("public_url")
    @classmethod
    def _has_a_fine_address(cls, value: str) -> str:
        try:
            return require_public_url(value, development=is_development())
        except IdentityError as error:
            raise ValueError(str(error)) from None

    @field_validator("signers")
    @classmethod
    def _asks_only_by_https(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not address.startswith("https://") for address in value):
            raise ValueError("signers are asked over https")
        return value

    @model_validator(mode="after")
    def _serves_safely(self) -> Self:
        """https itself, or plain http on loopback behind a proxy that does; what decides is read from two nodes."""
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key belong together")
        if self.certificate is None and not ipaddress.ip_address(self.host).is_loopback:
            raise ValueError("without a certificate the host must be a loopback address")
        require_independent_nodes(self.chains)
        return self
