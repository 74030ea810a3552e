"""What an attestor must remember for ever: written and on the disk BEFORE a signature leaves.

Two rules stand in it as unique keys. One order id per (source, destination, nonce): two orders that share a place can
only come from a chain that was replaced below finality, and signing both could deliver both. One receipt per order:
a second, different one could refund what was delivered. Breaking either halts the lane, and only a person resumes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    delete,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from bridge.abi import decode_struct, encode_struct
from bridge.types import Outcome, TransferOrder, TransferReceipt
from chains.base import BlockRef, ChainEvent, OrderDelivered, OrderInitiated, OrderRejected
from relayer.database import Database
from relayer.errors import LaneHalted

METADATA = MetaData()

CURSORS = Table(
    "cursors",
    METADATA,
    Column("chain", String, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("time", Integer, nullable=False),
)

ORDERS = Table(
    "orders",
    METADATA,
    Column("order_id", LargeBinary, primary_key=True),
    Column("source", LargeBinary, nullable=False),
    Column("destination", LargeBinary, nullable=False),
    Column("nonce", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("block", Integer, nullable=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("tx", String, nullable=False),
    UniqueConstraint("source", "destination", "nonce"),
)

OUTCOMES = Table(
    "outcomes",
    METADATA,
    Column("destination", LargeBinary, nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("nonce", Integer, nullable=False),
    Column("order_id", LargeBinary, nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("reason", Integer, nullable=False),
    Column("decided_at", Integer, nullable=False),
    Column("block", Integer, nullable=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("block_time", Integer, nullable=False),
    PrimaryKeyConstraint("destination", "source", "nonce"),
)

RECEIPTS = Table(
    "receipts",
    METADATA,
    Column("order_id", LargeBinary, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("at", Integer, nullable=False),
)

SIGNED = Table(
    "signed",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("kind", String, nullable=False),
    Column("order_id", LargeBinary, nullable=False),
    Column("at", Integer, nullable=False),
)

DECIDED_ASSETS = Table("decided_assets", METADATA, Column("asset", LargeBinary, primary_key=True))
"""Assets for which a chain ever named a policy: their orders are the oracle's to decide, whatever the chains name now."""

HALTS = Table(
    "halts",
    METADATA,
    Column("source", LargeBinary, nullable=False),
    Column("destination", LargeBinary, nullable=False),
    Column("why", String, nullable=False),
    Column("at", Integer, nullable=False),
    PrimaryKeyConstraint("source", "destination"),
)


@dataclass(frozen=True, slots=True)
class SeenOrder:
    """An order that a final block of its source initiated."""

    order_id: bytes
    order: TransferOrder
    block: int
    block_hash: bytes


@dataclass(frozen=True, slots=True)
class SeenOutcome:
    """How a final block of the destination ended an order; times in seconds."""

    order_id: bytes
    outcome: int
    reason: int
    decided_at: int
    block: BlockRef


