"""The cap table of one asset over both chains: who holds what, where, locked until when, and what is in flight.

Each chain is read at one final block. A token that was delivered and not yet settled lies on its destination and is not in
flight; one that is in flight belongs to the investor who sent it. The table proves itself: on each chain the positions must
add up to the supply, and everything together to issued - redeemed. When they don't, the investors are looked for in the
chain's own events, so that nobody is missing only because no book names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.types import Lot, Outcome
from chains.base import BlockRef
from chains.control import ManagedChain
from chains.token_events import AccountBound, EligibilitySet, InvestorReplaced
from chains.views import PositionView, SupplyView, Views


@dataclass(frozen=True, slots=True)
class Line:
    """What one investor holds on one chain."""

    chain: str
    investor: bytes
    free: int
    lots: tuple[Lot, ...]
    in_flight: int
    frozen: int
    flags: int
    class_: int

    @property
    def total(self) -> int:
        """Free, locked and in flight from here."""
        return self.free + sum(lot.amount for lot in self.lots) + self.in_flight


@dataclass(frozen=True, slots=True)
class Reading:
    """One chain at one block."""

    chain: ManagedChain
    at: BlockRef
    supply: SupplyView
    positions: Mapping[bytes, PositionView]

    @property
    def views(self) -> Views:
        """The state that everything was read in."""
        return self.chain.views(self.at)

    @property
    def held(self) -> int:
        """The sum of the positions."""
        return sum(position.total for position in self.positions.values())


@dataclass(frozen=True, slots=True)
class CapTable:
    """The table, where it was read, and whether it closes. `missing` is what no investor was found for."""

    lines: tuple[Line, ...]
    blocks: Mapping[str, BlockRef]
    supply: Mapping[str, int]
    issued: int
    redeemed: int
    missing: Mapping[str, int] = field(default_factory=dict)

    @property
    def in_flight(self) -> int:
        """Everything in flight, in base units."""
        return sum(line.in_flight for line in self.lines)

    @property
    def total(self) -> int:
        """Everything that somebody holds or has in flight."""
        return sum(line.total for line in self.lines)

    @property
    def closes(self) -> bool:
        """Whether the positions are the supplies, and all together is what was issued and not redeemed."""
        return not self.missing and self.total == self.issued - self.redeemed


def read_table(
    chains: Mapping[str, ManagedChain], asset: bytes, known: Iterable[bytes], blocks: Mapping[str, BlockRef]
) -> CapTable:
    """The table at these final blocks, one per chain. `known`: investors that a book names."""
    investors = set(known)
    readings = {name: _read(chain, asset, investors, blocks[name]) for name, chain in chains.items()}
    if any(reading.held != reading.supply.supply for reading in readings.values()):
        for chain in chains.values():
            investors |= investors_in(chain, asset, blocks[chain.name].number)
        readings = {name: _read(chain, asset, investors, blocks[name]) for name, chain in chains.items()}
    in_flight = _in_flight(readings, asset)
    lines = tuple(
        line
        for name, reading in readings.items()
        for investor in sorted(investors)
        if (line := _line(name, reading, asset, investor, in_flight[name].get(investor, 0))).total
    )
    gaps = {name: reading.supply.supply - reading.held for name, reading in readings.items()}
    return CapTable(
        lines=lines,
        blocks=dict(blocks),
        supply={name: reading.supply.supply for name, reading in readings.items()},
        issued=sum(reading.supply.issued for reading in readings.values()),
        redeemed=sum(reading.supply.redeemed for reading in readings.values()),
        missing={name: gap for name, gap in gaps.items() if gap},
    )


def investors_in(chain: ManagedChain, asset: bytes, upto: int) -> set[bytes]:
    """Every investor of an asset that the chain's events name up to a final block."""
    found: set[bytes] = set()
    for happened in chain.history(1, upto, asset):
        match happened.event:
            case AccountBound(investor=investor) | EligibilitySet(investor=investor):
                found.add(investor)
            case InvestorReplaced(successor=successor):
                found.add(successor)
            case _:
                continue
    return {investor for investor in found if any(investor)}


def block_at(chain: ManagedChain, time: int) -> BlockRef:
    """The last final block at or before a time (UTC seconds); the first block, when all are later."""
    low, high = 1, chain.finalised().number
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if chain.block(middle).time <= time else (low, middle - 1)
    return chain.block(low)


def _read(chain: ManagedChain, asset: bytes, investors: Iterable[bytes], at: BlockRef) -> Reading:
    views = chain.views(at)
    positions = {investor: views.position_of(asset, investor) for investor in investors}
    return Reading(chain, at, views.supply_of(asset), positions)


def _line(name: str, reading: Reading, asset: bytes, investor: bytes, in_flight: int) -> Line:
    position, views = reading.positions[investor], reading.views
    class_ = views.eligibility_of(asset, investor) >> 176 & 0xFFFF
    frozen = views.frozen_of(asset, investor) if position.flags else 0
    return Line(name, investor, position.free, position.lots, in_flight, frozen, position.flags, class_)


def _in_flight(readings: Mapping[str, Reading], asset: bytes) -> dict[str, dict[bytes, int]]:
    """What each investor has in flight from each chain, without what the destination holds already."""
    return {name: _from_one(name, readings, asset) for name in readings}


def _from_one(name: str, readings: Mapping[str, Reading], asset: bytes) -> dict[bytes, int]:
    source = readings[name]
    found = {investor: position.in_flight for investor, position in source.positions.items() if position.in_flight}
    for other, destination in readings.items():
        if other != name:
            _correct(found, source, destination, asset, _gap(source, destination, found))
    return found


def _gap(source: Reading, destination: Reading, found: Mapping[bytes, int]) -> int:
    """By how much the investors' own counters exceed what the lane's counters say is between the chains.

    Positive: something was delivered and is not settled. Negative: something was settled here and, at the other chain's
    block, was not delivered yet (the two blocks are not of one moment).
    """
    sent = next((flow for flow in source.supply.lanes if flow.lane == destination.chain.domain), None)
    there = next((flow for flow in destination.supply.lanes if flow.lane == source.chain.domain), None)
    between = (sent.sent - sent.refunded if sent else 0) - (there.arrived if there else 0)
    return sum(found.values()) - between


def _correct(found: dict[bytes, int], source: Reading, destination: Reading, asset: bytes, gap: int) -> None:
    """Takes orders that were delivered out of what is in flight, newest first, until the lane's counters are met."""
    lane, origin = destination.chain.domain, source.chain.domain
    nonce = source.views.lane_info(lane).next_nonce - 1
    while gap and nonce > 0:
        is_open = source.views.order_at(lane, nonce) is not None
        outcome = destination.views.outcome_of(origin, nonce)
        delivered_unsettled = is_open and outcome == Outcome.DELIVERED
        settled_undelivered = not is_open and outcome == Outcome.NONE
        if delivered_unsettled or settled_undelivered:
            started = source.chain.order_started(lane, nonce, source.at)
            if started is not None and started.order.asset == asset:
                change = -started.order.amount if delivered_unsettled else started.order.amount
                sender = source.views.successor_of(asset, started.order.from_investor) or started.order.from_investor
                found[sender] = found.get(sender, 0) + change
                gap += change
        nonce -= 1
