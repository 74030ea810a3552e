"""The life of a transfer, step by step."""

from __future__ import annotations

import pytest

from bridge.decisions import Approve, Decision, Hold, Reject
from bridge.errors import InvalidField
from bridge.refusals import Refusal
from bridge.transfer import ContradictoryOutcomeError, Status, TransferState, WrongTransfer, transition, work
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
from bridge.types import Outcome, Reason, TransferReceipt
from tests.unit.bridge.strategies import an_order

ID = b"\x0a" * 32
SEEN = OrderSeen(ID, an_order())
APPROVED = QuorumReached(ID, Purpose.DELIVERY)
SUBMITTED = DeliverySubmitted(ID)
DELIVERED = DestinationDelivered(ID, 150)
EXPIRED = DestinationRejected(ID, Outcome.EXPIRED, Refusal.DeadlinePassed, 200)
LATE = DeadlineReached(ID)
STALE = Reason(Refusal.OracleStale, 9, 5)


def advice(decision: Decision) -> DecisionMade:
    return DecisionMade(ID, decision)


def run(*events: TransferEvent) -> tuple[TransferState, list[Effect]]:
    """The state after the events, and all effects on the way."""
    state, effects = transition(None, SEEN)
    done = list(effects)
    for event in events:
        state, effects = transition(state, event)
        done += effects
    return state, done


def test_a_delivery_goes_through_every_stage() -> None:
    receipt = TransferReceipt(ID, Outcome.DELIVERED, 0, 150)
    settled = QuorumReached(ID, Purpose.SETTLEMENT)
    state, effects = run(APPROVED, SUBMITTED, DELIVERED, settled, SourceSettled(ID, Outcome.DELIVERED, 0))
    assert state.status is Status.SETTLED
    assert effects == [
        CollectApprovals(ID),
        SubmitDelivery(ID),
        CollectReceipts(ID, receipt),
        SubmitSettlement(ID, receipt),
    ]


def test_a_passed_deadline_ends_in_a_refund() -> None:
    receipt = TransferReceipt(ID, Outcome.EXPIRED, Refusal.DeadlinePassed, 200)
    signed = QuorumReached(ID, Purpose.REJECTION, Refusal.DeadlinePassed)
    receipts = QuorumReached(ID, Purpose.SETTLEMENT)
    back = SourceSettled(ID, Outcome.EXPIRED, Refusal.DeadlinePassed)
    state, effects = run(LATE, signed, EXPIRED, receipts, back)
    assert state.status is Status.REFUNDED
    assert effects[1:] == [
        CollectRejections(ID, Refusal.DeadlinePassed),
        SubmitRejection(ID, Refusal.DeadlinePassed),
        CollectReceipts(ID, receipt),
        SubmitSettlement(ID, receipt),
    ]


def test_a_held_order_is_tried_again_at_the_next_tick() -> None:
    held, _ = run(advice(Hold((STALE,), under_review=True)))
    assert (held.status, held.held, held.under_review, work(held)) == (Status.HELD, (STALE,), True, ())
    again, effects = transition(held, Tick(ID))
    assert (again.status, again.held, again.under_review) == (Status.SEEN, (), False)
    assert effects == (CollectApprovals(ID),)


def test_a_held_order_goes_on_when_somebody_approves() -> None:
    assert run(advice(Hold((STALE,))), advice(Approve()))[0].status is Status.SEEN
    assert run(advice(Hold((STALE,))), APPROVED)[0].status is Status.APPROVED


def test_a_permanent_refusal_is_rejected_with_its_reason() -> None:
    state, effects = run(advice(Reject(Reason(Refusal.LotTooSmall, 5))))
    assert state.status is Status.REJECTING
    assert effects[-1] == CollectRejections(ID, Refusal.LotTooSmall)


def test_signatures_over_another_reason_are_no_quorum() -> None:
    rejecting = advice(Reject(Reason(Refusal.LotTooSmall, 5)))
    state, effects = run(rejecting, LATE, QuorumReached(ID, Purpose.REJECTION, Refusal.LotTooSmall))
    assert (state.reason, state.has_quorum) == (Refusal.DeadlinePassed, False)
    assert SubmitRejection(ID, Refusal.LotTooSmall) not in effects


