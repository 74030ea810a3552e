"""How an event of a final block enters the journal.

Every fact is kept, also one about an order whose beginning was not read yet (the destination may have been read further
than the source): it takes effect when the order appears.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from bridge.abi import encode_struct
from bridge.refusals import Refusal
from bridge.transfer import ContradictoryOutcomeError, Status, TransferState, transition
from bridge.transfer_events import (
    DestinationDelivered,
    DestinationRefused,
    DestinationRejected,
    OrderSeen,
    SourceSettled,
    TransferEvent,
)
from bridge.types import Outcome, Reason
from chains.base import (
    BlockRef,
    ChainEvent,
    OrderDelivered,
    OrderInitiated,
    OrderRefused,
    OrderRejected,
    OrderSettled,
    TxRef,
)
from relayer.backoff import Wait, delay
from relayer.errors import LaneHalted
from relayer.rows import Transfer, halt_lane, load, load_or_none, note_stage, state_columns
from relayer.tables import FACTS, TRANSFERS

FAR_FUTURE = 2**62
"""Deadlines beyond it are as good as it; SQLite holds no larger integer."""


def take(connection: Connection, event: ChainEvent, now: float) -> list[LaneHalted]:
    """Takes one fact into the journal; a contradiction halts its lane and is returned."""
    fresh = _keep_fact(connection, event)
    try:
        if isinstance(event, OrderInitiated):
            return _begin(connection, event, now)
        if fresh and load_or_none(connection, event.order_id) is not None:
            _advance(connection, event.order_id, _as_transfer_event(event), event.at, now)
    except ContradictoryOutcomeError as error:
        return halt_lane(connection, event.order_id, str(error), now)
    return []


def _begin(connection: Connection, event: OrderInitiated, now: float) -> list[LaneHalted]:
    order = event.order
    place = (
        TRANSFERS.c.source == order.source,
        TRANSFERS.c.destination == order.destination,
        TRANSFERS.c.nonce == order.nonce,
    )
    known = connection.scalars(select(TRANSFERS.c.order_id).where(*place)).first()
    if known is not None:
        if known == event.order_id:
            return []
        # Finality was broken: the same place of the lane carried another order before.
        why = f"two orders at nonce {order.nonce}: {known.hex()} and {event.order_id.hex()}"
        return halt_lane(connection, known, why, now)
    state, _ = transition(None, OrderSeen(event.order_id, order))
    row = {
        "order_id": event.order_id,
        "source": order.source,
        "destination": order.destination,
        "nonce": order.nonce,
        "body": encode_struct(order),
        "deadline": min(order.deadline, FAR_FUTURE),
        "tries": 0,
        "next_at": 0.0,
        "waits_for": "",
    }
    connection.execute(insert(TRANSFERS).values(row | state_columns(state)))
    note_stage(connection, None, state, event.at.block.time, event.at)
    # The destination may have been read further than the source: its facts about this order lie here already.
    query = select(FACTS).where(FACTS.c.order_id == event.order_id, FACTS.c.kind != "initiated").order_by(FACTS.c.id)
    for fact in connection.execute(query).all():
        block = BlockRef(fact.block, fact.block_hash, fact.at)
        at = TxRef(fact.chain, fact.tx, block)
        _advance(connection, event.order_id, _stored_event(fact), at, now, fact.place)
    return []


def _advance(
    connection: Connection,
    order_id: bytes,
    event: TransferEvent | None,
    at: TxRef,
    now: float,
    place: str | None = None,
) -> None:
    if event is None:
        return
    before = load(connection, order_id)
    state, _ = transition(before.state, event)
    if before.state.status.is_terminal and isinstance(event, DestinationDelivered | DestinationRejected):
        # The source was read to the end before the destination: the outcome's own line still belongs in the history.
        stage = Status.DELIVERED if isinstance(event, DestinationDelivered) else Status.REJECTED
        note_stage(connection, None, replace(state, status=stage), at.block.time, at, place)
    if state == before.state:
        return
    note_stage(connection, before.state, state, at.block.time, at, place)
    values = state_columns(state) | _schedule(before, state, now)
    connection.execute(update(TRANSFERS).where(TRANSFERS.c.order_id == order_id).values(values))


def _schedule(before: Transfer, state: TransferState, now: float) -> dict[str, Any]:
    if state.status is before.state.status:
        return {}
    if state.status is not Status.HELD:
        return {"tries": 0, "next_at": 0.0, "waits_for": ""}
    # The dry run passed and the chain refused all the same: the tries must count, or both would alternate for ever.
    wait = Wait.RULE
    return {"tries": before.tries + 1, "next_at": now + delay(wait, before.tries), "waits_for": wait.value}


def _as_transfer_event(event: ChainEvent) -> TransferEvent | None:
    match event:
        case OrderDelivered():
            return DestinationDelivered(event.order_id, event.decided_at)
        case OrderRejected():
            return DestinationRejected(event.order_id, Outcome(event.outcome), event.reason, event.decided_at)
        case OrderRefused(code=Refusal.OrderConsumed):
            # It has an outcome: another relayer was faster, and the event of the outcome says how it ended.
            return None
        case OrderRefused(code=Refusal.QuorumNotMet):
            # The order was not in the approval it came with, so it was not ours: anyone can put this order beside one
            # of their own, again and again, and would make it wait longer each time.
            return None
        case OrderRefused():
            return DestinationRefused(event.order_id, Reason(event.code))
        case OrderSettled():
            return SourceSettled(event.order_id, Outcome(event.outcome), event.reason)
    return None


def _keep_fact(connection: Connection, event: ChainEvent) -> bool:
    """Whether the fact is new."""
    kind, outcome, reason = _describe(event)
    row = {
        "order_id": event.order_id,
        "kind": kind,
        "outcome": outcome,
        "reason": reason,
        "at": event.decided_at if isinstance(event, OrderDelivered | OrderRejected) else event.at.block.time,
        "chain": event.at.chain,
        "block": event.at.block.number,
        "block_hash": event.at.block.hash,
        "tx": event.at.hash,
        "place": event.at.place,
    }
    return connection.execute(insert(FACTS).values(row).on_conflict_do_nothing()).rowcount == 1


def _describe(event: ChainEvent) -> tuple[str, int, int]:
    match event:
        case OrderInitiated():
            return "initiated", 0, 0
        case OrderDelivered():
            return "delivered", Outcome.DELIVERED, 0
        case OrderRejected():
            return "rejected", event.outcome, event.reason
        case OrderRefused():
            return "refused", 0, event.code
        case OrderSettled():
            return "settled", event.outcome, event.reason


def _stored_event(fact: Row[Any]) -> TransferEvent | None:
    match fact.kind:
        case "delivered":
            return DestinationDelivered(fact.order_id, fact.at)
        case "rejected":
            return DestinationRejected(fact.order_id, Outcome(fact.outcome), fact.reason, fact.at)
        case "settled":
            return SourceSettled(fact.order_id, Outcome(fact.outcome), fact.reason)
    # A refusal from before this process knew the order was of nothing it sent.
    return None
