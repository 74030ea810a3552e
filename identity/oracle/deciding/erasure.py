"""When a person's record ends: asked for, or because its time is over. Never while screening holds the person.

What a law makes the oracle keep it may not erase, and an erasure would lift the hold: a suspect could ask for it.
"""

from __future__ import annotations

from sqlalchemy import delete

from identity.oracle.deciding.ports import PersonRecords
from identity.oracle.deciding.screening import Screening
from identity.oracle.deciding.tables import DECISIONS
from identity.oracle.policy.words import Hold
from identity.oracle.status.tables import PUSHES, STATUS_TOKENS
from identity.refusals import WrongState
from identity.retention import BY_RULE
from identity.storage.writer import Transaction

KEPT_SECONDS = 5 * 31_557_600
"""How long decisions are kept: five years."""
USELESS_SECONDS = 86_400
"""After which nobody can use a stored list any more: a day."""


class Erasure:
    """Erases persons, and what has no use any more."""

    def __init__(self, people: PersonRecords, screening: Screening) -> None:
        self._people, self._screening = people, screening

    def erase(self, tx: Transaction, by: str, person_id: str) -> None:
        """Destroys a person's data key.

        Raises:
            WrongState: the time of keeping is over, and screening holds the person. Before that nothing tells that it does:
                who may ask for erasures must not find out who is held by asking for everybody's.
            RetentionRuns, SubjectErased, NotFound: as for anybody.
        """
        due = self._people.due_for_erasure(tx.connection, tx.now)
        if person_id in due and self._screening.hold_of(tx.connection, person_id) is not Hold.NONE:
            raise WrongState("person", "to be kept by law", "free to be erased")
        self._people.erase(tx, by, person_id)

    def sweep(self, tx: Transaction) -> int:
        """Erases whose time is over and drops old marks, lists and decisions; how many persons were erased."""
        tx.connection.execute(delete(PUSHES).where(PUSHES.c.expires_at < tx.now))
        tx.connection.execute(delete(STATUS_TOKENS).where(STATUS_TOKENS.c.issued_at < tx.now - USELESS_SECONDS))
        tx.connection.execute(delete(DECISIONS).where(DECISIONS.c.at < tx.now - KEPT_SECONDS))
        held = self._screening.holds(tx.connection)
        due = [one for one in self._people.due_for_erasure(tx.connection, tx.now) if one not in held]
        for person_id in due:
            self._people.erase(tx, BY_RULE, person_id)
        return len(due)
