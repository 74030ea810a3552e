"""`python -m identity.oracle.signer [settings.toml]`: runs one signer."""

from __future__ import annotations

from identity.oracle.signer.process import run
from identity.oracle.signer.settings import SignerSettings
from identity.starting import main

if __name__ == "__main__":
    raise SystemExit(main(SignerSettings, run))
