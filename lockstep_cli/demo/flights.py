"""Orders on their way: sent by their owners, watched on both chains until they have ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge.types import InitiateRequest, Lot, TransferOrder
from chains.base import Chain, OrderDelivered, OrderRejected, OrderSettled, Submitted
from lockstep_cli.local.cast import Person
from lockstep_cli.local.system import LocalSystem
from lockstep_cli.reading import Document, tx_document
from lockstep_cli.watch import Watcher

CROSSING_TIMEOUT: Final = 90.0
"""Seconds in which an order must reach its end; a crossing takes about ten here."""
FLIGHT_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class InFlight:
    """An order that was initiated, with the watchers that stood ready before it was."""

    person: Person
    order_id: bytes
    order: TransferOrder
    submitted: Submitted
    source: Chain
    destination: Chain
    at_source: Watcher
    at_destination: Watcher


def depart(
    system: LocalSystem,
    person: Person,
    source: Chain,
    destination: Chain,
    lots: Sequence[Lot] | None = None,
    to: Person | None = None,
) -> InFlight:
    """Sends the person's whole position, or these lots, to their own account on the other chain, or to somebody else's."""
    at_source, at_destination = (Watcher(chain, chain.finalised().number + 1) for chain in (source, destination))
    receiver = to or person
    request = InitiateRequest(
        asset=system.asset,
        destination=destination.domain,
        to_investor=receiver.investor,
        recipient=receiver.account(destination.name).id,
        lots=tuple(_everything(system, person, source) if lots is None else lots),
        deadline=source.head().time + FLIGHT_SECONDS,
    )
    submitted = source.initiate(request, person.account(source.name))
    order_id, order = submitted.order_id, submitted.order
    return InFlight(person, order_id, order, submitted, source, destination, at_source, at_destination)


def await_settled(system: LocalSystem, flight: InFlight) -> list[Document]:
    """Waits for the end of a delivered order; its timeline, oldest stage first."""
    delivered = flight.at_destination.wait(
        OrderDelivered, lambda e: e.order_id == flight.order_id, "the delivery", CROSSING_TIMEOUT
    )
    settled = flight.at_source.wait(
        OrderSettled, lambda e: e.order_id == flight.order_id, "the settlement", CROSSING_TIMEOUT
    )
    return [
        {"stage": "initiated", **tx_document(flight.submitted.tx)},
        *system.attested(flight.order_id),
        {"stage": "delivered", **tx_document(delivered.at)},
        {"stage": "settled", **tx_document(settled.at)},
    ]


def await_refunded(flight: InFlight) -> tuple[OrderRejected, OrderSettled]:
    """Waits until a rejected order has come back."""
    rejected = flight.at_destination.wait(
        OrderRejected, lambda e: e.order_id == flight.order_id, "the rejection", CROSSING_TIMEOUT
    )
    settled = flight.at_source.wait(
        OrderSettled, lambda e: e.order_id == flight.order_id, "the refund", CROSSING_TIMEOUT
    )
    return rejected, settled


def _everything(system: LocalSystem, person: Person, chain: Chain) -> list[Lot]:
    position = chain.views().position_of(system.asset, person.investor)
    return [*([Lot(position.free, 0, 0)] if position.free else []), *position.lots]
