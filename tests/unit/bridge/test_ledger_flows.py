"""Pair rules, velocity and rate limits in the book of rules (protocol sections 4 and 6)."""

from __future__ import annotations

import pytest

from bridge import ledger as book
from bridge.buckets import NEVER, Flow
from bridge.refusals import Refusal, Refused
from bridge.types import Lot, PairRule, Rule
from tests.unit.bridge.book import ADMIN, ANA, ANA1, ANA2, ASSET, BEN, BEN1, THERE, Book, refused


def free(amount: int) -> tuple[Lot, ...]:
    return (Lot(amount, 0, 0),)


def limited(out: int = 40, rate: int = 1, into: int = 80) -> Book:
    """A book whose lane lets so much through."""
    made = Book()
    made.ledger = book.set_rate(made.ledger, ADMIN, THERE, ASSET, Flow(out, rate), Flow(into, rate)).ledger
    return made


def test_an_exception_holds_for_exactly_its_pair() -> None:
    made = Book(default_rule=Rule.FORBID)
    assert refused(lambda: made.transfer(10)) == [Refusal.ClassTransferForbidden]
    made.set_asset(pairs=(PairRule(1, 2, Rule.KEEP),))
    made.transfer(10)
    assert refused(lambda: made.transfer(5, BEN1, ANA1)) == [Refusal.ClassTransferForbidden]


def test_a_restart_makes_a_new_lot_and_wants_more_than_dust() -> None:
    made = Book()
    made.set_asset(pairs=(PairRule(1, 2, Rule.RESTART),))
    assert refused(lambda: made.transfer(4)) == [Refusal.LotTooSmall]
    made.transfer(5)
    assert made.holder(BEN).lots == (Lot(5, made.now, made.now + 100),)


def test_lots_made_by_others_take_24_places_and_one_of_equal_times_none() -> None:
    made = Book(default_rule=Rule.RESTART)
    made.change(BEN, lots=tuple(Lot(1, 1, 5_000 + place) for place in range(23)))
    made.transfer(5)
    made.transfer(5)
    made.now += 1
    assert refused(lambda: made.transfer(5)) == [Refusal.TooManyLots]


def test_without_a_record_of_the_giver_nothing_arrives_for_another() -> None:
    made = Book()
    order = made.arriving(free(5), giver=bytes(16) + b"\x77" * 16, getter=BEN, recipient=BEN1)
    assert made.deliver(order) == Refusal.ClassTransferForbidden


def test_velocity_bounds_what_goes_to_others_here_and_over_there() -> None:
    made = Book()
    made.ledger = book.set_velocity(made.ledger, ADMIN, ASSET, 50, 2).ledger
    made.transfer(30)
    made.initiate(free(20), to=BEN)
    with pytest.raises(Refused) as no:
        made.transfer(5)
    assert (no.value.lowest.code, no.value.lowest.a) == (Refusal.VelocityExceeded, 3)
    made.now += 3
    made.transfer(5)


def test_velocity_does_not_ask_what_stays_with_oneself_and_a_refund_gives_nothing_back() -> None:
    made = Book()
    made.ledger = book.set_velocity(made.ledger, ADMIN, ASSET, 50, 2).ledger
    made.transfer(60, ANA1, ANA2)
    made.transfer(60, ANA2, ANA1)
    made.initiate(free(20))
    order = made.initiate(free(50), to=BEN)
    made.settle(order, 2)
    assert Refusal.VelocityExceeded in refused(lambda: made.transfer(1))


def test_an_amount_above_the_capacity_is_told_that_no_wait_helps() -> None:
    made = Book()
    made.ledger = book.set_velocity(made.ledger, ADMIN, ASSET, 50, 2).ledger
    with pytest.raises(Refused) as no:
        made.transfer(51)
    assert no.value.lowest.a == NEVER


def test_one_investor_takes_a_quarter_of_what_may_leave() -> None:
    made = limited(out=40)
    with pytest.raises(Refused) as no:
        made.initiate(free(11))
    assert (no.value.lowest.code, no.value.lowest.b) == (Refusal.RateLimited, 10)
    made.initiate(free(10))
    assert refused(lambda: made.initiate(free(1))) == [Refusal.RateLimited]
    made.now += 4
    made.initiate(free(1))


def test_a_refund_gives_back_what_its_departure_took() -> None:
    made = limited(out=40)
    order = made.initiate(free(10))
    made.settle(order, 3)
    made.initiate(free(10))


def test_what_arrives_makes_room_for_what_leaves_and_the_other_way_round() -> None:
    made = limited(out=40, into=80)
    crossing = made.ledger.crossings[THERE, ASSET]
    assert made.deliver(made.arriving(free(80))) == 0
    assert made.deliver(made.arriving(free(1), nonce=2)) == Refusal.RateLimited
    made.initiate(free(10))
    assert made.deliver(made.arriving(free(10), nonce=3)) == 0
    assert crossing.in_spent.spent == 0


def test_what_was_spent_stays_when_limits_change() -> None:
    made = limited(out=40)
    made.initiate(free(10))
    made.ledger = book.set_rate(made.ledger, ADMIN, THERE, ASSET, Flow(8, 1), Flow(16, 1)).ledger
    assert made.ledger.crossings[THERE, ASSET].out_spent.available(Flow(8, 1), made.now) == 0


def test_limits_are_wide_enough_to_come_back_through() -> None:
    made = Book()
    narrow = lambda: book.set_rate(made.ledger, ADMIN, THERE, ASSET, Flow(40, 1), Flow(79, 1))  # noqa: E731
    assert refused(narrow) == [Refusal.Malformed]


def test_terms_change_by_one_number_and_keep_their_decimals() -> None:
    made = Book()
    known = made.asset.terms
    again = lambda: book.set_terms(made.ledger, ADMIN, ASSET, known, ())  # noqa: E731
    assert refused(again) == [Refusal.Malformed]
    next_ = known.__class__(2, 3, *known.to_values()[2:])
    assert refused(lambda: book.set_terms(made.ledger, ADMIN, ASSET, next_, ())) == [Refusal.DecimalsMismatch]


def test_the_holder_of_several_lots_merges_them_to_the_later_dates() -> None:
    made = Book(lots=(Lot(30, 5, 1_500), Lot(40, 6, 2_000)))
    done = book.merge_lots(made.ledger, made.now, ANA1, ASSET, made.holder(ANA).lots)
    assert done.ledger.assets[ASSET].holder(ANA).lots == (Lot(70, 6, 2_000),)
