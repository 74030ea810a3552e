"""The oracle's jobs, run by APScheduler in every process and by one of them at a time.

Jobs stand in code under fixed ids, are never stored by the scheduler, never overlap (`max_instances=1`), and make up for
missed times once (`coalesce`). Before a run the process takes the job's lease; whatever the run writes goes through it.
The scheduler reckons by the wall clock: after one that was put back by an hour it would rest for that hour. So a thread
beside it brings forward whatever lies further ahead than one interval.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from identity.oracle.deciding.errors import LeaseLost
from identity.oracle.deciding.lease import Lease, Leases

THREADS = 8
GUARD_SECONDS = 5.0
"""How often it is looked whether the clock was put back."""
LEASE_ROUNDS, SHORTEST_LEASE, LONGEST_LEASE = 3, 15, 3_600
"""A lease outlives so many rounds of its job, within these seconds, before another process takes over."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job: its fixed id, seconds between runs, and what it does in a thread of the scheduler's."""

    id: str
    seconds: int
    run: Callable[[Lease], None]

    @property
    def lease_seconds(self) -> int:
        """How long a silent holder keeps the others waiting."""
        return min(LONGEST_LEASE, max(SHORTEST_LEASE, LEASE_ROUNDS * self.seconds))


@dataclass(frozen=True, slots=True)
class Look:
    """What every process does for itself, without a lease: it reads what others wrote, and writes nothing."""

    id: str
    seconds: int
    run: Callable[[], None]


class Jobs:
    """The jobs of one process."""

    def __init__(self, leases: Leases, jobs: Sequence[Job], looks: Sequence[Look] = ()) -> None:
        self._leases, self._jobs, self._looks = leases, {job.id: job for job in jobs}, {look.id: look for look in looks}
        self._held: dict[str, Lease] = {}
        if len(self._jobs | self._looks) != len(jobs) + len(looks):
            raise ValueError("two jobs have one id")
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._ended = threading.Event()
        self._guard = threading.Thread(target=self._watch_clock, name="jobs-clock", daemon=True)
        for job in jobs:
            self._scheduler.add_job(
                self.run, "interval", (job.id,), id=job.id, seconds=job.seconds, replace_existing=True
            )
        for look in looks:
            self._scheduler.add_job(
                self.look, "interval", (look.id,), id=look.id, seconds=look.seconds, replace_existing=True
            )

    @property
    def ids(self) -> tuple[str, ...]:
        """The fixed ids, in their order."""
        return (*self._jobs, *self._looks)

    def start(self) -> None:
        """Begins; the first run of each job comes one interval from now."""
        self._scheduler.start()
        self._guard.start()

    def stop(self) -> None:
        """Ends after the runs that are under way, and lets other processes take over at once."""
        self._ended.set()
        self._guard.join()
        self._scheduler.shutdown(wait=True)
        for lease in self._held.values():
            self._leases.give_back(lease)

    def bring_forward(self) -> None:
        """Lets no job wait for longer than its interval, whatever the clock was when its next run was set."""
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            latest = now + job.trigger.interval
            if job.next_run_time is not None and job.next_run_time > latest:
                self._scheduler.modify_job(job.id, next_run_time=latest)

    def _watch_clock(self) -> None:
        while not self._ended.wait(GUARD_SECONDS):
            _told("clock", self.bring_forward)

    def run(self, job_id: str) -> bool:
        """Runs a job now if this process gets its lease; whether it ran to its end. A failure is told, not raised."""
        job = self._jobs[job_id]
        return _told(job_id, partial(self._leased, job))

    def _leased(self, job: Job) -> bool:
        lease = self._leases.take(job.id, job.lease_seconds)
        if lease is None:
            self._held.pop(job.id, None)
            return False
        self._held[job.id] = lease
        job.run(lease)
        return True

    def look(self, look_id: str) -> None:
        """Does one of the things that every process does. A failure is told, not raised."""
        _told(look_id, self._looks[look_id].run)


def _told(job_id: str, work: Callable[[], object]) -> bool:
    """Whether the work came to its end and did something. What goes wrong is told by its kind: its text may hold data."""
    try:
        return work() is not False
    except LeaseLost as error:
        structlog.get_logger("jobs").warning("lease lost", action="job.lease_lost", job=job_id, token=error.token)
    except Exception as error:  # noqa: BLE001 - the edge of the thread: the scheduler would print what it held
        frames = traceback.extract_tb(error.__traceback__)[-5:]
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        kind = type(error).__name__
        structlog.get_logger("jobs").error("job failed", action="job.fail", job=job_id, kind=kind, places=places)
    return False
