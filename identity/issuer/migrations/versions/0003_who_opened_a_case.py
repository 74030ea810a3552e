"""A case remembers who opened it beside who handed it in: neither may check it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this shape. Of cases before it the one name that is known counts as both."""
    op.add_column("cases", sa.Column("submitted_by", sa.String(length=64), nullable=True))
    op.execute("UPDATE cases SET submitted_by = maker WHERE submitted_at IS NOT NULL")


def downgrade() -> None:
    """Back to the shape before."""
    op.drop_column("cases", "submitted_by")
