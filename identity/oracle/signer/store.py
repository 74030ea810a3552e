"""What a signer must remember: written and on the disk BEFORE a signature leaves. Without it the key must not be used again.

Every batch it signed or was shown, with the parts of caps that each grants; which bucket a class stands for; which
investor a credential serves; which account proofs were used; permits; how much was granted lately. Sums over several
batches must not be trusted to whoever asks: that is what this file is for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from bridge.abi import decode_struct, encode_struct
from bridge.types import BindingPermit, OracleBatch
from identity.oracle.signer.errors import Check, CheckFailed
from identity.oracle.signer.tables import (
    BATCHES,
    BUDGET,
    CLASSES,
    CURSORS,
    GRANTS,
    LIFTS,
    MARKS,
    METADATA,
    PERMITS,
    PROOFS,
    QUOTA_CLASSES,
    UNBINDINGS,
)
from identity.storage.database import Database


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """A batch that this key signed. `at` in UTC seconds."""

    digest: bytes
    batch: OracleBatch
    at: int


@dataclass(frozen=True, slots=True)
class UsedProof:
    """An account proof and the one binding it serves."""

    nonce: str
    asset: bytes
    account: bytes
    investor: bytes


@dataclass(slots=True)
class Findings:
    """What the checks of one batch found and the store is to remember with it."""

    classes: dict[tuple[bytes, int], str] = field(default_factory=dict)
    marks: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    proofs: list[UsedProof] = field(default_factory=list)
    granted: int = 0
    lifted: int = 0


class SignerStore:
    """One signer's memory; safe to use from several threads, by one process."""

    def __init__(self, path: Path) -> None:
        self._database = Database(f"sqlite:///{path}")
        self._turn = threading.RLock()
        with self._database.writer.begin() as connection:
            METADATA.create_all(connection)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Checks and record are one step: two requests at once must not both see the same room."""
        with self._turn:
            yield

    def own(self, domain: bytes, number: int) -> list[SignedBatch]:
        """The batches of this number that this key signed, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(BATCHES)
                .where(BATCHES.c.domain == domain, BATCHES.c.number == number, BATCHES.c.own.is_(True))
                .order_by(BATCHES.c.at)
            ).all()
        return [SignedBatch(row.digest, decode_struct(OracleBatch, row.body), row.at) for row in rows]

    def is_new(self) -> bool:
        """Whether this key signed nothing yet, as far as this file knows."""
        with self._database.read() as connection:
            return connection.execute(select(BATCHES.c.digest).where(BATCHES.c.own.is_(True)).limit(1)).first() is None

    def known(self, domain: bytes, first: int, last: int) -> set[int]:
        """The numbers in [first, last] of which some batch is known here."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(BATCHES.c.number).where(BATCHES.c.domain == domain, BATCHES.c.number.between(first, last))
            ).scalars()
            return set(rows)

    def pending(
        self, domain: bytes, above: int, asset: bytes, subject: bytes, also: tuple[int, int] | None = None
    ) -> int:
        """What batches numbered over `above` may still grant on this chain; of several of one number, the largest.

        `also`: (number, amount) of a batch that is about to be signed.
        """
        by_number: dict[int, int] = {} if also is None else {also[0]: also[1]}
        with self._database.read() as connection:
            rows = connection.execute(
                select(GRANTS.c.number, GRANTS.c.amount).where(
                    GRANTS.c.domain == domain,
                    GRANTS.c.number > above,
                    GRANTS.c.asset == asset,
                    GRANTS.c.subject == subject,
                )
            ).all()
        for row in rows:
            by_number[row.number] = max(by_number.get(row.number, 0), int(row.amount))
        return sum(by_number.values())

    def bucket_of(self, asset: bytes, class_: int) -> str | None:
        """What a class stands for, once a batch with it was signed."""
        with self._database.read() as connection:
            return connection.execute(
                select(CLASSES.c.bucket).where(CLASSES.c.asset == asset, CLASSES.c["class"] == class_)
            ).scalar()

    def quota_classes(self, asset: bytes) -> set[int]:
        """All classes of an asset that hold a quota anywhere or may soon."""
        with self._database.read() as connection:
            settled = connection.execute(select(QUOTA_CLASSES.c["class"]).where(QUOTA_CLASSES.c.asset == asset))
            found = set(settled.scalars())
            granted = connection.execute(
                select(GRANTS.c.subject).where(GRANTS.c.asset == asset, func.length(GRANTS.c.subject) == 2)
            )
            return found | {int.from_bytes(subject, "big") for subject in granted.scalars()}

    def cursor(self, domain: bytes) -> int | None:
        """The last final height whose quotas are known here."""
        with self._database.read() as connection:
            return connection.execute(select(CURSORS.c.number).where(CURSORS.c.domain == domain)).scalar()

    def note_quotas(self, domain: bytes, upto: int, classes: Sequence[tuple[bytes, int]]) -> None:
        """Remembers which classes final blocks up to a height gave a quota."""
        with self._write() as connection:
            for asset, class_ in classes:
                connection.execute(
                    insert(QUOTA_CLASSES).values({"asset": asset, "class": class_}).on_conflict_do_nothing()
                )
            row = insert(CURSORS).values(domain=domain, number=upto)
            connection.execute(row.on_conflict_do_update(index_elements=["domain"], set_={"number": upto}))

    def investor_of(self, asset: bytes, mark: bytes) -> bytes | None:
        """The investor that a credential or a holder's key serves, if one was admitted by it."""
        with self._database.read() as connection:
            return connection.execute(
                select(MARKS.c.investor).where(MARKS.c.asset == asset, MARKS.c.mark == mark)
            ).scalar()

    def proof(self, nonce: str) -> tuple[bytes, bytes, bytes, bytes, bool] | None:
        """What an account proof was used for: domain, asset, account, investor, and whether it is dead by now."""
        with self._database.read() as connection:
            row = connection.execute(select(PROOFS).where(PROOFS.c.nonce == nonce)).first()
        return None if row is None else (row.domain, row.asset, row.account, row.investor, row.dead)

    def unbound_at(self, domain: bytes, asset: bytes, account: bytes) -> int | None:
        """When the last known batch that took the account away was made (UTC seconds)."""
        with self._database.read() as connection:
            return connection.execute(
                select(UNBINDINGS.c.at).where(
                    UNBINDINGS.c.domain == domain, UNBINDINGS.c.asset == asset, UNBINDINGS.c.account == account
                )
            ).scalar()

    def granted_since(self, since: int, domain: bytes, number: int) -> int:
        """How many grants this key signed since a second, in other batches than those of one number of one chain.

        Of several batches of a number the largest counts: the chain applies one of them.
        """
        found = (
            select(BATCHES.c.domain, BATCHES.c.number, BUDGET.c["items"])
            .select_from(BUDGET.outerjoin(BATCHES, BATCHES.c.digest == BUDGET.c.digest))
            .where(BUDGET.c.at > since)
        )
        with self._database.read() as connection:
            rows = connection.execute(found).all()
        permits = sum(row.items for row in rows if row.domain is None)
        batches: dict[tuple[bytes, int], int] = {}
        for row in rows:
            if row.domain is not None and (row.domain, row.number) != (domain, number):
                batches[row.domain, row.number] = max(batches.get((row.domain, row.number), 0), row.items)
        return int(permits + sum(batches.values()))

    def lifted_since(self, since: int) -> int:
        """How many blocks were lifted by batches that this key signed since a second."""
        with self._database.read() as connection:
            rows = connection.execute(select(LIFTS.c["items"]).where(LIFTS.c.at > since)).scalars()
            return sum(rows)

    def record(self, domain: bytes, digest: bytes, batch: OracleBatch, findings: Findings, now: int) -> None:
        """Remembers a batch that is about to be signed with everything that was found."""
        with self._write() as connection:
            _note_batch(connection, domain, digest, batch, own=True, now=now)
            _note_findings(connection, domain, findings)
            for table, items in ((BUDGET, findings.granted), (LIFTS, findings.lifted)):
                if items:
                    row = {"digest": digest, "at": now, "items": items}
                    connection.execute(insert(table).values(row).on_conflict_do_nothing())

    def show(self, domain: bytes, digest: bytes, batch: OracleBatch, now: int) -> None:
        """Remembers a batch that others signed."""
        with self._write() as connection:
            _note_batch(connection, domain, digest, batch, own=False, now=now)

    def permit(self, domain: bytes, permit: BindingPermit, digest: bytes, findings: Findings, now: int) -> None:
        """Remembers a permit that is about to be signed with what was found. CheckFailed while another one lives."""
        asset, account, expires_at = permit.asset, permit.account, permit.expires_at
        with self._write() as connection:
            row = connection.execute(
                select(PERMITS.c.digest, PERMITS.c.expires_at).where(
                    PERMITS.c.domain == domain, PERMITS.c.asset == asset, PERMITS.c.account == account
                )
            ).first()
            if row is not None and row.digest == digest:
                return
            if row is not None and now < row.expires_at:
                raise CheckFailed(Check.REPLAY, f"a permit of this account lives until {row.expires_at}")
            values = {
                "domain": domain,
                "asset": asset,
                "account": account,
                "digest": digest,
                "expires_at": expires_at,
            }
            found = insert(PERMITS).values(values)
            connection.execute(
                found.on_conflict_do_update(
                    index_elements=["domain", "asset", "account"], set_={"digest": digest, "expires_at": expires_at}
                )
            )
            _note_findings(connection, domain, findings)
            connection.execute(
                insert(BUDGET).values({"digest": digest, "at": now, "items": 1}).on_conflict_do_nothing()
            )

    def close(self) -> None:
        """Closes the file."""
        self._database.close()

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._turn, self._database.writer.begin() as connection:
            yield connection


