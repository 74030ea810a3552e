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

from bridge.types import ZERO32
from tests.differential.generate import Generator
from tests.differential.model import World
from tests.differential.play import Play
from tests.differential.reached import Reached
from tests.differential.replacement_story import AFTER, BEFORE
from tests.differential.scene import CHAINS, EVM, NOBODY, ODD, ROLES, Op, Scene
from tests.differential.stories import STORIES

START = 1_800_000_000
DOMAINS = {chain: keccak(text=f"domain of {chain}") for chain in CHAINS}
STEPS = int(os.environ.get("LOCKSTEP_MODEL_STEPS", "80"))
REPLACEMENT = {"a life in which a token is replaced": [*BEFORE, *AFTER]}
EXAMPLES = int(os.environ.get("LOCKSTEP_MODEL_EXAMPLES", "60"))


def account(chain: str, name: str) -> bytes:
    """An account that nobody has the key of."""
    if name == NOBODY:
        return ZERO32
    if name == ODD:
        return b"\x01" * 32
    drawn = keccak(text=f"{name} on {chain}")
    return bytes(12) + drawn[:20] if chain == EVM else drawn


def fresh(salt: bytes) -> Play:
    """New chains."""
    return Play(World(Scene(account, DOMAINS, START, keccak(salt))))


def play(ops: Sequence[Op], salt: bytes = b"replay") -> World:
    """Do a printed list again."""
    played = fresh(salt)
    for op in ops:
        played.do(op)
    return played.world


@settings(max_examples=EXAMPLES)
@given(st.integers(0, 15), st.integers(1, STEPS), st.randoms(use_true_random=False))
def test_no_list_of_operations_breaks_a_promise(beginning: int, steps: int, random: Random) -> None:
    """Hypothesis shrinks what comes after one of a few beginnings."""
    played = fresh(b"model")
    for op in Generator(Random(beginning), played.world).prelude(first=True):
        played.do(op)
    generator = Generator(random, played.world)
    for _ in range(steps):
        played.do(generator.next())


def test_many_operations_in_one_world_break_no_promise() -> None:
    for seed in range(EXAMPLES // 2):
        played = fresh(str(seed).encode())
        generator = Generator(Random(seed), played.world)
        for op in generator.prelude(first=True):
            played.do(op)
        for _ in range(2 * STEPS):
            played.do(generator.next())


@pytest.mark.parametrize("title", STORIES | REPLACEMENT)
def test_a_story_goes_as_it_is_told(title: str) -> None:
    played = fresh(b"story")
    played.do((2, "open_lane", ROLES[0], {}))
    for op, code in (STORIES | REPLACEMENT)[title]:
        calls = played.world.calls(op)
        assert set(calls) == set(CHAINS), op
        said = played.do(op)
        assert {chain: one.code for chain, one in said.items()} == dict.fromkeys(CHAINS, code), op


def test_the_stories_together_come_to_every_refusal() -> None:
    """By the book; that the chains give them too is asserted where they run."""
    reached = Reached()
    for steps in STORIES.values():
        played = fresh(b"story")
        for op in ((2, "open_lane", ROLES[0], {}), *(op for op, _ in steps)):
            asked = played.world.calls(op)
            for chain, said in played.do(op).items():
                if asked[chain].name != "explain_deliver":
                    reached.hear(chain, asked[chain].name, said.code, said.events)
    assert {chain: reached.missing(chain) for chain in CHAINS} == {chain: [] for chain in CHAINS}
