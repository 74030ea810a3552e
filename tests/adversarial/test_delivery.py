"""Attacks on delivery, on the two running chains, in both directions.

Each test asks for the refusal by its number and then that no position and no supply changed anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.digests import digest_approval, digest_order
from bridge.refusals import Refusal, Refused
from bridge.types import Approval, Lot, Outcome, TransferOrder
from chains.base import OrderDelivered, OrderRefused
from tests.support.attest import attestors, by_address, high_s, oracle_signers, signed
from tests.support.flights import Lane, all_refused, other_amount

pytestmark = pytest.mark.chains

RELAYER_INDEX = 3

Forge = Callable[[Lane, Approval], list[bytes]]


def one_attestor(lane: Lane, approval: Approval) -> list[bytes]:
    return lane.approved(approval, attestors()[:1])


def nobody(lane: Lane, approval: Approval) -> list[bytes]:
    return []


def the_same_attestor_twice(lane: Lane, approval: Approval) -> list[bytes]:
    return lane.approved(approval, attestors()[:1]) * 2


def in_descending_order(lane: Lane, approval: Approval) -> list[bytes]:
    return lane.approved(approval, attestors()[:2])[::-1]


def the_relayer_as_an_attestor(lane: Lane, approval: Approval) -> list[bytes]:
    return signed(digest_approval(approval, lane.destination.domain), by_address([RELAYER_INDEX, *[10]]))


def the_oracle_in_place_of_attestors(lane: Lane, approval: Approval) -> list[bytes]:
    return signed(digest_approval(approval, lane.destination.domain), oracle_signers()[:2])


def for_the_other_chain(lane: Lane, approval: Approval) -> list[bytes]:
    return signed(digest_approval(approval, lane.source.domain), attestors()[:2])


def with_high_s(lane: Lane, approval: Approval) -> list[bytes]:
    first, second = lane.approved(approval)
    return [first, high_s(second)]


def with_v_as_zero_or_one(lane: Lane, approval: Approval) -> list[bytes]:
    return [signature[:64] + bytes([signature[64] - 27]) for signature in lane.approved(approval)]


def truncated(lane: Lane, approval: Approval) -> list[bytes]:
    first, second = lane.approved(approval)
    return [first, second[:64]]


def too_long(lane: Lane, approval: Approval) -> list[bytes]:
    first, second = lane.approved(approval)
    return [first, second + b"\x00"]


def all_zero(lane: Lane, approval: Approval) -> list[bytes]:
    return [bytes(65), bytes(65)]


def twenty_six(lane: Lane, approval: Approval) -> list[bytes]:
    return lane.approved(approval, attestors()[:1]) * 26


FORGERIES: dict[Forge, Refusal] = {
    nobody: Refusal.QuorumNotMet,
    one_attestor: Refusal.QuorumNotMet,
    the_same_attestor_twice: Refusal.SignerOrder,
    in_descending_order: Refusal.SignerOrder,
    the_relayer_as_an_attestor: Refusal.SignerUnknown,
    the_oracle_in_place_of_attestors: Refusal.SignerUnknown,
    for_the_other_chain: Refusal.SignerUnknown,
    with_high_s: Refusal.SignatureMalformed,
    with_v_as_zero_or_one: Refusal.SignatureMalformed,
    truncated: Refusal.SignatureMalformed,
    too_long: Refusal.SignatureMalformed,
    all_zero: Refusal.SignatureMalformed,
    twenty_six: Refusal.Malformed,
}


@pytest.fixture(scope="module")
def forged(waiting: tuple[Lane, TransferOrder]) -> dict[Forge, int]:
    """Every forgery sent at once (a block is slow, many transactions in it are not): the code that each got.

    Nothing may have changed by all of them together.
    """
    lane, order = waiting
    approval = lane.approval(order)
    before = lane.everything()
    codes = all_refused(
        [lambda forge=forge: lane.deliver(order, approval, forge(lane, approval)) for forge in FORGERIES]
    )
    assert lane.everything() == before
    assert lane.destination.views().outcome_of(order.source, order.nonce) == Outcome.NONE
    return dict(zip(FORGERIES, codes, strict=True))


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forged_quorum_delivers_nothing(forged: dict[Forge, int], forge: Forge) -> None:
    assert forged[forge] == FORGERIES[forge]


def test_a_retired_or_invented_signer_set_is_unknown(waiting: tuple[Lane, TransferOrder]) -> None:
    lane, order = waiting
    approval = lane.approval(order)
    genuine = lane.approved(approval)
    sets = (0, 2, 2**64 - 1)
    codes = all_refused([lambda number=number: lane.deliver(order, approval, genuine, number) for number in sets])
    assert codes == [Refusal.SignerSetUnknown] * len(sets)


@pytest.mark.parametrize("seconds", [-1, 0, 3601 + 60])
def test_an_approval_lives_at_most_an_hour_and_not_a_second_longer(
    waiting: tuple[Lane, TransferOrder], seconds: int
) -> None:
    lane, order = waiting
    approval = lane.approval(order, seconds=seconds)
    with pytest.raises(Refused) as refused:
        lane.deliver(order, approval, lane.approved(approval))
    assert refused.value.lowest.code == (Refusal.Malformed if seconds > 0 else Refusal.ApprovalExpired)


def more_tokens(lane: Lane, order: TransferOrder) -> TransferOrder:
    return other_amount(order)


def to_the_thief(lane: Lane, order: TransferOrder) -> TransferOrder:
    return replace(order, recipient=lane.relayer(lane.destination).id)


def earlier_unlock(lane: Lane, order: TransferOrder) -> TransferOrder:
    *others, last = order.lots
    return replace(order, lots=(*others, replace(last, unlocks_at=last.unlocks_at - 86_400)))


def all_free(lane: Lane, order: TransferOrder) -> TransferOrder:
    return replace(order, lots=(Lot(order.amount, 0, 0),))


@pytest.mark.parametrize("alter", [more_tokens, to_the_thief, earlier_unlock, all_free])
def test_a_stolen_relayer_key_cannot_alter_an_order(
    waiting: tuple[Lane, TransferOrder], alter: Callable[[Lane, TransferOrder], TransferOrder]
) -> None:
    """The relayer holds genuine signatures and a free hand with the order: the order's id is what was signed."""
    lane, order = waiting
    approval = lane.approval(order)
    before = lane.everything()
    submitted = lane.deliver(alter(lane, order), approval, lane.approved(approval))
    assert submitted.codes == (Refusal.QuorumNotMet,)
    assert not [event for event in submitted.events if isinstance(event, OrderDelivered)]
    assert lane.everything() == before


