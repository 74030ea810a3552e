"""One signer over two chains in memory, an issuer, and requests that are right unless a test spoils them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from eth_account import Account as EthAccount

from bridge.abi import encode_struct
from bridge.digests import digest_batch
from bridge.signing import LocalSigner
from bridge.types import (
    BindingItem,
    BindingPermit,
    EligibilityItem,
    OracleBatch,
    Permission,
    QuotaItem,
    Role,
    SignerSet,
)
from chains.accounts import Account
from chains.witness import Witness
from identity.oracle.people.proofs import AccountControl, permit_json
from identity.oracle.policy.document import DOCUMENT_NAME, Policy, parse_policy
from identity.oracle.policy.grid import WEEK
from identity.oracle.signer.accounts import account_prover
from identity.oracle.signer.errors import Check, CheckFailed, ItemsFailed
from identity.oracle.signer.reading import ChainReader
from identity.oracle.signer.signing import Signer, SignerRules
from identity.oracle.signer.store import SignerStore
from identity.oracle.signer.wire import Assets, BatchRequest, Ground, PermitRequest, SeenRequest
from tests.integration.publishing.desk import ORACLE, agree, prove_account
from tests.support.credentials import Credential, Issuer, holder
from tests.unit.identity.oracle.signer.chain import FakeChain

NOW = 1_800_000_000
ASSET = bytes([0x5A] * 32)
CLASS, OTHER_CLASS, UNADMITTED_CLASS = 4_242, 4_243, 777
ALL = int(Permission.RECEIVE | Permission.SEND | Permission.BRIDGE)
EXIT = int(Permission.SEND | Permission.BRIDGE)
GRID = 1_000
UNTIL = GRID + (NOW + 35 * 86_400 - GRID) // WEEK * WEEK
LIMIT, SEATS = 1_000, 10
KEYS = sorted((LocalSigner(EthAccount.from_key(bytes([n] * 32))) for n in (1, 2, 3)), key=lambda one: one.address)
SIGNERS = SignerSet(Role.ORACLE, 1, 2, tuple(key.address for key in KEYS))
SHOWN = (("level",),)


def ana(number: int = 1) -> bytes:
    """An investor id."""
    return bytes(16) + number.to_bytes(16, "big")


def evm_account(number: int) -> Account:
    return Account.evm(EthAccount.from_key(bytes([0x40 + number] * 32)))


class World:
    """Two chains, an issuer, and the clock that all read."""

    def __init__(self, folder: Path, *, lag: int = 0) -> None:
        self.now, self.folder = NOW, folder
        self.issuer = Issuer()
        self.chains = {name: FakeChain(name, self.clock, SIGNERS, lag=lag) for name in ("evm", "substrate")}
        self.evm, self.substrate = self.chains["evm"], self.chains["substrate"]
        self.name_policy(self.policy())
        self._booths: list[Booth] = []
        self._credentials: dict[int, Credential] = {}

    def clock(self) -> int:
        return self.now

    def policy(self, **changed: Any) -> Policy:
        document: Mapping[str, Any] = {
            "format": "lockstep-policy/1",
            "asset": "0x" + ASSET.hex(),
            "version": 1,
            "effective_at": 0,
            "holding_limit": str(LIMIT),
            "buckets": [{"name": "accredited", "seats": SEATS}],
            "admit": {"topic": "kyc", "where": {"level": {"equals": "enhanced"}}},
            "trust": {"kyc": [self.issuer.did]},
            "grid_offset": GRID,
            **changed,
        }
        return parse_policy(json.dumps(document))

    def name_policy(self, policy: Policy) -> None:
        """The chains name this policy from now on."""
        for chain in self.chains.values():
            chain.state.documents[ASSET, DOCUMENT_NAME] = policy.digest
            for _ in range(chain.lag + 1):
                chain.mine()

    def booth(self, place: int = 0, **rules: Any) -> Booth:
        made = Booth(self, place, SignerRules(**rules))
        self._booths.append(made)
        return made

    def finalise(self) -> None:
        """Everything that happened becomes final."""
        for chain in self.chains.values():
            for _ in range(chain.lag):
                chain.mine()

    def close(self) -> None:
        for booth in self._booths:
            booth.close()

    # Items and requests, right unless a test spoils them.

    def batch(self, chain: FakeChain, *items: EligibilityItem | BindingItem | QuotaItem) -> OracleBatch:
        return OracleBatch(
            chain.state.number + 1,
            self.now,
            tuple(item for item in items if isinstance(item, EligibilityItem)),
            tuple(item for item in items if isinstance(item, BindingItem)),
            tuple(item for item in items if isinstance(item, QuotaItem)),
        )

    def grant(self, investor: bytes = ana(), *, delta: int = 0, **changed: Any) -> EligibilityItem:
        return replace(EligibilityItem(ASSET, investor, UNTIL, CLASS, ALL, delta), **changed)

    def credential(self, person: int = 1) -> Credential:
        """The one that a person shows unless a test says otherwise."""
        if person not in self._credentials:
            self._credentials[person] = self.issuer.credential(person, self.now)
        return self._credentials[person]

    def shown(self, credential: Credential | None = None, person: int = 1) -> tuple[str, ...]:
        return ((credential or self.credential(person)).showing(*SHOWN),)

    def request(
        self,
        chain: FakeChain,
        batch: OracleBatch,
        *,
        evidence: Sequence[str] | None = None,
        proof: Mapping[str, Any] | None = None,
        bucket: str | None = "accredited",
        policy: Policy | None = None,
        token: str | None = None,
        person: int = 1,
    ) -> BatchRequest:
        wires = tuple(self.shown(person=person) if evidence is None else evidence)
        counts = {
            "eligibility": len(batch.eligibilities),
            "binding": len(batch.bindings),
            "quota": len(batch.quotas),
        }
        grounds = tuple(
            Ground(
                kind=kind,  # type: ignore[arg-type]
                index=index,
                bucket=None if kind == "binding" else bucket,
                evidence=() if kind == "quota" else wires,
                proof=dict(proof) if kind == "binding" and proof else None,
            )
            for kind, count in counts.items()
            for index in range(count)
        )
        return BatchRequest(
            chain="0x" + chain.domain.hex(),
            batch="0x" + encode_struct(batch).hex(),
            assets={"0x" + ASSET.hex(): Assets(policy=(policy or self.policy()).canonical.decode())},
            status_tokens={self.issuer.list_uri: token or self.issuer.status_token(self.now)},
            grounds=grounds,
        )

    def proof(
        self,
        chain: FakeChain,
        account: Account,
        person: int = 1,
        *,
        nonce: str = "nonce-1",
        credential: Credential | None = None,
    ) -> dict[str, Any]:
        wire = (credential or self.credential(person)).wire
        return prove_account(ASSET, chain.caip2, person, account, self.now + 600, nonce, wire)

    def permit(
        self,
        chain: FakeChain,
        account: Account,
        *,
        investor: bytes = ana(),
        expires_at: int | None = None,
        person: int = 1,
        nonce: str = "nonce-1",
    ) -> PermitRequest:
        """The request for a permit, with the person's consent, which ends in an hour."""
        permit = BindingPermit(ASSET, account.id, investor, self.now + 600 if expires_at is None else expires_at)
        wire = self.credential(person).wire
        control = AccountControl(
            ORACLE, ASSET, chain.caip2, account.id, holder(person).public.thumbprint, nonce, self.now + 3_600
        )
        proof = permit_json(control, agree(control, wire, person, self.now))
        return PermitRequest(
            chain="0x" + chain.domain.hex(),
            permit="0x" + encode_struct(permit).hex(),
            assets={"0x" + ASSET.hex(): Assets(policy=self.policy().canonical.decode())},
            status_tokens={self.issuer.list_uri: self.issuer.status_token(self.now)},
            grounds=(Ground(kind="binding", index=0, bucket=None, evidence=self.shown(person=person), proof=proof),),
        )


