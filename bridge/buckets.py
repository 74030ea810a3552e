"""Token buckets: how much may pass now, and how long to wait for more (protocol sections 4 and 6).

A bucket remembers what was `spent` and `at` which second. It drains by `rate` base units a second, and never holds more
room than its capacity. One bucket can be asked as a share of a larger one: the divisor divides capacity and rate.
Amounts in base units, `now` in UTC seconds of the chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NEVER: Final = 2**64 - 1
"""The wait for an amount that no wait is long enough for."""
SHARE_DIVISOR: Final = 4
"""One investor takes at most this part of what leaves on a lane."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What a bucket lets through: at most `capacity` at once, `rate` a second over time. All zero: no limit."""

    capacity: int = 0
    rate: int = 0

    @property
    def is_set(self) -> bool:
        """Whether there is a limit at all."""
        return self.capacity > 0


@dataclass(frozen=True, slots=True)
class Asked:
    """The answer to one amount. `wait` in seconds: 0 when it passes now, `NEVER` when it is more than the capacity."""

    available: int
    wait: int

    @property
    def passes(self) -> bool:
        """Whether the amount may pass now."""
        return self.wait == 0


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was spent, as of a second."""

    spent: int = 0
    at: int = 0

    def spent_now(self, flow: Flow, now: int, divisor: int = 1) -> int:
        """What of it has not drained yet. A clock that stands still drains nothing."""
        drained = flow.rate * max(0, now - self.at) // divisor
        return max(0, self.spent - drained)

    def available(self, flow: Flow, now: int, divisor: int = 1) -> int:
        """What may pass now; 0 while more was spent than a lowered capacity holds."""
        return max(0, flow.capacity // divisor - self.spent_now(flow, now, divisor))

    def ask(self, flow: Flow, amount: int, now: int, divisor: int = 1) -> Asked:
        """Whether an amount may pass now. `flow` must be set."""
        available = self.available(flow, now, divisor)
        if amount <= available:
            return Asked(available, 0)
        if amount > flow.capacity // divisor:
            return Asked(available, NEVER)
        return Asked(available, min(NEVER, -(-(amount - available) * divisor // flow.rate)))

    def spend(self, flow: Flow, amount: int, now: int, divisor: int = 1) -> Bucket:
        """The bucket after an amount passed."""
        return Bucket(self.spent_now(flow, now, divisor) + amount, now)

    def give_back(self, flow: Flow, amount: int, now: int, divisor: int = 1) -> Bucket:
        """The bucket after an amount came back: never below empty."""
        return Bucket(max(0, self.spent_now(flow, now, divisor) - amount), now)


UNBOUNDED: Final = Flow()
EMPTY: Final = Bucket()
