"""A chain in memory that keeps the oracle's promises: batches in order, words, parts, bindings; finality lags behind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bridge.digests import digest_batch
from bridge.eligibility import EligibilityWord
from bridge.quorum import check_quorum
from bridge.refusals import Refusal, Refused
from bridge.types import OracleBatch, SignerSet
from chains.accounts import Account
from chains.base import BlockRef, Happened, Submitted, TxRef
from chains.errors import BlockUnknown
from chains.token_events import AccountBound, BatchApplied, Event, ItemSkipped, QuotaSet
from chains.views import AccountView, ClockView, DocumentView, Identity, LimitView, QuotaView, SignerSetView


@dataclass
class State:
    number: int = 0
    issued_at: int = 0
    words: dict[tuple[bytes, bytes], EligibilityWord] = field(default_factory=dict)
    used: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    quotas: dict[tuple[bytes, int], tuple[int, int]] = field(default_factory=dict)
    accounts: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    documents: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)


class FakeViews:
    def __init__(self, chain: FakeChain, state: State, time: int) -> None:
        self._chain, self._state, self._time = chain, state, time

    def identity(self) -> Identity:
        return Identity(self._chain.caip2, bytes(32), bytes(32), self._chain.domain)

    def clock(self) -> ClockView:
        return ClockView(self._state.number, self._state.issued_at, 0, self._time)

    def signer_set(self, role: int) -> SignerSetView:
        assert role == 2
        return SignerSetView(self._chain.signers, 0, 0)

    def eligibility_of(self, asset: bytes, investor: bytes) -> int:
        self._chain.reads += 1
        return self.word(asset, investor).pack()

    def word(self, asset: bytes, investor: bytes) -> EligibilityWord:
        return self._state.words.get((asset, investor), EligibilityWord(0, 0, 0, 0, 0))

    def limit_of(self, asset: bytes, investor: bytes) -> LimitView:
        limit, used = self.word(asset, investor).limit, self._state.used.get((asset, investor), 0)
        return LimitView(limit, used, limit - used)

    def quota_of(self, asset: bytes, class_: int) -> QuotaView:
        return QuotaView(*self._state.quotas.get((asset, class_), (0, 0)))

    def account_of(self, asset: bytes, account: bytes) -> AccountView:
        return AccountView(self._state.accounts.get((asset, account), bytes(32)), 0, 0)

    def document_of(self, asset: bytes, name: bytes) -> DocumentView | None:
        digest = self._state.documents.get((asset, name))
        return None if digest is None else DocumentView("https://oracle.example/policy", digest, 1)


class FakeChain:
    """`lag`: how many blocks finality is behind. `before` is called with each batch that is handed in and may raise."""

    def __init__(self, name: str, clock: Callable[[], int], signers: SignerSet, *, lag: int = 0) -> None:
        self.name, self.lag, self.signers, self._clock = name, lag, signers, clock
        self.caip2 = "eip155:31337" if name == "evm" else "polkadot:" + "0" * 32
        self.domain = hashlib.sha256(name.encode()).digest()
        self.state = State(issued_at=0)
        self.blocks: list[tuple[BlockRef, State, list[Event]]] = []
        self.before: Callable[[OracleBatch], None] = lambda batch: None
        self.skip: set[tuple[int, int]] = set()
        self.batches: list[OracleBatch] = []
        self.reads = 0
        self.mine()

    def mine(self, *events: Event) -> BlockRef:
        number = len(self.blocks)
        block = BlockRef(number, hashlib.sha256(f"{self.name} {number}".encode()).digest(), self._clock())
        self.blocks.append((block, deepcopy(self.state), list(events)))
        return block

    def finalised(self) -> BlockRef:
        return self.blocks[max(0, len(self.blocks) - 1 - self.lag)][0]

    def head(self) -> BlockRef:
        return self.blocks[-1][0]

    def block(self, number: int) -> BlockRef:
        if number >= len(self.blocks):
            raise BlockUnknown(self.name, str(number))
        return self.blocks[number][0]

    def views(self, at: BlockRef | None = None) -> Any:
        block, state, _ = self.blocks[-1 if at is None else at.number]
        return FakeViews(self, state, block.time)

    def words(self, keys: Sequence[tuple[bytes, bytes]], at: BlockRef) -> list[int]:
        return [self.views(at).eligibility_of(*key) for key in keys]

    def limits(self, keys: Sequence[tuple[bytes, bytes]], at: BlockRef) -> list[LimitView]:
        return [self.views(at).limit_of(*key) for key in keys]

    def events(self, first: int, last: int) -> list[Event]:
        return []

    def history(self, first: int, last: int, asset: bytes | None = None) -> list[Happened]:
        return [
            Happened(event, TxRef(self.name, "0x", block))
            for block, _, events in self.blocks[first : last + 1]
            for event in events
        ]

    def submit_batch(self, batch: OracleBatch, set_id: int, signatures: Sequence[bytes], signer: Account) -> Submitted:
        self.before(batch)
        if set_id != self.signers.id:
            raise Refused.of(Refusal.SignerSetUnknown, set_id, self.signers.id)
        if batch.number > self.state.number + 1:
            raise Refused.of(Refusal.BatchOutOfOrder, self.state.number + 1)
        check_quorum(self.signers, digest_batch(batch, self.domain), signatures)
        events = self.apply(batch) if batch.number == self.state.number + 1 else []
        return Submitted(TxRef(self.name, f"0x{len(self.blocks):064x}", self.head()), happened=tuple(events))

    def apply(self, batch: OracleBatch) -> list[Event]:
        """The batch as the chain applies it, in a block of its own."""
        state, events = self.state, list[Event]()
        for kind, items in enumerate((batch.eligibilities, batch.bindings, batch.quotas), start=1):
            for index in range(len(items)):
                if (kind, index) in self.skip:
                    events.append(ItemSkipped(batch.number, kind, index, int(Refusal.AccountInUse)))
        for index, item in enumerate(batch.eligibilities):
            if (1, index) not in self.skip:
                before = state.words.get((item.asset, item.investor), EligibilityWord(0, 0, 0, 0, 0))
                state.words[item.asset, item.investor] = before.apply(item, batch.number)
        for index, binding in enumerate(batch.bindings):
            if (2, index) not in self.skip:
                state.accounts[binding.asset, binding.account] = binding.investor
                events.append(AccountBound(binding.asset, binding.account, binding.investor))
        for quota in batch.quotas:
            part, holders = state.quotas.get((quota.asset, quota.class_), (0, 0))
            state.quotas[quota.asset, quota.class_] = (part + quota.delta, holders)
            events.append(QuotaSet(quota.asset, quota.class_, part + quota.delta, max(0, -quota.delta)))
        state.number, state.issued_at = batch.number, batch.issued_at
        events.append(BatchApplied(batch.number, batch.issued_at))
        self.batches.append(batch)
        self.mine(*events)
        return events

    def close(self) -> None:
        """Nothing is open."""
