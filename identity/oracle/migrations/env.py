"""Runs migrations on the connection that `open_database` gives; there is no offline mode."""

from __future__ import annotations

from alembic import context

from identity.oracle.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
