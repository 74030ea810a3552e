"""`python -m lockstep_cli`, which the `lockstep` script runs."""

from __future__ import annotations

import sys

from lockstep_cli.app import main

if __name__ == "__main__":
    sys.exit(main())
