"""When one chain's loop has its next turn: woken by events, grants on a fixed rhythm, heartbeats by the clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable


class Waker:
    """What woke one loop. Use within one event loop."""

    def __init__(self, clock: Callable[[], int], beat: int, idle: float) -> None:
        """Seconds: `beat` of the rhythm (0: none), `idle` until a quiet loop looks at the heartbeat."""
        self._clock, self._beat, self._idle = clock, beat, idle
        self._event = asyncio.Event()
        self._urgent = False
        self._changed = False
        self.alarm = asyncio.Event()
        """Set while something may have to be taken away that no turn has looked at yet."""

    def wake(self, urgent: bool) -> None:
        """Something changed; `urgent`: something may have to be taken away."""
        self._changed = True
        self._urgent = self._urgent or urgent
        self._event.set()
        if urgent:
            self.alarm.set()

    async def pause(self, seconds: float) -> None:
        """So long, or until something may have to be taken away."""
        if not self.alarm.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.alarm.wait(), seconds)

    async def wait(self, again: float | None = None) -> bool:
        """Until the next turn. True: it may only take away; what else changed waits for the rhythm.

        `again`: in so many seconds something that was left out is looked at again.
        """
        loop = asyncio.get_running_loop()
        due = None if again is None else loop.time() + again
        while True:
            if self._urgent:
                self._urgent = False
                return True
            self._event.clear()
            left = self._until_beat() if self._changed else self._idle
            if self._changed and left <= 0:
                self._changed = False
                return False
            is_due = due is not None and due - loop.time() < left
            try:
                await asyncio.wait_for(self._event.wait(), max(0.0, due - loop.time()) if due and is_due else left)
            except TimeoutError:
                takes_only = not (self._changed or is_due)
                self._changed = False
                return takes_only

    def _until_beat(self) -> float:
        return 0.0 if self._beat == 0 else float(self._beat - self._clock() % self._beat)
