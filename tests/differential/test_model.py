"""The book of rules against itself: thousands of operations, and what must hold after each.

No chain is needed; the same operations are done on the chains by test_rule_book. A failure prints the operations as a list
that `play` takes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from random import Random

import pytest
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ledger import Ledger
from bridge.types import ZERO32, TransferOrder
from tests.differential.generate import Generator
from tests.differential.invariants import breaches
from tests.differential.model import Said, World
from tests.differential.scene import CHAINS, EVM, NOBODY, ODD, ROLES, SUBSTRATE, Op, Scene
from tests.differential.stories import STORIES
from tests.differential.tracker import Tracker

START = 1_800_000_000
DOMAINS = {chain: keccak(text=f"domain of {chain}") for chain in CHAINS}
STEPS = int(os.environ.get("LOCKSTEP_MODEL_STEPS", "80"))
EXAMPLES = int(os.environ.get("LOCKSTEP_MODEL_EXAMPLES", "60"))


def account(chain: str, name: str) -> bytes:
    """An account that nobody has the key of."""
    if name == NOBODY:
        return ZERO32
    if name == ODD:
        return b"\x01" * 32
    drawn = keccak(text=f"{name} on {chain}")
    return bytes(12) + drawn[:20] if chain == EVM else drawn


class Play:
    """A world with everything that watches it."""

    def __init__(self, salt: bytes) -> None:
        self.world = World(Scene(account, DOMAINS, START, keccak(salt)))
        self.ops: list[Op] = []
        scene = self.world.scene
        self._assets = [scene.asset(SUBSTRATE, role) for role in ROLES]
        orders: dict[bytes, TransferOrder] = {}
        self._trackers = {(chain, asset): Tracker(asset, orders) for chain in CHAINS for asset in self._assets}

    def do(self, op: Op) -> dict[str, Said]:
        """One operation; AssertionError with the whole list when something does not hold afterwards."""
        self.ops.append(op)
        before: dict[str, Ledger] = dict(self.world.ledgers)
        said = self.world.advance(op, self.world.calls(op))
        wrong = list(breaches(before, self.world.ledgers, op[1], self._assets, self.world.now))
        for (chain, asset), tracker in self._trackers.items():
            tracker.hear(said[chain].events if chain in said else ())
            if asset in self.world.ledgers[chain].assets:
                wrong += tracker.differences(self.world.ledgers[chain].assets[asset])
        assert not wrong, f"{wrong}\nafter these operations:\n{listed(self.ops)}"
        return said


def listed(ops: Sequence[Op]) -> str:
    """Operations as text that Python reads."""
    return "[\n" + "".join(f"    {op!r},\n" for op in ops) + "]"


def play(ops: Sequence[Op], salt: bytes = b"replay") -> World:
    """Do a printed list again."""
    played = Play(salt)
    for op in ops:
        played.do(op)
    return played.world


@settings(max_examples=EXAMPLES)
@given(st.integers(0, 15), st.integers(1, STEPS), st.randoms(use_true_random=False))
def test_no_list_of_operations_breaks_a_promise(beginning: int, steps: int, random: Random) -> None:
    """Hypothesis shrinks what comes after one of a few beginnings."""
    played = Play(b"model")
    for op in Generator(Random(beginning), played.world).prelude(first=True):
        played.do(op)
    generator = Generator(random, played.world)
    for _ in range(steps):
        played.do(generator.next())


def test_many_operations_in_one_world_break_no_promise() -> None:
    for seed in range(EXAMPLES // 2):
        played = Play(str(seed).encode())
        generator = Generator(Random(seed), played.world)
        for op in generator.prelude(first=True):
            played.do(op)
        for _ in range(2 * STEPS):
            played.do(generator.next())


@pytest.mark.parametrize("title", STORIES)
def test_a_story_goes_as_it_is_told(title: str) -> None:
    played = Play(b"story")
    played.do((2, "open_lane", ROLES[0], {}))
    for op, code in STORIES[title]:
        calls = played.world.calls(op)
        assert set(calls) == set(CHAINS), op
        said = played.do(op)
        assert {chain: one.code for chain, one in said.items()} == dict.fromkeys(CHAINS, code), op
