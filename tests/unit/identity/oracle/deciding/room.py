"""The deciding room with everything real but the network: people, key store, database, a writer, issuers' own keys."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from bridge.types import Lot, TransferOrder
from identity.errors import FetchFailed
from identity.fetch.fetcher import Fetched
from identity.formats.base import StatusReference
from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jws import LocalKey, build_jws
from identity.formats.status_list import MEDIA_TYPE, build_status_list_token, encode_statuses
from identity.keystore.file import FileKeyStore
from identity.oracle.api.machine import machine_router
from identity.oracle.api.staff import staff_router
from identity.oracle.deciding.providers import ScreeningProvider
from identity.oracle.deciding.roles import Role
from identity.oracle.deciding.room import Deciding
from identity.oracle.people.agreement import Facts
from identity.oracle.people.persons import People
from identity.oracle.people.records import Shown
from identity.oracle.policy.evidence import Evidence
from identity.oracle.tables import AUDIT, METADATA
from identity.ports import system_randomness
from identity.storage.audit import AuditChain
from identity.storage.database import Database
from identity.storage.vault import Vault
from identity.storage.writer import Writer
from identity.web.app import new_app

URL, DID = "https://oracle.example", "did:web:oracle.example"
NOW = 1_780_000_000
DAY = 86_400
ISSUER = "did:web:issuer.example"
OTHER = "did:web:other.example"
LIST = "https://issuer.example/status/one"
ASSET = hashlib.sha256(b"asset").digest()


class Issuer:
    """Somebody who signs status lists and messages."""

    def __init__(self, did: str) -> None:
        self.did = did
        self.key = LocalKey(ec.generate_private_key(ec.SECP256R1()), f"{did}#one")

    def list(
        self,
        statuses: Mapping[int, int],
        at: int,
        *,
        uri: str = LIST,
        ttl: int = 15,
        lifetime: int = 120,
        size: int = 64,
    ) -> str:
        """A signed list."""
        packed = encode_statuses(size, statuses)
        return build_status_list_token(uri, self.did, packed, self.key, now=at, ttl=ttl, lifetime=lifetime)

    def push(self, token: str, at: int, header: Any = None, key: LocalKey | None = None, **payload: Any) -> str:
        """A status message; members set to `...` are left out."""
        body = {
            "iss": self.did,
            "iat": at,
            "jti": "first",
            "sub": LIST,
            "committed_at": at,
            "changes": [{"idx": 3, "status": 1}],
            "status_list_token": token,
            **payload,
        }
        signer = key or self.key
        head = {"typ": "lockstep-status+jwt", "kid": signer.key_id, **(header or {})}
        return build_jws(head, {name: value for name, value in body.items() if value is not ...}, signer)


class Web:
    """The network: what stands at which address."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []

    def get(self, url: str, accept: str) -> Fetched:
        """The page, or FetchFailed."""
        assert accept == MEDIA_TYPE
        self.asked.append(url)
        if url not in self.pages:
            raise FetchFailed("issuer.example", "status 503")
        return Fetched(url, accept, self.pages[url].encode("ascii"))


def policy_document(version: int = 1, **members: Any) -> dict[str, Any]:
    """A policy that asks for a KYC check of one of two issuers."""
    return {
        "format": "lockstep-policy/1",
        "asset": f"0x{ASSET.hex()}",
        "version": version,
        "effective_at": NOW,
        "holding_limit": "1000000",
        "buckets": [{"name": "all", "seats": 100}],
        "admit": {"topic": "kyc", "where": {"level": {"in": ["standard", "enhanced"]}}},
        "trust": {"kyc": [ISSUER, OTHER]},
        "grid_offset": 1_000,
        **members,
    }


