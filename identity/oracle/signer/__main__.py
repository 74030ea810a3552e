"""`python -m identity.oracle.signer [settings.toml]`: runs one signer."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from bridge.errors import LockstepError
from identity.logs import configure
from identity.oracle.signer.process import run
from identity.oracle.signer.settings import SignerSettings
from identity.settings import load


def _ready(port: int) -> None:
    """Tells whoever started this process where it listens."""
    sys.stdout.write(f"LOCKSTEP READY {port}\n")
    sys.stdout.flush()


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def main() -> int:
    """0 after an orderly end, 78 for settings it must not run with, 1 for anything else it can't start with."""
    configure()
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    try:
        settings = load(SignerSettings, path)
    except LockstepError as error:
        sys.stderr.write(f"{error}\n")
        return 78
    # The server raises the signal it was ended with again once it has closed: this turns it into an orderly end.
    signal.signal(signal.SIGTERM, _end)
    try:
        run(settings, ready=_ready)
    except LockstepError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
