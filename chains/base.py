"""What a chain is to everyone else.

One synchronous Protocol for both chains. Rules: only finalised blocks create facts, so `events` serves finalised ranges
only; a read that decides something is pinned to a block by its hash (`views(at)`); a submission returns once a
block holds it, which proves nothing until that block is final. Times are UTC epoch seconds, accounts bytes32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bridge.digests import digest_order
from bridge.errors import UnrecoverableError
from bridge.refusals import Refusal
from bridge.types import (
    Approval,
    BindingPermit,
    InitiateRequest,
    Lot,
    OracleBatch,
    TransferOrder,
    TransferReceipt,
)
from chains.accounts import Account
from chains.errors import MalformedAnswer
from chains.token_events import Event
from chains.views import AssetParams, LimitView, Views

OnSigned = Callable[[str], None]
"""Told the hash of each signed transaction before it leaves, so that a journal holds it whatever happens next."""


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block: height, hash (32 bytes) and its own time in seconds."""

    number: int
    hash: bytes
    time: int


@dataclass(frozen=True, slots=True)
class TxRef:
    """Where a transaction stands. `index` is its place in the block, which is how Substrate explorers name it."""

    chain: str
    hash: str
    block: BlockRef
    index: int | None = None

    @property
    def place(self) -> str:
        """`block-index` when the place is known, else the hash."""
        return self.hash if self.index is None else f"{self.block.number}-{self.index}"


@dataclass(frozen=True, slots=True)
class OrderInitiated:
    """The source took the lots and promises this order."""

    order_id: bytes
    order: TransferOrder
    at: TxRef


@dataclass(frozen=True, slots=True)
class OrderDelivered:
    """The destination credited the order; `decided_at` is its block's time."""

    order_id: bytes
    source: bytes
    nonce: int
    decided_at: int
    at: TxRef


@dataclass(frozen=True, slots=True)
class OrderRejected:
    """The destination will never credit the order: outcome 2 Rejected or 3 Expired."""

    order_id: bytes
    source: bytes
    nonce: int
    outcome: int
    reason: int
    decided_at: int
    at: TxRef


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """The destination did not credit the order this time, with the number of the rule."""

    order_id: bytes
    source: bytes
    nonce: int
    code: int
    at: TxRef


@dataclass(frozen=True, slots=True)
class OrderSettled:
    """The source closed the flight: `outcome` 1 ended it, 2 and 3 returned the lots."""

    order_id: bytes
    lane: bytes
    nonce: int
    outcome: int
    reason: int
    at: TxRef


ChainEvent = OrderInitiated | OrderDelivered | OrderRejected | OrderRefused | OrderSettled


@dataclass(frozen=True, slots=True)
class Happened:
    """Something other than an order's event, and the transaction that caused it."""

    event: Event
    at: TxRef


@dataclass(frozen=True, slots=True)
class Submitted:
    """A transaction that a block holds and that did what it was asked, with the protocol's events it caused: orders'
    in `events`, all others in `happened`.

    `codes` is filled by `deliver` only: one refusal number per order, 0 for credited. `asset` by `register_asset` only.
    """

    tx: TxRef
    events: tuple[ChainEvent, ...] = ()
    codes: tuple[int, ...] = ()
    asset: bytes | None = None
    fee: int = 0
    happened: tuple[Event, ...] = ()

    @property
    def order_id(self) -> bytes:
        """Id of the order that `initiate` made. ValueError when there is none."""
        return self._initiated.order_id

    @property
    def order(self) -> TransferOrder:
        """The order that `initiate` made. ValueError when there is none."""
        return self._initiated.order

    @property
    def _initiated(self) -> OrderInitiated:
        for event in self.events:
            if isinstance(event, OrderInitiated):
                return event
        raise ValueError("this transaction initiated no order")


class WrongDomain(UnrecoverableError):
    """A chain states a domain that does not follow from its names: it is not the chain this was set up for."""

    def __init__(self, chain: str, stated: bytes, derived: bytes) -> None:
        self.chain, self.stated, self.derived = chain, stated, derived
        super().__init__(f"{chain} states domain {stated.hex()}, its names give {derived.hex()}")


def delivery_codes(after: Views, orders: Sequence[TransferOrder], done: Submitted) -> Submitted:
    """`done` with one code per order, from its events; an order without an event must have had its outcome before.

    MalformedAnswer when an order has neither: the chain accepted the call and says nothing about it.
    """
    codes = {event.order_id: event.code for event in done.events if isinstance(event, OrderRefused)}
    codes |= {event.order_id: 0 for event in done.events if isinstance(event, OrderDelivered)}
    return replace(done, codes=tuple(_code_of(after, order, codes, done.tx) for order in orders))


