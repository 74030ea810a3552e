"""The relayer as a process, on running chains with running attestors: settlement, refund, kill, restart, a new journal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bridge.digests import digest_order
from bridge.types import Lot, Outcome, TransferOrder
from lockstep_cli.local.cast import staff
from lockstep_cli.local.system import LocalSystem
from relayer.audit import Auditor
from relayer.errors import JournalMissing
from relayer.journal import Journal
from tests.support.flights import Lane

pytestmark = [pytest.mark.chains, pytest.mark.timeout(600)]

PATIENCE = 120.0
"""Seconds for one crossing on a busy machine; it takes about ten."""


class Relayer:
    """One relayer process over its own journal."""

    def __init__(self, system: LocalSystem, journal: Path) -> None:
        self.system = system
        self.path = journal
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        keys = {"evm": self.system.folder / "r-evm.key", "substrate": self.system.folder / "r-substrate.key"}
        env = {
            "LOCKSTEP_ENV": "dev",
            "LOCKSTEP_RELAYER_JOURNAL": str(self.path),
            "LOCKSTEP_RELAYER_ATTESTORS": json.dumps(self.system.services.attestor_urls),
            "LOCKSTEP_RELAYER_CHAINS": json.dumps(self.system.services.chains),
            "LOCKSTEP_RELAYER_EVM_KEY_FILE": str(keys["evm"]),
            "LOCKSTEP_RELAYER_SUBSTRATE_KEY_FILE": str(keys["substrate"]),
        }
        if not keys["evm"].exists():
            for path, secret in ((keys["evm"], staff("evm").relayer.key.key.hex()), (keys["substrate"], "//Relayer")):
                path.write_text(secret)
                path.chmod(0o600)
        with (self.system.folder / "relayer-under-test.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "relayer"], env=os.environ | env, stderr=log, stdout=log
            )

    def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(30)

    def wait(self, order: TransferOrder, *stages: str) -> list[str]:
        """The history once it ends in one of `stages`."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if (history := self.history(order)) and history[-1] in stages:
                return history
            assert self.process is None or self.process.poll() is None, "the relayer ended"
            time.sleep(0.2)
        raise AssertionError(f"{self.history(order)} does not end in {stages}")

    def history(self, order: TransferOrder) -> list[str]:
        if not self.path.exists():
            return []
        journal = Journal(self.path, read_only=True)
        try:
            return [stage.stage for stage in journal.history(digest_order(order))]
        finally:
            journal.close()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """A system of its own: a relayer would carry the orders of other tests away."""
    with LocalSystem(tmp_path_factory.mktemp("relayed"), lambda line: None) as running:
        yield running


@pytest.fixture(scope="module")
def relayer(own: LocalSystem) -> Iterator[Relayer]:
    made = Relayer(own, own.folder / "journal.sqlite")
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end(signal.SIGTERM)


@pytest.fixture
def there(own: LocalSystem) -> Lane:
    return Lane(own, own.substrate, own.evm)


@pytest.fixture
def back(own: LocalSystem) -> Lane:
    return Lane(own, own.evm, own.substrate)


def conserved(system: LocalSystem) -> bool:
    auditor = Auditor([system.substrate, system.evm], {}, time.time)
    return auditor.audit(system.asset).report.breaches == ()


def test_a_locked_position_crosses_and_comes_back_with_its_very_lots(relayer: Relayer, there: Lane, back: Lane) -> None:
    ana = there.system.people["ana"]
    before = there.held(there.source, ana)
    (locked,) = there.source.views().position_of(there.system.asset, ana.investor).lots
    part = Lot(50, locked.acquired_at, locked.unlocks_at)
    going = there.initiate(ana, [Lot(100, 0, 0), part])
    assert relayer.wait(going, "settled")[-2:] == ["delivered", "settled"]
    assert there.held(there.destination, ana) == (100, 0, [(50, part.acquired_at, part.unlocks_at)])
    coming = back.initiate(ana, [Lot(100, 0, 0), part])
    relayer.wait(coming, "settled")
    assert there.held(there.source, ana) == before
    assert there.held(there.destination, ana) == (0, 0, [])
    assert conserved(there.system)


def test_an_order_that_can_not_be_delivered_in_time_comes_back(relayer: Relayer, there: Lane) -> None:
    ana = there.system.people["ana"]
    before = there.held(there.source, ana)
    there.destination.pause(4, staff("evm").guardian)
    try:
        order = there.initiate(ana, [Lot(7, 0, 0)], seconds=20)
        history = relayer.wait(order, "refunded")
    finally:
        there.destination.resume(4, staff("evm").admin)
    assert history[-3:] == ["rejecting", "rejected", "refunded"]
    assert there.destination.views().outcome_of(order.source, order.nonce) == Outcome.EXPIRED
    assert there.held(there.source, ana) == before


def test_a_relayer_killed_with_orders_in_flight_goes_on_where_it_was(relayer: Relayer, there: Lane, back: Lane) -> None:
    ana = there.system.people["ana"]
    orders = [there.initiate(ana, [Lot(5 + n, 0, 0)]) for n in range(3)]
    relayer.wait(orders[0], "approved", "submitted", "delivered", "settled")
    relayer.end(signal.SIGKILL)
    late = there.initiate(ana, [Lot(11, 0, 0)])
    relayer.start()
    for order in (*orders, late):
        relayer.wait(order, "settled")
        assert there.source.views().order_at(order.destination, order.nonce) is None
    free, in_flight, _ = there.held(there.destination, ana)
    assert (free, in_flight) == (5 + 6 + 7 + 11, 0)
    assert conserved(there.system)


def test_two_relayers_at_once_deliver_each_order_once(relayer: Relayer, there: Lane) -> None:
    ana = there.system.people["ana"]
    before, _, _ = there.held(there.destination, ana)
    rival = Relayer(there.system, there.system.folder / "rival.sqlite")
    rival.start()
    try:
        order = there.initiate(ana, [Lot(13, 0, 0)])
        relayer.wait(order, "settled")
        rival.wait(order, "settled")
    finally:
        rival.end(signal.SIGTERM)
    assert there.held(there.destination, ana)[0] == before + 13


def test_a_journal_rebuilt_from_the_chains_tells_the_same_ends(relayer: Relayer, there: Lane) -> None:
    journal = Journal(relayer.path, read_only=True)
    known = {one.state.order_id: one.state.status for one in journal.transfers()}
    journal.close()
    again = Relayer(there.system, there.system.folder / "again.sqlite")
    again.start()
    try:
        ends = time.monotonic() + PATIENCE
        rebuilt: dict[bytes, object] = {}
        while rebuilt != known and time.monotonic() < ends:
            time.sleep(0.5)
            # The file is there some moments before its tables are.
            with suppress(OperationalError, JournalMissing), closing(Journal(again.path, read_only=True)) as copy:
                rebuilt = {one.state.order_id: one.state.status for one in copy.transfers()}
        assert rebuilt == known
    finally:
        again.end(signal.SIGTERM)


def test_one_attestor_of_three_may_be_dead(relayer: Relayer, there: Lane) -> None:
    there.system.services._attestors[0].close()
    ana = there.system.people["ana"]
    order = there.initiate(ana, [Lot(3, 0, 0)])
    relayer.wait(order, "settled")


def test_a_relayer_that_is_asked_to_stop_ends_in_order(relayer: Relayer) -> None:
    assert relayer.end(signal.SIGTERM) == 0
