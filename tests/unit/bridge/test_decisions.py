"""Which refusals end an order and which only make it wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decisions import Approve, Hold, Reject, decide, is_permanent
from bridge.refusals import Refusal
from bridge.types import Reason
from tests.unit.bridge.strategies import reasons

LATE = Reason(Refusal.DeadlinePassed, 100)
STALE = Reason(Refusal.OracleStale, 900, 600)
SMALL = Reason(Refusal.LotTooSmall, 10)


def test_no_reason_is_an_approval() -> None:
    assert decide(()) == Approve()


@pytest.mark.parametrize(
    "reason",
    [
        Reason(Refusal.Paused, 4),
        Reason(Refusal.AssetUnknown, 1),
        Reason(Refusal.ReceiverUnbound, 1),
        Reason(Refusal.ReceiverFrozen),
        Reason(Refusal.ReceiverNotEligible, 0),
        Reason(Refusal.EligibilityExpired, 1),
        STALE,
        Reason(Refusal.TooManyLots, 33, 32),
        Reason(Refusal.LimitExceeded, 1, 2),
        Reason(Refusal.HolderCapReached, 1, 1),
        Reason(Refusal.ClassTransferForbidden, 0, 513),
        Reason(Refusal.ClassTransferForbidden, 513, 0),
        Reason(Refusal.RateLimited, 60, 5),
        Reason(Refusal.DomainMismatch, 1, 0),
        Reason(Refusal.NotYet, 1),
        Reason(Refusal.TermsMismatch, 2, 1),
        Reason(Refusal.OverAuthorisedIssue, 1, 2),
        Reason(60),
    ],
)
def test_what_may_pass_is_held(reason: Reason) -> None:
    assert decide([reason]) == Hold((reason,))


@pytest.mark.parametrize(
    "reason",
    [
        Reason(Refusal.AmountZero),
        Reason(Refusal.ClassTransferForbidden, 513, 514),
        Reason(Refusal.RateLimited, 2**64 - 1, 5),
        LATE,
        Reason(Refusal.RecipientMalformed, 1),
        Reason(Refusal.TermsMismatch, 1, 2),
        SMALL,
        Reason(Refusal.AmountTooLarge, 2, 1),
        Reason(Refusal.Malformed, 2),
    ],
)
def test_what_cannot_pass_is_rejected(reason: Reason) -> None:
    assert decide([STALE, reason]) == Reject(reason)


def test_an_order_that_has_ended_is_not_signed_again() -> None:
    ended = Reason(Refusal.OrderConsumed, 1)
    assert decide([ended, LATE]) == Hold((LATE, ended))


def test_a_denial_by_the_oracle_is_a_rejection() -> None:
    denied = Reason(Refusal.ReceiverNotEligible)
    assert decide((), denied=denied) == Reject(denied)


def test_a_hold_by_screening_is_never_rejected_for_itself() -> None:
    denied = Reason(Refusal.SenderBlocked)
    assert decide((), denied=denied, under_review=True) == Hold((), under_review=True)
    assert decide([STALE], under_review=True) == Hold((STALE,), under_review=True)
    assert decide([LATE], under_review=True) == Reject(LATE)


@given(st.lists(reasons, max_size=5), st.randoms())
def test_the_decision_does_not_depend_on_the_order_of_reasons(found: list[Reason], chance: object) -> None:
    unique = list({reason.code: reason for reason in found}.values())
    shuffled = list(unique)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(shuffled) == decide(unique)


@given(st.lists(reasons, min_size=1, max_size=5))
def test_a_failing_rule_is_never_approved(found: list[Reason]) -> None:
    decision = decide(found)
    assert not isinstance(decision, Approve)
    if isinstance(decision, Reject):
        assert is_permanent(decision.reason)
        assert decision.reason in found