def _note_findings(connection: Connection, domain: bytes, findings: Findings) -> None:
    for (asset, class_), bucket in findings.classes.items():
        connection.execute(
            insert(CLASSES).values({"asset": asset, "class": class_, "bucket": bucket}).on_conflict_do_nothing()
        )
    for (asset, mark), investor in findings.marks.items():
        connection.execute(insert(MARKS).values(asset=asset, mark=mark, investor=investor).on_conflict_do_nothing())
    for proof in findings.proofs:
        row = {
            "nonce": proof.nonce,
            "domain": domain,
            "asset": proof.asset,
            "account": proof.account,
            "investor": proof.investor,
            "dead": False,
        }
        connection.execute(insert(PROOFS).values(row).on_conflict_do_nothing())


def _note_batch(
    connection: Connection, domain: bytes, digest: bytes, batch: OracleBatch, *, own: bool, now: int
) -> None:
    row = {
        "digest": digest,
        "domain": domain,
        "number": batch.number,
        "body": encode_struct(batch),
        "own": own,
        "at": now,
    }
    stored = insert(BATCHES).values(row)
    if own:
        stored = stored.on_conflict_do_update(index_elements=["digest"], set_={"own": True})
    connection.execute(stored if own else stored.on_conflict_do_nothing())
    for (asset, subject), amount in raised_parts(batch).items():
        connection.execute(
            insert(GRANTS)
            .values(
                {
                    "digest": digest,
                    "domain": domain,
                    "number": batch.number,
                    "asset": asset,
                    "subject": subject,
                    "amount": str(amount),
                }
            )
            .on_conflict_do_nothing()
        )
    for binding in batch.bindings:
        if not any(binding.investor):
            # What was proved before the account was taken away proves nothing after it.
            connection.execute(
                update(PROOFS)
                .where(PROOFS.c.domain == domain, PROOFS.c.asset == binding.asset, PROOFS.c.account == binding.account)
                .values(dead=True)
            )
            gone = {"domain": domain, "asset": binding.asset, "account": binding.account, "at": batch.issued_at}
            taken = insert(UNBINDINGS).values(gone)
            later = {"at": func.max(UNBINDINGS.c.at, taken.excluded.at)}
            connection.execute(taken.on_conflict_do_update(index_elements=["domain", "asset", "account"], set_=later))


def raised_parts(batch: OracleBatch) -> Mapping[tuple[bytes, bytes], int]:
    """What a batch grants, by (asset, investor or class as 2 bytes)."""
    parts = {(item.asset, item.investor): item.limit_delta for item in batch.eligibilities if item.limit_delta > 0}
    quotas = {(item.asset, item.class_.to_bytes(2, "big")): item.delta for item in batch.quotas if item.delta > 0}
    return parts | quotas