class Room:
    """The room, its people and its clock."""

    def __init__(
        self,
        folder: Path,
        stack: ExitStack,
        *,
        address: str | None = None,
        providers: Sequence[ScreeningProvider] = (),
        keys: FileKeyStore | None = None,
        like: Room | None = None,
    ) -> None:
        self.now = NOW
        self.folder = folder
        self.woken: list[bool] = []
        self.issuer, self.other = (Issuer(ISSUER), Issuer(OTHER)) if like is None else (like.issuer, like.other)
        self.web = Web()
        self.keys = keys or FileKeyStore.create(folder / "keys.json", "open sesame", self.clock, system_randomness)
        self.database = Database(address or f"sqlite:///{folder / 'oracle.sqlite'}")
        stack.callback(self.database.close)
        METADATA.create_all(self.database.writer)
        self.audit = AuditChain(AUDIT, self.keys.mac)
        self.writer = Writer(self.database, self.audit, self.clock)
        stack.callback(self.writer.close)
        self.people = People(Vault(self.keys, system_randomness), self.keys, system_randomness)
        self.providers = providers
        self.deciding = self.another()
        self.persons = 0
        self.names: list[str] = []

    def another(self, clock: Any = None) -> Deciding:
        """One more process of the same oracle, as far as memory goes."""
        pinned = {one.did: {one.key.key_id: one.key.public} for one in (self.issuer, self.other)}
        active = self.keys.active()
        return Deciding(
            database=self.database,
            writer=self.writer,
            keys=self.keys,
            randomness=system_randomness,
            clock=clock or self.clock,
            people=self.people,
            issuer_keys=PinnedKeys(pinned),
            fetch=self.web,
            signer=lambda: active,
            did=DID,
            wake=self.woken.append,
            providers=self.providers,
        )

    def clock(self) -> int:
        """The time, set by hand."""
        return self.now

    # --- people and policies -----------------------------------------------------------------------------------------

    def adopt(self, **members: Any) -> bytes:
        """A policy in force; its hash."""
        document = json.dumps(policy_document(**members)).encode()
        made = self.writer.run_blocking(lambda tx: self.deciding.policies.propose(tx, "pia", document))
        self.writer.run_blocking(lambda tx: self.deciding.policies.approve(tx, "paul", made))
        return made.digest

    def enrol(
        self, index: int | None = None, *, issuer: str = ISSUER, uri: str = LIST, topic: str = "kyc", **members: Any
    ) -> tuple[str, bytes]:
        """A new person with one KYC credential at a place of a list: person and investor."""
        self.persons += 1
        number = self.persons
        evidence = Evidence(
            **{
                "topic": topic,
                "issuer": issuer,
                "claims": {"level": "standard"},
                "digest": hashlib.sha256(str(number).encode()).digest(),
                "checked_at": NOW - DAY,
                "issued_at": NOW - DAY,
                "valid_from": NOW - DAY,
                "valid_until": NOW + 200 * DAY,
                "status": StatusReference(uri, number if index is None else index),
                **members,
            }
        )
        facts = Facts("kyc", issuer, f"holder-{number}", subject=f"subject-{number}")
        done = self.writer.run_blocking(lambda tx: self.people.enrol(tx, ASSET, [Shown(evidence, "wire~", facts)]))
        assert done.investor is not None
        self.names.append(done.person_id)
        return done.person_id, done.investor

    def enrol_with(self, credentials: Sequence[tuple[str, int, Mapping[str, Any]]]) -> tuple[str, bytes]:
        """A new person with several credentials, each with its topic, its place in the list and its claims."""
        self.persons += 1
        shown = []
        for topic, index, claims in credentials:
            digest = hashlib.sha256(f"{self.persons} {topic}".encode()).digest()
            times = (NOW - DAY, NOW - DAY, NOW - DAY, NOW + 200 * DAY)
            evidence = Evidence(topic, ISSUER, dict(claims), digest, *times, StatusReference(LIST, index))
            facts = Facts(topic, ISSUER, f"holder-{self.persons}", subject=f"subject-{self.persons}")
            shown.append(Shown(evidence, f"wire {topic}~", facts))
        done = self.writer.run_blocking(lambda tx: self.people.enrol(tx, ASSET, shown))
        assert done.investor is not None
        return done.person_id, done.investor

    def publish(self, statuses: Mapping[int, int] | None = None, **how: Any) -> None:
        """The issuer's list of now, taken."""
        self.deciding.lists.take(self.issuer.list(statuses or {}, self.now, **how), how.get("uri", LIST), self.now)

    def words(self, deciding: Deciding | None = None) -> dict[bytes, Any]:
        """The wanted words by investor."""
        return {one.investor: one.word for one in (deciding or self.deciding).words.wanted_now(ASSET)}

    def order(self, giver: bytes, getter: bytes, asset: bytes = ASSET) -> TransferOrder:
        """An order between two investors."""
        zero = bytes(32)
        return TransferOrder(
            zero, zero, 1, asset, 1, giver, getter, zero, zero, (Lot(5, 0, 0),), 0, self.now, self.now + 3_600
        )

    def notes(self, action: str) -> list[tuple[str, str]]:
        """Who did what it says to which record, as the audit chain has it."""
        with self.database.read() as connection:
            rows = connection.execute(AUDIT.select().where(AUDIT.c.action == action).order_by(AUDIT.c.number))
            return [(row.actor, row.object) for row in rows]

    # --- the interface -----------------------------------------------------------------------------------------------

    def app(self) -> FastAPI:
        """The two routers in an application as the service makes it."""
        app = new_app("oracle", "oracle")
        app.include_router(machine_router(self.deciding))
        app.include_router(staff_router(self.deciding))
        return app

    def hire(self, name: str, *roles: Role) -> str:
        """A member of the staff; the token."""
        return self.writer.run_blocking(lambda tx: self.deciding.staff.add(tx, "test", name, roles))

    def ask(self, method: str, path: str, token: str | None = None, **content: Any) -> httpx.Response:
        """One request."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        headers |= content.pop("headers", {})

        async def one() -> httpx.Response:
            transport = httpx.ASGITransport(self.app())
            async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
                return await client.request(method, path, headers=headers, **content)

        return asyncio.run(one())
