"""Which class number an investor has in a bucket: drawn at random, kept in the database, the same for ever.

A bucket has several classes, and its investors are spread over them by chance, so that a class seen on a chain tells
neither the bucket nor who belongs together (protocol section 3).
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from identity.oracle.deciding.tables import CLASS_MEMBERS, CLASSES, POLICIES
from identity.oracle.policy.classes import choose_class, draw_classes
from identity.ports import Randomness
from identity.storage.once import insert_once
from identity.storage.writer import Transaction

PER_BUCKET = 3


class ClassBook:
    """Draws classes and gives them to investors."""

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness

    def classes(self, connection: Connection, asset: bytes) -> Mapping[int, str]:
        """Every class number ever drawn for an asset, and its bucket."""
        rows = connection.execute(select(CLASSES.c.number, CLASSES.c.bucket).where(CLASSES.c.asset == asset))
        return {row.number: row.bucket for row in rows}

    def members(self, connection: Connection, asset: bytes) -> Mapping[tuple[bytes, str], int]:
        """The class of each investor in each bucket that he was ever in."""
        rows = connection.execute(select(CLASS_MEMBERS).where(CLASS_MEMBERS.c.asset == asset))
        return {(bytes(row.investor), row.bucket): row.number for row in rows}

    def assign(self, tx: Transaction, asset: bytes, investor: bytes, bucket: str) -> int:
        """The investor's class in a bucket, chosen now unless it was before."""
        row = {"asset": asset, "investor": investor, "bucket": bucket}
        number = choose_class(self._of_bucket(tx, asset, bucket), self._randomness)
        if insert_once(tx.connection, CLASS_MEMBERS, {**row, "number": number}):
            return number
        kept = select(CLASS_MEMBERS.c.number).where(*(CLASS_MEMBERS.c[name] == value for name, value in row.items()))
        return int(tx.connection.execute(kept).scalar_one())

    def _of_bucket(self, tx: Transaction, asset: bytes, bucket: str) -> list[int]:
        drawn = self._drawn(tx, asset, bucket)
        if drawn:
            return drawn
        # Of two processes that would draw at the same time, the second one waits here and finds what the first one drew.
        tx.connection.execute(select(POLICIES.c.version).where(POLICIES.c.asset == asset).with_for_update()).all()
        drawn = self._drawn(tx, asset, bucket)
        if not drawn:
            drawn = list(draw_classes(PER_BUCKET, self.classes(tx.connection, asset).keys(), self._randomness))
            rows = [{"asset": asset, "number": number, "bucket": bucket} for number in drawn]
            tx.connection.execute(insert(CLASSES), rows)
        return drawn

    def _drawn(self, tx: Transaction, asset: bytes, bucket: str) -> list[int]:
        known = self.classes(tx.connection, asset)
        return sorted(number for number, name in known.items() if name == bucket)
