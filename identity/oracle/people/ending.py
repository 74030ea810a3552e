"""How a relationship ends: the time of keeping, erasure by destroying the key, and what a person may have of us before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from identity.oracle.people.records import Records, find_person
from identity.oracle.people.tables import (
    ACCOUNTS,
    CHALLENGES,
    COOLING,
    CREDENTIALS,
    ENROLMENTS,
    MARKS,
    PERSONS,
    REVIEWS,
)
from identity.refusals import SubjectErased, WrongState
from identity.retention import RetentionRuns
from identity.storage.writer import Transaction


def end(tx: Transaction, by: str, person_id: str, retention: int) -> int:
    """The relationship ends: records are kept for `retention` seconds from now. Until when (UTC seconds).

    Raises:
        NotFound, SubjectErased: there is nobody.
        WrongState: it has ended already; the time of keeping runs from its first end.
    """
    row = find_person(tx.connection, person_id)
    if row.erased_at is not None:
        raise SubjectErased
    if row.ended_at is not None:
        raise WrongState("relationship", "ended", "going on")
    until = tx.now + retention
    ended = {"ended_at": tx.now, "retain_until": until}
    tx.connection.execute(update(PERSONS).where(PERSONS.c.id == person_id).values(ended))
    tx.note(by, "person.end", person_id)
    return until


def lapsed(
    connection: Connection, now: int, *, after: str = "", limit: int | None = None, only: Sequence[str] | None = None
) -> list[str]:
    """Persons whose relationship goes on although none of their credentials is in force any more, in the order of ids.

    `after`: ids beyond this one; `only`: none but these.
    """
    in_force = select(CREDENTIALS.c.person_id).where(
        CREDENTIALS.c.person_id == PERSONS.c.id, CREDENTIALS.c.valid_until > now
    )
    found = (
        select(PERSONS.c.id)
        .where(PERSONS.c.data_key.is_not(None), PERSONS.c.ended_at.is_(None), PERSONS.c.id > after, ~in_force.exists())
        .order_by(PERSONS.c.id)
        .limit(limit)
    )
    if only is not None:
        found = found.where(PERSONS.c.id.in_(only))
    return list(connection.execute(found).scalars())


def erase(tx: Transaction, by: str, person_id: str) -> None:
    """Destroys the data key and everything that leads to the person. Pseudonyms stay, and lead to nobody.

    Raises:
        RetentionRuns: the relationship has not ended, or the records must be kept longer.
        NotFound, SubjectErased: there is nobody to erase.
    """
    connection = tx.connection
    row = find_person(connection, person_id)
    if row.erased_at is not None:
        raise SubjectErased
    if row.retain_until is None or tx.now < row.retain_until:
        raise RetentionRuns(row.retain_until, tx.now)
    for table in (CHALLENGES, COOLING, ACCOUNTS, CREDENTIALS, MARKS):
        connection.execute(delete(table).where(table.c.person_id == person_id))
    connection.execute(delete(REVIEWS).where(or_(REVIEWS.c.person_id == person_id, REVIEWS.c.like_id == person_id)))
    connection.execute(update(ENROLMENTS).where(ENROLMENTS.c.person_id == person_id).values(person_id=None))
    gone = {"data_key": None, "facts": None, "state": "erased", "erased_at": tx.now}
    # A record that was merged into this one names the same person: it must not lead here any more.
    connection.execute(update(PERSONS).where(PERSONS.c.merged_into == person_id).values(merged_into=None))
    connection.execute(update(PERSONS).where(PERSONS.c.id == person_id).values(gone))
    tx.note(by, "person.erase", person_id)


def due_for_erasure(connection: Connection, now: int) -> list[str]:
    """Persons whose time of keeping is over, in the order in which it ended."""
    due = (
        select(PERSONS.c.id)
        .where(PERSONS.c.retain_until <= now, PERSONS.c.erased_at.is_(None))
        .order_by(PERSONS.c.retain_until, PERSONS.c.id)
    )
    return list(connection.execute(due).scalars())


def export(connection: Connection, records: Records, person_id: str) -> dict[str, Any]:
    """Everything held about a person, opened, as JSON. SubjectErased, NotFound."""
    row = find_person(connection, person_id)
    if row.erased_at is not None:
        raise SubjectErased
    enrolments = connection.execute(select(ENROLMENTS).where(ENROLMENTS.c.person_id == person_id))
    accounts = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.person_id == person_id))
    return {
        "person_id": person_id,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
        "retain_until": row.retain_until,
        "facts": records.facts_of(connection, person_id),
        "credentials": [
            {
                "digest": evidence.digest.hex(),
                "topic": evidence.topic,
                "issuer": evidence.issuer,
                "claims": dict(evidence.claims),
                "issued_at": evidence.issued_at,
                "valid_until": evidence.valid_until,
                "credential": wire,
            }
            for evidence, wire in records.credentials(connection, person_id)
        ],
        "enrolments": [
            {"asset": "0x" + one.asset.hex(), "investor": "0x" + one.investor.hex(), "enrolled_at": one.enrolled_at}
            for one in enrolments
        ],
        "accounts": [
            {
                "asset": "0x" + one.asset.hex(),
                "chain": one.chain,
                "account": "0x" + one.account.hex(),
                "state": one.state,
                "at": one.at,
            }
            for one in accounts
        ],
    }
