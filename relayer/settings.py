"""Settings of the processes here: from TOML or environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar, cast

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from chains.errors import SettingsRefused
from chains.settings import ChainSettings

ClockSource = Literal["utc", "chains"]
"""Where a process takes the time from; `chains` in development only."""


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
