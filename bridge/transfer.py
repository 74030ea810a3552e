"""The life of one transfer as a pure state machine: ``transition(state, event) -> (state, effects)``.

    SEEN -> APPROVED -> SUBMITTED -> DELIVERED -> SETTLED
    SEEN, HELD, APPROVED, SUBMITTED -> REJECTING -> REJECTED -> REFUNDED      (REJECTED: outcome Rejected or Expired)
    SEEN, APPROVED, SUBMITTED -> HELD -> SEEN                                 (a refusal that may pass)

What a state needs done follows from the state alone (`work`), and a transition yields effects only where that changes.
So a repeated event has no second effect, and after a crash `work` of the journalled state is what remains to be done.

Chain facts outrank wishes: anyone may deliver, so an outcome is taken from every open state, also if this daemon never
collected anything. The destination is the only judge. Two different outcomes of one order are an error, never a choice.
An event that says nothing new in a state is a no-op.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import assert_never

from bridge.decisions import Approve, Hold, Reject
from bridge.errors import InvalidInput, UnrecoverableError
from bridge.refusals import Refusal
from bridge.transfer_events import (
    CollectApprovals,
    CollectReceipts,
    CollectRejections,
    DeadlineReached,
    DecisionMade,
    DeliverySubmitted,
    DestinationDelivered,
    DestinationRefused,
    DestinationRejected,
    Effect,
    OrderSeen,
    Purpose,
    QuorumReached,
    SourceSettled,
    SubmissionFailed,
    SubmitDelivery,
    SubmitRejection,
    SubmitSettlement,
    Tick,
    TransferEvent,
)
from bridge.types import Outcome, Reason, TransferOrder, TransferReceipt


class Status(Enum):
    """Where a transfer stands; the values are the words people see."""

    SEEN = "seen"
    HELD = "held"
    APPROVED = "approved"
    SUBMITTED = "submitted"
    REJECTING = "rejecting"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    SETTLED = "settled"
    REFUNDED = "refunded"

    @property
    def is_terminal(self) -> bool:
        """Nothing happens to the transfer any more."""
        return self in (Status.SETTLED, Status.REFUNDED)


_OPEN = frozenset({Status.SEEN, Status.HELD, Status.APPROVED, Status.SUBMITTED, Status.REJECTING})
"""The destination has not decided yet, as far as is known."""
_DECIDED = frozenset({Status.DELIVERED, Status.REJECTED})


class WrongTransfer(InvalidInput):
    """An event is about another order, or its first event is not OrderSeen. The caller routed it wrongly."""

    def __init__(self, have: bytes | None, need: bytes) -> None:
        self.have, self.need = have, need
        super().__init__(f"event of order 0x{need.hex()} for {'no transfer' if have is None else '0x' + have.hex()}")


class ContradictoryOutcomeError(UnrecoverableError):
    """One order has two outcomes, or two contents. Exactly-once is broken: halt the lane and call a person."""

    def __init__(self, order_id: bytes, have: Outcome, got: Outcome) -> None:
        self.order_id, self.have, self.got = order_id, have, got
        super().__init__(f"order 0x{order_id.hex()} ended as {have.name} and as {got.name}")


@dataclass(frozen=True, slots=True)
class TransferState:
    """All that the machine remembers of one transfer.

    `has_quorum`: the signatures that the status waits for are in the journal. `reason`: the refusal number being
    signed (REJECTING) or decided. `held`: why, in HELD. `decided_at`: UTC seconds, 0 while unknown.
    """

    order_id: bytes
    order: TransferOrder
    status: Status = Status.SEEN
    has_quorum: bool = False
    held: tuple[Reason, ...] = ()
    under_review: bool = False
    outcome: Outcome = Outcome.NONE
    reason: int = 0
    decided_at: int = 0

    @property
    def receipt(self) -> TransferReceipt:
        """The receipt that attestors sign for the outcome."""
        return TransferReceipt(self.order_id, self.outcome, self.reason, self.decided_at)


def work(state: TransferState) -> tuple[Effect, ...]:
    """What a state needs done. After a restart this is what has to be taken up again."""
    order_id = state.order_id
    match state.status:
        case Status.SEEN:
            return (CollectApprovals(order_id),)
        case Status.APPROVED:
            return (SubmitDelivery(order_id),)
        case Status.REJECTING if state.has_quorum:
            return (SubmitRejection(order_id, state.reason),)
        case Status.REJECTING:
            return (CollectRejections(order_id, state.reason),)
        case Status.DELIVERED | Status.REJECTED if state.has_quorum:
            return (SubmitSettlement(order_id, state.receipt),)
        case Status.DELIVERED | Status.REJECTED:
            return (CollectReceipts(order_id, state.receipt),)
    return ()


def transition(state: TransferState | None, event: TransferEvent) -> tuple[TransferState, tuple[Effect, ...]]:
    """The state after an event, and what has to be done now because of it.

    A transfer begins with OrderSeen on no state; feed a source's events before those of its destinations.

    Raises:
        WrongTransfer: the event is about another order, or is not OrderSeen though there is no state.
        ContradictoryOutcomeError: the order ends in a second way.
    """
    if state is None:
        if not isinstance(event, OrderSeen):
            raise WrongTransfer(None, event.order_id)
        begun = TransferState(event.order_id, event.order)
        return begun, work(begun)
    if event.order_id != state.order_id or (isinstance(event, OrderSeen) and event.order != state.order):
        raise WrongTransfer(state.order_id, event.order_id)
    after = _next(state, event)
    needed = work(after)
    return after, needed if needed != work(state) else ()


def _next(state: TransferState, event: TransferEvent) -> TransferState:
    match event:
        case DestinationDelivered():
            return _decided(state, Outcome.DELIVERED, 0, event.decided_at)
        case DestinationRejected():
            return _decided(state, event.outcome, event.reason, event.decided_at)
        case SourceSettled():
            return _settled(state, event)
        case QuorumReached():
            return _signed(state, event)
        case SubmissionFailed():
            return _failed(state, event.purpose)
        case OrderSeen():
            return state
    return _open_next(state, event) if state.status in _OPEN else state


def _open_next(
    state: TransferState, event: DecisionMade | DeliverySubmitted | DestinationRefused | DeadlineReached | Tick
) -> TransferState:
    match event:
        case DecisionMade():
            return _advised(state, event)
        case DeliverySubmitted():
            return replace(state, status=Status.SUBMITTED) if state.status is Status.APPROVED else state
        case DestinationRefused():
            is_ours = state.status in (Status.APPROVED, Status.SUBMITTED)
            return _held(state, (event.reason,)) if is_ours else state
        case DeadlineReached():
            # A rejection that is signed already may still land; if it fails, the next DeadlineReached changes it.
            is_signed = state.status is Status.REJECTING and state.has_quorum
            return state if is_signed else _rejecting(state, Refusal.DeadlinePassed)
        case Tick():
            return _seen(state) if state.status is Status.HELD else state
    assert_never(event)


def _advised(state: TransferState, event: DecisionMade) -> TransferState:
    decision = event.decision
    is_rejecting = state.status is Status.REJECTING
    if is_rejecting and (state.has_quorum or state.reason == Refusal.DeadlinePassed):
        return state  # Signed already, or past the deadline: no advice changes that.
    match decision:
        case Reject():
            return _rejecting(state, decision.reason.code)
        case Hold() if state.status is not Status.SUBMITTED:
            return _held(state, decision.reasons, decision.under_review)
        case Approve() if is_rejecting or state.status is Status.HELD:
            return _seen(state)
    return state


def _signed(state: TransferState, event: QuorumReached) -> TransferState:
    match event.purpose:
        case Purpose.DELIVERY if state.status in (Status.SEEN, Status.HELD):
            return replace(state, status=Status.APPROVED, held=(), under_review=False)
        case Purpose.REJECTION if state.status is Status.REJECTING and event.reason == state.reason:
            return replace(state, has_quorum=True)
        case Purpose.SETTLEMENT if state.status in _DECIDED:
            return replace(state, has_quorum=True)
    return state


def _failed(state: TransferState, purpose: Purpose) -> TransferState:
    match purpose:
        case Purpose.DELIVERY if state.status in (Status.APPROVED, Status.SUBMITTED):
            return _seen(state)
        case Purpose.REJECTION if state.status is Status.REJECTING:
            return replace(state, has_quorum=False)
        case Purpose.SETTLEMENT if state.status in _DECIDED:
            return replace(state, has_quorum=False)
    return state


def _decided(state: TransferState, outcome: Outcome, reason: int, decided_at: int) -> TransferState:
    if state.status in _OPEN:
        status = Status.DELIVERED if outcome is Outcome.DELIVERED else Status.REJECTED
        return TransferState(state.order_id, state.order, status, outcome=outcome, reason=reason, decided_at=decided_at)
    _require_same(state, outcome, reason)
    return replace(state, decided_at=state.decided_at or decided_at)


def _settled(state: TransferState, event: SourceSettled) -> TransferState:
    if state.status not in _OPEN:
        _require_same(state, event.outcome, event.reason)
    status = Status.SETTLED if event.outcome is Outcome.DELIVERED else Status.REFUNDED
    return TransferState(
        state.order_id, state.order, status, outcome=event.outcome, reason=event.reason, decided_at=state.decided_at
    )


def _require_same(state: TransferState, outcome: Outcome, reason: int) -> None:
    if (state.outcome, state.reason) != (outcome, reason):
        raise ContradictoryOutcomeError(state.order_id, state.outcome, outcome)


def _seen(state: TransferState) -> TransferState:
    return TransferState(state.order_id, state.order)


def _held(state: TransferState, reasons: tuple[Reason, ...], under_review: bool = False) -> TransferState:
    return TransferState(state.order_id, state.order, Status.HELD, held=reasons, under_review=under_review)


def _rejecting(state: TransferState, reason: int) -> TransferState:
    if state.status is Status.REJECTING and state.reason == reason:
        return state
    return TransferState(state.order_id, state.order, Status.REJECTING, reason=reason)
