"""The one writer: jobs that wait share a commit, each stands or falls alone, and nobody hears before the disk has it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, event, insert, select

from identity.storage.audit import AuditChain, audit_table
from identity.storage.database import Database, StorageFailed
from identity.storage.writer import MAX_GROUP, Transaction, Writer

METADATA = MetaData()
NUMBERS = Table("numbers", METADATA, Column("number", Integer, primary_key=True))
AUDIT = audit_table(METADATA)


class Refused(Exception):
    pass


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[tuple[Writer, Database, list[int]]]:
    with ExitStack() as stack:
        database = Database(f"sqlite:///{tmp_path / 'numbers.sqlite'}")
        stack.callback(database.close)
        METADATA.create_all(database.writer)
        commits: list[int] = []
        event.listen(database.writer, "commit", lambda _connection: commits.append(1))
        chain = AuditChain(AUDIT, lambda _purpose, data: data[-8:])
        one = Writer(database, chain, lambda: 5)
        stack.callback(one.close)
        commits.clear()
        yield one, database, commits


def put(number: int, *, then: Exception | None = None) -> Any:
    def job(tx: Transaction) -> int:
        tx.connection.execute(insert(NUMBERS), {"number": number})
        tx.note("test", "put", str(number))
        if then is not None:
            raise then
        return number

    return job


def stored(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(select(NUMBERS.c.number).order_by(NUMBERS.c.number)).scalars())


def test_jobs_that_wait_share_one_commit(writer: tuple[Writer, Database, list[int]]) -> None:
    one, database, commits = writer
    gate = threading.Event()

    async def many() -> list[int]:
        first = asyncio.ensure_future(one.run(lambda _tx: gate.wait(10)))
        await asyncio.sleep(0.05)
        rest = [asyncio.ensure_future(one.run(put(number))) for number in range(20)]
        await asyncio.sleep(0.05)
        gate.set()
        await first
        return await asyncio.gather(*rest)

    assert asyncio.run(many()) == list(range(20))
    assert len(commits) == 2
    assert stored(database) == list(range(20))


def test_a_job_that_raises_leaves_nothing_and_hurts_nobody(writer: tuple[Writer, Database, list[int]]) -> None:
    one, database, _ = writer
    gate = threading.Event()

    async def many() -> list[Any]:
        first = asyncio.ensure_future(one.run(lambda _tx: gate.wait(10)))
        await asyncio.sleep(0.05)
        rest = [asyncio.ensure_future(one.run(job)) for job in (put(1), put(2, then=Refused()), put(3))]
        await asyncio.sleep(0.05)
        gate.set()
        await first
        return await asyncio.gather(*rest, return_exceptions=True)

    results = asyncio.run(many())
    assert results[0] == 1
    assert isinstance(results[1], Refused)
    assert results[2] == 3
    assert stored(database) == [1, 3]
    with database.read() as connection:
        assert connection.execute(select(AUDIT.c.object)).scalars().all() == ["1", "3"]


def test_a_job_the_database_refuses_is_told_and_the_others_go_through(
    writer: tuple[Writer, Database, list[int]],
) -> None:
    one, database, _ = writer
    one.run_blocking(put(7))
    gate = threading.Event()

    async def many() -> list[Any]:
        first = asyncio.ensure_future(one.run(lambda _tx: gate.wait(10)))
        await asyncio.sleep(0.05)
        rest = [asyncio.ensure_future(one.run(job)) for job in (put(1), put(7), put(3))]
        await asyncio.sleep(0.05)
        gate.set()
        await first
        return await asyncio.gather(*rest, return_exceptions=True)

    results = asyncio.run(many())
    assert (results[0], results[2]) == (1, 3)
    assert isinstance(results[1], StorageFailed)
    assert stored(database) == [1, 3, 7]


def test_more_jobs_than_one_group_takes_are_all_done(writer: tuple[Writer, Database, list[int]]) -> None:
    one, database, _ = writer

    async def many() -> None:
        await asyncio.gather(*(one.run(put(number)) for number in range(3 * MAX_GROUP)))

    asyncio.run(many())
    assert len(stored(database)) == 3 * MAX_GROUP


def test_what_waits_when_the_writer_closes_is_still_written(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'numbers.sqlite'}")
    METADATA.create_all(database.writer)
    one = Writer(database, AuditChain(AUDIT, lambda _purpose, data: data[-8:]), lambda: 5)
    waiting = [threading.Thread(target=one.run_blocking, args=(put(number),)) for number in range(5)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    one.close()
    assert stored(database) == list(range(5))
    database.close()
