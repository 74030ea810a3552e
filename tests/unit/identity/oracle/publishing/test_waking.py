"""When a chain's loop has its turn: what takes away at once, what gives on the rhythm that is everybody's."""

from __future__ import annotations

import asyncio

import pytest

from identity.oracle.publishing.waking import Waker

BEAT, IDLE = 15, 3_600.0


@pytest.mark.parametrize("second", [0, 7, 13])
def test_what_gives_waits_for_the_next_point_of_the_rhythm(second: int) -> None:
    """A grant that went out at once would tell the second in which somebody presented his papers."""

    async def act() -> None:
        waker = Waker(lambda: 1_800_000_000 + second, BEAT, IDLE)
        waker.wake(False)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(waker.wait(), 0.2)

    asyncio.run(act())


def test_it_goes_at_that_point_and_gives() -> None:
    async def act() -> None:
        waker = Waker(lambda: 1_800_000_000 + BEAT - 1, BEAT, IDLE)
        waker.wake(False)
        before = asyncio.get_running_loop().time()
        assert await asyncio.wait_for(waker.wait(), 5) is False
        assert asyncio.get_running_loop().time() - before >= 0.9

    asyncio.run(act())


def test_what_takes_away_goes_at_once_and_gives_nothing_on_its_way() -> None:
    async def act() -> None:
        waker = Waker(lambda: 1_800_000_000 + 1, BEAT, IDLE)
        waker.wake(False)
        waker.wake(True)
        assert await asyncio.wait_for(waker.wait(), 1) is True
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(waker.wait(), 0.2)

    asyncio.run(act())


def test_while_nothing_changes_it_looks_at_the_heartbeat_and_gives_nothing() -> None:
    async def act() -> None:
        waker = Waker(lambda: 1_800_000_000, BEAT, 0.05)
        assert await asyncio.wait_for(waker.wait(), 5) is True

    asyncio.run(act())
