"""Tables of the people: persons, what recognises them, their credentials, pseudonyms and accounts.

Names, birth dates and claims stand sealed in `persons` and `held_credentials` only. `person_marks` holds keyed digests.
A row of `enrolments` outlives its person's erasure without naming anyone, so that the chains can still be told.
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
    String,
    Table,
    Text,
    UniqueConstraint,
)

from identity.oracle.tables import ID, METADATA

PERSONS = Table(
    "persons",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("data_key", LargeBinary),
    Column("facts", LargeBinary),
    Column("state", String(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("retain_until", BigInteger),
    Column("erased_at", BigInteger),
    Column("merged_into", ID),
)

MARKS = Table(
    "person_marks",
    METADATA,
    Column("digest", LargeBinary, nullable=False),
    Column("person_id", ID, ForeignKey("persons.id"), nullable=False),
    Column("strong", Boolean, nullable=False),
    UniqueConstraint("digest", "person_id"),
    Index("marks_by_person", "person_id"),
)
Index("strong_marks", MARKS.c.digest, unique=True, sqlite_where=MARKS.c.strong, postgresql_where=MARKS.c.strong)

CREDENTIALS = Table(
    "held_credentials",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("person_id", ID, ForeignKey("persons.id"), primary_key=True),
    Column("principal", Boolean, nullable=False),
    Column("topic", String(40), nullable=False),
    Column("issuer", String(512), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("status_uri", String(2048)),
    Column("status_index", BigInteger),
    Column("valid_until", BigInteger, nullable=False),
    Column("shown_at", BigInteger, nullable=False),
    Index("credentials_by_person", "person_id"),
    Index("credentials_by_list", "status_uri", "issuer"),
)
"""Not `principal`: it speaks of who acts for an entity, and may do so for several, and serve its holder besides."""
Index(
    "credentials_of_one",
    CREDENTIALS.c.digest,
    unique=True,
    sqlite_where=CREDENTIALS.c.principal,
    postgresql_where=CREDENTIALS.c.principal,
)

ENROLMENTS = Table(
    "enrolments",
    METADATA,
    Column("investor", LargeBinary, primary_key=True),
    Column("asset", LargeBinary, nullable=False),
    Column("person_id", ID, ForeignKey("persons.id")),
    Column("enrolled_at", BigInteger, nullable=False),
    UniqueConstraint("asset", "person_id"),
    Index("enrolments_by_person", "person_id"),
)

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("person_id", ID, ForeignKey("persons.id"), nullable=False),
    Column("like_id", ID, ForeignKey("persons.id"), nullable=False),
    Column("asset", LargeBinary, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", String(64)),
    Column("same", Boolean),
    Index("reviews_by_person", "person_id"),
)

CHALLENGES = Table(
    "account_challenges",
    METADATA,
    Column("nonce", ID, primary_key=True),
    Column("person_id", ID, ForeignKey("persons.id"), nullable=False),
    Column("asset", LargeBinary, nullable=False),
    Column("chain", String(41), nullable=False),
    Column("account", LargeBinary, nullable=False),
    Column("holder", String(43), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("consent", Text),
)
"""`consent`: the key binding JWT by which the holder agreed to this very statement; hashes, and no claim of anybody."""

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("person_id", ID, ForeignKey("persons.id")),
    Column("asset", LargeBinary, nullable=False),
    Column("chain", String(41), nullable=False),
    Column("domain", LargeBinary, nullable=False),
    Column("account", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),
    Column("scheme", String(10), nullable=False),
    Column("holder", String(43), nullable=False),
    Column("nonce", ID, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("consent", Text),
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("asset", "domain", "account"),
    Index("accounts_by_person", "person_id", "asset"),
    Index("accounts_by_state", "domain", "state"),
)

COOLING = Table(
    "account_cooling",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("person_id", ID, ForeignKey("persons.id")),
    Column("asset", LargeBinary, nullable=False),
    Column("domain", LargeBinary, nullable=False),
    Column("account", LargeBinary, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("cooling_by_asset", "asset", "domain"),
)
