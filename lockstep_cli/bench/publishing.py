"""How long eligibility changes take to stand on both chains: drafts, three signer processes, journal, blocks.

The investors are known and not admitted (no evidence is shown), and each loses what he has: what is measured is the way of a
change from the oracle's knowledge into blocks, at the rhythm of the local chains (a block every two seconds).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.types import OracleBatch
from chains.accounts import write_secret_file
from chains.control import ManagedChain
from chains.devnet.keys import ORACLE_SIGNERS, dev_evm
from chains.devnet.process import ChainProcess
from chains.token_events import Event
from identity.oracle.policy.document import DOCUMENT_NAME, UNADMITTED, Policy, parse_policy
from identity.oracle.policy.words import EXIT, Word
from identity.oracle.publishing.pool import SignerPool
from identity.oracle.publishing.ports import WantedBinding, WantedWord
from identity.oracle.publishing.publisher import Publisher, PublisherRules
from identity.oracle.tables import AUDIT, METADATA
from identity.ports import utc
from identity.storage.audit import AuditChain
from identity.storage.database import Database
from identity.storage.writer import Writer
from identity.tls.development import DevelopmentAuthority
from lockstep_cli.local.cast import oracle_submitter, staff
from lockstep_cli.local.services import READY, START_SECONDS, chain_settings
from lockstep_cli.local.system import LocalSystem

CHANGES = 1_000
ITEMS_PER_TRANSACTION = 50
"""The goal: a transaction carries at least so many changes."""
_CLASS = 777
_RULES = PublisherRules(rhythm_seconds=0, heartbeat_seconds=86_400)


@dataclass(frozen=True, slots=True)
class PublishingTimes:
    """How many changes, their wall time in seconds on both chains side by side, transactions by chain."""

    changes: int
    seconds: float
    transactions: Mapping[str, int]

    @property
    def meets_goal(self) -> bool:
        """Whether every chain needed at most one transaction per fifty changes."""
        return all(count * ITEMS_PER_TRANSACTION <= self.changes for count in self.transactions.values())


@dataclass(frozen=True, slots=True)
class _Known:
    investor: bytes
    person_id: str
    word: Word | None


class _Knowledge:
    """The publisher's `Source`: everybody has the same word."""

    def __init__(self, policy: Policy, count: int) -> None:
        self._policy, self.applied_on = policy, dict[bytes, int]()
        self._investors = [bytes(16) + secrets.token_bytes(16) for _ in range(count)]
        self.permissions = EXIT

    def assets(self) -> Sequence[bytes]:
        return [self._policy.asset_id]

    def policy(self, asset: bytes) -> Policy:
        return self._policy

    def wanted(self, asset: bytes, now: int) -> Sequence[WantedWord]:
        return [_Known(one, "", Word(_CLASS, self.permissions, 0)) for one in self._investors]

    def bindings(self, asset: bytes, domain: bytes) -> Sequence[WantedBinding]:
        return []

    def evidence(self, asset: bytes, person_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {}

    def status_tokens(self, asset: bytes) -> Mapping[str, str]:
        return {}

    def classes(self, asset: bytes) -> Mapping[int, str]:
        return {_CLASS: UNADMITTED}

    def applied(self, domain: bytes, batch: OracleBatch, events: Sequence[Event]) -> None:
        self.applied_on[domain] = self.applied_on.get(domain, 0) + 1


def measure_publishing(folder: Path, changes: int = CHANGES) -> PublishingTimes:
    """Starts both chains and three signers in `folder`, publishes the changes, and takes everything down again."""
    with ExitStack() as stack:
        system = stack.enter_context(LocalSystem(folder, lambda _line: None))
        policy = _name_policy(system)
        authority = DevelopmentAuthority(folder / "ca")
        urls = _start_signers(stack, system, folder, authority, 4 * changes)
        database = Database(f"sqlite:///{folder / 'oracle.sqlite'}")
        stack.callback(database.close)
        with database.writer.begin() as connection:
            METADATA.create_all(connection)
        writer = Writer(database, AuditChain(AUDIT, lambda _purpose, data: data[:32].ljust(32, b"\0")), utc)
        stack.callback(writer.close)
        knowledge = _Knowledge(policy, changes)
        return asyncio.run(_measure(system, urls, authority.root_file, knowledge, database, writer, changes))


async def _measure(
    system: LocalSystem,
    urls: Sequence[str],
    roots: Path,
    knowledge: _Knowledge,
    database: Database,
    writer: Writer,
    changes: int,
) -> PublishingTimes:
    chains = {chain.domain: chain for chain in system.chains.values()}
    accounts = {name: oracle_submitter(name) for name in system.chains}
    pool = SignerPool(urls, roots=roots, seconds=120)
    publisher = Publisher(chains, accounts, pool, knowledge, database, writer, utc, _RULES)
    try:
        await publisher.settle()
        knowledge.applied_on.clear()
        knowledge.permissions = 0
        started = time.monotonic()
        await publisher.settle()
        seconds = time.monotonic() - started
    finally:
        await pool.close()
    counts = {chain.name: knowledge.applied_on.get(domain, 0) for domain, chain in chains.items()}
    return PublishingTimes(changes, round(seconds, 2), counts)


def _name_policy(system: LocalSystem) -> Policy:
    document: dict[str, Any] = {
        "format": "lockstep-policy/1",
        "asset": "0x" + system.asset.hex(),
        "version": 1,
        "effective_at": 0,
        "holding_limit": "1000",
        "buckets": [{"name": "everyone", "seats": 10}],
        "admit": {"topic": "kyc"},
        "trust": {"kyc": ["did:web:issuer.example"]},
        "grid_offset": 0,
    }
    policy = parse_policy(json.dumps(document))
    for chain in system.chains.values():
        controller = staff(chain.name).controller
        chain.set_document(system.asset, DOCUMENT_NAME, "https://oracle.example/policy", policy.digest, controller)
        _wait_final(chain)
    return policy


def _wait_final(chain: ManagedChain) -> None:
    """Until what stands at the newest block is final: signers read the policy there."""
    height = chain.head().number
    while chain.finalised().number < height:
        chain.wait_finalised(chain.finalised().number, 30.0)


def _start_signers(
    stack: ExitStack, system: LocalSystem, folder: Path, authority: DevelopmentAuthority, budget: int
) -> list[str]:
    chains = chain_settings(
        system.devnet, system.contracts, {name: chain.domain for name, chain in system.chains.items()}
    )
    processes = []
    for place, index in enumerate(ORACLE_SIGNERS, start=1):
        name = f"signer-{place}"
        write_secret_file(folder / f"{name}.key", dev_evm(index).key.hex())
        files = authority.serve_localhost(name)
        settings = {
            "KEY_FILE": str(folder / f"{name}.key"),
            "STORE": str(folder / f"{name}.sqlite"),
            "CHAINS": json.dumps(chains),
            "CERTIFICATE": str(files.certificate),
            "CERTIFICATE_KEY": str(files.key),
            "ORACLE_DID": "did:web:oracle.example",
            "FETCH_HOSTS": json.dumps(["issuer.example"]),
            "GRANTS_PER_HOUR": str(budget),
        }
        env = {"LOCKSTEP_ENV": "dev", **{f"LOCKSTEP_ORACLE_SIGNER_{key}": value for key, value in settings.items()}}
        argv = [sys.executable, "-m", "identity.oracle.signer"]
        process = ChainProcess(name, argv, folder / f"{name}.log", READY, env)
        stack.callback(process.close)
        processes.append(process)
    return [f"https://localhost:{process.wait_ready(START_SECONDS)[1]}" for process in processes]
