"""An oracle's publisher in this process and three signers in processes of their own, over both running chains.

What should stand on the chains is written down by the tests themselves: nothing here knows who decides it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bridge.eligibility import EligibilityWord
from bridge.types import OracleBatch, Permission
from chains.accounts import Account
from chains.base import Chain
from chains.devnet.process import ChainProcess
from chains.token_events import AccountBound, Event
from identity.formats.base import Challenge
from identity.formats.sd_jwt_vc import SdJwtVc
from identity.oracle.people.proofs import AccountControl, Proof, Scheme, permit_json, proof_json, transaction_data
from identity.oracle.policy.document import DOCUMENT_NAME, Policy, parse_policy
from identity.oracle.policy.grid import grid_point
from identity.oracle.policy.words import EXIT, Word
from identity.oracle.publishing.pool import SignerPool
from identity.oracle.publishing.ports import WantedBinding
from identity.oracle.publishing.publisher import Publisher, PublisherRules
from identity.oracle.tables import AUDIT, METADATA
from identity.storage.audit import AuditChain
from identity.storage.database import Database
from identity.storage.writer import Writer
from identity.tls.development import DevelopmentAuthority
from lockstep_cli.local import asset as house
from lockstep_cli.local.cast import staff
from lockstep_cli.local.services import chain_settings
from lockstep_cli.local.system import LocalSystem
from tests.integration.publishing.signers import SignerProcesses
from tests.support.credentials import Credential, Served, holder

ORACLE = "did:web:oracle.example"
ACCREDITED, UNADMITTED = "accredited", "unadmitted"
CLASSES: Mapping[int, str] = {4_242: ACCREDITED, 777: UNADMITTED}
LIMIT, SEATS = 50_000, 12
EVERYTHING = int(Permission.RECEIVE | Permission.SEND | Permission.BRIDGE)
RULES = PublisherRules(rhythm_seconds=0, heartbeat_seconds=10_000, retry_seconds=0.2, rest_seconds=5)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the tests want to stand for one investor."""

    investor: bytes
    person_id: str
    word: Word | None


