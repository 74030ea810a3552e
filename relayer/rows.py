"""Rows of the journal as values, and the few statements that facts and the journal share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from bridge.abi import decode_struct
from bridge.transfer import Status, TransferState
from bridge.types import Outcome, Reason, TransferOrder
from chains.base import TxRef
from relayer.errors import LaneHalted
from relayer.tables import HALTS, HISTORY, TRANSFERS


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer's state, how often it was tried in vain, when to look again (UTC seconds), and what it waits for."""

    state: TransferState
    tries: int
    next_at: float
    waits_for: str


def note_stage(
    connection: Connection,
    before: TransferState | None,
    state: TransferState,
    now: float,
    at: TxRef | None,
    place: str | None = None,
) -> None:
    """Adds a line of history when the stage changed; `at` is where, for facts."""
    if before is not None and (before.status, before.reason) == (state.status, state.reason):
        return
    codes = [reason.code for reason in state.held] or ([state.reason] if state.reason else [])
    row = {
        "order_id": state.order_id,
        "stage": state.status.value,
        "at": now,
        "chain": "" if at is None else at.chain,
        "tx": "" if at is None else at.hash,
        "place": "" if at is None else (place or at.place),
        "detail": " ".join(str(code) for code in codes),
    }
    connection.execute(insert(HISTORY).values(row))


def halt_lane(connection: Connection, order_id: bytes, why: str, now: float) -> list[LaneHalted]:
    """Halts the lane of an order; the first reason stays."""
    order = load(connection, order_id).state.order
    row = {"source": order.source, "destination": order.destination, "why": why, "at": now}
    connection.execute(insert(HALTS).values(row).on_conflict_do_nothing())
    return [LaneHalted(order.source, order.destination, why)]


def load_or_none(connection: Connection, order_id: bytes) -> Transfer | None:
    """A transfer, if the journal has it."""
    row = connection.execute(select(TRANSFERS).where(TRANSFERS.c.order_id == order_id)).first()
    return None if row is None else to_transfer(row)


def load(connection: Connection, order_id: bytes) -> Transfer:
    """A transfer that must be there. KeyError."""
    found = load_or_none(connection, order_id)
    if found is None:
        raise KeyError(order_id.hex())
    return found


def to_transfer(row: Row[Any]) -> Transfer:
    """A row of TRANSFERS as a value."""
    state = TransferState(
        order_id=row.order_id,
        order=decode_struct(TransferOrder, row.body),
        status=Status(row.status),
        has_quorum=row.has_quorum,
        held=tuple(Reason(*(int(value) for value in reason)) for reason in json.loads(row.held)),
        under_review=row.under_review,
        outcome=Outcome(row.outcome),
        reason=row.reason,
        decided_at=row.decided_at,
    )
    return Transfer(state, row.tries, row.next_at, row.waits_for)


def state_columns(state: TransferState) -> dict[str, Any]:
    """The columns of TRANSFERS that hold a state."""
    # Values of reasons are uint256: as text, so that no reader rounds them.
    held = [[str(value) for value in (reason.code, reason.a, reason.b, reason.c)] for reason in state.held]
    return {
        "status": state.status.value,
        "has_quorum": state.has_quorum,
        "held": json.dumps(held),
        "under_review": state.under_review,
        "outcome": int(state.outcome),
        "reason": int(state.reason),
        "decided_at": state.decided_at,
    }
