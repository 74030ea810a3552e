"""Reads and writes of the publisher's journal.

A batch is in the journal before the first signer is asked, and its signatures before it is submitted. After a crash the
same number therefore has the same content: the batch of the journal is asked for or submitted again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, insert, select, update

from bridge.abi import decode_struct, encode_struct
from bridge.quorum import SIGNATURE_BYTES
from bridge.types import BindingItem, BindingPermit, EligibilityItem, OracleBatch, QuotaItem
from identity.oracle.batches import Item
from identity.oracle.publishing.tables import BATCHES, PERMITS, REFUSALS
from identity.storage.database import Database
from identity.storage.writer import Transaction, Writer


class BatchState(StrEnum):
    """How far a batch has come."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class Entry:
    """One batch of the journal."""

    domain: bytes
    batch: OracleBatch
    state: BatchState
    set_id: int | None
    signatures: tuple[bytes, ...]


class BatchJournal:
    """The journal over the oracle's database; all writes go through its one writer."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database, self._writer = database, writer

    async def draft(self, domain: bytes, batch: OracleBatch) -> None:
        """Keeps a batch that signers are about to be asked for; replaces one of its number that nobody has signed fully."""
        await self._writer.run(partial(_draft, domain=domain, batch=batch))

    async def sign(self, domain: bytes, number: int, set_id: int, signatures: Sequence[bytes]) -> None:
        """Keeps the quorum of a batch that is about to be submitted."""
        await self._writer.run(
            partial(
                _change,
                domain=domain,
                number=number,
                values={"state": BatchState.SIGNED.value, "set_id": set_id, "signatures": b"".join(signatures)},
            )
        )

    async def reopen(self, domain: bytes, number: int) -> None:
        """Makes a draft of a batch again whose signatures no chain takes any more: the signer set has changed."""
        values = {"state": BatchState.DRAFTED.value, "set_id": None, "signatures": None}
        await self._writer.run(partial(_change, domain=domain, number=number, values=values))

    async def apply(self, domain: bytes, number: int, tx: str | None) -> None:
        """Notes that a block holds the batch."""
        await self._writer.run(
            partial(_change, domain=domain, number=number, values={"state": BatchState.APPLIED.value, "tx": tx})
        )

    async def refuse(self, domain: bytes, number: int, told: Sequence[tuple[Item, str, str]]) -> None:
        """Notes items that were left out: (item, by whom, why)."""
        await self._writer.run(partial(_refuse, domain=domain, number=number, told=tuple(told)))

    async def keep_permit(
        self, domain: bytes, permit: BindingPermit, set_id: int | None, signatures: Sequence[bytes]
    ) -> None:
        """Keeps a permit: before signers are asked, and again with its quorum."""
        await self._writer.run(partial(_permit, domain=domain, permit=permit, set_id=set_id, signatures=signatures))

    def entry(self, domain: bytes, number: int) -> Entry | None:
        """The batch of a number."""
        with self._database.read() as connection:
            row = connection.execute(
                select(BATCHES).where(BATCHES.c.domain == domain, BATCHES.c.number == number)
            ).first()
        return None if row is None else _entry(row)

    def above(self, domain: bytes, number: int) -> list[Entry]:
        """All batches with a higher number, ascending."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(BATCHES).where(BATCHES.c.domain == domain, BATCHES.c.number > number).order_by(BATCHES.c.number)
            ).all()
        return [_entry(row) for row in rows]

    def numbers(self, domain: bytes) -> list[int]:
        """The numbers of all batches of a chain."""
        with self._database.read() as connection:
            return list(connection.execute(select(BATCHES.c.number).where(BATCHES.c.domain == domain)).scalars())

    def permit(
        self, domain: bytes, asset: bytes, account: bytes
    ) -> tuple[BindingPermit, int | None, list[bytes]] | None:
        """The last permit of an account: permit, signer set, signatures."""
        with self._database.read() as connection:
            row = connection.execute(
                select(PERMITS).where(
                    PERMITS.c.domain == domain, PERMITS.c.asset == asset, PERMITS.c.account == account
                )
            ).first()
        if row is None:
            return None
        permit = BindingPermit(row.asset, row.account, row.investor, row.expires_at)
        return permit, row.set_id, list(_split(row.signatures))

    def refusals(self, domain: bytes) -> list[tuple[int, str, bytes, str, str]]:
        """Everything that was left out on a chain: number, kind, subject, by whom, why."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(REFUSALS).where(REFUSALS.c.domain == domain).order_by(REFUSALS.c.number)
            ).all()
        return [(row.number, row.kind, row.subject, row.by, row.why) for row in rows]


def subject_of(item: Item) -> tuple[str, bytes]:
    """An item's kind, and what it is about as bytes: asset and investor, account or class."""
    match item:
        case EligibilityItem():
            return "eligibility", item.asset + item.investor
        case BindingItem():
            return "binding", item.asset + item.account
        case QuotaItem():
            return "quota", item.asset + item.class_.to_bytes(32, "big")


def _draft(tx: Transaction, *, domain: bytes, batch: OracleBatch) -> None:
    here = (BATCHES.c.domain == domain) & (BATCHES.c.number == batch.number)
    state = tx.connection.execute(select(BATCHES.c.state).where(here)).scalar()
    if state in (BatchState.SIGNED, BatchState.APPLIED):
        raise RuntimeError(f"batch {batch.number} was signed already")
    row = {"body": encode_struct(batch), "state": BatchState.DRAFTED.value, "changed_at": tx.now}
    if state is None:
        tx.connection.execute(insert(BATCHES).values(domain=domain, number=batch.number, created_at=tx.now, **row))
    else:
        tx.connection.execute(update(BATCHES).where(here).values(row))


def _change(tx: Transaction, *, domain: bytes, number: int, values: Mapping[str, object]) -> None:
    here = (BATCHES.c.domain == domain) & (BATCHES.c.number == number)
    tx.connection.execute(update(BATCHES).where(here).values({**values, "changed_at": tx.now}))


def _refuse(tx: Transaction, *, domain: bytes, number: int, told: Sequence[tuple[Item, str, str]]) -> None:
    for item, by, why in told:
        kind, subject = subject_of(item)
        key = {"domain": domain, "number": number, "kind": kind, "subject": subject, "by": by[:64]}
        _replace(tx.connection, REFUSALS, key, {"why": why, "at": tx.now})


def _permit(
    tx: Transaction, *, domain: bytes, permit: BindingPermit, set_id: int | None, signatures: Sequence[bytes]
) -> None:
    key = {"domain": domain, "asset": permit.asset, "account": permit.account}
    values = {
        "investor": permit.investor,
        "expires_at": permit.expires_at,
        "set_id": set_id,
        "signatures": b"".join(signatures),
    }
    _replace(tx.connection, PERMITS, key, values)


def _replace(connection: Connection, table: Table, key: Mapping[str, object], values: Mapping[str, object]) -> None:
    here = and_(*(table.c[name] == value for name, value in key.items()))
    connection.execute(delete(table).where(here))
    connection.execute(insert(table).values({**key, **values}))


def _entry(row: Any) -> Entry:
    batch = decode_struct(OracleBatch, row.body)
    return Entry(row.domain, batch, BatchState(row.state), row.set_id, _split(row.signatures))


def _split(joined: bytes | None) -> tuple[bytes, ...]:
    data = joined or b""
    return tuple(data[start : start + SIGNATURE_BYTES] for start in range(0, len(data), SIGNATURE_BYTES))
