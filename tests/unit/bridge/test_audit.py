"""Honest histories close; any single tampering is a breach."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audit import AssetReport, BreachKind, Reading, ReadOrderError, audit_asset, audit_orders, lane_in_flight
from bridge.errors import InvalidField
from bridge.types import LaneFlow

CHAINS = tuple(bytes([i]) * 32 for i in (1, 2, 3))
HOME = CHAINS[0]


@dataclass
class Ledger:
    """The counters of one chain, kept the plain way."""

    supply: int = 0
    issued: int = 0
    redeemed: int = 0
    flows: dict[bytes, list[int]] = field(default_factory=dict)

    def add(self, lane: bytes, counter: int, amount: int) -> None:
        self.flows.setdefault(lane, [0, 0, 0])[counter] += amount
        self.supply += -amount if counter == 0 else amount


class World:
    """Chains that obey the protocol: issue, redeem, send, deliver, refund."""

    def __init__(self) -> None:
        self.chains = {chain: Ledger() for chain in CHAINS}
        self.flights: list[tuple[bytes, bytes, int, int]] = []
        self.sent: list[bytes] = []
        self.arrived: list[bytes] = []
        self.refunded: list[bytes] = []

    def act(self, kind: str, one: int, two: int, amount: int) -> None:
        source, destination = CHAINS[one], CHAINS[two]
        ledger = self.chains[source]
        if kind == "issue":
            self.chains[HOME].issued += amount
            self.chains[HOME].supply += amount
        elif kind == "redeem" and ledger.supply >= amount:
            ledger.redeemed += amount
            ledger.supply -= amount
        elif kind == "send" and ledger.supply >= amount and one != two:
            self.flights.append((source, destination, amount, len(self.sent)))
            self.sent.append(len(self.sent).to_bytes(32, "big"))
            ledger.add(destination, 0, amount)
        elif kind in ("deliver", "refund") and self.flights:
            self.end(kind, *self.flights.pop(amount % len(self.flights)))

    def end(self, kind: str, source: bytes, destination: bytes, amount: int, order: int) -> None:
        if kind == "deliver":
            self.arrived.append(self.sent[order])
            self.chains[destination].add(source, 2, amount)
        else:
            self.refunded.append(self.sent[order])
            self.chains[source].add(destination, 1, amount)

    def read(self, started: int) -> list[Reading]:
        return [
            Reading(
                chain,
                started + place,
                ledger.supply,
                ledger.issued,
                ledger.redeemed,
                tuple(LaneFlow(lane, *counters) for lane, counters in ledger.flows.items()),
            )
            for place, (chain, ledger) in enumerate(self.chains.items())
        ]

    def in_flight(self) -> int:
        return sum(amount for _, _, amount, _ in self.flights)


acts = st.lists(
    st.tuples(
        st.sampled_from(["issue", "redeem", "send", "send", "deliver", "refund"]),
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(1, 9),
    ),
    max_size=40,
)


BEGINNING = [
    ("issue", 0, 0, 50),
    ("send", 0, 1, 5),
    ("deliver", 0, 0, 1),
    ("send", 0, 2, 5),
    ("refund", 0, 0, 1),
    ("send", 0, 2, 5),
    ("deliver", 0, 0, 1),
    ("send", 1, 0, 2),
]
"""Every world has orders that arrived, one that was refunded, one on its way: each kind can be tampered with."""


def begun() -> World:
    world = World()
    for act in BEGINNING:
        world.act(*act)
    return world


def lived(history: list[tuple[str, int, int, int]], more: list[tuple[str, int, int, int]]) -> tuple[World, AssetReport]:
    """A world after a history, read as destinations, lived on, read as sources."""
    world = begun()
    for act in history:
        world.act(*act)
    first = world.read(1)
    for act in more:
        world.act(*act)
    return world, audit_asset(HOME, first, world.read(10))


@given(acts, acts)
def test_every_honest_history_closes(
    history: list[tuple[str, int, int, int]], more: list[tuple[str, int, int, int]]
) -> None:
    world, report = lived(history, more)
    assert report.breaches == ()
    assert report.total_in_flight >= world.in_flight()
    assert audit_orders(world.sent, world.arrived, world.refunded) == ()


@given(acts)
def test_in_a_world_at_rest_supplies_and_flights_sum_to_what_was_issued(
    history: list[tuple[str, int, int, int]],
) -> None:
    world, report = lived(history, [])
    ledgers = world.chains.values()
    assert report.total_in_flight == world.in_flight()
    assert sum(one.supply for one in ledgers) + report.total_in_flight == sum(
        one.issued - one.redeemed for one in ledgers
    )


def tampered(reading: Reading, data: st.DataObject) -> Reading:
    """The same reading with one counter changed."""
    if data.draw(st.booleans()):
        name = data.draw(st.sampled_from(["supply", "issued", "redeemed"]))
        change = data.draw(st.integers(-9, -1) | st.integers(1, 9))
        return dataclasses.replace(reading, **{name: getattr(reading, name) + change})
    name = data.draw(st.sampled_from(["sent", "refunded", "arrived"]))
    flows = list(reading.flows)
    place = data.draw(st.integers(0, len(flows) - 1))
    value = getattr(flows[place], name)
    change = data.draw(st.integers(1, 9) | (st.integers(-value, -1) if value else st.nothing()))
    flows[place] = dataclasses.replace(flows[place], **{name: value + change})
    return dataclasses.replace(reading, flows=tuple(flows))


@given(acts, st.data())
def test_any_single_tampered_counter_is_a_breach(history: list[tuple[str, int, int, int]], data: st.DataObject) -> None:
    world = begun()
    for act in history:
        world.act(*act)
    passes = [world.read(1), world.read(10)]
    victims, place = data.draw(st.sampled_from(passes)), data.draw(st.integers(0, 2))
    victims[place] = tampered(victims[place], data)
    assert audit_asset(HOME, *passes).breaches


@given(acts, st.data())
def test_any_single_tampered_order_is_a_breach(history: list[tuple[str, int, int, int]], data: st.DataObject) -> None:
    world, _ = lived(history, [])
    order = data.draw(st.sampled_from(world.arrived + world.refunded))
    own, other = (world.arrived, world.refunded) if order in world.arrived else (world.refunded, world.arrived)
    match data.draw(st.sampled_from(["unsent", "sent twice", "ended twice", "ended both ways"])):
        case "unsent":
            world.sent.remove(order)
        case "sent twice":
            world.sent.append(order)
        case "ended twice":
            own.append(order)
        case _:
            other.append(order)
    assert audit_orders(world.sent, world.arrived, world.refunded)


def test_tokens_that_arrive_unsent_make_the_lane_negative() -> None:
    first = [
        Reading(CHAINS[0], 1, 50, 50, 0, ()),
        Reading(CHAINS[1], 2, 5, 0, 0, (LaneFlow(CHAINS[0], 0, 0, 5),)),
    ]
    later = [dataclasses.replace(reading, read=reading.read + 10) for reading in first]
    report = audit_asset(HOME, first, later)
    assert [(breach.kind, breach.have, breach.lane) for breach in report.breaches] == [
        (BreachKind.NEGATIVE_IN_FLIGHT, -5, CHAINS[1])
    ]


def test_issuing_away_from_home_is_a_breach() -> None:
    first = [Reading(CHAINS[0], 1, 0, 0, 0, ()), Reading(CHAINS[1], 2, 5, 5, 0, ())]
    later = [dataclasses.replace(reading, read=reading.read + 10) for reading in first]
    assert {breach.kind for breach in audit_asset(HOME, first, later).breaches} == {BreachKind.ISSUED_ABROAD}


@pytest.mark.parametrize("lane", [CHAINS[2], CHAINS[0]])
def test_tokens_on_a_lane_that_nobody_audits_are_a_breach(lane: bytes) -> None:
    first = [Reading(CHAINS[0], 1, 45, 50, 0, (LaneFlow(lane, 5, 0, 0),)), Reading(CHAINS[1], 2, 0, 0, 0, ())]
    later = [dataclasses.replace(reading, read=reading.read + 10) for reading in first]
    assert {breach.kind for breach in audit_asset(HOME, first, later).breaches} == {BreachKind.UNKNOWN_LANE}


def test_a_counter_that_falls_is_a_breach() -> None:
    first = [Reading(CHAINS[0], 1, 50, 60, 10, ())]
    later = [Reading(CHAINS[0], 2, 50, 50, 0, ())]
    assert [breach.kind for breach in audit_asset(HOME, first, later).breaches] == [BreachKind.COUNTER_FELL] * 2


def test_an_order_sent_twice_is_a_breach() -> None:
    assert [breach.kind for breach in audit_orders([b"a", b"a"], [], [])] == [BreachKind.SENT_TWICE]


def test_a_source_read_before_its_destination_proves_nothing() -> None:
    one, two = Reading(CHAINS[0], 5, 0, 0, 0, ()), Reading(CHAINS[1], 5, 0, 0, 0, ())
    with pytest.raises(ReadOrderError):
        lane_in_flight(one, two)


def test_both_passes_are_over_the_same_chains() -> None:
    one, two = Reading(CHAINS[0], 1, 0, 0, 0, ()), Reading(CHAINS[1], 2, 0, 0, 0, ())
    with pytest.raises(InvalidField):
        audit_asset(HOME, [one], [two])
    with pytest.raises(InvalidField):
        audit_asset(HOME, [one, one], [one])


def test_a_reading_has_one_flow_per_lane() -> None:
    with pytest.raises(InvalidField):
        Reading(HOME, 1, 0, 0, 0, (LaneFlow(CHAINS[1], 0, 0, 0), LaneFlow(CHAINS[1], 1, 0, 0)))
