"""What a restart begins with: the newest list of each address and issuer, and the pushes that were taken."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from identity.oracle.tables import METADATA

STATUS_TOKENS = Table(
    "status_tokens",
    METADATA,
    Column("uri", String(2048), primary_key=True),
    Column("issuer", String(512), primary_key=True),
    Column("issued_at", BigInteger, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("token", Text, nullable=False),
)
"""The text as its issuer signed it, so that whoever loads it verifies it again. `taken_at`: when we first had it."""

PUSHES = Table(
    "status_pushes",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index("status_pushes_by_expiry", "expires_at"),
)
"""Digests of issuer and `jti` of messages that were taken, until they would be refused for their age anyway."""
