"""Two processes over one file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from relayer.database import Database
from relayer.errors import JournalMissing

METADATA = MetaData()
THINGS = Table("things", METADATA, Column("id", Integer, primary_key=True))


def test_two_that_open_and_write_at_once_both_succeed(tmp_path: Path) -> None:
    def work(first: int) -> None:
        database = Database(tmp_path / "x.sqlite", METADATA)
        for number in range(first, first + 20):
            with database.write() as connection:
                connection.execute(select(THINGS)).all()
                connection.execute(insert(THINGS).values(id=number))
        database.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, (0, 100, 200)))
    reader = Database(tmp_path / "x.sqlite", METADATA, read_only=True)
    with reader.read() as connection:
        assert len(connection.execute(select(THINGS)).all()) == 60
    reader.close()


def test_a_reader_makes_no_file_and_can_not_write(tmp_path: Path) -> None:
    with pytest.raises(JournalMissing):
        Database(tmp_path / "none.sqlite", METADATA, read_only=True)
    assert list(tmp_path.iterdir()) == []
    Database(tmp_path / "x.sqlite", METADATA).close()
    reader = Database(tmp_path / "x.sqlite", METADATA, read_only=True)
    with pytest.raises(PermissionError), reader.write():
        pass
    reader.close()


def test_a_reader_sees_what_another_commits_while_it_is_open(tmp_path: Path) -> None:
    writer = Database(tmp_path / "x.sqlite", METADATA)
    reader = Database(tmp_path / "x.sqlite", METADATA, read_only=True)
    with writer.write() as connection:
        connection.execute(insert(THINGS).values(id=1))
        with reader.read() as other:
            assert other.execute(select(THINGS)).all() == []
    with reader.read() as other:
        assert len(other.execute(select(THINGS)).all()) == 1
    writer.close()
    reader.close()