class Booth:
    """One signer with its own memory."""

    def __init__(self, world: World, place: int, rules: SignerRules) -> None:
        self.world, self.place = world, place
        self.witnesses = [Witness([chain], quorum=1) for chain in world.chains.values()]  # type: ignore[list-item]
        readers = [
            ChainReader(chain.domain, witness, 0)
            for chain, witness in zip(world.chains.values(), self.witnesses, strict=True)
        ]
        self.store = SignerStore(world.folder / f"signer-{place}.sqlite")
        self.signer = Signer(
            {reader.domain: reader for reader in readers},
            self.store,
            KEYS[place],
            lambda policy: world.issuer.keys,
            account_prover(ORACLE),
            world.clock,
            rules,
        )
        self.signer.begin()

    def sign(self, request: BatchRequest) -> bytes:
        return bytes.fromhex(self.signer.sign_batch(request).signature[2:])

    def refusal(self, request: BatchRequest) -> Check:
        """The check that refuses the request, or its first item."""
        try:
            self.signer.sign_batch(request)
        except CheckFailed as error:
            return error.check
        raise AssertionError("it was signed")

    def refused_items(self, request: BatchRequest) -> list[tuple[str, int, Check]]:
        try:
            self.signer.sign_batch(request)
        except ItemsFailed as error:
            return [(one.kind, one.index, one.check) for one in error.items]
        raise AssertionError("it was signed")

    def close(self) -> None:
        for witness in self.witnesses:
            witness.close()
        self.store.close()


def seen(chain: FakeChain, batch: OracleBatch, keys: Sequence[LocalSigner] = KEYS[:2]) -> SeenRequest:
    """A batch with the signatures of these keys."""
    digest = digest_batch(batch, chain.domain)
    return SeenRequest(
        chain="0x" + chain.domain.hex(),
        batch="0x" + encode_struct(batch).hex(),
        set_id=1,
        signatures=tuple("0x" + key.sign(digest).hex() for key in keys),
    )
