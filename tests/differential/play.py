"""The book played by itself, with everything that watches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.ledger import Ledger
from bridge.types import TransferOrder
from tests.differential.invariants import breaches
from tests.differential.model import Said, World
from tests.differential.scene import CHAINS, ROLES, SUBSTRATE, Op
from tests.differential.tracker import Tracker


class Play:
    """A world and its watchers; `ops` are the operations that it was made of so far."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ops: list[Op] = []
        self._assets = [world.scene.asset(SUBSTRATE, role) for role in ROLES]
        orders: dict[bytes, TransferOrder] = {}
        self._trackers = {(chain, asset): Tracker(asset, orders) for chain in CHAINS for asset in self._assets}

    def do(self, op: Op) -> Mapping[str, Said]:
        """One operation; AssertionError with the whole list when something does not hold afterwards."""
        self.ops.append(op)
        before: dict[str, Ledger] = dict(self.world.ledgers)
        said = self.world.advance(op, self.world.calls(op))
        wrong = list(breaches(before, self.world.ledgers, op[1], self._assets, self.world.now))
        for (chain, asset), tracker in self._trackers.items():
            tracker.hear(said[chain].events if chain in said else ())
            if asset in self.world.ledgers[chain].assets:
                wrong += tracker.differences(self.world.ledgers[chain].assets[asset])
        assert not wrong, f"{wrong}\nafter these operations:\n{listed(self.ops)}"
        return said


def listed(ops: Sequence[Op]) -> str:
    """Operations as text that Python reads."""
    return "[\n" + "".join(f"    {op!r},\n" for op in ops) + "]"
