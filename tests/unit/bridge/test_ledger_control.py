"""What a controller may do, and how tokens follow (protocol sections 3 and 4)."""

from __future__ import annotations

import pytest

from bridge import ledger as book
from bridge.ledger import ClassCount
from bridge.refusals import Refusal
from bridge.types import ZERO32, Action, BindingItem, Lot, OracleBatch
from tests.unit.bridge.book import (
    ACTION,
    ADMIN,
    ANA,
    ANA1,
    ANA2,
    ASSET,
    BEN,
    BEN1,
    CHO,
    CHO1,
    CONTROLLER,
    GUARDIAN,
    NEW,
    NOW,
    Book,
    refused,
)

LOCKED = (Lot(30, 5, 1_500), Lot(40, 6, 2_000))


@pytest.mark.parametrize("action", [Action(0, b"\x01" * 32), Action(1, ZERO32)])
def test_an_action_needs_a_reason_and_a_document(action: Action) -> None:
    made = Book()
    assert refused(lambda: book.freeze_account(made.ledger, CONTROLLER, ASSET, ANA1, True, action)) == [
        Refusal.Malformed
    ]


def test_only_the_controller_acts_and_everything_that_fails_is_told() -> None:
    made = Book()
    none = Action(0, ZERO32)
    assert refused(lambda: book.recover(made.ledger, ADMIN, ASSET, NEW, NEW, none)) == [
        Refusal.SenderUnbound,
        Refusal.NotController,
        Refusal.Malformed,
    ]


def test_a_frozen_account_neither_gives_nor_gets_and_its_refund_lands() -> None:
    made = Book()
    order = made.initiate((Lot(10, 0, 0),))
    made.control(book.freeze_account, ANA1, True, timed=False)
    assert refused(lambda: made.transfer(1)) == [Refusal.SenderFrozen]
    assert made.deliver(made.arriving((Lot(1, 0, 0),))) == Refusal.ReceiverFrozen
    made.settle(order, 2)
    assert made.asset.account(ANA1).balance == 100


def test_a_frozen_amount_stays_wherever_it_might_go() -> None:
    made = Book(lots=LOCKED)
    made.control(book.freeze_amount, ANA, 150, timed=False)
    assert Refusal.FrozenAmount in refused(lambda: made.transfer(21))
    assert Refusal.FrozenAmount in refused(lambda: made.initiate((Lot(21, 0, 0),)))
    assert Refusal.FrozenAmount in refused(lambda: made.control(book.redeem, ANA1, (Lot(21, 0, 0),)))
    made.transfer(20)
    made.transfer(100, ANA1, ANA2)


def test_a_forced_transfer_says_what_it_unfroze_and_moves_locks_with_their_times() -> None:
    made = Book(lots=LOCKED)
    made.change(ANA, frozen=60)
    moved, forced = made.control(book.force_transfer, ANA1, BEN1, 140)
    assert (moved.name, dict(forced.fields)["unfroze"]) == ("Transferred", 30)
    assert made.holder(ANA).frozen == 30
    assert made.holder(BEN).lots == (Lot(30, 5, 1_500), Lot(10, 6, 2_000))


def test_a_forced_transfer_to_oneself_unfreezes_nothing() -> None:
    made = Book()
    made.change(ANA, frozen=100)
    _, forced = made.control(book.force_transfer, ANA1, ANA2, 100)
    assert dict(forced.fields)["unfroze"] == 0
    assert made.holder(ANA).frozen == 100


def test_a_forced_transfer_needs_a_receiver_who_may_receive_at_all() -> None:
    made = Book()
    made.change(BEN, word=made.holder(BEN).word.__class__(10, 2, 6, 1, 0))
    assert refused(lambda: made.control(book.force_transfer, ANA1, BEN1, 1)) == [Refusal.ReceiverNotEligible]


