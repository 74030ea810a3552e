"""Limits, quotas and seats in the book of rules (protocol section 7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge import ledger as book
from bridge.ledger import ClassCount
from bridge.refusals import Refusal, Refused
from bridge.types import EligibilityItem, Lot, OracleBatch, QuotaItem
from tests.unit.bridge.book import ALL, ANA, ANA1, ANA2, ASSET, BEN, BEN1, CHO, CHO1, NOW, Book, refused, word

FREE = (Lot(100, 0, 0),)


def batch(made: Book, *items: EligibilityItem, quotas: tuple[QuotaItem, ...] = ()) -> dict[str, object]:
    """The fields of the first event about a limit or a quota; of a skipped item its code."""
    number = made.ledger.last_batch + 1
    done = book.submit_batch(made.ledger, made.now, OracleBatch(number, made.now, items, (), quotas))
    made.ledger = done.ledger
    wanted = ("LimitSet", "QuotaSet", "ItemSkipped")
    return next((dict(event.fields) for event in done.events if event.name in wanted), {})


def test_a_limit_may_be_reached_and_not_passed() -> None:
    made = Book()
    made.change(BEN, word=word(2, limit=40))
    made.transfer(40)
    assert refused(lambda: made.transfer(1)) == [Refusal.LimitExceeded]


def test_a_negative_limit_is_told_in_twos_complement() -> None:
    made = Book()
    made.change(BEN, word=word(2, limit=-5))
    with pytest.raises(Refused) as no:
        made.transfer(1)
    assert (no.value.lowest.a, no.value.lowest.b) == (2**256 - 5, 1)


def test_a_new_holder_needs_a_place_in_the_class_and_an_old_one_does_not() -> None:
    made = Book()
    made.set_asset(classes={1: ClassCount(5, 1), 2: ClassCount(0, 0)})
    assert refused(lambda: made.transfer(10)) == [Refusal.HolderCapReached]
    made.change(BEN, free=1)
    made.transfer(10)


def test_who_sends_everything_leaves_the_place_to_a_receiver_of_the_same_class() -> None:
    made = Book()
    made.set_asset(classes={1: ClassCount(1, 1)})
    assert refused(lambda: made.transfer(99, ANA1, CHO1)) == [Refusal.HolderCapReached]
    made.transfer(100, ANA1, CHO1)
    assert made.asset.class_count(1).holders == 1


def test_nobody_leaves_by_an_amount_that_cannot_be_taken() -> None:
    made = Book()
    made.set_asset(classes={1: ClassCount(1, 1)})
    made.change(ANA, frozen=1)
    assert refused(lambda: made.transfer(100, ANA1, CHO1)) == [Refusal.HolderCapReached, Refusal.FrozenAmount]


def test_a_crossing_to_oneself_changes_no_room_on_either_side_at_any_moment() -> None:
    made = Book()
    room = made.holder(ANA).room
    order = made.initiate((Lot(30, 0, 0),))
    assert made.holder(ANA).room == room
    made.settle(order, 1)
    assert made.holder(ANA).room == room
    assert made.holder(ANA).word.limit == 1_000 - 30
    assert made.deliver(made.arriving((Lot(20, 0, 0),))) == 0
    assert made.holder(ANA).room == room


def test_the_seat_travels_with_the_last_lot_only() -> None:
    made = Book()
    first = made.initiate((Lot(60, 0, 0),))
    last = made.initiate((Lot(40, 0, 0),))
    assert (first.seat, last.seat) == (0, 0)
    alone = Book().initiate(FREE)
    assert alone.seat == 1


def test_a_seat_is_a_place_of_the_quota_that_moves() -> None:
    made = Book()
    order = made.initiate(FREE)
    made.settle(order, 1)
    assert made.asset.class_count(1) == ClassCount(49, 0)
    away = Book(free=0)
    away.set_asset(classes={1: ClassCount(0, 0)})
    assert away.deliver(away.arriving(FREE)) == Refusal.HolderCapReached
    assert away.deliver(away.arriving(FREE, seat=1, nonce=2)) == 0
    assert away.asset.class_count(1) == ClassCount(1, 1)


def test_a_seat_for_somebody_else_is_malformed() -> None:
    made = Book()
    order = made.arriving(FREE, getter=BEN, recipient=BEN1, seat=1)
    assert made.deliver(order) == Refusal.Malformed


def test_a_change_of_class_moves_the_count_and_is_never_refused() -> None:
    made = Book()
    made.set_asset(classes={1: ClassCount(1, 1), 3: ClassCount(0, 0)})
    told = batch(made, EligibilityItem(ASSET, ANA, 10**6, 3, ALL, 0))
    assert told == {}
    assert (made.asset.class_count(1).holders, made.asset.class_count(3).holders) == (0, 1)


def test_lowering_a_limit_releases_only_what_is_not_used() -> None:
    made = Book()
    assert batch(made, EligibilityItem(ASSET, ANA, 10**6, 1, ALL, -950))["released"] == 900
    assert made.holder(ANA).room == -50
    assert batch(made, EligibilityItem(ASSET, ANA, 10**6, 1, ALL, -10))["released"] == 0


def test_lowering_a_quota_releases_only_free_places() -> None:
    made = Book()
    made.set_asset(classes={1: ClassCount(3, 1)})
    assert batch(made, quotas=(QuotaItem(ASSET, 1, -5),))["released"] == 2


def test_a_revocation_is_never_skipped_for_its_limit() -> None:
    made = Book()
    made.change(ANA, word=word(limit=2**120 + 500))
    told = batch(made, EligibilityItem(ASSET, ANA, 10**6, 1, 0, -1))
    assert told["room"] == 2**120 + 500 - 100 - 1
    assert batch(made, EligibilityItem(ASSET, ANA, 10**6, 1, 0, 10**6))["code"] == Refusal.AmountTooLarge


def test_own_accounts_ask_no_cap() -> None:
    made = Book()
    made.change(ANA, word=word(limit=0))
    made.set_asset(classes={1: ClassCount(0, 1)})
    made.transfer(100, ANA1, ANA2)
    assert made.asset.account(ANA2).balance == 100


def test_a_forced_transfer_passes_every_cap_and_counts_all_the_same() -> None:
    made = Book()
    made.change(CHO, word=word(limit=0))
    made.set_asset(classes={1: ClassCount(0, 1)})
    made.control(book.force_transfer, ANA1, CHO1, 100)
    assert made.holder(CHO).room == -100
    assert made.asset.class_count(1) == ClassCount(0, 1)


def test_a_lapsed_record_of_a_limit_alone_is_no_record() -> None:
    made = Book()
    made.change(BEN, word=replace(word(0, limit=9, permissions=0, valid_until=0), sequence=0))
    reasons = refused(lambda: made.transfer(50))
    assert Refusal.ReceiverNotEligible in reasons
    assert Refusal.LimitExceeded not in reasons
    assert made.now == NOW
