"""The pallets and the contracts do what the book says: refusals, events and views after every operation.

`LOCKSTEP_DIFFERENTIAL_STEPS` operations (on each chain) in all, from the seed `LOCKSTEP_DIFFERENTIAL_SEED`; a failure prints the list
of its sequence, which `replay` plays again on fresh chains and `minimise` shortens.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from eth_utils.crypto import keccak

from tests.differential.arena import SEQUENCES, Arena, Disagreement
from tests.differential.generate import Generator
from tests.differential.scene import HOME, Op
from tests.differential.stories import STORIES

STEPS = int(os.environ.get("LOCKSTEP_DIFFERENTIAL_STEPS", "120"))
SEED = int(os.environ.get("LOCKSTEP_DIFFERENTIAL_SEED", "1"))
SEQUENCE = 60
"""Operations with one pair of assets; more would wear the scene out (frozen, retired, recovered)."""

pytestmark = pytest.mark.chains


class Arenas:
    """Chains as needed: a new pair when the old one can't register more tokens."""

    def __init__(self, folders: Callable[[], Path]) -> None:
        self._folders = folders
        self._arena: Arena | None = None

    def get(self) -> Arena:
        """Chains that take another sequence."""
        if self._arena is not None and self._arena.sequences >= SEQUENCES:
            self.close()
        if self._arena is None:
            self._arena = Arena(self._folders()).__enter__()
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


def replay(arena: Arena, ops: Sequence[Op], salt: bytes) -> None:
    """A printed list, on two new assets. Disagreement."""
    arena.begin(keccak(salt))
    if arena.sequences == 1 and not any(op[1] == "open_lane" for op in ops):
        arena.step((2, "open_lane", HOME, {}))
    for op in ops:
        arena.step(op)
    arena.finish(everything=False)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("title", STORIES)
def test_both_chains_tell_a_story_alike(arenas: Arenas, title: str) -> None:
    replay(arenas.get(), [op for op, _ in STORIES[title]], title.encode())


@pytest.mark.timeout(3_600)
def test_both_chains_do_what_the_book_says(arenas: Arenas) -> None:
    done = 0
    while done < STEPS:
        seed = f"{SEED}/{done}"
        arena = arenas.get()
        world = arena.begin(keccak(text=seed))
        generator = Generator(Random(seed), world)
        ops = generator.prelude(first=arena.sequences == 1)
        for _ in range(min(SEQUENCE, STEPS - done) + len(ops)):
            arena.step(ops.pop(0) if ops else generator.next())
        arena.finish()
        done += SEQUENCE


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
