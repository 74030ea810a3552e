"""`python -m identity.issuer settings.toml`: runs one issuer."""

from __future__ import annotations

from identity.issuer.process import run
from identity.issuer.settings import IssuerSettings
from identity.starting import main

if __name__ == "__main__":
    raise SystemExit(main(IssuerSettings, run))
