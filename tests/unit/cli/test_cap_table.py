"""The cap table: it adds up whatever is between the chains, and says so when it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.types import LaneFlow, Lot, Outcome, TransferOrder
from chains.base import BlockRef, Happened, OrderInitiated, TxRef
from chains.token_events import AccountBound
from chains.views import LaneInfo, PositionView, SupplyView
from lockstep_cli.assets.captable import block_at, read_table

ASSET = bytes([9] * 32)
ANA, BEN, NEW = (bytes(16) + bytes([number] * 16) for number in (1, 2, 3))
AT = BlockRef(50, bytes(32), 1_000)
PLACE = TxRef("x", "0x00", AT)


@dataclass
class Chain:
    """One chain's state about one asset, as the table reads it."""

    name: str
    domain: bytes
    held: dict[bytes, PositionView] = field(default_factory=dict)
    supply: int = 0
    issued: int = 0
    redeemed: int = 0
    flows: list[LaneFlow] = field(default_factory=list)
    orders: dict[int, TransferOrder] = field(default_factory=dict)
    open_orders: set[int] = field(default_factory=set)
    outcomes: dict[int, int] = field(default_factory=dict)
    successors: dict[bytes, bytes] = field(default_factory=dict)
    events: list[Happened] = field(default_factory=list)
    scanned: int = 0

    def views(self, at: Any = None) -> Any:
        return self

    def position_of(self, asset: bytes, investor: bytes) -> PositionView:
        return self.held.get(investor, PositionView(0, 0, (), 0, 0, 0))

    def supply_of(self, asset: bytes) -> SupplyView:
        return SupplyView(self.supply, self.issued, self.redeemed, tuple(self.flows))

    def eligibility_of(self, asset: bytes, investor: bytes) -> int:
        return 77 << 176

    def frozen_of(self, asset: bytes, investor: bytes) -> int:
        return 1

    def lane_info(self, lane: bytes) -> LaneInfo:
        return LaneInfo(True, 1, 0, 0, max(self.orders, default=0) + 1, 0)

    def order_at(self, lane: bytes, nonce: int) -> bytes | None:
        return b"id" if nonce in self.open_orders else None

    def outcome_of(self, source: bytes, nonce: int) -> int:
        return self.outcomes.get(nonce, 0)

    def successor_of(self, asset: bytes, investor: bytes) -> bytes | None:
        return self.successors.get(investor)

    def order_started(self, lane: bytes, nonce: int, upto: BlockRef) -> OrderInitiated | None:
        return OrderInitiated(b"id", self.orders[nonce], PLACE) if nonce in self.orders else None

    def history(self, first: int, last: int, asset: bytes) -> list[Happened]:
        self.scanned += 1
        return self.events


def order(amount: int, sender: bytes = ANA) -> TransferOrder:
    zero = bytes(32)
    return TransferOrder(zero, zero, 1, ASSET, 1, sender, sender, zero, zero, (Lot(amount, 0, 0),), 0, 0, 1)


def pair() -> tuple[Any, Any]:
    """Home with 100 issued, all with Ana; away with nothing."""
    home, away = Chain("substrate", bytes([1] * 32)), Chain("evm", bytes([2] * 32))
    home.held[ANA] = PositionView(60, 0, (Lot(40, 5, 6),), 0, 0, 0)
    home.supply, home.issued = 100, 100
    return home, away


def read(home: Any, away: Any, known: tuple[bytes, ...] = (ANA, BEN)) -> Any:
    return read_table({"substrate": home, "evm": away}, ASSET, known, {"substrate": AT, "evm": AT})


def in_flight(home: Any, away: Any) -> None:
    """Ten of Ana's free tokens have left and are nowhere yet."""
    home.held[ANA] = PositionView(50, 10, (Lot(40, 5, 6),), 0, 1, 0)
    home.supply = 90
    home.flows = [LaneFlow(away.domain, 10, 0, 0)]
    home.orders, home.open_orders = {1: order(10)}, {1}


def test_what_one_chain_holds_closes_by_itself() -> None:
    table = read(*pair())
    assert (table.closes, table.total, table.in_flight) == (True, 100, 0)
    (line,) = table.lines
    assert (line.free, line.lots, line.class_) == (60, (Lot(40, 5, 6),), 77)


