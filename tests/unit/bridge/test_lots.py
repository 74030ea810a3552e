"""Promises of lot arithmetic for any holding: the sum is kept, and no lot unlocks earlier than the one it came from."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import lots
from bridge.refusals import Refusal, Refused
from bridge.types import Lot
from tests.unit.bridge.strategies import NOW, amounts, stored_lots

frees = st.integers(0, 50)


def locked_at(held: Iterable[Lot], time: int) -> int:
    """What lots still lock at a time: the measure that must never fall by a change of form."""
    return sum(lot.amount for lot in held if lot.unlocks_at > time)


def moments(*lists: Iterable[Lot]) -> list[int]:
    return sorted({NOW, *(lot.unlocks_at + step for held in lists for lot in held for step in (-1, 0))})


@given(frees, stored_lots)
def test_folding_keeps_the_sum_and_frees_exactly_what_is_due(free: int, held: list[Lot]) -> None:
    new_free, new_lots, folded = lots.fold(free, held, NOW)
    assert new_free + lots.total(new_lots) == free + lots.total(held)
    assert folded == sum(lot.amount for lot in held if lot.unlocks_at <= NOW) == new_free - free
    for time in moments(held):
        if time >= NOW:
            assert locked_at(new_lots, time) == locked_at(held, time)


@given(frees, stored_lots)
def test_folding_twice_is_folding_once(free: int, held: list[Lot]) -> None:
    new_free, new_lots, _ = lots.fold(free, held, NOW)
    assert lots.fold(new_free, new_lots, NOW) == (new_free, new_lots, 0)


def outcome(free: int, held: list[Lot], wanted: tuple[Lot, ...]) -> int:
    """The number with which taking is refused, 0 when it is not."""
    try:
        lots.take(free, held, wanted, NOW)
    except Refused as refused:
        return refused.lowest.code
    return 0


@st.composite
def wishes(draw: st.DrawFn) -> tuple[int, list[Lot], tuple[Lot, ...]]:
    """A holding and a request that often fits it: parts of its lots, some names of due lots, some of no lot."""
    free, held = draw(frees), draw(stored_lots)
    named = [
        Lot(draw(st.integers(1, lot.amount + draw(st.sampled_from([0, 0, 0, 1])))), lot.acquired_at, lot.unlocks_at)
        for lot in held
        if draw(st.booleans())
    ]
    wanted = lots.canonical(named)
    asked = draw(st.integers(0, free))
    return free, held, ((Lot(asked, 0, 0), *wanted) if asked else wanted)


@given(wishes())
def test_taking_keeps_the_sum_and_every_date(wish: tuple[int, list[Lot], tuple[Lot, ...]]) -> None:
    free, held, wanted = wish
    try:
        new_free, new_lots, taken = lots.take(free, held, wanted, NOW)
    except Refused:
        return
    lots.check_form(taken)
    assert lots.total(taken) == lots.total(wanted)
    assert new_free + lots.total(new_lots) + lots.total(taken) == free + lots.total(held)
    for time in moments(held, wanted):
        if time >= NOW:
            assert locked_at((*new_lots, *taken), time) == locked_at(held, time)


@given(wishes())
def test_what_was_taken_and_comes_back_restores_the_holding(wish: tuple[int, list[Lot], tuple[Lot, ...]]) -> None:
    free, held, wanted = wish
    try:
        new_free, new_lots, taken = lots.take(free, held, wanted, NOW)
    except Refused:
        return
    assert lots.credit(new_free, new_lots, taken, NOW) == lots.fold(free, held, NOW)[:2]


@given(wishes())
def test_taking_refuses_only_with_its_four_reasons(wish: tuple[int, list[Lot], tuple[Lot, ...]]) -> None:
    free, held, wanted = wish
    allowed = {0, Refusal.AmountZero, Refusal.Malformed, Refusal.LotsLocked, Refusal.LotUnknown}
    assert outcome(free, held, wanted) in allowed


@given(frees, stored_lots, stored_lots, frees)
def test_crediting_keeps_the_sum_and_every_date(free: int, held: list[Lot], arriving: list[Lot], also: int) -> None:
    parts = (Lot(also, 0, 0), *arriving)
    new_free, new_lots = lots.credit(free, held, parts, NOW)
    assert new_free + lots.total(new_lots) == free + lots.total(held) + lots.total(parts)
    assert new_free - free == also + sum(lot.amount for lot in arriving if lot.unlocks_at <= NOW)
    for time in moments(held, arriving):
        if time >= NOW:
            assert locked_at(new_lots, time) == locked_at((*held, *arriving), time)


@given(stored_lots)
def test_a_canonical_list_is_sorted_merged_and_stable(held: list[Lot]) -> None:
    once = lots.canonical(held)
    keys = [lots.sort_key(lot) for lot in once]
    assert keys == sorted(set(keys))
    assert lots.canonical(reversed(once)) == once


@given(stored_lots, st.integers(0, 5), stored_lots)
def test_places_are_what_crediting_leaves(held: list[Lot], reserved: int, arriving: list[Lot]) -> None:
    _, folded, _ = lots.fold(0, held, NOW)
    assert lots.places(held, reserved, arriving, NOW) == len(lots.credit(0, folded, arriving, NOW)[1]) + reserved


@given(amounts, st.integers(1, 2**64 - 1))
def test_crossing_there_and_back_never_loosens(amount: int, unlocks_at: int) -> None:
    lot = Lot(amount, 1, unlocks_at)
    _, _, taken = lots.take(0, [lot], [lot], NOW)
    free, held = lots.credit(0, [], taken, NOW)
    assert (free, held) == ((amount, ()) if unlocks_at <= NOW else (0, (lot,)))


def test_a_request_for_nothing_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        lots.take(1, [], [], NOW)
    assert refused.value.lowest.code == Refusal.AmountZero


@given(frees, stored_lots, st.data())
def test_taking_without_names_takes_the_amount_and_keeps_every_date(
    free: int, held: list[Lot], data: st.DataObject
) -> None:
    amount = data.draw(st.integers(0, free + lots.total(held)))
    left, rest, taken = lots.take_any(free, held, amount, NOW)
    assert lots.total(taken) == amount
    assert lots.total((*rest, *taken)) + left == free + lots.total(held)
    for time in moments(held):
        if time >= NOW:
            assert locked_at((*rest, *taken), time) == locked_at(held, time)


@given(stored_lots)
def test_merging_the_nearest_keeps_the_sum_and_unlocks_nothing_earlier(held: list[Lot]) -> None:
    merged = lots.merge_nearest(held)
    assert lots.total(merged) == lots.total(held)
    count = len(lots.canonical(held))
    assert len(merged) == (count - 1 if count > 1 else count)
    for time in moments(held):
        assert locked_at(merged, time) >= locked_at(held, time)


@given(stored_lots, st.integers(0, 32))
def test_fitting_lots_leaves_no_more_than_there_are_places(held: list[Lot], reserved: int) -> None:
    fitted = lots.fit(held, reserved)
    assert len(fitted) + reserved <= 32 or len(fitted) <= 1
    assert lots.total(fitted) == lots.total(held)


@given(stored_lots, st.data())
def test_merging_named_lots_keeps_the_sum_and_unlocks_nothing_earlier(held: list[Lot], data: st.DataObject) -> None:
    locked = lots.fold(0, held, NOW)[1]
    named = [lot for lot in locked if data.draw(st.booleans())]
    if not named:
        return
    merged, into = lots.merge_lots(held, named, NOW)
    assert lots.total(merged) == lots.total(locked)
    assert into.amount == lots.total(named)
    for time in moments(held):
        assert locked_at(merged, time) >= locked_at(locked, time)