def test_where_there_is_no_place_the_nearest_lots_merge_to_the_later_unlock() -> None:
    made = Book(lots=(Lot(5, 1, 1_100),))
    full = tuple(Lot(1, 1, 2_000 + 10 * place) for place in range(32))
    made.change(BEN, lots=full)
    made.control(book.move_lots, ANA1, BEN1, (Lot(5, 1, 1_100),))
    lots = made.holder(BEN).lots
    assert len(lots) == 32
    assert lots[:2] == (Lot(5, 1, 1_100), Lot(2, 1, 2_010))


def test_a_refund_finds_a_place_though_the_position_was_filled_meanwhile() -> None:
    made = Book(lots=LOCKED)
    order = made.initiate((Lot(30, 5, 1_500),))
    full = tuple(Lot(1, 1, 2_001 + 10 * place) for place in range(32))
    made.change(ANA, lots=full)
    made.settle(order, 3)
    assert len(made.holder(ANA).lots) == 32
    assert made.holder(ANA).locked == 62


def test_a_refund_follows_a_recovered_account_through_two_recoveries() -> None:
    made = Book()
    order = made.initiate((Lot(10, 0, 0),))
    made.control(book.recover, ANA1, NEW, timed=False)
    made.control(book.recover, NEW, ANA2, timed=False)
    assert made.asset.account(ANA1).moved_to == ANA2
    made.settle(order, 2)
    assert made.asset.account(ANA2).balance == 100


def test_what_is_delivered_to_a_recovered_account_lands_where_it_was_recovered_to() -> None:
    made = Book()
    made.control(book.recover, ANA1, NEW, timed=False)
    assert made.deliver(made.arriving((Lot(7, 0, 0),))) == 0
    assert made.asset.account(NEW).balance == 107


def test_a_recovered_account_is_bound_again_by_recovery_only() -> None:
    made = Book()
    made.control(book.recover, ANA1, NEW, timed=False)
    items = (BindingItem(ASSET, ANA1, BEN),)
    done = book.submit_batch(made.ledger, NOW, OracleBatch(1, NOW, (), items, ()))
    assert dict(done.events[0].fields)["code"] == Refusal.BindingInvalid
    made.control(book.recover, NEW, ANA1, timed=False)
    assert made.asset.account(ANA1).moved_to == ZERO32
    assert made.asset.account(NEW).moved_to == ANA1


def test_nothing_is_recovered_to_an_account_of_somebody_else() -> None:
    made = Book()
    assert refused(lambda: made.control(book.recover, ANA1, BEN1, timed=False)) == [Refusal.BindingInvalid]
    made.control(book.recover, CHO1, NEW, timed=False)
    assert refused(lambda: made.control(book.recover, ANA1, CHO1, timed=False)) == [Refusal.BindingInvalid]


def test_recovery_works_with_nothing_frozen_or_in_flight_and_takes_the_freeze_along() -> None:
    made = Book(free=0)
    made.control(book.freeze_account, ANA1, True, timed=False)
    events = made.control(book.recover, ANA1, NEW, timed=False)
    assert [event.name for event in events] == ["AccountBound", "AccountBound", "AccountRecovered"]
    assert made.asset.account(NEW).is_frozen


def test_more_than_32_accounts_never_lead_to_one() -> None:
    made = Book(free=0)
    old = ANA1
    for number in range(32):
        new = bytes([0x80 + number]) * 32
        made.control(book.recover, old, new, timed=False)
        old = new
    assert refused(lambda: made.control(book.recover, old, NEW, timed=False)) == [Refusal.Malformed]


def test_a_replaced_investor_lives_on_in_the_successor() -> None:
    made = Book(lots=LOCKED)
    order = made.initiate((Lot(10, 0, 0),))
    made.change(ANA, frozen=5, is_frozen=True)
    made.control(book.replace_investor, ANA, CHO)
    successor = made.holder(CHO)
    assert (successor.total, successor.in_flight, successor.frozen, successor.is_frozen) == (160, 10, 5, True)
    assert successor.room == 2_000 - 170
    assert made.asset.class_count(1) == ClassCount(50, 1)
    assert made.holder(ANA).is_retired
    assert made.holder(ANA).used == 0
    made.settle(order, 2)
    assert made.holder(CHO).total == 170