def _code_of(after: Views, order: TransferOrder, codes: dict[bytes, int], tx: TxRef) -> int:
    order_id = digest_order(order)
    if order_id in codes:
        return codes[order_id]
    if after.outcome_of(order.source, order.nonce) != 0:
        return Refusal.OrderConsumed
    raise MalformedAnswer(tx.chain, f"the delivery of order {order_id.hex()}")


class Chain(Protocol):
    """One chain, safe to call from several threads.

    Every method may raise `ChainUnavailable`. The submitting ones raise `Refused` with the rule and its values when the
    chain refuses, `TransactionInvalid` when the node does, `TransactionFailed` when it was included in vain, and
    `TransactionLost` when nobody knows.
    """

    @property
    def name(self) -> str:
        """`substrate` or `evm`."""

    @property
    def domain(self) -> bytes:
        """The domain that signatures checked by this chain are made under, as the chain itself states it."""

    def finalised(self) -> BlockRef:
        """The newest final block."""

    def head(self) -> BlockRef:
        """The newest block, final or not: for clocks shown to people and for dry runs only."""

    def block(self, number: int) -> BlockRef:
        """The block of the main chain at this height. BlockUnknown when there is none."""

    def views(self, at: BlockRef | None = None) -> Views:
        """The read side in the state after `at` (None: after the newest block, whatever it is at each call)."""

    def words(self, keys: Sequence[tuple[bytes, bytes]], at: BlockRef) -> list[int]:
        """The eligibility words of many (asset, investor) in the state after `at`, in their order; 0: no record."""

    def limits(self, keys: Sequence[tuple[bytes, bytes]], at: BlockRef) -> list[LimitView]:
        """Parts of holding limits of many (asset, investor) in the state after `at`, in their order."""

    def events(self, first: int, last: int) -> list[ChainEvent]:
        """The protocol's events in [first, last], in order. NotFinal when this node has not finalised `last`."""

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        """The newest final block once its height exceeds `after`; TimeoutError after `timeout` seconds."""

    def submit_batch(self, batch: OracleBatch, set_id: int, signatures: Sequence[bytes], signer: Account) -> Submitted:
        """Hands in a batch of the oracle."""

    def bind(self, permit: BindingPermit, set_id: int, signatures: Sequence[bytes], signer: Account) -> Submitted:
        """Binds the signer's own account by the oracle's permit."""

    def initiate(self, request: InitiateRequest, signer: Account) -> Submitted:
        """Starts a crossing from the signer's account."""

    def deliver(
        self,
        orders: Sequence[TransferOrder],
        approval: Approval,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """Delivers orders under one approval; see `Submitted.codes`."""

    def reject(
        self,
        order: TransferOrder,
        reason: int,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """Ends an order on its destination without crediting it."""

    def settle(
        self,
        order: TransferOrder,
        receipt: TransferReceipt,
        set_id: int,
        signatures: Sequence[bytes],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """Closes an order on its source by the destination's outcome."""

    def transfer(self, asset: bytes, to: bytes, amount: int, signer: Account) -> Submitted:
        """Moves tokens from the signer's account on this chain."""

    def issue(
        self,
        asset: bytes,
        account: bytes,
        lots: Sequence[Lot],
        signer: Account,
        on_signed: OnSigned | None = None,
    ) -> Submitted:
        """Issues lots on the home chain; the signer must be the asset's controller."""

    def register_asset(self, params: AssetParams, controller: bytes, signer: Account) -> Submitted:
        """Registers an asset; on an EVM chain this deploys its token. Admin only."""

    def open_lane(self, lane: bytes, account_kind: int, min_flight: int, max_flight: int, signer: Account) -> Submitted:
        """Opens a lane to another chain's domain, flight times in seconds. Admin only."""

    def open_asset(self, lane: bytes, asset: bytes, signer: Account) -> Submitted:
        """Lets an asset cross a lane. Admin only."""

    def pause(self, bits: int, signer: Account) -> Submitted:
        """Sets pause bits for everything (transfer 1, initiate 2, deliver 4, settle 8). Guardian or admin."""

    def resume(self, bits: int, signer: Account) -> Submitted:
        """Clears pause bits for everything. Admin only."""

    def pause_asset(self, asset: bytes, bits: int, signer: Account) -> Submitted:
        """Sets pause bits for one asset. Guardian or admin."""

    def resume_asset(self, asset: bytes, bits: int, signer: Account) -> Submitted:
        """Clears pause bits for one asset. Admin only."""

    def pause_lane(self, lane: bytes, bits: int, signer: Account) -> Submitted:
        """Sets pause bits for one lane. Guardian or admin."""

    def resume_lane(self, lane: bytes, bits: int, signer: Account) -> Submitted:
        """Clears pause bits for one lane. Admin only."""

    def close(self) -> None:
        """Closes every connection of every thread."""
