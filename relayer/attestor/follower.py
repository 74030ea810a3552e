"""Follows the final blocks of one chain into the attestor's store.

Objectives: every order and outcome of a final block is in the store before anyone can ask to sign it; a restart goes on
where the store ends; a replaced block is noticed before anything else is read. Both nodes must give the same events.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog

from bridge.errors import RecoverableError
from chains.base import BlockRef, ChainEvent
from chains.errors import ChainError, NodesDisagree
from chains.witness import Witness
from relayer.attestor.store import AttestorStore
from relayer.errors import ChainReplaced

MAX_BLOCKS = 200
"""Blocks taken in one step: a step is one transaction, and its events are held in memory."""

WAIT_SECONDS = 3.0
"""How long a wait for a block may delay an orderly end."""

RETRY_SECONDS = 2.0

LAG_SECONDS = 0.5
"""Between looks while the nodes are not equally far."""

Clock = Callable[[], int]
"""UTC seconds."""


class Follower:
    """One chain's follower; `run` ends when `stop` is set, or raises what a person must look at."""

    def __init__(self, witness: Witness, store: AttestorStore, *, start: int, clock: Clock) -> None:
        """`start`: the first height that can hold an event of this deployment."""
        self._witness = witness
        self._store = store
        self._start = start
        self._clock = clock
        self._log = structlog.get_logger("attestor").bind(chain=witness.name)

    def check(self) -> None:
        """Compares the cursor's block with the chain. ChainReplaced."""
        cursor = self._store.cursor(self._witness.name)
        if cursor is None:
            return
        found = self._witness.block(cursor.number)
        if found.hash != cursor.hash:
            raise ChainReplaced(self._witness.name, cursor.number, cursor.hash, found.hash)

    def step(self, final: BlockRef) -> bool:
        """Takes the next blocks up to `final`; False when there were none. ChainReplaced, NodesDisagree."""
        cursor = self._store.cursor(self._witness.name)
        first = self._start if cursor is None else cursor.number + 1
        if first > final.number:
            return False
        last = min(final.number, first + MAX_BLOCKS - 1)
        self.check()
        events = self._witness.ask(f"events {first} to {last}", lambda node: _facts(node.events(first, last)))
        upto = final if last == final.number else self._witness.block(last)
        self._store.record(self._witness.name, self._witness.domain, events, upto, self._clock())
        return True

    def run(self, stop: threading.Event) -> None:
        """Follows until stopped. Recoverable trouble is waited out; anything else ends the follower."""
        seen = -1
        while not stop.is_set():
            try:
                final = self._witness.wait_finalised(seen, WAIT_SECONDS)
                while self.step(final) and not stop.is_set():
                    continue
                seen = final.number
            except TimeoutError:
                # Also when one node is ahead of what enough of them call final: it would wake this loop without end.
                stop.wait(LAG_SECONDS)
            except (RecoverableError, ChainError) as error:
                # Also a node that answers with an error of its own (too many requests, a block it lost): one of these
                # must not end the follower, for what ends it halts lanes until a person comes.
                self._log.warning("following failed", action="follow.retry", error=str(error))
                stop.wait(RETRY_SECONDS)
            except NodesDisagree as error:
                self._log.error("nodes disagree", action="follow.halt", error=str(error))
                raise


def _facts(events: Sequence[ChainEvent]) -> tuple[ChainEvent, ...]:
    return tuple(events)
