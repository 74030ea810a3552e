"""The attestor's memory outlives it, and keeps its two rules."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.digests import digest_order
from bridge.types import Outcome, TransferReceipt
from chains.base import OrderDelivered, OrderInitiated, OrderRejected
from relayer.attestor.store import AttestorStore
from relayer.errors import LaneHalted
from tests.unit.relayer.fakes import NOWHERE, START, FakeChain, World


@pytest.fixture
def pair() -> tuple[FakeChain, FakeChain]:
    world = World()
    return FakeChain("source", world), FakeChain("destination", world)


def test_what_is_recorded_is_there_after_a_restart(tmp_path: Path, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    order = source.initiate_order(destination)
    store = AttestorStore(tmp_path / "a.sqlite")
    store.record("source", source.domain, source.events(0, 1), source.head(), START)
    store.close()
    again = AttestorStore(tmp_path / "a.sqlite")
    seen = again.order(source.domain, destination.domain, 1)
    assert seen is not None
    assert (seen.order, seen.order_id) == (order, digest_order(order))
    assert again.cursor("source") == source.head()
    again.close()


def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    store = AttestorStore(tmp_path / "a.sqlite")
    store.close()
    assert stat.S_IMODE((tmp_path / "a.sqlite").stat().st_mode) == 0o600


def test_the_same_event_twice_is_no_contradiction(tmp_path: Path, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    source.initiate_order(destination)
    store = AttestorStore(tmp_path / "a.sqlite")
    for _ in range(2):
        store.record("source", source.domain, source.events(0, 1), source.head(), START)
    assert store.halts() == []
    store.close()


def test_a_second_order_at_a_nonce_halts_and_the_first_stays(tmp_path: Path, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    order = source.initiate_order(destination)
    twin = replace(order, deadline=order.deadline + 1)
    source.mine(OrderInitiated(digest_order(twin), twin, NOWHERE))
    store = AttestorStore(tmp_path / "a.sqlite")
    store.record("source", source.domain, source.events(0, 2), source.head(), START)
    seen = store.order(source.domain, destination.domain, 1)
    assert seen is not None
    assert seen.order_id == digest_order(order)
    assert store.halted(source.domain, destination.domain) is not None
    assert store.halted(destination.domain, source.domain) is None
    store.close()


def test_two_outcomes_at_a_nonce_halt_the_lane(tmp_path: Path, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    order = source.initiate_order(destination)
    order_id = digest_order(order)
    destination.mine(OrderDelivered(order_id, source.domain, 1, START, NOWHERE))
    destination.mine(OrderRejected(order_id, source.domain, 1, Outcome.REJECTED, 9, START, NOWHERE))
    store = AttestorStore(tmp_path / "a.sqlite")
    store.record("destination", destination.domain, destination.events(0, 2), destination.head(), START)
    assert store.halted(source.domain, destination.domain) is not None
    store.close()


def test_a_second_receipt_that_says_something_else_is_refused_for_ever(
    tmp_path: Path, pair: tuple[FakeChain, FakeChain]
) -> None:
    source, destination = pair
    order = source.initiate_order(destination)
    receipt = TransferReceipt(digest_order(order), Outcome.DELIVERED, 0, START)
    store = AttestorStore(tmp_path / "a.sqlite")
    store.note_receipt(order, receipt, bytes([1] * 32), START)
    store.note_receipt(order, receipt, bytes([1] * 32), START)
    store.close()
    store = AttestorStore(tmp_path / "a.sqlite")
    with pytest.raises(LaneHalted):
        store.note_receipt(order, replace(receipt, outcome=Outcome.REJECTED, reason=9), bytes([2] * 32), START)
    assert store.halted(order.source, order.destination) is not None
    store.close()


def test_the_first_reason_of_a_halt_stays(tmp_path: Path) -> None:
    store = AttestorStore(tmp_path / "a.sqlite")
    store.halt(bytes(32), bytes([1] * 32), "first", START)
    store.halt(bytes(32), bytes([1] * 32), "second", START)
    assert store.halted(bytes(32), bytes([1] * 32)) == "first"
    store.close()
