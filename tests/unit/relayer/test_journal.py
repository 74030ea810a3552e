"""The journal: quorums, due times, attempts, and its promise that facts and cursor move together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.decisions import Hold
from bridge.digests import digest_order
from bridge.refusals import Refusal
from bridge.transfer import Status
from bridge.transfer_events import DecisionMade, Purpose, SourceSettled
from bridge.types import Outcome, Reason, TransferReceipt
from chains.base import OrderDelivered, OrderRejected, OrderSettled
from relayer.journal import Journal, Quorum
from tests.unit.relayer.fakes import NOWHERE, START, FakeChain, World


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal.sqlite")
    yield made
    made.close()


@pytest.fixture
def pair() -> tuple[FakeChain, FakeChain]:
    world = World()
    return FakeChain("source", world), FakeChain("destination", world)


def ingest(journal: Journal, chain: FakeChain) -> None:
    cursor = journal.cursor(chain.domain)
    first = 0 if cursor is None else cursor.number + 1
    journal.ingest(chain.domain, chain.events(first, chain.head().number), chain.head(), START)


def test_facts_and_cursor_move_together_or_not_at_all(journal: Journal, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    order = source.initiate_order(destination)
    events = source.events(0, 1)

    def broken() -> Iterator[object]:
        yield from events
        raise RuntimeError("the process dies")

    with pytest.raises(RuntimeError):
        journal.ingest(source.domain, broken(), source.head(), START)  # type: ignore[arg-type]
    assert journal.cursor(source.domain) is None
    assert journal.transfer(digest_order(order)) is None


def test_an_orders_seat_comes_back_as_it_was_seen(journal: Journal, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    order = source.initiate_order(destination, seat=65_535)
    ingest(journal, source)
    kept = journal.transfer(digest_order(order))
    assert kept is not None
    assert kept.state.order == order


def test_facts_of_the_destination_wait_for_their_order(journal: Journal, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    order = source.initiate_order(destination)
    destination.mine(OrderDelivered(digest_order(order), source.domain, 1, START + 3, NOWHERE))
    ingest(journal, destination)
    assert journal.transfers() == []
    ingest(journal, source)
    (transfer,) = journal.transfers()
    assert (transfer.state.status, transfer.state.decided_at) == (Status.DELIVERED, START + 3)


def test_contradicting_outcomes_halt_the_lane(journal: Journal, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    order = source.initiate_order(destination)
    order_id = digest_order(order)
    destination.mine(OrderDelivered(order_id, source.domain, 1, START, NOWHERE))
    ingest(journal, source)
    ingest(journal, destination)
    source.mine(OrderSettled(order_id, destination.domain, 1, Outcome.REJECTED, 9, NOWHERE))
    (halted,) = journal.ingest(source.domain, source.events(2, 2), source.head(), START)
    assert halted.source == source.domain
    assert journal.due(START + 10**6) == []
    assert [row[:2] for row in journal.halts()] == [(source.domain, destination.domain)]


def test_a_rejection_ends_in_refunded(journal: Journal, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    order = source.initiate_order(destination)
    order_id = digest_order(order)
    destination.mine(OrderRejected(order_id, source.domain, 1, Outcome.EXPIRED, 21, START, NOWHERE))
    source.mine(OrderSettled(order_id, destination.domain, 1, Outcome.EXPIRED, 21, NOWHERE))
    ingest(journal, source)
    ingest(journal, destination)
    assert [stage.stage for stage in journal.history(order_id)] == ["seen", "rejected", "refunded"]
    assert journal.next_due() is None


@pytest.mark.parametrize(
    "quorum",
    [
        Quorum(Purpose.DELIVERY, 3, (b"\x01" * 65, b"\x02" * 65), expires_at=START),
        Quorum(Purpose.REJECTION, 1, (b"\x01" * 65,), reason=21),
        Quorum(Purpose.SETTLEMENT, 1, (b"\x03" * 65,), receipt=TransferReceipt(bytes(32), 1, 0, START)),
    ],
)
def test_a_quorum_comes_back_as_it_was_kept(journal: Journal, quorum: Quorum) -> None:
    journal.keep_quorum(bytes(32), replace(quorum, set_id=9))
    journal.keep_quorum(bytes(32), quorum)
    assert journal.quorum(bytes(32), quorum.purpose) == quorum
    assert journal.quorum(bytes([1] * 32), quorum.purpose) is None


def test_reasons_with_256_bit_values_survive(journal: Journal, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    order_id = digest_order(source.initiate_order(destination))
    ingest(journal, source)
    reason = Reason(Refusal.LotsLocked, 2**256 - 1, 2**255, 7)
    journal.apply(order_id, (DecisionMade(order_id, Hold((reason,), under_review=True)),), START, next_at=START + 5)
    transfer = journal.transfer(order_id)
    assert transfer is not None
    assert (transfer.state.held, transfer.state.under_review) == ((reason,), True)
    assert journal.due(START + 4) == []
    assert journal.due(START + 5) == [order_id]
    assert journal.next_due() == START + 5


def test_only_open_orders_past_their_deadline_are_overdue(journal: Journal, pair: tuple[FakeChain, FakeChain]) -> None:
    source, destination = pair
    late = digest_order(source.initiate_order(destination, seconds=10))
    source.initiate_order(destination, seconds=100)
    done = digest_order(source.initiate_order(destination, seconds=10))
    ingest(journal, source)
    journal.apply(done, (SourceSettled(done, Outcome.DELIVERED, 0),), START)
    assert journal.overdue(destination.domain, START + 9) == []
    assert journal.overdue(destination.domain, START + 10) == [late]
    assert journal.overdue(source.domain, START + 10) == []


def test_an_attempt_keeps_every_hash_and_its_end(journal: Journal) -> None:
    attempt = journal.begin_attempt(bytes(32), Purpose.DELIVERY, "evm", START)
    journal.add_hash(attempt, "0xaa")
    journal.add_hash(attempt, "0xbb")
    assert journal.attempts(bytes(32)) == [("delivery", "evm", ("0xaa", "0xbb"), "")]
    journal.end_attempt(attempt, "included 5-0", START + 1)
    assert journal.attempts(bytes(32)) == [("delivery", "evm", ("0xaa", "0xbb"), "included 5-0")]


def test_the_heartbeat_is_the_last_turn(journal: Journal) -> None:
    assert journal.last_beat() == 0
    journal.beat(START)
    journal.beat(START + 1)
    assert journal.last_beat() == START + 1
