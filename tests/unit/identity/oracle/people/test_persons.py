"""Persons on record: who is recognised by what, whom a credential serves, and entities beside those who act for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from identity.formats.base import StatusReference
from identity.formats.strict import encode_base64url
from identity.keystore.file import FileKeyStore
from identity.oracle.people.agreement import Facts
from identity.oracle.people.errors import CredentialTaken, NotOnePerson, TwoRecords
from identity.oracle.people.persons import Enrolled, People
from identity.oracle.people.records import Shown
from identity.oracle.policy.evidence import Evidence
from identity.oracle.tables import AUDIT, METADATA
from identity.ports import system_randomness
from identity.refusals import NotFound
from identity.storage.audit import AuditChain
from identity.storage.database import Database
from identity.storage.vault import Vault
from identity.storage.writer import Writer

NOW, ASSET, OTHER_ASSET = 1_780_000_000, b"\x5a" * 32, b"\x5b" * 32
A, B = "did:web:a.example", "did:web:b.example"
ADA = {"given_name": "Ada", "family_name": "Lovelace", "birthdate": "1985-12-10"}
LEI, OTHER_LEI = "529900T8BM49AURSDO55", "213800D1EI4B9WTWWD28"


def shown(topic: str = "kyc", issuer: str = A, holder: str = "wallet-1", claims: Any = None, **said: str) -> Shown:
    """A credential; the same words make the same credential."""
    digest = hashlib.sha256(repr((topic, issuer, holder, sorted(said.items()))).encode()).digest()
    status = StatusReference(f"https://{issuer[8:]}/lists/1", digest[0])
    evidence = Evidence(topic, issuer, claims or {}, digest, NOW, NOW, NOW, NOW + 1_000, status)
    wire = f"{encode_base64url(digest)}~"
    return Shown(evidence, wire, Facts(topic, issuer, holder, **said))


class Room:
    """People over a real database and key store."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        keys = FileKeyStore.create(folder / "keys.json", "open sesame", lambda: NOW, system_randomness)
        self.database = Database(f"sqlite:///{folder / 'oracle.sqlite'}")
        stack.callback(self.database.close)
        METADATA.create_all(self.database.writer)
        self.writer = Writer(self.database, AuditChain(AUDIT, keys.mac), lambda: NOW)
        stack.callback(self.writer.close)
        self.people = People(Vault(keys, system_randomness), keys, system_randomness)

    def enrol(self, *credentials: Shown, asset: bytes = ASSET) -> Enrolled:
        return self.writer.run_blocking(lambda tx: self.people.enrol(tx, asset, credentials))

    def topics(self, person: str) -> list[str]:
        with self.database.read() as connection:
            return sorted(one.topic for one in self.people.evidence_of(connection, person))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with ExitStack() as stack:
        yield Room(tmp_path, stack)


def test_the_subject_of_an_issuer_is_recognised_under_another_name_and_key(room: Room) -> None:
    first = room.enrol(shown(subject="s", **ADA))
    again = room.enrol(shown(holder="wallet-2", subject="s", **{**ADA, "family_name": "King"}))
    assert (again.person_id, again.investor, again.first_time) == (first.person_id, first.investor, False)


def test_an_equal_subject_id_of_another_issuer_is_nobody_known(room: Room) -> None:
    first, other = room.enrol(shown(subject="s")), room.enrol(shown(issuer=B, holder="wallet-2", subject="s"))
    assert other.person_id != first.person_id
    assert other.first_time


def test_the_same_name_in_the_same_wallet_is_the_same_person(room: Room) -> None:
    first = room.enrol(shown(subject="s", **ADA))
    again = room.enrol(shown(issuer=B, subject="t", **ADA))
    assert again.person_id == first.person_id
    by_new_subject = room.enrol(shown("residency", B, "wallet-2", subject="t"))
    assert by_new_subject.person_id == first.person_id, "the second issuer's subject id is known from then on"


def test_a_shared_wallet_alone_makes_nobody_the_same(room: Room) -> None:
    first = room.enrol(shown(subject="s", **ADA))
    other = room.enrol(shown(subject="t", **{**ADA, "given_name": "Grace"}))
    assert other.person_id != first.person_id
    assert other.first_time


