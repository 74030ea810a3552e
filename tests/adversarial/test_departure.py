"""Bad input at `initiate`, on both running chains: a typed refusal, nothing changed, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.refusals import Refusal, Refused
from bridge.types import MAX_AMOUNT, InitiateRequest, Lot
from tests.support.flights import Lane, all_refused

pytestmark = pytest.mark.chains

FUTURE = 4_000_000_000


def base(lane: Lane) -> InitiateRequest:
    return lane.request(lane.system.people["ana"], [Lot(1, 0, 0)])


def lots(*wanted: Lot) -> Callable[[Lane], InitiateRequest]:
    return lambda lane: replace(base(lane), lots=wanted)


def unknown_lane(lane: Lane) -> InitiateRequest:
    return replace(base(lane), destination=b"\x01" * 32)


def unknown_asset(lane: Lane) -> InitiateRequest:
    return replace(base(lane), asset=b"\x02" * 32)


def recipient_of_no_shape(lane: Lane) -> InitiateRequest:
    # Zero is an account nowhere; on an EVM chain also everything that doesn't begin with 12 zero bytes.
    return replace(base(lane), recipient=bytes(32))


def investor_of_no_shape(lane: Lane) -> InitiateRequest:
    return replace(base(lane), to_investor=b"\xff" * 32)


def deadline_now(lane: Lane) -> InitiateRequest:
    return replace(base(lane), deadline=lane.source.head().time)


def deadline_in_a_month(lane: Lane) -> InitiateRequest:
    return replace(base(lane), deadline=lane.source.head().time + 30 * 86_400)


def locked_lot_to_another(lane: Lane) -> InitiateRequest:
    (lot,) = lane.source.views().position_of(lane.system.asset, lane.system.people["fay"].investor).lots
    return lane.request(lane.system.people["fay"], [lot], to=lane.system.people["ben"])


CASES: list[tuple[str, Callable[[Lane], InitiateRequest], Refusal]] = [
    ("no lots", lots(), Refusal.AmountZero),
    ("a lot of zero", lots(Lot(0, 0, 0)), Refusal.AmountZero),
    ("more than the whole issue could be", lots(Lot(MAX_AMOUNT + 1, 0, 0)), Refusal.AmountTooLarge),
    ("the largest number on the wire", lots(Lot(2**128 - 1, 0, 0)), Refusal.AmountTooLarge),
    ("more than she has", lots(Lot(10_000, 0, 0)), Refusal.InsufficientBalance),
    ("a lot she does not have", lots(Lot(1, 5, FUTURE)), Refusal.LotUnknown),
    ("the same lot twice", lots(Lot(1, 5, FUTURE), Lot(1, 5, FUTURE)), Refusal.Malformed),
    ("lots out of order", lots(Lot(1, 5, FUTURE + 1), Lot(1, 5, FUTURE)), Refusal.Malformed),
    ("thirty-three locked lots", lots(*(Lot(1, 5, FUTURE + place) for place in range(33))), Refusal.TooManyLots),
    ("an unknown lane", unknown_lane, Refusal.LaneUnknown),
    ("an unknown asset", unknown_asset, Refusal.AssetUnknown),
    ("a recipient of no shape", recipient_of_no_shape, Refusal.RecipientMalformed),
    ("an investor of no shape", investor_of_no_shape, Refusal.Malformed),
    ("a deadline that is now", deadline_now, Refusal.DeadlineRange),
    ("a deadline in a month", deadline_in_a_month, Refusal.DeadlineRange),
]


@pytest.fixture(scope="module")
def tried(funded: Lane) -> dict[str, tuple[int, int]]:
    """Every bad request explained and then sent, all at once: (code that explain gave first, code of the refusal).

    Nothing may have changed by all of them together.
    """
    ana = funded.system.people["ana"].account(funded.source.name)
    before = funded.everything()
    requests = [make(funded) for _, make, _ in CASES]
    explained = [funded.source.views().explain_initiate(ana.id, request)[0].code for request in requests]
    codes = all_refused([lambda request=request: funded.source.initiate(request, ana) for request in requests])
    assert funded.everything() == before
    return {name: told for (name, _, _), told in zip(CASES, zip(explained, codes, strict=True), strict=True)}


@pytest.mark.parametrize(("case", "expected"), [(name, expected) for name, _, expected in CASES])
def test_bad_input_is_refused_by_its_rule_and_explained_alike(
    tried: dict[str, tuple[int, int]], case: str, expected: Refusal
) -> None:
    assert tried[case] == (expected, expected)


def test_an_account_that_nobody_vouched_for_sends_nothing(funded: Lane) -> None:
    stranger = funded.relayer(funded.source)
    with pytest.raises(Refused) as refused:
        funded.source.initiate(base(funded), stranger)
    assert refused.value.lowest.code == Refusal.SenderUnbound


def test_a_locked_lot_does_not_cross_to_another_investor(home: Lane) -> None:
    with pytest.raises(Refused) as refused:
        home.source.initiate(locked_lot_to_another(home), home.system.people["fay"].account(home.source.name))
    assert refused.value.lowest.code == Refusal.LotsLocked


def test_part_of_a_locked_lot_crosses_with_its_dates_and_merges_when_it_comes_back(home: Lane) -> None:
    """P2 over a split: neither half unlocks earlier, and the halves become one lot again."""
    fay = home.system.people["fay"]
    free, _, (lot,) = home.held(home.source, fay)
    amount, acquired_at, unlocks_at = lot
    part = Lot(amount // 2, acquired_at, unlocks_at)
    order = home.initiate(fay, [part])
    assert home.deliver_well(order).codes == (0,)
    assert home.held(home.destination, fay) == (0, 0, [(part.amount, acquired_at, unlocks_at)])
    home.settle_well(order, 1)
    assert home.held(home.source, fay) == (free, 0, [(amount - part.amount, acquired_at, unlocks_at)])

    back = Lane(home.system, home.destination, home.source)
    returning = back.initiate(fay, [part])
    assert back.deliver_well(returning).codes == (0,)
    back.settle_well(returning, 1)
    assert home.held(home.source, fay) == (free, 0, [lot])