def test_a_signed_rejection_is_not_given_up_at_the_deadline_until_it_fails() -> None:
    rejecting = advice(Reject(Reason(Refusal.LotTooSmall, 5)))
    signed = QuorumReached(ID, Purpose.REJECTION, Refusal.LotTooSmall)
    state, _ = run(rejecting, signed, LATE)
    assert state.reason == Refusal.LotTooSmall
    state, _ = run(rejecting, signed, LATE, SubmissionFailed(ID, Purpose.REJECTION), LATE)
    assert state.reason == Refusal.DeadlinePassed


def test_a_wrong_hint_to_reject_can_be_taken_back_before_it_is_signed() -> None:
    rejecting = advice(Reject(Reason(Refusal.LotTooSmall, 5)))
    assert run(rejecting, advice(Approve()))[0].status is Status.SEEN
    assert run(rejecting, advice(Hold((STALE,))))[0].status is Status.HELD
    assert run(LATE, advice(Approve()))[0].status is Status.REJECTING


def test_a_failed_submission_collects_signatures_again() -> None:
    _, effects = run(APPROVED, SUBMITTED, SubmissionFailed(ID, Purpose.DELIVERY))
    assert effects[-1] == CollectApprovals(ID)
    _, effects = run(DELIVERED, QuorumReached(ID, Purpose.SETTLEMENT), SubmissionFailed(ID, Purpose.SETTLEMENT))
    assert effects[-1] == CollectReceipts(ID, TransferReceipt(ID, Outcome.DELIVERED, 0, 150))
    signed = QuorumReached(ID, Purpose.REJECTION, Refusal.DeadlinePassed)
    _, effects = run(LATE, signed, SubmissionFailed(ID, Purpose.REJECTION))
    assert effects[-1] == CollectRejections(ID, Refusal.DeadlinePassed)


def test_a_code_from_the_destination_holds_the_order() -> None:
    state, _ = run(APPROVED, SUBMITTED, DestinationRefused(ID, STALE))
    assert (state.status, state.held) == (Status.HELD, (STALE,))


def test_advice_to_hold_does_not_call_back_a_submitted_delivery() -> None:
    assert run(APPROVED, SUBMITTED, advice(Hold((STALE,))))[0].status is Status.SUBMITTED


@pytest.mark.parametrize(
    "before",
    [(), (APPROVED,), (APPROVED, SUBMITTED), (advice(Hold((STALE,))),), (LATE,)],
    ids=["seen", "approved", "submitted", "held", "rejecting"],
)
def test_a_delivery_by_anyone_counts_in_every_open_state(before: tuple[TransferEvent, ...]) -> None:
    assert run(*before, DELIVERED)[0].status is Status.DELIVERED
    assert run(*before, EXPIRED)[0].status is Status.REJECTED
    assert run(*before, SourceSettled(ID, Outcome.REJECTED, 18))[0].status is Status.REFUNDED


def test_a_settlement_seen_before_its_delivery_still_settles() -> None:
    state, effects = run(SourceSettled(ID, Outcome.DELIVERED, 0), DELIVERED)
    assert (state.status, state.decided_at) == (Status.SETTLED, 150)
    assert effects == [CollectApprovals(ID)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (DELIVERED, EXPIRED),
        (EXPIRED, DELIVERED),
        (EXPIRED, DestinationRejected(ID, Outcome.REJECTED, 18, 200)),
        (DELIVERED, SourceSettled(ID, Outcome.EXPIRED, 21)),
        (SourceSettled(ID, Outcome.DELIVERED, 0), EXPIRED),
        (SourceSettled(ID, Outcome.EXPIRED, 21), SourceSettled(ID, Outcome.DELIVERED, 0)),
    ],
)
def test_two_outcomes_of_one_order_are_an_error(first: TransferEvent, second: TransferEvent) -> None:
    with pytest.raises(ContradictoryOutcomeError):
        run(first, second)


def test_an_event_of_another_order_is_refused() -> None:
    state, _ = run()
    with pytest.raises(WrongTransfer):
        transition(state, Tick(b"\x0b" * 32))
    with pytest.raises(WrongTransfer):
        transition(state, OrderSeen(ID, an_order(nonce=2)))


def test_a_transfer_begins_with_its_order() -> None:
    with pytest.raises(WrongTransfer):
        transition(None, DELIVERED)


@pytest.mark.parametrize("outcome", [Outcome.NONE, Outcome.DELIVERED])
def test_a_rejection_has_an_outcome_of_rejection(outcome: Outcome) -> None:
    with pytest.raises(InvalidField):
        DestinationRejected(ID, outcome, 0, 0)


def test_a_settlement_has_an_outcome() -> None:
    with pytest.raises(InvalidField):
        SourceSettled(ID, Outcome.NONE, 0)
