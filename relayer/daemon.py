"""The relayer's cycle: take final blocks into the journal, advance what is due, wait to be woken.

Objectives: only final blocks create facts; a crash at any point loses nothing (facts and cursor are one transaction,
work follows from the journalled state); a stuck order stops no other; a block that was replaced stops everything.
Failure modes: a node away (waits and goes on), a contradiction (its lane halts), a replaced block (ChainReplaced ends
the process: a person must look). The daemon holds no authority; two of them only compete for fees.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from bridge.errors import RecoverableError
from bridge.transfer import Status
from bridge.transfer_events import DeadlineReached
from chains.base import BlockRef, Chain
from chains.errors import BlockUnknown, ChainError
from relayer.actions import Actions
from relayer.errors import ChainReplaced, JournalIncomplete
from relayer.journal import Journal

MAX_BLOCKS = 500
"""Blocks taken in one transaction: its facts are held in memory."""

WAIT_SECONDS = 3.0
"""How long a wait for a block may delay an orderly end."""

GRACE_SECONDS = 15.0
"""After a start, how long a delivery that was sent before may take to show in a final block."""

IDLE_SECONDS = 5.0
"""The cycle turns at least this often, so that its heartbeat tells a dead daemon from an idle one."""

RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Watched:
    """A chain and the first height that can hold an event of this deployment."""

    chain: Chain
    start: int


class Daemon:
    """One relayer process."""

    def __init__(
        self,
        chains: Mapping[bytes, Watched],
        journal: Journal,
        actions: Actions,
        *,
        clock: Callable[[], float],
        workers: int = 4,
    ) -> None:
        """`chains` by domain; `workers`: how many transfers advance at once."""
        self._chains = dict(chains)
        self._journal = journal
        self._actions = actions
        self._clock = clock
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="advance")
        self._running: dict[bytes, Future[None]] = {}
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._log = structlog.get_logger("relayer")

    def run(self, stop: threading.Event) -> None:
        """Reconciles, then serves until `stop` is set (followed by `wake`). ChainReplaced, JournalIncomplete."""
        self.reconcile()
        watchers = [
            threading.Thread(
                target=self._watch, args=(watched.chain, stop), name=f"heads-{watched.chain.name}", daemon=True
            )
            for watched in self._chains.values()
        ]
        for watcher in watchers:
            watcher.start()
        try:
            while not stop.is_set():
                self.turn()
                self._sleep()
        finally:
            stop.set()
            self._pool.shutdown(cancel_futures=True)
            for watcher in watchers:
                watcher.join()

    def wake(self) -> None:
        """Makes the cycle turn now."""
        self._wakes.put(None)

    def reconcile(self) -> None:
        """Start-up: the journal's blocks are the chain's, and every open order of the chains is in the journal."""
        for domain, watched in self._chains.items():
            self._check_cursor(domain, watched.chain)
        self.ingest()
        for source in self._chains:
            for destination in self._chains:
                if source != destination:
                    self._check_lane(source, destination)
        for transfer in self._journal.transfers(unfinished=True):
            # Whatever was waited for before the stop: look at it now; but what was just sent may be on its way.
            grace = GRACE_SECONDS if transfer.state.status is Status.SUBMITTED else 0.0
            self._journal.apply(transfer.state.order_id, (), self._clock(), next_at=self._clock() + grace)
        self._log.info("reconciled", action="start.reconciled", open=len(self._journal.transfers(unfinished=True)))

    def turn(self) -> None:
        """One turn of the cycle: facts first, then deadlines, then work."""
        try:
            self.ingest()
        except (RecoverableError, ChainError) as error:
            self._log.warning("ingesting failed", action="ingest.retry", error=str(error))
        self._journal.beat(self._clock())
        self._finish()
        for order_id in self._journal.due(self._clock()):
            if order_id not in self._running:
                future = self._pool.submit(self._actions.advance, order_id)
                self._running[order_id] = future
                future.add_done_callback(lambda _future: self.wake())

    def ingest(self) -> None:
        """Takes every chain's new final blocks; sources first, which spares a detour for orders just initiated."""
        for domain, watched in self._chains.items():
            final = watched.chain.finalised()
            while self._ingest_some(domain, watched, final):
                continue
            for order_id in self._journal.overdue(domain, final.time):
                self._journal.apply(
                    order_id, (DeadlineReached(order_id),), self._clock(), next_at=0.0, tries=0, waits_for=""
                )

    def drained(self, timeout: float) -> None:
        """Waits for the work under way, and takes its faults: for tests and for an orderly end."""
        for future in list(self._running.values()):
            future.result(timeout)
        self._finish()

    def _ingest_some(self, domain: bytes, watched: Watched, final: BlockRef) -> bool:
        cursor = self._journal.cursor(domain)
        first = watched.start if cursor is None else cursor.number + 1
        if first > final.number:
            return False
        self._check_cursor(domain, watched.chain)
        last = min(final.number, first + MAX_BLOCKS - 1)
        events = watched.chain.events(first, last)
        upto = final if last == final.number else watched.chain.block(last)
        for halted in self._journal.ingest(domain, events, upto, self._clock()):
            self._log.error("lane halted", action="lane.halt", error=str(halted))
        return True

    def _check_cursor(self, domain: bytes, chain: Chain) -> None:
        cursor = self._journal.cursor(domain)
        if cursor is None:
            return
        try:
            found = chain.block(cursor.number).hash
        except BlockUnknown as error:
            raise ChainReplaced(chain.name, cursor.number, cursor.hash, None) from error
        if found != cursor.hash:
            raise ChainReplaced(chain.name, cursor.number, cursor.hash, found)

    def _check_lane(self, source: bytes, destination: bytes) -> None:
        """Every nonce that the source gave out is in the journal, or closed. JournalIncomplete."""
        chain = self._chains[source].chain
        cursor = self._journal.cursor(source)
        views = chain.views(cursor)
        known = self._journal.nonces(source, destination)
        given = views.lane_info(destination).next_nonce
        for nonce in sorted(set(range(1, given)) - known):
            if views.order_at(destination, nonce) is not None:
                raise JournalIncomplete(chain.name, nonce)

    def _watch(self, chain: Chain, stop: threading.Event) -> None:
        """Wakes the cycle at each new final block of a chain."""
        seen = -1
        while not stop.is_set():
            try:
                seen = chain.wait_finalised(seen, WAIT_SECONDS).number
                self.wake()
            except TimeoutError:
                continue
            except (RecoverableError, ChainError) as error:
                self._log.warning("watching failed", action="heads.retry", chain=chain.name, error=str(error))
                stop.wait(RETRY_SECONDS)

    def _sleep(self) -> None:
        """Until the next transfer is due, a block is final, work is done, or the heartbeat is."""
        due = self._journal.next_due()
        wait = IDLE_SECONDS if due is None else min(IDLE_SECONDS, max(0.05, due - self._clock()))
        try:
            self._wakes.get(timeout=wait)
            while True:
                self._wakes.get_nowait()
        except queue.Empty:
            return

    def _finish(self) -> None:
        """Forgets finished work. A fault of the program in it ends the process: going on would repeat it."""
        for order_id, future in list(self._running.items()):
            if future.done():
                del self._running[order_id]
                future.result()
