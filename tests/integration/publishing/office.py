"""A whole oracle in this process over chains that stand still, with everything random drawn from one seed.

Signers are processes of their own; investors come by the protocols, with their wallets; the issuer is the tests' own.
The clock of all is the chains': it moves when a block is made.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import ssl
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from bridge.eligibility import EligibilityWord
from bridge.types import OracleBatch
from identity.fetch.addresses import FetchPolicy
from identity.fetch.fetcher import Fetcher
from identity.formats.did import did_web
from identity.keystore.file import FileKeyStore
from identity.oracle.api.app import create_app
from identity.oracle.api.machine import machine_router
from identity.oracle.database import open_database
from identity.oracle.policy.document import DOCUMENT_NAME, Policy, parse_policy
from identity.oracle.publishing.pool import SignerPool
from identity.oracle.publishing.publisher import PublisherRules
from identity.oracle.service import Oracle, OracleRules, Outside
from identity.tls.development import DevelopmentAuthority
from identity.wallet.investing import InvestorSession, OracleClient
from identity.wallet.presenting import Presenter
from identity.wallet.store import Held
from lockstep_cli.local.cast import evm_account, oracle_submitter, staff, substrate_account
from lockstep_cli.local.subjects import Facts, Subject, draw_subject
from tests.integration.publishing.signers import SignerProcesses
from tests.integration.publishing.still import StillChains
from tests.support.credentials import Credential, Served, holder
from tests.unit.identity.oracle.presenting.verifier_house import InProcess, held_of

URL = "https://oracle.example"
HOME, ABROAD = "CH", "NZ"
"""The countries of the policy's two buckets."""
GRID = 123_456
RULES = PublisherRules(rhythm_seconds=0, heartbeat_seconds=43_200, retry_seconds=0.2)
SIGNERS = 2
"""Just the threshold: which two of three answer first is no business of the story."""


class Seeded:
    """Randomness that is the same again for the same seed (SHA-256 in counter mode)."""

    def __init__(self, seed: str) -> None:
        self._seed, self._count = seed.encode(), 0

    def __call__(self, size: int) -> bytes:
        drawn = b""
        while len(drawn) < size:
            self._count += 1
            drawn += hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest()
        return drawn[:size]


@dataclass
class Resident:
    """Somebody with two credentials, an account on each chain, and what an issuer knows of them."""

    number: int
    subject: Subject
    kyc: Credential
    residency: Credential
    held: tuple[Held, ...]
    ends: tuple[int, ...]
    """When the credentials end, UTC seconds."""
    session: InvestorSession | None = None

    @property
    def accounts(self) -> Mapping[str, Any]:
        """By chain."""
        names = ("gil", "hua", "ida", "jon")
        return {"substrate": substrate_account(names[self.number]), "evm": evm_account(13 + self.number)}


