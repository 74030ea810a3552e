"""A PostgreSQL server of the test's own, from the machine's package; where there is none, a test says so and stops."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lockstep_cli.bench.issuance import free_port

FOLDERS = ("/usr/lib/postgresql/*/bin/initdb", "/opt/homebrew/opt/postgresql*/bin/initdb")


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    candidates = [path for pattern in FOLDERS for path in Path("/").glob(pattern.lstrip("/"))]
    return candidates[-1].parent if candidates else None


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database, as SQLAlchemy writes it."""
    programs = _programs()
    if programs is None:
        # Where nothing may be skipped, what is missing is a failure.
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("no PostgreSQL is installed on this machine; scripts/setup-postgresql.sh installs it")
    port = free_port()
    # PostgreSQL doesn't run as root: there it runs as the package's own user.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="lockstep-pg-") as name:
        folder = Path(name)
        if as_user:
            shutil.chown(folder, "postgres")

        def run(*argv: str) -> None:
            subprocess.run([*as_user, *argv], check=True, capture_output=True, cwd=folder)

        data = str(folder / "data")
        run(str(programs / "initdb"), "-D", data, "-U", "lockstep", "-A", "trust")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        run(str(programs / "pg_ctl"), "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            run(str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "lockstep", "issuer")
            yield f"postgresql+psycopg://lockstep@127.0.0.1:{port}/issuer"
        finally:
            run(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
