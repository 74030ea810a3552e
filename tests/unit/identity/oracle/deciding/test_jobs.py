"""Each job runs in one process at a time, and one that lost its lease writes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from identity.oracle.deciding.errors import LeaseLost
from identity.oracle.deciding.jobs import Job, Jobs, Look
from identity.oracle.deciding.lease import Lease, Leases
from identity.oracle.deciding.tables import LEASES
from identity.storage.writer import Transaction, Writer
from tests.unit.identity.oracle.deciding.room import NOW, Room


@contextmanager
def process(room: Room, name: str) -> Iterator[Leases]:
    """Another process: a writer of its own on the same database."""
    writer = Writer(room.database, room.audit, room.clock)
    try:
        yield Leases(writer, name)
    finally:
        writer.close()


@pytest.fixture
def two(room: Room) -> Iterator[tuple[Room, Leases, Leases]]:
    with ExitStack() as stack:
        yield room, stack.enter_context(process(room, "one")), stack.enter_context(process(room, "two"))


def note(tx: Transaction) -> None:
    tx.note("job", "job.wrote", "it")


def test_one_process_holds_a_lease_and_the_other_waits_for_its_end(two: tuple[Room, Leases, Leases]) -> None:
    room, one, other = two
    assert one.take("sweep", 10) is not None
    room.now += 9
    assert other.take("sweep", 10) is None
    room.now += 1
    taken = other.take("sweep", 10)
    assert taken is not None
    assert one.take("sweep", 10) is None


def test_leases_of_two_jobs_are_apart(two: tuple[Room, Leases, Leases]) -> None:
    _, one, other = two
    assert one.take("sweep", 10) is not None
    assert other.take("renewal", 10) is not None


def test_who_was_away_too_long_writes_nothing_however_sure_he_is(two: tuple[Room, Leases, Leases]) -> None:
    room, one, other = two
    stale = one.take("sweep", 10)
    room.now += 10
    fresh = other.take("sweep", 10)
    assert stale is not None
    assert fresh is not None
    with pytest.raises(LeaseLost):
        stale.write(note)
    fresh.write(note)
    assert room.notes("job.wrote") == [("job", "it")]
    assert fresh.token > stale.token


def test_an_expired_lease_that_nobody_took_still_writes(two: tuple[Room, Leases, Leases]) -> None:
    room, one, _ = two
    lease = one.take("sweep", 10)
    room.now += 100
    assert lease is not None
    lease.write(note)
    assert len(room.notes("job.wrote")) == 1


def test_a_clock_that_goes_back_stops_no_job_and_lets_nobody_write_twice(two: tuple[Room, Leases, Leases]) -> None:
    """A lease that ended an hour from now, of a process that was gone, kept status lists from being fetched for that hour."""
    room, one, other = two
    room.now += 3_600
    stale = other.take("sweep", 10)
    room.now -= 3_600
    fresh = one.take("sweep", 10)
    assert stale is not None
    assert fresh is not None
    with pytest.raises(LeaseLost):
        stale.write(note)
    fresh.write(note)
    assert other.take("sweep", 10) is None
    room.now -= 1
    assert other.take("sweep", 10) is not None


def test_a_new_run_of_the_same_process_ends_the_one_before(two: tuple[Room, Leases, Leases]) -> None:
    _, one, _ = two
    before, after = one.take("sweep", 10), one.take("sweep", 10)
    assert before is not None
    assert after is not None
    with pytest.raises(LeaseLost):
        before.write(note)
    after.write(note)


def test_a_lease_given_back_is_free_at_once_and_one_lost_is_left_alone(two: tuple[Room, Leases, Leases]) -> None:
    room, one, other = two
    first = one.take("sweep", 1_000)
    assert first is not None
    one.give_back(first)
    second = other.take("sweep", 1_000)
    assert second is not None
    one.give_back(first)
    assert one.take("sweep", 1_000) is None
    second.write(note)
    assert room.notes("job.wrote") == [("job", "it")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(["take", "write", "wait"])), max_size=14))
def test_in_any_course_only_the_newest_lease_writes(
    two: tuple[Room, Leases, Leases], steps: list[tuple[int, str]]
) -> None:
    room, *processes = two
    room.now += 1_000
    held: list[Lease | None] = [None, None]
    newest = 0
    for who, what in steps:
        if what == "wait":
            room.now += 5
        elif what == "take":
            taken = processes[who].take("sweep", 10)
            if taken is not None:
                assert taken.token > newest
                held[who], newest = taken, taken.token
        elif (lease := held[who]) is not None:
            if lease.token == newest:
                lease.write(lambda _tx: None)
            else:
                with pytest.raises(LeaseLost):
                    lease.write(lambda _tx: None)


def test_two_schedulers_on_one_database_run_a_job_in_one_of_them(two: tuple[Room, Leases, Leases]) -> None:
    _, *processes = two
    ran: list[str] = []
    enough = threading.Event()

    def run(lease: Lease) -> None:
        ran.append(lease.holder)
        lease.write(note)
        if len(ran) >= 3:
            enough.set()

    both = [Jobs(leases, [Job("sweep", 1, run)]) for leases in processes]
    for jobs in both:
        jobs.start()
    try:
        assert enough.wait(60)
        holders = set(ran)
    finally:
        for jobs in both:
            jobs.stop()
    assert len(holders) == 1


def test_the_other_scheduler_takes_over_when_the_first_one_ends(two: tuple[Room, Leases, Leases]) -> None:
    _, *processes = two
    ran: list[str] = []
    first, second = (
        Jobs(leases, [Job("sweep", 3_600, lambda lease: ran.append(lease.holder))]) for leases in processes
    )
    first.start()
    assert first.run("sweep")
    assert not second.run("sweep")
    first.stop()
    assert second.run("sweep")
    assert ran == ["one", "two"]


def test_a_job_that_fails_is_told_by_its_kind_only_and_runs_again(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_lease: Lease) -> None:
        raise ValueError("Ada Lovelace")

    jobs = Jobs(room.deciding.leases, [Job("sweep", 5, fail)], [Look("look", 5, lambda: fail(None))])  # type: ignore[arg-type]
    assert not jobs.run("sweep")
    jobs.look("look")
    told = capsys.readouterr()
    assert told.out.count("job.fail") == 2
    assert "ValueError" in told.out
    assert "Ada" not in told.out + told.err


def test_a_run_that_loses_its_lease_half_way_leaves_nothing_of_its_later_writes(room: Room) -> None:
    def run(lease: Lease) -> None:
        lease.write(note)
        with room.database.writer.begin() as connection:
            connection.execute(update(LEASES).values(token=LEASES.c.token + 1, holder="another"))
        lease.write(note)

    assert not Jobs(room.deciding.leases, [Job("sweep", 5, run)]).run("sweep")
    assert len(room.notes("job.wrote")) == 1


def test_the_oracles_jobs_have_fixed_ids_and_two_may_not_share_one(room: Room) -> None:
    hook = Job("heartbeat", 60, lambda _lease: None)
    assert room.deciding.jobs([hook]).ids == ("sweep", "status", "renewal", "retention", "heartbeat", "look")
    with pytest.raises(ValueError, match="one id"):
        room.deciding.jobs([Job("sweep", 5, lambda _lease: None)])


def test_a_clock_that_was_put_back_makes_no_job_wait_for_it(room: Room) -> None:
    """The next run stood an hour ahead, and for that hour no list was fetched."""
    ran = threading.Event()
    jobs = Jobs(room.deciding.leases, [Job("status", 1, lambda _lease: ran.set())])
    jobs.start()
    try:
        later = datetime.now(UTC) + timedelta(hours=1)
        jobs._scheduler.modify_job("status", next_run_time=later)
        ran.clear()
        jobs.bring_forward()
        assert ran.wait(5)
        (job,) = jobs._scheduler.get_jobs()
        assert job.next_run_time < later
    finally:
        jobs.stop()


def test_every_job_makes_up_for_missed_times_once_and_never_overlaps_itself(room: Room) -> None:
    jobs = room.deciding.jobs([Job("heartbeat", 60, lambda _lease: None)])
    jobs.start()
    try:
        scheduled = jobs._scheduler.get_jobs()
    finally:
        jobs.stop()
    assert {job.id for job in scheduled} == set(jobs.ids)
    assert {(job.coalesce, job.max_instances) for job in scheduled} == {(True, 1)}
    assert {type(store).__name__ for store in jobs._scheduler._jobstores.values()} <= {"MemoryJobStore"}


def test_what_was_fetched_by_a_run_that_lost_its_lease_is_not_stored(room: Room) -> None:
    room.enrol(1)
    uri = "https://issuer.example/status/one"
    room.web.pages[uri] = room.issuer.list({}, room.now)
    stale = room.deciding.leases.take("status", 10)
    room.deciding.leases.take("status", 10)
    assert stale is not None
    with pytest.raises(LeaseLost):
        room.deciding.refresh(stale)
    started: Any = room.another()
    started.begin()
    assert started.lists.held(uri, room.issuer.did) is None


def test_retention_erases_whose_time_is_over_but_nobody_whom_screening_holds(room: Room) -> None:
    from identity.oracle.deciding.screening import NewHit

    ana, ana_investor = room.enrol(1)
    bob, bob_investor = room.enrol(2)
    for person in (ana, bob):
        room.writer.run_blocking(lambda tx, person=person: room.people.end(tx, "petra", person))  # type: ignore[misc]
    hit = NewHit(bob, "bureau", "1", {"list": "EU"})
    room.writer.run_blocking(lambda tx: room.deciding.screening.open(tx, "provider:bureau", hit))
    jobs = room.deciding.jobs()
    room.now += 5 * 365 * 86_400
    jobs.run("retention")
    assert room.woken == []
    room.now += 2 * 86_400
    jobs.run("retention")
    assert room.woken == [True]
    order = room.order(ana_investor, bob_investor)
    with room.database.read() as connection:
        assert room.people.person_of(connection, order.asset, ana_investor) is None
        assert room.people.person_of(connection, order.asset, bob_investor) == bob
        rows = connection.execute(select(LEASES.c.job, LEASES.c.expires_at)).all()
    assert [row.job for row in rows] == ["retention"]
    assert rows[0].expires_at > NOW
