"""Hits of sanctions and AML screening: what is unconfirmed stops receiving, what two officers confirm stops sending too.

A hit comes from a provider or an officer and holds from the second it is stored. What is to become of it two officers
must say alike: the first one's view changes nothing, and whoever disagrees with it only puts his own in its place. A hit
that an officer opened has him as its first, so any other one decides. A confirmed hit is lifted the same way. Why there
is a hit lies under the person's own data key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from identity.oracle.deciding.errors import MessageReused, TwoPersonsNeeded
from identity.oracle.deciding.ports import PersonRecords
from identity.oracle.deciding.tables import HITS
from identity.oracle.policy.words import Hold
from identity.ports import Randomness
from identity.refusals import NotFound, WrongState
from identity.storage.once import insert_once
from identity.storage.vault import new_id
from identity.storage.writer import Transaction

BY_OFFICER = "officer"


class HitState(StrEnum):
    """Where a hit stands."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class NewHit:
    """A hit as it comes in. `message`: the source's own id of it, by which it counts once."""

    person_id: str
    source: str
    message: str
    reason: Mapping[str, Any]
    """Lists, scores, remarks: for the compliance role alone."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit without its reason."""

    id: str
    person_id: str
    source: str
    state: HitState
    first_by: str | None
    opened_at: int
    decided_by: str | None
    decided_at: int | None


_HOLDS = select(HITS.c.person_id, HITS.c.state).where(HITS.c.state != HitState.CLEARED)
_HOLD_OF = _HOLDS.where(HITS.c.person_id == bindparam("person"))


class Screening:
    """The record of hits."""

    def __init__(self, people: PersonRecords, randomness: Randomness) -> None:
        self._people, self._randomness = people, randomness

    def open(self, tx: Transaction, by: str, hit: NewHit) -> str | None:
        """Stores a hit; None when this message of its source is there already.

        Raises:
            NotFound, SubjectErased: there is no such person (any more).
            MessageReused: the source used this id for somebody else. Passed over in silence, this person would not be held.
        """
        hit_id = new_id(self._randomness)
        person_id = self._people.current(tx.connection, hit.person_id)
        row = {
            "id": hit_id,
            "person_id": person_id,
            "source": hit.source,
            "message": hit.message,
            "sealed": self._people.seal(tx.connection, person_id, hit_id, dict(hit.reason)),
            "state": HitState.SUSPECTED,
            "first_by": by if hit.source == BY_OFFICER else None,
            "opened_at": tx.now,
        }
        if not insert_once(tx.connection, HITS, row):
            of_message = (HITS.c.source == hit.source, HITS.c.message == hit.message)
            known = tx.connection.execute(select(HITS.c.person_id).where(*of_message)).scalar_one()
            if known != person_id:
                raise MessageReused(hit.source, hit.message)
            return None
        tx.note(by, "screening.open", hit_id)
        return hit_id

    def open_all(self, tx: Transaction, by: str, hits: Sequence[NewHit]) -> int:
        """Stores hits, all or none; how many were new."""
        return sum(self.open(tx, by, hit) is not None for hit in hits)

    def judge(self, tx: Transaction, officer: str, hit_id: str, to: HitState) -> HitState:
        """An officer's view of a hit: the first one's is noted, a second one's that agrees decides. The state after it.

        Raises:
            NotFound: no such hit.
            TwoPersonsNeeded: the officer took the first step himself.
            WrongState: it is cleared, or somebody else judged it at the same time.
        """
        row = tx.connection.execute(select(HITS).where(HITS.c.id == hit_id).with_for_update()).first()
        if row is None:
            raise NotFound("hit")
        state = HitState(row.state)
        if state is HitState.CLEARED or to is HitState.SUSPECTED or to is state:
            raise WrongState("hit", state, "undecided")
        if row.first_by == officer:
            raise TwoPersonsNeeded(officer, "decide on the hit")
        if row.first_by is None or row.first_view not in (None, to):
            self._set(tx, row, first_by=officer, first_view=to)
            tx.note(officer, f"screening.propose_{to}", hit_id)
            return state
        self._set(tx, row, state=to, first_by=None, first_view=None, decided_by=officer, decided_at=tx.now)
        tx.note(officer, f"screening.{to}", hit_id, row.first_by.encode("utf-8"))
        return to

    def hold_of(self, connection: Connection, person_id: str) -> Hold:
        """What screening says of a person now."""
        return _worst([row.state for row in connection.execute(_HOLD_OF, {"person": person_id})])

    def holds(self, connection: Connection) -> Mapping[str, Hold]:
        """The same for everybody who is held; who is missing is not."""
        states: dict[str, list[str]] = {}
        for row in connection.execute(_HOLDS):
            states.setdefault(row.person_id, []).append(row.state)
        return {person: _worst(of_one) for person, of_one in states.items()}

    def listed(self, connection: Connection, *, undecided: bool) -> Sequence[Hit]:
        """Hits without their reasons, oldest first."""
        query = select(HITS).order_by(HITS.c.opened_at, HITS.c.id)
        if undecided:
            query = query.where(HITS.c.state != HitState.CLEARED)
        return [_hit(row) for row in connection.execute(query.limit(1_000))]

    def read(self, tx: Transaction, by: str, hit_id: str) -> tuple[Hit, Any]:
        """A hit with its reason. The reading is noted whether or not there is one. NotFound, SubjectErased."""
        row = tx.connection.execute(select(HITS).where(HITS.c.id == hit_id)).first()
        if row is None:
            raise NotFound("hit")
        tx.note(by, "screening.read", hit_id)
        return _hit(row), self._people.open(tx.connection, row.person_id, row.id, row.sealed)

    def of_person(self, tx: Transaction, person_id: str) -> Sequence[tuple[Hit, Any]]:
        """All hits of a person with their reasons; whoever asks notes it."""
        rows = tx.connection.execute(select(HITS).where(HITS.c.person_id == person_id).order_by(HITS.c.opened_at))
        return [(_hit(row), self._people.open(tx.connection, person_id, row.id, row.sealed)) for row in rows.all()]

    def move(self, tx: Transaction, person_id: str, to: str) -> int:
        """Gives the hits of one record to another before they are merged: a hold must not be lost with it. How many."""
        rows = tx.connection.execute(select(HITS).where(HITS.c.person_id == person_id)).all()
        for row in rows:
            reason = self._people.open(tx.connection, person_id, row.id, row.sealed)
            sealed = self._people.seal(tx.connection, to, row.id, reason)
            tx.connection.execute(update(HITS).where(HITS.c.id == row.id).values(person_id=to, sealed=sealed))
        return len(rows)

    def _set(self, tx: Transaction, row: Any, **values: Any) -> None:
        # On what was read: of two officers at the same time, in two processes, one finds it changed.
        unchanged = (
            HITS.c.id == row.id,
            HITS.c.state == row.state,
            HITS.c.first_by.is_(None) if row.first_by is None else HITS.c.first_by == row.first_by,
        )
        if tx.connection.execute(update(HITS).where(*unchanged).values(**values)).rowcount != 1:
            raise WrongState("hit", "judged by somebody else", row.state)


def _worst(states: Sequence[str]) -> Hold:
    if HitState.CONFIRMED in states:
        return Hold.CONFIRMED
    return Hold.SUSPECTED if states else Hold.NONE


def _hit(row: Any) -> Hit:
    return Hit(
        row.id,
        row.person_id,
        row.source,
        HitState(row.state),
        row.first_by,
        row.opened_at,
        row.decided_by,
        row.decided_at,
    )
