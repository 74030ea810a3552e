"""Class numbers: drawn at random without replacement per (asset, bucket), several per bucket (protocol section 3).

Never a hash: 65,536 values collide, and whoever learns the salt of a hash knows every class.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from bridge.errors import LockstepError
from identity.ports import Randomness

CLASSES: Final = range(1, 65_536)
"""Class 0 means none."""


class ClassesExhausted(LockstepError):
    """An asset has no class numbers left."""

    def __init__(self, wanted: int, free: int) -> None:
        self.wanted, self.free = wanted, free
        super().__init__(f"{wanted} class numbers are wanted and {free} are free")


def draw_classes(count: int, taken: Collection[int], randomness: Randomness) -> tuple[int, ...]:
    """New class numbers for a bucket, apart from all that the asset ever had (retired ones too). ClassesExhausted."""
    used = frozenset(taken)
    free = [number for number in CLASSES if number not in used]
    if count > len(free):
        raise ClassesExhausted(count, len(free))
    return tuple(free.pop(_below(len(free), randomness)) for _ in range(count))


def choose_class(classes: Sequence[int], randomness: Randomness) -> int:
    """One of a bucket's classes for a person, each as likely as the others."""
    if not classes:
        raise ValueError("a bucket has at least one class")
    return classes[_below(len(classes), randomness)]


def _below(bound: int, randomness: Randomness) -> int:
    """An unbiased number below the bound: draws beyond the last whole multiple are thrown away."""
    limit = 2**32 // bound * bound
    while (drawn := int.from_bytes(randomness(4), "big")) >= limit:
        pass
    return drawn % bound
