"""The tables of a signer's memory."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, String, Table

METADATA = MetaData()

BATCHES = Table(
    "batches",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("domain", LargeBinary, nullable=False),
    Column("number", Integer, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("own", Boolean, nullable=False),
    Column("at", Integer, nullable=False),
)

GRANTS = Table(
    "grants",
    METADATA,
    Column("digest", LargeBinary, nullable=False),
    Column("domain", LargeBinary, nullable=False),
    Column("number", Integer, nullable=False),
    Column("asset", LargeBinary, nullable=False),
    Column("subject", LargeBinary, nullable=False),
    Column("amount", String, nullable=False),
    PrimaryKeyConstraint("digest", "asset", "subject"),
)
"""Raised parts: subject is an InvestorId (limits) or a class as 2 bytes (quotas); amounts exceed 64 bits, so text."""

CLASSES = Table(
    "classes",
    METADATA,
    Column("asset", LargeBinary, nullable=False),
    Column("class", Integer, nullable=False),
    Column("bucket", String, nullable=False),
    PrimaryKeyConstraint("asset", "class"),
)

MARKS = Table(
    "marks",
    METADATA,
    Column("asset", LargeBinary, nullable=False),
    Column("mark", LargeBinary, nullable=False),
    Column("investor", LargeBinary, nullable=False),
    PrimaryKeyConstraint("asset", "mark"),
)
"""A mark is 32 bytes that stand for a person: a credential's digest, a holder key's thumbprint."""

PROOFS = Table(
    "proofs",
    METADATA,
    Column("nonce", String, primary_key=True),
    Column("domain", LargeBinary, nullable=False),
    Column("asset", LargeBinary, nullable=False),
    Column("account", LargeBinary, nullable=False),
    Column("investor", LargeBinary, nullable=False),
    Column("dead", Boolean, nullable=False),
)

UNBINDINGS = Table(
    "unbindings",
    METADATA,
    Column("domain", LargeBinary, nullable=False),
    Column("asset", LargeBinary, nullable=False),
    Column("account", LargeBinary, nullable=False),
    Column("at", Integer, nullable=False),
    PrimaryKeyConstraint("domain", "asset", "account"),
)
"""When batches last took accounts away, by their own time: also of those whose proofs only other signers know."""

PERMITS = Table(
    "permits",
    METADATA,
    Column("domain", LargeBinary, nullable=False),
    Column("asset", LargeBinary, nullable=False),
    Column("account", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("expires_at", Integer, nullable=False),
    PrimaryKeyConstraint("domain", "asset", "account"),
)

BUDGET = Table(
    "budget",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("items", Integer, nullable=False),
)

LIFTS = Table(
    "lifts",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("items", Integer, nullable=False),
)
"""How many blocks a batch lifts."""

QUOTA_CLASSES = Table(
    "quota_classes",
    METADATA,
    Column("asset", LargeBinary, nullable=False),
    Column("class", Integer, nullable=False),
    PrimaryKeyConstraint("asset", "class"),
)
"""Classes that final blocks gave a quota, whoever signed it."""

CURSORS = Table(
    "cursors",
    METADATA,
    Column("domain", LargeBinary, primary_key=True),
    Column("number", Integer, nullable=False),
)