def test_a_name_alone_waits_for_staff_and_asks_once(room: Room) -> None:
    room.enrol(shown(subject="s", **ADA))
    namesake = shown(issuer=B, holder="wallet-2", subject="t", **ADA)
    first, again = room.enrol(namesake), room.enrol(namesake)
    assert first.investor is None
    assert again == first
    other = room.enrol(namesake, asset=OTHER_ASSET)
    assert other.review_id != first.review_id


def test_a_review_ends_by_itself_when_whom_the_record_resembled_is_erased(room: Room) -> None:
    like = room.enrol(shown(subject="s", **ADA)).person_id
    namesake = shown(issuer=B, holder="wallet-2", subject="t", **ADA)
    assert room.enrol(namesake).review_id is not None
    room.writer.run_blocking(lambda tx: room.people.end(tx, "petra", like))
    with room.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE persons SET retain_until = 0 WHERE retain_until IS NOT NULL")
    room.writer.run_blocking(lambda tx: room.people.erase(tx, "petra", like))
    again = room.enrol(namesake)
    assert (again.review_id, again.first_time) == (None, True)


def test_of_three_records_each_decision_leads_to_the_one_that_is_kept(room: Room) -> None:
    first = room.enrol(shown(subject="s", **ADA))
    second = room.enrol(shown(issuer=B, holder="wallet-2", subject="t", **ADA))
    third = room.enrol(shown("residency", A, "wallet-3", subject="u"), shown("kyc", A, "wallet-3", subject="u", **ADA))
    for record in (second, third):
        review = record.review_id
        assert review is not None
        room.writer.run_blocking(lambda tx, review=review: room.people.decide_review(tx, "olga", review, same=True))
    with room.database.read() as connection:
        assert room.people.current(connection, third.person_id) == first.person_id
        assert len(room.people.enrolled(connection, ASSET)) == 1
    assert room.topics(first.person_id) == ["kyc", "kyc", "kyc", "residency"]


def test_one_decision_settles_all_reviews_of_a_person(room: Room) -> None:
    room.enrol(shown(subject="s", **ADA))
    namesake = shown(issuer=B, holder="wallet-2", subject="t", **ADA)
    review = room.enrol(namesake).review_id
    person = room.enrol(namesake, asset=OTHER_ASSET).person_id
    assert review is not None
    room.writer.run_blocking(lambda tx: room.people.decide_review(tx, "olga", review, same=False))
    with room.database.read() as connection:
        assert len(room.people.assets_of(connection, person)) == 2
        assert room.people.reviews(connection) == []
    with pytest.raises(NotFound):
        room.writer.run_blocking(lambda tx: room.people.decide_review(tx, "olga", "x" * 22, same=True))


def test_credentials_that_lead_to_two_records_are_refused(room: Room) -> None:
    room.enrol(shown(subject="s"))
    room.enrol(shown(issuer=B, holder="wallet-2", subject="t"))
    with pytest.raises(TwoRecords):
        room.enrol(shown(holder="wallet-3", subject="s"), shown("residency", B, "wallet-3", subject="t"))


def test_a_credential_serves_one_person(room: Room) -> None:
    bare = shown("investor_qualification", B)
    room.enrol(shown(subject="s"), bare)
    room.enrol(shown("residency", subject="t"))
    with pytest.raises(CredentialTaken):
        room.enrol(shown("residency", subject="t"), bare)


def test_a_refused_enrolment_leaves_nothing(room: Room) -> None:
    with pytest.raises(NotOnePerson):
        room.enrol(shown(subject="s"), shown("residency", subject="t"))
    with room.database.read() as connection:
        assert room.people.enrolled(connection, ASSET) == []
        assert room.people.relied_lists(connection) == set()


def company(lei: str = LEI, holder: str = "wallet-1") -> tuple[Shown, Shown, Shown]:
    """An entity with the identity check and the mandate of who acts for it."""
    said = {"subject": "ada", **ADA}
    return (
        shown("entity", A, holder, subject=f"company-{lei}", lei=lei),
        shown("kyc", A, "wallet-1", **said),
        shown("mandate", A, "wallet-1", lei=lei, **said),
    )


