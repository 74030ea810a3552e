"""A publisher over two chains in memory and three signers in this process, each of which a test may spoil."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account as EthAccount

from bridge.types import OracleBatch
from chains.accounts import Account
from chains.token_events import AccountBound, Event
from identity.oracle.policy.document import Policy
from identity.oracle.policy.words import Word
from identity.oracle.publishing.pool import SignerPool
from identity.oracle.publishing.ports import WantedBinding
from identity.oracle.publishing.publisher import Publisher, PublisherRules
from identity.oracle.signer.service import create_app
from identity.oracle.tables import AUDIT, METADATA
from identity.storage.audit import AuditChain
from identity.storage.database import Database
from identity.storage.writer import Writer
from tests.integration.publishing.desk import Wish
from tests.support.credentials import Credential
from tests.unit.identity.oracle.signer.booth import ALL, ASSET, CLASS, EXIT, UNADMITTED_CLASS, UNTIL, World, ana

CLASSES = {CLASS: "accredited", UNADMITTED_CLASS: "unadmitted"}
RULES = PublisherRules(rhythm_seconds=0, heartbeat_seconds=600, retry_seconds=0.01, rest_seconds=60)
PAYER = Account.evm(EthAccount.from_key(bytes([9] * 32)))

Answer = Callable[[httpx.Request], httpx.Response | None]
"""What a spoilt signer answers; None: as it would."""


@dataclass
class Knowledge:
    """The publisher's `Source`, written down by tests."""

    world: World
    rules: Policy
    wishes: dict[bytes, Wish] = field(default_factory=dict)
    shown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    accounts: dict[bytes, list[WantedBinding]] = field(default_factory=dict)
    done: list[tuple[bytes, OracleBatch, tuple[Event, ...]]] = field(default_factory=list)

    def assets(self) -> Sequence[bytes]:
        return [ASSET]

    def policy(self, asset: bytes) -> Policy:
        return self.rules

    def wanted(self, asset: bytes, now: int) -> Sequence[Wish]:
        return list(self.wishes.values())

    def bindings(self, asset: bytes, domain: bytes) -> Sequence[WantedBinding]:
        return list(self.accounts.get(domain, ()))

    def evidence(self, asset: bytes, person_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {one: self.shown.get(one, ()) for one in person_ids}

    def status_tokens(self, asset: bytes) -> Mapping[str, str]:
        return {self.world.issuer.list_uri: self.world.issuer.status_token(self.world.now)}

    def classes(self, asset: bytes) -> Mapping[int, str]:
        return CLASSES

    def applied(self, domain: bytes, batch: OracleBatch, events: Sequence[Event]) -> None:
        self.done.append((domain, batch, tuple(events)))
        bound = {(one.account, one.investor) for one in events if isinstance(one, AccountBound)}
        self.accounts[domain] = [
            one for one in self.accounts.get(domain, []) if (one.account, one.investor) not in bound
        ]

    def admit(self, person: int, credential: Credential | None = None) -> None:
        self.shown[f"person-{person}"] = self.world.shown(credential, person)
        self.wishes[ana(person)] = Wish(ana(person), f"person-{person}", Word(CLASS, ALL, UNTIL))

    def change(self, person: int, permissions: int = EXIT) -> None:
        wish = self.wishes[ana(person)]
        assert wish.word is not None
        self.wishes[ana(person)] = replace(wish, word=replace(wish.word, permissions=permissions))


class Press:
    """`async with` gives the publisher; what is on disk stays when it ends."""

    def __init__(self, folder: Path, *, lag: int = 0, slow: float = 0, **signer_rules: Any) -> None:
        self.folder = folder
        self.world = World(folder, lag=lag)
        self.knowledge = Knowledge(self.world, self.world.policy())
        self.booths = [self.world.booth(place, **signer_rules) for place in range(3)]
        self.spoilt: dict[int, Answer] = {}
        self.asked: list[tuple[int, str]] = []
        self._apps = [httpx.ASGITransport(create_app(booth.signer)) for booth in self.booths]

    async def __aenter__(self) -> Publisher:
        self._database = Database(f"sqlite:///{self.folder / 'oracle.sqlite'}")
        with self._database.writer.begin() as connection:
            METADATA.create_all(connection)
        audit = AuditChain(AUDIT, lambda _purpose, data: data[:32].ljust(32, b"\0"))
        self._writer = Writer(self._database, audit, self.world.clock)
        self._pool = SignerPool([f"https://signer-{place}" for place in range(3)], transport=_Routed(self))
        chains = {chain.domain: chain for chain in self.world.chains.values()}
        return Publisher(
            chains,  # type: ignore[arg-type]
            {"evm": PAYER, "substrate": PAYER},
            self._pool,
            self.knowledge,
            self._database,
            self._writer,
            self.world.clock,
            RULES,
        )

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()
        self._writer.close()
        self._database.close()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        place = int(request.url.host.rpartition("-")[2])
        self.asked.append((place, request.url.path))
        if place in self.spoilt and (answer := self.spoilt[place](request)) is not None:
            return answer
        return await self._apps[place].handle_async_request(request)


class _Routed(httpx.AsyncBaseTransport):
    def __init__(self, press: Press) -> None:
        self._press = press

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._press.answer(request)


def dead(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody listens")


def liar(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"set_id": 1, "signature": "0x" + "11" * 64 + "1b"})


def babbler(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"[[[[")


def refuser(_request: httpx.Request) -> httpx.Response:
    """Refuses the first item, whatever it is."""
    items = [{"kind": "eligibility", "index": 0, "check": "status", "why": "it says so"}]
    return httpx.Response(409, json={"check": "status", "why": "one item", "items": items})