def test_an_investor_is_retired_once_and_never_into_a_retired_one() -> None:
    made = Book()
    made.control(book.replace_investor, ANA, CHO)
    for pair in ((ANA, BEN), (BEN, ANA), (BEN, BEN)):
        assert refused(lambda pair=pair: made.control(book.replace_investor, *pair)) == [Refusal.Malformed]  # type: ignore[misc]


def test_an_order_to_a_replaced_investor_reaches_the_successor() -> None:
    made = Book()
    made.control(book.replace_investor, ANA, CHO)
    order = made.arriving((Lot(10, 0, 0),), giver=BEN, getter=ANA)
    assert made.deliver(order) == 0
    assert made.holder(CHO).total == 110


def test_lots_given_to_another_keep_their_dates_and_ask_no_pair_rule() -> None:
    made = Book(lots=LOCKED, default_rule=0)
    made.control(book.move_lots, ANA1, BEN1, (Lot(5, 0, 0), Lot(12, 5, 1_500)))
    assert (made.holder(BEN).free, made.holder(BEN).lots) == (5, (Lot(12, 5, 1_500),))
    assert made.holder(ANA).lots == (Lot(18, 5, 1_500), Lot(40, 6, 2_000))


def test_lots_are_not_given_to_oneself() -> None:
    made = Book()
    assert refused(lambda: made.control(book.move_lots, ANA1, ANA2, (Lot(1, 0, 0),))) == [Refusal.Malformed]


def test_a_release_waits_its_delay_and_frees_what_it_names() -> None:
    made = Book(lots=LOCKED)
    args = (ADMIN, ASSET, ANA, (Lot(20, 5, 1_500),), ACTION)
    assert refused(lambda: book.release_lots(made.ledger, NOW, *args)) == [Refusal.Malformed]
    made.ledger = book.propose_release(made.ledger, NOW, *args).ledger
    assert refused(lambda: book.propose_release(made.ledger, NOW, *args)) == [Refusal.Malformed]
    assert refused(lambda: book.release_lots(made.ledger, NOW + 49, *args)) == [Refusal.NotYet]
    made.ledger = book.release_lots(made.ledger, NOW + 50, *args).ledger
    assert (made.holder(ANA).free, made.holder(ANA).lots[0]) == (120, Lot(10, 5, 1_500))


def test_a_release_of_lots_that_came_due_meanwhile_frees_the_rest() -> None:
    made = Book(lots=LOCKED)
    args = (ADMIN, ASSET, ANA, LOCKED, ACTION)
    made.ledger = book.propose_release(made.ledger, NOW, *args).ledger
    made.ledger = book.release_lots(made.ledger, 1_600, *args).ledger
    assert (made.holder(ANA).free, made.holder(ANA).lots) == (170, ())


def test_a_guardian_calls_a_release_off() -> None:
    made = Book(lots=LOCKED)
    args = (ADMIN, ASSET, ANA, LOCKED, ACTION)
    made.ledger = book.propose_release(made.ledger, NOW, *args).ledger
    proposal = book.release_id(ASSET, ANA, LOCKED, ACTION)
    assert refused(lambda: book.cancel_release(made.ledger, ANA1, ASSET, proposal)) == [Refusal.NotGuardian]
    made.ledger = book.cancel_release(made.ledger, GUARDIAN, ASSET, proposal).ledger
    assert refused(lambda: book.release_lots(made.ledger, 1_600, *args)) == [Refusal.Malformed]


def test_redemption_ends_lots_and_frees_room_and_place() -> None:
    made = Book(lots=LOCKED)
    made.control(book.redeem, ANA1, (Lot(100, 0, 0), *LOCKED))
    assert (made.asset.supply, made.asset.redeemed, made.asset.class_count(1).holders) == (0, 170, 0)
    assert made.holder(ANA).room == 1_000
