"""Items that signers refused or a chain skipped, and until when they are left alone.

What was refused comes back in every plan. Without a rest it would go out in every block: an investor whose account can't be
unlinked while it holds tokens would make the publisher pay for one transaction after the other, before anybody's revocation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from identity.oracle.batches import Item
from identity.oracle.publishing.drafting import Drafted, subject_key

LONGEST = 3_600
"""Seconds that anything rests at most."""


class Resting:
    """One chain's resting items. Not for several threads at once.

    A grant rests with all others on its subject. What takes away rests by itself alone: a revocation is another item than
    the grant that was refused before, and must not wait for it.
    """

    def __init__(self, seconds: int, clock: Callable[[], int]) -> None:
        """`seconds` of the first rest. `clock` UTC seconds."""
        self._seconds, self._clock = seconds, clock
        self._until: dict[Hashable, tuple[int, int]] = {}
        """By item or subject: the end of the rest, and its length."""

    def note(self, item: Item, *, longer: bool) -> None:
        """Leaves an item, and grants on its subject, alone for a while; `longer`: for longer each time."""
        now = self._clock()
        self._until = {key: known for key, known in self._until.items() if now < known[0] + LONGEST}
        for key in (item, subject_key(item)):
            _, before = self._until.get(key, (0, 0))
            seconds = min(LONGEST, 2 * before) if before and longer else self._seconds
            self._until[key] = now + seconds, seconds

    def seconds_left(self) -> int | None:
        """Until the first rest ends; None when nothing rests."""
        now = self._clock()
        return min((until - now for until, _ in self._until.values() if now < until), default=None)

    def holds(self, drafted: Drafted) -> bool:
        """Whether an item must wait."""
        key: Hashable = drafted.item if drafted.takes else subject_key(drafted.item)
        until, _ = self._until.get(key, (0, 0))
        return self._clock() < until
