"""Carries out what a transfer's state needs done: dry run, collect, submit.

`bridge.transfer` decides, this module acts. Success is only what a FINAL block of the destination or source says later;
a receipt of a transaction moves nothing here. Everything is safe to repeat: a delivery, a rejection and a settlement
take effect once on the chain, whoever sends them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from bridge.decisions import Approve, Hold, Reject, decide
from bridge.errors import RecoverableError
from bridge.refusals import Refusal, Refused
from bridge.transfer import Status, TransferState, work
from bridge.transfer_events import (
    CollectApprovals,
    CollectReceipts,
    CollectRejections,
    DecisionMade,
    DeliverySubmitted,
    Effect,
    Purpose,
    QuorumReached,
    SubmissionFailed,
    SubmitDelivery,
    SubmitRejection,
    SubmitSettlement,
    TransferEvent,
)
from bridge.types import Approval, Outcome, Reason, Role, SignerSet
from chains.accounts import Account
from chains.base import Chain, OnSigned, Submitted
from chains.errors import ChainError
from relayer.backoff import Wait, delay
from relayer.collect import Collector, Shortage
from relayer.journal import Journal, Quorum
from relayer.rows import Transfer

APPROVAL_SECONDS = 1800
"""How long an approval may be used: half of what chains take, so that clocks that differ by minutes do no harm."""

MIN_LEFT_SECONDS = 60
"""An approval with less time left is collected anew rather than raced against."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one action led to: events for the state machine, and what the transfer then waits for (None: go on)."""

    events: tuple[TransferEvent, ...] = ()
    wait: Wait | None = None