def test_what_is_in_flight_is_the_senders() -> None:
    home, away = pair()
    in_flight(home, away)
    table = read(home, away)
    assert (table.closes, table.total, table.in_flight) == (True, 100, 10)
    assert [(line.chain, line.in_flight) for line in table.lines] == [("substrate", 10)]


def delivered(home: Any, away: Any) -> None:
    away.held[ANA] = PositionView(10, 0, (), 0, 0, 0)
    away.supply, away.flows, away.outcomes = 10, [LaneFlow(home.domain, 0, 0, 10)], {1: Outcome.DELIVERED}


def test_what_was_delivered_and_not_settled_is_counted_once_and_where_it_lies() -> None:
    home, away = pair()
    in_flight(home, away)
    delivered(home, away)
    table = read(home, away)
    assert (table.closes, table.total, table.in_flight) == (True, 100, 0)


def test_what_is_settled_here_and_not_delivered_there_yet_is_in_flight() -> None:
    """The other chain was read at an earlier moment."""
    home, away = pair()
    in_flight(home, away)
    home.held[ANA], home.open_orders = PositionView(50, 0, (Lot(40, 5, 6),), 0, 0, 0), set()
    table = read(home, away)
    assert (table.closes, table.in_flight) == (True, 10)


def test_an_order_of_a_replaced_investor_is_the_successors() -> None:
    home, away = pair()
    in_flight(home, away)
    delivered(home, away)
    home.held, away.held = {NEW: home.held[ANA]}, {NEW: away.held[ANA]}
    home.successors = away.successors = {ANA: NEW}
    table = read(home, away, (ANA, NEW))
    assert (table.closes, table.in_flight, {line.investor for line in table.lines}) == (True, 0, {NEW})


def test_investors_that_no_book_names_are_found_in_the_chains_events() -> None:
    home, away = pair()
    home.events = [Happened(AccountBound(ASSET, bytes([8] * 32), ANA), PLACE)]
    table = read(home, away, ())
    assert (table.closes, table.total, home.scanned) == (True, 100, 1)


def test_events_are_left_alone_while_the_book_is_whole() -> None:
    home, away = pair()
    read(home, away)
    assert (home.scanned, away.scanned) == (0, 0)


def test_a_table_with_a_hole_says_so() -> None:
    home, away = pair()
    home.supply = home.issued = 105
    table = read(home, away)
    assert (table.closes, table.missing) == (False, {"substrate": 5})


def test_what_was_redeemed_is_gone() -> None:
    home, away = pair()
    home.held[ANA] = PositionView(20, 0, (Lot(40, 5, 6),), 0, 0, 0)
    home.supply, home.redeemed = 60, 40
    assert read(home, away).closes


@given(st.lists(st.tuples(st.integers(1, 20), st.sampled_from(["open", "delivered", "done"])), max_size=8))
def test_any_mixture_of_orders_closes(drawn: list[tuple[int, str]]) -> None:
    home, away = pair()
    total = sum(amount for amount, _ in drawn)
    home.supply = home.issued = 200
    flying = sum(amount for amount, stage in drawn if stage != "done")
    home.held[ANA] = PositionView(200 - total, flying, (), 0, 0, 0)
    home.supply -= total
    arrived = sum(amount for amount, stage in drawn if stage != "open")
    home.flows, away.flows = [LaneFlow(away.domain, total, 0, 0)], [LaneFlow(home.domain, 0, 0, arrived)]
    away.held[ANA], away.supply = PositionView(arrived, 0, (), 0, 0, 0), arrived
    for nonce, (amount, stage) in enumerate(drawn, start=1):
        home.orders[nonce] = order(amount)
        home.open_orders |= {nonce} if stage != "done" else set()
        away.outcomes |= {nonce: Outcome.DELIVERED} if stage != "open" else {}
    table = read(home, away)
    assert table.closes
    assert table.in_flight == sum(amount for amount, stage in drawn if stage == "open")


class Blocks:
    """A chain whose block n is of second 10 n."""

    def finalised(self) -> BlockRef:
        return self.block(40)

    def block(self, number: int) -> BlockRef:
        return BlockRef(number, bytes(32), number * 10)


@pytest.mark.parametrize(("time", "number"), [(0, 1), (10, 1), (19, 1), (20, 2), (399, 39), (400, 40), (9999, 40)])
def test_the_block_of_a_record_date_is_the_last_one_not_after_it(time: int, number: int) -> None:
    chain: Any = Blocks()
    assert block_at(chain, time).number == number
