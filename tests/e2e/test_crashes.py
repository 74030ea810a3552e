"""Processes that die at the worst moment, on the real local system: everything still ends exactly once.

A system of its own, because its relayer carries every order it finds. SIGKILL is the crash: nobody cleans up.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError

from bridge.digests import digest_order
from bridge.transfer import Status
from bridge.types import Lot, Outcome, TransferOrder
from chains.base import Chain, OrderDelivered, OrderRejected, OrderSettled
from lockstep_cli.local.system import LocalSystem
from relayer.backoff import Wait
from relayer.errors import JournalMissing
from relayer.journal import Journal
from relayer.rows import Transfer
from tests.support.flights import Lane

pytestmark = pytest.mark.chains

PATIENCE = 90.0
LOOK_SECONDS = 0.05
KILLED_AT = ("seen", "submitted", "delivered")
"""Stages at whose first sight the relayer is killed."""

FREE_BACK = 3
"""Free tokens of each order that goes home."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """A system whose relayer may be killed."""
    with LocalSystem(tmp_path_factory.mktemp("crashes"), lambda line: None) as running:
        yield running


@pytest.fixture(scope="module")
def there(system: LocalSystem) -> Lane:
    """From Substrate to EVM."""
    return Lane(system, system.substrate, system.evm)


@pytest.fixture(scope="module")
def back(system: LocalSystem) -> Lane:
    """From EVM home to Substrate."""
    return Lane(system, system.evm, system.substrate)


@pytest.fixture(autouse=True)
def relayer(system: LocalSystem) -> Iterator[None]:
    """A relayer for each test; whatever it left undone, the next one takes up."""
    system.start_relayer()
    yield
    system.services.kill_relayer()


def until(what: str, holds: Callable[[], bool]) -> None:
    """Looks until it holds: no process tells a stranger when it has written a line of its journal."""
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(LOOK_SECONDS)


@contextmanager
def journal_of(system: LocalSystem) -> Iterator[Journal | None]:
    """The relayer's journal, to be read; None while there is none."""
    try:
        journal = Journal(system.services.journal, read_only=True)
    except JournalMissing:
        yield None
        return
    try:
        yield journal
    except OperationalError as error:
        # A journal that has just been made has no tables yet.
        if "no such table" not in str(error):
            raise
    finally:
        journal.close()


def transfer_of(system: LocalSystem, order: TransferOrder) -> Transfer | None:
    """An order as the relayer's journal has it now."""
    with journal_of(system) as journal:
        if journal is not None:
            return journal.transfer(digest_order(order))
    return None


def has_reached(system: LocalSystem, order: TransferOrder, stage: str) -> bool:
    """Whether the order's history in the journal has this stage."""
    with journal_of(system) as journal:
        if journal is not None:
            return any(line.stage == stage for line in journal.history(digest_order(order)))
    return False


def wait_settled(system: LocalSystem, *orders: TransferOrder) -> None:
    """Until the relayer has read the settlement of all orders in final blocks."""
    for order in orders:
        until(f"order {order.nonce} is settled", lambda one=order: has_reached(system, one, "settled"))  # type: ignore[misc]


def endings(chain: Chain, kind: type | tuple[type, ...]) -> Counter[bytes]:
    """How often final blocks of a chain name each order in such an event."""
    events = chain.events(1, chain.finalised().number)
    return Counter(event.order_id for event in events if isinstance(event, kind))


def assert_each_ended_once_as_delivered(lane: Lane, orders: Sequence[TransferOrder]) -> None:
    delivered, settled = endings(lane.destination, OrderDelivered), endings(lane.source, OrderSettled)
    rejected = endings(lane.destination, OrderRejected)
    for order in orders:
        order_id = digest_order(order)
        assert (delivered[order_id], settled[order_id], rejected[order_id]) == (1, 1, 0)


