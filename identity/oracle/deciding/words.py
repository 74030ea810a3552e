"""What should stand on the chains for every investor of an asset, and what was wanted before.

Verdicts are computed anew at each question. What is remembered is the word last wanted and since when a verdict is
unknown, because a word that can't be confirmed stays for a while (`unreachable_grace`) and a lapsed one keeps its class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, select, update

from bridge.types import Permission
from identity.oracle.deciding.classbook import ClassBook
from identity.oracle.deciding.policies import Policies
from identity.oracle.deciding.ports import PersonRecords
from identity.oracle.deciding.screening import Screening
from identity.oracle.deciding.tables import WORDS
from identity.oracle.deciding.verdicts import NOBODY, Verdicts
from identity.oracle.policy.document import Policy
from identity.oracle.policy.evaluate import Truth, Verdict
from identity.oracle.policy.grid import grid_point
from identity.oracle.policy.words import EXIT, Hold, Word, word_for
from identity.ports import Clock
from identity.storage.database import Database
from identity.storage.once import insert_once
from identity.storage.writer import Transaction, Writer


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should stand for one investor. `person_id` is empty when the person was erased."""

    investor: bytes
    person_id: str
    word: Word | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Row:
    """What is remembered of one investor."""

    word: Word | None
    evidence_until: int | None
    unknown_since: int | None


_NO_ROW = _Row(None, None, None)


@dataclass(frozen=True, slots=True)
class _Case:
    """One investor with everything a word is made of."""

    investor: bytes
    person_id: str
    verdict: Verdict
    hold: Hold
    before: _Row


class _NoClassYet(Exception):
    pass


class Words:
    """Computes the wanted words of assets."""

    def __init__(
        self,
        *,
        database: Database,
        writer: Writer,
        clock: Clock,
        people: PersonRecords,
        policies: Policies,
        verdicts: Verdicts,
        screening: Screening,
        classes: ClassBook,
    ) -> None:
        self._database, self._writer, self._clock = database, writer, clock
        self._people, self._policies, self._verdicts = people, policies, verdicts
        self._screening, self._classes = screening, classes

    def wanted_now(self, asset: bytes) -> list[Wanted]:
        """The words of everybody who asked for an asset, by investor; none when no policy is in force.

        Blocks: it reads, and writes what it newly learnt before it answers. Call it from a thread.
        """
        now = self._clock()
        with self._database.read() as connection:
            policy = self._policies.active(connection, asset, now)
            if policy is None:
                return []
            cases = self._cases(connection, policy, now)
            members = self._classes.members(connection, asset)
        done: dict[bytes, Wanted] = {}
        open_: list[_Case] = []
        for case in cases:
            try:
                made = _make(case, policy, now, partial(_class_of, members, case.investor))
            except _NoClassYet:
                open_.append(case)
                continue
            done[case.investor] = Wanted(case.investor, case.person_id, made.word, case.verdict)
            if made != case.before:
                open_.append(case)
        if open_:
            learnt = self._writer.run_blocking(partial(self._learn, policy=policy, cases=open_, now=now))
            done.update((one.investor, one) for one in learnt)
        return [done[case.investor] for case in cases]

    def _cases(self, connection: Connection, policy: Policy, now: int) -> list[_Case]:
        enrolled = {investor: person for person, investor in self._people.enrolled(connection, policy.asset_id)}
        before = _rows(connection, policy.asset_id)
        verdicts = self._verdicts.under_all(connection, policy, list(enrolled.values()), now)
        holds = self._screening.holds(connection)
        cases = [
            _Case(investor, person, verdicts[person], holds.get(person, Hold.NONE), before.get(investor, _NO_ROW))
            for investor, person in enrolled.items()
        ]
        # Whose record was erased can't be vouched for any more, and what stands on the chains must say so.
        gone = [
            _Case(investor, "", NOBODY, Hold.NONE, row) for investor, row in before.items() if investor not in enrolled
        ]
        return sorted([*cases, *gone], key=lambda case: case.investor)

    def _learn(self, tx: Transaction, *, policy: Policy, cases: Sequence[_Case], now: int) -> list[Wanted]:
        learnt = []
        for case in cases:
            made = _make(case, policy, now, partial(self._classes.assign, tx, policy.asset_id, case.investor))
            learnt.append(Wanted(case.investor, case.person_id, made.word, case.verdict))
            if made != case.before and _row(tx.connection, policy.asset_id, case.investor) == case.before:
                # Otherwise another process has looked meanwhile, perhaps at a newer list: what it learnt stays.
                _store(tx, policy.asset_id, case.investor, made)
        return learnt

    def lapsing(self, connection: Connection, after: int, until: int) -> Sequence[bytes]:
        """Assets with investors whose evidence ends after one second and not after another."""
        ended = select(WORDS.c.asset).where(WORDS.c.evidence_until > after, WORDS.c.evidence_until <= until)
        return [bytes(row.asset) for row in connection.execute(ended.distinct())]

    def overdue(self, connection: Connection, now: int) -> Sequence[bytes]:
        """Assets with investors who may still receive although their verdict is unknown beyond the grace."""
        rows = connection.execute(
            select(WORDS.c.asset, WORDS.c.permissions, WORDS.c.unknown_since).where(WORDS.c.unknown_since.is_not(None))
        )
        found: dict[bytes, None] = {}
        grace: dict[bytes, int | None] = {}
        for row in rows:
            asset = bytes(row.asset)
            if asset not in grace:
                policy = self._policies.active(connection, asset, now)
                grace[asset] = None if policy is None else policy.unreachable_grace
            allowed = grace[asset]
            receives = bool((row.permissions or 0) & Permission.RECEIVE)
            if allowed is not None and receives and row.unknown_since + allowed <= now:
                found[asset] = None
        return list(found)

    def renewable(self, connection: Connection, now: int) -> Sequence[bytes]:
        """Assets with words that could reach further by now: a point of the grid has come within 35 days."""
        found = []
        for asset in self._policies.assets(connection, now):
            policy = self._policies.active(connection, asset, now)
            rows = connection.execute(
                select(WORDS.c.valid_until, WORDS.c.evidence_until)
                .where(WORDS.c.asset == asset, WORDS.c.evidence_until.is_not(None))
                .distinct()
            )
            if policy is not None and any(
                grid_point(policy.grid_offset, row.evidence_until, now) > (row.valid_until or 0) for row in rows
            ):
                found.append(asset)
        return found


