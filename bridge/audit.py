"""Conservation of every asset over any number of chains (promise P1, protocol section 8).

On each chain at every block: supply = issued - redeemed - sent + refunded + arrived. On each lane:
in flight = sent - refunded (source) - arrived (destination) >= 0, the destination read FIRST and the source later; read
the other way round, an order sent and delivered in between would look like tokens from nowhere. Delivered and not yet
settled is not in flight. Amounts in base units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from bridge.errors import InvalidField, InvalidInput
from bridge.types import LaneFlow


class BreachKind(Enum):
    """What is wrong; each halts the asset."""

    SUPPLY_MISMATCH = "supply mismatch"
    NEGATIVE_IN_FLIGHT = "negative in flight"
    ISSUED_ABROAD = "issued away from home"
    UNKNOWN_LANE = "moved on a lane to a chain that is not audited"
    COUNTER_FELL = "counter fell"
    ARRIVED_UNSENT = "arrived but never sent"
    REFUNDED_UNSENT = "refunded but never sent"
    ARRIVED_AND_REFUNDED = "arrived and refunded"
    SENT_TWICE = "sent twice"
    ARRIVED_TWICE = "arrived twice"
    REFUNDED_TWICE = "refunded twice"


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken invariant: what, where, and the two numbers that disagree.

    `subject` is a chain's domain or an order id; `lane` the domain at the other end, where the breach is of a lane.
    """

    kind: BreachKind
    subject: bytes
    have: int
    need: int
    lane: bytes = b""


class ReadOrderError(InvalidInput):
    """A source was read before its destination; the figures prove nothing. Read again, destinations first."""

    def __init__(self, source: bytes, source_read: int, destination_read: int) -> None:
        self.source, self.source_read, self.destination_read = source, source_read, destination_read
        super().__init__(f"source 0x{source.hex()} was read at {source_read}, a destination at {destination_read}")


@dataclass(frozen=True, slots=True)
class Reading:
    """The counters of one asset on one chain, read at one final block.

    `chain`: the chain's domain. `read`: a number that grows with every reading of this audit round (not a chain's
    time: two chains' clocks say nothing about which was read first).
    """

    chain: bytes
    read: int
    supply: int
    issued: int
    redeemed: int
    flows: tuple[LaneFlow, ...]

    def __post_init__(self) -> None:
        lanes = [flow.lane for flow in self.flows]
        if len(set(lanes)) != len(lanes):
            raise InvalidField("Reading", "flows", "one flow per lane", lanes)

    def flow(self, lane: bytes) -> LaneFlow:
        """The counters of a lane; all zero when the chain has none."""
        return next((flow for flow in self.flows if flow.lane == lane), LaneFlow(lane, 0, 0, 0))

    @property
    def expected_supply(self) -> int:
        """What the counters say that the supply has to be."""
        moved = sum(flow.refunded + flow.arrived - flow.sent for flow in self.flows)
        return self.issued - self.redeemed + moved


@dataclass(frozen=True, slots=True)
class AssetReport:
    """The audit of one asset: in flight per lane (source, destination), and every breach found."""

    in_flight: Mapping[tuple[bytes, bytes], int]
    breaches: tuple[Breach, ...]

    @property
    def total_in_flight(self) -> int:
        """Over all lanes, in base units."""
        return sum(self.in_flight.values())


def audit_supply(reading: Reading) -> tuple[Breach, ...]:
    """The equation of one chain at one block."""
    if reading.supply == reading.expected_supply:
        return ()
    return (Breach(BreachKind.SUPPLY_MISMATCH, reading.chain, reading.supply, reading.expected_supply),)


def audit_growth(before: Reading, after: Reading) -> tuple[Breach, ...]:
    """Counters only grow between two readings of one chain: a fall is a rewritten history or a tampered store."""
    pairs = [(before.issued, after.issued), (before.redeemed, after.redeemed)]
    for old in before.flows:
        new = after.flow(old.lane)
        pairs += [(old.sent, new.sent), (old.refunded, new.refunded), (old.arrived, new.arrived)]
    return tuple(Breach(BreachKind.COUNTER_FELL, after.chain, new, old) for old, new in pairs if new < old)