def test_an_entity_is_not_who_acts_for_it(room: Room) -> None:
    ada, firm = room.enrol(shown("kyc", **{"subject": "ada", **ADA})), room.enrol(*company())
    assert firm.person_id != ada.person_id
    assert firm.first_time
    assert room.topics(firm.person_id) == ["entity", "kyc", "mandate"]
    assert room.topics(ada.person_id) == ["kyc"]


def test_who_acts_for_an_entity_may_invest_afterwards(room: Room) -> None:
    firm, ada = room.enrol(*company()), room.enrol(shown("kyc", **{"subject": "ada", **ADA}))
    assert firm.person_id != ada.person_id
    assert ada.first_time


def test_one_representative_acts_for_two_entities(room: Room) -> None:
    one, other = room.enrol(*company()), room.enrol(*company(OTHER_LEI))
    assert one.person_id != other.person_id
    assert other.first_time


def test_two_representatives_act_for_one_entity(room: Room) -> None:
    entity, _, _ = company()
    said = {"subject": "grace", "given_name": "Grace", "family_name": "Hopper", "birthdate": "1906-12-09"}
    first = room.enrol(*company())
    again = room.enrol(entity, shown("kyc", A, "wallet-2", **said), shown("mandate", A, "wallet-2", lei=LEI, **said))
    assert (again.person_id, again.first_time) == (first.person_id, False)


def test_two_people_with_a_mandate_of_one_company_are_two(room: Room) -> None:
    one = room.enrol(shown("mandate", subject="ada", lei=LEI, **ADA))
    grace = {"given_name": "Grace", "family_name": "Hopper", "birthdate": "1906-12-09"}
    other = room.enrol(shown("mandate", A, "wallet-2", subject="grace", lei=LEI, **grace))
    assert one.person_id != other.person_id
    with pytest.raises(NotOnePerson):
        room.enrol(shown("mandate", B, "wallet-3", lei=LEI), shown("mandate", A, "wallet-4", lei=LEI))


def test_claims_shown_to_different_policies_add_up(room: Room) -> None:
    said = {"subject": "s"}
    person = room.enrol(shown(claims={"level": "standard", "nationalities": ["DE"]}, **said)).person_id
    room.enrol(shown(claims={"nationalities": ["GB"], "method": "eid"}, **said))
    with room.database.read() as connection:
        (evidence,) = room.people.evidence_of(connection, person)
    assert dict(evidence.claims) == {"level": "standard", "nationalities": ["DE", "GB"], "method": "eid"}


def test_whoever_comes_back_after_an_end_is_kept_again(room: Room) -> None:
    person = room.enrol(shown(subject="s")).person_id
    room.writer.run_blocking(lambda tx: room.people.end(tx, "petra", person))
    room.enrol(shown(subject="s"))
    with room.database.read() as connection:
        assert room.people.due_for_erasure(connection, 2**40) == []


def test_after_an_erasure_the_same_credentials_make_somebody_new(room: Room) -> None:
    first = room.enrol(shown(subject="s", **ADA))
    room.writer.run_blocking(lambda tx: room.people.end(tx, "petra", first.person_id))
    with room.database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE persons SET retain_until = 0")
    room.writer.run_blocking(lambda tx: room.people.erase(tx, "petra", first.person_id))
    again = room.enrol(shown(subject="s", **ADA))
    assert again.person_id != first.person_id
    assert again.investor != first.investor
    with room.database.read() as connection:
        assert room.people.erased(connection, ASSET) == [first.investor]


def test_what_is_sealed_for_one_person_opens_for_no_other(room: Room) -> None:
    one, other = room.enrol(shown(subject="s")), room.enrol(shown(issuer=B, holder="w", subject="t"))
    with room.database.read() as connection:
        sealed = room.people.seal(connection, one.person_id, "note", {"hit": 1})
        assert room.people.open(connection, one.person_id, "note", sealed) == {"hit": 1}
        for person, record in ((other.person_id, "note"), (one.person_id, "other")):
            with pytest.raises(Exception, match="sealed"):
                room.people.open(connection, person, record, sealed)
