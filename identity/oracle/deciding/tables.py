"""What deciding remembers. Assets, investors and hashes are 32 bytes, times UTC epoch seconds.

No row says anything about a person in the clear: reasons of hits are sealed under the person's data key.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from identity.oracle.tables import ID, METADATA
from identity.storage.staff import staff_table

STAFF = staff_table(METADATA)

POLICIES = Table(
    "policies",
    METADATA,
    Column("asset", LargeBinary, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("proposed_by", String(64), nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("approved_by", String(64)),
    Column("approved_at", BigInteger),
    Index("policies_in_force", "asset", "state", "effective_at"),
)

DISTRUSTED = Table(
    "distrusted",
    METADATA,
    Column("issuer", String(512), primary_key=True),
    Column("key_id", String(600), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("lift_asked_by", String(64)),
)
"""Issuers whose word doesn't count from a date on; with a `key_id`, because that key of theirs is compromised."""

HITS = Table(
    "hits",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("person_id", ID, nullable=False),
    Column("source", String(64), nullable=False),
    Column("message", String(128), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False),
    Column("first_by", String(64)),
    Column("first_view", String(10)),
    Column("opened_at", BigInteger, nullable=False),
    Column("decided_by", String(64)),
    Column("decided_at", BigInteger),
    UniqueConstraint("source", "message", name="one_hit_per_message"),
    Index("hits_by_person", "person_id", "state"),
)

WORDS = Table(
    "words",
    METADATA,
    Column("asset", LargeBinary, primary_key=True),
    Column("investor", LargeBinary, primary_key=True),
    Column("class", Integer),
    Column("permissions", Integer),
    Column("valid_until", BigInteger),
    Column("evidence_until", BigInteger),
    Column("unknown_since", BigInteger),
    Index("words_by_end", "evidence_until"),
    Index("words_by_unknown", "unknown_since"),
)
"""The word last wanted for each investor (null: none yet), until when its evidence lasts, since when it is unknown."""

CLASSES = Table(
    "classes",
    METADATA,
    Column("asset", LargeBinary, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("bucket", String(40), nullable=False),
)

CLASS_MEMBERS = Table(
    "class_members",
    METADATA,
    Column("asset", LargeBinary, primary_key=True),
    Column("investor", LargeBinary, primary_key=True),
    Column("bucket", String(40), primary_key=True),
    Column("number", Integer, nullable=False),
)
"""Which class an investor has in a bucket: drawn once, so that it tells nothing when he comes back to it."""

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("order_id", LargeBinary, nullable=False),
    Column("asset", LargeBinary, nullable=False),
    Column("decision", String(7), nullable=False),
    Column("codes", String(200), nullable=False),
    Column("under_review", Boolean, nullable=False),
    Column("policy", LargeBinary),
    Column("evidence_version", String(43), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("decisions_by_order", "order_id"),
    Index("decisions_by_time", "at"),
)

LEASES = Table(
    "leases",
    METADATA,
    Column("job", String(40), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
