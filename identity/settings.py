"""How the identity services read their settings: from a TOML file and the environment, checked before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, TomlConfigSettingsSource

from bridge.errors import InvalidInput
from identity.errors import IdentityError


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
