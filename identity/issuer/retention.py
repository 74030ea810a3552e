"""How long an issuer keeps what it knows about a person, and what ends it.

Anti-money-laundering law makes it keep the records of a check for five years after the relationship ended or was refused (Directive
(EU) 2015/849, Article 40(1); Regulation (EU) 2024/1624, Article 77(3)), and the right to erasure gives way to that duty (GDPR, Article
17(3)(b)). After that it must not keep them (GDPR, Article 5(1)(e)): nobody need remember to ask, a job erases what is due.

A relationship that nobody ended is over when the last approval of it is; credentials never outlive the approval they stand on.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from identity.issuer.tables import CASES, SUBJECTS
from identity.refusals import NotFound, SubjectErased

SWEEP_SIZE = 50
"""Subjects erased in one transaction, so that wallets don't wait long behind it."""

_LAST = func.coalesce(CASES.c.valid_until, CASES.c.decided_at, CASES.c.opened_at)
"""The last moment of what a case is about: its approval's end, its refusal, or, still undecided, its beginning."""


def kept_until(connection: Connection, subject_id: str, seconds: int) -> int | None:
    """Until when a subject must be kept (UTC seconds); None when nothing was decided about them: nothing began.

    Raises:
        NotFound, SubjectErased: nobody of this id is here.
    """
    row = find_subject(connection, subject_id)
    if row.ended_at is not None:
        return int(row.ended_at) + seconds
    mine = select(func.max(_LAST), func.max(CASES.c.decided_at)).where(CASES.c.subject_id == subject_id)
    last, decided = connection.execute(mine).one()
    return None if decided is None else int(last) + seconds


def due(connection: Connection, now: int, seconds: int) -> list[str]:
    """Subjects whose time is over, at most SWEEP_SIZE of them. One about whom nothing was decided waits as long."""
    over = now - seconds
    goes_on = select(CASES.c.id).where(CASES.c.subject_id == SUBJECTS.c.id, over < _LAST).exists()
    ran_out = and_(SUBJECTS.c.ended_at.is_(None), SUBJECTS.c.created_at <= over, ~goes_on)
    waiting = (
        select(SUBJECTS.c.id)
        .where(SUBJECTS.c.data_key.is_not(None), or_(SUBJECTS.c.ended_at <= over, ran_out))
        .order_by(SUBJECTS.c.created_at, SUBJECTS.c.id)
        .limit(SWEEP_SIZE)
    )
    return list(connection.execute(waiting).scalars())


def find_subject(connection: Connection, subject_id: str) -> Row[Any]:
    """A subject's record. NotFound, SubjectErased."""
    return _found(connection, select(SUBJECTS).where(SUBJECTS.c.id == subject_id))


def hold_subject(connection: Connection, subject_id: str) -> Row[Any]:
    """The same, and until the transaction ends nobody in another process offers or opens anything for them."""
    return _found(connection, select(SUBJECTS).where(SUBJECTS.c.id == subject_id).with_for_update())


def _found(connection: Connection, query: Select[Any]) -> Row[Any]:
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("subject")
    if row.data_key is None:
        raise SubjectErased
    return row
