"""Fetches status lists before they grow too old: many at a time, one at a time of each host, never while deciding.

A host that doesn't answer costs nobody but itself: each host has one thread at most, a round doesn't wait for the slow
ones, and whoever has failed is left alone for a while. So neither can many dead hosts take all threads for long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection

from bridge.errors import LockstepError
from identity.errors import FetchFailed, IssuerUnknown
from identity.fetch.fetcher import Fetch
from identity.formats.status_list import MEDIA_TYPE
from identity.oracle.status.lists import Held, KeysWithdrawn, ListRolledBack, Lists, save
from identity.ports import Clock
from identity.storage.database import Database
from identity.storage.writer import Transaction, Writer

T = TypeVar("T")
ROUND = 5
"""Seconds between rounds."""
EVERY = 15
"""Seconds between fetches of one list at most: it is fetched in the last round before they are over."""
WORKERS = 8
"""Hosts asked at the same time in one round."""
PATIENCE = 2.0
"""Seconds that a round waits for its hosts; who takes longer goes on beside the next rounds."""
REST = EVERY - ROUND
"""Seconds for which a host that failed is left alone; the round after that comes within `EVERY`."""

Address = tuple[str, str]
"""A list's address and its issuer's name."""


class Write(Protocol):
    """Runs a job in a transaction, and may refuse it (a lost lease)."""

    def __call__(self, job: Callable[[Transaction], T]) -> T:
        """The job's result."""


@dataclass(frozen=True, slots=True)
class Round:
    """How one round went, in numbers of lists. `late`: their hosts had not answered when it ended."""

    fetched: int
    failed: int
    late: int = 0


class Refresher:
    """Brings lists; `relied` names those that anybody's eligibility rests on."""

    def __init__(
        self,
        *,
        lists: Lists,
        fetch: Fetch,
        database: Database,
        writer: Writer,
        clock: Clock,
        relied: Callable[[Connection], Collection[Address]],
        workers: int = WORKERS,
        patience: float = PATIENCE,
    ) -> None:
        self._lists, self._fetch, self._database, self._writer = lists, fetch, database, writer
        self._clock, self._relied, self._workers = clock, relied, workers
        self._patience = patience
        self._asked: dict[Address, int] = {}
        self._busy: set[str] = set()
        self._resting: dict[str, int] = {}
        self._turn = threading.Condition()

    def run(self, write: Write | None = None) -> Round:
        """One round over every relied list that is due.

        Args:
            write: where what was fetched is stored; the writer itself unless a lease guards it.
        """
        with self._database.read() as connection:
            relied = self._relied(connection)
        now = self._clock()
        due = [one for one in relied if self._lists.due(*one, now, EVERY - ROUND)]
        rested = {host: ones for host, ones in _by_host(due).items() if self._is_rested(host, now)}
        return self._round(rested, write, self._patience)

    def ensure(self, addresses: Collection[Address]) -> Round:
        """Fetches those of these lists that don't count now: for credentials that are shown for the first time.

        Blocks, also while another thread is asking the same host: what that one brings is looked at before it is asked again.
        """
        return self._round(_by_host(self._missing(addresses)), None, None)

    def _is_rested(self, host: str, now: int) -> bool:
        """Whether a host may be asked again. A clock that was put back keeps nobody at rest for longer."""
        return not now < self._resting.get(host, 0) <= now + REST

    def _missing(self, addresses: Iterable[Address]) -> list[Address]:
        now = self._clock()
        return [one for one in addresses if not self._counts(one, now)]

    def _counts(self, address: Address, now: int) -> bool:
        held = self._lists.held(*address)
        return held is not None and held.usable(now)

    def _round(self, by_host: Mapping[str, list[Address]], write: Write | None, patience: float | None) -> Round:
        if not by_host:
            return Round(0, 0)
        pool = ThreadPoolExecutor(min(self._workers, len(by_host)), thread_name_prefix="status")
        asking = {
            pool.submit(self._host, host, ones, write, in_turn=patience is None): len(ones)
            for host, ones in by_host.items()
        }
        pool.shutdown(wait=False)
        ready, late = wait(asking, patience)
        for future in late:
            future.add_done_callback(_tell_late)
        rounds = [future.result() for future in ready]
        fetched, failed = sum(one.fetched for one in rounds), sum(one.failed for one in rounds)
        return Round(fetched, failed, sum(asking[future] for future in late))

    def _host(self, host: str, addresses: list[Address], write: Write | None, *, in_turn: bool) -> Round:
        """One host's lists. A round of the job (`in_turn` false) leaves a host alone that is being asked already."""
        with self._turn:
            if in_turn:
                failed = self._resting.get(host)
                self._turn.wait_for(lambda: host not in self._busy)
                if self._resting.get(host) != failed:
                    # It failed for whoever asked before: those who waited need not each find that out for themselves.
                    return Round(0, len(addresses))
            elif host in self._busy:
                return Round(0, len(addresses))
            self._busy.add(host)
        try:
            return self._ask(host, self._missing(addresses) if in_turn else addresses, write)
        finally:
            with self._turn:
                self._busy.discard(host)
                self._turn.notify_all()

    def _ask(self, host: str, addresses: list[Address], write: Write | None) -> Round:
        fetched = 0
        # The one that waited longest first: a host that fails half way must not starve the same lists each time.
        for address in sorted(addresses, key=lambda one: self._asked.get(one, 0)):
            self._asked[address] = self._clock()
            try:
                fresh = self._one(*address)
            except FetchFailed as error:
                self._resting[host] = self._clock() + REST
                structlog.get_logger("status").warning(
                    "a host does not answer", action="status.unreachable", host=error.host, why=error.why
                )
                break
            except LockstepError as error:
                structlog.get_logger("status").warning(
                    "list not taken", action="status.refuse", uri=address[0], kind=type(error).__name__
                )
                continue
            fetched += 1
            self._store(fresh, write)
        return Round(fetched, len(addresses) - fetched)

    def _one(self, uri: str, issuer: str) -> Held:
        body = self._fetch.get(uri, MEDIA_TYPE).body
        now = self._clock()
        fresh = self._lists.read(body.decode("ascii", "replace"), uri, now)
        if fresh.list.issuer != issuer:
            # Signed by somebody else whom we trust for other things: it says nothing about this issuer's credentials.
            raise IssuerUnknown(fresh.list.issuer, "the list at this address is another issuer's")
        return fresh

    def _store(self, fresh: Held, write: Write | None) -> None:
        try:
            self._lists.put(fresh)
        except (ListRolledBack, KeysWithdrawn):
            # A push overtook this answer on its way, or its key was withdrawn meanwhile.
            return
        if self._lists.outlasts(fresh):
            return
        if write is None:
            self._writer.run_blocking(partial(save, fresh=fresh))
        else:
            write(partial(save, fresh=fresh))


def _by_host(addresses: Iterable[Address]) -> dict[str, list[Address]]:
    found: dict[str, list[Address]] = {}
    for address in addresses:
        found.setdefault(urlsplit(address[0]).netloc, []).append(address)
    return found


def _tell_late(future: Future[Round]) -> None:
    """What became of a host that a round didn't wait for: nobody else asks."""
    error = future.exception()
    if error is not None:
        structlog.get_logger("status").warning("a late list is lost", action="status.late", kind=type(error).__name__)
