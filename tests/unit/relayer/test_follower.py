"""Following a chain into the attestor's store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chains.base import BlockRef
from chains.errors import BlockUnknown, ChainUnavailable, NodesDisagree, NotFinal, RpcError
from chains.witness import Witness
from relayer.attestor import follower as module
from relayer.attestor.follower import Follower
from relayer.attestor.store import AttestorStore
from relayer.errors import ChainReplaced
from tests.unit.relayer.fakes import FakeChain, World


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AttestorStore]:
    made = AttestorStore(tmp_path / "a.sqlite")
    yield made
    made.close()


@pytest.fixture
def pair() -> tuple[FakeChain, FakeChain]:
    world = World()
    return FakeChain("source", world), FakeChain("destination", world)


def test_it_takes_a_long_past_in_steps(
    store: AttestorStore, pair: tuple[FakeChain, FakeChain], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, destination = pair
    monkeypatch.setattr(module, "MAX_BLOCKS", 3)
    for _ in range(7):
        source.initiate_order(destination)
    witness = Witness([source], quorum=1)
    follower = Follower(witness, store, start=0, clock=source.world.clock)
    steps = 0
    while follower.step(source.finalised()):
        steps += 1
    assert steps == 3
    assert all(store.order(source.domain, destination.domain, nonce) for nonce in range(1, 8))
    witness.close()


def test_a_replaced_block_is_noticed_before_anything_is_read(
    store: AttestorStore, pair: tuple[FakeChain, FakeChain]
) -> None:
    source, _ = pair
    source.mine()
    witness = Witness([source], quorum=1)
    follower = Follower(witness, store, start=0, clock=source.world.clock)
    follower.step(source.finalised())
    source.replace_from(1)
    source.mine()
    with pytest.raises(ChainReplaced):
        follower.step(source.finalised())
    with pytest.raises(ChainReplaced):
        follower.check()
    witness.close()


def test_nodes_with_different_events_stop_it(store: AttestorStore, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    source.initiate_order(destination)
    silent = FakeChain("source", source.world)
    silent.blocks = [(block, [], state) for block, _, state in source.blocks]
    witness = Witness([source, silent])
    with pytest.raises(NodesDisagree):
        Follower(witness, store, start=0, clock=source.world.clock).step(source.finalised())
    assert store.cursor("source") is None
    witness.close()


class Flaky(FakeChain):
    """Answers `wait_finalised` only the third time."""

    waits = 0

    def wait_finalised(self, after: int, timeout: float) -> BlockRef:
        self.waits += 1
        if self.waits < 3:
            raise ChainUnavailable(self.name, "restarting")
        self.stop.set()
        return self.finalised()

    stop: threading.Event


def test_it_waits_out_a_node_that_is_away(store: AttestorStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    chain = Flaky("source", World())
    chain.stop = threading.Event()
    witness = Witness([chain], quorum=1)
    Follower(witness, store, start=0, clock=chain.world.clock).run(chain.stop)
    assert chain.waits == 3
    witness.close()


@pytest.mark.parametrize(
    "error",
    [
        RpcError("source", "eth_getLogs", -32005, "too many requests"),
        BlockUnknown("source", "9"),
        NotFinal("source", 9, 8),
    ],
    ids=lambda error: type(error).__name__,
)
def test_one_error_of_a_node_does_not_end_it(
    store: AttestorStore, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """What ends a follower halts the lanes of its chain until a person comes: a node that was busy is no reason."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)

    class Busy(Flaky):
        def wait_finalised(self, after: int, timeout: float) -> BlockRef:
            self.waits += 1
            if self.waits < 3:
                raise error
            self.stop.set()
            return self.finalised()

    chain = Busy("source", World())
    chain.stop = threading.Event()
    witness = Witness([chain], quorum=1)
    Follower(witness, store, start=0, clock=chain.world.clock).run(chain.stop)
    assert chain.waits == 3
    witness.close()


def test_a_node_that_is_ahead_of_the_others_does_not_make_it_spin(
    store: AttestorStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first node's newest block is never final for two: each wait would end at once, and begin with a connection."""
    monkeypatch.setattr(module, "LAG_SECONDS", 0.1)
    world = World()
    stop = threading.Event()
    waits: list[int] = []

    class Ahead(FakeChain):
        def wait_finalised(self, after: int, timeout: float) -> BlockRef:
            waits.append(after)
            return super().wait_finalised(after, timeout)

    ahead, behind = Ahead("source", world), FakeChain("source", world)
    ahead.mine()
    witness = Witness([ahead, behind])
    thread = threading.Thread(target=Follower(witness, store, start=0, clock=world.clock).run, args=(stop,))
    thread.start()
    thread.join(0.5)
    stop.set()
    thread.join()
    assert len(waits) <= 8
    witness.close()
