"""Settings of one issuer process."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from identity.issuer.statuses import LIST_SIZE
from identity.settings import PublicSettings, require_https


class IssuerSettings(PublicSettings):
    """What an issuer is started with."""

    model_config = SettingsConfigDict(env_prefix="LOCKSTEP_ISSUER_", env_nested_delimiter="__", extra="forbid")

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
    subscribers: tuple[str, ...] = Field((), description="Addresses of oracles that are told of each status change.")

    @field_validator("subscribers")
    @classmethod
    def _tells_only_by_https(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        require_https(value, "subscribers are told")
        return value

    @model_validator(mode="after")
    def _lists_outlive_their_use(self) -> Self:
        if self.status_lifetime < 2 * self.status_ttl:
            raise ValueError("status_lifetime must be at least twice status_ttl")
        return self
