"""What a person may ask of us: everything we hold about them, and that it be destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from identity.formats.status_list import Status
from identity.issuer.offers import DEAD
from identity.issuer.statuses import Statuses
from identity.issuer.tables import CASES, CREDENTIALS, EVIDENCE, OFFERS, SUBJECTS
from identity.refusals import NotFound, SubjectErased
from identity.storage.vault import Vault
from identity.storage.writer import Transaction


@dataclass(frozen=True, slots=True)
class Privacy:
    """Exports and erases subjects."""

    vault: Vault
    statuses: Statuses

    def export(self, connection: Connection, subject_id: str) -> dict[str, Any]:
        """Everything held about a subject, opened. NotFound, SubjectErased."""
        subject = _subject(connection, subject_id)
        cases = connection.execute(select(CASES).where(CASES.c.subject_id == subject_id)).all()
        credentials = connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.subject_id == subject_id)).all()
        return {
            "subject": subject_id,
            "created_at": subject.created_at,
            "cases": [self._case(connection, subject.data_key, row) for row in cases],
            "credentials": [
                {
                    "id": row.id,
                    "configuration": row.configuration,
                    "status": Status(row.status).name,
                    "issued_at": row.issued_at,
                    "valid_until": row.valid_until,
                }
                for row in credentials
            ],
        }

    def erase(self, tx: Transaction, staff: str, subject_id: str) -> None:
        """Destroys the subject's data key and what was sealed under it, revokes their credentials, kills their offers."""
        _subject(tx.connection, subject_id)
        live = select(CREDENTIALS.c.id).where(
            CREDENTIALS.c.subject_id == subject_id, CREDENTIALS.c.status != int(Status.INVALID)
        )
        for row in tx.connection.execute(live).all():
            self.statuses.change(tx, staff, row.id, Status.INVALID)
        cases = select(CASES.c.id).where(CASES.c.subject_id == subject_id)
        tx.connection.execute(update(EVIDENCE).where(EVIDENCE.c.case_id.in_(cases)).values(sealed=b""))
        tx.connection.execute(update(CASES).where(CASES.c.subject_id == subject_id).values(sealed=b""))
        tx.connection.execute(update(OFFERS).where(OFFERS.c.subject_id == subject_id).values(state=DEAD))
        gone = {"data_key": None, "erased_at": tx.now}
        tx.connection.execute(update(SUBJECTS).where(SUBJECTS.c.id == subject_id).values(gone))
        tx.note(staff, "subject.erase", subject_id)

    def _case(self, connection: Connection, data_key: bytes, row: Any) -> dict[str, Any]:
        evidence = connection.execute(select(EVIDENCE).where(EVIDENCE.c.case_id == row.id)).all()
        return {
            "id": row.id,
            "type": row.type,
            "state": row.state,
            "claims": self.vault.open(data_key, row.subject_id, row.id, row.sealed),
            "opened_at": row.opened_at,
            "decided_at": row.decided_at,
            "valid_until": row.valid_until,
            "evidence": [
                {
                    "id": one.id,
                    "kind": one.kind,
                    "method": one.method,
                    "checked_by": one.checked_by,
                    "at": one.at,
                    **self.vault.open(data_key, row.subject_id, one.id, one.sealed),
                }
                for one in evidence
            ],
        }


def _subject(connection: Connection, subject_id: str) -> Any:
    row = connection.execute(select(SUBJECTS).where(SUBJECTS.c.id == subject_id)).first()
    if row is None:
        raise NotFound("subject")
    if row.data_key is None:
        raise SubjectErased
    return row
