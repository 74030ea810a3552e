"""Settings of one oracle process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, IPvAnyNetwork, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from chains.settings import ChainSettings, require_independent_nodes
from identity.oracle.people.accounts import COOLING_SECONDS
from identity.ports import is_development
from identity.settings import PublicSettings, require_https

SHORTEST_COOLING = 3_600
"""Seconds, outside development: who stole a session must not be done before its owner can have noticed."""
MAX_RETURN_ADDRESS = 512


class OracleSettings(PublicSettings):
    """What an oracle is started with. The keys that sign for the chains are not among it: signers hold those."""

    model_config = SettingsConfigDict(env_prefix="LOCKSTEP_ORACLE_", env_nested_delimiter="__", extra="forbid")

    trusted_signers: Path | None = Field(
        None, description="Certificate authorities (PEM) that may certify issuers' signing keys (x5c)."
    )
    fetch_hosts: frozenset[str] = Field(
        description="Hosts (name or name:port) that issuers' keys and status lists may be fetched from."
    )
    chains: tuple[ChainSettings, ...] = Field(min_length=1)
    signers: tuple[str, ...] = Field(min_length=1, description="Addresses of the oracle's signers, https.")
    signer_token_file: Path | None = Field(
        None,
        description="File with the token by which signers let this oracle in; they ask for one outside development.",
    )
    substrate_key_file: Path = Field(description="Seed, phrase or development path; submits batches, pays fees only.")
    evm_key_file: Path = Field(description="32 bytes hex; submits batches, pays fees only.")
    rhythm_seconds: int = Field(15, ge=1, le=3_600, description="Seconds between batches that only grant.")
    heartbeat_seconds: int = Field(300, ge=10, le=3_600, description="Seconds without a batch until an empty one.")
    cooling_seconds: int = Field(
        COOLING_SECONDS,
        ge=0,
        le=30 * 86_400,
        description="Seconds after an account was unlinked until another one can be linked; at least an hour outside development.",
    )
    return_addresses: tuple[Annotated[str, Field(max_length=MAX_RETURN_ADDRESS)], ...] = Field(
        (), description="Addresses (https) to which wallets may send their holders after a presentation: the portal's."
    )
    open_requests: int = Field(
        10_000, ge=1, le=1_000_000, description="Unanswered requests for presentations that may be open at a time."
    )
    client_requests: int = Field(
        60,
        ge=1,
        le=100_000,
        description="Requests for presentations that one client address may start in five minutes.",
    )
    forwarded: tuple[IPvAnyNetwork, ...] = Field(
        (), description="Addresses of the proxies before this process, whose X-Forwarded-For says who asks."
    )

    @field_validator("signers")
    @classmethod
    def _asks_only_by_https(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        require_https(value, "signers are asked")
        return value

    @field_validator("return_addresses")
    @classmethod
    def _returns_only_to_fine_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            _require_return_address(address)
        return value

    @model_validator(mode="after")
    def _is_safe_outside_development(self) -> Self:
        """What decides is read from two nodes; an unlinked account stays alone for a while."""
        require_independent_nodes(self.chains)
        if self.cooling_seconds < SHORTEST_COOLING and not is_development():
            raise ValueError(f"cooling_seconds must be at least {SHORTEST_COOLING}")
        return self


def _require_return_address(address: str) -> None:
    """https, and nothing that could hide another target or the response code, which goes in the fragment. ValueError."""
    parts = urlsplit(address)
    if not (address.isascii() and address.isprintable()) or " " in address or "\\" in address:
        raise ValueError("an address to return to must be plain ASCII")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_development()):
        raise ValueError("an address to return to must be https")
    if not parts.hostname or parts.username is not None or "#" in address:
        raise ValueError("an address to return to needs a host, and must have no name, password or fragment")