@dataclass
class Desk:
    """The `Source` of the publisher: everything as the tests wrote it."""

    asset: bytes
    rules: Policy
    served: Served
    now: Callable[[], int]
    wishes: dict[bytes, Wish] = field(default_factory=dict)
    shown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    accounts: dict[bytes, list[WantedBinding]] = field(default_factory=dict)
    done: list[tuple[bytes, OracleBatch]] = field(default_factory=list)

    def assets(self) -> Sequence[bytes]:
        return [self.asset]

    def policy(self, asset: bytes) -> Policy:
        assert asset == self.asset
        return self.rules

    def wanted(self, asset: bytes, now: int) -> Sequence[Wish]:
        return list(self.wishes.values())

    def bindings(self, asset: bytes, domain: bytes) -> Sequence[WantedBinding]:
        return list(self.accounts.get(domain, ()))

    def evidence(self, asset: bytes, person_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {one: self.shown.get(one, ()) for one in person_ids}

    def status_tokens(self, asset: bytes) -> Mapping[str, str]:
        return {self.served.issuer.list_uri: self.served.issuer.status_token(self.now())}

    def classes(self, asset: bytes) -> Mapping[int, str]:
        return CLASSES

    def applied(self, domain: bytes, batch: OracleBatch, events: Sequence[Event]) -> None:
        self.done.append((domain, batch))
        bound = {(one.account, one.investor) for one in events if isinstance(one, AccountBound)}
        self.accounts[domain] = [
            one for one in self.accounts.get(domain, []) if (one.account, one.investor) not in bound
        ]

    def admit(self, person: int, credential: Credential, *, class_: int = 4_242) -> Wish:
        """Wants a person to be able to receive."""
        until = grid_point(self.rules.grid_offset, self.now() + 100 * 86_400, self.now())
        wish = Wish(investor_of(self.asset, person), f"person-{person}", Word(class_, EVERYTHING, until))
        self.wishes[wish.investor] = wish
        self.shown[wish.person_id] = (credential.showing(("level",)),)
        return wish

    def suspend(self, person: int) -> None:
        """Wants a person to be able to leave only."""
        wish = self.wishes[investor_of(self.asset, person)]
        assert wish.word is not None
        self.wishes[wish.investor] = replace(wish, word=replace(wish.word, permissions=EXIT))

    def link(self, domain: bytes, caip2: str, person: int, account: Account, *, nonce: str = "") -> WantedBinding:
        """Wants an account to be a person's, with a proof that the account really signed."""
        (wire,) = self.shown[f"person-{person}"]
        nonce = nonce or f"n{time.time_ns()}"
        proof = prove_account(self.asset, caip2, person, account, self.now() + 600, nonce, wire)
        binding = WantedBinding(account.id, investor_of(self.asset, person), f"person-{person}", proof)
        self.accounts.setdefault(domain, []).append(binding)
        return binding

    def agreed(self, caip2: str, person: int, account: bytes) -> WantedBinding:
        """An account that a person agreed to, for a permit: it proves by its own transaction that it is there."""
        (wire,) = self.shown[f"person-{person}"]
        thumbprint = holder(person).public.thumbprint
        control = AccountControl(
            ORACLE, self.asset, caip2, account, thumbprint, f"n{time.time_ns()}", self.now() + 3_600
        )
        proof = permit_json(control, agree(control, wire, person, self.now()))
        return WantedBinding(account, investor_of(self.asset, person), f"person-{person}", proof)


def prove_account(
    asset: bytes, caip2: str, person: int, account: Account, expires_at: int, nonce: str, wire: str
) -> dict[str, Any]:
    """The proof of control, signed with the account's own key, and the person's consent by the credential in `wire`.

    The person agrees ten minutes before the statement ends.
    """
    control = AccountControl(ORACLE, asset, caip2, account.id, holder(person).public.thumbprint, nonce, expires_at)
    consent = agree(control, wire, person, expires_at - 600)
    if account.kind == "evm":
        signature = bytes(account.key.sign_message(control.signable()).signature)
        return dict(proof_json(control, Proof(Scheme.EIP712, signature), consent))
    signature = bytes(account.key.sign(control.text().encode()))
    return dict(proof_json(control, Proof(Scheme.SR25519, signature), consent))


def agree(control: AccountControl, wire: str, person: int, at: int, topic: str = "kyc") -> str:
    """The key binding JWT that a person's wallet makes when it agrees to a statement."""
    challenge = Challenge(
        f"decentralized_identifier:{control.oracle}", "of-the-request", 300, (transaction_data(control, topic),)
    )
    shown = SdJwtVc().present(wire, (), challenge, holder(person), at)
    return shown.rpartition("~")[2]


def investor_of(asset: bytes, person: int) -> bytes:
    """The investor id of a person for an asset: different for every asset."""
    return bytes(16) + asset[:8] + (0xA0_0000 + person).to_bytes(8, "big")


class OracleHouse:
    """Everything together, over a running system. A context manager."""

    def __init__(self, system: LocalSystem, folder: Path, salt: int) -> None:
        self.system, self.folder, self._salt = system, folder, salt
        self._stack = ExitStack()
        self.processes: list[ChainProcess] = []
        self.urls: list[str] = []

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

    @property
    def chains(self) -> dict[bytes, Any]:
        return {chain.domain: chain for chain in self.system.chains.values()}

    def now(self) -> int:
        return int(time.time())

    def word(self, chain: Chain, person: int) -> EligibilityWord:
        return EligibilityWord.unpack(chain.views().eligibility_of(self.asset, investor_of(self.asset, person)))

    def publisher(self, urls: Sequence[str] | None = None, *, transport: Any = None) -> Publishing:
        return Publishing(self, urls or self.urls, transport)

    def restart(self, place: int) -> None:
        """Starts a killed signer again with its key and store."""
        self._signers.restart(place)

    def _start(self) -> None:
        self.authority = DevelopmentAuthority(self.folder / "ca")
        self.served = self._stack.enter_context(Served(self.authority.serve_localhost("issuer")))
        self._found_asset()
        self.rules = parse_policy(json.dumps(self.document()))
        with ThreadPoolExecutor(2) as pool:
            for done in [
                pool.submit(
                    chain.set_document,
                    self.asset,
                    DOCUMENT_NAME,
                    "https://oracle.example/policy",
                    self.rules.digest,
                    staff(chain.name).controller,
                )
                for chain in self.chains.values()
            ]:
                done.result()
        self._start_signers()
        self.desk = Desk(self.asset, self.rules, self.served, self.now)

    def document(self, **changed: Any) -> dict[str, Any]:
        """The policy: an enhanced identity check, nothing else."""
        return {
            "format": "lockstep-policy/1",
            "asset": "0x" + self.asset.hex(),
            "version": 1,
            "effective_at": 0,
            "holding_limit": str(LIMIT),
            "buckets": [{"name": ACCREDITED, "seats": SEATS}],
            "admit": {"topic": "kyc", "where": {"level": {"equals": "enhanced"}}},
            "trust": {"kyc": [self.served.issuer.did]},
            "grid_offset": 1_000,
            **changed,
        }

    def _found_asset(self) -> None:
        substrate, evm = self.system.substrate, self.system.evm
        params = house.params(substrate.domain, staff("substrate").controller.id, self._salt.to_bytes(32, "big"))

        def found(chain: Any, far: Any) -> bytes:
            keys = staff(chain.name)
            registered = chain.register_asset(params, keys.controller.id, keys.admin)
            assert registered.asset is not None
            chain.open_asset(far.domain, registered.asset, keys.admin)
            return bytes(registered.asset)

        with ThreadPoolExecutor(2) as pool:
            home, away = pool.submit(found, substrate, evm), pool.submit(found, evm, substrate)
            assert home.result() == away.result()
            self.asset = home.result()

    def _start_signers(self) -> None:
        chains = chain_settings(
            self.system.devnet, self.system.contracts, {name: one.domain for name, one in self.system.chains.items()}
        )
        self._signers = self._stack.enter_context(
            SignerProcesses(self.folder, self.authority, chains, ORACLE, [self.served.host])
        )
        self.processes, self.urls = self._signers.processes, self._signers.urls


class Publishing:
    """A publisher over its journal on disk, for one event loop: `async with`."""

    def __init__(self, rooms: OracleHouse, urls: Sequence[str], transport: Any) -> None:
        self._rooms, self._urls, self._transport = rooms, urls, transport

    async def __aenter__(self) -> Publisher:
        rooms = self._rooms
        self._database = Database(f"sqlite:///{rooms.folder / 'oracle.sqlite'}")
        with self._database.writer.begin() as connection:
            METADATA.create_all(connection)
        self._writer = Writer(
            self._database, AuditChain(AUDIT, lambda _purpose, data: data[:32].ljust(32, b"\0")), rooms.now
        )
        self._pool = SignerPool(self._urls, roots=rooms.authority.root_file, transport=self._transport)
        accounts = {chain.name: staff(chain.name).relayer for chain in rooms.chains.values()}
        return Publisher(rooms.chains, accounts, self._pool, rooms.desk, self._database, self._writer, rooms.now, RULES)

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()
        await asyncio.to_thread(self._writer.close)
        self._database.close()
