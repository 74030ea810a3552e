"""When a chain refused first: counted in blocks and seconds from before the issuer's commit."""

from __future__ import annotations

from typing import Any, cast

import pytest

from bridge.types import Reason
from chains.base import BlockRef, Chain
from lockstep_cli.demo.enforcement import NotEnforced, watch_refusal

NOT_ELIGIBLE = 9


class Ticking:
    """A chain with blocks at given seconds that refuses from one of them on; time passes when somebody waits."""

    name = "substrate"

    def __init__(self, blocks: dict[int, float], refuses_from: int) -> None:
        self.blocks, self.refuses_from, self.now = blocks, refuses_from, 0.0

    def head(self) -> BlockRef:
        seen = [number for number, at in self.blocks.items() if at <= self.now]
        return BlockRef(max(seen), b"", 0)

    def block(self, number: int) -> BlockRef:
        return BlockRef(number, b"", 0)

    def views(self, at: BlockRef) -> Any:
        return at.number

    def explain(self, number: Any) -> tuple[Reason, ...]:
        return (Reason(NOT_ELIGIBLE), Reason(13)) if number >= self.refuses_from else (Reason(13),)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def watch(self, since: int = 10) -> Any:
        return watch_refusal(
            cast("Chain", self),
            self.explain,
            NOT_ELIGIBLE,
            BlockRef(since, b"", 0),
            0.0,
            20.0,
            monotonic=lambda: self.now,
            wait=self.wait,
        )


def test_the_first_block_that_refuses_counts_and_not_the_first_that_somebody_looked_at() -> None:
    """Three blocks come at once: it is the second of them."""
    chain = Ticking({10: 0.0, 11: 1.0, 12: 1.0, 13: 1.0}, refuses_from=12)
    enforced = chain.watch()
    assert (enforced.block, enforced.blocks_after) == (12, 2)
    assert enforced.codes == (9, 13)
    assert enforced.document()["code"] == 9


def test_two_seconds_after_the_second_block_are_allowed_and_no_more() -> None:
    chain = Ticking({10: 0.0, 11: 1.0, 12: 2.0, 13: 3.0, 14: 4.5}, refuses_from=14)
    enforced = chain.watch()
    assert enforced.seconds == pytest.approx(4.5, abs=0.06)
    assert enforced.allowed_seconds == pytest.approx(4.0, abs=0.06)


def test_a_slow_chain_that_refuses_in_its_second_block_is_in_time() -> None:
    enforced = Ticking({10: 0.0, 11: 6.0, 12: 12.0}, refuses_from=12).watch()
    assert enforced.seconds <= enforced.allowed_seconds


def test_a_chain_that_goes_on_allowing_is_told() -> None:
    with pytest.raises(NotEnforced, match="substrate did not refuse with 9 within 20 s"):
        Ticking({10: 0.0, 11: 1.0}, refuses_from=99).watch()
