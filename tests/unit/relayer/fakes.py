"""Two chains in memory that keep the protocol's promises about orders, for tests of what surrounds them.

Blocks carry events; the state after each block is kept, so pinned reads see the past. Finality lags by `lag` blocks.
The chains' rules themselves are tested elsewhere: here `reasons` says what `explain_deliver` answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eth_account import Account as EthAccount

from bridge.digests import digest_approval, digest_order, digest_receipt, digest_rejection
from bridge.quorum import check_quorum
from bridge.refusals import Refusal, Refused
from bridge.signing import LocalSigner
from bridge.types import Approval, Lot, Outcome, Reason, Rejection, SignerSet, TransferOrder, TransferReceipt
from chains.accounts import Account
from chains.base import (
    BlockRef,
    ChainEvent,
    OrderDelivered,
    OrderInitiated,
    OrderRefused,
    OrderRejected,
    OrderSettled,
    Submitted,
    TxRef,
)
from chains.errors import BlockUnknown
from chains.views import AccountView, LaneInfo, PositionView, SignerSetView, SupplyView

START = 1_800_000_000
ASSET = bytes([7] * 32)
ANA = (1).to_bytes(32, "big")
BEN = (2).to_bytes(32, "big")

SIGNERS = sorted((LocalSigner(EthAccount.from_key(bytes([n] * 32))) for n in (1, 2, 3)), key=lambda one: one.address)
RELAYER = Account.evm(EthAccount.from_key(bytes([9] * 32)))


def attestor_set(set_id: int = 1) -> SignerSet:
    return SignerSet(1, set_id, 2, tuple(signer.address for signer in SIGNERS))


@dataclass
class World:
    """The clock that both chains and all processes read."""

    now: int = START

    def clock(self) -> int:
        return self.now

    def seconds(self) -> float:
        return float(self.now)


@dataclass
class State:
    orders: dict[tuple[bytes, int], bytes] = field(default_factory=dict)
    outcomes: dict[tuple[bytes, int], int] = field(default_factory=dict)
    nonces: dict[bytes, int] = field(default_factory=dict)

    def copy(self) -> State:
        return State(dict(self.orders), dict(self.outcomes), dict(self.nonces))


class FakeViews:
    def __init__(self, chain: FakeChain, state: State, time: int) -> None:
        self._chain, self._state, self._time = chain, state, time

    def order_at(self, lane: bytes, nonce: int) -> bytes | None:
        return self._state.orders.get((lane, nonce))

    def outcome_of(self, source: bytes, nonce: int) -> int:
        return self._state.outcomes.get((source, nonce), 0)

    def explain_deliver(self, order: TransferOrder) -> tuple[Reason, ...]:
        outcome = self.outcome_of(order.source, order.nonce)
        if outcome:
            return (Reason(Refusal.OrderConsumed, outcome),)
        reasons = list(self._chain.reasons)
        if self._time >= order.deadline:
            reasons.append(Reason(Refusal.DeadlinePassed, order.deadline))
        return tuple(sorted(reasons, key=lambda reason: reason.code))

    def signer_set(self, role: int) -> SignerSetView:
        return SignerSetView(self._chain.signer_set, 0, 0)

    def lane_info(self, lane: bytes) -> LaneInfo:
        return LaneInfo(True, 1, 10, 3600, self._state.nonces.get(lane, 1), 0)

    def position_of(self, asset: bytes, investor: bytes) -> PositionView:
        return PositionView(0, 0, (), 0, 0, 1 if investor in self._chain.frozen else 0)

    def eligibility_of(self, asset: bytes, investor: bytes) -> int:
        return self._chain.words.get(investor, 0)

    def account_of(self, asset: bytes, account: bytes) -> AccountView:
        return AccountView(ANA, 0, 1 if account in self._chain.frozen else 0)

    def supply_of(self, asset: bytes) -> SupplyView:
        return self._chain.supply

    def asset_info(self, asset: bytes) -> Any:
        return self._chain.info


class FakeChain:
    """A chain of one bridge. `before` and `after` are called around each submission and may raise."""

    def __init__(self, name: str, world: World, *, lag: int = 0) -> None:
        self.name = name
        self.domain = hashlib.sha256(name.encode()).digest()
        self.world = world
        self.lag = lag
        self.reasons: list[Reason] = []
        self.frozen: set[bytes] = set()
        self.words: dict[bytes, int] = {}
        self.signer_set = attestor_set()
        self.supply = SupplyView(0, 0, 0, ())
        self.info: Any = None
        self.refuse_with: int | None = None
        self.credited: list[bytes] = []
        self.refunded: list[bytes] = []
        self.paused: list[bytes] = []
        self.calls: list[str] = []
        self.before: Callable[[str], None] = lambda call: None
        self.after: Callable[[str], None] = lambda call: None
        self._state = State()
        self.blocks: list[tuple[BlockRef, list[ChainEvent], State]] = []
        self.mine()

    def mine(self, *events: ChainEvent) -> BlockRef:
        number = len(self.blocks)
        block = BlockRef(number, hashlib.sha256(f"{self.name} {number} {self.salt}".encode()).digest(), self.world.now)
        placed = [replace(event, at=TxRef(self.name, f"0x{number:064x}", block, 1)) for event in events]
        self.blocks.append((block, placed, self._state.copy()))
        return block

    salt = 0

    def replace_from(self, number: int) -> None:
        """The chain of another life from a height on: other hashes, no events."""
        self.salt += 1
        count = len(self.blocks) - number
        del self.blocks[number:]
        for _ in range(count):
            self.mine()

    def finalised(self) -> BlockRef:
        return self.blocks[max(0, len(self.blocks) - 1 - self.lag)][0]

    def head(self) -> BlockRef:
        return self.blocks[-1][0]

    def block(self, number: int) -> BlockRef:
        if number >= len(self.blocks):
            raise BlockUnknown(self.name, str(number))
        return self.blocks[number][0]

    def views(self, at: BlockRef | None = None) -> Any:
        block, _, state = self.blocks[-1 if at is None else at.number]
        if at is not None and block.hash != at.hash:
            raise BlockUnknown(self.name, at.hash.hex())
        return FakeViews(self, state, block.time)

    def events(self, first: int, last: int) -> list[ChainEvent]:
        if last > self.finalised().number:
            raise ValueError(last)
        return [event for _, events, _ in self.blocks[first : last + 1] for event in events]

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        if self.finalised().number <= after:
            raise TimeoutError
        return self.finalised()

    def initiate_order(
        self,
        far: FakeChain,
        *,
        seconds: int = 600,
        to: bytes = ANA,
        lots: Sequence[Lot] = (Lot(5, 0, 0),),
        seat: int = 0,
    ) -> TransferOrder:
        nonce = self._state.nonces.get(far.domain, 1)
        order = TransferOrder(
            source=self.domain,
            destination=far.domain,
            nonce=nonce,
            asset=ASSET,
            terms=1,
            from_investor=ANA,
            to_investor=to,
            sender=bytes([3] * 32),
            recipient=bytes([4] * 32),
            lots=tuple(lots),
            seat=seat,
            initiated_at=self.world.now,
            deadline=self.world.now + seconds,
        )
        self._state.nonces[far.domain] = nonce + 1
        self._state.orders[far.domain, nonce] = digest_order(order)
        self.mine(OrderInitiated(digest_order(order), order, NOWHERE))
        return order

    def deliver(
        self,
        orders: Sequence[TransferOrder],
        approval: Approval,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: Callable[[str], None] | None = None,
    ) -> Submitted:
        return self._submit("deliver", lambda: self._deliver(orders, approval, set_id, signatures), on_signed)

    def reject(
        self,
        order: TransferOrder,
        reason: int,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: Callable[[str], None] | None = None,
    ) -> Submitted:
        return self._submit("reject", lambda: self._reject(order, reason, set_id, signatures), on_signed)

    def settle(
        self,
        order: TransferOrder,
        receipt: TransferReceipt,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: Callable[[str], None] | None = None,
    ) -> Submitted:
        return self._submit("settle", lambda: self._settle(order, receipt, set_id, signatures), on_signed)

    def pause_asset(self, asset: bytes, bits: int, signer: Account) -> Submitted:
        self.paused.append(asset)
        return Submitted(NOWHERE)

    def close(self) -> None:
        self.calls.append("close")

    def _submit(self, call: str, act: Callable[[], ChainEvent], on_signed: Callable[[str], None] | None) -> Submitted:
        self.before(call)
        self.calls.append(call)
        if on_signed is not None:
            on_signed(f"0x{len(self.calls):064x}")
        block = self.mine(act())
        self.after(call)
        (event,) = self.blocks[block.number][1]
        codes = (event.code if isinstance(event, OrderRefused) else 0,) if call == "deliver" else ()
        return Submitted(event.at, (event,), codes)

    def _gate(self, set_id: int, digest: bytes, signatures: Sequence[bytes]) -> None:
        if set_id != self.signer_set.id:
            raise Refused.of(Refusal.SignerSetUnknown, set_id, self.signer_set.id)
        check_quorum(self.signer_set, digest, signatures)

    def _deliver(
        self, orders: Sequence[TransferOrder], approval: Approval, set_id: int, signatures: Sequence[bytes]
    ) -> ChainEvent:
        (order,) = orders
        order_id, key = digest_order(order), (order.source, order.nonce)
        if key in self._state.outcomes:
            return OrderRefused(order_id, order.source, order.nonce, Refusal.OrderConsumed, NOWHERE)
        self._gate(set_id, digest_approval(approval, self.domain), signatures)
        if self.refuse_with is not None:
            code, self.refuse_with = self.refuse_with, None
            return OrderRefused(order_id, order.source, order.nonce, code, NOWHERE)
        self._state.outcomes[key] = Outcome.DELIVERED
        self.credited.append(order_id)
        return OrderDelivered(order_id, order.source, order.nonce, self.world.now, NOWHERE)

    def _reject(self, order: TransferOrder, reason: int, set_id: int, signatures: Sequence[bytes]) -> ChainEvent:
        order_id, key = digest_order(order), (order.source, order.nonce)
        if key in self._state.outcomes:
            raise Refused.of(Refusal.OrderConsumed, self._state.outcomes[key])
        if reason == Refusal.DeadlinePassed and self.world.now < order.deadline:
            raise Refused.of(Refusal.NotYet, order.deadline)
        self._gate(set_id, digest_rejection(Rejection(order_id, reason), self.domain), signatures)
        outcome = Outcome.EXPIRED if reason == Refusal.DeadlinePassed else Outcome.REJECTED
        self._state.outcomes[key] = outcome
        return OrderRejected(order_id, order.source, order.nonce, outcome, reason, self.world.now, NOWHERE)

    def _settle(
        self, order: TransferOrder, receipt: TransferReceipt, set_id: int, signatures: Sequence[bytes]
    ) -> ChainEvent:
        order_id = digest_order(order)
        if self._state.orders.get((order.destination, order.nonce)) != order_id:
            raise Refused.of(Refusal.InFlightUnknown, int.from_bytes(order_id, "big"))
        self._gate(set_id, digest_receipt(receipt, self.domain), signatures)
        del self._state.orders[order.destination, order.nonce]
        if receipt.outcome != Outcome.DELIVERED:
            self.refunded.append(order_id)
        return OrderSettled(order_id, order.destination, order.nonce, receipt.outcome, receipt.reason, NOWHERE)


NOWHERE = TxRef("", "", BlockRef(0, bytes(32), 0))