class AttestorStore:
    """One attestor's memory."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, METADATA)

    def is_decided(self, asset: bytes) -> bool:
        """Whether a chain ever named a policy of the asset, as far as this attestor saw."""
        with self._database.read() as connection:
            found = select(DECIDED_ASSETS.c.asset).where(DECIDED_ASSETS.c.asset == asset)
            return connection.execute(found).first() is not None

    def note_decided(self, asset: bytes) -> None:
        """Remembers that a chain names a policy of the asset."""
        with self._database.write() as connection:
            connection.execute(insert(DECIDED_ASSETS).values(asset=asset).on_conflict_do_nothing())

    def cursor(self, chain: str) -> BlockRef | None:
        """The last final block of a chain whose events are in the store."""
        with self._database.read() as connection:
            row = connection.execute(select(CURSORS).where(CURSORS.c.chain == chain)).first()
        return None if row is None else BlockRef(row.number, row.hash, row.time)

    def record(self, chain: str, domain: bytes, events: Iterable[ChainEvent], upto: BlockRef, now: int) -> None:
        """Takes the events of a chain (with its domain) up to a block, and moves the cursor, in one transaction."""
        with self._database.write() as connection:
            for event in events:
                if isinstance(event, OrderInitiated):
                    _record_order(connection, event, now)
                elif isinstance(event, OrderDelivered):
                    _record_outcome(connection, domain, event, Outcome.DELIVERED, 0, now)
                elif isinstance(event, OrderRejected):
                    _record_outcome(connection, domain, event, event.outcome, event.reason, now)
            row = {"number": upto.number, "hash": upto.hash, "time": upto.time}
            connection.execute(
                insert(CURSORS).values(chain=chain, **row).on_conflict_do_update(index_elements=["chain"], set_=row)
            )

    def order(self, source: bytes, destination: bytes, nonce: int) -> SeenOrder | None:
        """The order at a place of a lane."""
        with self._database.read() as connection:
            row = connection.execute(
                select(ORDERS).where(
                    ORDERS.c.source == source, ORDERS.c.destination == destination, ORDERS.c.nonce == nonce
                )
            ).first()
        if row is None:
            return None
        return SeenOrder(row.order_id, decode_struct(TransferOrder, row.body), row.block, row.block_hash)

    def outcome(self, destination: bytes, source: bytes, nonce: int) -> SeenOutcome | None:
        """How the destination ended the order at a place."""
        with self._database.read() as connection:
            row = connection.execute(
                select(OUTCOMES).where(
                    OUTCOMES.c.destination == destination, OUTCOMES.c.source == source, OUTCOMES.c.nonce == nonce
                )
            ).first()
        if row is None:
            return None
        block = BlockRef(row.block, row.block_hash, row.block_time)
        return SeenOutcome(row.order_id, row.outcome, row.reason, row.decided_at, block)

    def note_signature(self, kind: str, order_id: bytes, digest: bytes, now: int) -> None:
        """Writes that this digest is about to be signed. Call it before signing, always."""
        with self._database.write() as connection:
            _note(connection, kind, order_id, digest, now)

    def note_receipt(self, order: TransferOrder, receipt: TransferReceipt, digest: bytes, now: int) -> None:
        """Writes the only receipt this order will ever get. With another one there the lane halts: LaneHalted."""
        body = encode_struct(receipt)
        with self._database.write() as connection:
            known = select(RECEIPTS.c.body).where(RECEIPTS.c.order_id == receipt.order)
            before = connection.execute(known).scalar()
            if before is None:
                connection.execute(insert(RECEIPTS).values(order_id=receipt.order, body=body, at=now))
            if before in (None, body):
                _note(connection, "receipt", receipt.order, digest, now)
                return
        why = f"order {receipt.order.hex()} has a receipt already, and the chain now says something else"
        self.halt(order.source, order.destination, why, now)
        raise LaneHalted(order.source, order.destination, why)

    def halt(self, source: bytes, destination: bytes, why: str, now: int) -> None:
        """Stops signing for a lane until a person resumes it. The first reason stays."""
        with self._database.write() as connection:
            _halt(connection, source, destination, why, now)

    def halted(self, source: bytes, destination: bytes) -> str | None:
        """Why a lane is halted, or None."""
        with self._database.read() as connection:
            return connection.execute(
                select(HALTS.c.why).where(HALTS.c.source == source, HALTS.c.destination == destination)
            ).scalar()

    def halts(self) -> list[tuple[bytes, bytes, str]]:
        """All halted lanes: source, destination, why."""
        with self._database.read() as connection:
            rows = connection.execute(select(HALTS.c.source, HALTS.c.destination, HALTS.c.why)).all()
        return [(row.source, row.destination, row.why) for row in rows]

    def resume(self, source: bytes, destination: bytes) -> None:
        """Takes a halt back: a person has looked."""
        with self._database.write() as connection:
            connection.execute(delete(HALTS).where(HALTS.c.source == source, HALTS.c.destination == destination))

    def close(self) -> None:
        """Closes the file."""
        self._database.close()


def _record_order(connection: Connection, event: OrderInitiated, now: int) -> None:
    order = event.order
    row = {
        "order_id": event.order_id,
        "source": order.source,
        "destination": order.destination,
        "nonce": order.nonce,
        "body": encode_struct(order),
        "block": event.at.block.number,
        "block_hash": event.at.block.hash,
        "tx": event.at.hash,
    }
    connection.execute(insert(ORDERS).values(row).on_conflict_do_nothing())
    kept = connection.execute(
        select(ORDERS.c.order_id).where(
            ORDERS.c.source == order.source,
            ORDERS.c.destination == order.destination,
            ORDERS.c.nonce == order.nonce,
        )
    ).scalar()
    if kept != event.order_id:
        why = f"two orders at nonce {order.nonce}: {_name(kept)} and {event.order_id.hex()}"
        _halt(connection, order.source, order.destination, why, now)


def _record_outcome(
    connection: Connection,
    destination: bytes,
    event: OrderDelivered | OrderRejected,
    outcome: int,
    reason: int,
    now: int,
) -> None:
    block = event.at.block
    row = {
        "destination": destination,
        "source": event.source,
        "nonce": event.nonce,
        "order_id": event.order_id,
        "outcome": outcome,
        "reason": reason,
        "decided_at": event.decided_at,
        "block": block.number,
        "block_hash": block.hash,
        "block_time": block.time,
    }
    connection.execute(insert(OUTCOMES).values(row).on_conflict_do_nothing())
    kept = connection.execute(
        select(OUTCOMES.c.order_id, OUTCOMES.c.outcome).where(
            OUTCOMES.c.destination == destination,
            OUTCOMES.c.source == event.source,
            OUTCOMES.c.nonce == event.nonce,
        )
    ).one()
    if tuple(kept) != (event.order_id, outcome):
        why = f"two outcomes at nonce {event.nonce}: {_name(kept.order_id)} and {event.order_id.hex()}"
        _halt(connection, event.source, destination, why, now)


def _note(connection: Connection, kind: str, order_id: bytes, digest: bytes, now: int) -> None:
    row = {"digest": digest, "kind": kind, "order_id": order_id, "at": now}
    connection.execute(insert(SIGNED).values(row).on_conflict_do_nothing())


def _halt(connection: Connection, source: bytes, destination: bytes, why: str, now: int) -> None:
    row = {"source": source, "destination": destination, "why": why, "at": now}
    connection.execute(insert(HALTS).values(row).on_conflict_do_nothing())


def _name(order_id: bytes | None) -> str:
    return "none" if order_id is None else order_id.hex()
