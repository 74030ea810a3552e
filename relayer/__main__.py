"""`python -m relayer [settings.toml]`: runs one relayer."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from bridge.errors import LockstepError
from relayer.daemon import Daemon
from relayer.logs import configure
from relayer.process import run
from relayer.settings import RelayerSettings, load


def main() -> int:
    """0 after an orderly end, 78 for settings it must not run with, 1 for what only a person can put right."""
    configure()
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    stop = threading.Event()

    def ready(daemon: Daemon) -> None:
        def end(_signal: int, _frame: object) -> None:
            stop.set()
            daemon.wake()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        sys.stdout.write("LOCKSTEP READY\n")
        sys.stdout.flush()

    try:
        settings = load(RelayerSettings, path)
    except LockstepError as error:
        sys.stderr.write(f"{error}\n")
        return 78
    try:
        run(settings, stop, ready)
    except LockstepError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
