"""The pallets and the contracts do what the book says: refusals, events and views after every operation.

Operations come from stories; from the seed `LOCKSTEP_DIFFERENTIAL_SEED`, `LOCKSTEP_DIFFERENTIAL_STEPS` of them (on each chain) in all;
and from hypothesis, `LOCKSTEP_DIFFERENTIAL_EXAMPLES` lists. A failure prints the list of its sequence, which `replay` plays again on
fresh chains and `minimise` shortens.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from eth_utils.crypto import keccak
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bridge.ledger import Event
from bridge.types import TransferOrder
from tests.differential.arena import SEQUENCES, Arena, Disagreement
from tests.differential.census import Census
from tests.differential.generate import Generator
from tests.differential.play import Play
from tests.differential.reached import Reached
from tests.differential.replacement_story import AFTER, BEFORE
from tests.differential.scene import CHAINS, EVM, HOME, Op
from tests.differential.stories import STORIES
from tests.differential.tracker import Tracker

STEPS = int(os.environ.get("LOCKSTEP_DIFFERENTIAL_STEPS", "60"))
SEED = int(os.environ.get("LOCKSTEP_DIFFERENTIAL_SEED", "1"))
EXAMPLES = int(os.environ.get("LOCKSTEP_DIFFERENTIAL_EXAMPLES", "3"))
SEQUENCE = 60
"""Operations with one pair of assets; more would wear the scene out (frozen, retired, recovered)."""

pytestmark = pytest.mark.chains


class Arenas:
    """Chains as needed: a new pair when the old one can't register more tokens."""

    def __init__(self, folders: Callable[[], Path]) -> None:
        self._folders = folders
        self.reached = Reached()
        self.told: set[str] = set()
        self._arena: Arena | None = None

    def get(self) -> Arena:
        """Chains that take another sequence."""
        if self._arena is not None and self._arena.sequences >= SEQUENCES:
            self.close()
        if self._arena is None:
            self._arena = Arena(self._folders(), listeners=[self.reached.hear]).__enter__()
        return self._arena

    def close(self) -> None:
        """Stops the chains."""
        if self._arena is not None:
            self._arena.__exit__(None, None, None)
            self._arena = None


@pytest.fixture(scope="module")
def arenas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arenas]:
    arenas = Arenas(lambda: tmp_path_factory.mktemp("arena"))
    yield arenas
    arenas.close()


def open_lane(arena: Arena) -> None:
    """On chains that are new."""
    if arena.sequences == 1:
        arena.step((2, "open_lane", HOME, {}))


def replay(arena: Arena, ops: Sequence[Op], salt: bytes) -> None:
    """A printed list, on two new assets. Disagreement."""
    arena.begin(keccak(salt))
    if not any(op[1] == "open_lane" for op in ops):
        open_lane(arena)
    for op in ops:
        arena.step(op)
    arena.finish(everything=False)


def tell(arenas: Arenas, title: str) -> None:
    """A story on both chains. Disagreement."""
    replay(arenas.get(), [op for op, _ in STORIES[title]], title.encode())
    arenas.told.add(title)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("title", STORIES)
def test_both_chains_tell_a_story_alike(arenas: Arenas, title: str) -> None:
    tell(arenas, title)


@pytest.mark.timeout(3_600)
def test_each_chain_gave_every_refusal_by_itself(arenas: Arenas) -> None:
    """Each number was the error of a transaction that failed there, or what `deliver` answered for an order; no number is
    excused. Stories that were not told in this run are told now, so that the test means the same when it is run alone."""
    for title in STORIES:
        if title not in arenas.told:
            tell(arenas, title)
    assert {chain: arenas.reached.missing(chain) for chain in CHAINS} == {chain: [] for chain in CHAINS}
    assert {chain: arenas.reached.unknown(chain) for chain in CHAINS} == {chain: [] for chain in CHAINS}


@pytest.mark.timeout(900)
def test_a_token_that_takes_over_in_mid_life_holds_what_the_one_before_held(arenas: Arenas) -> None:
    """On the EVM chain; the book knows nothing of tokens. Counted from events alone, and by every view, before and after."""
    arena = arenas.get()
    world = arena.begin(keccak(text="replacement"))
    asset = world.scene.asset(EVM, HOME)
    orders: dict[bytes, TransferOrder] = {}
    tracker, census, other = Tracker(asset, orders), Census(asset), Tracker(asset, orders)

    def listen(chain: str, call: str, code: int, events: Sequence[Event]) -> None:
        (tracker if chain == EVM else other).hear(events)
        if chain == EVM:
            census.hear(events)

    arena.listeners.append(listen)
    try:
        open_lane(arena)
        for op, _ in BEFORE:
            arena.step(op)
        assert not list(tracker.differences(world.ledgers[EVM].assets[asset]))
        arena.outside(EVM, lambda driver: driver.submit_replacement(arena.account(EVM, "admin"), asset))
        arena.outside(EVM, lambda driver: driver.submit_import(arena.account(EVM, "relayer"), asset, census))
        arena.forget_releases(EVM, asset)
        arena.finish()
        assert not list(tracker.differences(world.ledgers[EVM].assets[asset]))
        for op, _ in AFTER:
            arena.step(op)
        arena.finish()
        assert not list(tracker.differences(world.ledgers[EVM].assets[asset]))
    finally:
        arena.listeners.remove(listen)


@pytest.mark.timeout(3_600)
def test_both_chains_do_what_the_book_says(arenas: Arenas) -> None:
    done = 0
    while done < STEPS:
        beginning = f"{SEED}/{done}"
        arena = arenas.get()
        world = arena.begin(keccak(text=beginning))
        generator = Generator(Random(beginning), world)
        ops = generator.prelude(first=arena.sequences == 1)
        for _ in range(min(SEQUENCE, STEPS - done) + len(ops)):
            arena.step(ops.pop(0) if ops else generator.next())
        arena.finish()
        done += SEQUENCE


@pytest.mark.timeout(3_600)
@seed(SEED)
@settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(st.integers(4, 14), st.randoms(use_true_random=False))
def test_both_chains_do_what_hypothesis_draws(arenas: Arenas, steps: int, random: Random) -> None:
    """First the book alone does it, watched as in `test_model` (which shrinks): what it breaks there costs no block. Chains are
    slow and remember, so nothing is shrunk on them; the printed blob, or the printed list, brings a failure back."""
    arena = arenas.get()
    salt = keccak(text=f"drawn, sequence {arena.sequences}")
    played = Play(arena.draft(salt))
    generator = Generator(random, played.world)
    first = arena.sequences == 0
    for op in generator.prelude(first=first):
        played.do(op)
    for _ in range(steps):
        played.do(generator.next())
    arena.begin(salt)
    for op in played.ops:
        arena.step(op)
    arena.finish(everything=False)


def minimise(arenas: Arenas, ops: Sequence[Op], what: str) -> list[Op]:
    """The same disagreement from fewer operations: leaves out one after the other, as long as it is still there."""

    def fails(candidate: Sequence[Op]) -> bool:
        arena = arenas.get()
        lane = [op for op in candidate if op[1] != "open_lane"] if arena.sequences else list(candidate)
        try:
            replay(arena, lane, os.urandom(32))
        except Disagreement as found:
            return found.what == what
        finally:
            arenas.close()
        return False

    shortest = list(ops)
    size = len(shortest) // 2
    while size:
        place = 0
        while place < len(shortest):
            candidate = shortest[:place] + shortest[place + size :]
            if fails(candidate):
                shortest = candidate
            else:
                place += size
        size //= 2
    return shortest
