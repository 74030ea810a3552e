"""An oracle put together from its rooms. Everything it reaches for outside itself is given to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cryptography import x509
from sqlalchemy import Connection

from chains.accounts import Account
from chains.control import ManagedChain
from chains.evm.adapter import EvmChain
from identity.fetch.fetcher import Fetch
from identity.keystore.base import KeyStore
from identity.keystore.named import ServiceIdentity
from identity.oracle.api.investor import InvestorDesk
from identity.oracle.api.limits import StartLimits
from identity.oracle.deciding.jobs import Job, Jobs, Look
from identity.oracle.deciding.lease import Lease
from identity.oracle.deciding.providers import ScreeningProvider
from identity.oracle.deciding.reasons import for_investor
from identity.oracle.deciding.room import Deciding
from identity.oracle.deciding.triggers import Cause
from identity.oracle.people.accounts import AccountRules, Accounts
from identity.oracle.people.contracts import Asked, ContractAnswers, by_node
from identity.oracle.people.persons import People
from identity.oracle.policy.evaluate import Truth
from identity.oracle.policy.words import Hold
from identity.oracle.presenting.issuers import IssuerDocuments, KnownKeys
from identity.oracle.presenting.requests import Requests
from identity.oracle.presenting.sessions import Sessions
from identity.oracle.presenting.verifier import Verifier
from identity.oracle.publishing.pool import SignerPool
from identity.oracle.publishing.publisher import Publisher, PublisherRules
from identity.oracle.relationships import Relationships
from identity.oracle.source import OracleSource
from identity.oracle.tables import AUDIT
from identity.oracle.watching import ChainWatch
from identity.ports import Clock, Randomness
from identity.retention import DAY, FIVE_YEARS
from identity.storage.audit import AuditChain
from identity.storage.database import Database
from identity.storage.vault import Vault
from identity.storage.writer import Writer

REBALANCE_SECONDS = 300
"""How often parts of caps are moved one step towards where they are needed."""
RECONCILE_SECONDS = 900
"""How often what the chains say is compared with what the oracle thinks."""
ISSUERS_SECONDS = 60
"""How often the documents of trusted issuers are looked after; each is fetched when it is no longer fresh."""
WATCH_SECONDS = 2
"""How often final blocks are looked at."""
RELATIONSHIPS_SECONDS = 900
"""How often some of those whose evidence has run out are asked after on the chains: all of 5,000 within a day."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What an oracle reaches for outside itself.

    Attributes:
        chains: by domain, each over the node that decides nothing.
        accounts: by chain name, who hands batches in.
        fetch: the one fetcher for documents and lists.
        roots: authorities that may certify issuers' signing keys.
    """

    chains: Mapping[bytes, ManagedChain]
    accounts: Mapping[str, Account]
    signers: SignerPool
    fetch: Fetch
    roots: Sequence[x509.Certificate] = ()
    clock: Clock = field(kw_only=True)
    randomness: Randomness = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class OracleRules:
    """What one oracle decides for itself.

    Attributes:
        retention: seconds for which persons are kept after the relationship ended.
        return_addresses: where wallets may send their holders, beside the oracle's own page.
        open_requests, client_requests: how many requests strangers may have open, and one client may start in five minutes.
        clients_known: whether the address of a connection is that of who asks.
    """

    publisher: PublisherRules = field(default_factory=PublisherRules)
    accounts: AccountRules = field(default_factory=AccountRules)
    retention: int = FIVE_YEARS * DAY
    return_addresses: Sequence[str] = ()
    open_requests: int = 10_000
    client_requests: int = 60
    clients_known: bool = True


class Oracle:
    """One oracle. Owns its writer; database, key store and everything outside are given and stay the caller's."""

    def __init__(
        self,
        public_url: str,
        database: Database,
        keys: KeyStore,
        outside: Outside,
        rules: OracleRules,
        providers: Sequence[ScreeningProvider] = (),
    ) -> None:
        clock, randomness = outside.clock, outside.randomness
        self.database, self.clock = database, clock
        self.identity = ServiceIdentity(public_url, keys)
        self.audit = AuditChain(AUDIT, keys.mac)
        self.writer = Writer(database, self.audit, clock)
        self.people = People(Vault(keys, randomness), keys, randomness, retention=rules.retention)
        self.accounts = Accounts(self.identity.did, _caip2(outside.chains), randomness, rules.accounts)
        self.documents = IssuerDocuments(outside.fetch, clock)
        self.deciding = Deciding(
            database=database,
            writer=self.writer,
            keys=keys,
            randomness=randomness,
            clock=clock,
            people=self.people,
            issuer_keys=KnownKeys(self.documents, outside.roots, clock),
            fetch=outside.fetch,
            signer=self.identity.signer,
            did=self.identity.did,
            wake=self.wake,
            providers=providers,
        )
        self.requests = Requests(
            did=self.identity.did,
            public_url=public_url,
            keys=keys,
            signer=self.identity.signer,
            randomness=randomness,
            return_addresses=rules.return_addresses,
        )
        self.verifier = Verifier(
            database=database,
            writer=self.writer,
            clock=clock,
            requests=self.requests,
            people=self.people,
            accounts=self.accounts,
            policy_of=self.deciding.policies.active,
            documents=self.documents,
            keys=self.deciding.keys,
            lists=self.deciding.lists,
            bring_lists=self.deciding.refresher.ensure,
        )
        self.desk = InvestorDesk(
            database=database,
            writer=self.writer,
            clock=clock,
            identity=self.identity,
            requests=self.requests,
            verifier=self.verifier,
            sessions=Sessions(self.people, keys, randomness),
            people=self.people,
            accounts=self.accounts,
            policy_of=self.deciding.policies.active,
            limits=StartLimits(
                clock, client=rules.client_requests, total=rules.open_requests, clients_known=rules.clients_known
            ),
            standing_of=self._standing,
            wake=partial(self.deciding.triggers.fire, Cause.ENROLMENT),
            unlinked=partial(self.deciding.triggers.fire, Cause.UNBOUND),
            ended=partial(self.deciding.triggers.fire, Cause.ENDED),
            contracts=_contracts(outside.chains),
        )
        self._rules, self._signers = rules.publisher, outside.signers
        self._watch = ChainWatch(outside.chains, self.deciding.triggers.fire)
        self._relationships = Relationships(
            people=self.people,
            chains=outside.chains,
            database=database,
            clock=clock,
            ended=partial(self.deciding.triggers.fire, Cause.ENDED),
        )
        self.publisher = Publisher(
            chains=outside.chains,
            accounts=outside.accounts,
            signers=outside.signers,
            source=OracleSource(
                deciding=self.deciding.source,
                people=self.people,
                accounts=self.accounts,
                database=database,
                writer=self.writer,
                clock=clock,
            ),
            database=database,
            writer=self.writer,
            clock=clock,
            rules=rules.publisher,
        )

    def wake(self, urgent: bool) -> None:
        """Tells the publisher that words may have changed. From any thread."""
        self.publisher.wake(urgent)

    def begin(self) -> None:
        """Fetches issuers' keys and takes over what is stored. Blocks; before the first request is answered."""
        self.look_after_issuers()
        self.deciding.begin()

    async def run(self) -> None:
        """Publishes, and runs the jobs, until it is cancelled. Ends by itself only by what a person must look at."""
        jobs = self._jobs(asyncio.get_running_loop())
        jobs.start()
        try:
            await self.publisher.run()
        finally:
            await asyncio.to_thread(jobs.stop)
            await self._signers.close()

    def look_after_issuers(self) -> None:
        """Fetches the documents of the issuers that policies trust, where they are no longer fresh. Blocks."""
        now = self.clock()
        policies = self.deciding.policies
        with self.database.read() as connection:
            active = [policies.active(connection, asset, now) for asset in policies.assets(connection, now)]
        self.documents.ensure({did for one in active if one is not None for dids in one.trust.values() for did in dids})

    def close(self) -> None:
        """Finishes what is being written."""
        self.writer.close()

    def _jobs(self, loop: asyncio.AbstractEventLoop) -> Jobs:
        def of_publisher(work: Callable[[], Coroutine[Any, Any, object]]) -> Callable[[Lease], None]:
            """A round of the publisher's in its own loop, waited for in the job's thread."""
            return lambda _lease: _finish(asyncio.run_coroutine_threadsafe(work(), loop))

        return self.deciding.jobs(
            (
                Job("rebalance", REBALANCE_SECONDS, of_publisher(self.publisher.rebalance)),
                Job("reconcile", RECONCILE_SECONDS, of_publisher(self.publisher.reconcile)),
                Job("heartbeat", self._rules.heartbeat_seconds, of_publisher(self.publisher.heartbeat)),
                Job("relationships", RELATIONSHIPS_SECONDS, self._relationships.sweep),
            ),
            (
                Look("issuers", ISSUERS_SECONDS, self.look_after_issuers),
                Look("chains", WATCH_SECONDS, self._watch.look),
            ),
        )

    def _standing(self, connection: Connection, person_id: str, asset: bytes, now: int) -> Mapping[str, Any]:
        """Where an investor stands, in public codes: a hold of screening reads as a review, whatever else there is."""
        policy = self.deciding.policies.active(connection, asset, now)
        if policy is None:
            return {"eligible": False, "reasons": []}
        verdict = self.deciding.verdicts.under(connection, policy, person_id, now)
        hold = self.deciding.screening.hold_of(connection, person_id)
        told = for_investor(verdict, hold)
        return {
            "eligible": verdict.truth is Truth.TRUE and hold is Hold.NONE,
            "reasons": [{"code": one.code, "text": one.text, "cure": one.cure} for one in told],
        }


def _finish(round_: Future[object]) -> None:
    round_.result()


def _contracts(chains: Mapping[bytes, ManagedChain]) -> ContractAnswers:
    """Smart accounts of the EVM chains, asked at one node: signers ask again at theirs."""
    return ContractAnswers(
        [
            Asked(lambda one=chain: one.views().identity().caip2, by_node(chain))  # type: ignore[misc]
            for chain in chains.values()
            if isinstance(chain, EvmChain)
        ]
    )


def _caip2(chains: Mapping[bytes, ManagedChain]) -> dict[str, bytes]:
    return {chain.views().identity().caip2: domain for domain, chain in chains.items()}
