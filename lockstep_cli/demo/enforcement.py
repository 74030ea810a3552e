"""How soon a chain refuses, counted from the moment an issuer was told to change a status.

Every block is asked, each in its own state, so the first one that refuses is known and not the first that somebody
happened to look at. The count begins before the issuer commits, so nothing is ever told shorter than it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bridge.errors import LockstepError
from bridge.types import Reason
from chains.base import BlockRef, Chain
from chains.views import Views
from lockstep_cli.reading import Document

Explain = Callable[[Views], tuple[Reason, ...]]
"""Asks a chain, in the state of one block, which rules a move would fail."""

LOOK_SECONDS = 0.05
ALLOWED_BLOCKS = 2
ALLOWED_SECONDS = 2.0
"""A chain must refuse in the second block begun after the commit at the latest, or so many seconds after it."""


class NotEnforced(LockstepError):
    """A chain went on allowing what a change of status should have stopped."""

    def __init__(self, chain: str, code: int, seconds: float) -> None:
        self.chain, self.code, self.seconds = chain, code, seconds
        super().__init__(f"{chain} did not refuse with {code} within {seconds:.0f} s")


@dataclass(frozen=True, slots=True)
class Enforced:
    """The first block that refused: its height, the how many-th it was after the start, seconds from the start until
    it was seen, and until when it had to be."""

    block: int
    blocks_after: int
    seconds: float
    allowed_seconds: float
    codes: tuple[int, ...]

    def document(self) -> Document:
        """For the demonstration's document."""
        return {
            "block": self.block,
            "blocks_after": self.blocks_after,
            "seconds": round(self.seconds, 2),
            "allowed_seconds": round(self.allowed_seconds, 2),
            "code": min(self.codes),
            "codes": list(self.codes),
        }


def watch_refusal(
    chain: Chain,
    explain: Explain,
    code: int,
    since: BlockRef,
    started: float,
    timeout: float,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Enforced:
    """The first block after `since` in which `explain` names rule `code`. `started` by the same clock as `monotonic`.

    Raises:
        NotEnforced: none of the blocks within `timeout` seconds did.
    """
    number, seen = since.number, []
    while monotonic() - started < timeout:
        head = chain.head().number
        while number < head:
            number += 1
            seen.append(monotonic() - started)
            codes = tuple(reason.code for reason in explain(chain.views(chain.block(number))))
            if code in codes:
                return Enforced(number, number - since.number, seen[-1], _allowed(seen), codes)
        wait(LOOK_SECONDS)
    raise NotEnforced(chain.name, code, timeout)


def _allowed(seen: list[float]) -> float:
    """Seconds from the start by which a chain must refuse, given when its blocks were seen: a block that is the first or
    second one is in time by itself."""
    if len(seen) <= ALLOWED_BLOCKS:
        return seen[-1] + ALLOWED_SECONDS
    return seen[ALLOWED_BLOCKS - 1] + ALLOWED_SECONDS
