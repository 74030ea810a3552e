"""The database of one service: SQLite by default, PostgreSQL where several processes share it.

SQLite is opened with a write-ahead log, every commit on the disk before it counts, and secure deletion: a destroyed
data key must not survive in a free page of the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from bridge.errors import RecoverableError
from identity.errors import IdentityError

BUSY_SECONDS = 30


class StorageFailed(IdentityError, RecoverableError):
    """The database refused (full disk, lost connection, lock). Nothing of what was asked was stored."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"the database refused: {kind}")


PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")


class Database:
    """Connections for reading, and the engine that the writer takes its one connection from."""

    def __init__(self, url: str) -> None:
        """`url`: an SQLAlchemy address, `sqlite:////path` or `postgresql+psycopg://...`. The file is the owner's only."""
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if not parsed.database:
                raise ValueError("an SQLite database needs a file: readers and the writer share it")
            path = Path(parsed.database)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.writer = self._engine(url, "BEGIN IMMEDIATE")
        self._reader = self._engine(url, "BEGIN")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view of everything committed so far. StorageFailed when the database gives none."""
        try:
            with self._reader.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            structlog.get_logger("reader").error("read failed", action="storage.fail", kind=type(error).__name__)
            raise StorageFailed(type(error).__name__) from None

    def scrub(self) -> None:
        """After an erasure: takes what was deleted out of the write-ahead log too, where it would lie for a while.

        On PostgreSQL old row versions stay until VACUUM, and in archived logs and backups: those have a retention of
        their own, and hold data keys only wrapped.
        """
        if self.is_sqlite:
            with self.writer.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes all connections."""
        self._reader.dispose()
        self.writer.dispose()

    def _engine(self, url: str, begin: str) -> Engine:
        if not self.is_sqlite:
            level = "READ COMMITTED" if begin != "BEGIN" else "REPEATABLE READ"
            return create_engine(url, isolation_level=level, hide_parameters=True)
        # Parameters are people's data: they must not reach a log through an error's text.
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
        event.listen(engine, "connect", _prepare)

        def on_begin(connection: Any) -> None:
            # The driver's own transactions begin too late for reads, and a reading one can't wait for its turn to write.
            connection.exec_driver_sql(begin)

        event.listen(engine, "begin", on_begin)
        return engine


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
