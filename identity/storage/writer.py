"""One writer that groups waiting commits.

A commit that is really on the disk costs more than everything else a request does, and it costs the same for one
request as for fifty. So all writes go to one thread: it takes every job that waits, runs them in one transaction, each
behind its own savepoint, commits once, and only then are the answers given. A job that raises is rolled back alone: a
refused request leaves nothing behind. With several processes on PostgreSQL each has its own writer.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from identity.ports import Clock
from identity.storage.audit import AuditChain, AuditNote
from identity.storage.database import Database, StorageFailed

T = TypeVar("T")
MAX_GROUP = 64
"""Jobs in one transaction at most, so that the first of them doesn't wait for ever."""


@dataclass(slots=True)
class Transaction:
    """What a job works with: the connection, the time of the transaction, and what is to be noted in the audit chain."""

    connection: Connection
    now: int
    notes: list[AuditNote] = field(default_factory=list)

    def note(self, actor: str, action: str, object_: str, content: bytes = b"") -> None:
        """Remembers an action in the audit chain, if the job is committed."""
        self.notes.append(AuditNote(actor, action, object_, content))


Job = Callable[[Transaction], T]
"""Reads and writes in one transaction. May be run again when its group failed, so it changes nothing but the database."""


@dataclass(slots=True)
class _Waiting(Generic[T]):
    job: Job[T]
    future: Future[T] | asyncio.Future[T]
    loop: asyncio.AbstractEventLoop | None
    result: Any = None
    error: BaseException | None = None


class Writer:
    """The one thread that writes."""

    def __init__(self, database: Database, audit: AuditChain, clock: Clock) -> None:
        self._database, self._audit, self._clock = database, audit, clock
        self._queue: queue.SimpleQueue[_Waiting[Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="writer")
        self._thread.start()

    async def run(self, job: Job[T]) -> T:
        """The job's result, once its transaction is on the disk; what it raised, otherwise."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Waiting(job, future, loop))
        return await future

    def run_blocking(self, job: Job[T]) -> T:
        """The same for callers without an event loop: commands and tests."""
        future: Future[T] = Future()
        self._queue.put(_Waiting(job, future, None))
        return future.result()

    def close(self) -> None:
        """Finishes what waits and ends the thread."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while True:
            group, last = self._next_group()
            if group:
                try:
                    self._commit(group)
                except Exception as error:  # noqa: BLE001 - the edge of the thread: whoever waits must be told
                    for one in group:
                        one.result, one.error = None, error
                _answer(group)
            if last:
                return

    def _next_group(self) -> tuple[list[_Waiting[Any]], bool]:
        first = self._queue.get()
        if first is None:
            return [], True
        group = [first]
        while len(group) < MAX_GROUP:
            try:
                further = self._queue.get_nowait()
            except queue.Empty:
                break
            if further is None:
                return group, True
            group.append(further)
        return group, False

    def _commit(self, group: Sequence[_Waiting[Any]]) -> None:
        try:
            self._transact(group)
        except SQLAlchemyError as error:
            if len(group) > 1:
                # One of them may be at fault (a deadlock with another process): alone, the others go through.
                for one in group:
                    self._commit([one])
                return
            structlog.get_logger("writer").error("commit failed", action="storage.fail", kind=type(error).__name__)
            group[0].result, group[0].error = None, StorageFailed(type(error).__name__)

    def _transact(self, group: Sequence[_Waiting[Any]]) -> None:
        now = self._clock()
        with self._database.writer.begin() as connection:
            notes: list[AuditNote] = []
            # Past SQLAlchemy, because this happens twice per request: its own savepoints cost more than the statements.
            cursor = connection.connection.cursor()
            for one in group:
                transaction = Transaction(connection, now)
                one.result = one.error = None
                cursor.execute("SAVEPOINT job")
                try:
                    one.result = one.job(transaction)
                except SQLAlchemyError:
                    raise
                except Exception as error:  # noqa: BLE001 - handed to whoever asked, not swallowed
                    one.error = error
                    cursor.execute("ROLLBACK TO SAVEPOINT job")
                else:
                    notes += transaction.notes
                cursor.execute("RELEASE SAVEPOINT job")
            cursor.close()
            self._audit.append(connection, notes, now)


def _answer(group: Sequence[_Waiting[Any]]) -> None:
    """Wakes whoever waits: each event loop once for the whole group."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting[Any]]] = {}
    for one in group:
        if one.loop is None:
            _settle(one)
        else:
            by_loop.setdefault(one.loop, []).append(one)
    for loop, waiting in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle_all, waiting)
        except RuntimeError:
            structlog.get_logger("writer").warning("nobody waits for an answer", action="storage.orphan")


def _settle_all(waiting: Sequence[_Waiting[Any]]) -> None:
    for one in waiting:
        _settle(one)


def _settle(one: _Waiting[Any]) -> None:
    if one.future.cancelled():
        return
    if one.error is not None:
        one.future.set_exception(one.error)
    else:
        one.future.set_result(one.result)
