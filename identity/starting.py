"""How a process of identity starts, and with which code it ends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bridge.errors import LockstepError
from identity.logs import configure
from identity.settings import ServiceSettings, load

Settings = TypeVar("Settings", bound=ServiceSettings)

WRONG_SETTINGS = 78
"""EX_CONFIG of sysexits: a supervisor need not try again."""


def _ready(port: int) -> None:
    """Tells whoever started this process where it listens."""
    sys.stdout.write(f"LOCKSTEP READY {port}\n")
    sys.stdout.flush()


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def main(kind: type[Settings], run: Callable[[Settings, Callable[[int], None]], None]) -> int:
    """Runs a process by the settings file named on its command line.

    0 after an orderly end, 78 for settings it must not run with, 1 for anything else it can't start with.
    """
    configure()
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    try:
        settings = load(kind, path)
    except LockstepError as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_SETTINGS
    # The server raises the signal it was ended with again once it has closed: this turns it into an orderly end.
    signal.signal(signal.SIGTERM, _end)
    try:
        run(settings, _ready)
    except LockstepError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0
