"""Settings of one issuer process."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from identity.errors import IdentityError
from identity.issuer.retention import FIVE_YEARS
from identity.issuer.statuses import LIST_SIZE
from identity.ports import is_development
from identity.settings import ServiceSettings
from identity.tls.policy import require_public_url


class IssuerSettings(ServiceSettings):
    """What an issuer is started with."""

    model_config = SettingsConfigDict(env_prefix="LOCKSTEP_ISSUER_", env_nested_delimiter="__", extra="forbid")

    public_url: str = Field(description="The issuer's address as wallets see it; its did:web follows from it.")
    database: str = Field(description="sqlite:////path/issuer.sqlite, or postgresql+psycopg://...")
    keystore: Path = Field(description="The encrypted key file.")
    passphrase_file: Path = Field(description="File with the key store's passphrase, readable by its owner only.")
    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65_535)
    certificate: Path | None = Field(None, description="PEM certificate to serve https with; none behind a TLS proxy.")
    certificate_key: Path | None = None
    type_authority: str | None = Field(
        None, description="Base address of the types' names, when several issuers share them."
    )
    display_name: str = Field("Lockstep issuer", min_length=1, max_length=100)
    token_seconds: int = Field(300, ge=30, le=3_600, description="Life of an access token; over 300 needs DPoP.")
    status_ttl: int = Field(
        15, ge=2, le=3_600, description="Seconds a status list may be used before it is fetched again."
    )
    status_lifetime: int = Field(120, ge=10, le=86_400, description="Seconds until a signed status list ends.")
    status_list_size: int = Field(LIST_SIZE, ge=8, le=4_194_304, multiple_of=4)
    retention_days: int = Field(
        FIVE_YEARS, ge=0, le=36_525, description="Days for which a subject is kept after the relationship ended."
    )
    subscribers: tuple[str, ...] = Field((), description="Addresses of oracles that are told of each status change.")
    roots: Path | None = Field(None, description="Further certificate authorities (PEM) for subscribers' https.")
    webhook_secrets: dict[str, Path] = Field(
        default_factory=dict, description="By provider: file with the secret its results are signed with."
    )

    @field_validator("public_url")
    @classmethod
    def _has_a_fine_address(cls, value: str) -> str:
        try:
            return require_public_url(value, development=is_development())
        except IdentityError as error:
            raise ValueError(str(error)) from None

    @field_validator("subscribers")
    @classmethod
    def _tells_only_by_https(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not address.startswith("https://") for address in value):
            raise ValueError("subscribers are told over https")
        return value

    @model_validator(mode="after")
    def _serves_safely(self) -> Self:
        """https itself, or plain http on loopback behind a proxy that does; lists live at least two ttl."""
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key belong together")
        if self.certificate is None and not ipaddress.ip_address(self.host).is_loopback:
            raise ValueError("without a certificate the host must be a loopback address")
        if self.status_lifetime < 2 * self.status_ttl:
            raise ValueError("status_lifetime must be at least twice status_ttl")
        return self