def test_signatures_that_approve_do_not_reject(waiting: tuple[Lane, TransferOrder]) -> None:
    lane, order = waiting
    approval = lane.approval(order)
    with pytest.raises(Refused) as refused:
        lane.destination.reject(
            order, Refusal.ReceiverNotEligible, 1, lane.approved(approval), lane.relayer(lane.destination)
        )
    assert refused.value.lowest.code == Refusal.SignerUnknown
    assert lane.destination.views().outcome_of(order.source, order.nonce) == Outcome.NONE


def test_an_order_cannot_expire_before_its_deadline(waiting: tuple[Lane, TransferOrder]) -> None:
    lane, order = waiting
    with pytest.raises(Refused) as refused:
        lane.reject_well(order, Refusal.DeadlinePassed)
    assert refused.value.lowest.code == Refusal.NotYet


def test_an_order_for_one_chain_is_nothing_on_the_other(waiting: tuple[Lane, TransferOrder]) -> None:
    lane, order = waiting
    back = Lane(lane.system, lane.destination, lane.source)
    approval = Approval((digest_order(order),), back.destination.head().time + 600)
    submitted = back.deliver(order, approval, back.approved(approval))
    assert submitted.codes == (Refusal.DomainMismatch,)


def test_a_delivered_order_is_delivered_once_settled_once_and_never_refunded(lane: Lane) -> None:
    """P3: whatever is repeated afterwards, and in whatever order, nothing moves again."""
    ana = lane.system.people["ana"]
    start_here, start_there = lane.held(lane.source, ana), lane.held(lane.destination, ana)
    order = lane.initiate(ana, [Lot(5, 0, 0)])
    assert lane.held(lane.source, ana)[:2] == (start_here[0] - 5, start_here[1] + 5)

    assert lane.deliver_well(order).codes == (0,)
    delivered = lane.held(lane.destination, ana)
    assert delivered[0] == start_there[0] + 5

    approval = lane.approval(order)
    again = lane.deliver(order, approval, lane.approved(approval))
    assert again.codes == (Refusal.OrderConsumed,)
    assert [event.code for event in again.events if isinstance(event, OrderRefused)] == [Refusal.OrderConsumed]
    with pytest.raises(Refused) as refused:
        lane.reject_well(order, Refusal.ReceiverNotEligible)
    assert refused.value.lowest.code == Refusal.OrderConsumed

    lane.settle_well(order, Outcome.DELIVERED)
    assert lane.held(lane.source, ana) == (start_here[0] - 5, start_here[1], start_here[2])
    for outcome, reason in ((Outcome.DELIVERED, 0), (Outcome.REJECTED, Refusal.ReceiverNotEligible)):
        with pytest.raises(Refused) as refused:
            lane.settle_well(order, outcome, reason)
        assert refused.value.lowest.code == Refusal.InFlightUnknown
    assert lane.held(lane.destination, ana) == delivered


def test_a_rejected_order_is_refunded_once_and_never_delivered(lane: Lane) -> None:
    ana = lane.system.people["ana"]
    start = lane.held(lane.source, ana)
    order = lane.initiate(ana, [Lot(7, 0, 0)])
    lane.reject_well(order, Refusal.ReceiverNotEligible)

    approval = lane.approval(order)
    assert lane.deliver(order, approval, lane.approved(approval)).codes == (Refusal.OrderConsumed,)
    lane.settle_well(order, Outcome.REJECTED, Refusal.ReceiverNotEligible)
    assert lane.held(lane.source, ana) == start
    with pytest.raises(Refused) as refused:
        lane.settle_well(order, Outcome.REJECTED, Refusal.ReceiverNotEligible)
    assert refused.value.lowest.code == Refusal.InFlightUnknown
    assert lane.held(lane.source, ana) == start


def test_two_orders_that_share_a_nonce_have_one_outcome(lane: Lane) -> None:
    """After a reorganisation the source might promise another order under the same nonce; only one may ever arrive."""
    ana = lane.system.people["ana"]
    real = lane.initiate(ana, [Lot(3, 0, 0)])
    twin = replace(real, lots=(Lot(4, 0, 0),))
    assert lane.deliver_well(real).codes == (0,)
    held = lane.held(lane.destination, ana)
    assert lane.deliver_well(twin).codes == (Refusal.OrderConsumed,)
    assert lane.held(lane.destination, ana) == held
    lane.settle_well(real, Outcome.DELIVERED)
