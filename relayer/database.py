"""SQLite as this project uses it: one writer, write-ahead log, every commit on the disk before it counts."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from relayer.errors import JournalMissing

BUSY_SECONDS = 30
"""How long a statement waits for another process that writes the same file."""


class Database:
    """One SQLite file of one process. Reads may run beside each other; writes take turns."""

    def __init__(self, path: Path, metadata: MetaData, *, read_only: bool = False) -> None:
        """Opens the file, readable by its owner only, and makes the tables that are not there.

        Read-only it makes nothing and takes no lock, so that a screen never stands in a daemon's way: JournalMissing
        when there is no file.
        """
        self.path = path
        self._turn = threading.Lock()
        if read_only:
            if not path.is_file():
                raise JournalMissing(path)
            self._reader = _engine(f"file:{path}?mode=ro&uri=true", "BEGIN")
            self._writer: Engine | None = None
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        # A transaction that begins by reading can't wait for its turn to write once another process has written: it
        # fails at once. So a writing one takes its turn when it begins.
        self._writer = _engine(str(path), "BEGIN IMMEDIATE")
        self._reader = _engine(str(path), "BEGIN")
        event.listen(self._writer, "connect", _make_durable)
        with self.write() as connection:
            metadata.create_all(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it is on the disk when the block ends, or none of it ever was."""
        if self._writer is None:
            raise PermissionError(f"{self.path} was opened to be read only")
        with self._turn, self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view of everything committed so far."""
        with self._reader.connect() as connection:
            yield connection

    def close(self) -> None:
        """Closes all connections."""
        self._reader.dispose()
        if self._writer is not None:
            self._writer.dispose()


def _engine(place: str, begin: str) -> Engine:
    engine = create_engine(f"sqlite:///{place}", connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _leave_transactions_to_us)

    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "begin", on_begin)
    return engine


def _leave_transactions_to_us(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling begins too late for tables and reads.
    connection.isolation_level = None


def _make_durable(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
