"""Waiting for what a chain says, by its finalised blocks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from bridge.errors import LockstepError
from chains.base import Chain, ChainEvent

E = TypeVar("E")
F = TypeVar("F")


class NotSeenInTime(LockstepError):
    """A chain's finalised blocks did not show the event that was waited for."""

    def __init__(self, chain: str, what: str, seconds: float) -> None:
        self.chain, self.what, self.seconds = chain, what, seconds
        super().__init__(f"{chain}: {what} was not seen in {seconds:.0f} s of finalised blocks")


class Watcher:
    """Reads one chain's finalised events once, in order, and remembers them, so that a wait finds what came before it."""

    def __init__(self, chain: Chain, first: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Watches from block `first` on."""
        self.chain = chain
        self._next = first
        self._seen: list[ChainEvent] = []
        self._monotonic = monotonic

    def wait(
        self, kind: type[E] | tuple[type[E], type[F]], matches: Callable[[E | F], bool], what: str, timeout: float
    ) -> E | F:
        """The first event of a kind that matches. NotSeenInTime after `timeout` seconds."""
        ends = self._monotonic() + timeout
        checked = 0
        while True:
            for event in self._seen[checked:]:
                if isinstance(event, kind) and matches(event):
                    return event
            checked = len(self._seen)
            self._read_on(what, ends - self._monotonic(), timeout)

    def _read_on(self, what: str, remaining: float, timeout: float) -> None:
        if remaining <= 0:
            raise NotSeenInTime(self.chain.name, what, timeout)
        try:
            last = self.chain.wait_finalised(self._next - 1, remaining).number
        except TimeoutError as error:
            raise NotSeenInTime(self.chain.name, what, timeout) from error
        self._seen.extend(self.chain.events(self._next, last))
        self._next = last + 1
