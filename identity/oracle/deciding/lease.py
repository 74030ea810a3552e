"""Who runs a job: the one process that holds its lease, and nobody who held it before.

A scheduler's own store is no lock: two processes with one database would both run. A lease is a row with a holder, an
end and a token that grows with every taking. A process that was away (paused, swapped out) may believe that it still
holds; so the token is checked again inside each transaction that the run writes, and the row stays locked until that
transaction ends. What the database has seen decides, never a clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import or_, select, update

from identity.oracle.deciding.errors import LeaseLost
from identity.oracle.deciding.tables import LEASES
from identity.storage.once import insert_once
from identity.storage.writer import Transaction, Writer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one job once. `write` is the only way in which a run writes."""

    job: str
    holder: str
    token: int
    writer: Writer

    def write(self, job: Callable[[Transaction], T]) -> T:
        """Runs a job in a transaction of the writer, if the lease still stands in it. LeaseLost otherwise."""
        return self.writer.run_blocking(partial(self._guarded, job=job))

    def require(self, tx: Transaction) -> None:
        """LeaseLost unless this is the newest lease of the job; it stays so until the transaction ends."""
        row = tx.connection.execute(select(LEASES.c.token).where(LEASES.c.job == self.job).with_for_update()).first()
        if row is None or row.token != self.token:
            raise LeaseLost(self.job, self.token)

    def _guarded(self, tx: Transaction, *, job: Callable[[Transaction], T]) -> T:
        self.require(tx)
        return job(tx)


class Leases:
    """Takes leases for one process."""

    def __init__(self, writer: Writer, holder: str) -> None:
        """`holder`: a name that no other process has, drawn at its start."""
        self._writer, self._holder = writer, holder

    def take(self, job: str, seconds: int) -> Lease | None:
        """The lease of a job for so many seconds; None while another process holds it.

        The holder itself always gets a new one, with a new token: what an earlier run of its own still writes, fails.
        An end further away than a lease is long was written by a clock that was ahead of this one: nobody waits for it.
        """
        token = self._writer.run_blocking(partial(self._take, job=job, seconds=seconds))
        return None if token is None else Lease(job, self._holder, token, self._writer)

    def give_back(self, lease: Lease) -> None:
        """Ends a lease early, so that another process need not wait; one that is lost already is left alone."""
        self._writer.run_blocking(partial(_end, lease=lease))

    def _take(self, tx: Transaction, *, job: str, seconds: int) -> int | None:
        row = {"job": job, "holder": self._holder, "token": 1, "expires_at": tx.now + seconds}
        if insert_once(tx.connection, LEASES, row):
            return 1
        # One statement: of two processes that try at the same time, one changes the row and the other finds it taken.
        taken = (
            update(LEASES)
            .where(
                LEASES.c.job == job,
                or_(
                    LEASES.c.expires_at <= tx.now,
                    LEASES.c.expires_at > tx.now + seconds,
                    LEASES.c.holder == self._holder,
                ),
            )
            .values(holder=self._holder, token=LEASES.c.token + 1, expires_at=tx.now + seconds)
        )
        if tx.connection.execute(taken).rowcount != 1:
            return None
        return int(tx.connection.execute(select(LEASES.c.token).where(LEASES.c.job == job)).scalar_one())


def _end(tx: Transaction, *, lease: Lease) -> None:
    mine = (LEASES.c.job == lease.job, LEASES.c.token == lease.token)
    tx.connection.execute(update(LEASES).where(*mine).values(expires_at=tx.now))