class Office:
    """A context manager: the oracle, its signers, the issuer."""

    def __init__(self, still: StillChains, folder: Path, seed: str, issuer_port: int = 0) -> None:
        """`issuer_port`: the issuer's name holds it, and with it the policy's hash."""
        self.still, self.folder, self._seed, self._port = still, folder, seed, issuer_port
        self._stack = ExitStack()
        self.randomness = Seeded(seed)
        self.wallets = Seeded(f"{seed}: wallets")

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def now(self) -> int:
        """The chains' time: it stands still between blocks."""
        return self.still.now

    @property
    def asset(self) -> bytes:
        """The one asset."""
        return bytes(self.still.asset)

    def meet(self, number: int, subject: Subject, *, days: int = 200) -> Resident:
        """Somebody is checked by the issuer; `days`: how long the credentials last, each to an odd second."""
        today = dt.datetime.fromtimestamp(self.now(), dt.UTC).date().isoformat()
        lasts = days * 86_400 + 3_607 * (number + 1)
        issuer = self.served.issuer
        names: dict[str, Any] = {
            "given_name": subject.given_name,
            "family_name": subject.family_name,
            "birthdate": subject.birthdate.isoformat(),
            "nationalities": [subject.country],
            "checked_on": today,
        }
        document = {
            "type": "passport",
            "number": subject.document_number,
            "issuing_country": subject.country,
            "expires_on": subject.document_ends.isoformat(),
        }
        kyc = issuer.credential(number, self.now(), valid_for=lasts, document=document, **names)
        residency = issuer.credential(
            number, self.now(), "residency", valid_for=lasts + 101, country=subject.country, proved_on=today
        )
        held = tuple(held_of(one.wire, self.now()) for one in (kyc, residency))
        ends = tuple(one.valid_until or 0 for one in held)
        return Resident(number, subject, kyc, residency, held, ends)

    def enrol(self, one: Resident, *, link: bool = True) -> None:
        """Presents both credentials, and links an account on each chain."""
        presenter = Presenter(self.http, holder(one.number), self.now, self.wallets)
        one.session = self.client.enrol(self.asset, presenter, one.held)
        if link:
            for name, chain in self.still.chains.items():
                caip2 = chain.views().identity().caip2
                self.client.link(one.session, self.asset, caip2, one.accounts[name], presenter, one.held)

    def publish(self) -> None:
        """Turns of each chain, one chain after the other, until nothing is left to do."""
        self.refresh()
        for domain in self.oracle_chains:
            while self.still.done(lambda domain=domain: self._run.run(self.oracle.publisher.turn(domain))):  # type: ignore[misc]
                self.refresh()

    def rebalance(self) -> None:
        """One round of the job that moves parts of caps."""
        self.refresh()
        self.still.done(lambda: self._run.run(self.oracle.publisher.rebalance()))

    def later(self) -> None:
        """Some seconds pass, so that the status lists are fetched again, and are."""
        self.still.go_to(self.now() + 20)
        self.refresh()

    def refresh(self) -> None:
        """The issuer's newest keys, then its newest status list, as the jobs fetch them."""
        self.oracle.look_after_issuers()
        self.oracle.deciding.refresher.run()

    def job(self, name: str) -> None:
        """One run of a job of the deciding room, under its lease, as the scheduler runs it."""
        assert self.oracle.deciding.jobs().run(name)

    def investor(self, one: Resident) -> bytes:
        """Who somebody is on the chains, as these say."""
        view = self.still.evm.views().account_of(self.asset, one.accounts["evm"].id)
        return bytes(view.investor)

    def word(self, chain: Any, one: Resident) -> EligibilityWord:
        """Somebody's word at the newest block."""
        return EligibilityWord.unpack(chain.views().eligibility_of(self.asset, self.investor(one)))

    def batches(self, chain: Any) -> list[OracleBatch]:
        """Every batch of the oracle's journal for a chain."""
        return [entry.batch for entry in self.oracle.publisher.journal.above(chain.domain, 0)]

    def document(self, **changed: Any) -> dict[str, Any]:
        """The policy: two countries, a bucket for each, in this order."""
        did = self.served.issuer.did
        return {
            "format": "lockstep-policy/1",
            "asset": "0x" + self.asset.hex(),
            "version": 1,
            "effective_at": 0,
            "holding_limit": "50000",
            "buckets": [
                {"name": "home", "seats": 900, "when": _lives_in(HOME)},
                {"name": "abroad", "seats": 700},
            ],
            "admit": {
                "all": [
                    {"topic": "kyc", "where": {"level": {"equals": "enhanced"}}},
                    {"topic": "residency", "where": {"country": {"in": [HOME, ABROAD]}}},
                ]
            },
            "trust": {"kyc": [did], "residency": [did]},
            "grid_offset": GRID,
            **changed,
        }

    def _start(self) -> None:
        enter = self._stack.enter_context
        authority = DevelopmentAuthority(self.folder / "ca")
        self.served = enter(Served(authority.serve_localhost("issuer"), self.now, self._port))
        self.rules: Policy = parse_policy(json.dumps(self.document()))
        for chain in self.still.chains.values():
            controller = staff(chain.name).controller
            named = (self.asset, DOCUMENT_NAME, f"{URL}/policy", self.rules.digest, controller)
            self.still.done(lambda chain=chain, named=named: chain.set_document(*named))  # type: ignore[misc]
        self.public = self.folder / "signers"
        self.public.mkdir()
        signers = enter(
            SignerProcesses(
                self.public,
                authority,
                self.still.settings,
                did_web(URL),
                [self.served.host],
                count=SIGNERS,
                clock="chains",
            )
        )
        self._run = enter(asyncio.Runner())
        pool = SignerPool(signers.urls, roots=authority.root_file)
        self._stack.callback(lambda: self._run.run(pool.close()))
        self.oracle_chains = {one.domain: one for one in self.still.chains.values()}
        outside = Outside(
            chains=self.oracle_chains,
            accounts={name: oracle_submitter(name) for name in self.still.chains},
            signers=pool,
            fetch=Fetcher(FetchPolicy(frozenset({self.served.host}), private_networks=True), roots=authority.root_file),
            clock=self.now,
            randomness=self.randomness,
        )
        keys = FileKeyStore.create(self.folder / "keys.json", "open sesame", self.now, self.randomness)
        database = open_database(f"sqlite:///{self.folder / 'oracle.sqlite'}")
        self._stack.callback(database.close)
        self.oracle = Oracle(URL, database, keys, outside, OracleRules(publisher=RULES))
        self._stack.callback(self.oracle.close)
        self._adopt()
        self.oracle.begin()
        app = create_app(self.oracle.desk, URL, [machine_router(self.oracle.deciding)])
        trust = ssl.create_default_context(cafile=str(authority.root_file))
        mounts = {f"{URL}/": InProcess({"oracle.example": app})}
        self.http = enter(httpx.Client(mounts=mounts, verify=trust))
        self.client = OracleClient(self.http, URL)

    def _adopt(self) -> None:
        policies, writer = self.oracle.deciding.policies, self.oracle.writer
        made = writer.run_blocking(lambda tx: policies.propose(tx, "pia", self.rules.canonical))
        writer.run_blocking(lambda tx: policies.approve(tx, "paul", made))


def _lives_in(country: str) -> dict[str, Any]:
    return {"topic": "residency", "where": {"country": {"equals": country}}}


def drawn(seed: str, countries: Sequence[str]) -> list[Subject]:
    """People who don't exist, the same again for the same seed, in these countries. Nothing of them but that depends on it."""
    randomness = Seeded(f"{seed}: people")
    day = dt.date(2033, 5, 18)
    return [draw_subject(Facts(country, 700 + 13 * place), day, randomness) for place, country in enumerate(countries)]
