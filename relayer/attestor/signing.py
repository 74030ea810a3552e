"""When an attestor signs, and what (protocol sections 3 and 6).

Everything is checked against its own nodes at final blocks; what the asker says is a hint at most. An approval and a
rejection of one order may both be signed - the destination takes only one of them, for ever - but never two receipts.
What is about to be signed is on the disk before it is signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bridge.decisions import Approve, Decision, Hold, Reject, decide
from bridge.digests import digest_approval, digest_order, digest_receipt, digest_rejection
from bridge.refusals import Refusal
from bridge.signing import DigestSigner
from bridge.types import (
    MAX_APPROVAL_SECONDS,
    MAX_CLOCK_LEAD_SECONDS,
    Approval,
    Outcome,
    Reason,
    Rejection,
    Role,
    TransferOrder,
    TransferReceipt,
)
from chains.base import BlockRef, Chain
from chains.errors import NodesDisagree
from chains.witness import Witness
from relayer.attestor.guards import standing_at_destination, standing_at_source
from relayer.attestor.store import AttestorStore, SeenOrder, SeenOutcome
from relayer.errors import ClockAhead, ExpiryRefused, Held, LaneHalted, NotASigner, NotYetDecided, OrderUnknown

T = TypeVar("T")


class Decisions(Protocol):
    """Who says whether an order may arrive. The chain's rules come as `reasons`; an oracle may add to them."""

    def decide(self, order: TransferOrder, reasons: tuple[Reason, ...]) -> Decision:
        """Approve, hold or reject; called for each signature anew."""


class ChainDecisions:
    """Decides by the rules of the chains alone."""

    def decide(self, order: TransferOrder, reasons: tuple[Reason, ...]) -> Decision:
        """See `bridge.decisions.decide`."""
        return decide(reasons)


@dataclass(frozen=True, slots=True)
class SignedApproval:
    """A signature over Approval([order_id], expires_at) under the destination's domain, for a signer set there."""

    order_id: bytes
    expires_at: int
    set_id: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedRejection:
    """A signature over Rejection(order_id, reason) under the destination's domain."""

    order_id: bytes
    reason: int
    set_id: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A signature over a TransferReceipt under the SOURCE's domain."""

    receipt: TransferReceipt
    set_id: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class _Lane:
    source: Witness
    destination: Witness
    seen: SeenOrder

    @property
    def order(self) -> TransferOrder:
        return self.seen.order


