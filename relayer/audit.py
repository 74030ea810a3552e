"""The audit: conservation of every asset over all chains, checked all the time by a process of its own (promise P1).

Each round reads every chain as a destination first and as a source later, each at a final block, and closes the
equation by `bridge.audit`. A breach pauses the asset wherever this process holds a guardian key: tokens that come from
nowhere must stop moving before anyone asks why. Read the other way round a healthy asset would look broken.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from bridge.audit import AssetReport, Breach, Reading, audit_asset, audit_growth
from bridge.errors import LockstepError, RecoverableError, UnrecoverableError
from bridge.types import MAX_CLOCK_LEAD_SECONDS, PauseBit
from chains.accounts import Account
from chains.base import Chain
from chains.errors import ChainError
from relayer.errors import ClockAhead

PAUSE_ALL = PauseBit.TRANSFER | PauseBit.INITIATE | PauseBit.DELIVER


class AssetUnknownError(UnrecoverableError):
    """No chain of the audit knows the asset."""

    def __init__(self, asset: bytes) -> None:
        self.asset = asset
        super().__init__(f"no chain knows the asset {asset.hex()}")


class ConservationBreached(UnrecoverableError):
    """An asset's books do not close. Everything about it is paused where a guardian key is at hand."""

    def __init__(self, asset: bytes, breaches: tuple[Breach, ...]) -> None:
        self.asset, self.breaches = asset, breaches
        lines = (
            f"{breach.kind.value} at {breach.subject.hex()}: {breach.have}, not {breach.need}" for breach in breaches
        )
        super().__init__(f"asset {asset.hex()}: " + "; ".join(lines))


@dataclass(frozen=True, slots=True)
class Round:
    """One audit of one asset: its report and the readings it was made from, by chain."""

    report: AssetReport
    readings: Mapping[bytes, Reading]


class Auditor:
    """Audits assets over some chains."""

    def __init__(self, chains: Sequence[Chain], guardians: Mapping[str, Account], clock: Callable[[], float]) -> None:
        """`guardians` by chain kind, empty: breaches are reported only. `clock`: UTC seconds."""
        self._chains = tuple(chains)
        self._guardians = guardians
        self._clock = clock
        self._places = itertools.count(1)
        self._last: dict[bytes, Mapping[bytes, Reading]] = {}
        self._log = structlog.get_logger("audit")

    def audit(self, asset: bytes) -> Round:
        """One round, with its breaches in the report. ClockAhead, AssetUnknownError, ChainError."""
        self._check_clocks()
        destinations = [self._read(chain, asset) for chain in self._chains]
        sources = [self._read(chain, asset) for chain in self._chains]
        report = audit_asset(self._home(asset), destinations, sources)
        now = {reading.chain: reading for reading in sources}
        before = self._last.get(asset, {})
        fallen = [
            breach
            for chain, reading in now.items()
            if chain in before
            for breach in audit_growth(before[chain], reading)
        ]
        self._last[asset] = now
        return Round(AssetReport(report.in_flight, (*report.breaches, *fallen)), now)

    def run(self, assets: Sequence[bytes], stop: threading.Event, interval: float) -> None:
        """Audits all assets every `interval` seconds. ConservationBreached ends it, after the pause."""
        while not stop.is_set():
            for asset in assets:
                try:
                    breaches = self.audit(asset).report.breaches
                except (RecoverableError, ChainError) as error:
                    self._log.warning("audit failed", action="audit.retry", asset=asset.hex(), error=str(error))
                    continue
                if breaches:
                    self.halt(asset)
                    raise ConservationBreached(asset, breaches)
            stop.wait(interval)

    def halt(self, asset: bytes) -> None:
        """Pauses an asset on every chain that this process guards; one chain that fails does not spare the others."""
        for chain in self._chains:
            guardian = self._guardians.get(chain.name)
            if guardian is None:
                continue
            try:
                chain.pause_asset(asset, PAUSE_ALL, guardian)
            except LockstepError as error:
                self._log.error("pausing failed", action="audit.halt", chain=chain.name, error=str(error))

    def _read(self, chain: Chain, asset: bytes) -> Reading:
        seen = chain.views(chain.finalised()).supply_of(asset)
        return Reading(chain.domain, next(self._places), seen.supply, seen.issued, seen.redeemed, seen.lanes)

    def _home(self, asset: bytes) -> bytes:
        for chain in self._chains:
            info = chain.views(chain.finalised()).asset_info(asset)
            if info is not None:
                return info.home_domain
        raise AssetUnknownError(asset)

    def _check_clocks(self) -> None:
        """A chain ahead of UTC opens locks early: that is an alarm of its own. ClockAhead."""
        now = int(self._clock())
        for chain in self._chains:
            final = chain.finalised()
            if final.time > now + MAX_CLOCK_LEAD_SECONDS:
                raise ClockAhead(chain.name, final.time, now)
