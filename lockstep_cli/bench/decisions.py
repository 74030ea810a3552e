"""How long the oracle takes to decide on an order: both verdicts, the record on the disk, the signature. Without HTTP.

Orders come evenly at a rate, from many investors with several credentials each, and nothing is remembered between two of
them. SQLite with `synchronous=FULL`; the record is committed before the answer is signed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from bridge.types import Lot, TransferOrder
from identity.errors import FetchRefused
from identity.fetch.fetcher import Fetched
from identity.formats.base import StatusReference
from identity.formats.issuer_keys import PinnedKeys
from identity.formats.jws import LocalKey
from identity.formats.status_list import build_status_list_token, encode_statuses
from identity.keystore.file import FileKeyStore
from identity.keystore.named import ServiceIdentity
from identity.oracle.database import open_database
from identity.oracle.deciding.room import Deciding
from identity.oracle.people.agreement import Facts
from identity.oracle.people.persons import People
from identity.oracle.people.records import Shown
from identity.oracle.policy.evidence import Evidence
from identity.oracle.tables import AUDIT
from identity.ports import system_randomness, utc
from identity.storage.audit import AuditChain
from identity.storage.vault import Vault
from identity.storage.writer import Transaction, Writer

GOAL_MS = 25.0
INVESTORS = 100
_URL, _ISSUER = "https://oracle.example", "did:web:issuer.example"
_LIST, _LIST_SIZE, _TTL = "https://issuer.example/status/1", 131_072, 60
_ASSET = sha256(b"measured").digest()
_DAY = 86_400
_SAID: dict[str, dict[str, object]] = {
    "kyc": {"level": "standard"},
    "residency": {"country": "DE"},
    "us_person": {"us_person": False},
}


@dataclass(frozen=True, slots=True)
class DecisionTimes:
    """Milliseconds of one decision at a rate: the middle, the slowest of a hundred, the slowest of all."""

    rate: float
    decisions: int
    median_ms: float
    p99_ms: float
    max_ms: float
    cpu_ms: float
    """Of this process, for one decision."""

    @property
    def meets_goal(self) -> bool:
        """Whether 99 of 100 take less than 25 ms."""
        return self.p99_ms < GOAL_MS


class _NoNetwork:
    def get(self, url: str, accept: str) -> Fetched:
        raise FetchRefused("a decision fetches nothing")


def measure_decisions(folder: Path, rate: float = 50.0, seconds: float = 10.0) -> DecisionTimes:
    """The figure, on this machine, now. `folder`: an empty one for the database; `seconds`: 50 at most."""
    with ExitStack() as stack:
        deciding, investors = _prepare(folder, stack)
        orders = [_order(investors, number) for number in range(int(rate * seconds))]
        asyncio.run(_ask(deciding, orders[: int(rate)], rate))  # the first ones build statements and warm caches
        start = time.process_time()
        taken = sorted(asyncio.run(_ask(deciding, orders, rate)))
        cpu = (time.process_time() - start) / len(orders)
    return DecisionTimes(
        rate, len(taken), taken[len(taken) // 2], taken[int(len(taken) * 0.99)], taken[-1], cpu * 1_000
    )


async def _ask(deciding: Deciding, orders: Sequence[TransferOrder], rate: float) -> list[float]:
    taken: list[float] = []

    async def one(order: TransferOrder) -> None:
        start = time.perf_counter()
        await deciding.decisions.answer(order)
        taken.append((time.perf_counter() - start) * 1_000)

    begin, running = time.perf_counter(), []
    for number, order in enumerate(orders):
        await asyncio.sleep(max(0.0, begin + number / rate - time.perf_counter()))
        running.append(asyncio.ensure_future(one(order)))
    await asyncio.gather(*running)
    return taken


def _prepare(folder: Path, stack: ExitStack) -> tuple[Deciding, list[bytes]]:
    keys = FileKeyStore.create(folder / "keys.json", "measured", utc, system_randomness)
    database = open_database(f"sqlite:///{folder / 'oracle.sqlite'}")
    stack.callback(database.close)
    writer = Writer(database, AuditChain(AUDIT, keys.mac), utc)
    stack.callback(writer.close)
    people = People(Vault(keys, system_randomness), keys, system_randomness)
    signer = LocalKey(ec.generate_private_key(ec.SECP256R1()), f"{_ISSUER}#1")
    identity = ServiceIdentity(_URL, keys)
    deciding = Deciding(
        database=database,
        writer=writer,
        keys=keys,
        randomness=system_randomness,
        clock=utc,
        people=people,
        issuer_keys=PinnedKeys({_ISSUER: {signer.key_id: signer.public}}),
        fetch=_NoNetwork(),
        signer=identity.signer,
        did=identity.did,
        wake=lambda _urgent: None,
    )
    proposal = writer.run_blocking(partial(deciding.policies.propose, by="one", document=_policy()))
    writer.run_blocking(partial(deciding.policies.approve, by="another", proposal=proposal))
    investors = [writer.run_blocking(partial(_enrol, people=people, number=number)) for number in range(INVESTORS)]
    now = utc()
    token = build_status_list_token(
        _LIST, _ISSUER, encode_statuses(_LIST_SIZE, {}), signer, now=now, ttl=_TTL, lifetime=2 * _TTL
    )
    deciding.lists.take(token, _LIST, now)
    return deciding, investors


def _policy() -> bytes:
    where = {topic: {name: {"equals": value} for name, value in said.items()} for topic, said in _SAID.items()}
    document = {
        "format": "lockstep-policy/1",
        "asset": f"0x{_ASSET.hex()}",
        "version": 1,
        "effective_at": 0,
        "holding_limit": "1000000",
        "buckets": [{"name": "all", "seats": INVESTORS}],
        "admit": {"all": [{"topic": topic, "where": asked} for topic, asked in where.items()]},
        "trust": {topic: [_ISSUER] for topic in _SAID},
        "grid_offset": 0,
    }
    return json.dumps(document).encode()


def _enrol(tx: Transaction, *, people: People, number: int) -> bytes:
    shown = []
    for place, (topic, claims) in enumerate(_SAID.items()):
        evidence = Evidence(
            topic=topic,
            issuer=_ISSUER,
            claims=claims,
            digest=sha256(f"{number} {topic}".encode()).digest(),
            checked_at=tx.now - _DAY,
            issued_at=tx.now - _DAY,
            valid_from=tx.now - _DAY,
            valid_until=tx.now + 90 * _DAY,
            status=StatusReference(_LIST, number * len(_SAID) + place),
        )
        shown.append(
            Shown(evidence, "measured~", Facts(topic, _ISSUER, f"holder {number}", subject=f"subject {number}"))
        )
    investor = people.enrol(tx, _ASSET, shown).investor
    assert investor is not None  # noqa: S101 - nobody here resembles another
    return investor


def _order(investors: Sequence[bytes], number: int) -> TransferOrder:
    giver, getter = investors[number % INVESTORS], investors[(7 * number + 1) % INVESTORS]
    now, zero = utc(), bytes(32)
    lots = (Lot(5, 0, 0),)
    return TransferOrder(zero, zero, number + 1, _ASSET, 1, giver, getter, zero, zero, lots, 0, now, now + 3_600)