class Attestor:
    """One attestor: its key, its nodes, its memory, its decision."""

    def __init__(
        self,
        chains: Mapping[bytes, Witness],
        store: AttestorStore,
        signer: DigestSigner,
        decisions: Decisions,
        clock: Callable[[], int],
    ) -> None:
        """`chains` by domain; `clock` gives UTC seconds."""
        self._chains = dict(chains)
        self._store = store
        self._signer = signer
        self._decisions = decisions
        self._clock = clock

    @property
    def address(self) -> bytes:
        """The address that its signatures recover to."""
        return self._signer.address

    def approve(self, source: bytes, nonce: int, expires_at: int, destination: bytes | None = None) -> SignedApproval:
        """Lets one order be delivered until `expires_at` (UTC seconds).

        Raises: OrderUnknown, LaneHalted, ClockAhead, ExpiryRefused, Held, NotASigner, TooFewNodes.
        """
        now = self._clock()
        if not now < expires_at <= now + MAX_APPROVAL_SECONDS:
            raise ExpiryRefused(expires_at, now)
        lane = self._lane(source, destination, nonce)
        return self._guarded(lane, lambda: self._approve(lane, expires_at))

    def reject(self, source: bytes, nonce: int, destination: bytes | None = None) -> SignedRejection:
        """Ends one order for a permanent reason or its deadline.

        Raises: as `approve` without ExpiryRefused; Held when nothing permanent stands against the order.
        """
        lane = self._lane(source, destination, nonce)
        return self._guarded(lane, lambda: self._reject(lane))

    def receipt(self, source: bytes, nonce: int, destination: bytes | None = None) -> SignedReceipt:
        """States how the destination ended one order, in a final block.

        Raises: OrderUnknown, LaneHalted, ClockAhead, NotYetDecided, NotASigner, TooFewNodes.
        """
        lane = self._lane(source, destination, nonce)
        return self._guarded(lane, lambda: self._receipt(lane))

    def halt_chain(self, domain: bytes, why: str) -> None:
        """Halts every lane from or to a chain."""
        for other in self._chains:
            if other != domain:
                self._store.halt(domain, other, why, self._clock())
                self._store.halt(other, domain, why, self._clock())

    def _approve(self, lane: _Lane, expires_at: int) -> SignedApproval:
        final = self._final_blocks(lane)
        match self._decide(lane, *final):
            case Reject(reason=reason):
                raise Held((reason,), permanent=True)
            case Hold(reasons=reasons, under_review=under_review):
                raise Held(reasons, under_review=under_review)
            case Approve():
                pass
        self._require_in_flight(lane, final[0])
        set_id = self._own_set(lane.destination, final[1])
        approval = Approval((lane.seen.order_id,), expires_at)
        signature = self._sign("approval", lane.seen.order_id, digest_approval(approval, lane.order.destination))
        return SignedApproval(lane.seen.order_id, expires_at, set_id, signature)

    def _reject(self, lane: _Lane) -> SignedRejection:
        source, destination = self._final_blocks(lane)
        # The deadline outranks every other reason: whatever else is wrong, all attestors can sign it alike from now on.
        if destination.time >= lane.order.deadline:
            reason = int(Refusal.DeadlinePassed)
            self._require_open(lane, destination)
        else:
            match self._decide(lane, source, destination):
                case Reject(reason=permanent):
                    reason = permanent.code
                case Hold(reasons=reasons, under_review=under_review):
                    raise Held(reasons, under_review=under_review)
                case Approve():
                    raise Held(())
        self._require_in_flight(lane, source)
        set_id = self._own_set(lane.destination, destination)
        rejection = Rejection(lane.seen.order_id, reason)
        signature = self._sign("rejection", lane.seen.order_id, digest_rejection(rejection, lane.order.destination))
        return SignedRejection(lane.seen.order_id, reason, set_id, signature)

    def _receipt(self, lane: _Lane) -> SignedReceipt:
        source, destination = self._final_blocks(lane)
        order = lane.order
        seen = self._store.outcome(order.destination, order.source, order.nonce)
        if seen is None:
            raise NotYetDecided(lane.seen.order_id)
        self._require_own_outcome(lane, seen, destination)
        receipt = TransferReceipt(lane.seen.order_id, seen.outcome, seen.reason, seen.decided_at)
        set_id = self._own_set(lane.source, source)
        digest = digest_receipt(receipt, order.source)
        self._store.note_receipt(order, receipt, digest, self._clock())
        return SignedReceipt(receipt, set_id, self._signer.sign(digest))

    def _require_own_outcome(self, lane: _Lane, seen: SeenOutcome, destination: BlockRef) -> None:
        """The stored outcome is of this very order, and the chain still says so."""
        order = lane.order
        if seen.order_id != lane.seen.order_id:
            self._halt(lane, f"{order.nonce} ended as order {seen.order_id.hex()}, it was sent as another")
        if lane.destination.block(seen.block.number).hash != seen.block.hash:
            self._halt(lane, f"block {seen.block.number} with the outcome of {order.nonce} was replaced")
        stored = lane.destination.ask(
            "an outcome", lambda node: node.views(destination).outcome_of(order.source, order.nonce)
        )
        if stored != seen.outcome:
            self._halt(lane, f"the outcome of {order.nonce} was {seen.outcome} and is now {stored}")

    def _decide(self, lane: _Lane, source: BlockRef, destination: BlockRef) -> Decision:
        order = lane.order

        def here(node: Chain) -> tuple[Reason, ...]:
            views = node.views(destination)
            return views.explain_deliver(order) + standing_at_destination(views, order)

        reasons = lane.destination.ask("the rules for an order", here)
        if any(reason.code == Refusal.OrderConsumed for reason in reasons):
            return Hold(reasons)
        reasons += lane.source.ask("the standing", lambda node: standing_at_source(node.views(source), order))
        return self._decisions.decide(order, _once(reasons))

    def _require_in_flight(self, lane: _Lane, source: BlockRef) -> None:
        """The source holds exactly this order in flight, in a final block."""
        order = lane.order
        stored = lane.source.ask("an order", lambda node: node.views(source).order_at(order.destination, order.nonce))
        if stored is None:
            raise Held((Reason(Refusal.InFlightUnknown, int.from_bytes(lane.seen.order_id, "big")),))
        if stored != lane.seen.order_id or digest_order(order) != stored:
            self._halt(lane, f"the source holds {stored.hex()} at {order.nonce}, its event said another order")

    def _require_open(self, lane: _Lane, destination: BlockRef) -> None:
        order = lane.order
        outcome = lane.destination.ask(
            "an outcome", lambda node: node.views(destination).outcome_of(order.source, order.nonce)
        )
        if outcome != Outcome.NONE:
            raise Held((Reason(Refusal.OrderConsumed, outcome),))

    def _final_blocks(self, lane: _Lane) -> tuple[BlockRef, BlockRef]:
        """The final blocks of source and destination. ClockAhead: times under a fast clock would come early."""
        blocks = lane.source.finalised(), lane.destination.finalised()
        now = self._clock()
        for witness, block in zip((lane.source, lane.destination), blocks, strict=True):
            if block.time > now + MAX_CLOCK_LEAD_SECONDS:
                raise ClockAhead(witness.name, block.time, now)
        return blocks

    def _own_set(self, chain: Witness, at: BlockRef) -> int:
        """Id of the current attestor set, which this key must be in."""
        current = chain.ask("the signer set", lambda node: node.views(at).signer_set(Role.ATTESTOR)).current
        if self._signer.address not in current.signers:
            raise NotASigner(chain.name, self._signer.address, current.id)
        return current.id

    def _lane(self, source: bytes, destination: bytes | None, nonce: int) -> _Lane:
        others = [domain for domain in self._chains if domain != source]
        if source not in self._chains or (destination is None and len(others) != 1):
            raise OrderUnknown(source, nonce)
        target = others[0] if destination is None else destination
        seen = self._store.order(source, target, nonce)
        if seen is None or target not in self._chains:
            raise OrderUnknown(source, nonce)
        return _Lane(self._chains[source], self._chains[target], seen)

    def _guarded(self, lane: _Lane, act: Callable[[], T]) -> T:
        """Acts unless the lane is halted, and halts it when nodes disagree."""
        order = lane.order
        why = self._store.halted(order.source, order.destination)
        if why is not None:
            raise LaneHalted(order.source, order.destination, why)
        try:
            return act()
        except NodesDisagree as error:
            self._store.halt(order.source, order.destination, str(error), self._clock())
            raise LaneHalted(order.source, order.destination, str(error)) from error

    def _halt(self, lane: _Lane, why: str) -> None:
        order = lane.order
        self._store.halt(order.source, order.destination, why, self._clock())
        raise LaneHalted(order.source, order.destination, why)

    def _sign(self, kind: str, order_id: bytes, digest: bytes) -> bytes:
        self._store.note_signature(kind, order_id, digest, self._clock())
        return self._signer.sign(digest)


def _once(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """One reason per rule, the first found, ascending: both chains may say the same."""
    by_code: dict[int, Reason] = {}
    for reason in reasons:
        by_code.setdefault(reason.code, reason)
    return tuple(by_code[code] for code in sorted(by_code))
