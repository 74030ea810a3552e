"""An oracle and an issuer in this process: the issuer's clock serves both, requests go straight into the applications."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from sqlalchemy import select

from identity.errors import FetchFailed
from identity.fetch.fetcher import Fetch, Fetched
from identity.formats.jws import LocalKey, parse_jws
from identity.formats.sd_jwt import parse_sd_jwt
from identity.issuer.service import Issuer
from identity.keystore.file import FileKeyStore
from identity.keystore.named import ServiceIdentity
from identity.oracle.api.app import create_app
from identity.oracle.api.investor import InvestorDesk
from identity.oracle.api.limits import StartLimits
from identity.oracle.people.accounts import AccountRules, Accounts
from identity.oracle.people.persons import People
from identity.oracle.policy.document import Policy, parse_policy
from identity.oracle.presenting.issuers import IssuerDocuments, KnownKeys
from identity.oracle.presenting.requests import Requests
from identity.oracle.presenting.sessions import Sessions
from identity.oracle.presenting.verifier import Verifier
from identity.oracle.status.lists import Lists
from identity.oracle.status.refresh import Refresher
from identity.oracle.tables import AUDIT, METADATA
from identity.ports import system_randomness
from identity.storage.audit import AuditChain
from identity.storage.database import Database
from identity.storage.vault import Vault
from identity.storage.writer import Writer
from identity.wallet.presenting import Asking, Presenter
from identity.wallet.store import Held
from tests.unit.identity.issuer.house import PERSON, House

ORACLE = "https://oracle.example"
ISSUER = "did:web:issuer.example"
ASSET = bytes.fromhex("5a" * 32)
EVM, SUBSTRATE = "eip155:31337", "polkadot:" + "a" * 32
DOMAINS = {EVM: b"\x01" * 32, SUBSTRATE: b"\x02" * 32}
KYC = {"topic": "kyc", "where": {"level": {"in": ["standard", "enhanced"]}}}
QUALIFIED = {"topic": "investor_qualification", "where": {"regime": {"equals": "us_501a"}}}
QUALIFICATION = {
    "regime": "us_501a",
    "basis": "501a6_income",
    "investor_kind": "natural_person",
    "verification": "506c_income",
    "verified_on": "2026-05-20",
}


def policy(admit: Any = KYC, trust: Mapping[str, Any] | None = None, **members: Any) -> Policy:
    """A policy of the test's asset."""
    document = {
        "format": "lockstep-policy/1",
        "asset": "0x" + ASSET.hex(),
        "version": 1,
        "effective_at": 0,
        "holding_limit": "1000",
        "buckets": [{"name": "all", "seats": 100}],
        "admit": admit,
        "trust": trust or {"kyc": [ISSUER], "investor_qualification": [ISSUER]},
        "grid_offset": 0,
        **members,
    }
    return parse_policy(json.dumps(document))


class InProcess(httpx.BaseTransport):
    """Sends each request into the application that stands for its host."""

    def __init__(self, apps: Mapping[str, FastAPI]) -> None:
        self.apps = apps
        self.sent: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        request.read()

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.apps[request.url.host], raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport) as client:
                answer = await client.request(
                    request.method, request.url, content=request.content, headers=request.headers
                )
                return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

        return asyncio.run(ask())


@dataclass
class IssuerFetch:
    """Fetches from the issuer in this process; `down` makes it unreachable."""

    issuer: Callable[[], Issuer]
    down: bool = False
    fetched: int = 0

    def get(self, url: str, accept: str) -> Fetched:
        """What the issuer publishes at an address."""
        self.fetched += 1
        if self.down:
            raise FetchFailed("issuer.example", "it is down")
        if url.endswith("/did.json"):
            return Fetched(url, "application/did+json", json.dumps(self.issuer().identity.document()).encode())
        token = self.issuer().list_token(url.rpartition("/")[2])
        return Fetched(url, "application/statuslist+jwt", token.encode("ascii"))