def lane_in_flight(destination: Reading, source: Reading) -> int:
    """What is on its way from source to destination; negative is a breach.

    Raises:
        ReadOrderError: the source was not read after the destination.
    """
    if source.read <= destination.read:
        raise ReadOrderError(source.chain, source.read, destination.read)
    out = source.flow(destination.chain)
    return out.sent - out.refunded - destination.flow(source.chain).arrived


def audit_asset(home: bytes, destinations: Sequence[Reading], sources: Sequence[Reading]) -> AssetReport:
    """The audit of one asset from two readings of every chain: first all as destinations, then all as sources.

    Raises:
        ReadOrderError: a source was not read after a destination.
        InvalidField: the two passes are not over the same chains, or a chain stands twice in one.
    """
    first, later = _by_chain(destinations), _by_chain(sources)
    if first.keys() != later.keys():
        raise InvalidField("AssetReport", "sources", "the chains of the destinations", sorted(later))
    in_flight = {
        (source, destination): lane_in_flight(first[destination], later[source])
        for source in later
        for destination in first
        if source != destination
    }
    breaches = [breach for reading in (*destinations, *sources) for breach in audit_supply(reading)]
    breaches += [breach for chain in first for breach in audit_growth(first[chain], later[chain])]
    breaches += [
        Breach(BreachKind.ISSUED_ABROAD, reading.chain, reading.issued, 0)
        for reading in sources
        if reading.chain != home and reading.issued
    ]
    breaches += [
        Breach(BreachKind.NEGATIVE_IN_FLIGHT, source, amount, 0, destination)
        for (source, destination), amount in in_flight.items()
        if amount < 0
    ]
    breaches += [breach for reading in sources for breach in _unknown_lanes(reading, first)]
    return AssetReport(in_flight, tuple(breaches))


def audit_orders(sent: Iterable[bytes], arrived: Iterable[bytes], refunded: Iterable[bytes]) -> tuple[Breach, ...]:
    """The audit order by order: ids from OrderInitiated, OrderDelivered, and OrderSettled that returned the lots.

    Read the arrivals first and the sendings last, for the same reason as above.
    """
    sendings, arrivals, refunds = Counter(sent), Counter(arrived), Counter(refunded)
    breaches = [
        Breach(kind, order, count, 1)
        for kind, counts in (
            (BreachKind.SENT_TWICE, sendings),
            (BreachKind.ARRIVED_TWICE, arrivals),
            (BreachKind.REFUNDED_TWICE, refunds),
        )
        for order, count in counts.items()
        if count > 1
    ]
    breaches += [Breach(BreachKind.ARRIVED_UNSENT, order, 1, 0) for order in arrivals if order not in sendings]
    breaches += [Breach(BreachKind.REFUNDED_UNSENT, order, 1, 0) for order in refunds if order not in sendings]
    breaches += [Breach(BreachKind.ARRIVED_AND_REFUNDED, order, 2, 1) for order in arrivals if order in refunds]
    return tuple(breaches)


def _by_chain(readings: Sequence[Reading]) -> dict[bytes, Reading]:
    chains = {reading.chain: reading for reading in readings}
    if len(chains) != len(readings):
        raise InvalidField("AssetReport", "readings", "one reading per chain", [reading.chain for reading in readings])
    return chains


def _unknown_lanes(reading: Reading, chains: Mapping[bytes, Reading]) -> list[Breach]:
    """Flows of lanes to chains that are not audited: tokens there are beyond what this report can vouch for."""
    strange = [flow for flow in reading.flows if flow.lane not in chains or flow.lane == reading.chain]
    moved = [(flow.lane, flow.sent + flow.refunded + flow.arrived) for flow in strange]
    return [Breach(BreachKind.UNKNOWN_LANE, reading.chain, amount, 0, lane) for lane, amount in moved if amount]
