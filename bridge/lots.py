"""Arithmetic of lots: pure functions over a free amount and a list of lots.

Kept by every function: the sum over free and lots changes only by what is taken or credited, and no lot comes out with
an earlier unlock time than it went in with. Lists come out canonical: ascending by (unlocks_at, acquired_at), no two
with equal times. Amounts in base units, `now` in UTC seconds of the chain.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bridge.refusals import MalformedAt, Refusal, Refused
from bridge.types import MAX_LOTS, Lot


def sort_key(lot: Lot) -> tuple[int, int]:
    """Where a lot stands in a canonical list."""
    return lot.unlocks_at, lot.acquired_at


def is_free(lot: Lot) -> bool:
    """Whether this is the lot that stands for free tokens in an order."""
    return lot.acquired_at == 0 and lot.unlocks_at == 0


def is_due(lot: Lot, now: int) -> bool:
    """Whether the lot holds nothing back any more: now >= unlocksAt."""
    return lot.unlocks_at <= now


def total(lots: Iterable[Lot]) -> int:
    """The sum of the amounts in base units."""
    return sum(lot.amount for lot in lots)


def next_unlock(lots: Iterable[Lot]) -> int:
    """The least unlock time, 0 when there are no lots."""
    return min((lot.unlocks_at for lot in lots), default=0)


def canonical(lots: Iterable[Lot]) -> tuple[Lot, ...]:
    """Equal times merged, ascending by (unlocks_at, acquired_at)."""
    amounts: dict[tuple[int, int], int] = {}
    for lot in lots:
        amounts[sort_key(lot)] = amounts.get(sort_key(lot), 0) + lot.amount
    return tuple(Lot(amount, acquired_at, unlocks_at) for (unlocks_at, acquired_at), amount in sorted(amounts.items()))


def check_form(lots: Sequence[Lot]) -> None:
    """Check the form that lots have in a request and in an order.

    Raises:
        Refused: AmountZero for an empty list or a zero amount; Malformed(lots) unless at most one free part comes
            first and the rest is strictly ascending by (unlocks_at, acquired_at) with unlocks_at > 0.
    """
    if not lots or any(lot.amount == 0 for lot in lots):
        raise Refused.of(Refusal.AmountZero)
    locked = lots[1:] if is_free(lots[0]) else lots
    ascending = all(sort_key(one) < sort_key(other) for one, other in itertools.pairwise(locked))
    if not ascending or any(lot.unlocks_at == 0 for lot in locked):
        raise Refused.of(Refusal.Malformed, MalformedAt.LOTS)


def fold(free: int, lots: Sequence[Lot], now: int) -> tuple[int, tuple[Lot, ...], int]:
    """Turn lots that are due into free tokens: (free, locked lots, how much became free)."""
    folded = total(lot for lot in lots if is_due(lot, now))
    return free + folded, canonical(lot for lot in lots if not is_due(lot, now)), folded


def take(
    free: int, lots: Sequence[Lot], wanted: Sequence[Lot], now: int
) -> tuple[int, tuple[Lot, ...], tuple[Lot, ...]]:
    """Take the lots that `wanted` names by their times: (free left, lots left, taken in the form of an order).

    A named lot that is due is served from the free part: it may have been folded between reading and asking. A larger
    lot is split, both parts keep their times.

    Raises:
        Refused: AmountZero or Malformed by form; LotsLocked(free, nextUnlock, demand) when the free part does not
            cover the free demand; LotUnknown(acquiredAt, unlocksAt, have) for the first missing or smaller lot.
    """
    check_form(wanted)
    free, held, _ = fold(free, lots, now)
    demand = total(lot for lot in wanted if is_due(lot, now))
    if demand > free:
        raise Refused.of(Refusal.LotsLocked, free, next_unlock(held), demand)
    locked = tuple(lot for lot in wanted if not is_due(lot, now))
    left = _subtract(held, locked)
    taken = (Lot(demand, 0, 0), *locked) if demand else locked
    return free - demand, left, taken


def credit(free: int, lots: Sequence[Lot], arriving: Sequence[Lot], now: int) -> tuple[int, tuple[Lot, ...]]:
    """Add arriving lots: free and due parts become free, equal times merge, others stand beside.

    The holder's own due lots stay as they are: folding is the holder's move, not the sender's.
    """
    gained = total(lot for lot in arriving if is_due(lot, now))
    return free + gained, canonical((*lots, *(lot for lot in arriving if not is_due(lot, now))))


def take_any(free: int, lots: Sequence[Lot], amount: int, now: int) -> tuple[int, tuple[Lot, ...], tuple[Lot, ...]]:
    """Take an amount without naming lots: (free left, lots left, taken in the form of an order).

    Free tokens first, due ones included, then locked lots ascending; the last one is split. The caller knows that the
    total covers the amount.
    """
    free, held, _ = fold(free, lots, now)
    from_free = min(free, amount)
    taken = [Lot(from_free, 0, 0)] if from_free else []
    left: list[Lot] = []
    missing = amount - from_free
    for lot in held:
        part = min(missing, lot.amount)
        missing -= part
        if part:
            taken.append(replace(lot, amount=part))
        if part < lot.amount:
            left.append(replace(lot, amount=lot.amount - part))
    return free - from_free, tuple(left), tuple(taken)


def merge_nearest(lots: Sequence[Lot]) -> tuple[Lot, ...]:
    """One lot less: the first pair of neighbours whose unlock times are nearest becomes one, with the later dates."""
    ordered = canonical(lots)
    if len(ordered) < 2:
        return ordered
    place = min(range(len(ordered) - 1), key=lambda i: ordered[i + 1].unlocks_at - ordered[i].unlocks_at)
    merged = _together(ordered[place : place + 2])
    return canonical((*ordered[:place], merged, *ordered[place + 2 :]))


def fit(lots: Sequence[Lot], reserved: int) -> tuple[Lot, ...]:
    """The lots merged until they and the reserved places fit into a position; a single lot always stays."""
    fitted = canonical(lots)
    while len(fitted) + reserved > MAX_LOTS and len(fitted) > 1:
        fitted = merge_nearest(fitted)
    return fitted


def merge_lots(lots: Sequence[Lot], named: Sequence[Lot], now: int) -> tuple[tuple[Lot, ...], Lot]:
    """Merge whole lots to the later dates of all: (lots afterwards, what they became). Due lots are no lots any more.

    Raises:
        Refused: LotUnknown(acquiredAt, unlocksAt, have) for the first named lot that is not there as named.
    """
    _, held, _ = fold(0, lots, now)
    amounts = {sort_key(lot): lot.amount for lot in held}
    for lot in named:
        have = amounts.get(sort_key(lot), 0)
        if have != lot.amount:
            raise Refused.of(Refusal.LotUnknown, lot.acquired_at, lot.unlocks_at, have)
    into = _together(named)
    return canonical((*(lot for lot in held if lot not in named), into)), into


def places(lots: Sequence[Lot], reserved: int, arriving: Sequence[Lot], now: int) -> int:
    """Lot places in use once the holder's lots are folded and the arriving ones credited, with those reserved."""
    _, held, _ = fold(0, lots, now)
    _, together = credit(0, held, arriving, now)
    return len(together) + reserved


def _together(lots: Sequence[Lot]) -> Lot:
    return Lot(total(lots), max(lot.acquired_at for lot in lots), max(lot.unlocks_at for lot in lots))


def _subtract(held: Sequence[Lot], named: Sequence[Lot]) -> tuple[Lot, ...]:
    amounts = {sort_key(lot): lot.amount for lot in held}
    for lot in named:
        have = amounts.get(sort_key(lot), 0)
        if have < lot.amount:
            raise Refused.of(Refusal.LotUnknown, lot.acquired_at, lot.unlocks_at, have)
        amounts[sort_key(lot)] = have - lot.amount
    return tuple(
        Lot(amount, acquired_at, unlocks_at) for (unlocks_at, acquired_at), amount in amounts.items() if amount
    )
