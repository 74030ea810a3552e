"""A subject's relationship has an end, from which the time of keeping runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this shape."""
    op.add_column("subjects", sa.Column("ended_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Back to the shape before."""
    op.drop_column("subjects", "ended_at")
