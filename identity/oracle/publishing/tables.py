"""The publisher's journal: what it is about to have signed, what was signed, what a block holds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, Text

from identity.oracle.tables import METADATA

BATCHES = Table(
    "batches",
    METADATA,
    Column("domain", LargeBinary(32), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("set_id", BigInteger, nullable=True),
    Column("signatures", LargeBinary, nullable=True),
    Column("tx", String(128), nullable=True),
    Column("state", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("domain", "number"),
)
"""One row per (chain, number), for ever: `body` is the batch's ABI encoding, `signatures` 65 bytes each."""

REFUSALS = Table(
    "batch_refusals",
    METADATA,
    Column("domain", LargeBinary(32), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("subject", LargeBinary(64), nullable=False),
    Column("by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("domain", "number", "kind", "subject", "by"),
)
"""Items that signers refused or chains skipped; `subject` is asset and investor, account or class."""

PERMITS = Table(
    "permits",
    METADATA,
    Column("domain", LargeBinary(32), nullable=False),
    Column("asset", LargeBinary(32), nullable=False),
    Column("account", LargeBinary(32), nullable=False),
    Column("investor", LargeBinary(32), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("set_id", Integer, nullable=True),
    Column("signatures", LargeBinary, nullable=True),
    PrimaryKeyConstraint("domain", "asset", "account"),
)
