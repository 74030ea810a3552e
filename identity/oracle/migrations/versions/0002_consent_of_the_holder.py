"""Accounts are linked only with the consent of the key that their investor's credentials are bound to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this shape. What was linked before and is not bound yet has no consent: no signer would bind it."""
    op.add_column("accounts", sa.Column("consent", sa.Text(), nullable=True))
    op.add_column("account_challenges", sa.Column("consent", sa.Text(), nullable=True))
    op.add_column("presentations", sa.Column("challenge", sa.String(length=22), nullable=True))
    op.add_column("presentations", sa.Column("topic", sa.String(length=40), nullable=True))
    op.execute("DELETE FROM accounts WHERE state = 'proven'")


def downgrade() -> None:
    """Back to the first shape."""
    op.drop_column("presentations", "topic")
    op.drop_column("presentations", "challenge")
    op.drop_column("account_challenges", "consent")
    op.drop_column("accounts", "consent")