class Actions:
    """Advances one transfer at a time; safe to call from several threads for different transfers."""

    def __init__(
        self,
        chains: Mapping[bytes, Chain],
        keys: Mapping[str, Account],
        journal: Journal,
        collector: Collector,
        *,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        """`chains` by domain; `keys` by chain kind (none: that chain is only watched); `random` gives [0, 1)."""
        self._chains = chains
        self._keys = keys
        self._journal = journal
        self._collector = collector
        self._clock = clock
        self._random = random
        self._log = structlog.get_logger("relayer")

    def advance(self, order_id: bytes) -> None:
        """Does what the transfer needs until it has to wait for something."""
        while (transfer := self._journal.transfer(order_id)) is not None and not transfer.state.status.is_terminal:
            step = self._attempt(transfer.state)
            if step.wait is not None:
                self._wait(transfer, step, step.wait)
                return
            if self._journal.apply(order_id, step.events, self._clock()) == transfer.state:
                # What was learned changes nothing: asking at once again would only ask the same.
                self._wait(transfer, Step(), Wait.SIGNATURES)
                return

    def _wait(self, transfer: Transfer, step: Step, wait: Wait) -> None:
        order_id = transfer.state.order_id
        # Another reason begins its own ramp.
        tries = transfer.tries if transfer.waits_for == wait.value else 0
        now = self._clock()
        next_at = now + delay(wait, tries, self._random())
        self._journal.apply(
            order_id,
            step.events,
            now,
            next_at=next_at,
            tries=tries + 1,
            waits_for=wait.value,
            looked_at=transfer.state,
        )

    def _attempt(self, state: TransferState) -> Step:
        if not {state.order.source, state.order.destination} <= self._chains.keys():
            # Anyone may send into any open lane; an order that is not ours to carry must not stop those that are.
            return Step(wait=Wait.LANE)
        try:
            return self._act(state)
        except (RecoverableError, ChainError) as error:
            self._log.warning("will try again", action="transfer.retry", order=state.order_id.hex(), error=str(error))
            return Step(wait=Wait.NODE)

    def _act(self, state: TransferState) -> Step:
        if state.status is Status.HELD:
            # Not through SEEN: a hold that goes on is one line of history, however often it is looked at.
            return self._collect_approvals(state)
        effects: Sequence[Effect] = work(state)
        if not effects:
            return self._look_after(state)
        match effects[0]:
            case CollectApprovals():
                return self._collect_approvals(state)
            case CollectRejections():
                return self._collect_rejections(state)
            case CollectReceipts():
                return self._collect_receipts(state)
            case SubmitDelivery():
                return self._submit_delivery(state)
            case SubmitRejection():
                return self._submit_rejection(state)
            case SubmitSettlement():
                return self._submit_settlement(state)

    def _look_after(self, state: TransferState) -> Step:
        """A delivery that was submitted long ago and shows no outcome in a final block: it did not arrive."""
        if self._outcome(state) is not Outcome.NONE:
            return Step(wait=Wait.FINALITY)
        return Step((SubmissionFailed(state.order_id, Purpose.DELIVERY),), Wait.RESUBMISSION)

    def _collect_approvals(self, state: TransferState) -> Step:
        destination = self._chains[state.order.destination]
        final = destination.finalised()
        preflight = self._preflight(state, destination.views(final).explain_deliver(state.order))
        if preflight is not None:
            # The oracle may hold what the chain's word denies for good: nobody is told of a rejection before those who
            # sign agree to one, or an order under review would go back and forth, and say by its turns that it is.
            return self._collect_rejections(state) if _is_rejecting(preflight) else preflight
        signers = _signers(destination)
        answer = self._collector.approvals(state, signers, int(self._clock()) + APPROVAL_SECONDS)
        if isinstance(answer, Shortage):
            return self._short(state, answer)
        return self._gathered(state, answer)

    def _preflight(self, state: TransferState, reasons: tuple[Reason, ...]) -> Step | None:
        """What the destination's own rules say before anyone is asked or paid; None when they let it pass."""
        if any(reason.code == Refusal.OrderConsumed for reason in reasons):
            return Step(wait=Wait.FINALITY)
        if _is_early(reasons):
            return Step(wait=Wait.CLOCK)
        match decide(reasons):
            case Approve():
                return None
            case Hold() as hold:
                return Step((DecisionMade(state.order_id, hold),), Wait.RULE)
            case Reject() as reject:
                return Step((DecisionMade(state.order_id, reject),))

    def _collect_rejections(self, state: TransferState) -> Step:
        if self._outcome(state) is not Outcome.NONE:
            return Step(wait=Wait.FINALITY)
        answer = self._collector.rejections(state, _signers(self._chains[state.order.destination]))
        if isinstance(answer, Shortage):
            # Past the deadline nothing but a rejection can come: attestors that hold are only behind.
            if state.reason == Refusal.DeadlinePassed or not answer.is_held:
                return Step(wait=Wait.SIGNATURES)
            return Step((DecisionMade(state.order_id, Hold(answer.held, answer.under_review)),), Wait.RULE)
        agreed = DecisionMade(state.order_id, Reject(Reason(answer.reason)))
        gathered = self._gathered(state, answer)
        return Step((agreed, *gathered.events)) if answer.reason != state.reason else gathered

    def _collect_receipts(self, state: TransferState) -> Step:
        if self._is_settled(state):
            return Step(wait=Wait.FINALITY)
        answer = self._collector.receipts(state, _signers(self._chains[state.order.source]))
        return Step(wait=Wait.SIGNATURES) if isinstance(answer, Shortage) else self._gathered(state, answer)

    def _short(self, state: TransferState, shortage: Shortage) -> Step:
        if not shortage.is_held:
            return Step(wait=Wait.SIGNATURES)
        if _is_early(shortage.held) and not shortage.under_review:
            return Step(wait=Wait.CLOCK)
        if shortage.rejecting is not None:
            return Step((DecisionMade(state.order_id, Reject(shortage.rejecting)),))
        hold = Hold(shortage.held, shortage.under_review)
        return Step((DecisionMade(state.order_id, hold),), Wait.RULE)

    def _gathered(self, state: TransferState, quorum: Quorum) -> Step:
        # In the journal before the state says so: the state promises that the signatures are there.
        self._journal.keep_quorum(state.order_id, quorum)
        return Step((QuorumReached(state.order_id, quorum.purpose, quorum.reason),))

    def _submit_delivery(self, state: TransferState) -> Step:
        order = state.order
        destination = self._chains[order.destination]
        failed = SubmissionFailed(state.order_id, Purpose.DELIVERY)
        quorum = self._journal.quorum(state.order_id, Purpose.DELIVERY)
        if quorum is None or quorum.expires_at < self._clock() + MIN_LEFT_SECONDS:
            return Step((failed,))
        preflight = self._preflight(state, destination.views().explain_deliver(order))
        if preflight is not None:
            return preflight
        approval = Approval((state.order_id,), quorum.expires_at)
        self._journal.apply(state.order_id, (DeliverySubmitted(state.order_id),), self._clock())
        return self._submit(
            state,
            quorum,
            destination,
            lambda key, note: destination.deliver([order], approval, quorum.set_id, quorum.signatures, key, note),
        )

    def _submit_rejection(self, state: TransferState) -> Step:
        order = state.order
        destination = self._chains[order.destination]
        if self._outcome(state) is not Outcome.NONE:
            return Step(wait=Wait.FINALITY)
        quorum = self._journal.quorum(state.order_id, Purpose.REJECTION)
        if quorum is None or quorum.reason != state.reason:
            return Step((SubmissionFailed(state.order_id, Purpose.REJECTION),))
        return self._submit(
            state,
            quorum,
            destination,
            lambda key, note: destination.reject(order, quorum.reason, quorum.set_id, quorum.signatures, key, note),
        )

    def _submit_settlement(self, state: TransferState) -> Step:
        order = state.order
        source = self._chains[order.source]
        if self._is_settled(state):
            return Step(wait=Wait.FINALITY)
        quorum = self._journal.quorum(state.order_id, Purpose.SETTLEMENT)
        receipt = None if quorum is None else quorum.receipt
        if quorum is None or receipt is None or receipt != state.receipt:
            return Step((SubmissionFailed(state.order_id, Purpose.SETTLEMENT),))
        return self._submit(
            state,
            quorum,
            source,
            lambda key, note: source.settle(order, receipt, quorum.set_id, quorum.signatures, key, note),
        )

    def _submit(
        self, state: TransferState, quorum: Quorum, chain: Chain, send: Callable[[Account, OnSigned], Submitted]
    ) -> Step:
        """One submission, journalled before each transaction leaves and when it ends."""
        failed = SubmissionFailed(state.order_id, quorum.purpose)
        key = self._keys.get(chain.name)
        if key is None:
            # Watching only: another relayer may deliver, and the chain will say so.
            return Step((failed,), Wait.FINALITY)
        attempt = self._journal.begin_attempt(state.order_id, quorum.purpose, chain.name, self._clock())
        result = "abandoned"
        try:
            done = send(key, lambda tx_hash: self._journal.add_hash(attempt, tx_hash))
            result = f"included {done.tx.place}" + (f" codes {done.codes}" if any(done.codes) else "")
            return Step(wait=Wait.FINALITY)
        except Refused as error:
            result = f"refused {error.lowest.code}"
            return Step((failed,), Wait.RESUBMISSION)
        except ChainError as error:
            # Also a lost one: whatever still lands can take effect only once.
            result = f"{type(error).__name__}: {error}"
            return Step((failed,), Wait.RESUBMISSION)
        finally:
            self._journal.end_attempt(attempt, result, self._clock())
            self._log.info(
                "submitted",
                action=f"submit.{quorum.purpose.value}",
                order=state.order_id.hex(),
                chain=chain.name,
                result=result,
            )

    def _outcome(self, state: TransferState) -> Outcome:
        """The outcome in the destination's newest final block, if it is of this order's place."""
        destination = self._chains[state.order.destination]
        views = destination.views(destination.finalised())
        return Outcome(views.outcome_of(state.order.source, state.order.nonce))

    def _is_settled(self, state: TransferState) -> bool:
        source = self._chains[state.order.source]
        return source.views(source.finalised()).order_at(state.order.destination, state.order.nonce) is None


def _is_rejecting(step: Step) -> bool:
    return any(isinstance(event, DecisionMade) and isinstance(event.decision, Reject) for event in step.events)


def _is_early(reasons: Sequence[Reason]) -> bool:
    """Nothing stands against the order but that the destination's final clock is some seconds behind its making."""
    return {reason.code for reason in reasons} == {Refusal.NotYet}


def _signers(chain: Chain) -> SignerSet:
    """The current attestor set in the newest final block."""
    return chain.views(chain.finalised()).signer_set(Role.ATTESTOR).current
