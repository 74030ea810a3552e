"""Several nodes of one chain: agreement, disagreement, silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from chains import witness as module
from chains.base import BlockRef
from chains.errors import ChainUnavailable, MalformedAnswer, NodesDisagree, NotFinal, TooFewNodes
from chains.witness import Witness
from tests.unit.relayer.fakes import FakeChain, World


class Node(FakeChain):
    """A node that answers `head` with what it is told, or raises it."""

    def __init__(self, answer: Any) -> None:
        super().__init__("chain", World())
        self.answer = answer

    def head(self) -> BlockRef:
        if isinstance(self.answer, Exception):
            raise self.answer
        return BlockRef(self.answer, bytes(32), 0)


def ask(*answers: Any, quorum: int = 2) -> BlockRef:
    nodes = [Node(1) for _ in answers]
    for node, answer in zip(nodes, answers, strict=True):
        node.answer = answer
    witness = Witness(nodes, quorum=quorum)
    try:
        return witness.ask("the head", lambda node: node.head())
    finally:
        witness.close()


AWAY = ChainUnavailable("chain", "away")


def test_equal_answers_of_two_nodes_count() -> None:
    assert ask(5, 5).number == 5


def test_different_answers_stop_everything() -> None:
    with pytest.raises(NodesDisagree):
        ask(5, 6)


def test_a_majority_does_not_overrule_a_different_answer() -> None:
    with pytest.raises(NodesDisagree):
        ask(5, 5, 6)


def test_a_node_that_is_away_is_no_vote() -> None:
    assert ask(5, AWAY, 5).number == 5
    with pytest.raises(TooFewNodes):
        ask(5, AWAY)
    with pytest.raises(TooFewNodes):
        ask(AWAY, AWAY)


def test_a_node_that_has_not_finalised_what_is_asked_is_no_vote() -> None:
    assert ask(5, NotFinal("chain", 9, 8), 5).number == 5


def test_an_answer_that_does_not_decode_is_a_fault_and_not_silence() -> None:
    with pytest.raises(MalformedAnswer):
        ask(5, MalformedAnswer("chain", "x"))


def lagging(*lags: int) -> Witness:
    world = World()
    first = FakeChain("chain", world)
    for _ in range(9):
        first.mine()
    nodes = []
    for lag in lags:
        node = FakeChain("chain", world)
        node.blocks = first.blocks[: len(first.blocks) - lag]
        nodes.append(node)
    return Witness(nodes)


@pytest.mark.parametrize(("lags", "expected"), [((0, 0), 9), ((0, 3), 6), ((3, 0), 6), ((0, 1, 8), 8)])
def test_the_final_block_is_the_newest_that_enough_nodes_have(lags: tuple[int, ...], expected: int) -> None:
    witness = lagging(*lags)
    assert witness.finalised().number == expected
    witness.close()


def test_two_nodes_with_another_block_at_one_height_disagree() -> None:
    world = World()
    one, other = FakeChain("chain", world), FakeChain("chain", world)
    other.replace_from(0)
    witness = Witness([one, other])
    with pytest.raises(NodesDisagree):
        witness.finalised()
    witness.close()


@pytest.mark.parametrize("quorum", [0, 3])
def test_a_quorum_that_can_not_be_is_refused(quorum: int) -> None:
    make: Callable[[], Witness] = lambda: Witness([Node(1), Node(1)], quorum=quorum)  # noqa: E731
    with pytest.raises(ValueError, match="can't agree"):
        make()


class Silent(FakeChain):
    """A node that can't be waited on."""

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        raise AWAY


def test_the_first_node_that_answers_wakes() -> None:
    world = World()
    good, silent = FakeChain("chain", world), Silent("chain", world)
    witness = Witness([silent, good])
    assert witness.wait_finalised(-1, 1).number == 0
    alone = Witness([silent, silent])
    with pytest.raises(TooFewNodes):
        alone.wait_finalised(-1, 1)
    for one in (witness, alone):
        one.close()


def test_a_node_that_hangs_does_not_keep_those_that_agree_from_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks an attestor gives up sooner than a request to a dead node does: one of three would stop every signature."""
    monkeypatch.setattr(module, "LATE_SECONDS", 0.01)
    awake = threading.Event()

    class Hanging(Node):
        def head(self) -> BlockRef:
            awake.wait(30)
            raise AWAY

    witness = Witness([Hanging(5), Node(5), Node(5)])
    began = time.monotonic()
    for _ in range(9):
        assert witness.ask("the head", lambda node: node.head()).number == 5
    assert time.monotonic() - began < 10
    awake.set()
    witness.close()
