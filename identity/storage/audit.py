"""The append-only audit chain: who did what to which record, in an order nobody can change afterwards.

An entry holds ids and a keyed digest of the content, never the content: the chain outlives the erasure of a person.
Each entry's link is a MAC over the one before and itself, so whoever can write the database, but has not the key store,
can neither change, insert nor drop an entry in the middle. Cutting off the end shows against a noted head (`head`).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, MetaData, String, Table, insert, select, text

from bridge.errors import UnrecoverableError
from identity.errors import IdentityError
from identity.formats.strict import encode_json

Mac = Callable[[str, bytes], bytes]
"""A keyed digest: purpose and data to 32 bytes."""

START = bytes(32)
LINK, CONTENT = "audit-link", "audit-content"
_LOCK = 0x6C6F636B73746570
"""PostgreSQL advisory lock: two processes that append take turns."""


def audit_table(metadata: MetaData) -> Table:
    """The table of a chain, in the metadata of the service that keeps it."""
    return Table(
        "audit",
        metadata,
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        Column("at", BigInteger, nullable=False),
        Column("actor", String(64), nullable=False),
        Column("action", String(64), nullable=False),
        Column("object", String(64), nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("link", LargeBinary, nullable=False),
    )


class AuditBroken(IdentityError, UnrecoverableError):
    """The chain doesn't hold at an entry: somebody changed, inserted or dropped one."""

    def __init__(self, number: int, why: str) -> None:
        self.number, self.why = number, why
        super().__init__(f"audit entry {number}: {why}")


@dataclass(frozen=True, slots=True)
class AuditNote:
    """What a job wants remembered. `actor`, `action` and `object` are ids or fixed words; `content` is only digested."""

    actor: str
    action: str
    object: str
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The end of a chain: note it elsewhere, and a chain cut short shows. Number 0: an empty chain."""

    number: int
    link: bytes


class AuditChain:
    """Appends to a chain and verifies it."""

    def __init__(self, table: Table, mac: Mac) -> None:
        self._table, self._mac = table, mac
        self._last = select(table.c.number, table.c.link).order_by(table.c.number.desc()).limit(1)
        self._insert = insert(table)

    def append(self, connection: Connection, notes: Sequence[AuditNote], now: int) -> None:
        """Appends notes as the last thing of a transaction, so that chains of several processes wait briefly."""
        if not notes:
            return
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        last = connection.execute(self._last).first()
        number, link = (0, START) if last is None else (last.number, last.link)
        rows = []
        for note in notes:
            number += 1
            digest = self._mac(CONTENT, note.content)
            link = self._link(link, number, now, note.actor, note.action, note.object, digest)
            rows.append(
                {
                    "number": number,
                    "at": now,
                    "actor": note.actor,
                    "action": note.action,
                    "object": note.object,
                    "digest": digest,
                    "link": link,
                }
            )
        connection.execute(self._insert, rows)

    def verify(self, connection: Connection, noted: AuditHead | None = None) -> AuditHead:
        """Walks the whole chain. `noted`: a head seen earlier that must still be in it.

        Raises:
            AuditBroken: at the first entry that doesn't hold, or the noted head is gone.
        """
        columns = self._table.c
        rows = connection.execution_options(yield_per=1_000).execute(select(self._table).order_by(columns.number))
        head = AuditHead(0, START)
        seen = noted is None or noted == head
        for row in rows:
            if row.number != head.number + 1:
                raise AuditBroken(head.number + 1, "it is missing")
            link = self._link(head.link, row.number, row.at, row.actor, row.action, row.object, row.digest)
            if not hmac.compare_digest(link, row.link):
                raise AuditBroken(row.number, "it does not follow from the one before")
            head = AuditHead(row.number, row.link)
            seen = seen or head == noted
        if not seen and noted is not None:
            raise AuditBroken(noted.number, "the noted entry is gone or was replaced")
        return head

    def content_digest(self, content: bytes) -> bytes:
        """What an entry holds for this content: lets somebody who has the content find where it was noted."""
        return self._mac(CONTENT, content)

    def _link(self, before: bytes, number: int, at: int, actor: str, action: str, object_: str, digest: bytes) -> bytes:
        return self._mac(LINK, before + encode_json([number, at, actor, action, object_, digest.hex()]))
