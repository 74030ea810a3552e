"""What an attestor decides about an order from the reasons its destination gives.

Three answers: approve; hold, because the world may change before the deadline; reject, because nothing can change that
would let this very order arrive. Fail closed: what is not known to be permanent is held, and a held order ends at its
deadline in a refund.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bridge.refusals import Refusal
from bridge.types import Reason

NO_WAIT_IS_LONG_ENOUGH: Final = 2**64 - 1
"""The wait of a rate limit that the amount exceeds by itself."""


@dataclass(frozen=True, slots=True)
class Approve:
    """Every rule passes: sign the approval."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Sign nothing now; ask again later. Under review, people are told no more than that beside the other reasons."""

    reasons: tuple[Reason, ...]
    under_review: bool = False


@dataclass(frozen=True, slots=True)
class Reject:
    """Sign the rejection with this reason; it is the lowest permanent one, so that attestors agree on it."""

    reason: Reason


Decision = Approve | Hold | Reject


def _always(_: Reason) -> bool:
    return True


def _terms_are_older(reason: Reason) -> bool:
    # Versions only grow: an older order can never match again, a newer one waits for this chain's change of terms.
    return reason.a < reason.b


def _classes_are_known(reason: Reason) -> bool:
    # Class 0 is no record yet; the oracle's next batch may write one.
    return reason.a != 0 and reason.b != 0


def _oracle_denies(reason: Reason) -> bool:
    # A record that gives other permissions and not this one is the oracle's deny (protocol section 6.5). All zero is no
    # record yet, or a block: a block holds, so that nobody learns from a refund that they are being looked at.
    return reason.a != 0


def _never_passes(reason: Reason) -> bool:
    return reason.a >= NO_WAIT_IS_LONG_ENOUGH


_PERMANENT: Final[dict[int, Callable[[Reason], bool]]] = {
    Refusal.ReceiverNotEligible: _oracle_denies,
    Refusal.AmountZero: _always,
    Refusal.ClassTransferForbidden: _classes_are_known,
    Refusal.RateLimited: _never_passes,
    Refusal.DeadlinePassed: _always,
    Refusal.RecipientMalformed: _always,
    Refusal.DecimalsMismatch: _always,
    Refusal.TermsMismatch: _terms_are_older,
    Refusal.LotTooSmall: _always,
    Refusal.AmountTooLarge: _always,
    Refusal.Malformed: _always,
}


def is_permanent(reason: Reason) -> bool:
    """Whether nothing can change that would let the same order pass this rule.

    DomainMismatch is not: the destination that could reject refuses the rejection with the same rule.
    """
    test = _PERMANENT.get(reason.code)
    return test is not None and test(reason)


def decide(reasons: Iterable[Reason], *, denied: Reason | None = None, under_review: bool = False) -> Decision:
    """The decision about an order.

    Args:
        reasons: all failing rules of the destination for this order.
        denied: the oracle's final no, with the number that will stand on the chain.
        under_review: a hold by screening. It is never rejected for itself before the deadline: that would put on
            the chain what the person must not be told.
    """
    failing = tuple(sorted(reasons, key=lambda reason: reason.code))
    if any(reason.code == Refusal.OrderConsumed for reason in failing):
        return Hold(failing)
    final = [reason for reason in failing if is_permanent(reason)]
    if denied is not None and not under_review:
        final.append(denied)
    if final:
        return Reject(min(final, key=lambda reason: reason.code))
    if failing or under_review:
        return Hold(failing, under_review)
    return Approve()
