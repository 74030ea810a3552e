"""A case before a credential: what was claimed, what was seen, and two different people who stand for it.

open -> submitted -> approved or refused. Only the maker's side adds evidence, only an open case takes it; the checker
is somebody else. Every step is a job for the writer and is noted in the audit chain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from identity.errors import Malformed
from identity.formats.strict import encode_json
from identity.issuer.errors import EvidenceMissing
from identity.issuer.retention import hold_subject
from identity.issuer.tables import CASES, EVIDENCE, SUBJECTS
from identity.issuer.types.catalogue import CredentialType, find_type
from identity.issuer.types.validity import valid_until
from identity.refusals import NotFound, SameHands, SubjectErased, WrongState
from identity.storage.vault import Vault, new_id
from identity.storage.writer import Transaction

OPEN, SUBMITTED, APPROVED, REFUSED = "open", "submitted", "approved", "refused"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was seen: its kind, where it is kept, the SHA-256 of it (hex), and how it was checked."""

    kind: str
    reference: str
    sha256: str
    method: str

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise Malformed("evidence", "sha256 must be 64 lower-case hex digits")


@dataclass(frozen=True, slots=True)
class Cases:
    """Everything that is done with cases. Methods are run inside a transaction."""

    vault: Vault
    catalogue: Mapping[str, CredentialType]

    def open(
        self, tx: Transaction, maker: str, type_: str, claims: Mapping[str, Any], subject_id: str | None = None
    ) -> tuple[str, str]:
        """Opens a case on claims that fit their type; for a new subject when none is named. The ids of case and subject.

        Whose relationship had ended is a client again.

        Raises:
            TypeUnknown, ClaimsRefused, NotFound, SubjectErased.
        """
        find_type(self.catalogue, type_).check(claims)
        case_id = new_id(self.vault.randomness)
        if subject_id is None:
            subject_id, data_key = self._new_subject(tx, maker)
        else:
            data_key = _data_key(tx, subject_id)
        tx.connection.execute(
            insert(CASES),
            {
                "id": case_id,
                "subject_id": subject_id,
                "type": type_,
                "state": OPEN,
                "sealed": self.vault.seal(data_key, subject_id, case_id, claims),
                "maker": maker,
                "opened_at": tx.now,
            },
        )
        tx.note(maker, "case.open", case_id, encode_json(claims))
        return case_id, subject_id

    def require(self, tx: Transaction, case_id: str) -> None:
        """NotFound unless there is such a case."""
        if tx.connection.execute(select(CASES.c.id).where(CASES.c.id == case_id)).first() is None:
            raise NotFound("case")

    def add_evidence(self, tx: Transaction, who: str, case_id: str, evidence: Evidence) -> str:
        """Adds a record of evidence to an open case; its id."""
        case = self._case(tx, case_id, OPEN)
        evidence_id = new_id(self.vault.randomness)
        content = {"reference": evidence.reference, "sha256": evidence.sha256}
        tx.connection.execute(
            insert(EVIDENCE),
            {
                "id": evidence_id,
                "case_id": case_id,
                "kind": evidence.kind,
                "method": evidence.method,
                "sealed": self.vault.seal(case.data_key, case.subject_id, evidence_id, content),
                "checked_by": who,
                "at": tx.now,
            },
        )
        tx.note(who, "case.evidence", case_id, encode_json([evidence.kind, evidence.method, content]))
        return evidence_id

    def submit(self, tx: Transaction, maker: str, case_id: str) -> None:
        """Hands an open case with evidence to a checker. Whoever submits has made it too, beside who opened it."""
        self._case(tx, case_id, OPEN)
        if tx.connection.execute(select(EVIDENCE.c.id).where(EVIDENCE.c.case_id == case_id).limit(1)).first() is None:
            raise EvidenceMissing
        self._move(tx, case_id, {"state": SUBMITTED, "submitted_by": maker, "submitted_at": tx.now})
        tx.note(maker, "case.submit", case_id)

    def approve(self, tx: Transaction, checker: str, case_id: str) -> int:
        """A second person stands for the case. Until when a credential on it is valid, by its basis.

        Raises:
            SameHands: the checker opened it, handed it in, or recorded some of the evidence.
            BasisLapsed: its basis is out of its time.
        """
        case = self._case(tx, case_id, SUBMITTED)
        self._require_other_hands(tx, case, checker)
        claims = self.vault.open(case.data_key, case.subject_id, case_id, case.sealed)
        until = valid_until(case.type, claims, tx.now)
        decided = {"state": APPROVED, "checker": checker, "decided_at": tx.now, "valid_until": until}
        self._move(tx, case_id, decided)
        tx.note(checker, "case.approve", case_id, encode_json(claims))
        return until

    def refuse(self, tx: Transaction, checker: str, case_id: str, reason: str) -> None:
        """A second person turns the case down; the reason is kept in the audit chain as a digest only."""
        case = self._case(tx, case_id, SUBMITTED)
        self._require_other_hands(tx, case, checker)
        self._move(tx, case_id, {"state": REFUSED, "checker": checker, "decided_at": tx.now})
        tx.note(checker, "case.refuse", case_id, reason.encode("utf-8"))

    def _new_subject(self, tx: Transaction, maker: str) -> tuple[str, bytes]:
        subject_id = new_id(self.vault.randomness)
        data_key = self.vault.new_data_key(subject_id)
        tx.connection.execute(insert(SUBJECTS), {"id": subject_id, "data_key": data_key, "created_at": tx.now})
        tx.note(maker, "subject.create", subject_id)
        return subject_id, data_key

    def _case(self, tx: Transaction, case_id: str, state: str) -> Any:
        # Held: two checkers in two processes must not both decide.
        named = select(CASES, SUBJECTS.c.data_key).join(SUBJECTS).where(CASES.c.id == case_id)
        row = tx.connection.execute(named.with_for_update(of=CASES)).first()
        if row is None:
            raise NotFound("case")
        if row.data_key is None:
            raise SubjectErased
        if row.state != state:
            raise WrongState("case", row.state, state)
        return row

    def _require_other_hands(self, tx: Transaction, case: Any, checker: str) -> None:
        by = select(EVIDENCE.c.checked_by).where(EVIDENCE.c.case_id == case.id, EVIDENCE.c.checked_by == checker)
        if checker in (case.maker, case.submitted_by) or tx.connection.execute(by.limit(1)).first() is not None:
            raise SameHands(checker)

    def _move(self, tx: Transaction, case_id: str, values: dict[str, Any]) -> None:
        tx.connection.execute(update(CASES).where(CASES.c.id == case_id), values)


def _data_key(tx: Transaction, subject_id: str) -> bytes:
    row = hold_subject(tx.connection, subject_id)
    if row.ended_at is not None:
        tx.connection.execute(update(SUBJECTS).where(SUBJECTS.c.id == subject_id).values(ended_at=None))
    return bytes(row.data_key)
