"""The journal's tables.

Everything in them can be rebuilt by reading the chains again, except what only this process knows: its attempts and the
signatures it collected, which can be collected again.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

METADATA = MetaData()

CURSORS = Table(
    "cursors",
    METADATA,
    Column("chain", LargeBinary, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("time", Integer, nullable=False),
)
"""Per chain (its domain): the last final block whose events are in the journal. Height AND hash."""

TRANSFERS = Table(
    "transfers",
    METADATA,
    Column("order_id", LargeBinary, primary_key=True),
    Column("source", LargeBinary, nullable=False),
    Column("destination", LargeBinary, nullable=False),
    Column("nonce", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("deadline", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("has_quorum", Boolean, nullable=False),
    Column("held", String, nullable=False),
    Column("under_review", Boolean, nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("reason", Integer, nullable=False),
    Column("decided_at", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("waits_for", String, nullable=False),
    UniqueConstraint("source", "destination", "nonce"),
    Index("transfers_due", "status", "next_at"),
)
"""One row per order: the state of `bridge.transfer`, and when to look at it again (UTC seconds)."""

FACTS = Table(
    "facts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("order_id", LargeBinary, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("reason", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    Column("chain", String, nullable=False),
    Column("block", Integer, nullable=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("tx", String, nullable=False),
    Column("place", String, nullable=False),
    UniqueConstraint("order_id", "kind", "chain", "tx"),
)
"""Every event of a final block about an order, also of an order whose beginning was not read yet."""

HISTORY = Table(
    "history",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("order_id", LargeBinary, nullable=False, index=True),
    Column("stage", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("chain", String, nullable=False),
    Column("tx", String, nullable=False),
    Column("place", String, nullable=False),
    Column("detail", String, nullable=False),
)
"""Every change of a transfer's stage: when, and where on which chain (empty for what happened here)."""

QUORUMS = Table(
    "quorums",
    METADATA,
    Column("order_id", LargeBinary, nullable=False),
    Column("purpose", String, nullable=False),
    Column("set_id", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Column("reason", Integer, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    Column("signatures", LargeBinary, nullable=False),
    PrimaryKeyConstraint("order_id", "purpose"),
)
"""The signatures that a transfer's state waits for, 65 bytes each, in the order that chains take them."""

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("order_id", LargeBinary, nullable=False, index=True),
    Column("purpose", String, nullable=False),
    Column("chain", String, nullable=False),
    Column("hashes", String, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float, nullable=False),
    Column("result", String, nullable=False),
)
"""Every submission with all its hashes, written before each of them leaves; `result` is empty while it runs."""

HEARTBEATS = Table(
    "heartbeats",
    METADATA,
    Column("loop", String, primary_key=True),
    Column("at", Float, nullable=False),
)
"""When a loop last turned: apart from the backlog, which looks the same in a dead process."""

HALTS = Table(
    "halts",
    METADATA,
    Column("source", LargeBinary, nullable=False),
    Column("destination", LargeBinary, nullable=False),
    Column("why", String, nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("source", "destination"),
)
"""Lanes that nothing is done for until a person has looked."""
