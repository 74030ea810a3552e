"""What this package is given instead of reaching for it: time, randomness, and whether this is development."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Tells the time: UTC epoch seconds."""

Randomness = Callable[[int], bytes]
"""Gives that many unpredictable bytes."""

DEVELOPMENT = "dev"


def utc() -> int:
    """The machine's clock, in whole seconds."""
    return int(time.time())


def system_randomness(size: int) -> bytes:
    """Randomness of the operating system."""
    return os.urandom(size)


def is_development() -> bool:
    """Whether this process runs for development: LOCKSTEP_ENV is `dev`."""
    return os.environ.get("LOCKSTEP_ENV") == DEVELOPMENT
