"""What a person may ask of us: everything we hold about them, and that it be destroyed when it need not be kept."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from identity.formats.status_list import Status
from identity.issuer.offers import DEAD
from identity.issuer.retention import due, find_subject, hold_subject, kept_until
from identity.issuer.statuses import Statuses
from identity.issuer.tables import CASES, CREDENTIALS, EVIDENCE, OFFERS, SUBJECTS
from identity.refusals import SubjectErased, WrongState
from identity.retention import BY_RULE, DAY, FIVE_YEARS, RetentionRuns
from identity.storage.vault import Vault
from identity.storage.writer import Transaction


@dataclass(frozen=True, slots=True)
class Privacy:
    """Exports and erases subjects. `retention`: seconds for which they are kept after their relationship."""

    vault: Vault
    statuses: Statuses
    retention: int = FIVE_YEARS * DAY

    def export(self, connection: Connection, subject_id: str) -> dict[str, Any]:
        """Everything held about a subject, opened. NotFound, SubjectErased."""
        subject = find_subject(connection, subject_id)
        cases = connection.execute(select(CASES).where(CASES.c.subject_id == subject_id)).all()
        credentials = connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.subject_id == subject_id)).all()
        return {
            "subject": subject_id,
            "created_at": subject.created_at,
            "ended_at": subject.ended_at,
            "kept_until": kept_until(connection, subject_id, self.retention),
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

    def end(self, tx: Transaction, staff: str, subject_id: str) -> int:
        """The relationship ends: credentials are revoked, offers die, the time of keeping runs. Until when it does.

        Raises:
            NotFound, SubjectErased: nobody of this id is here.
            WrongState: it has ended already.
        """
        if hold_subject(tx.connection, subject_id).ended_at is not None:
            raise WrongState("relationship", "ended", "going on")
        self._withdraw(tx, staff, subject_id)
        tx.connection.execute(update(SUBJECTS).where(SUBJECTS.c.id == subject_id).values(ended_at=tx.now))
        tx.note(staff, "subject.end", subject_id)
        return tx.now + self.retention

    def erase(self, tx: Transaction, staff: str, subject_id: str) -> None:
        """Destroys the subject's data key and what was sealed under it, revokes their credentials, kills their offers.

        Raises:
            NotFound, SubjectErased: nobody of this id is here.
            RetentionRuns: the records must still be kept.
        """
        hold_subject(tx.connection, subject_id)
        until = kept_until(tx.connection, subject_id, self.retention)
        if until is not None and tx.now < until:
            raise RetentionRuns(until, tx.now)
        self._withdraw(tx, staff, subject_id)
        cases = select(CASES.c.id).where(CASES.c.subject_id == subject_id)
        tx.connection.execute(update(EVIDENCE).where(EVIDENCE.c.case_id.in_(cases)).values(sealed=b""))
        tx.connection.execute(update(CASES).where(CASES.c.subject_id == subject_id).values(sealed=b""))
        gone = {"data_key": None, "erased_at": tx.now}
        tx.connection.execute(update(SUBJECTS).where(SUBJECTS.c.id == subject_id).values(gone))
        tx.note(staff, "subject.erase", subject_id)

    def sweep(self, tx: Transaction) -> int:
        """Erases some of those whose time of keeping is over; how many. 0: nobody is left."""
        subjects = due(tx.connection, tx.now, self.retention)
        for subject_id in subjects:
            with suppress(SubjectErased):  # by another process in this moment
                self.erase(tx, BY_RULE, subject_id)
        return len(subjects)

    def _withdraw(self, tx: Transaction, staff: str, subject_id: str) -> None:
        # Offers first: this waits for whoever is issuing on one of them in another process, and what they issued is
        # found below. Looked for before, it would have stayed valid.
        tx.connection.execute(update(OFFERS).where(OFFERS.c.subject_id == subject_id).values(state=DEAD))
        live = select(CREDENTIALS.c.id).where(
            CREDENTIALS.c.subject_id == subject_id, CREDENTIALS.c.status != int(Status.INVALID)
        )
        for row in tx.connection.execute(live).all():
            self.statuses.change(tx, staff, row.id, Status.INVALID)

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