def _make(case: _Case, policy: Policy, now: int, class_of: Any) -> _Row:
    """What is to be remembered of a case after a look at it now."""
    if not case.person_id:
        return _Row(_without_receiving(case.before.word), None, None)
    unknown = case.verdict.truth is Truth.UNKNOWN
    # Never from a time that is still to come: a clock that was put back would else make the grace as much longer.
    since = min(case.before.unknown_since or now, now) if unknown else None
    word = word_for(case.verdict, case.hold, class_of, case.before.word, policy, since, now)
    # Of somebody held nothing is renewed and nothing lapses: what time does to the evidence shows nowhere.
    until = case.verdict.valid_until if case.verdict.truth is Truth.TRUE and case.hold is Hold.NONE else None
    return _Row(word, until, since)


def _without_receiving(word: Word | None) -> Word | None:
    """Of whom nothing is known any more: what stands, less receiving. A block that stands is not lifted by it."""
    return word and Word(word.class_, word.permissions & EXIT, word.valid_until)


def _class_of(members: Mapping[tuple[bytes, str], int], investor: bytes, bucket: str) -> int:
    number = members.get((investor, bucket))
    if number is None:
        raise _NoClassYet
    return number


def _rows(connection: Connection, asset: bytes) -> dict[bytes, _Row]:
    rows = connection.execute(select(WORDS).where(WORDS.c.asset == asset))
    return {bytes(row.investor): _read_row(row) for row in rows}


def _row(connection: Connection, asset: bytes, investor: bytes) -> _Row:
    where = (WORDS.c.asset == asset, WORDS.c.investor == investor)
    row = connection.execute(select(WORDS).where(*where).with_for_update()).first()
    return _NO_ROW if row is None else _read_row(row)


def _read_row(row: Any) -> _Row:
    number = row._mapping["class"]
    word = None if number is None else Word(number, row.permissions, row.valid_until)
    return _Row(word, row.evidence_until, row.unknown_since)


def _store(tx: Transaction, asset: bytes, investor: bytes, row: _Row) -> None:
    word = row.word
    values = {
        "class": None if word is None else word.class_,
        "permissions": None if word is None else word.permissions,
        "valid_until": None if word is None else word.valid_until,
        "evidence_until": row.evidence_until,
        "unknown_since": row.unknown_since,
    }
    if not insert_once(tx.connection, WORDS, {"asset": asset, "investor": investor, **values}):
        where = (WORDS.c.asset == asset, WORDS.c.investor == investor)
        tx.connection.execute(update(WORDS).where(*where).values(values))
