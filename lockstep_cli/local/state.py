"""The file by which a running local system tells other commands where it is.

It holds endpoints, addresses and pseudonyms; no keys (development keys are derived, not stored). It lies in the run folder, readable
by its owner only, and goes away when the system stops.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from bridge.errors import LockstepError


class NoLocalSystem(LockstepError):
    """No local system is running, or its file can't be read."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"no local system is running here ({why})")


class EvmAddresses(BaseModel):
    """The contracts that everybody needs."""

    bridge: str
    lens: str
    authority: str
    controls: str


class SystemState(BaseModel):
    """Where everything is. Bytes are 0x-hex; investors by name."""

    substrate_ws: str
    evm_http: str
    evm_ws: str
    evm: EvmAddresses
    asset: str
    investors: dict[str, str]
    attestors: list[str]
    journal: str
    classes: dict[str, int] = Field(default_factory=dict, description="Class number by name, as the oracle drew it.")
    issuer: str | None = None
    oracle: str | None = None

    def write(self, path: Path) -> None:
        """Writes the file whole or not at all."""
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=2))
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> SystemState:
        """The state of the system that runs from this folder. NoLocalSystem."""
        try:
            return cls.model_validate_json(path.read_text("utf-8"))
        except FileNotFoundError as error:
            raise NoLocalSystem(path, "start one with ./lockstep up") from error
        except (OSError, ValidationError) as error:
            raise NoLocalSystem(path, f"{path.name} can't be read") from error