class OracleParts:
    """The oracle's investors' part over a real database and key store; what it fetches by, and its clock, are given."""

    def __init__(
        self,
        folder: Path,
        stack: ExitStack,
        url: str,
        clock: Callable[[], int],
        fetch: Fetch,
        current: Policy,
        roots: Sequence[x509.Certificate] = (),
    ) -> None:
        self.clock, self.policy, self.path = clock, current, folder / "oracle.sqlite"
        self.keys = FileKeyStore.create(folder / "oracle.json", "open sesame", clock, system_randomness)
        self.database = Database(f"sqlite:///{self.path}")
        stack.callback(self.database.close)
        METADATA.create_all(self.database.writer)
        self.audit = AuditChain(AUDIT, self.keys.mac)
        self.writer = Writer(self.database, self.audit, clock)
        stack.callback(self.writer.close)
        self.identity = ServiceIdentity(url, self.keys)
        documents = IssuerDocuments(fetch, clock)
        known = KnownKeys(documents, roots, clock)
        self.lists = Lists(known)
        self.people = People(Vault(self.keys, system_randomness), self.keys, system_randomness)
        refresher = Refresher(
            lists=self.lists,
            fetch=fetch,
            database=self.database,
            writer=self.writer,
            clock=clock,
            relied=self.people.relied_lists,
        )
        self.requests = Requests(
            did=self.identity.did,
            public_url=url,
            keys=self.keys,
            signer=self.identity.signer,
            randomness=system_randomness,
            return_addresses=("https://portal.example/back",),
        )
        self.accounts = Accounts(self.identity.did, DOMAINS, system_randomness, AccountRules(cooling_seconds=3_600))
        self.verifier = Verifier(
            database=self.database,
            writer=self.writer,
            clock=clock,
            requests=self.requests,
            people=self.people,
            accounts=self.accounts,
            policy_of=self.policy_of,
            documents=documents,
            keys=known,
            lists=self.lists,
            bring_lists=refresher.ensure,
        )
        self.woken = 0
        self.contract_answers = False
        self.limits = StartLimits(clock, client=1_000_000, total=1_000_000)
        self.desk = InvestorDesk(
            database=self.database,
            writer=self.writer,
            clock=clock,
            identity=self.identity,
            requests=self.requests,
            verifier=self.verifier,
            sessions=Sessions(self.people, self.keys, system_randomness),
            people=self.people,
            accounts=self.accounts,
            policy_of=self.policy_of,
            limits=self.limits,
            standing_of=lambda _connection, _person, _asset, _now: {"eligible": True},
            wake=self.wake,
            unlinked=self.wake,
            ended=self.wake,
            contracts=self,
        )
        self.app = create_app(self.desk, url)

    def is_valid(self, chain: str, contract: bytes, digest: bytes, signature: bytes) -> bool:
        """What a smart account says of a signature."""
        return self.contract_answers

    def wake(self) -> None:
        """Counts how often the publisher is told."""
        self.woken += 1

    def policy_of(self, _connection: Any, asset: bytes, _now: int) -> Policy | None:
        """The one policy in force."""
        return self.policy if asset == self.policy.asset_id else None

    def counts(self) -> dict[str, int]:
        """How many rows each table holds, but for those of requests, lists and the audit chain."""
        with self.database.read() as connection:
            return {
                table.name: len(connection.execute(select(table)).all())
                for table in METADATA.sorted_tables
                if table.name not in ("presentations", "status_tokens", "audit")
            }

    def bytes_on_disk(self) -> bytes:
        """The database with its write-ahead log, as a thief finds them."""
        return b"".join(path.read_bytes() for path in self.path.parent.glob("oracle.sqlite*"))


class VerifierHouse(OracleParts):
    """The same beside an issuer in this process, whose clock serves both."""

    def __init__(self, folder: Path, stack: ExitStack, issuer: House, current: Policy | None = None) -> None:
        self.issuer = issuer
        self.fetch = IssuerFetch(lambda: issuer.issuer)
        super().__init__(folder, stack, ORACLE, lambda: issuer.now, self.fetch, current or policy())
        self.transport = InProcess({"oracle.example": self.app, "issuer.example": issuer.app})
        self.http = httpx.Client(transport=self.transport, base_url=ORACLE)
        stack.callback(self.http.close)

    def hold(
        self, type_: str = "kyc", claims: Any = None, subject: str | None = None, key: LocalKey | None = None
    ) -> tuple[Held, str]:
        """A credential that the issuer gives out, and its subject."""
        case, subject_id = self.issuer.approved(type_, PERSON if claims is None else claims, subject)
        proof = self.issuer.proof(key=key)
        answer = self.issuer.request(
            self.issuer.token(self.issuer.offer(case)), self.issuer.body(proof, f"{type_}_sd_jwt")
        )
        assert answer.status_code == 200, answer.text
        return held_of(answer.json()["credentials"][0]["credential"], self.clock()), subject_id

    def presenter(self, key: LocalKey | None = None) -> Presenter:
        """A wallet; with the issuer house's key unless another is given."""
        return Presenter(self.http, key or self.issuer.wallet, self.clock, system_randomness)

    def start(self, **members: Any) -> dict[str, Any]:
        """A fresh enrolment."""
        answer = self.http.post("/enrolments", json={"asset": "0x" + ASSET.hex(), **members})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def asking(self, started: Mapping[str, Any], presenter: Presenter | None = None) -> Asking:
        """The request as a wallet reads it."""
        return (presenter or self.presenter()).read(started["request"])

    def enrol(self, *held: Held, key: LocalKey | None = None) -> dict[str, str]:
        """A whole enrolment; the headers of its session."""
        started, presenter = self.start(), self.presenter(key)
        asking = presenter.read(started["request"])
        redirect = presenter.answer(asking, presenter.choose(asking, held))
        return self.go_on(started, redirect)

    def go_on(self, started: Mapping[str, Any], redirect: str | None) -> dict[str, str]:
        """The headers of the session that follows."""
        code = parse_qs(urlsplit(redirect or "").fragment)["response_code"][0]
        going_on = {"transaction": started["transaction"], "response_code": code}
        answer = self.http.post("/enrolments/continue", json=going_on)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def me(self, session: Mapping[str, str]) -> dict[str, Any]:
        """Where somebody stands."""
        answer = self.http.get("/me", headers=dict(session))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def person(self, session: Mapping[str, str]) -> str:
        """The person behind a session."""
        token = session["Authorization"].partition(" ")[2]
        with self.database.read() as connection:
            return self.desk.sessions.require(connection, token, self.clock()).person_id


def fresh_key() -> LocalKey:
    """Another wallet's key."""
    return LocalKey(ec.generate_private_key(ec.SECP256R1()))


def held_of(credential: str, at: int) -> Held:
    """A credential as a wallet keeps it."""
    payload = parse_jws(parse_sd_jwt(credential).jwt, types=("dc+sd-jwt",)).payload
    return Held("0" * 16, "", str(payload["iss"]), str(payload["vct"]), credential, at, int(payload["exp"]))
