"""`python -m identity.oracle settings.toml`: runs one oracle."""

from __future__ import annotations

from identity.oracle.process import run
from identity.oracle.settings import OracleSettings
from identity.starting import main

if __name__ == "__main__":
    raise SystemExit(main(OracleSettings, run))
