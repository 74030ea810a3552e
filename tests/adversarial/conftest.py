"""Lanes of the running system, in both directions."""

from __future__ import annotations

import pytest

from bridge.types import Lot, TransferOrder
from lockstep_cli.local.system import LocalSystem
from tests.support.flights import Lane


@pytest.fixture(scope="session")
def home(system: LocalSystem) -> Lane:
    """From Substrate, where the asset was issued, to EVM."""
    return Lane(system, system.substrate, system.evm)


@pytest.fixture(scope="session")
def both_funded(home: Lane) -> Lane:
    """Ana holds free and locked tokens on both chains."""
    ana = home.system.people["ana"]
    (lot,) = home.source.views().position_of(home.system.asset, ana.investor).lots
    order = home.initiate(ana, [Lot(100, 0, 0), Lot(50, lot.acquired_at, lot.unlocks_at)])
    assert home.deliver_well(order).codes == (0,)
    home.settle_well(order, 1)
    return home


@pytest.fixture(scope="session", params=["to_evm", "to_substrate"])
def lane(request: pytest.FixtureRequest, both_funded: Lane) -> Lane:
    """A lane whose sender, Ana, has tokens: both directions in turn."""
    if request.param == "to_evm":
        return both_funded
    return Lane(both_funded.system, both_funded.destination, both_funded.source)


@pytest.fixture(scope="session")
def funded(lane: Lane) -> Lane:
    """The same under the name that tests of departure use."""
    return lane


@pytest.fixture(scope="session")
def waiting(lane: Lane) -> tuple[Lane, TransferOrder]:
    """An order in flight that every attack of a module aims at, with a free and a locked lot."""
    ana = lane.system.people["ana"]
    position = lane.source.views().position_of(lane.system.asset, ana.investor)
    locked = [Lot(1, lot.acquired_at, lot.unlocks_at) for lot in position.lots[:1]]
    return lane, lane.initiate(ana, [Lot(2, 0, 0), *locked])
