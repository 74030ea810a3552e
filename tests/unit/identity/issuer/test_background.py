"""Pushes go on: whoever hangs holds up nobody else, and a round that fails is followed by the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from identity.formats.jws import parse_jws
from identity.formats.status_list import Status
from identity.issuer.background import work
from identity.issuer.outbox import GROUP
from identity.issuer.staff import Role
from identity.issuer.tables import CREDENTIALS, OUTBOX
from identity.storage.database import StorageFailed
from tests.unit.identity.issuer.house import House

HANGS, WELL = "https://hangs.example/status", "https://well.example/status"


@pytest.fixture
def house(tmp_path: Path) -> Any:
    with ExitStack() as stack:
        yield House(tmp_path, stack, subscribers=(HANGS, WELL))


def change(house: House, times: int) -> None:
    """So many status changes of one credential."""
    case, subject = house.approved()
    house.credential(case)
    with house.database.read() as connection:
        credential = connection.execute(select(CREDENTIALS.c.id).where(CREDENTIALS.c.subject_id == subject)).scalar()
    for turn in range(times):
        word = "reinstate" if turn % 2 else "suspend"
        assert house.staff(Role.OFFICER, f"/credentials/{credential}/{word}").status_code == 200


def run(house: House, post: Callable[[str, str], Awaitable[bool]], until: Callable[[], Awaitable[object]]) -> None:
    """Works until what is waited for has come."""

    async def both() -> None:
        task = asyncio.ensure_future(work(house.issuer, post))
        try:
            await asyncio.wait_for(until(), 20)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    asyncio.run(both())


def test_a_subscriber_that_hangs_on_a_backlog_holds_up_nobody_else(house: House) -> None:
    """Each of its messages ran into the time limit one after another, and the next round of all waited for that: with 32 of
    them every oracle heard of a revocation minutes late.
    """
    change(house, GROUP + 2)
    taken: list[str] = []
    backlog_taken, all_taken = asyncio.Event(), asyncio.Event()

    async def post(address: str, message: str) -> bool:
        if address == HANGS:
            await asyncio.Event().wait()
        taken.append(message)
        if len(taken) == GROUP + 2:
            backlog_taken.set()
        if len(taken) == GROUP + 3:
            all_taken.set()
        return True

    async def until() -> None:
        await backlog_taken.wait()
        # One more, committed while the other hangs.
        with house.database.read() as connection:
            row = connection.execute(select(CREDENTIALS)).first()
        assert row is not None
        await house.issuer.writer.run(lambda job: house.issuer.statuses.change(job, "test", row.id, Status.INVALID))
        house.issuer.changed.set()
        await all_taken.wait()

    run(house, post, until)
    newest = parse_jws(taken[-1], types=("lockstep-status+jwt",)).payload
    assert newest["changes"][0]["status"] == 1


def test_a_subscriber_that_takes_nothing_is_asked_once_a_round(house: House) -> None:
    change(house, 5)
    asked: list[str] = []
    well = asyncio.Event()

    async def post(address: str, _message: str) -> bool:
        asked.append(address)
        if asked.count(WELL) == 5:
            well.set()
        return address == WELL

    run(house, post, well.wait)
    assert asked.count(HANGS) <= 2
    with house.database.read() as connection:
        rows = connection.execute(select(OUTBOX).where(OUTBOX.c.subscriber == HANGS)).all()
    assert [row.delivered_at for row in rows] == [None] * 5


def test_pushes_outlive_a_database_that_fails_for_a_moment(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the driver was none of ours, so it ended the task: nobody was pushed anything until the next start."""
    change(house, 1)
    heard = asyncio.Event()
    failures = iter([OperationalError("SELECT", {}, Exception("Vorpalblade")), StorageFailed("x"), RuntimeError("x")])
    read = house.database.read

    def failing() -> Any:
        error = next(failures, None)
        if error is not None:
            raise error
        return read()

    async def post(address: str, _message: str) -> bool:
        if address == WELL:
            heard.set()
        return True

    monkeypatch.setattr(house.database, "read", failing)
    run(house, post, heard.wait)


def test_an_error_of_the_driver_while_reading_is_told_as_ours_and_without_its_text(house: House) -> None:
    with pytest.raises(StorageFailed) as refused, house.database.read() as connection:
        connection.exec_driver_sql("SELECT 'Vorpalblade' FROM nowhere")
    assert "Vorpalblade" not in str(refused.value)


def test_a_wallet_is_told_to_come_again_when_the_database_gives_nothing(house: House) -> None:
    """A list that couldn't be read was a fault of the server; it is a matter of a moment."""
    change(house, 1)
    with house.database.read() as connection:
        status = connection.execute(select(CREDENTIALS.c.list_id)).scalar_one()
    with house.database.writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE status_lists RENAME TO moved")
    assert house.ask("GET", f"/status/{status}").status_code == 503
