"""The issuer's tables. What says something about a person is sealed under that person's own data key (`vault`).

Ids are 22 characters of base64url (16 random bytes); times are UTC epoch seconds.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from identity.storage.audit import audit_table
from identity.storage.staff import staff_table

METADATA = MetaData()
ID = String(22)

STAFF = staff_table(METADATA)

SUBJECTS = Table(
    "subjects",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("data_key", LargeBinary),
    Column("created_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
    Column("ended_at", BigInteger),
)

CASES = Table(
    "cases",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("subject_id", ID, ForeignKey("subjects.id"), nullable=False),
    Column("type", String(40), nullable=False),
    Column("state", String(12), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("maker", String(64), nullable=False),
    Column("submitted_by", String(64)),
    Column("checker", String(64)),
    Column("opened_at", BigInteger, nullable=False),
    Column("submitted_at", BigInteger),
    Column("decided_at", BigInteger),
    Column("valid_until", BigInteger),
    Index("cases_by_subject", "subject_id"),
)

EVIDENCE = Table(
    "evidence",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("method", String(40), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("checked_by", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("evidence_by_case", "case_id"),
)

OFFERS = Table(
    "offers",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("subject_id", ID, ForeignKey("subjects.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("code_expires_at", BigInteger, nullable=False),
    Column("tx_digest", LargeBinary),
    Column("tx_failures", Integer, nullable=False),
    Column("token_expires_at", BigInteger),
    Column("token_key", String(43)),
    Column("by_identifier", Boolean, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

OFFER_ITEMS = Table(
    "offer_items",
    METADATA,
    Column("identifier", ID, primary_key=True),
    Column("offer_id", ID, ForeignKey("offers.id"), nullable=False),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False),
    Column("configuration", String(60), nullable=False),
    Column("credential_id", ID),
    UniqueConstraint("offer_id", "configuration"),
)

STATUS_LISTS = Table(
    "status_lists",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
)

CREDENTIALS = Table(
    "credentials",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False),
    Column("subject_id", ID, ForeignKey("subjects.id"), nullable=False),
    Column("configuration", String(60), nullable=False),
    Column("list_id", ID, ForeignKey("status_lists.id"), nullable=False),
    Column("list_index", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("status_at", BigInteger, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    UniqueConstraint("list_id", "list_index", name="one_credential_per_place"),
    Index("credentials_by_subject", "subject_id"),
    Index("credentials_by_status", "list_id", "status"),
)

SPENT = Table(
    "spent",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index("spent_by_expiry", "expires_at"),
)
"""Nonces and DPoP proofs that were used, until they would be refused for their age anyway."""

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("subscriber", String(300), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("delivered_at", BigInteger),
    Index("outbox_by_due", "delivered_at", "due_at"),
)

PROVIDER_RESULTS = Table(
    "provider_results",
    METADATA,
    Column("provider", String(64), primary_key=True),
    Column("message", String(128), primary_key=True),
    Column("case_id", ID, ForeignKey("cases.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
)

AUDIT = audit_table(METADATA)
