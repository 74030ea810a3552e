"""When one chain's loop has its next turn: woken by events, grants on a fixed rhythm, heartbeats by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Waker:
    """What woke one loop. Use within one event loop."""

    def __init__(self, clock: Callable[[], int], beat: int, idle: float) -> None:
        """Seconds: `beat` of the rhythm (0: none), `idle` until a quiet loop looks at the heartbeat."""
        self._clock, self._beat, self._idle = clock, beat, idle
        self._event = asyncio.Event()
        self._urgent = False
        self._changed = False

    def wake(self, urgent: bool) -> None:
        """Something changed; `urgent`: something may have to be taken away."""
        self._changed = True
        self._urgent = self._urgent or urgent
        self._event.set()

    async def wait(self) -> bool:
        """Until the next turn. True: it may only take away; what else changed waits for the rhythm."""
        while True:
            if self._urgent:
                self._urgent = False
                return True
            self._event.clear()
            left = self._until_beat() if self._changed else self._idle
            if self._changed and left <= 0:
                self._changed = False
                return False
            try:
                await asyncio.wait_for(self._event.wait(), left)
            except TimeoutError:
                takes_only = not self._changed
                self._changed = False
                return takes_only

    def _until_beat(self) -> float:
        return 0.0 if self._beat == 0 else float(self._beat - self._clock() % self._beat)
