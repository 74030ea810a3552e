"""Persons: the same one again however often they enrol, another pseudonym for each asset, and an end for everything.

Whoever enrols is recognised by keyed digests (`agreement.Mark`) of the issuer-scoped subject id or the LEI. When only
name and birth date agree - another issuer, another wallet - two people may share them, so staff looks at it before any
pseudonym is drawn: a second record of one person would hold twice what one person may.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from bridge.domains import is_investor_id
from identity.keystore.base import KeyStore
from identity.oracle.people import ending
from identity.oracle.people.agreement import Mark, holder_marks, is_principal, marks_of, require_one
from identity.oracle.people.errors import CredentialTaken, TwoRecords
from identity.oracle.people.records import Records, Shown, find_person, holder_of, only, type_of
from identity.oracle.people.tables import CREDENTIALS, ENROLMENTS, MARKS, PERSONS, REVIEWS
from identity.oracle.policy.document import Policy
from identity.oracle.policy.evidence import Evidence
from identity.oracle.policy.queries import rule_paths
from identity.ports import Randomness
from identity.refusals import NotFound, WrongState
from identity.retention import DAY, FIVE_YEARS
from identity.storage.once import insert_once
from identity.storage.vault import Vault, new_id
from identity.storage.writer import Transaction

INVESTOR = "investor"
"""Who acts, in the audit chain, when people do something themselves."""


class PersonState(StrEnum):
    """Where a person's record stands."""

    ACTIVE = "active"
    REVIEW = "review"
    """Like another person by name and birth date only; has no pseudonym until staff has looked."""
    MERGED = "merged"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What an enrolment came to. `investor` is None while a review waits for staff."""

    person_id: str
    investor: bytes | None
    first_time: bool
    review_id: str | None = None


class People:
    """All persons of one oracle. Reads take a connection, writes a transaction."""

    def __init__(
        self, vault: Vault, keys: KeyStore, randomness: Randomness, *, retention: int = FIVE_YEARS * DAY
    ) -> None:
        self._keys, self._randomness, self._retention = keys, randomness, retention
        self._vault = vault
        self._records = Records(vault)

    # --- enrolling -------------------------------------------------------------------------------------------------

    def enrol(self, tx: Transaction, asset: bytes, shown: Sequence[Shown]) -> Enrolled:
        """Takes the credentials of one presentation for an asset: the same person as before, a new one, or a review.

        Raises:
            NotOnePerson: they don't agree on whose they are.
            CredentialTaken: one of them serves another person.
            TwoRecords: they lead to two persons on record.
        """
        facts = [one.facts for one in shown]
        require_one(facts)
        marks, holders = marks_of(facts, self._keys.mac), holder_marks(facts, self._keys.mac)
        known = self._recognise(tx.connection, shown, marks)
        like = None if known else self._resembles(tx.connection, marks, holders)
        if like is not None and like.certain:
            known = like.person_id
        person_id = known or self._new_person(tx, PersonState.REVIEW if like else PersonState.ACTIVE)
        for mark in marks:
            self._add_mark(tx.connection, person_id, mark)
        for digest in holders:
            self._add_mark(tx.connection, person_id, Mark(digest, strong=False))
        for one in shown:
            self._records.keep(tx, person_id, one, principal=is_principal(one.facts.topic, facts))
        self._records.add_facts(tx, person_id, facts)
        tx.note(INVESTOR, "person.enrol", person_id)
        row = find_person(tx.connection, person_id)
        if row.ended_at is not None:
            again = {"ended_at": None, "retain_until": None}
            tx.connection.execute(update(PERSONS).where(PERSONS.c.id == person_id).values(again))
        if row.state == PersonState.REVIEW:
            like = like or self._resembles(tx.connection, marks, holders, but=person_id)
            if like is not None:
                return Enrolled(person_id, None, False, self._review(tx, person_id, like.person_id, asset))
            # Whom the record resembled is gone: nothing is left to look at.
            self._activate(tx, person_id)
        return self._give_investor(tx, person_id, asset)

    def _recognise(self, connection: Connection, shown: Sequence[Shown], marks: Sequence[Mark]) -> str | None:
        strong = [mark.digest for mark in marks if mark.strong]
        found = set(
            connection.execute(select(MARKS.c.person_id).where(MARKS.c.strong, MARKS.c.digest.in_(strong))).scalars()
        )
        if len(found) > 1:
            raise TwoRecords
        # Only what speaks of the investor: who acts for an entity may be an investor too, or act for several.
        facts = [one.facts for one in shown]
        digests = {one.evidence.digest: one.evidence.topic for one in shown if is_principal(one.facts.topic, facts)}
        owned = select(CREDENTIALS.c.digest, CREDENTIALS.c.person_id).where(
            CREDENTIALS.c.digest.in_(list(digests)), CREDENTIALS.c.principal
        )
        for row in connection.execute(owned).all():
            if found and row.person_id not in found:
                raise CredentialTaken(digests[row.digest])
            found.add(row.person_id)
        return next(iter(found), None)

    def _resembles(
        self, connection: Connection, marks: Sequence[Mark], holders: frozenset[bytes], but: str = ""
    ) -> _Resemblance | None:
        weak = [mark.digest for mark in marks if not mark.strong]
        found = connection.execute(
            select(PERSONS.c.id)
            .join(MARKS, MARKS.c.person_id == PERSONS.c.id)
            .where(MARKS.c.digest.in_(weak), PERSONS.c.id != but)
            .order_by(PERSONS.c.created_at, PERSONS.c.id)
        ).scalars()
        like = list(dict.fromkeys(found))
        if not like:
            return None
        same_wallet = connection.execute(
            select(MARKS.c.person_id).where(MARKS.c.digest.in_(list(holders)), MARKS.c.person_id.in_(like))
        ).scalars()
        certain = set(same_wallet)
        if len(certain) == 1:
            return _Resemblance(certain.pop(), certain=True)
        return _Resemblance(like[0], certain=False)

    def _new_person(self, tx: Transaction, state: PersonState) -> str:
        person_id = new_id(self._randomness)
        tx.connection.execute(
            insert(PERSONS).values(
                id=person_id, data_key=self._vault.new_data_key(person_id), state=state, created_at=tx.now
            )
        )
        return person_id

    def _add_mark(self, connection: Connection, person_id: str, mark: Mark) -> None:
        row = {"digest": mark.digest, "person_id": person_id, "strong": mark.strong}
        if not insert_once(connection, MARKS, row) and mark.strong:
            owner = connection.execute(select(MARKS.c.person_id).where(MARKS.c.strong, MARKS.c.digest == mark.digest))
            if owner.scalar() != person_id:
                # Another process enrolled the same person a moment ago. Asked again, this one will be recognised.
                raise TwoRecords

    def _give_investor(self, tx: Transaction, person_id: str, asset: bytes) -> Enrolled:
        known = self.investor_of(tx.connection, person_id, asset)
        if known is not None:
            return Enrolled(person_id, known, first_time=False)
        # Drawn, not derived: holdings of one person in two assets can't be linked by anybody who reads the chains.
        investor = bytes(16) + self._randomness(16)
        assert is_investor_id(investor)  # noqa: S101 - randomness that gives zeros is none
        tx.connection.execute(
            insert(ENROLMENTS).values(investor=investor, asset=asset, person_id=person_id, enrolled_at=tx.now)
        )
        return Enrolled(person_id, investor, first_time=True)

    # --- reviews ---------------------------------------------------------------------------------------------------

    def _review(self, tx: Transaction, person_id: str, like_id: str, asset: bytes) -> str:
        open_ = select(REVIEWS.c.id).where(
            REVIEWS.c.person_id == person_id, REVIEWS.c.asset == asset, REVIEWS.c.decided_at.is_(None)
        )
        known = tx.connection.execute(open_).scalar()
        if known is not None:
            return str(known)
        review_id = new_id(self._randomness)
        tx.connection.execute(
            insert(REVIEWS).values(id=review_id, person_id=person_id, like_id=like_id, asset=asset, opened_at=tx.now)
        )
        tx.note(INVESTOR, "review.open", review_id)
        return review_id

    def _activate(self, tx: Transaction, person_id: str) -> None:
        active = update(PERSONS).where(PERSONS.c.id == person_id).values(state=PersonState.ACTIVE.value)
        tx.connection.execute(active)

    def reviews(self, connection: Connection) -> list[dict[str, Any]]:
        """The open reviews, oldest first: ids only."""
        open_ = select(REVIEWS).where(REVIEWS.c.decided_at.is_(None)).order_by(REVIEWS.c.opened_at, REVIEWS.c.id)
        rows = connection.execute(open_).all()
        return [
            {
                "id": row.id,
                "person_id": row.person_id,
                "like_id": self.current(connection, row.like_id),
                "asset": "0x" + row.asset.hex(),
                "opened_at": row.opened_at,
            }
            for row in rows
        ]

    def decide_review(self, tx: Transaction, by: str, review_id: str, *, same: bool) -> None:
        """Staff says whether two records are of the same person; the person's other open reviews are decided with it.

        Raises:
            NotFound, WrongState: there is no such review, or it is decided.
        """
        connection = tx.connection
        row = connection.execute(select(REVIEWS).where(REVIEWS.c.id == review_id)).first()
        if row is None:
            raise NotFound("review")
        if row.decided_at is not None:
            raise WrongState("review", "decided", "open")
        waiting = select(REVIEWS.c.asset).where(REVIEWS.c.person_id == row.person_id, REVIEWS.c.decided_at.is_(None))
        assets = list(connection.execute(waiting).scalars())
        of_person = (REVIEWS.c.person_id == row.person_id) & REVIEWS.c.decided_at.is_(None)
        decided = {"decided_at": tx.now, "decided_by": by, "same": same}
        connection.execute(update(REVIEWS).where(of_person).values(decided))
        kept = self.current(connection, row.like_id) if same else row.person_id
        if same:
            self._merge(tx, row.person_id, kept)
        else:
            self._activate(tx, kept)
        for asset in assets:
            self._give_investor(tx, kept, asset)
        tx.note(by, "review.same" if same else "review.distinct", review_id)

    def _merge(self, tx: Transaction, person_id: str, into: str) -> None:
        connection = tx.connection
        self._records.move(tx, person_id, into)
        marks = connection.execute(select(MARKS).where(MARKS.c.person_id == person_id)).all()
        connection.execute(delete(MARKS).where(MARKS.c.person_id == person_id))
        for mark in marks:
            self._add_mark(connection, into, Mark(mark.digest, mark.strong))
        gone = {"state": PersonState.MERGED.value, "data_key": None, "facts": None, "merged_into": into}
        connection.execute(update(PERSONS).where(PERSONS.c.merged_into == person_id).values(merged_into=into))
        connection.execute(update(PERSONS).where(PERSONS.c.id == person_id).values(gone))

    def current(self, connection: Connection, person_id: str) -> str:
        """The person's record, or the one it was merged into."""
        row = find_person(connection, person_id)
        return person_id if row.merged_into is None else str(row.merged_into)

    # --- reading ---------------------------------------------------------------------------------------------------

    def evidence_of(self, connection: Connection, person_id: str) -> list[Evidence]:
        """All evidence of a person; none of one whose relationship has ended: it is kept, and not used any more.

        SubjectErased, NotFound.
        """
        if find_person(connection, person_id).ended_at is not None:
            return []
        return [evidence for evidence, _ in self._records.credentials(connection, person_id)]

    def signer_evidence(self, connection: Connection, person_id: str, policy: Policy, now: int) -> list[str]:
        """The person's credentials as SD-JWTs that show what the policy's rules need and nothing else: never a name.

        Only those that can count for it: signers refuse whoever comes with others, and people keep expired ones.
        """
        counting = self._counting(connection, person_id, policy, now)
        return [only(wire, rule_paths(policy, evidence.topic)) for evidence, wire in counting]

    def bound_to(
        self, connection: Connection, person_id: str, holder: str, policy: Policy, now: int
    ) -> list[tuple[str, bytes]]:
        """Topic and digest of the person's credentials that can count for the policy and are bound to this holder's key.

        `holder`: RFC 7638 thumbprint. The last shown first.
        """
        counting = self._counting(connection, person_id, policy, now)
        return [(evidence.topic, evidence.digest) for evidence, wire in counting if holder_of(wire) == holder]

    def _counting(self, connection: Connection, person_id: str, policy: Policy, now: int) -> list[tuple[Evidence, str]]:
        if find_person(connection, person_id).ended_at is not None:
            return []
        return [
            (evidence, wire)
            for evidence, wire in self._records.credentials(connection, person_id)
            if evidence.issuer in policy.trust.get(evidence.topic, ())
            and evidence.valid_until > now
            and type_of(wire) in policy.type_names(evidence.topic)
        ]

    def facts_of(self, connection: Connection, person_id: str) -> list[dict[str, Any]]:
        """Names, birth dates, subject ids and LEIs that the person's credentials said. SubjectErased, NotFound."""
        return self._records.facts_of(connection, person_id)

    def investor_of(self, connection: Connection, person_id: str, asset: bytes) -> bytes | None:
        """The person's pseudonym for an asset."""
        found: bytes | None = connection.execute(
            select(ENROLMENTS.c.investor).where(ENROLMENTS.c.person_id == person_id, ENROLMENTS.c.asset == asset)
        ).scalar()
        return found

    def person_of(self, connection: Connection, asset: bytes, investor: bytes) -> str | None:
        """Who stands behind a pseudonym; None for nobody known, or nobody any more."""
        found: str | None = connection.execute(
            select(ENROLMENTS.c.person_id).where(ENROLMENTS.c.investor == investor, ENROLMENTS.c.asset == asset)
        ).scalar()
        return found

    def enrolled(self, connection: Connection, asset: bytes) -> list[tuple[str, bytes]]:
        """Everybody who asked for an asset, with the pseudonym."""
        rows = connection.execute(
            select(ENROLMENTS.c.person_id, ENROLMENTS.c.investor)
            .where(ENROLMENTS.c.asset == asset, ENROLMENTS.c.person_id.is_not(None))
            .order_by(ENROLMENTS.c.investor)
        )
        return [(row.person_id, row.investor) for row in rows]

    def assets_of(self, connection: Connection, person_id: str) -> list[tuple[bytes, bytes]]:
        """The assets a person is enrolled for, with the pseudonym in each."""
        rows = connection.execute(
            select(ENROLMENTS.c.asset, ENROLMENTS.c.investor)
            .where(ENROLMENTS.c.person_id == person_id)
            .order_by(ENROLMENTS.c.enrolled_at, ENROLMENTS.c.asset)
        )
        return [(row.asset, row.investor) for row in rows]

    def is_under_review(self, connection: Connection, person_id: str) -> bool:
        """Whether staff must look at the record before the person gets a pseudonym."""
        return bool(find_person(connection, person_id).state == PersonState.REVIEW)

    def erased(self, connection: Connection, asset: bytes) -> list[bytes]:
        """Pseudonyms behind which nobody stands any more: the chains must stop letting them receive."""
        rows = connection.execute(
            select(ENROLMENTS.c.investor).where(ENROLMENTS.c.asset == asset, ENROLMENTS.c.person_id.is_(None))
        )
        return list(rows.scalars())

    def relied_lists(self, connection: Connection) -> set[tuple[str, str]]:
        """Address and issuer of each status list that anybody's evidence names."""
        rows = connection.execute(
            select(CREDENTIALS.c.status_uri, CREDENTIALS.c.issuer)
            .where(CREDENTIALS.c.status_uri.is_not(None))
            .distinct()
        )
        return {(row.status_uri, row.issuer) for row in rows}

    def seal(self, connection: Connection, person_id: str, record: str, value: object) -> bytes:
        """A JSON value under the person's data key, bound to a record's id. SubjectErased, NotFound."""
        return self._records.seal(connection, person_id, record, value)

    def open(self, connection: Connection, person_id: str, record: str, sealed: bytes) -> Any:
        """The value again. SubjectErased when the data key is gone."""
        return self._records.open(connection, person_id, record, sealed)

    # --- ending ----------------------------------------------------------------------------------------------------

    def end(self, tx: Transaction, by: str, person_id: str) -> int:
        """The relationship ends; until when the records are kept (UTC seconds)."""
        return ending.end(tx, by, person_id, self._retention)

    def lapsed(
        self,
        connection: Connection,
        now: int,
        *,
        after: str = "",
        limit: int | None = None,
        only: Sequence[str] | None = None,
    ) -> list[str]:
        """Persons whose relationship goes on although no credential of theirs is in force; `ending.lapsed`."""
        return ending.lapsed(connection, now, after=after, limit=limit, only=only)

    def erase(self, tx: Transaction, by: str, person_id: str) -> None:
        """Destroys the data key and what leads to the person. RetentionRuns, NotFound, SubjectErased."""
        ending.erase(tx, by, person_id)

    def due_for_erasure(self, connection: Connection, now: int) -> list[str]:
        """Persons whose time of keeping is over."""
        return ending.due_for_erasure(connection, now)

    def export(self, connection: Connection, person_id: str) -> dict[str, Any]:
        """Everything held about a person, opened. SubjectErased, NotFound."""
        return ending.export(connection, self._records, person_id)


@dataclass(frozen=True, slots=True)
class _Resemblance:
    """Somebody on record with the same name and birth date; `certain` when it is the same wallet, too."""

    person_id: str
    certain: bool
