"""The audit process: reading order, breaches, the halt."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from bridge.audit import BreachKind
from bridge.types import LaneFlow
from chains.base import BlockRef
from chains.errors import ChainUnavailable
from chains.views import SupplyView
from relayer.audit import AssetUnknownError, Auditor, ConservationBreached
from relayer.errors import ClockAhead
from tests.unit.relayer.fakes import ASSET, RELAYER, FakeChain, World


@pytest.fixture
def pair() -> tuple[FakeChain, FakeChain]:
    world = World()
    home, away = FakeChain("home", world), FakeChain("away", world)
    home.info = away.info = SimpleNamespace(home_domain=home.domain)
    home.supply = SupplyView(70, 100, 0, (LaneFlow(away.domain, 40, 10, 0),))
    away.supply = SupplyView(20, 0, 0, (LaneFlow(home.domain, 0, 0, 20),))
    return home, away


def auditor(pair: tuple[FakeChain, FakeChain], *, guarded: bool = True) -> Auditor:
    guardians = {chain.name: RELAYER for chain in pair} if guarded else {}
    return Auditor(pair, guardians, pair[0].world.seconds)


def test_books_that_close_show_what_is_in_flight(pair: tuple[FakeChain, FakeChain]) -> None:
    report = auditor(pair).audit(ASSET).report
    assert report.breaches == ()
    assert report.total_in_flight == 10


def test_all_destinations_are_read_before_any_source(pair: tuple[FakeChain, FakeChain]) -> None:
    readings: list[int] = []
    checked = auditor(pair)
    original = checked._read

    def read(chain: FakeChain, asset: bytes) -> object:
        reading = original(chain, asset)
        readings.append(reading.read)
        return reading

    checked._read = read  # type: ignore[method-assign,assignment]
    checked.audit(ASSET)
    assert readings == [1, 2, 3, 4]


def test_tokens_from_nowhere_are_a_breach(pair: tuple[FakeChain, FakeChain]) -> None:
    pair[1].supply = SupplyView(35, 0, 0, (LaneFlow(pair[0].domain, 0, 0, 35),))
    kinds = {breach.kind for breach in auditor(pair).audit(ASSET).report.breaches}
    assert kinds == {BreachKind.NEGATIVE_IN_FLIGHT}


def test_a_counter_that_falls_between_two_rounds_is_a_breach(pair: tuple[FakeChain, FakeChain]) -> None:
    checked = auditor(pair)
    checked.audit(ASSET)
    pair[0].supply = SupplyView(75, 100, 0, (LaneFlow(pair[1].domain, 30, 5, 0),))
    kinds = {breach.kind for breach in checked.audit(ASSET).report.breaches}
    assert BreachKind.COUNTER_FELL in kinds


def test_a_breach_pauses_the_asset_on_every_guarded_chain_and_ends_the_audit(
    pair: tuple[FakeChain, FakeChain],
) -> None:
    pair[0].supply = SupplyView(71, 100, 0, pair[0].supply.lanes)
    with pytest.raises(ConservationBreached, match="supply mismatch"):
        auditor(pair).run([ASSET], threading.Event(), 0.0)
    assert [chain.paused for chain in pair] == [[ASSET], [ASSET]]


def test_a_chain_that_can_not_be_paused_does_not_spare_the_other(
    pair: tuple[FakeChain, FakeChain], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ChainUnavailable("home", "away")

    monkeypatch.setattr(pair[0], "pause_asset", away)
    auditor(pair).halt(ASSET)
    assert pair[1].paused == [ASSET]


def test_a_node_that_is_away_is_waited_out_and_no_breach(
    pair: tuple[FakeChain, FakeChain], monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()

    def away() -> BlockRef:
        stop.set()
        raise ChainUnavailable("home", "away")

    monkeypatch.setattr(pair[0], "finalised", away)
    auditor(pair).run([ASSET], stop, 0.0)
    assert pair[1].paused == []


def test_a_clock_ahead_of_utc_is_an_alarm(pair: tuple[FakeChain, FakeChain]) -> None:
    pair[0].world.now += 61
    pair[0].mine()
    pair[0].world.now -= 61
    with pytest.raises(ClockAhead):
        auditor(pair).audit(ASSET)


def test_an_asset_that_no_chain_knows_is_an_error(pair: tuple[FakeChain, FakeChain]) -> None:
    pair[0].info = pair[1].info = None
    with pytest.raises(AssetUnknownError):
        auditor(pair).audit(ASSET)
