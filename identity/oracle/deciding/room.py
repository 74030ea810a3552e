"""Deciding put together from its parts. Everything it reaches for outside itself is given to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from identity.fetch.fetcher import Fetch
from identity.formats.base import IssuerKeys
from identity.formats.jws import SigningKey
from identity.formats.strict import encode_base64url
from identity.keystore.base import KeyStore
from identity.oracle.deciding.classbook import ClassBook
from identity.oracle.deciding.decisions import Decisions
from identity.oracle.deciding.erasure import Erasure
from identity.oracle.deciding.jobs import Job, Jobs, Look
from identity.oracle.deciding.lease import Lease, Leases
from identity.oracle.deciding.policies import Policies
from identity.oracle.deciding.ports import PersonRecords
from identity.oracle.deciding.providers import ScreeningProvider
from identity.oracle.deciding.roles import Role
from identity.oracle.deciding.screening import Screening
from identity.oracle.deciding.source import DecidingSource
from identity.oracle.deciding.tables import STAFF
from identity.oracle.deciding.triggers import Cause, Triggers, Wake
from identity.oracle.deciding.trust import GuardedKeys, Trust
from identity.oracle.deciding.verdicts import Verdicts
from identity.oracle.deciding.words import Words
from identity.oracle.status.lists import Lists
from identity.oracle.status.pushes import Pushes
from identity.oracle.status.refresh import ROUND, Refresher
from identity.ports import Clock, Randomness
from identity.storage.database import Database
from identity.storage.staff import StaffList
from identity.storage.writer import Writer

SWEEP, REFRESH, RENEWAL, RETENTION, LOOK = 5, ROUND, 600, 86_400, 1
"""Seconds between rounds. A refresh round fetches only what is due: no list more than once in five seconds."""


class Deciding:
    """The room. Owns nothing that must be closed but the jobs, once they were started."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        keys: KeyStore,
        randomness: Randomness,
        clock: Clock,
        people: PersonRecords,
        issuer_keys: IssuerKeys,
        fetch: Fetch,
        signer: Callable[[], SigningKey],
        did: str,
        wake: Wake,
        providers: Sequence[ScreeningProvider] = (),
    ) -> None:
        """`signer` signs decisions under a key of `did`; `issuer_keys` finds the keys of issuers that are trusted."""
        self.database, self.writer, self.clock, self.people = database, writer, clock, people
        self.keys = GuardedKeys(issuer_keys)
        self.lists = Lists(self.keys)
        self.policies, self.trust = Policies(), Trust()
        self.verdicts = Verdicts(people, self.lists, self.policies, self.trust)
        self.screening = Screening(people, randomness)
        self.classes = ClassBook(randomness)
        self.erasure = Erasure(people, self.screening)
        self.staff = StaffList[Role](STAFF, keys, randomness)
        self.providers = {provider.name: provider for provider in providers}
        self.triggers = Triggers(wake)
        self.lists.on_change(self.triggers.on_status)
        self.words = Words(
            database=database,
            writer=writer,
            clock=clock,
            people=people,
            policies=self.policies,
            verdicts=self.verdicts,
            screening=self.screening,
            classes=self.classes,
        )
        self.source = DecidingSource(
            database=database,
            clock=clock,
            people=people,
            policies=self.policies,
            words=self.words,
            classes=self.classes,
            lists=self.lists,
        )
        self.decisions = Decisions(
            database=database,
            writer=writer,
            clock=clock,
            randomness=randomness,
            keys=keys,
            issuer=did,
            signer=signer,
            people=people,
            policies=self.policies,
            verdicts=self.verdicts,
            screening=self.screening,
        )
        self.refresher = Refresher(
            lists=self.lists, fetch=fetch, database=database, writer=writer, clock=clock, relied=people.relied_lists
        )
        self.pushes = Pushes(
            lists=self.lists, keys=self.keys, database=database, writer=writer, clock=clock, relied=people.relied_lists
        )
        self.leases = Leases(writer, encode_base64url(randomness(16)))
        self._swept = clock()
        self._silent: set[tuple[tuple[str, str], int]] = set()

    def begin(self) -> None:
        """Takes over what is stored. Before the first request is answered, and again whenever others may have written."""
        self._load_keys()
        with self.database.read() as connection:
            self.lists.load(connection, self.clock())

    def jobs(self, hooks: Sequence[Job] = (), looks: Sequence[Look] = ()) -> Jobs:
        """The jobs of this process, with those of other rooms (re-balancing, heartbeat, reconciliation; issuers' keys)."""
        own = (
            Job("sweep", SWEEP, self.sweep),
            Job("status", REFRESH, self.refresh),
            Job("renewal", RENEWAL, self.renew),
            Job("retention", RETENTION, self.retire),
        )
        return Jobs(self.leases, [*own, *hooks], [Look("look", LOOK, self.begin), *looks])

    def sweep(self, _lease: Lease) -> None:
        """What time alone changes: evidence that ends, lists that grow too old, grace that is over, policies in force."""
        after, now = self._swept, self.clock()
        with self.database.read() as connection:
            ended = self.words.lapsing(connection, after, now)
            overdue = self.words.overdue(connection, now)
            policies = self.policies.came_into_force(connection, after, now)
            active = [self.policies.active(connection, one, now) for one in self.policies.assets(connection, now)]
        self._swept = now
        # The grace of a policy runs from the second at which somebody looked and did not know; and of a list that is there
        # again, unchanged, nobody tells.
        silent = {
            (address, age)
            for age in {one.max_status_age for one in active if one is not None}
            for address in self.lists.silent(now, age)
        }
        fell, back = silent - self._silent, self._silent - silent
        self._silent = silent
        for found, cause in (
            (ended, Cause.EXPIRY),
            (fell, Cause.UNREACHABLE),
            (back, Cause.REACHABLE),
            (overdue, Cause.GRACE_OVER),
            (policies, Cause.POLICY),
        ):
            if found:
                self.triggers.fire(cause)

    def refresh(self, lease: Lease) -> None:
        """Fetches the lists that are due."""
        self.refresher.run(lease.write)

    def renew(self, _lease: Lease) -> None:
        """Wakes the publisher when words could reach further: a new point of a grid lies within 35 days."""
        with self.database.read() as connection:
            found = self.words.renewable(connection, self.clock())
        if found:
            self.triggers.fire(Cause.RENEWAL)

    def retire(self, lease: Lease) -> None:
        """Erases what nobody needs and nobody may keep."""
        if lease.write(self.erasure.sweep):
            self.triggers.fire(Cause.ERASURE)
            self.database.scrub()

    def distrusted(self, *, compromised: bool) -> None:
        """After a distrust is stored: takes it over, wakes."""
        self._load_keys()
        self.triggers.fire(Cause.KEY if compromised else Cause.ISSUER)

    def trusted(self) -> None:
        """After trust was given back: takes it over, wakes."""
        self._load_keys()
        self.triggers.fire(Cause.TRUST_BACK)

    def _load_keys(self) -> None:
        with self.database.read() as connection:
            compromised = self.keys.load(connection)
        # Any of their lists may have been signed by whoever has the key: they must come again under another one.
        for issuer in compromised:
            self.lists.drop(issuer)
