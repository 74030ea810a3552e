"""When an attestor signs and when it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.decisions import Decision, Hold, Reject
from bridge.digests import digest_approval, digest_order, digest_receipt, digest_rejection
from bridge.quorum import recover_signer
from bridge.refusals import Refusal
from bridge.types import Approval, Outcome, Permission, Reason, Rejection, SignerSet, TransferOrder
from chains.base import OrderDelivered, OrderInitiated
from chains.witness import Witness
from relayer.attestor.signing import Attestor
from relayer.attestor.store import AttestorStore
from relayer.errors import ClockAhead, ExpiryRefused, Held, LaneHalted, NotASigner, NotYetDecided, OrderUnknown
from tests.unit.relayer.fakes import ANA, BEN, NOWHERE, SIGNERS, START
from tests.unit.relayer.house import Booth, House

SOON = START + 600


@pytest.fixture
def booth(house: House) -> Booth:
    return house.booths[0]


def initiated(house: House, *, to: bytes = ANA, seconds: int = 600) -> TransferOrder:
    order = house.source.initiate_order(house.destination, to=to, seconds=seconds)
    house.booths[0].follow()
    return order


def word(permissions: int) -> int:
    return permissions << 168 | 1 << 176


def held_codes(caught: pytest.ExceptionInfo[Held]) -> list[int]:
    return [reason.code for reason in caught.value.reasons]


def test_it_approves_an_order_of_a_final_block_that_every_rule_lets_pass(house: House, booth: Booth) -> None:
    order = initiated(house)
    signed = booth.attestor.approve(order.source, 1, SOON)
    digest = digest_approval(Approval((digest_order(order),), SOON), order.destination)
    assert recover_signer(digest, signed.signature) == SIGNERS[0].address
    assert (signed.order_id, signed.set_id) == (digest_order(order), 1)


def test_it_knows_no_order_before_its_block_is_final(tmp_path: Path) -> None:
    house = House(tmp_path, lag=2)
    try:
        order = initiated(house)
        with pytest.raises(OrderUnknown):
            house.booths[0].attestor.approve(order.source, 1, SOON)
    finally:
        house.close()


@pytest.mark.parametrize("expires_at", [START - 1, START, START + 3601])
def test_it_refuses_an_expiry_outside_the_next_hour(house: House, booth: Booth, expires_at: int) -> None:
    initiated(house)
    with pytest.raises(ExpiryRefused):
        booth.attestor.approve(house.source.domain, 1, expires_at)


def test_an_expiry_of_exactly_an_hour_is_fine(house: House, booth: Booth) -> None:
    initiated(house)
    assert booth.attestor.approve(house.source.domain, 1, START + 3600).expires_at == START + 3600


@pytest.mark.parametrize("where", ["source", "destination"])
@pytest.mark.parametrize("who", ["frozen", "blocked"])
def test_it_holds_while_the_sender_is_frozen_or_blocked_on_either_chain(
    house: House, booth: Booth, where: str, who: str
) -> None:
    order = initiated(house, to=BEN)
    chain = getattr(house, where)
    if who == "frozen":
        chain.frozen = {order.from_investor}
    else:
        chain.words = {order.from_investor: word(Permission.RECEIVE)}
    with pytest.raises(Held) as caught:
        booth.attestor.approve(order.source, 1, SOON)
    assert held_codes(caught) == [Refusal.SenderFrozen if who == "frozen" else Refusal.SenderBlocked]
    assert not caught.value.permanent


@pytest.mark.parametrize(
    "reason",
    [
        Reason(Refusal.LimitExceeded, 5, 6),
        Reason(Refusal.HolderCapReached, 101, 4),
        Reason(Refusal.VelocityExceeded, 2**64 - 1),
        Reason(Refusal.RateLimited, 60, 5),
        Reason(Refusal.FrozenAmount, 5),
    ],
    ids=lambda reason: Refusal(reason.code).name,
)
def test_it_holds_while_a_cap_or_a_bucket_or_a_freeze_stands_against_the_order(
    house: House, booth: Booth, reason: Reason
) -> None:
    """All of them may pass before the deadline: a cap is raised, a seat is freed, a bucket fills, a freeze ends."""
    order = initiated(house, to=BEN)
    house.destination.reasons = [reason]
    for ask in (lambda: booth.attestor.approve(order.source, 1, SOON), lambda: booth.attestor.reject(order.source, 1)):
        with pytest.raises(Held) as caught:
            ask()
        assert (held_codes(caught), caught.value.permanent) == ([reason.code], False)
    house.destination.reasons = []
    assert booth.attestor.approve(order.source, 1, SOON).order_id == digest_order(order)


def test_an_order_that_carries_a_seat_is_approved_under_an_id_of_its_own(house: House, booth: Booth) -> None:
    order = house.source.initiate_order(house.destination, seat=101)
    booth.follow()
    signed = booth.attestor.approve(order.source, 1, SOON)
    assert signed.order_id == digest_order(order) != digest_order(replace(order, seat=0))


def test_it_holds_while_the_receiver_is_frozen_on_the_source(house: House, booth: Booth) -> None:
    order = initiated(house, to=BEN)
    house.source.frozen = {BEN}
    with pytest.raises(Held) as caught:
        booth.attestor.approve(order.source, 1, SOON)
    assert held_codes(caught) == [Refusal.ReceiverFrozen]


def test_it_holds_while_the_sending_account_is_frozen(house: House, booth: Booth) -> None:
    order = initiated(house)
    house.source.frozen = {order.sender}
    with pytest.raises(Held) as caught:
        booth.attestor.approve(order.source, 1, SOON)
    assert held_codes(caught) == [Refusal.SenderFrozen]


def test_a_lapsed_holder_who_may_still_send_is_no_reason_to_hold(house: House, booth: Booth) -> None:
    order = initiated(house)
    house.source.words = {ANA: word(Permission.SEND)}
    assert booth.attestor.approve(order.source, 1, SOON)


def test_it_signs_no_approval_for_an_order_with_an_outcome(house: House, booth: Booth) -> None:
    order = initiated(house)
    house.destination._state.outcomes[order.source, 1] = Outcome.DELIVERED
    house.destination.mine()
    with pytest.raises(Held) as caught:
        booth.attestor.approve(order.source, 1, SOON)
    assert held_codes(caught) == [Refusal.OrderConsumed]


def test_it_signs_no_approval_for_an_order_that_is_no_longer_in_flight(house: House, booth: Booth) -> None:
    order = initiated(house)
    del house.source._state.orders[order.destination, 1]
    house.source.mine()
    with pytest.raises(Held) as caught:
        booth.attestor.approve(order.source, 1, SOON)
    assert held_codes(caught) == [Refusal.InFlightUnknown]


def test_a_source_that_holds_another_order_than_its_event_said_halts_the_lane(house: House, booth: Booth) -> None:
    order = initiated(house)
    house.source._state.orders[order.destination, 1] = bytes([9] * 32)
    house.source.mine()
    for _ in range(2):
        with pytest.raises(LaneHalted):
            booth.attestor.approve(order.source, 1, SOON)


def test_two_orders_at_one_nonce_halt_the_lane_for_good(house: House, booth: Booth) -> None:
    order = initiated(house)
    twin = replace(order, recipient=bytes([5] * 32))
    house.source.mine(OrderInitiated(digest_order(twin), twin, NOWHERE))
    booth.follow()
    with pytest.raises(LaneHalted):
        booth.attestor.approve(order.source, 1, SOON)
    with pytest.raises(LaneHalted):
        booth.attestor.receipt(order.source, 1)


def test_the_other_direction_goes_on_while_a_lane_is_halted(house: House, booth: Booth) -> None:
    order = initiated(house)
    booth.store.halt(order.source, order.destination, "a person said so", START)
    back = house.destination.initiate_order(house.source)
    booth.follow()
    assert booth.attestor.approve(back.source, 1, SOON)
    booth.store.resume(order.source, order.destination)
    assert booth.attestor.approve(order.source, 1, SOON)


@pytest.mark.parametrize("which", ["source", "destination"])
def test_it_signs_nothing_while_a_final_clock_is_more_than_a_minute_ahead(
    house: House, booth: Booth, which: str
) -> None:
    order = initiated(house)
    house.world.now += 61
    getattr(house, which).mine()
    house.world.now -= 61
    for ask in (
        lambda: booth.attestor.approve(order.source, 1, SOON),
        lambda: booth.attestor.reject(order.source, 1),
        lambda: booth.attestor.receipt(order.source, 1),
    ):
        with pytest.raises(ClockAhead):
            ask()


def test_a_clock_one_minute_ahead_is_fine(house: House, booth: Booth) -> None:
    order = initiated(house)
    house.world.now += 60
    house.destination.mine()
    house.world.now -= 60
    assert booth.attestor.approve(order.source, 1, SOON)


def test_it_rejects_for_a_permanent_refusal_and_tells_so_when_asked_to_approve(house: House, booth: Booth) -> None:
    order = initiated(house, to=BEN)
    house.destination.reasons = [Reason(Refusal.Paused, 4), Reason(Refusal.LotTooSmall, 10)]
    with pytest.raises(Held) as caught:
        booth.attestor.approve(order.source, 1, SOON)
    assert caught.value.permanent
    assert held_codes(caught) == [Refusal.LotTooSmall]
    signed = booth.attestor.reject(order.source, 1)
    assert signed.reason == Refusal.LotTooSmall
    digest = digest_rejection(Rejection(digest_order(order), signed.reason), order.destination)
    assert recover_signer(digest, signed.signature) == SIGNERS[0].address


def test_it_rejects_nothing_that_might_still_be_delivered(house: House, booth: Booth) -> None:
    order = initiated(house)
    with pytest.raises(Held):
        booth.attestor.reject(order.source, 1)
    house.destination.reasons = [Reason(Refusal.Paused, 4)]
    with pytest.raises(Held):
        booth.attestor.reject(order.source, 1)


def test_at_the_deadline_it_rejects_whatever_else_is_wrong(house: House, booth: Booth) -> None:
    order = initiated(house, seconds=60)
    house.destination.reasons = [Reason(Refusal.LotTooSmall, 10)]
    house.source.frozen = {ANA}
    house.world.now += 59
    house.destination.mine()
    assert booth.attestor.reject(order.source, 1).reason == Refusal.LotTooSmall
    house.world.now += 1
    house.destination.mine()
    assert booth.attestor.reject(order.source, 1).reason == Refusal.DeadlinePassed


def test_it_rejects_no_order_with_an_outcome_at_the_deadline(house: House, booth: Booth) -> None:
    order = initiated(house, seconds=60)
    house.destination._state.outcomes[order.source, 1] = Outcome.DELIVERED
    house.world.now += 60
    house.destination.mine()
    with pytest.raises(Held):
        booth.attestor.reject(order.source, 1)


def delivered(house: House, order: TransferOrder) -> None:
    house.destination._state.outcomes[order.source, order.nonce] = Outcome.DELIVERED
    house.destination.mine(OrderDelivered(digest_order(order), order.source, order.nonce, house.world.now, NOWHERE))


def test_it_gives_a_receipt_for_a_final_outcome_under_the_source_domain(house: House, booth: Booth) -> None:
    order = initiated(house)
    with pytest.raises(NotYetDecided):
        booth.attestor.receipt(order.source, 1)
    delivered(house, order)
    booth.follow()
    signed = booth.attestor.receipt(order.source, 1)
    assert (signed.receipt.outcome, signed.receipt.decided_at) == (Outcome.DELIVERED, START)
    assert recover_signer(digest_receipt(signed.receipt, order.source), signed.signature) == SIGNERS[0].address
    assert booth.attestor.receipt(order.source, 1) == signed


def test_it_gives_no_receipt_for_an_outcome_that_is_not_final(tmp_path: Path) -> None:
    house = House(tmp_path, lag=2)
    try:
        order = house.source.initiate_order(house.destination)
        house.settle_down(0)
        for _ in range(2):
            house.source.mine()
        delivered(house, order)
        house.booths[0].follow()
        with pytest.raises(NotYetDecided):
            house.booths[0].attestor.receipt(order.source, 1)
    finally:
        house.close()


def test_an_outcome_of_another_order_at_this_nonce_halts_the_lane(house: House, booth: Booth) -> None:
    order = initiated(house)
    delivered(house, replace(order, recipient=bytes([5] * 32)))
    booth.follow()
    with pytest.raises(LaneHalted):
        booth.attestor.receipt(order.source, 1)


def test_an_outcome_that_the_chain_takes_back_halts_the_lane(house: House, booth: Booth) -> None:
    order = initiated(house)
    delivered(house, order)
    booth.follow()
    house.destination._state.outcomes[order.source, 1] = Outcome.REJECTED
    house.destination.mine()
    with pytest.raises(LaneHalted):
        booth.attestor.receipt(order.source, 1)


def test_a_replaced_block_under_an_outcome_halts_the_lane(house: House, booth: Booth) -> None:
    order = initiated(house)
    delivered(house, order)
    booth.follow()
    house.destination.replace_from(house.destination.head().number)
    with pytest.raises(LaneHalted):
        booth.attestor.receipt(order.source, 1)


def test_a_key_outside_the_current_set_signs_nothing(house: House, booth: Booth) -> None:
    order = initiated(house)
    others = SignerSet(1, 2, 2, tuple(signer.address for signer in SIGNERS[1:]))
    house.destination.signer_set = others
    with pytest.raises(NotASigner):
        booth.attestor.approve(order.source, 1, SOON)
    delivered(house, order)
    booth.follow()
    assert booth.attestor.receipt(order.source, 1).set_id == 1
    house.source.signer_set = others
    with pytest.raises(NotASigner):
        booth.attestor.receipt(order.source, 1)


def test_the_set_in_the_answer_is_the_one_on_the_chain(house: House, booth: Booth) -> None:
    order = initiated(house)
    house.destination.signer_set = replace(house.destination.signer_set, id=7)
    assert booth.attestor.approve(order.source, 1, SOON).set_id == 7


class Oracle:
    """A decision port that answers as it is told."""

    def __init__(self, answer: Decision) -> None:
        self.answer = answer

    def decide(self, order: TransferOrder, reasons: tuple[Reason, ...]) -> Decision:
        return self.answer


def test_the_decision_port_can_hold_without_naming_a_reason(tmp_path: Path) -> None:
    house = House(tmp_path, decisions=Oracle(Hold((), under_review=True)))
    try:
        order = initiated(house)
        with pytest.raises(Held) as caught:
            house.booths[0].attestor.approve(order.source, 1, SOON)
        assert caught.value.under_review
        house.settle_down(5)
        transfer = house.journal.transfer(digest_order(order))
        assert transfer is not None
        assert transfer.state.under_review
        assert house.destination.calls == []
    finally:
        house.close()


def test_an_order_under_review_stays_held_although_the_chains_word_denies_for_good(tmp_path: Path) -> None:
    """The relayer wrote down a rejection that the chain's word gave it, before the attestors told it to hold: an order
    under review went back and forth between the two, and whoever asked in between was shown a rejection."""
    house = House(tmp_path, decisions=Oracle(Hold((), under_review=True)))
    try:
        house.destination.reasons = [Reason(Refusal.ReceiverNotEligible, 7)]
        order = initiated(house)
        for _ in range(6):
            house.settle_down(1)
        transfer = house.journal.transfer(digest_order(order))
        assert transfer is not None
        assert transfer.state.under_review
        assert [one.stage for one in house.journal.history(digest_order(order))] == ["seen", "held"]
    finally:
        house.close()


def test_the_decision_port_can_deny_and_the_order_is_refunded(tmp_path: Path) -> None:
    house = House(tmp_path, decisions=Oracle(Reject(Reason(Refusal.ReceiverNotEligible, 0))))
    try:
        order = initiated(house)
        house.settle_down(8)
        assert house.source.refunded == [digest_order(order)]
    finally:
        house.close()


def test_two_nodes_that_disagree_halt_the_lane(house: House, tmp_path: Path) -> None:
    order = initiated(house)
    liar = house.destination.__class__("destination", house.world)
    liar.blocks = house.destination.blocks
    liar.reasons = [Reason(Refusal.Paused, 4)]
    store = AttestorStore(tmp_path / "two.sqlite")
    chains = {
        house.source.domain: Witness([house.source], quorum=1),
        house.destination.domain: Witness([house.destination, liar]),
    }
    try:
        store.record("source", order.source, house.source.events(0, 1), house.source.head(), START)
        attestor = Attestor(chains, store, SIGNERS[0], house.booths[0].attestor._decisions, house.world.clock)
        with pytest.raises(LaneHalted, match="disagree"):
            attestor.approve(order.source, 1, SOON)
        liar.reasons = []
        with pytest.raises(LaneHalted):
            attestor.approve(order.source, 1, SOON)
    finally:
        for witness in chains.values():
            witness.close()
        store.close()


def test_a_chain_that_is_halted_halts_all_its_lanes(house: House, booth: Booth) -> None:
    order = initiated(house)
    booth.attestor.halt_chain(house.destination.domain, "its finality broke")
    with pytest.raises(LaneHalted):
        booth.attestor.approve(order.source, 1, SOON)
    assert len(booth.store.halts()) == 2
