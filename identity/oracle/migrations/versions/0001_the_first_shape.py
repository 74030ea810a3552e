"""The first shape."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        """CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit chain only grows'; END $$""",
        """CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()""",
    ],
}
"""A mistake in a query must not change the past either; against whoever owns the database there are the links."""


def upgrade() -> None:
    """To this shape."""
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "batch_refusals",
        sa.Column("domain", sa.LargeBinary(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "number", "kind", "subject", "by"),
    )
    op.create_table(
        "batches",
        sa.Column("domain", sa.LargeBinary(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("set_id", sa.BigInteger(), nullable=True),
        sa.Column("signatures", sa.LargeBinary(), nullable=True),
        sa.Column("tx", sa.String(length=128), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "number"),
    )
    op.create_table(
        "class_members",
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("investor", sa.LargeBinary(), nullable=False),
        sa.Column("bucket", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("asset", "investor", "bucket"),
    )
    op.create_table(
        "classes",
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bucket", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("asset", "number"),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("order_id", sa.LargeBinary(), nullable=False),
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("decision", sa.String(length=7), nullable=False),
        sa.Column("codes", sa.String(length=200), nullable=False),
        sa.Column("under_review", sa.Boolean(), nullable=False),
        sa.Column("policy", sa.LargeBinary(), nullable=True),
        sa.Column("evidence_version", sa.String(length=43), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("decisions_by_order", "decisions", ["order_id"], unique=False)
    op.create_index("decisions_by_time", "decisions", ["at"], unique=False)
    op.create_table(
        "distrusted",
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("key_id", sa.String(length=600), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("lift_asked_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("issuer", "key_id"),
    )
    op.create_table(
        "hits",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("message", sa.String(length=128), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("first_by", sa.String(length=64), nullable=True),
        sa.Column("first_view", sa.String(length=10), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "message", name="one_hit_per_message"),
    )
    op.create_index("hits_by_person", "hits", ["person_id", "state"], unique=False)
    op.create_table(
        "leases",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("job"),
    )
    op.create_table(
        "permits",
        sa.Column("domain", sa.LargeBinary(length=32), nullable=False),
        sa.Column("asset", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account", sa.LargeBinary(length=32), nullable=False),
        sa.Column("investor", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=True),
        sa.Column("signatures", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("domain", "asset", "account"),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("retain_until", sa.BigInteger(), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.Column("merged_into", sa.String(length=22), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "policies",
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("asset", "version"),
    )
    op.create_index("policies_in_force", "policies", ["asset", "state", "effective_at"], unique=False)
    op.create_table(
        "presentations",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("policy", sa.LargeBinary(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("nonce", sa.String(length=43), nullable=False),
        sa.Column("encryption_key", sa.LargeBinary(), nullable=True),
        sa.Column("return_to", sa.String(length=512), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("person_id", sa.String(length=22), nullable=True),
        sa.Column("holder", sa.String(length=43), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("presentations_by_end", "presentations", ["expires_at"], unique=False)
    op.create_table(
        "staff",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("roles", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("token_digest"),
    )
    op.create_table(
        "status_pushes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("status_pushes_by_expiry", "status_pushes", ["expires_at"], unique=False)
    op.create_table(
        "status_tokens",
        sa.Column("uri", sa.String(length=2048), nullable=False),
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("uri", "issuer"),
    )
    op.create_table(
        "words",
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("investor", sa.LargeBinary(), nullable=False),
        sa.Column("class", sa.Integer(), nullable=True),
        sa.Column("permissions", sa.Integer(), nullable=True),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("evidence_until", sa.BigInteger(), nullable=True),
        sa.Column("unknown_since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("asset", "investor"),
    )
    op.create_index("words_by_end", "words", ["evidence_until"], unique=False)
    op.create_index("words_by_unknown", "words", ["unknown_since"], unique=False)
    op.create_table(
        "account_challenges",
        sa.Column("nonce", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.String(length=41), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.String(length=43), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["persons.id"],
        ),
        sa.PrimaryKeyConstraint("nonce"),
    )
    op.create_table(
        "account_cooling",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=True),
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("domain", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["persons.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("cooling_by_asset", "account_cooling", ["asset", "domain"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=True),
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.String(length=41), nullable=False),
        sa.Column("domain", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("scheme", sa.String(length=10), nullable=False),
        sa.Column("holder", sa.String(length=43), nullable=False),
        sa.Column("nonce", sa.String(length=22), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["persons.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("asset", "domain", "account"),
    )
    op.create_index("accounts_by_person", "accounts", ["person_id", "asset"], unique=False)
    op.create_index("accounts_by_state", "accounts", ["domain", "state"], unique=False)
    op.create_table(
        "enrolments",
        sa.Column("investor", sa.LargeBinary(), nullable=False),
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=True),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["persons.id"],
        ),
        sa.PrimaryKeyConstraint("investor"),
        sa.UniqueConstraint("asset", "person_id"),
    )
    op.create_index("enrolments_by_person", "enrolments", ["person_id"], unique=False)
    op.create_table(
        "held_credentials",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("principal", sa.Boolean(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("status_uri", sa.String(length=2048), nullable=True),
        sa.Column("status_index", sa.BigInteger(), nullable=True),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["persons.id"],
        ),
        sa.PrimaryKeyConstraint("digest", "person_id"),
    )
    op.create_index("credentials_by_list", "held_credentials", ["status_uri", "issuer"], unique=False)
    op.create_index("credentials_by_person", "held_credentials", ["person_id"], unique=False)
    op.create_index(
        "credentials_of_one",
        "held_credentials",
        ["digest"],
        unique=True,
        sqlite_where=sa.text("principal"),
        postgresql_where=sa.text("principal"),
    )
    op.create_table(
        "investor_sessions",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("holder", sa.String(length=43), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["persons.id"],
        ),
        sa.PrimaryKeyConstraint("token_digest"),
    )
    op.create_index("sessions_by_person", "investor_sessions", ["person_id"], unique=False)
    op.create_table(
        "person_marks",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("strong", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["persons.id"],
        ),
        sa.UniqueConstraint("digest", "person_id"),
    )
    op.create_index("marks_by_person", "person_marks", ["person_id"], unique=False)
    op.create_index(
        "strong_marks",
        "person_marks",
        ["digest"],
        unique=True,
        sqlite_where=sa.text("strong"),
        postgresql_where=sa.text("strong"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.String(length=22), nullable=False),
        sa.Column("like_id", sa.String(length=22), nullable=False),
        sa.Column("asset", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("same", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["like_id"],
            ["persons.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["persons.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reviews_by_person", "reviews", ["person_id"], unique=False)
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Back to the shape before."""
    op.drop_index("reviews_by_person", table_name="reviews")
    op.drop_table("reviews")
    op.drop_index(
        "strong_marks", table_name="person_marks", sqlite_where=sa.text("strong"), postgresql_where=sa.text("strong")
    )
    op.drop_index("marks_by_person", table_name="person_marks")
    op.drop_table("person_marks")
    op.drop_index("sessions_by_person", table_name="investor_sessions")
    op.drop_table("investor_sessions")
    op.drop_index(
        "credentials_of_one",
        table_name="held_credentials",
        sqlite_where=sa.text("principal"),
        postgresql_where=sa.text("principal"),
    )
    op.drop_index("credentials_by_person", table_name="held_credentials")
    op.drop_index("credentials_by_list", table_name="held_credentials")
    op.drop_table("held_credentials")
    op.drop_index("enrolments_by_person", table_name="enrolments")
    op.drop_table("enrolments")
    op.drop_index("accounts_by_state", table_name="accounts")
    op.drop_index("accounts_by_person", table_name="accounts")
    op.drop_table("accounts")
    op.drop_index("cooling_by_asset", table_name="account_cooling")
    op.drop_table("account_cooling")
    op.drop_table("account_challenges")
    op.drop_index("words_by_unknown", table_name="words")
    op.drop_index("words_by_end", table_name="words")
    op.drop_table("words")
    op.drop_table("status_tokens")
    op.drop_index("status_pushes_by_expiry", table_name="status_pushes")
    op.drop_table("status_pushes")
    op.drop_table("staff")
    op.drop_index("presentations_by_end", table_name="presentations")
    op.drop_table("presentations")
    op.drop_index("policies_in_force", table_name="policies")
    op.drop_table("policies")
    op.drop_table("persons")
    op.drop_table("permits")
    op.drop_table("leases")
    op.drop_index("hits_by_person", table_name="hits")
    op.drop_table("hits")
    op.drop_table("distrusted")
    op.drop_index("decisions_by_time", table_name="decisions")
    op.drop_index("decisions_by_order", table_name="decisions")
    op.drop_table("decisions")
    op.drop_table("classes")
    op.drop_table("class_members")
    op.drop_table("batches")
    op.drop_table("batch_refusals")
    op.drop_table("audit")
