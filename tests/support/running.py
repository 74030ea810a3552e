"""The running system that end-to-end and adversarial tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lockstep_cli.local.system import LocalSystem


def running_system(folder: Path) -> Iterator[LocalSystem]:
    """Both chains, contracts, attestors and an issued asset; no relayer, so that tests carry orders themselves."""
    folder.mkdir(parents=True, exist_ok=True)
    with LocalSystem(folder, lambda line: None) as system:
        yield system
