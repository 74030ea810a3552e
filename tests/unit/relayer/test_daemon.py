"""The relayer from initiation to settlement: refunds, retries, crashes at every point, replaced blocks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.digests import digest_order
from bridge.refusals import Refusal
from bridge.transfer import Status
from bridge.transfer_events import DeadlineReached
from bridge.types import Outcome, Reason, TransferOrder
from chains.base import OrderInitiated, OrderRefused
from chains.errors import ChainUnavailable, TransactionInvalid, TransactionLost
from relayer.backoff import Wait
from relayer.errors import ChainReplaced, JournalIncomplete
from relayer.journal import Journal
from tests.unit.relayer.fakes import BEN, NOWHERE, START, FakeChain, attestor_set
from tests.unit.relayer.house import House


class Crash(BaseException):
    """The process dies here: nothing of ours may catch it."""


def status(house: House, order: TransferOrder) -> Status:
    transfer = house.journal.transfer(digest_order(order))
    assert transfer is not None
    return transfer.state.status


def stages(house: House, order: TransferOrder) -> list[str]:
    return [stage.stage for stage in house.journal.history(digest_order(order))]


def assert_settled_once(house: House, order: TransferOrder) -> None:
    assert status(house, order) is Status.SETTLED
    assert house.destination.credited == [digest_order(order)]
    assert house.source.refunded == []


def assert_refunded_once(house: House, order: TransferOrder) -> None:
    assert status(house, order) is Status.REFUNDED
    assert house.destination.credited == []
    assert house.source.refunded == [digest_order(order)]


def test_an_order_is_delivered_and_settled_once(house: House) -> None:
    order = house.source.initiate_order(house.destination)
    house.settle_down(6)
    assert stages(house, order) == ["seen", "approved", "submitted", "delivered", "settled"]
    assert_settled_once(house, order)


def test_orders_cross_in_both_directions_at_once(house: House) -> None:
    there = [house.source.initiate_order(house.destination) for _ in range(4)]
    back = [house.destination.initiate_order(house.source) for _ in range(4)]
    house.settle_down(8)
    assert {status(house, order) for order in there + back} == {Status.SETTLED}
    assert sorted(house.destination.credited) == sorted(digest_order(order) for order in there)
    assert sorted(house.source.credited) == sorted(digest_order(order) for order in back)


def test_nothing_happens_before_the_initiation_is_final(tmp_path: Path) -> None:
    house = House(tmp_path, lag=3)
    try:
        order = house.source.initiate_order(house.destination)
        house.turn()
        assert house.journal.transfer(digest_order(order)) is None
        house.settle_down(20)
        assert_settled_once(house, order)
    finally:
        house.close()


def test_an_order_that_nobody_may_deliver_in_time_is_refunded(house: House) -> None:
    house.destination.reasons = [Reason(Refusal.Paused, 4)]
    order = house.source.initiate_order(house.destination, seconds=60)
    house.settle_down(10)
    assert status(house, order) is Status.HELD
    house.settle_down(8, seconds=20)
    assert_refunded_once(house, order)
    assert stages(house, order) == ["seen", "held", "rejecting", "rejected", "refunded"]


def test_a_hold_that_ends_in_time_is_delivered(house: House) -> None:
    house.destination.reasons = [Reason(Refusal.OracleStale, 100, 60)]
    order = house.source.initiate_order(house.destination)
    house.settle_down(3)
    assert status(house, order) is Status.HELD
    house.destination.reasons = []
    house.settle_down(20)
    assert_settled_once(house, order)


def test_a_permanent_refusal_is_rejected_and_refunded_at_once(house: House) -> None:
    house.destination.reasons = [Reason(Refusal.LotTooSmall, 10)]
    order = house.source.initiate_order(house.destination, to=BEN)
    house.settle_down(8)
    assert_refunded_once(house, order)
    transfer = house.journal.transfer(digest_order(order))
    assert transfer is not None
    assert (transfer.state.outcome, transfer.state.reason) == (Outcome.REJECTED, Refusal.LotTooSmall)


def test_a_refusal_of_the_delivery_itself_is_held_and_tried_again(house: House) -> None:
    house.destination.refuse_with = Refusal.RateLimited
    order = house.source.initiate_order(house.destination)
    house.settle_down(20)
    assert stages(house, order)[:4] == ["seen", "approved", "submitted", "held"]
    assert_settled_once(house, order)


def test_a_frozen_investor_is_held_by_the_attestors(house: House) -> None:
    order = house.source.initiate_order(house.destination)
    house.source.frozen = {order.from_investor}
    house.settle_down(5)
    transfer = house.journal.transfer(digest_order(order))
    assert transfer is not None
    assert [reason.code for reason in transfer.state.held] == [Refusal.SenderFrozen]
    assert house.destination.calls == []


def test_one_silent_attestor_of_three_delays_nothing(house: House) -> None:
    house.booths[1].silent = True
    order = house.source.initiate_order(house.destination)
    house.settle_down(6)
    assert_settled_once(house, order)


def test_two_silent_attestors_stop_the_order_until_one_answers(house: House) -> None:
    house.booths[0].silent = house.booths[1].silent = True
    order = house.source.initiate_order(house.destination)
    house.settle_down(6)
    assert status(house, order) is Status.SEEN
    transfer = house.journal.transfer(digest_order(order))
    assert transfer is not None
    assert transfer.waits_for == Wait.SIGNATURES.value
    house.booths[0].silent = False
    house.settle_down(10)
    assert_settled_once(house, order)


@pytest.mark.parametrize("fault", ["lost", "invalid", "unavailable"])
@pytest.mark.parametrize("call", ["deliver", "settle"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_failed_submission_is_repeated_without_a_second_effect(
    house: House, fault: str, call: str, moment: str
) -> None:
    errors = {
        "lost": TransactionLost("fake", ("0x1",), "gone"),
        "invalid": TransactionInvalid("fake", "no funds"),
        "unavailable": ChainUnavailable("fake", "away"),
    }
    pending = [errors[fault]]

    def fail(name: str) -> None:
        if name == call and pending:
            raise pending.pop()

    for chain in house.chains:
        setattr(chain, moment, fail)
    order = house.source.initiate_order(house.destination)
    house.settle_down(12, seconds=30)
    assert not pending
    assert_settled_once(house, order)


@pytest.mark.parametrize("call", ["deliver", "reject", "settle"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_crash_around_any_submission_loses_and_doubles_nothing(house: House, call: str, moment: str) -> None:
    if call == "reject":
        house.destination.reasons = [Reason(Refusal.LotTooSmall, 10)]
    pending = [Crash()]

    def die(name: str) -> None:
        if name == call and pending:
            raise pending.pop()

    for chain in house.chains:
        setattr(chain, moment, die)
    order = house.source.initiate_order(house.destination)
    with pytest.raises(Crash):
        house.settle_down(10)
    house.shut()
    house.open()
    house.daemon.reconcile()
    house.settle_down(12, seconds=30)
    if call == "reject":
        assert_refunded_once(house, order)
    else:
        assert_settled_once(house, order)


def test_a_crash_between_any_two_turns_changes_nothing(house: House) -> None:
    order = house.source.initiate_order(house.destination)
    for _ in range(12):
        house.settle_down(1)
        house.shut()
        house.open()
        house.daemon.reconcile()
    house.settle_down(5)
    assert_settled_once(house, order)


def test_another_relayer_that_is_faster_is_no_fault(house: House) -> None:
    order = house.source.initiate_order(house.destination)
    other = House(house.folder / "other")
    try:
        other.source, other.destination, other.chains = house.source, house.destination, house.chains
        other.world = house.world
        for booth in house.booths:
            booth.follow()
        other.booths, mine = house.booths, other.booths
        other.shut()
        other.open()
        other.daemon.turn()
        other.daemon.drained(30)
        other.booths = mine
        house.settle_down(10)
        assert_settled_once(house, order)
    finally:
        other.close()


def test_an_order_that_others_delivered_and_settled_is_only_recorded(house: House) -> None:
    house.keys.clear()
    order = house.source.initiate_order(house.destination)
    house.settle_down(3)
    assert house.destination.calls == []
    helper = House(house.folder / "helper")
    try:
        helper.shut()
        helper.source, helper.destination = house.source, house.destination
        helper.chains, helper.world = house.chains, house.world
        helper.booths, unused = house.booths, helper.booths
        helper.open()
        helper.settle_down(6)
        helper.booths = unused
        house.settle_down(12, seconds=30)
        assert status(house, order) is Status.SETTLED
    finally:
        helper.close()


def test_a_rotated_set_makes_the_relayer_collect_again(house: House) -> None:
    order = house.source.initiate_order(house.destination)

    def rotate(call: str) -> None:
        if call == "deliver" and house.destination.signer_set.id == 1:
            house.destination.signer_set = attestor_set(2)

    house.destination.before = rotate
    house.settle_down(20)
    assert_settled_once(house, order)
    results = [attempt[3] for attempt in house.journal.attempts(digest_order(order))]
    assert results[0] == f"refused {int(Refusal.SignerSetUnknown)}"


def test_every_hash_is_journalled_before_the_chain_can_have_it(house: House) -> None:
    order = house.source.initiate_order(house.destination)
    seen: list[str] = []

    def look(call: str) -> None:
        attempts = house.journal.attempts(digest_order(order))
        seen.extend(f"{attempt[0]} {len(attempt[2])}" for attempt in attempts if not attempt[3])

    house.destination.after = look
    house.settle_down(6)
    assert seen == ["delivery 1"]


def test_a_replaced_block_below_the_cursor_stops_the_relayer(house: House) -> None:
    house.source.initiate_order(house.destination)
    house.settle_down(6)
    house.source.replace_from(1)
    house.shut()
    house.open()
    with pytest.raises(ChainReplaced):
        house.daemon.reconcile()


def test_a_chain_that_lost_blocks_stops_the_relayer(house: House) -> None:
    house.settle_down(4)
    del house.source.blocks[2:]
    with pytest.raises(ChainReplaced):
        house.daemon.reconcile()


def test_two_orders_at_one_nonce_halt_the_lane_and_no_other(house: House) -> None:
    order = house.source.initiate_order(house.destination)
    twin = replace(order, recipient=bytes([5] * 32))
    house.source.mine(OrderInitiated(digest_order(twin), twin, NOWHERE))
    back = house.destination.initiate_order(house.source)
    house.settle_down(6)
    ((source, destination, why),) = house.journal.halts()
    assert (source, destination) == (house.source.domain, house.destination.domain)
    assert "two orders" in why
    assert house.destination.credited == []
    assert status(house, back) is Status.SETTLED


def test_a_journal_that_began_too_late_is_refused(house: House) -> None:
    house.source.initiate_order(house.destination)
    house.source.mine()
    house.shut()
    house.journal = Journal(house.folder / "late.sqlite")
    house.journal.ingest(house.source.domain, [], house.source.head(), START)
    house.daemon._journal = house.journal
    with pytest.raises(JournalIncomplete):
        house.daemon.reconcile()
    house.open()


def test_a_journal_built_anew_from_the_chains_says_the_same(house: House) -> None:
    orders = [house.source.initiate_order(house.destination) for _ in range(3)]
    back = house.destination.initiate_order(house.source)
    house.settle_down(8)
    before = [stages(house, order) for order in (*orders, back)]
    house.shut()
    (house.folder / "relayer.sqlite").unlink()
    house.open()
    house.daemon.reconcile()
    for order in (*orders, back):
        assert status(house, order) is Status.SETTLED
    facts = {"seen", "delivered", "settled"}
    assert [stages(house, order) for order in (*orders, back)] == [
        [stage for stage in line if stage in facts] for line in before
    ]


def test_attestors_that_reject_for_another_reason_than_the_deadline_are_not_asked_in_a_circle(house: House) -> None:
    # This relayer sees the destination's deadline pass before the attestors do: their reason is not the one it needs.
    order = house.source.initiate_order(house.destination, seconds=60)
    house.destination.reasons = [Reason(Refusal.Paused, 4)]
    house.settle_down(1)
    house.destination.reasons = [Reason(Refusal.LotTooSmall, 10)]
    house.journal.apply(digest_order(order), (DeadlineReached(digest_order(order)),), house.world.seconds())
    house.actions.advance(digest_order(order))
    assert status(house, order) is Status.REJECTING
    house.settle_down(12, seconds=20)
    assert_refunded_once(house, order)


@pytest.mark.parametrize("call", ["deliver", "settle"])
def test_a_fact_that_comes_before_its_submission_returns_is_not_slept_through(house: House, call: str) -> None:
    """Where blocks are final at once the outcome is journalled while the sender still reads its receipt.

    The wait that ends the submission belongs to the past then: with it the settlement would come two minutes late.
    """
    chain = house.destination if call == "deliver" else house.source

    def ingest(done: str) -> None:
        if done == call:
            house.daemon.ingest()

    chain.after = ingest
    order = house.source.initiate_order(house.destination)
    house.settle_down(6, seconds=1)
    assert_settled_once(house, order)


def test_a_refusal_that_comes_before_its_submission_returns_is_tried_again_by_its_own_ramp(house: House) -> None:
    house.destination.refuse_with = Refusal.OracleStale
    house.destination.after = lambda call: house.daemon.ingest()
    order = house.source.initiate_order(house.destination)
    house.settle_down(6)
    assert_settled_once(house, order)


def test_an_order_to_a_chain_that_is_not_served_stops_no_other(house: House) -> None:
    """A third chain's lane is open on the source: whoever sends into it must not end a relayer that does not know it."""
    elsewhere = FakeChain("elsewhere", house.world)
    strange = house.source.initiate_order(elsewhere)
    house.settle_down(2)
    order = house.source.initiate_order(house.destination)
    house.settle_down(6)
    assert_settled_once(house, order)
    transfer = house.journal.transfer(digest_order(strange))
    assert transfer is not None
    assert (transfer.state.status, transfer.waits_for) == (Status.SEEN, Wait.LANE.value)


def test_a_stranger_who_puts_an_order_beside_his_own_does_not_delay_it(house: House) -> None:
    """`deliver` gives an order that its approval does not name a code of its own, in an event that anyone can cause."""
    order = house.source.initiate_order(house.destination)
    order_id = digest_order(order)
    house.destination.before = lambda call: house.destination.mine(
        OrderRefused(order_id, order.source, order.nonce, Refusal.QuorumNotMet, NOWHERE)
    )
    house.settle_down(6)
    assert "held" not in stages(house, order)
    assert_settled_once(house, order)
