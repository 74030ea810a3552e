"""Several processes of one oracle on one database: what one decides the others find, and nothing is done twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from identity.oracle.deciding.errors import LeaseLost, TwoPersonsNeeded
from identity.oracle.deciding.jobs import Job, Jobs
from identity.oracle.deciding.lease import Lease
from identity.oracle.deciding.policies import Proposal
from identity.oracle.deciding.screening import HitState, NewHit
from identity.oracle.deciding.tables import CLASS_MEMBERS, CLASSES
from identity.oracle.tables import METADATA
from identity.refusals import WrongState
from identity.storage.database import Database
from tests.integration.identity.postgresql import postgresql
from tests.unit.identity.oracle.deciding.room import LIST, NOW, Room

ROUNDS = 8


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('shared') / 'oracle.sqlite'}"
        return
    with postgresql() as made:
        yield made


@pytest.fixture
def processes(address: str, tmp_path: Path) -> Iterator[tuple[Room, Room]]:
    """Two processes: each with its own connections, writer, memory and clock, and the same keys."""
    with ExitStack() as stack:
        empty = Database(address)
        METADATA.drop_all(empty.writer)
        empty.close()
        one = Room(tmp_path, stack, address=address)
        other = Room(tmp_path, stack, address=address, keys=one.keys, like=one)
        yield one, other


def at_once(*works: Any) -> list[Any]:
    """All of them at the same time; what each came to, errors included."""
    ready = threading.Barrier(len(works))

    def one(work: Any) -> Any:
        ready.wait(30)
        try:
            return work()
        except (WrongState, TwoPersonsNeeded, LeaseLost) as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(one, work) for work in works]]


def test_one_of_two_processes_gets_a_free_lease(processes: tuple[Room, Room]) -> None:
    for number in range(ROUNDS):
        job = f"job-{number}"
        got = at_once(*(lambda room=room, job=job: room.deciding.leases.take(job, 60) for room in processes))
        assert sorted(lease is None for lease in got) == [False, True]


def test_a_run_that_was_overtaken_writes_nothing(processes: tuple[Room, Room]) -> None:
    one, other = processes
    stale = one.deciding.leases.take("sweep", 10)
    other.now += 10
    fresh = other.deciding.leases.take("sweep", 10)
    assert stale is not None
    assert fresh is not None
    with pytest.raises(LeaseLost):
        stale.write(lambda tx: tx.note("job", "job.wrote", "stale"))
    fresh.write(lambda tx: tx.note("job", "job.wrote", "fresh"))
    assert one.notes("job.wrote") == [("job", "fresh")]


def test_a_takeover_waits_for_the_write_that_is_under_way(processes: tuple[Room, Room]) -> None:
    one, other = processes
    lease = one.deciding.leases.take("sweep", 10)
    other.now += 10
    inside, taken = threading.Event(), []

    def write(tx: Any) -> None:
        inside.set()
        threading.Event().wait(0.5)
        assert not taken
        tx.note("job", "job.wrote", "whole")

    def take() -> None:
        assert inside.wait(30)
        taken.append(other.deciding.leases.take("sweep", 10))

    assert lease is not None
    at_once(lambda: lease.write(write), take)
    assert taken[0] is not None
    assert one.notes("job.wrote") == [("job", "whole")]


def test_two_schedulers_run_a_job_in_one_process_at_a_time(processes: tuple[Room, Room]) -> None:
    ran: list[str] = []
    enough = threading.Event()

    def run(lease: Lease) -> None:
        ran.append(lease.holder)
        lease.write(lambda tx: tx.note("job", "job.wrote", "it"))
        if len(ran) >= 3:
            enough.set()

    both = [Jobs(room.deciding.leases, [Job("sweep", 1, run)]) for room in processes]
    for jobs in both:
        jobs.start()
    try:
        assert enough.wait(60)
        holders = set(ran)
    finally:
        for jobs in both:
            jobs.stop()
    assert len(holders) == 1


def test_a_job_is_taken_over_when_its_process_falls_silent(processes: tuple[Room, Room]) -> None:
    one, other = processes
    ran: list[str] = []
    first, second = (
        Jobs(room.deciding.leases, [Job("sweep", 5, lambda lease: ran.append(lease.holder))]) for room in (one, other)
    )
    assert first.run("sweep")
    other.now += 14
    assert not second.run("sweep")
    other.now += 1
    assert second.run("sweep")
    assert len(set(ran)) == 2


def test_of_three_officers_at_once_two_decide_and_one_is_told(processes: tuple[Room, Room]) -> None:
    one, other = processes
    person, _ = one.enrol(1)
    for number in range(ROUNDS):
        new = NewHit(person, "bureau", str(number), {"list": "EU"})
        hit = one.writer.run_blocking(lambda tx, new=new: one.deciding.screening.open(tx, "provider:bureau", new))

        def judge(room: Room, officer: str, hit: str = str(hit)) -> Any:
            return room.writer.run_blocking(
                lambda tx: room.deciding.screening.judge(tx, officer, hit, HitState.CONFIRMED)
            )

        done = at_once(
            lambda: judge(one, "ola"),
            lambda: judge(other, "oscar"),
            lambda: judge(other, "olga"),
        )
        assert done.count(HitState.CONFIRMED) == 1
        assert done.count(HitState.SUSPECTED) == 1


def test_one_officer_in_two_windows_decides_nothing(processes: tuple[Room, Room]) -> None:
    one = processes[0]
    person, _ = one.enrol(1)
    for number in range(ROUNDS):
        new = NewHit(person, "bureau", str(number), {"list": "EU"})
        hit = one.writer.run_blocking(lambda tx, new=new: one.deciding.screening.open(tx, "provider:bureau", new))
        done = at_once(
            *(
                lambda room=room, hit=hit: room.writer.run_blocking(
                    lambda tx: room.deciding.screening.judge(tx, "ola", str(hit), HitState.CLEARED)
                )
                for room in processes
            )
        )
        assert done.count(HitState.SUSPECTED) == 1
        assert HitState.CLEARED not in done


def test_a_policy_is_approved_once(processes: tuple[Room, Room]) -> None:
    one, other = processes
    import json

    from tests.unit.identity.oracle.deciding.room import policy_document

    for version in range(1, ROUNDS):
        document = json.dumps(policy_document(version)).encode()
        made: Proposal = one.writer.run_blocking(
            lambda tx, document=document: one.deciding.policies.propose(tx, "pia", document)
        )
        done = at_once(
            lambda made=made: one.writer.run_blocking(lambda tx: one.deciding.policies.approve(tx, "paul", made)),
            lambda made=made: other.writer.run_blocking(
                lambda tx: other.deciding.policies.withdraw(tx, "petra", made.asset, made.version)
            ),
        )
        assert sum(isinstance(result, WrongState) for result in done) == 1


def test_both_give_an_investor_the_same_class(processes: tuple[Room, Room]) -> None:
    one, other = processes
    one.adopt()
    for number in range(20):
        one.enrol(number)
    for room in processes:
        room.deciding.lists.take(one.issuer.list({}, NOW), LIST, NOW)
    first, second = at_once(one.words, other.words)
    assert first == second
    with one.database.read() as connection:
        drawn = connection.execute(select(CLASSES.c.number)).scalars().all()
        members = connection.execute(select(CLASS_MEMBERS.c.investor)).scalars().all()
    assert len(drawn) == 3
    assert len(members) == 20
    assert {word.class_ for word in first.values()} <= set(drawn)


def test_of_two_lists_the_newer_one_is_stored_whoever_comes_last(processes: tuple[Room, Room]) -> None:
    import asyncio

    one, other = processes
    one.enrol(3)
    for number in range(ROUNDS):
        at = NOW + 2 * number
        one.now = other.now = at + 1
        messages = [
            one.issuer.push(one.issuer.list({3: status}, at + status), at + status, jti=f"{number}-{status}")
            for status in (0, 1)
        ]
        at_once(
            lambda text=messages[0]: asyncio.run(one.deciding.pushes.take(text.encode())),
            lambda text=messages[1]: asyncio.run(other.deciding.pushes.take(text.encode())),
        )
        started = one.another()
        started.begin()
        held = started.lists.held(LIST, one.issuer.did)
        assert held is not None
        assert held.list.issued_at == at + 1
