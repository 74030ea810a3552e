"""Tables of presentations and of investors' sessions. They hold no secret: codes and tokens only as keyed digests."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, String, Table

from identity.oracle.tables import ID, METADATA

PRESENTATIONS = Table(
    "presentations",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("asset", LargeBinary, nullable=False),
    Column("policy", LargeBinary, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("nonce", String(43), nullable=False),
    Column("encryption_key", LargeBinary),
    Column("return_to", String(512), nullable=False),
    Column("state", String(10), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("code_digest", LargeBinary),
    Column("person_id", ID),
    Column("holder", String(43)),
    Column("challenge", ID),
    Column("topic", String(40)),
    Index("presentations_by_end", "expires_at"),
)
"""With a `challenge` (the nonce of a statement) it asks a person for consent, by a credential on this `topic`."""

SESSIONS = Table(
    "investor_sessions",
    METADATA,
    Column("token_digest", LargeBinary, primary_key=True),
    Column("person_id", ID, ForeignKey("persons.id"), nullable=False),
    Column("holder", String(43), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("sessions_by_person", "person_id"),
)
