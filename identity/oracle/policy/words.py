"""What should stand on a chain for one investor: class, permissions and validUntil of the eligibility word.

Equal on every chain. A lapse takes RECEIVE only, so a lapsed holder can still leave; a block takes SEND too. Nothing here
depends on a person beyond the verdict, so two people with the same verdict get the same word but for the class number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.types import Permission
from identity.oracle.policy.document import UNADMITTED, Policy
from identity.oracle.policy.evaluate import Truth, Verdict
from identity.oracle.policy.grid import grid_point

EXIT: Final = int(Permission.SEND | Permission.BRIDGE)
"""What a lapsed holder keeps: to send free tokens to somebody eligible, and to come home."""
RECEIVE: Final = int(Permission.RECEIVE)


class Hold(StrEnum):
    """What screening says of a person."""

    NONE = "none"
    SUSPECTED = "suspected"
    """A hit that nobody has confirmed: receiving stops."""
    CONFIRMED = "confirmed"
    """Confirmed by a second officer: sending stops too."""


@dataclass(frozen=True, slots=True)
class Word:
    """The target for one (asset, investor); limit and quota are parts and stand elsewhere."""

    class_: int
    permissions: int
    valid_until: int


def word_for(
    verdict: Verdict,
    hold: Hold,
    class_of: Callable[[str], int],
    before: Word | None,
    policy: Policy,
    unknown_since: int | None,
    now: int,
) -> Word | None:
    """The word that should stand, or None: nothing is to be published.

    - TRUE: everything, until the asset's grid point.
    - FALSE: what the exit needs; class and validUntil stay as they are. Somebody never admitted gets a class without seats.
    - UNKNOWN: what stands, for the policy's grace; then as FALSE. Never more than stands.
    - A hold looks as FALSE does, in every bit and for as long as it lasts: a word that went on being renewed without
      RECEIVE would tell everybody who reads the chain that this is no ordinary refusal.
    - A confirmed one takes everything; about somebody of whom nothing stands it says nothing.

    Args:
        class_of: the class number of this investor in a bucket, the same at every call; asked for `unadmitted` too.
        before: the word that stands or was last wanted.
        unknown_since: when the verdict became UNKNOWN, UTC seconds; None: only now.
    """
    if hold is Hold.CONFIRMED:
        return before and Word(before.class_, 0, before.valid_until)
    if hold is Hold.SUSPECTED:
        return _refused(class_of, before)
    if verdict.truth is Truth.TRUE and verdict.bucket is not None and verdict.valid_until is not None:
        return Word(class_of(verdict.bucket), RECEIVE | EXIT, grid_point(policy.grid_offset, verdict.valid_until, now))
    since = now if unknown_since is None else unknown_since
    if verdict.truth is Truth.UNKNOWN and now < since + policy.unreachable_grace:
        # An exit that a lifted block gives back does not wait for an answer that nobody has.
        return before and Word(before.class_, before.permissions & RECEIVE | EXIT, before.valid_until)
    return _refused(class_of, before)


def _refused(class_of: Callable[[str], int], before: Word | None) -> Word:
    if before is None:
        return Word(class_of(UNADMITTED), EXIT, 0)
    return Word(before.class_, EXIT, before.valid_until)
