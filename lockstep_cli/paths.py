"""Where the local system keeps its files: `.lockstep/run/` in the checkout, never elsewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / ".lockstep" / "run"
KEPT_RUNS = 5


def up_folder() -> Path:
    """The run folder of `./lockstep up`; there is one system of this kind per checkout."""
    return RUN / "up"


def up_state() -> Path:
    """The file that tells other commands where the running system is."""
    return up_folder() / "system.json"


def up_book() -> Path:
    """What the running system's oracle and register know beside the chains; see `lockstep_cli.assets.book`."""
    return up_folder() / "assets.json"


def new_run_folder(purpose: str) -> Path:
    """A new folder for a run that nobody else talks to; logs of the last few runs of a purpose are kept."""
    RUN.mkdir(parents=True, exist_ok=True)
    earlier = sorted(RUN.glob(f"{purpose}-*"), key=lambda folder: folder.stat().st_mtime)
    for folder in earlier[: -KEPT_RUNS + 1]:
        shutil.rmtree(folder, ignore_errors=True)
    number = 1 + max(
        (int(folder.name.rpartition("-")[2]) for folder in earlier if folder.name.rpartition("-")[2].isdigit()),
        default=0,
    )
    while True:
        folder = RUN / f"{purpose}-{number}"
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            # Another run of the same purpose started in the same moment.
            number += 1
            continue
        return folder
