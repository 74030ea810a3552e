"""Where a process takes the time from: UTC, or in development the chains themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from chains.base import BlockRef
from chains.errors import ChainError, SettingsRefused, TooFewNodes

FRESH_SECONDS = 0.5


def utc() -> float:
    """UTC seconds of this machine."""
    return time.time()


class ChainClock:
    """The latest final time of some chains, never falling: for development, where a test may make time travel.

    Elsewhere it would take away what the clock is for: noticing a chain that runs ahead.
    """

    def __init__(self, finalised: Sequence[Callable[[], BlockRef]], *, development: bool) -> None:
        """SettingsRefused outside development."""
        if not development:
            raise SettingsRefused("a process takes its time from the chains in development only")
        self._finalised = tuple(finalised)
        self._lock = threading.Lock()
        self._latest = 0.0
        self._read_at = float("-inf")

    def __call__(self) -> float:
        """Seconds; the last known time, moved on by this machine's clock, while no chain answers."""
        with self._lock:
            elapsed = time.monotonic() - self._read_at
            if elapsed > FRESH_SECONDS:
                times = [float(block.time) for block in self._blocks()]
                self._latest = max([self._latest, *times])
                if times:
                    self._read_at, elapsed = time.monotonic(), 0.0
            return self._latest + (elapsed if self._latest else 0.0)

    def _blocks(self) -> list[BlockRef]:
        found = []
        for finalised in self._finalised:
            try:
                found.append(finalised())
            except (ChainError, TooFewNodes):
                continue
        return found
