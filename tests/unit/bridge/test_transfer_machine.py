"""Any sequence of lost, repeated and reordered events: one outcome at most, no effect twice, the end is the end.

The rules play a world in which the destination decides once and the source settles as it decided; what the daemon
learns comes in any order and any number of times.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.decisions import Approve, Hold, Reject
from bridge.refusals import Refusal
from bridge.transfer import Status, TransferState, transition, work
from bridge.transfer_events import (
    DeadlineReached,
    DecisionMade,
    DeliverySubmitted,
    DestinationDelivered,
    DestinationRefused,
    DestinationRejected,
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
from bridge.types import Outcome, Reason
from tests.unit.bridge.strategies import an_order

ID = b"\x0a" * 32
ORDER = an_order()
TRANSIENT = Reason(Refusal.OracleStale, 9, 5)
REASONS = st.sampled_from([int(Refusal.LotTooSmall), int(Refusal.DeadlinePassed)])
LEARNED: st.SearchStrategy[TransferEvent] = st.one_of(
    st.just(OrderSeen(ID, ORDER)),
    st.just(DecisionMade(ID, Approve())),
    st.just(DecisionMade(ID, Hold((TRANSIENT,)))),
    st.builds(lambda code: DecisionMade(ID, Reject(Reason(code))), REASONS),
    st.builds(QuorumReached, st.just(ID), st.sampled_from(Purpose), REASONS),
    st.builds(SubmissionFailed, st.just(ID), st.sampled_from(Purpose)),
    st.just(DeliverySubmitted(ID)),
    st.just(DestinationRefused(ID, TRANSIENT)),
    st.just(DeadlineReached(ID)),
    st.just(Tick(ID)),
)


class TransferMachine(RuleBasedStateMachine):
    """The daemon's state beside a world that obeys the chains' rules."""

    def __init__(self) -> None:
        super().__init__()
        self.state: TransferState = transition(None, OrderSeen(ID, ORDER))[0]
        self.outcome = Outcome.NONE
        self.reason = 0
        self.is_settled = False
        self.ended: Status | None = None

    def feed(self, event: TransferEvent) -> None:
        before = self.state
        self.state, effects = transition(before, event)
        assert effects in ((), work(self.state)), "effects are the work of the new state or nothing"
        if not effects:
            assert work(self.state) in (work(before), ()), "work that begins is told"
        again, more = transition(self.state, event)
        assert more == (), "the same event twice has no second effect"
        assert again == self.state

    @initialize()
    def begin(self) -> None:
        self.feed(OrderSeen(ID, ORDER))

    @rule(event=LEARNED)
    def the_daemon_learns(self, event: TransferEvent) -> None:
        self.feed(event)

    @precondition(lambda self: self.outcome is Outcome.NONE)
    @rule(outcome=st.sampled_from([Outcome.DELIVERED, Outcome.REJECTED, Outcome.EXPIRED]), reason=REASONS)
    def the_destination_decides(self, outcome: Outcome, reason: int) -> None:
        self.outcome, self.reason = outcome, 0 if outcome is Outcome.DELIVERED else reason

    @precondition(lambda self: self.outcome is not Outcome.NONE)
    @rule()
    def the_decision_is_read(self) -> None:
        if self.outcome is Outcome.DELIVERED:
            self.feed(DestinationDelivered(ID, 150))
        else:
            self.feed(DestinationRejected(ID, self.outcome, self.reason, 150))

    @precondition(lambda self: self.outcome is not Outcome.NONE)
    @rule()
    def the_settlement_is_read(self) -> None:
        self.is_settled = True
        self.feed(SourceSettled(ID, self.outcome, self.reason))

    @invariant()
    def nothing_is_believed_that_the_destination_did_not_decide(self) -> None:
        if self.state.outcome is not Outcome.NONE:
            assert (self.state.outcome, self.state.reason) == (self.outcome, self.reason)

    @invariant()
    def a_settlement_is_final(self) -> None:
        if self.is_settled:
            expected = Status.SETTLED if self.outcome is Outcome.DELIVERED else Status.REFUNDED
            assert self.state.status is expected
            assert work(self.state) == ()

    @invariant()
    def the_end_is_the_end(self) -> None:
        if self.ended is not None:
            assert self.state.status is self.ended
        elif self.state.status.is_terminal:
            self.ended = self.state.status

    @invariant()
    def nothing_is_submitted_without_a_quorum(self) -> None:
        for effect in work(self.state):
            if isinstance(effect, SubmitRejection | SubmitSettlement):
                assert self.state.has_quorum
            if isinstance(effect, SubmitDelivery):
                assert self.state.status is Status.APPROVED

    @invariant()
    def only_waiting_and_ended_transfers_have_no_work(self) -> None:
        idle = work(self.state) == ()
        assert idle == (self.state.status in (Status.HELD, Status.SUBMITTED, Status.SETTLED, Status.REFUNDED))


TestTransferMachine = TransferMachine.TestCase
TestTransferMachine.settings = settings(max_examples=200, stateful_step_count=40)
