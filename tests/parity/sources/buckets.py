"""Token buckets: expected answers written out by hand, large ones by powers of two.

`spent` is what was taken as of `at`; it drains by floor(rate * seconds / divisor). The capacity counts as
floor(capacity / divisor). `wait` is 0 when the amount passes, 2^64 - 1 when no wait is long enough.
"""

from __future__ import annotations

from tests.parity.sources.shapes import Case, with_counts

MAX = 2**96 - 1
NEVER = 2**64 - 1

# name, spent, at, capacity, rate, divisor, now, amount, spentNow, available, wait
_ROWS: list[tuple[str, int, int, int, int, int, int, int, int, int, int]] = [
    ("empty takes its whole capacity", 0, 0, 100, 1, 1, 1_000, 100, 0, 100, 0),
    ("one more than the capacity never passes", 0, 0, 100, 1, 1, 1_000, 101, 0, 100, NEVER),
    ("full refuses one", 100, 1_000, 100, 10, 1, 1_000, 1, 100, 0, 1),
    ("full, a wait of exactly one second", 100, 1_000, 100, 10, 1, 1_000, 10, 100, 0, 1),
    ("full, one more waits another second", 100, 1_000, 100, 10, 1, 1_000, 11, 100, 0, 2),
    ("full, everything waits for the whole", 100, 1_000, 100, 10, 1, 1_000, 100, 100, 0, 10),
    ("after the told wait it passes", 100, 1_000, 100, 10, 1, 1_002, 11, 80, 20, 0),
    ("one second before the told wait it does not", 100, 1_000, 100, 10, 1, 1_001, 11, 90, 10, 1),
    ("reaching what is available is allowed", 40, 1_000, 100, 7, 1, 1_000, 60, 40, 60, 0),
    ("passing what is available is refused", 40, 1_000, 100, 7, 1, 1_000, 61, 40, 60, 1),
    ("drains to zero and no further", 40, 1_000, 100, 7, 1, 1_006, 100, 0, 100, 0),
    ("drains to zero exactly", 42, 1_000, 100, 7, 1, 1_006, 100, 0, 100, 0),
    ("two are left", 44, 1_000, 100, 7, 1, 1_006, 99, 2, 98, 1),
    ("a slow rate", 100, 1_000, 100, 1, 1, 1_000, 100, 100, 0, 100),
    ("a quarter of the capacity, rounded down", 0, 0, 103, 1, 4, 1_000, 25, 0, 25, 0),
    ("one more than a quarter never passes", 0, 0, 103, 1, 4, 1_000, 26, 0, 25, NEVER),
    ("a quarter of the rate: three seconds give nothing", 25, 1_000, 100, 1, 4, 1_003, 1, 25, 0, 4),
    ("a quarter of the rate: four seconds give one", 25, 1_000, 100, 1, 4, 1_004, 1, 24, 1, 0),
    ("a quarter of the rate: the wait counts in quarters", 25, 1_000, 100, 3, 4, 1_000, 2, 25, 0, 3),
    ("a quarter of the rate: the drain is rounded down once", 25, 1_000, 100, 3, 4, 1_005, 4, 22, 3, 2),
    ("a share of less than four is none", 0, 0, 3, 1, 4, 1_000, 1, 0, 0, NEVER),
    ("more was spent than a lowered capacity holds", 500, 1_000, 100, 10, 1, 1_000, 10, 500, 0, 1),
    ("a lowered capacity is passed by draining", 500, 1_000, 100, 10, 1, 1_045, 50, 50, 50, 0),
    ("a clock that stands still drains nothing", 5, 1_000, 10, 10, 1, 1_000, 6, 5, 5, 1),
    ("a clock behind the last use drains nothing", 5, 1_000, 10, 10, 1, 999, 5, 5, 5, 0),
    ("never used", 0, 0, 10, 1, 1, 0, 10, 0, 10, 0),
    ("the largest amounts", MAX, 1_000, MAX, 1, 1, 1_000, MAX, MAX, 0, NEVER),
    ("the largest rate drains all in a second", MAX, 1_000, MAX, MAX, 1, 1_001, MAX, 0, MAX, 0),
    ("the largest rate over all of time", MAX, 0, MAX, MAX, 1, 2**40 - 1, MAX, 0, MAX, 0),
    ("a long wait that still fits", 2**63, 1_000, 2**63, 1, 1, 1_000, 2**63, 2**63, 0, 2**63),
    ("a wait that would not fit is the longest", 2**65, 1_000, 2**65, 1, 1, 1_000, 2**65, 2**65, 0, NEVER),
    ("the longest wait that is one", 2**64 - 1, 1_000, 2**64 - 1, 1, 1, 1_000, 2**64 - 1, 2**64 - 1, 0, NEVER),
    ("a wait counted in quarters of a slow rate", 2**62, 1_000, 2**64, 1, 4, 1_000, 2**61, 2**62, 0, 2**63),
]


def make() -> Case:
    return with_counts(
        ask=[
            {
                "name": title,
                "spent": str(spent),
                "at": str(at),
                "capacity": str(capacity),
                "rate": str(rate),
                "divisor": divisor,
                "now": str(now),
                "amount": str(amount),
                "spentNow": str(spent_now),
                "available": str(available),
                "ok": wait == 0,
                "wait": str(wait),
                "newSpent": str(spent_now + amount if wait == 0 else spent),
            }
            for title, spent, at, capacity, rate, divisor, now, amount, spent_now, available, wait in _ROWS
        ]
    )
