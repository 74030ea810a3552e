"""Insert a row unless it is there: how anything is spent once, whoever else tries at the same time."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert


def insert_once(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Inserts a row unless one with its key (or any unique value of it) is there; whether it was inserted."""
    return connection.execute(_statement(connection.dialect.name, table), row).rowcount == 1


@cache
def _statement(dialect: str, table: Table) -> Insert:
    # Made once: building a statement costs more than running it. Without `preserve_rowcount` PostgreSQL's count is lost.
    made = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return made.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