def assert_books_close(system: LocalSystem, in_flight: int = 0) -> None:
    audit = system.audit()
    assert (audit["breaches"], audit["in_flight"]) == ([], in_flight)
    assert audit["substrate"] + audit["evm"] + in_flight == audit["issued"]


def test_a_relayer_killed_at_every_stage_still_ends_each_order_once(
    system: LocalSystem, there: Lane, back: Lane
) -> None:
    """Kills, each when an order has just reached another stage, with orders under way in both directions."""
    ana = system.people["ana"]
    (locked,) = system.substrate.views().position_of(system.asset, ana.investor).lots
    first = there.initiate(ana, [Lot(100, 0, 0), Lot(50, locked.acquired_at, locked.unlocks_at)])
    wait_settled(system, first)
    held_here, held_there = there.held(system.substrate, ana), there.held(system.evm, ana)

    going, coming = [first], []
    for stage in KILLED_AT:
        going.append(there.initiate(ana, [Lot(10, 0, 0), Lot(1, locked.acquired_at, locked.unlocks_at)]))
        coming.append(back.initiate(ana, [Lot(FREE_BACK, 0, 0)]))
        watched = coming[-1] if stage == "submitted" else going[-1]
        until(stage, lambda order=watched, word=stage: has_reached(system, order, word))  # type: ignore[misc]
        system.services.kill_relayer()
        system.start_relayer()

    wait_settled(system, *going, *coming)
    assert_each_ended_once_as_delivered(there, going)
    assert_each_ended_once_as_delivered(back, coming)
    assert_books_close(system)
    net = len(KILLED_AT) * (10 - FREE_BACK)
    assert there.held(system.substrate, ana)[:2] == (held_here[0] - net, 0)
    assert there.held(system.evm, ana)[:2] == (held_there[0] + net, 0)
    assert there.held(system.evm, ana)[2] == [(50 + len(KILLED_AT), locked.acquired_at, locked.unlocks_at)]


def test_two_attestors_of_three_suffice_and_with_one_nothing_moves_and_nothing_is_lost(
    system: LocalSystem, there: Lane
) -> None:
    ana = system.people["ana"]
    system.services.kill_attestor(0)
    with_two = there.initiate(ana, [Lot(5, 0, 0)])
    wait_settled(system, with_two)

    system.services.kill_attestor(1)
    with_one = there.initiate(ana, [Lot(7, 0, 0)])

    def waits_for_signatures() -> bool:
        transfer = transfer_of(system, with_one)
        return transfer is not None and transfer.waits_for == Wait.SIGNATURES.value and transfer.tries >= 3

    until("the relayer has asked in vain, more than once", waits_for_signatures)
    transfer = transfer_of(system, with_one)
    assert transfer is not None
    assert transfer.state.status is Status.SEEN
    assert system.evm.views().outcome_of(with_one.source, with_one.nonce) == Outcome.NONE
    assert_books_close(system, in_flight=7)

    system.services.restart_attestor(1)
    wait_settled(system, with_one)
    assert_each_ended_once_as_delivered(there, [with_two, with_one])
    assert_books_close(system)
    system.services.restart_attestor(0)


def test_a_journal_lost_in_mid_flight_is_rebuilt_from_the_chains(system: LocalSystem, there: Lane, back: Lane) -> None:
    """With the file go the states, the signatures and the attempts; one order was decided by then, one was not."""
    ana = system.people["ana"]
    decided = there.initiate(ana, [Lot(4, 0, 0)])
    until("it is delivered", lambda: has_reached(system, decided, "delivered"))
    begun = back.initiate(ana, [Lot(FREE_BACK, 0, 0)])
    system.services.kill_relayer()
    journal = system.services.journal
    for path in journal.parent.glob(f"{journal.name}*"):
        path.unlink()

    system.start_relayer()
    wait_settled(system, decided, begun)
    assert_each_ended_once_as_delivered(there, [decided])
    assert_each_ended_once_as_delivered(back, [begun])
    assert_books_close(system)
