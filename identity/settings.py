"""How the identity services read their settings: from a TOML file and the environment, checked before anything starts."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, TomlConfigSettingsSource

from bridge.errors import InvalidInput
from identity.errors import IdentityError
from identity.ports import is_development
from identity.retention import FIVE_YEARS
from identity.tls.policy import require_public_url


class SettingsRefused(IdentityError, InvalidInput):
    """A process was started with settings that it must not run with."""


class ServiceSettings(BaseSettings):
    """Root of the settings of a service: the environment wins over the file."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment, then the TOML file that `load` names."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


class PublicSettings(ServiceSettings):
    """What issuer and oracle, which people's wallets ask over the web, are both started with."""

    public_url: str = Field(description="The service's address as everybody sees it; its did:web follows from it.")
    database: str = Field(description="sqlite:////path/service.sqlite, or postgresql+psycopg://...")
    keystore: Path = Field(description="The encrypted key file.")
    passphrase_file: Path = Field(description="File with the key store's passphrase, readable by its owner only.")
    host: str = "127.0.0.1"
    port: int = Field(ge=1, le=65_535)
    certificate: Path | None = Field(None, description="PEM certificate to serve https with; none behind a TLS proxy.")
    certificate_key: Path | None = None
    roots: Path | None = Field(None, description="Further certificate authorities (PEM) to trust for https.")
    retention_days: int = Field(
        FIVE_YEARS, ge=0, le=36_525, description="Days for which a person is kept after the relationship ended."
    )
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

    @model_validator(mode="after")
    def _serves_safely(self) -> Self:
        """https itself, or plain http on loopback behind a proxy that does."""
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key belong together")
        if self.certificate is None and not ipaddress.ip_address(self.host).is_loopback:
            raise ValueError("without a certificate the host must be a loopback address")
        return self


def require_https(addresses: Sequence[str], who: str) -> None:
    """Every address is asked or told over https. ValueError otherwise."""
    if any(not address.startswith("https://") for address in addresses):
        raise ValueError(f"{who} over https")


Kind = TypeVar("Kind", bound=ServiceSettings)


def load(kind: type[Kind], path: Path | None = None) -> Kind:
    """The settings of this process. SettingsRefused lists everything that is wrong, without the values."""
    if path is not None and not path.is_file():
        raise SettingsRefused(f"there is no settings file {path}")
    config: dict[str, Any] = {**kind.model_config, "toml_file": path}
    sourced = cast("type[Kind]", type(kind.__name__, (kind,), {"model_config": config, "__module__": kind.__module__}))
    try:
        return sourced()
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(step) for step in one['loc']) or 'settings'}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsRefused("; ".join(lines)) from None


def read_secret(path: Path) -> str:
    """A secret from a file that only its owner may read; the line's end is not part of it."""
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsRefused(f"{path} must be readable by its owner only")
        return path.read_text("utf-8").rstrip("\n")
    except OSError as error:
        raise SettingsRefused(f"{path} can't be read: {error.strerror}") from None
